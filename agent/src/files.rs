//! File calls. Each acts with the rights of the configured user, on the pool of threads that may block.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::environment::{Environment, Identity};
use crate::errors::{Failure, Outcome};
use crate::proto::{FileStat, FileType, MakeDirectoryRequest, SetAttributesRequest, StatRequest};
use crate::requests::normalise;
use crate::syscalls::{Credentials, with_credentials};
use crate::users::{gid_of, uid_of};

pub mod listing;
pub mod reading;
pub mod relocating;
pub mod writing;

const MODE_BITS: u32 = 0o7777;
const DIRECTORY_MODE_DEFAULT: u32 = 0o755;

/// The user with whose rights file calls run, and the directory where relative paths begin. Clones share everything.
#[derive(Clone)]
pub struct Files {
    environment: Arc<Environment>,
}

impl Files {
    /// File calls on behalf of the user that `environment` has at the time.
    pub fn new(environment: Arc<Environment>) -> Self {
        Self { environment }
    }

    /// The stat of a path.
    pub async fn stat(&self, request: StatRequest) -> Outcome<FileStat> {
        let follow = !request.no_follow;
        self.with_path("path", &request.path, move |path| stat(path, follow))
            .await
    }

    /// Makes a directory.
    pub async fn make_directory(&self, request: MakeDirectoryRequest) -> Outcome<()> {
        let mode = checked_mode("mode", request.mode, DIRECTORY_MODE_DEFAULT)?;
        let parents = request.parents;
        self.with_path("path", &request.path, move |path| {
            let made = DirBuilder::new().recursive(parents).mode(mode).create(path);
            made.map_err(|error| about(path, &error))
        })
        .await
    }

    /// Sets mode, owner and group, links followed. Names are looked up first: an unknown one changes nothing.
    pub async fn set_attributes(&self, request: SetAttributesRequest) -> Outcome<()> {
        let mode = request.mode.map(|mode| checked_mode("mode", mode, 0)).transpose()?;
        self.with_path("path", &request.path, move |path| {
            let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
            let uid = named(&request.owner).map(|owner| uid_of(&owner)).transpose()?;
            let gid = named(&request.group).map(|group| gid_of(&group)).transpose()?;
            let change = || {
                // The owner first: a change of owner clears set-id bits.
                if uid.is_some() || gid.is_some() {
                    chown(path, uid, gid)?;
                }
                mode.map_or(Ok(()), |mode| fs::set_permissions(path, Permissions::from_mode(mode)))
            };
            change().map_err(|error| about(path, &error))
        })
        .await
    }

    /// Resolves a caller's path and runs `work` on it with the user's rights.
    async fn with_path<T: Send + 'static>(
        &self,
        field: &str,
        path: &str,
        work: impl FnOnce(&Path) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let identity = self.environment.identity();
        let path = identity.resolve(field, path)?;
        as_user(&identity.user.credentials, move || work(&path)).await
    }

    fn identity(&self) -> Arc<Identity> {
        self.environment.identity()
    }
}

/// Runs `work` on a thread that may block, with the rights of `credentials`.
async fn as_user<T: Send + 'static>(
    credentials: &Credentials,
    work: impl FnOnce() -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    let credentials = credentials.clone();
    let task = spawn_blocking(move || {
        let result = with_credentials(&credentials, work);
        result.map_err(|error| Failure::system("the user's rights", &error))?
    });
    task.await
        .unwrap_or_else(|error| Err(Failure::system("the file call", &io::Error::other(error))))
}

/// An error with the path it is about.
fn about(path: &Path, error: &io::Error) -> Failure {
    Failure::system(path.to_string_lossy(), error)
}

fn checked_mode(field: &str, mode: u32, default: u32) -> Outcome<u32> {
    match mode {
        0 if default != 0 => Ok(default),
        mode if mode <= MODE_BITS => Ok(mode),
        _ => Err(Failure::invalid(field, "is at most 0o7777")),
    }
}

/// Looks at a path now.
fn stat(path: &Path, follow: bool) -> Outcome<FileStat> {
    let metadata = if follow {
        fs::metadata(path)
    } else {
        fs::symlink_metadata(path)
    };
    let mut stat = describe(path, &metadata.map_err(|error| about(path, &error))?);
    if stat.r#type() == FileType::Symlink {
        let target = fs::read_link(path).map_err(|error| about(path, &error))?;
        stat.link_target = target.to_string_lossy().into_owned();
    }
    Ok(stat)
}

fn describe(path: &Path, metadata: &Metadata) -> FileStat {
    let path = normalise(path);
    let name = path
        .file_name()
        .map_or_else(|| "/".into(), |name| name.to_string_lossy());
    FileStat {
        name: name.into_owned(),
        path: path.to_string_lossy().into_owned(),
        r#type: file_type(metadata).into(),
        size: metadata.size(),
        mode: metadata.mode() & MODE_BITS,
        uid: metadata.uid(),
        gid: metadata.gid(),
        modified_at_ns: metadata
            .mtime()
            .saturating_mul(1_000_000_000)
            .saturating_add(metadata.mtime_nsec()),
        link_target: String::new(),
    }
}

fn file_type(metadata: &Metadata) -> FileType {
    match metadata.file_type() {
        kind if kind.is_file() => FileType::Regular,
        kind if kind.is_dir() => FileType::Directory,
        kind if kind.is_symlink() => FileType::Symlink,
        _ => FileType::Other,
    }
}

/// Makes the directories above a file that is to be.
fn make_parents(path: &Path, mode: u32) -> Outcome<()> {
    let Some(parent) = path.parent().map(PathBuf::from) else {
        return Ok(());
    };
    let made = DirBuilder::new().recursive(true).mode(mode).create(&parent);
    made.map_err(|error| about(&parent, &error))
}

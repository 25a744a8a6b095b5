//! Moves and removes.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{Files, about};
use crate::errors::{Failure, Outcome};
use crate::proto::{MoveRequest, RemoveRequest};

impl Files {
    /// Moves a file, link or directory to a name that is free.
    pub async fn relocate(&self, request: MoveRequest) -> Outcome<()> {
        let destination = self.identity().resolve("destination", &request.destination)?;
        self.with_path("source", &request.source, move |source| relocate(source, &destination))
            .await
    }

    /// Removes a file or link, or a directory with everything in it.
    pub async fn remove(&self, request: RemoveRequest) -> Outcome<()> {
        let recursive = request.recursive;
        self.with_path("path", &request.path, move |path| remove(path, recursive))
            .await
    }
}

fn relocate(source: &Path, destination: &Path) -> Outcome<()> {
    // Looked at first, so that a missing source is not reported as an error of the destination.
    fs::symlink_metadata(source).map_err(|error| about(source, &error))?;
    match rename(source, destination) {
        Ok(()) => Ok(()),
        Err(error) if error.raw_os_error() == Some(libc::EXDEV) => copy_over(source, destination),
        Err(error) => Err(about(destination, &error)),
    }
}

/// Renames without ever replacing; where the file system cannot promise that, the name is looked at before.
fn rename(source: &Path, destination: &Path) -> io::Result<()> {
    match renameat_with(CWD, source, CWD, destination, RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            if fs::symlink_metadata(destination).is_ok() {
                return Err(io::Error::from_raw_os_error(libc::EEXIST));
            }
            fs::rename(source, destination)
        }
        result => Ok(result?),
    }
}

/// A move between devices. A copy that fails is removed, so that only the source is left; once the copy is
/// complete, a source that cannot be removed is the error, and both stay.
fn copy_over(source: &Path, destination: &Path) -> Outcome<()> {
    if let Err(error) = copy(source, destination) {
        if error.raw_os_error() != Some(libc::EEXIST) {
            let _ = remove(destination, true);
        }
        return Err(about(destination, &error));
    }
    remove(source, true)
}

fn copy(source: &Path, destination: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(source)?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return symlink(fs::read_link(source)?, destination);
    }
    if kind.is_dir() {
        fs::create_dir(destination)?;
        for entry in fs::read_dir(source)? {
            let name = entry?.file_name();
            copy(&source.join(&name), &destination.join(&name))?;
        }
    } else if kind.is_file() {
        let mut target = File::create_new(destination)?;
        io::copy(&mut File::open(source)?, &mut target)?;
        target.set_modified(metadata.modified()?)?;
    } else {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    fs::set_permissions(destination, Permissions::from_mode(metadata.mode() & 0o7777))
}

fn remove(path: &Path, recursive: bool) -> Outcome<()> {
    let metadata = fs::symlink_metadata(path).map_err(|error| about(path, &error))?;
    if !metadata.is_dir() {
        return fs::remove_file(path).map_err(|error| about(path, &error));
    }
    if !recursive {
        return Err(Failure::errno(
            format!("{}: set recursive to remove it", path.display()),
            libc::EISDIR,
        ));
    }
    fs::remove_dir_all(path).map_err(|error| about(path, &error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_copy_between_devices_is_whole_and_never_replaces() {
        let root = std::env::temp_dir().join(format!("sandlot-agent-copy-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let source = root.join("from");
        fs::create_dir_all(source.join("inner")).unwrap();
        fs::write(source.join("inner/file"), b"bytes").unwrap();
        fs::set_permissions(source.join("inner/file"), Permissions::from_mode(0o4711)).unwrap();
        symlink("nowhere", source.join("link")).unwrap();
        fs::create_dir(root.join("taken")).unwrap();
        fs::write(root.join("taken/mine"), b"").unwrap();

        assert!(copy_over(&source, &root.join("taken")).is_err());
        assert!(root.join("taken/mine").exists() && source.exists());

        copy_over(&source, &root.join("to")).unwrap();
        assert!(!source.exists());
        assert_eq!(fs::read(root.join("to/inner/file")).unwrap(), b"bytes");
        assert_eq!(
            fs::metadata(root.join("to/inner/file")).unwrap().mode() & 0o7777,
            0o4711
        );
        assert_eq!(fs::read_link(root.join("to/link")).unwrap(), Path::new("nowhere"));
        fs::remove_dir_all(&root).unwrap();
    }
}

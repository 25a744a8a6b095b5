//! The disks of sandboxes: one btrfs subvolume each, with a hard limit, on a pool of ours.

mod pool;

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

pub use pool::{close, open, space};

use crate::answer::{Code, Context, Failure, Outcome};
use crate::config::Config;
use crate::failpoint;
use crate::log;
use crate::system;
use crate::values::{DiskBytes, HostName, ImageId, SandboxId};

/// What a disk was made with; lies beside its data.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// The image below it.
    pub image: ImageId,
    /// What the sandbox calls itself.
    pub host_name: HostName,
    /// The limit.
    pub disk_bytes: DiskBytes,
}

/// So much of the host's own file system stays free of disks.
const HOST_FREE_BYTES_MIN: u64 = 512 << 20;

/// All disks of a host.
pub struct Disks {
    folder: PathBuf,
    /// Where the kernel shows the live use of each subvolume.
    quotas: PathBuf,
    config_home: PathBuf,
}

impl Disks {
    /// The disks of an opened pool. Removes what an interrupted creation left.
    ///
    /// # Errors
    /// When the pool cannot be read.
    pub fn of(config: &Config) -> Outcome<Self> {
        let disks = Self {
            folder: config.home("pool/disks"),
            quotas: pool::quotas(config)?,
            config_home: config.home.as_ref().to_owned(),
        };
        let what = || "The disk pool cannot be read".to_owned();
        for entry in fs::read_dir(&disks.folder).with_context(what)? {
            let name = entry.with_context(what)?.file_name();
            if name.to_string_lossy().starts_with("new-") {
                disks.delete_subvolume(&name.to_string_lossy())?;
            }
        }
        Ok(disks)
    }

    /// The folder with `upper` and `work`.
    pub fn path(&self, id: &SandboxId) -> PathBuf {
        self.folder.join(id.as_str())
    }

    /// What the disk was made with; none when there is no such disk.
    ///
    /// # Errors
    /// When its description cannot be read.
    pub fn get(&self, id: &SandboxId) -> Outcome<Option<Disk>> {
        read_description(&self.path(id))
    }

    /// All disks.
    ///
    /// # Errors
    /// When the pool cannot be read.
    pub fn all(&self) -> Outcome<Vec<(SandboxId, Disk)>> {
        let what = || "The disk pool cannot be read".to_owned();
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder).with_context(what)? {
            let name = entry.with_context(what)?.file_name().to_string_lossy().into_owned();
            let Ok(id) = SandboxId::try_from(name) else {
                continue;
            };
            match self.get(&id) {
                Ok(disk) => all.extend(disk.map(|disk| (id, disk))),
                // One of them must not hide all others. It can be deleted.
                Err(failure) => log::error(
                    "disk is not listed",
                    json!({"id": id.as_str(), "reason": failure.message}),
                ),
            }
        }
        Ok(all)
    }

    /// Makes a disk, all or nothing: it gets its name last.
    ///
    /// # Errors
    /// [`Code::Exists`] when it is there with another image, [`Code::NoSpace`] when the host is full.
    pub fn create(&self, id: &SandboxId, disk: &Disk) -> Outcome<()> {
        if let Some(existing) = self.get(id)? {
            return if existing.image == disk.image {
                self.resize(id, disk.disk_bytes)
            } else {
                let message = format!("The disk of {id} exists and belongs to the image {}.", existing.image);
                Err(Failure::new(Code::Exists, message))
            };
        }
        self.refuse_when_full()?;
        let what = || format!("The disk of {id} cannot be made");
        let folder = fs::File::open(&self.folder).with_context(what)?;
        let name = format!("new-{id}");
        if self.folder.join(&name).exists() {
            self.delete_subvolume(&name)?;
        }
        system::create_subvolume(&folder, &name).with_context(what)?;
        failpoint::reach("create_disk.made")?;
        let new = self.folder.join(&name);
        let root = fs::File::open(&new).with_context(what)?;
        let number = system::subvolume_number(&root).with_context(what)?;
        system::limit_subvolume(&root, number, disk.disk_bytes.get()).with_context(what)?;
        fill(&new, disk).with_context(what)?;
        failpoint::reach("create_disk.filled")?;
        fs::rename(&new, self.path(id)).with_context(what)
    }

    /// Changes a disk's limit.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is none.
    pub fn resize(&self, id: &SandboxId, disk_bytes: DiskBytes) -> Outcome<()> {
        let mut disk = self.get(id)?.ok_or_else(|| absent(id))?;
        let what = || format!("The disk of {id} cannot be resized");
        let root = fs::File::open(self.path(id)).with_context(what)?;
        let number = system::subvolume_number(&root).with_context(what)?;
        system::limit_subvolume(&root, number, disk_bytes.get()).with_context(what)?;
        disk.disk_bytes = disk_bytes;
        describe(&self.path(id), &disk).with_context(what)
    }

    /// Removes a disk; it may be absent.
    ///
    /// # Errors
    /// When the file system refuses, for example because the disk is mounted.
    pub fn delete(&self, id: &SandboxId) -> Outcome<()> {
        if self.path(id).exists() {
            self.delete_subvolume(id.as_str())
        } else {
            Ok(())
        }
    }

    /// The bytes that the disk holds now.
    ///
    /// # Errors
    /// When the disk is absent.
    pub fn used_bytes(&self, id: &SandboxId) -> Outcome<u64> {
        let what = || format!("The use of the disk of {id} cannot be read");
        let root = fs::File::open(self.path(id)).with_context(what)?;
        let number = system::subvolume_number(&root).with_context(what)?;
        let text = fs::read_to_string(self.quotas.join(format!("0_{number}/referenced"))).with_context(what)?;
        text.trim().parse().map_err(|_| Failure::internal(what()))
    }

    fn refuse_when_full(&self) -> Outcome<()> {
        let about =
            rustix::fs::statvfs(&self.config_home).with_context(|| "The host's free space cannot be read".into())?;
        let free = about.f_bavail.saturating_mul(about.f_frsize);
        if free >= HOST_FREE_BYTES_MIN {
            return Ok(());
        }
        let message = format!(
            "The file system of {} has {free} bytes left; no disk is made below {HOST_FREE_BYTES_MIN}. Free some space.",
            self.config_home.display()
        );
        Err(Failure::new(Code::NoSpace, message))
    }

    fn delete_subvolume(&self, name: &str) -> Outcome<()> {
        let what = || format!("The disk {name} cannot be deleted");
        let folder = fs::File::open(&self.folder).with_context(what)?;
        system::delete_subvolume(&folder, name).with_context(what)
    }
}

/// The failure for a disk that is not there.
pub fn absent(id: &SandboxId) -> Failure {
    Failure::new(Code::NotFound, format!("There is no disk for {id}; create it first."))
}

fn fill(new: &Path, disk: &Disk) -> io::Result<()> {
    let mut folders = fs::DirBuilder::new();
    folders.mode(0o755);
    folders.create(new.join("upper"))?;
    folders.create(new.join("work"))?;
    // The upper is the sandbox's root folder: its mode is what `/` shows.
    fs::set_permissions(new.join("upper"), fs::Permissions::from_mode(0o755))?;
    let etc = new.join("upper/etc");
    folders.create(&etc)?;
    fs::write(etc.join("hostname"), format!("{}\n", disk.host_name))?;
    let hosts = format!(
        "127.0.0.1\tlocalhost\n127.0.1.1\t{}\n::1\tlocalhost ip6-localhost\n",
        disk.host_name
    );
    fs::write(etc.join("hosts"), hosts)?;
    describe(new, disk)
}

fn describe(folder: &Path, disk: &Disk) -> io::Result<()> {
    crate::files::replace(&folder.join("disk.json"), &serde_json::to_vec(disk)?, 0o600)
}

fn read_description(folder: &Path) -> Outcome<Option<Disk>> {
    crate::files::read_json(&folder.join("disk.json"))
}

//! The pool: a sparse file with a btrfs in it, mounted through a loop device.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use serde::Serialize;

use crate::answer::{Context, Failure, Outcome};
use crate::config::Config;
use crate::{files, system};

/// The size of the pool.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Space {
    /// All of it.
    pub total_bytes: u64,
    /// What is left, of the pool or of the file system below it, whichever is less.
    pub free_bytes: u64,
}

/// Another program may take the free loop device that was found; then the next one is tried.
const LOOP_TRIES: usize = 20;
const RELEASE_MAX: Duration = Duration::from_secs(5);

/// Makes the pool when there is none, and mounts it when it is not.
///
/// # Errors
/// When the host lacks btrfs or a loop device, or the disk is full.
pub fn open(config: &Config) -> Outcome<()> {
    let file = config.home("pool.btrfs");
    let folder = config.home("pool");
    files::make_folder(&folder, 0o700).with_context(|| format!("The folder {} cannot be made", folder.display()))?;
    if !file.exists() {
        format(config, &file)?;
    }
    if mounted(&folder)?.is_none() {
        attach(&file, &folder)?;
    }
    let disks = folder.join("disks");
    files::make_folder(&disks, 0o700).with_context(|| format!("The folder {} cannot be made", disks.display()))
}

/// Unmounts the pool; the loop device goes with it.
///
/// # Errors
/// When it is in use.
pub fn close(config: &Config) -> Outcome<()> {
    let folder = config.home("pool");
    let Some(device) = mounted(&folder)? else {
        return Ok(());
    };
    unmount(&folder, UnmountFlags::empty()).with_context(|| format!("{} cannot be unmounted", folder.display()))?;
    // Its loop device is released a moment later.
    let device = device.trim_start_matches("/dev/");
    let backing = PathBuf::from(format!("/sys/block/{device}/loop/backing_file"));
    let deadline = Instant::now() + RELEASE_MAX;
    while backing.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// How big the pool is and how much is left.
///
/// # Errors
/// When it is not mounted.
pub fn space(config: &Config) -> Outcome<Space> {
    let what = || "The pool's space cannot be read".to_owned();
    let pool = rustix::fs::statvfs(config.home("pool")).with_context(what)?;
    let host = rustix::fs::statvfs(config.home.as_ref()).with_context(what)?;
    let free = |about: &rustix::fs::StatVfs| about.f_bavail.saturating_mul(about.f_frsize);
    Ok(Space {
        total_bytes: pool.f_blocks.saturating_mul(pool.f_frsize),
        free_bytes: free(&pool).min(free(&host)),
    })
}

/// The folder of the kernel's that shows the use of each subvolume.
pub fn quotas(config: &Config) -> Outcome<PathBuf> {
    let what = || "The pool's quotas cannot be found".to_owned();
    let device = mounted(&config.home("pool"))?.ok_or_else(|| Failure::internal(what()))?;
    let name = device.trim_start_matches("/dev/").to_owned();
    for entry in fs::read_dir("/sys/fs/btrfs").with_context(what)? {
        let folder = entry.with_context(what)?.path();
        if folder.join("devices").join(&name).exists() {
            let quotas = folder.join("qgroups");
            let missing = || Failure::internal("The pool has no quotas: it was not made with mkfs.btrfs -O squota.");
            return if quotas.exists() { Ok(quotas) } else { Err(missing()) };
        }
    }
    Err(Failure::internal(what()))
}

/// The device mounted at a folder.
fn mounted(folder: &Path) -> Outcome<Option<String>> {
    let text = fs::read_to_string("/proc/self/mounts").with_context(|| "The mounts cannot be read".into())?;
    // The kernel shows where a folder is, whatever links led to it.
    let place_of = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mut found = None;
    for line in text.lines() {
        let mut fields = line.split(' ');
        let (device, place) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        if Path::new(place) == place_of {
            found = Some(device.to_owned());
        }
    }
    Ok(found)
}

fn format(config: &Config, file: &Path) -> Outcome<()> {
    let what = || format!("The disk pool {} cannot be made", file.display());
    let new = file.with_extension("new");
    files::remove(&new).with_context(what)?;
    let sparse = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .with_context(what)?;
    sparse.set_len(config.pool_bytes).with_context(what)?;
    drop(sparse);
    let output = Command::new("/usr/sbin/mkfs.btrfs")
        .args(["--quiet", "-O", "squota"])
        .arg(&new)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .with_context(|| "mkfs.btrfs cannot be started; install btrfs-progs 6.14 or later".into())?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::internal(format!("{}: mkfs.btrfs says: {message}", what())));
    }
    fs::rename(&new, file).with_context(what)
}

fn attach(file: &Path, folder: &Path) -> Outcome<()> {
    let what = || format!("The disk pool {} cannot be mounted", file.display());
    let backing = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(file)
        .with_context(what)?;
    let control = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/loop-control")
        .with_context(what)?;
    for _ in 0..LOOP_TRIES {
        let path = format!("/dev/loop{}", system::free_loop_device(&control).with_context(what)?);
        let device = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .with_context(what)?;
        match system::configure_loop_device(&device, &backing, &file.to_string_lossy()) {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) => continue,
            result => result.with_context(what)?,
        }
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOATIME;
        let mounting = mount(path.as_str(), folder, "btrfs", flags, c"discard=async");
        if mounting.is_err() {
            let _ = system::clear_loop_device(&device);
        }
        mounting.with_context(what)?;
        // Mount namespaces copy what is mounted when they are made, those of other instances' sandboxes too. Their copies
        // of this go when it goes, instead of holding the device.
        mount_change(folder, MountPropagationFlags::SHARED).with_context(what)?;
        // The root of a file system has rights of its own, whatever those of the folder it is mounted on.
        return fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).with_context(what);
    }
    Err(Failure::internal(format!("{}: no loop device is free.", what())))
}

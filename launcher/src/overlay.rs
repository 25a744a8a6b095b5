//! The mount of a sandbox's root file system (docs/adr/0015, docs/adr/0016).
//!
//! To export a sandbox's files, into an image's layer or elsewhere, read them through the mount. The upper alone is not what
//! the sandbox sees: a renamed folder of the image is there as a mark with its old place (`redirect_dir`), and hard links
//! and removed files as other marks. They are valid only over the same layers.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
    fsconfig_create, fsconfig_set_string, fsmount, fsopen, mount_bind, mount_change, move_mount, open_tree, unmount,
};

use serde_json::json;

use crate::answer::{Code, Context, Failure, Outcome};
use crate::id_map::IdMap;
use crate::log;
use crate::system;
use crate::values::Engine;

/// How long the last mount of the same disk may take to be released: the kernel does so some time after the last process
/// that could see it has ended.
const IN_USE_MAX: Duration = Duration::from_secs(10);
const IN_USE_PAUSE: Duration = Duration::from_millis(10);

/// What is mounted.
#[derive(Clone, Copy)]
pub struct Layers<'a> {
    /// Read only, the uppermost first.
    pub lowers: [&'a Path; 2],
    /// The folder with `upper` and `work`.
    pub disk: &'a Path,
    /// Which engine it is for.
    pub engine: Engine,
}

/// Mounts the layers at a folder. With an id map, files have the mapped owners on the host, while the disk keeps the
/// owners that the sandbox sees.
///
/// # Errors
/// When the kernel refuses.
pub fn mount(layers: Layers<'_>, id_map: Option<IdMap>, target: &Path) -> Outcome<()> {
    let what = || format!("The root file system {} cannot be mounted", target.display());
    remove_origin_marks(layers.disk).with_context(what)?;
    let overlay = match id_map {
        None => overlay_when_released(layers).with_context(what)?,
        Some(id_map) => {
            // A thread of its own: its namespace and user end with it.
            let result = std::thread::scope(|scope| scope.spawn(|| overlay_idmapped(layers, id_map)).join());
            result.map_err(|_| Failure::internal(what()))??
        }
    };
    move_mount(&overlay, "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).with_context(what)
}

/// Mounts the folder of all root file systems over itself, so that an engine can leave all but its own out of what it sees
/// (`system.rs`), and that unmounts are propagated to other mount namespaces, also where the host's root is not shared. A
/// copy that stayed there would keep the disk of an ended sandbox in use.
///
/// # Errors
/// When the kernel refuses.
pub fn make_shared(folder: &Path) -> Outcome<()> {
    let what = || format!("{} cannot be mounted over itself", folder.display());
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").with_context(what)?;
    let mut points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    // It may be there from an earlier launcher; a second one would hide what is mounted below.
    if points.any(|point| Path::new(point).starts_with(folder)) {
        return Ok(());
    }
    mount_bind(folder, folder).with_context(what)?;
    mount_change(folder, MountPropagationFlags::SHARED).with_context(what)
}

/// The opposite, when nothing is mounted there any more.
///
/// # Errors
/// When the kernel refuses.
pub fn close(folder: &Path) -> Outcome<()> {
    release(folder)
}

/// Unmounts a root file system; it may not be mounted.
///
/// # Errors
/// When the kernel refuses.
pub fn release(target: &Path) -> Outcome<()> {
    match unmount(target, UnmountFlags::empty()) {
        // Not mounted, or not there.
        Err(Errno::INVAL | Errno::NOENT) => Ok(()),
        // The last process has ended, but the kernel has not finished with it: it unmounts when it has.
        Err(Errno::BUSY) => {
            unmount(target, UnmountFlags::DETACH).with_context(|| format!("{} cannot be unmounted", target.display()))
        }
        result => result.with_context(|| format!("{} cannot be unmounted", target.display())),
    }
}

/// Overlay stores in an upper which layers it was used with, and refuses others. Ours change: the system layer with each
/// version of the agent, and the place of a disk when it is copied. That the layers belong together is in the disk's
/// description.
fn remove_origin_marks(disk: &Path) -> io::Result<()> {
    let notes = [
        (disk.join("upper"), "trusted.overlay.origin"),
        (disk.join("work/index"), "trusted.overlay.origin"),
        (disk.join("work/index"), "trusted.overlay.upper"),
    ];
    for (folder, note) in notes {
        match rustix::fs::removexattr(&folder, note) {
            Ok(()) | Err(Errno::NODATA | Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Runs in a thread with a mount namespace of its own.
fn overlay_idmapped(layers: Layers<'_>, id_map: IdMap) -> Outcome<OwnedFd> {
    let what = || "The layers of a root file system cannot be mounted".to_owned();
    let namespace = system::user_namespace(&id_map.text()).with_context(what)?;
    system::enter_private_mount_namespace().with_context(what)?;
    for layer in [layers.lowers[0], layers.lowers[1], layers.disk] {
        mount_idmapped(layer, &namespace)?;
    }
    // New files in the upper get this thread's user before they get their own; it must be a mapped one.
    system::become_user_with_capabilities(id_map.root()).with_context(what)?;
    overlay_when_released(layers).with_context(what)
}

/// Mounts a folder over itself with mapped owners.
fn mount_idmapped(folder: &Path, namespace: &OwnedFd) -> Outcome<()> {
    let what = || format!("{} cannot be mounted", folder.display());
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let copy = open_tree(CWD, folder, flags).with_context(what)?;
    match system::set_id_map(copy.as_fd(), namespace.as_fd()) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            let message = format!(
                "The file system of {} has no id-mapped mounts. Put it on ext4, XFS or btrfs.",
                folder.display()
            );
            return Err(Failure::new(Code::Internal, message));
        }
        result => result.with_context(what)?,
    }
    move_mount(&copy, "", CWD, folder, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).with_context(what)
}

/// Whether the file system of a folder supports id-mapped mounts.
///
/// # Errors
/// With what to do about it when they cannot.
pub fn check_idmapped_mounts(folder: &Path, id_map: IdMap) -> Outcome<()> {
    let what = || "Whether id-mapped mounts work cannot be found out".to_owned();
    let namespace = system::user_namespace(&id_map.text()).with_context(what)?;
    let attempt = || {
        system::enter_private_mount_namespace().with_context(what)?;
        mount_idmapped(folder, &namespace)
    };
    std::thread::scope(|scope| scope.spawn(attempt).join()).map_err(|_| Failure::internal(what()))?
}

fn overlay_when_released(layers: Layers<'_>) -> io::Result<OwnedFd> {
    let deadline = Instant::now() + IN_USE_MAX;
    loop {
        match overlay(layers, "on") {
            Err(Errno::BUSY) if Instant::now() < deadline => std::thread::sleep(IN_USE_PAUSE),
            // An engine that an earlier launcher started still has the last mount, until that engine ends. Nothing writes
            // through it any more. Without an index the kernel lets the disk be mounted again.
            Err(Errno::BUSY) => {
                log::warn("a disk is still mounted elsewhere", json!({"disk": layers.disk}));
                return Ok(overlay(layers, "off")?);
            }
            result => return Ok(result?),
        }
    }
}

fn overlay(layers: Layers<'_>, index: &'static str) -> Result<OwnedFd, Errno> {
    let overlay = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
    let overlay = overlay.as_fd();
    for lower in layers.lowers {
        fsconfig_set_string(overlay, "lowerdir+", lower)?;
    }
    fsconfig_set_string(overlay, "upperdir", layers.disk.join("upper"))?;
    fsconfig_set_string(overlay, "workdir", layers.disk.join("work"))?;
    for (option, value) in options(layers.engine, index) {
        fsconfig_set_string(overlay, option, value)?;
    }
    fsconfig_create(overlay)?;
    let mut attributes = MountAttrFlags::MOUNT_ATTR_NODEV;
    if layers.engine == Engine::Runsc {
        // gVisor's own kernel honours set-user-id inside; on the host such a file has no power.
        attributes |= MountAttrFlags::MOUNT_ATTR_NOSUID;
    }
    fsmount(overlay, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

fn options(engine: Engine, index: &'static str) -> [(&'static str, &'static str); 4] {
    // gVisor identifies files by these inode numbers, and shows its own ones inside. Plain containers see them as they
    // are, and 64 bits are more than a number of JavaScript can hold.
    let inode_numbers = match engine {
        Engine::Runsc => "on",
        Engine::Runc => "off",
    };
    [
        ("redirect_dir", "on"),
        ("index", index),
        ("xino", inode_numbers),
        ("metacopy", "off"),
    ]
}

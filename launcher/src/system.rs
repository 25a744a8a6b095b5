//! The raw system calls that no crate wraps: loop devices, btrfs, and what happens between fork and exec. All unsafe
//! code of the launcher lies here.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4C82;
const LOOP_CONFIGURE: libc::c_ulong = 0x4C0A;
const LOOP_CLR_FD: libc::c_ulong = 0x4C01;
/// The device is released when its last user (the mount) is gone.
const LO_FLAGS_AUTOCLEAR: u32 = 4;
/// Writes bypass the host's page cache, which would hold the same data a second time and charge it to the sandbox's memory.
/// On a file system without direct I/O the flag has no effect.
const LO_FLAGS_DIRECT_IO: u32 = 16;

#[repr(C)]
struct LoopInformation {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

#[repr(C)]
struct LoopConfiguration {
    file: u32,
    block_size: u32,
    information: LoopInformation,
    reserved: [u64; 8],
}

fn ioctl_with<T>(file: RawFd, request: libc::c_ulong, argument: &mut T) -> io::Result<libc::c_int> {
    // SAFETY: every caller passes the structure that the request is defined with, and it outlives the call.
    let result = unsafe { libc::ioctl(file, request as _, std::ptr::from_mut(argument)) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn ioctl_plain(file: RawFd, request: libc::c_ulong) -> io::Result<libc::c_int> {
    // SAFETY: these requests take no argument.
    let result = unsafe { libc::ioctl(file, request as _, 0) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// The number of a free loop device.
pub fn free_loop_device(control: &File) -> io::Result<i32> {
    ioctl_plain(control.as_raw_fd(), LOOP_CTL_GET_FREE)
}

/// Binds a loop device to a file, until the device's last user is gone.
pub fn configure_loop_device(device: &File, file: &File, name: &str) -> io::Result<()> {
    let mut file_name = [0; 64];
    let length = name.len().min(63);
    file_name[..length].copy_from_slice(&name.as_bytes()[..length]);
    let mut configuration = LoopConfiguration {
        file: file.as_raw_fd() as u32,
        block_size: 0,
        information: LoopInformation {
            device: 0,
            inode: 0,
            rdevice: 0,
            offset: 0,
            size_limit: 0,
            number: 0,
            encrypt_type: 0,
            encrypt_key_size: 0,
            flags: LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO,
            file_name,
            crypt_name: [0; 64],
            encrypt_key: [0; 32],
            init: [0; 2],
        },
        reserved: [0; 8],
    };
    ioctl_with(device.as_raw_fd(), LOOP_CONFIGURE, &mut configuration).map(drop)
}

/// Frees a loop device that nothing uses.
pub fn clear_loop_device(device: &File) -> io::Result<()> {
    ioctl_plain(device.as_raw_fd(), LOOP_CLR_FD).map(drop)
}

const BTRFS_SUBVOL_CREATE: libc::c_ulong = 0x5000_940E;
const BTRFS_SNAP_DESTROY: libc::c_ulong = 0x5000_940F;
const BTRFS_INO_LOOKUP: libc::c_ulong = 0xD000_9412;
const BTRFS_QGROUP_LIMIT: libc::c_ulong = 0x8030_942B;
const BTRFS_FIRST_FREE_OBJECT: u64 = 256;
const QGROUP_LIMIT_MAX_REFERENCED: u64 = 1;
const BTRFS_NAME_MAX: usize = 255;

#[repr(C)]
struct VolumeArguments {
    file: i64,
    name: [u8; 4088],
}

#[repr(C)]
struct InodeLookupArguments {
    tree: u64,
    object: u64,
    name: [u8; 4080],
}

#[repr(C)]
struct QuotaLimitArguments {
    group: u64,
    flags: u64,
    max_referenced: u64,
    max_exclusive: u64,
    reserved_referenced: u64,
    reserved_exclusive: u64,
}

fn volume_arguments(name: &str) -> io::Result<Box<VolumeArguments>> {
    if name.len() > BTRFS_NAME_MAX {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut arguments = Box::new(VolumeArguments {
        file: 0,
        name: [0; 4088],
    });
    arguments.name[..name.len()].copy_from_slice(name.as_bytes());
    Ok(arguments)
}

/// Makes an empty subvolume in a folder of a btrfs.
pub fn create_subvolume(folder: &File, name: &str) -> io::Result<()> {
    ioctl_with(folder.as_raw_fd(), BTRFS_SUBVOL_CREATE, &mut *volume_arguments(name)?).map(drop)
}

/// Removes a subvolume with all that is in it.
pub fn delete_subvolume(folder: &File, name: &str) -> io::Result<()> {
    ioctl_with(folder.as_raw_fd(), BTRFS_SNAP_DESTROY, &mut *volume_arguments(name)?).map(drop)
}

/// The number of the subvolume whose root folder is open.
pub fn subvolume_number(root: &File) -> io::Result<u64> {
    let mut arguments = Box::new(InodeLookupArguments {
        tree: 0,
        object: BTRFS_FIRST_FREE_OBJECT,
        name: [0; 4080],
    });
    ioctl_with(root.as_raw_fd(), BTRFS_INO_LOOKUP, &mut *arguments)?;
    Ok(arguments.tree)
}

/// Limits how many bytes the subvolume may hold.
pub fn limit_subvolume(root: &File, number: u64, bytes: u64) -> io::Result<()> {
    let mut arguments = QuotaLimitArguments {
        group: number,
        flags: QGROUP_LIMIT_MAX_REFERENCED,
        max_referenced: bytes,
        max_exclusive: 0,
        reserved_referenced: 0,
        reserved_exclusive: 0,
    };
    ioctl_with(root.as_raw_fd(), BTRFS_QGROUP_LIMIT, &mut arguments).map(drop)
}

/// What a child sees in a mount namespace of its own: a folder at another place, and of all sandboxes' root file systems
/// one.
pub struct View {
    /// What is shown.
    pub source: std::ffi::CString,
    /// Where.
    pub target: &'static CStr,
    /// Where all root file systems are mounted below.
    pub all_roots: std::ffi::CString,
    /// The child's own.
    pub own_root: std::ffi::CString,
}

/// Makes the child enter these cgroups, and see this view, before it executes its program.
pub fn before_exec(command: &mut Command, cgroups: Vec<OwnedFd>, view: Option<View>) {
    let parent = rustix::process::getpid();
    let unlimited = rustix::process::Rlimit {
        current: None,
        maximum: None,
    };
    let enter = move || {
        // Not to be left behind when the shim is killed in this moment.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        if rustix::process::getppid() != Some(parent) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        for cgroup in &cgroups {
            rustix::io::write(cgroup, b"0")?;
        }
        if let Some(view) = &view {
            show(view)?;
            // The kernel counts the processes of users other than root; the cgroup limits their number. Where this limit
            // cannot be lifted the host's usual one applies, which is larger than a cgroup's on all but small hosts.
            let _ = rustix::process::setrlimit(rustix::process::Resource::Nproc, unlimited);
        }
        Ok(())
    };
    // SAFETY: the closure makes system calls only; it neither allocates nor takes locks.
    unsafe { command.pre_exec(enter) };
}

fn show(view: &View) -> io::Result<()> {
    use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
    // SAFETY: the child has one thread and shares no memory that a mount namespace could confuse.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNS) }?;
    // Without this the mount below would also appear on the host.
    mount_change(c"/", MountPropagationFlags::REC | MountPropagationFlags::DOWNSTREAM)?;
    mount_bind(view.source.as_c_str(), view.target)?;
    show_own_root(view)
}

/// An engine in a user namespace cannot unmount what was mounted when it started: the mounts stay as long as the engine
/// has a program or a file open, and would keep the disks of ended sandboxes in use.
fn show_own_root(view: &View) -> io::Result<()> {
    use rustix::fs::CWD;
    use rustix::mount::{MoveMountFlags, OpenTreeFlags, UnmountFlags, move_mount, open_tree, unmount};
    let own = open_tree(
        CWD,
        view.own_root.as_c_str(),
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )?;
    match unmount(view.all_roots.as_c_str(), UnmountFlags::DETACH) {
        // An earlier launcher has not mounted the folder over itself.
        Err(rustix::io::Errno::INVAL) => return Ok(()),
        result => result?,
    }
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    Ok(move_mount(&own, c"", CWD, view.own_root.as_c_str(), flags)?)
}

/// Puts the calling thread into a new network namespace.
pub fn enter_new_network_namespace() -> io::Result<()> {
    // SAFETY: the thread was made for this, and its network namespace is of no concern to other threads.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }?;
    Ok(())
}

/// Puts the calling thread into a mount namespace of its own: only the thread sees what it mounts from now on.
pub fn enter_private_mount_namespace() -> io::Result<()> {
    use rustix::mount::{MountPropagationFlags, mount_change};
    // SAFETY: the thread was made for this, and its mount namespace is of no concern to other threads.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNS) }?;
    mount_change(c"/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)?;
    Ok(())
}

/// A user namespace with these numbers for users and groups. It lives as long as it is held.
pub fn user_namespace(map: &str) -> io::Result<OwnedFd> {
    let parent = rustix::process::getpid();
    let flags = (libc::CLONE_NEWUSER | libc::SIGCHLD) as libc::c_ulong;
    // SAFETY: without a stack this is a fork, and the child makes system calls only.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    if child < 0 {
        return Err(io::Error::last_os_error());
    }
    if child == 0 {
        wait_to_be_killed(parent);
    }
    let open = || {
        fs::write(format!("/proc/{child}/uid_map"), map)?;
        fs::write(format!("/proc/{child}/gid_map"), map)?;
        File::open(format!("/proc/{child}/ns/user"))
    };
    let namespace = open();
    let child = i32::try_from(child).ok().and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(child.ok_or(io::ErrorKind::NotFound)?, rustix::process::Signal::KILL)?;
    rustix::process::waitpid(child, rustix::process::WaitOptions::empty())?;
    Ok(namespace?.into())
}

fn wait_to_be_killed(parent: rustix::process::Pid) -> ! {
    let bound = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    while bound.is_ok() && rustix::process::getppid() == Some(parent) {
        // SAFETY: the call waits for a signal, and touches nothing.
        unsafe { libc::pause() };
    }
    // SAFETY: the child ends without touching what it shares with its parent.
    unsafe { libc::_exit(1) }
}

#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

const MOUNT_ATTR_IDMAP: u64 = 0x0010_0000;

/// Maps the owners of a new mount's files by a user namespace (id-mapped mount).
pub fn set_id_map(mount: BorrowedFd<'_>, namespace: BorrowedFd<'_>) -> io::Result<()> {
    let attributes = MountAttributes {
        set: MOUNT_ATTR_IDMAP,
        clear: 0,
        propagation: 0,
        user_namespace: u64::try_from(namespace.as_raw_fd()).map_err(io::Error::other)?,
    };
    // SAFETY: the path is empty, the structure is the one that the call is defined with, and both outlive the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            std::ptr::from_ref(&attributes),
            size_of::<MountAttributes>(),
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Gives the calling thread another user and group. It keeps its capabilities.
pub fn become_user_with_capabilities(number: u32) -> io::Result<()> {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{
        CapabilitySets, capabilities, set_capabilities, set_keep_capabilities, set_thread_res_gid, set_thread_res_uid,
    };
    let (uid, gid) = (Uid::from_raw(number), Gid::from_raw(number));
    set_keep_capabilities(true)?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    let held = capabilities(None)?;
    let effective = CapabilitySets {
        effective: held.permitted,
        ..held
    };
    set_capabilities(None, effective)?;
    Ok(())
}

//! Network namespaces: they are made, entered and removed by the file that names them.

use std::fs;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::answer::{Context, Failure, Outcome};
use crate::config::Config;

/// The folder with the files that name our namespaces. Not `/run/netns`: the first call of `ip netns add` mounts that
/// folder over itself, and what was mounted in it before can then not be removed any more.
pub fn folder(config: &Config) -> PathBuf {
    config.volatile().join("net")
}

/// Does something in a network namespace. It is entered by a thread of its own, which is not used for anything else.
///
/// # Errors
/// When it cannot be entered, and those of the work.
pub fn within<T: Send>(path: &Path, work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    let what = || format!("The network namespace {} cannot be entered", path.display());
    let namespace = fs::File::open(path).with_context(what)?;
    in_thread(move || {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).with_context(what)?;
        work()
    })
}

/// Does something in a thread of its own.
///
/// # Errors
/// Those of the work.
fn in_thread<T: Send>(work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    let ended_early = |_| Err(Failure::internal("A thread ended early."));
    thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(ended_early))
}

/// Makes a namespace without IPv6 under a name, where there is none yet.
///
/// # Errors
/// When the system refuses.
pub fn make(path: &Path) -> Outcome<()> {
    if path.exists() {
        return Ok(());
    }
    let what = || format!("The network namespace {} cannot be made", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).with_context(what)?;
    in_thread(|| {
        crate::system::enter_new_network_namespace().with_context(what)?;
        // Before any interface exists: they take the setting over. Absent where the kernel has no IPv6.
        for interfaces in ["all", "default"] {
            set_ipv6(interfaces, false)?;
        }
        fs::write(path, "").with_context(what)?;
        rustix::mount::mount_bind("/proc/thread-self/ns/net", path).with_context(what)
    })
}

/// Turns IPv6 on or off in the network namespace of the calling thread.
///
/// # Errors
/// When the system refuses.
pub fn set_ipv6(interface: &str, on: bool) -> Outcome<()> {
    let path = format!("/proc/sys/net/ipv6/conf/{interface}/disable_ipv6");
    match fs::write(&path, if on { "0" } else { "1" }) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => result.with_context(|| format!("IPv6 cannot be turned on or off on {interface}")),
    }
}

/// Removes a namespace's name.
///
/// # Errors
/// When the system refuses.
pub fn remove(path: &Path) -> Outcome<()> {
    if !path.exists() {
        return Ok(());
    }
    let _ = rustix::mount::unmount(path, rustix::mount::UnmountFlags::DETACH);
    fs::remove_file(path).with_context(|| format!("The network namespace {} cannot be removed", path.display()))
}

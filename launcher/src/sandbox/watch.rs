//! Notices when a shim ends: one thread, however many sandboxes.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::process::{PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};

use super::record::Process;
use crate::answer::{Doing, Outcome};
use crate::values::SandboxId;

/// The shims that are watched.
pub struct Watch {
    epoll: OwnedFd,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    next: u64,
    shims: HashMap<u64, (OwnedFd, SandboxId, Process)>,
}

impl Watch {
    /// Watches nothing yet.
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn new() -> Outcome<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).doing(|| "Shims cannot be watched".into())?;
        Ok(Self {
            epoll,
            watched: Mutex::default(),
        })
    }

    /// Watches one more. It may have ended already.
    ///
    /// # Errors
    /// When the process is gone without a trace.
    pub fn add(&self, id: &SandboxId, shim: Process) -> Outcome<()> {
        let what = || format!("The shim of {id} cannot be watched");
        let pid = shim.pid().ok_or(rustix::io::Errno::SRCH).doing(what)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).doing(what)?;
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let number = watched.next;
        watched.next += 1;
        let data = epoll::EventData::new_u64(number);
        epoll::add(&self.epoll, &pidfd, data, epoll::EventFlags::IN).doing(what)?;
        watched.shims.insert(number, (pidfd, id.clone(), shim));
        Ok(())
    }

    /// Waits until one has ended, and takes its exit status where it is ours to take.
    pub fn next(&self) -> (SandboxId, Process) {
        loop {
            let mut events = Vec::with_capacity(1);
            if epoll::wait(&self.epoll, spare_capacity(&mut events), None).is_err() {
                continue;
            }
            let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(found) = events.first().and_then(|event| watched.shims.remove(&event.data.u64())) else {
                continue;
            };
            let (pidfd, id, shim) = found;
            // A shim that an earlier launcher started is not our child.
            let _ = waitid(
                WaitId::PidFd(pidfd.as_fd()),
                WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
            );
            let _ = epoll::delete(&self.epoll, &pidfd);
            return (id, shim);
        }
    }
}

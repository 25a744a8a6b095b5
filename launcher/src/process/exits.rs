//! Reports when shims end, to one thread for all sandboxes.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::process::{PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};

use super::Process;
use crate::answer::{Context, Outcome};
use crate::values::SandboxId;

/// The shims whose end is reported.
pub struct ExitMonitor {
    epoll: OwnedFd,
    monitored: Mutex<Monitored>,
}

#[derive(Default)]
struct Monitored {
    next: u64,
    shims: HashMap<u64, (OwnedFd, SandboxId, Process)>,
}

impl ExitMonitor {
    /// Monitors nothing yet.
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn new() -> Outcome<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).with_context(|| "Shims cannot be monitored".into())?;
        Ok(Self {
            epoll,
            monitored: Mutex::default(),
        })
    }

    /// Monitors one more. It may have ended already.
    ///
    /// # Errors
    /// When the process is gone without a trace.
    pub fn add(&self, id: &SandboxId, shim: Process) -> Outcome<()> {
        let what = || format!("The shim of {id} cannot be monitored");
        let pid = shim.pid().ok_or(rustix::io::Errno::SRCH).with_context(what)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).with_context(what)?;
        let mut monitored = self.monitored.lock().unwrap_or_else(PoisonError::into_inner);
        let number = monitored.next;
        monitored.next += 1;
        let data = epoll::EventData::new_u64(number);
        epoll::add(&self.epoll, &pidfd, data, epoll::EventFlags::IN).with_context(what)?;
        monitored.shims.insert(number, (pidfd, id.clone(), shim));
        Ok(())
    }

    /// Waits until one has ended, and takes its exit status where it is ours to take.
    pub fn next(&self) -> (SandboxId, Process) {
        loop {
            let mut events = Vec::with_capacity(1);
            if epoll::wait(&self.epoll, spare_capacity(&mut events), None).is_err() {
                continue;
            }
            let mut monitored = self.monitored.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(found) = events
                .first()
                .and_then(|event| monitored.shims.remove(&event.data.u64()))
            else {
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

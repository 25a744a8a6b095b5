//! Processes of the host: how one is identified across restarts of the launcher, and how its end is waited for.

pub mod exits;

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// How long a killed process is waited for.
const KILLED_WAIT: Duration = Duration::from_secs(1);

/// A process, identified so that a later one with the same number is not taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// When it was started, in the kernel's ticks since the host's start.
    pub started_ticks: u64,
}

impl Process {
    /// The process that has this number now.
    pub fn now(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the program's name in parentheses and may hold anything.
        let after_name = text.rsplit_once(')')?.1;
        let started_ticks = after_name.split_ascii_whitespace().nth(19)?.parse().ok()?;
        Some(Self { pid, started_ticks })
    }

    /// Whether it still runs.
    pub fn alive(self) -> bool {
        Self::now(self.pid) == Some(self) && !zombie(self.pid)
    }

    /// Its number, for system calls.
    pub fn pid(self) -> Option<Pid> {
        Pid::from_raw(self.pid)
    }

    /// Waits for its end, and kills it when that takes longer than `grace`.
    pub fn end(self, grace: Duration) {
        let Some(pidfd) = self.open() else {
            return;
        };
        for time in [grace, KILLED_WAIT] {
            if ends_within(&pidfd, time) {
                return;
            }
            // The descriptor names this process, also when its number has been given to another one by now.
            let _ = pidfd_send_signal(&pidfd, Signal::KILL);
        }
    }

    /// Waits for its end, at most this long.
    pub fn wait(self, time: Duration) {
        if let Some(pidfd) = self.open().filter(|_| !time.is_zero()) {
            ends_within(&pidfd, time);
        }
    }

    fn open(self) -> Option<OwnedFd> {
        self.pid()
            .filter(|_| self.alive())
            .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
    }
}

fn ends_within(pidfd: &OwnedFd, time: Duration) -> bool {
    let timeout = Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(0),
        tv_nsec: i64::from(time.subsec_nanos()),
    };
    let mut polled = [PollFd::from_borrowed_fd(pidfd.as_fd(), PollFlags::IN)];
    poll(&mut polled, Some(&timeout)).is_ok_and(|ready| ready > 0)
}

fn zombie(pid: i32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = text
        .rsplit_once(')')
        .map(|(_, rest)| rest.trim_start().starts_with('Z'));
    state.unwrap_or(true)
}

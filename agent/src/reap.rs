//! Reaps ended processes, orphans included, without losing the exit status of our own.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::signal::unix::Signal;
use tokio::sync::watch;

use crate::syscalls;

/// Processes reaped in one go, before other work gets its turn: a fork bomb leaves tens of thousands.
const BATCH: usize = 256;

/// The raw status of a process, once it has ended.
pub type Ended = watch::Sender<Option<i32>>;

/// Which running processes are the agent's own. Any thread may call.
#[derive(Default)]
pub struct Children(Mutex<Table>);

#[derive(Default)]
struct Table {
    running: HashMap<i32, Ended>,
    starting: usize,
    /// Ended before it was registered here.
    unclaimed: HashMap<i32, i32>,
}

impl Children {
    /// Starts a process by `start` and registers it, so that `ended` gets its status however soon it ends.
    pub fn start<E>(&self, ended: Ended, start: impl FnOnce() -> Result<i32, E>) -> Result<i32, E> {
        self.lock().starting += 1;
        let result = start();
        let mut table = self.lock();
        table.starting -= 1;
        if let Ok(pid) = result {
            match table.unclaimed.remove(&pid) {
                Some(status) => publish(&ended, status),
                None => {
                    table.running.insert(pid, ended);
                }
            }
        }
        if table.starting == 0 {
            table.unclaimed.clear();
        }
        result
    }

    /// Runs `action` while the process cannot be reaped, so its id cannot mean another one; `ESRCH` if it has ended.
    pub fn while_running(&self, pid: i32, action: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let table = self.lock();
        if table.running.contains_key(&pid) {
            return action();
        }
        Err(io::Error::from_raw_os_error(libc::ESRCH))
    }

    fn reap_batch(&self) -> usize {
        let mut table = self.lock();
        for count in 0..BATCH {
            let Some((pid, status)) = syscalls::reap() else {
                return count;
            };
            match table.running.remove(&pid) {
                Some(ended) => publish(&ended, status),
                None if table.starting > 0 => {
                    table.unclaimed.insert(pid, status);
                }
                None => {}
            }
        }
        BATCH
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn publish(ended: &Ended, status: i32) {
    ended.send_replace(Some(status));
}

/// Reaps for ever, woken by SIGCHLD. Preconditions: `children_ended` was made before the first process was started.
pub async fn reap_forever(children: &Children, mut children_ended: Signal) {
    loop {
        while children.reap_batch() == BATCH {
            tokio::task::yield_now().await;
        }
        children_ended.recv().await;
    }
}

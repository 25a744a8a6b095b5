//! Sends signals: to a group, to a process, to all that descends from one, to everything.

use std::io;
use std::process;

use crate::process_table::{self, Row};
use crate::process_tree::ProcessTree;
use crate::reap::Children;
use crate::syscalls::kill;

/// Which processes a signal is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The process group that the process was started as.
    Group,
    /// The process alone.
    Process,
    /// It and all that descends from it.
    Descendants,
}

/// Sends `signal` to a process that the agent started.
///
/// A process that has ended is `ESRCH`, but for its group and its descendants: they may live on.
/// Preconditions for [`Target::Descendants`]: a thread that may block.
///
/// # Errors
/// The system's, `ESRCH` when none is left.
pub fn send(children: &Children, tree: ProcessTree, signal: i32, target: Target) -> io::Result<()> {
    match target {
        Target::Process => children.while_running(tree.pid, || kill(tree.pid, signal)),
        Target::Group => kill(-tree.pid, signal),
        Target::Descendants if signal == libc::SIGKILL => tree.kill(),
        Target::Descendants => tree.signal(signal),
    }
}

/// Sends to every process of the sandbox but the agent; returns whether there was one. Those that have ended count
/// until they are reaped.
///
/// When the agent is not PID 1 the machine is not its own, and only its descendants are meant.
pub fn send_to_all(signal: i32) -> bool {
    let own = process::id().cast_signed();
    if own == 1 {
        return kill(-1, signal).is_ok();
    }
    let rows = process_table::read();
    let mut any = false;
    for member in descendants_of(&rows, own) {
        any |= kill(member, signal).is_ok();
    }
    any
}

fn descendants_of(rows: &[Row], ancestor: i32) -> Vec<i32> {
    let mut members = vec![ancestor];
    let mut checked = 0;
    while let Some(&parent) = members.get(checked) {
        checked += 1;
        let below = rows.iter().filter(|row| row.parent == parent);
        members.extend(below.map(|row| row.pid));
    }
    members.remove(0);
    members
}

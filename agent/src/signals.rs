//! Sends signals: to a group, to a process, to all that descends from one, to everything.

use std::io;
use std::process;

use crate::family::Family;
use crate::process_table::{self, Row};
use crate::reap::Children;
use crate::syscalls::kill;

/// Whom a signal reaches.
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
/// The system's, `ESRCH` when nobody is left.
pub fn send(children: &Children, family: Family, signal: i32, target: Target) -> io::Result<()> {
    match target {
        Target::Process => children.while_running(family.pid, || kill(family.pid, signal)),
        Target::Group => kill(-family.pid, signal),
        Target::Descendants if signal == libc::SIGKILL => family.end(),
        Target::Descendants => family.signal(signal),
    }
}

/// Sends to every process of the sandbox but the agent; answers whether there was one. Those that have ended count
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
    for member in family_below(&rows, own) {
        any |= kill(member, signal).is_ok();
    }
    any
}

fn family_below(rows: &[Row], ancestor: i32) -> Vec<i32> {
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

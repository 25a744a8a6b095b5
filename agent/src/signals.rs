//! Sends signals: to a group, to a process, to all that descends from one, to everything.

use std::io;
use std::process;

use crate::process_table::{self, Row};
use crate::reap::Children;
use crate::syscalls::kill;

/// A family that still grows after so many reads forks without end; what it may have is limited elsewhere.
const FAMILY_READS_MAX: usize = 16;

/// Whom a signal reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The process group that the process was started as.
    Group,
    /// The process alone.
    Process,
    /// Its group, its session and all children of children.
    Descendants,
}

/// Sends `signal` to a process that the agent started.
///
/// A process that has ended is `ESRCH`, but for its group: background children may live on in it.
///
/// # Errors
/// The system's, `ESRCH` when nobody is left.
pub fn send(children: &Children, pid: i32, signal: i32, target: Target) -> io::Result<()> {
    match target {
        Target::Process => children.while_running(pid, || kill(pid, signal)),
        Target::Group => kill(-pid, signal),
        Target::Descendants => send_to_descendants(pid, signal),
    }
}

/// Sends to a whole family, each member once. Read again until nobody new is found, since a member may have forked while
/// the list was made.
fn send_to_descendants(pid: i32, signal: i32) -> io::Result<()> {
    let mut reached = Vec::new();
    for _ in 0..FAMILY_READS_MAX {
        let members = family(&process_table::read(), pid);
        let new: Vec<i32> = members.into_iter().filter(|member| !reached.contains(member)).collect();
        if new.is_empty() {
            break;
        }
        reached.extend(new.into_iter().filter(|member| kill(*member, signal).is_ok()));
    }
    if reached.is_empty() {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    Ok(())
}

/// Everybody whose chain of parents leads to `pid`, or who is in its session or group. A process that has made a
/// session of its own and lost its parent is nobody's family. The agent is nobody's either, whatever a table that is read
/// while it changes may say: PID 1 has no protection from its own signals in every kernel.
fn family(rows: &[Row], pid: i32) -> Vec<i32> {
    let own = process::id().cast_signed();
    let others = || rows.iter().filter(|row| row.pid > 1 && row.pid != own);
    let mut members: Vec<i32> = others()
        .filter(|row| row.pid == pid || row.session == pid || row.group == pid)
        .map(|row| row.pid)
        .collect();
    let mut checked = 0;
    while let Some(&parent) = members.get(checked) {
        checked += 1;
        for row in others().filter(|row| row.parent == parent) {
            if !members.contains(&row.pid) {
                members.push(row.pid);
            }
        }
    }
    members
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pid: i32, parent: i32, group: i32, session: i32) -> Row {
        Row {
            resident_pages: 0,
            pid,
            parent,
            group,
            session,
            running: true,
            ticks: 0,
        }
    }

    #[test]
    fn a_family_is_children_of_children_and_the_session() {
        let rows = [
            row(10, 1, 10, 10),
            row(11, 10, 10, 10),
            row(12, 11, 12, 12),
            row(13, 1, 13, 10),
            row(20, 1, 20, 20),
            // Read while they ended, or were made.
            row(1, 10, 1, 1),
            row(0, 10, 10, 10),
        ];
        let mut members = family(&rows, 10);
        members.sort_unstable();
        assert_eq!(members, [10, 11, 12, 13]);
    }
}

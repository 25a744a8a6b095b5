//! A process that the agent has started, with all its descendants: how they are found, and how they are killed.
//!
//! A process can leave its session, process group and parent: by `setsid`, by forking twice. So each process that the agent
//! starts gets a number as its mark, which every descendant inherits from the kernel (docs/adr/0014).

use std::collections::{HashMap, HashSet};
use std::io;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use crate::process_table::{self, Row};
use crate::syscalls::kill;

/// A tree that still grows after so many scans forks without end; the number of its processes is limited elsewhere.
const SCANS_MAX: usize = 64;
/// Between two scans for processes that are not killed yet.
const PAUSE: Duration = Duration::from_millis(2);
/// A mark is stored as a resource limit; these are far above what any memory has, so that they limit nothing.
const MARKS_BEGIN: u64 = 1 << 61;
const MARKS_END: u64 = 1 << 62;
/// Shells show and set the limit in KiB, and must not round a mark to another one.
const MARK_STEP: u64 = 1024;

/// What all descendants of a process inherit from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub u64);

/// Gives each start a mark of its own. Any thread may call.
pub struct Marks {
    next: AtomicU64,
}

impl Default for Marks {
    /// Begins at a random number: two agents on one machine, as in tests, must not take each other's processes for their own.
    fn default() -> Self {
        let mut random = [0; 4];
        // Without randomness there is one agent on the machine all the same.
        let _ = rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty());
        let begin = u64::from(u32::from_le_bytes(random) >> 1) << 29;
        Self {
            next: AtomicU64::new(MARKS_BEGIN + begin),
        }
    }
}

impl Marks {
    /// A mark that no process has.
    pub fn next(&self) -> Mark {
        Mark(self.next.fetch_add(MARK_STEP, Ordering::Relaxed))
    }
}

/// One process that the agent has started, and all that descends from it.
#[derive(Clone, Copy, Debug)]
pub struct ProcessTree {
    /// The number of the process, and of its group and session.
    pub pid: i32,
    /// The mark that its descendants inherit.
    pub mark: Mark,
}

/// Finds the processes of a tree, several times. The mark of a process does not change meanwhile.
struct Scan {
    tree: ProcessTree,
    marks: HashMap<i32, Option<u64>>,
}

impl ProcessTree {
    /// Sends a signal to each process once. Scans again until there is no new one, since a process may have forked during
    /// the scan.
    ///
    /// # Errors
    /// `ESRCH` when none is left.
    pub fn signal(self, signal: i32) -> io::Result<()> {
        let mut scan = Scan::new(self);
        let mut reached = HashSet::new();
        for _ in 0..SCANS_MAX {
            let before = reached.len();
            for member in scan.members() {
                if !reached.contains(&member) && kill(member, signal).is_ok() {
                    reached.insert(member);
                }
            }
            if reached.len() == before {
                break;
            }
        }
        refuse_none(&reached)
    }

    /// Kills all. All are stopped first: while others still fork, each killed process would make room for a new one. The
    /// process itself comes last, so that none is left when its end is seen.
    ///
    /// # Errors
    /// `ESRCH` when none is left.
    pub fn kill(self) -> io::Result<()> {
        let mut scan = Scan::new(self);
        let mut killed = HashSet::new();
        for _ in 0..SCANS_MAX {
            let mut stopped = scan.stop(&killed);
            if stopped.is_empty() {
                break;
            }
            stopped.sort_unstable_by_key(|member| *member == self.pid);
            for member in stopped {
                let _ = kill(member, libc::SIGKILL);
                killed.insert(member);
            }
            sleep(PAUSE);
        }
        refuse_none(&killed)
    }
}

fn refuse_none(members: &HashSet<i32>) -> io::Result<()> {
    if members.is_empty() {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    Ok(())
}

impl Scan {
    fn new(tree: ProcessTree) -> Self {
        Self {
            tree,
            marks: HashMap::new(),
        }
    }

    fn members(&mut self) -> Vec<i32> {
        let rows = process_table::read();
        for row in &rows {
            let mark = self.marks.entry(row.pid).or_insert(None);
            if mark.is_none() {
                *mark = process_table::resident_limit(row.pid);
            }
        }
        self.tree.among(&rows, &|pid| self.marks.get(&pid).copied().flatten())
    }

    /// Stops all that are not among the `killed`, until there is no new one.
    fn stop(&mut self, killed: &HashSet<i32>) -> Vec<i32> {
        let mut stopped = Vec::new();
        for _ in 0..SCANS_MAX {
            let before = stopped.len();
            for member in self.members() {
                if !killed.contains(&member) && !stopped.contains(&member) && kill(member, libc::SIGSTOP).is_ok() {
                    stopped.push(member);
                }
            }
            if stopped.len() == before {
                break;
            }
        }
        stopped
    }
}

impl ProcessTree {
    /// The members among `rows`: those with its mark, those in its session or group, and their children. A process with
    /// another mark is no member, even if it has got the number of a member that ended.
    ///
    /// The agent is never a member, whatever a table that is read while it changes may say: not every kernel protects PID 1
    /// from its own signals.
    fn among(self, rows: &[Row], mark: &dyn Fn(i32) -> Option<u64>) -> Vec<i32> {
        let own = process::id().cast_signed();
        let foreign =
            |pid| mark(pid).is_some_and(|mark| mark != self.mark.0 && (MARKS_BEGIN..MARKS_END).contains(&mark));
        let others: Vec<&Row> = rows
            .iter()
            .filter(|row| row.pid > 1 && row.pid != own && !foreign(row.pid))
            .collect();
        let named = |row: &Row| [row.pid, row.session, row.group].contains(&self.pid);
        let mut members: Vec<i32> = others
            .iter()
            .filter(|row| named(row) || mark(row.pid) == Some(self.mark.0))
            .map(|row| row.pid)
            .collect();
        let mut known: HashSet<i32> = members.iter().copied().collect();
        let mut checked = 0;
        while let Some(&parent) = members.get(checked) {
            checked += 1;
            for row in others.iter().filter(|row| row.parent == parent) {
                if known.insert(row.pid) {
                    members.push(row.pid);
                }
            }
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: u64 = MARKS_BEGIN + 7 * MARK_STEP;

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

    fn members(rows: &[Row], marks: &[(i32, u64)]) -> Vec<i32> {
        let marks: HashMap<i32, u64> = marks.iter().copied().collect();
        let tree = ProcessTree {
            pid: 10,
            mark: Mark(OURS),
        };
        let mut members = tree.among(rows, &|pid| marks.get(&pid).copied());
        members.sort_unstable();
        members
    }

    #[test]
    fn a_tree_is_children_of_children_the_session_and_those_with_the_mark() {
        let rows = [
            row(10, 1, 10, 10),
            row(11, 10, 10, 10),
            row(12, 11, 12, 12),
            row(13, 1, 13, 10),
            row(14, 1, 14, 14),
            row(15, 14, 15, 15),
            row(20, 1, 20, 20),
            // Read while they ended, or were made.
            row(1, 10, 1, 1),
            row(0, 10, 10, 10),
        ];
        assert_eq!(members(&rows, &[(14, OURS), (20, 4096)]), [10, 11, 12, 13, 14, 15]);
    }

    #[test]
    fn a_process_with_another_mark_is_no_member() {
        let rows = [row(10, 1, 10, 10), row(11, 10, 10, 10), row(12, 1, 12, 12)];
        let other = OURS + MARK_STEP;
        assert_eq!(members(&rows, &[(10, other), (11, other), (12, OURS)]), [12]);
    }

    #[test]
    fn no_two_marks_are_the_same_in_kibibytes() {
        let marks = Marks::default();
        let (first, second) = (marks.next().0, marks.next().0);
        assert!(first % MARK_STEP == 0 && second % MARK_STEP == 0 && first != second);
        assert!((MARKS_BEGIN..MARKS_END).contains(&first));
    }
}

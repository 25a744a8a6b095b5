//! Kills the largest process when the sandbox's memory is used up, so that the others survive. The host notices memory
//! pressure, allows some headroom for a moment and notifies the agent (`api/launcher.md`, PRESSURE); otherwise its kernel
//! would kill the whole sandbox.

use std::collections::HashMap;
use std::future::ready;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::diagnostics::report;
use crate::process_table::{self, Row};
use crate::processes::Processes;
use crate::syscalls::kill;

/// A process is killed if it holds this much (16 MiB), else a session that does (64 MiB), which may be of many small ones.
/// Otherwise none is: memory is then not in processes, but for example in files of `/dev/shm`.
const PROCESS_PAGES_MIN: u64 = 4_096;
const SESSION_PAGES_MIN: u64 = 16_384;
/// How long a killed process is waited for.
const KILLED_WAIT: Duration = Duration::from_millis(500);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

static NOTIFIED: Notify = Notify::const_new();

/// Notes that memory is used up. Cheap.
pub fn notify() {
    NOTIFIED.notify_one();
}

/// Kills one process each time that memory is used up, forever.
pub async fn relieve_forever(processes: &Processes) {
    loop {
        NOTIFIED.notified().await;
        // On this thread: a new one would need memory.
        let victims = victims(&process_table::read());
        let (Some(first), Some(last)) = (victims.first(), victims.last()) else {
            report("memory is used up, and no process is large");
            continue;
        };
        processes.out_of_memory(first.session);
        let pages: u64 = victims.iter().map(|row| row.resident_pages).sum();
        report(format_args!(
            "memory is used up: killing {} processes from {} with {} MiB",
            victims.len(),
            first.pid,
            pages / 256
        ));
        for row in &victims {
            let _ = kill(row.pid, libc::SIGKILL);
        }
        wait_until_gone(last.pid).await;
        // Notifications that came meanwhile were about the same memory.
        tokio::select! {
            biased;
            () = NOTIFIED.notified() => {}
            () = ready(()) => {}
        }
    }
}

async fn wait_until_gone(pid: i32) {
    let deadline = Instant::now() + KILLED_WAIT;
    while Instant::now() < deadline && kill(pid, 0).is_ok() {
        sleep(POLL_INTERVAL).await;
    }
}

/// The processes to kill; never the agent itself.
fn victims(rows: &[Row]) -> Vec<Row> {
    let own = std::process::id().cast_signed();
    let others = || rows.iter().filter(|row| row.running && row.pid > 1 && row.pid != own);
    let largest = others().max_by_key(|row| row.resident_pages);
    if let Some(row) = largest.filter(|row| row.resident_pages >= PROCESS_PAGES_MIN) {
        return vec![row.clone()];
    }
    let mut sessions: HashMap<i32, u64> = HashMap::new();
    for row in others() {
        *sessions.entry(row.session).or_default() += row.resident_pages;
    }
    let largest = sessions.into_iter().max_by_key(|(_, pages)| *pages);
    let Some((session, _)) = largest.filter(|(_, pages)| *pages >= SESSION_PAGES_MIN) else {
        return Vec::new();
    };
    others().filter(|row| row.session == session).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pid: i32, session: i32, resident_pages: u64, running: bool) -> Row {
        Row {
            pid,
            parent: 1,
            group: pid,
            session,
            running,
            ticks: 0,
            resident_pages,
        }
    }

    fn chosen(rows: &[Row]) -> Vec<i32> {
        let mut pids: Vec<i32> = victims(rows).iter().map(|row| row.pid).collect();
        pids.sort_unstable();
        pids
    }

    #[test]
    fn chooses_the_largest_that_can_be_killed() {
        let own = std::process::id().cast_signed();
        let rows = [
            row(1, 1, 90_000, true),
            row(own, 1, 80_000, true),
            row(700_001, 1, 70_000, false),
            row(700_002, 1, 5_000, true),
            row(700_003, 1, 6_000, true),
        ];
        assert_eq!(chosen(&rows), [700_003]);
    }

    #[test]
    fn chooses_a_session_of_many_small_ones() {
        let mut rows: Vec<Row> = (0..20)
            .map(|index| row(800_000 + index, 800_000, 1_000, true))
            .collect();
        rows.push(row(700_000, 700_000, 3_000, true));
        assert_eq!(chosen(&rows), (800_000..800_020).collect::<Vec<_>>());
    }

    #[test]
    fn spares_small_ones() {
        assert!(chosen(&[row(700_002, 700_002, PROCESS_PAGES_MIN - 1, true)]).is_empty());
    }
}

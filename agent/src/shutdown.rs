//! The orderly end: every process is asked, then killed, and the agent exits 0. What the kernel of the sandbox holds
//! back of files it writes as it ends; waiting for the disk here took milliseconds a file.

use std::process;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::process_table;
use crate::signals::send_to_all;

/// The grace after SIGTERM, which names none.
const GRACE_DEFAULT: Duration = Duration::from_secs(5);
/// Most processes end at once.
const POLL_FIRST: Duration = Duration::from_millis(1);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Killed processes are gone within this time, or never.
const KILLED_WAIT: Duration = Duration::from_secs(2);
/// For the answer to leave before the process does.
const ANSWER_TIME: Duration = Duration::from_millis(10);

/// Ends everything. Returns when only the agent is left, or what is left cannot be killed.
pub async fn end_all(grace: Duration) {
    send_to_all(libc::SIGTERM);
    // A stopped process gets SIGTERM only when it continues.
    send_to_all(libc::SIGCONT);
    if !all_gone_within(grace, || {}).await {
        // Repeatedly: a process that forks without end may have slipped through.
        all_gone_within(KILLED_WAIT, || {
            send_to_all(libc::SIGKILL);
        })
        .await;
    }
}

async fn all_gone_within(time: Duration, repeat: impl Fn()) -> bool {
    let deadline = Instant::now() + time;
    let mut pause = POLL_FIRST;
    loop {
        repeat();
        if nothing_runs() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        sleep(pause).await;
        pause = (pause * 2).min(POLL_INTERVAL);
    }
}

fn nothing_runs() -> bool {
    let own = process::id().cast_signed();
    if own == 1 {
        return !process_table::read().iter().any(|row| row.pid != own);
    }
    // Signal 0 is sent to every process and does nothing.
    !send_to_all(0)
}

/// Makes the agent exit once the answer to the last call is on its way.
pub fn exit_soon(exit: Arc<Notify>) {
    tokio::spawn(async move {
        sleep(ANSWER_TIME).await;
        exit.notify_one();
    });
}

/// Ends everything when a signal asks for it, SIGTERM by the engine or SIGINT by a terminal.
pub async fn on_signals(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    end_all(GRACE_DEFAULT).await;
}

//! Gives memory back to the sandbox's kernel after a burst: an idle sandbox should cost what it needs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::syscalls;

/// Long enough that a caller with one transfer after the other does not pay for it, short enough for an idle sandbox.
const PAUSE: Duration = Duration::from_secs(3);

static USED: AtomicBool = AtomicBool::new(false);
static WAKE: Notify = Notify::const_new();

/// Says that a call has taken much memory for a while. Cheap.
pub fn used_much() {
    if !USED.swap(true, Ordering::Relaxed) {
        WAKE.notify_one();
    }
}

/// Gives back, for ever, a while after each time that much was used. Asleep otherwise: it costs an idle sandbox nothing.
pub async fn give_back_for_ever() {
    loop {
        WAKE.notified().await;
        sleep(PAUSE).await;
        USED.store(false, Ordering::Relaxed);
        let _ = spawn_blocking(syscalls::give_back_memory).await;
    }
}

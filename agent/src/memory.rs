//! Returns free memory of the allocator to the sandbox's kernel after a burst (`malloc_trim`), so that an idle sandbox costs
//! no more than it needs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::syscalls;

/// Long enough that a caller with one transfer after the other does not pay for it, short enough for an idle sandbox.
const PAUSE: Duration = Duration::from_secs(3);

static REQUESTED: AtomicBool = AtomicBool::new(false);
static WAKE: Notify = Notify::const_new();

/// Requests a trim, after a call that has used much memory. Cheap.
pub fn request_trim() {
    if !REQUESTED.swap(true, Ordering::Relaxed) {
        WAKE.notify_one();
    }
}

/// Trims a while after each request, forever. Asleep otherwise: it costs an idle sandbox nothing.
pub async fn trim_forever() {
    loop {
        WAKE.notified().await;
        sleep(PAUSE).await;
        REQUESTED.store(false, Ordering::Relaxed);
        let _ = spawn_blocking(syscalls::trim_memory).await;
    }
}

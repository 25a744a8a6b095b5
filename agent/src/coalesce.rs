//! Coalesces small writes: a program that flushes every line would otherwise cause a message for each of them, and most of
//! its time would go into that. So after some small reads in a row the reader pauses for a moment, and then reads more at
//! once.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::input::Channel;

/// Reads in a row without a pause: an exchange of a few lines is never delayed.
const BURST_READS_MAX: u32 = 16;
/// A wait as long as this for something to read ends a burst.
const IDLE_TIME: Duration = Duration::from_millis(1);
/// How long writes are left to gather in a longer burst.
const COALESCE_TIME: Duration = Duration::from_millis(2);
/// No pause after a read of this many bytes: the pipe, which holds 64 KiB, must not get full.
const LARGE_BYTES: usize = 8 * 1024;

/// Decides when one reader pauses.
pub struct Coalescer {
    burst: u32,
    ready_at: Instant,
}

impl Coalescer {
    /// Of a reader that has not read yet.
    pub fn new() -> Self {
        Self {
            burst: 0,
            ready_at: Instant::now(),
        }
    }

    /// To be called when `bytes` were read from `channel`. After a burst of small reads it pauses, at most until the
    /// writer's process ends. The channel is not registered for events during the pause.
    pub async fn after_read(&mut self, bytes: usize, channel: &Channel, ended: &mut watch::Receiver<Option<i32>>) {
        if self.needs_pause(bytes, Instant::now()) {
            channel.deregister();
            let running = ended.borrow().is_none();
            tokio::select! {
                () = sleep(COALESCE_TIME) => {}
                _ = ended.wait_for(Option::is_some), if running => {}
            }
        }
        self.ready_at = Instant::now();
    }

    fn needs_pause(&mut self, bytes: usize, read_at: Instant) -> bool {
        if bytes >= LARGE_BYTES || read_at.duration_since(self.ready_at) >= IDLE_TIME {
            self.burst = 0;
        }
        self.burst = self.burst.saturating_add(1);
        self.burst > BURST_READS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_small_reads_needs_a_pause_until_the_writer_is_idle_or_writes_much() {
        let mut coalescer = Coalescer::new();
        let now = coalescer.ready_at;
        let free = |coalescer: &mut Coalescer| (0..100).take_while(|_| !coalescer.needs_pause(10, now)).count();
        assert_eq!(free(&mut coalescer), 16);
        assert!(coalescer.needs_pause(10, now));
        assert!(!coalescer.needs_pause(10, now + IDLE_TIME));
        assert_eq!(free(&mut coalescer), 15);
        assert!(!coalescer.needs_pause(LARGE_BYTES, now));
        assert_eq!(free(&mut coalescer), 15);
    }
}

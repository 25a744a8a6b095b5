//! How often a stream of small writes is read: a program that flushes every line would otherwise have each of them
//! carried on by itself, and most of its time would go into that.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::input::Channel;

/// Reads in a row that follow each other at once: an exchange of a few lines is never slowed down.
const ROW_MAX: u32 = 16;
/// A wait as long as this for something to read ends a row.
const PAUSE: Duration = Duration::from_millis(1);
/// How long what is written is left to gather in a longer row.
const REST: Duration = Duration::from_millis(2);
/// Whoever writes this much between two reads needs no rest: the pipe, which holds 64 KiB, must not get full.
const LARGE_BYTES: usize = 8 * 1024;

/// The pace of one reader.
pub struct Pace {
    row: u32,
    ready_at: Instant,
}

impl Pace {
    /// Of a reader that has not read yet.
    pub fn new() -> Self {
        Self {
            row: 0,
            ready_at: Instant::now(),
        }
    }

    /// To be called when `bytes` were read from `channel`. Rests, without a watch on it, at most until the writer's process ends, when small reads have
    /// followed each other for long enough.
    pub async fn rest(&mut self, bytes: usize, channel: &Channel, ended: &mut watch::Receiver<Option<i32>>) {
        if self.needs_rest(bytes, Instant::now()) {
            channel.unwatch();
            let running = ended.borrow().is_none();
            tokio::select! {
                () = sleep(REST) => {}
                _ = ended.wait_for(Option::is_some), if running => {}
            }
        }
        self.ready_at = Instant::now();
    }

    fn needs_rest(&mut self, bytes: usize, read_at: Instant) -> bool {
        if bytes >= LARGE_BYTES || read_at.duration_since(self.ready_at) >= PAUSE {
            self.row = 0;
        }
        self.row = self.row.saturating_add(1);
        self.row > ROW_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_reads_in_a_row_need_a_rest_until_there_is_a_pause_or_much_to_read() {
        let mut pace = Pace::new();
        let now = pace.ready_at;
        let free = |pace: &mut Pace| (0..100).take_while(|_| !pace.needs_rest(10, now)).count();
        assert_eq!(free(&mut pace), 16);
        assert!(pace.needs_rest(10, now));
        assert!(!pace.needs_rest(10, now + PAUSE));
        assert_eq!(free(&mut pace), 15);
        assert!(!pace.needs_rest(LARGE_BYTES, now));
        assert_eq!(free(&mut pace), 15);
    }
}

//! How often a stream of small writes is read: a program that flushes every line would otherwise have each of them
//! carried on by itself, and most of its time would go into that.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// Reads in a row that follow each other at once: an exchange of a few lines is never slowed down.
const CREDIT_MAX: u32 = 32;
/// One more is allowed for each that passes.
const CREDIT_TIME: Duration = Duration::from_millis(1);
/// How long what is written is left to gather when there is no credit left.
const REST: Duration = Duration::from_millis(2);
/// Whoever writes this much between two reads needs no rest: the pipe, which holds 64 KiB, must not get full.
const LARGE_BYTES: usize = 8 * 1024;

/// The pace of one reader.
pub struct Pace {
    credit: u32,
    counted: Instant,
}

impl Pace {
    /// Of a reader that has not read yet.
    pub fn new() -> Self {
        Self {
            credit: CREDIT_MAX,
            counted: Instant::now(),
        }
    }

    /// To be called when `bytes` were read. Rests, at most until the writer's process ends, when small reads have
    /// followed each other for long enough.
    pub async fn rest(&mut self, bytes: usize, ended: &mut watch::Receiver<Option<i32>>) {
        if bytes >= LARGE_BYTES || self.take(Instant::now()) {
            return;
        }
        let running = ended.borrow().is_none();
        tokio::select! {
            () = sleep(REST) => {}
            _ = ended.wait_for(Option::is_some), if running => {}
        }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = now.duration_since(self.counted).as_millis() / CREDIT_TIME.as_millis();
        if passed > 0 {
            let earned = u32::try_from(passed).unwrap_or(CREDIT_MAX);
            self.credit = self.credit.saturating_add(earned).min(CREDIT_MAX);
            self.counted = now;
        }
        let some = self.credit > 0;
        self.credit = self.credit.saturating_sub(1);
        some
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_reads_uses_up_what_passing_time_gives_back() {
        let mut pace = Pace::new();
        let begin = pace.counted;
        let taken = |pace: &mut Pace, now| (0..100).filter(|_| pace.take(now)).count();
        assert_eq!(taken(&mut pace, begin), 32);
        assert_eq!(taken(&mut pace, begin + CREDIT_TIME * 5), 5);
        assert_eq!(taken(&mut pace, begin + CREDIT_TIME * 5_000), 32);
    }
}

//! A token bucket: it limits how much work without use a sandbox may cause its shim. Beyond that the sandbox has to wait.

use std::time::{Duration, Instant};

/// Looking more often than this whether there are tokens again would cost more than it brings.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// Tokens that come back with time.
pub struct TokenBucket {
    capacity: f64,
    per_second: f64,
    /// Below zero when more was taken than there was.
    tokens: f64,
    since: Instant,
    /// There are no tokens before this moment.
    empty_until: Option<Instant>,
}

impl TokenBucket {
    /// A full one.
    pub fn new(capacity: u32, per_second: u32) -> Self {
        Self {
            capacity: capacity.into(),
            per_second: per_second.into(),
            tokens: capacity.into(),
            since: Instant::now(),
            empty_until: None,
        }
    }

    /// Takes tokens for work that was done already. When there were not enough, there is a pause until they have come back.
    pub fn take(&mut self, count: usize) {
        // Nobody looks at the clock while there are tokens.
        self.take_at(count, Instant::now);
    }

    fn take_at(&mut self, count: usize, clock: impl FnOnce() -> Instant) {
        let count = count as f64;
        if self.tokens >= count {
            self.tokens -= count;
            return;
        }
        let now = clock();
        let refill = now.duration_since(self.since).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + refill).min(self.capacity) - count;
        self.since = now;
        if self.tokens < 0.0 {
            let missing = Duration::from_secs_f64(-self.tokens / self.per_second);
            self.empty_until = Some(now + missing.max(PAUSE_MIN));
        }
    }

    /// How long until there are tokens again; none when there are some.
    pub fn pause(&self) -> Option<Duration> {
        self.pause_at(Instant::now())
    }

    fn pause_at(&self, now: Instant) -> Option<Duration> {
        let left = self.empty_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_taken_beyond_the_capacity_have_to_come_back_first() {
        let mut bucket = TokenBucket::new(1_000, 1_000);
        let now = bucket.since;
        for _ in 0..10 {
            bucket.take_at(100, || now);
        }
        assert_eq!(bucket.pause_at(now), None, "a whole burst at once");
        for _ in 0..60_000 {
            bucket.take_at(1, || now);
        }
        assert_eq!(bucket.pause_at(now), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_pause_ends_and_is_no_shorter_than_its_minimum() {
        let mut bucket = TokenBucket::new(10, 1_000_000_000);
        let now = bucket.since;
        bucket.take_at(11, || now);
        assert_eq!(bucket.pause_at(now), Some(PAUSE_MIN));
        let later = now + PAUSE_MIN;
        assert_eq!(bucket.pause_at(later), None);
        bucket.take_at(10, || later);
        assert_eq!(bucket.pause_at(later), None, "the bucket is full again");
    }
}

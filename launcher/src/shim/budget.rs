//! How much of what is worth nothing a sandbox may have its shim do: for the rest it waits, at its own expense. What is
//! spent comes back with time.

use std::time::{Duration, Instant};

/// Looking more often than this whether there is something again would cost more than it brings.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// So much at once, and so much a second.
pub struct Budget {
    most: f64,
    each_second: f64,
    /// Less than nothing when more was used than there was.
    left: f64,
    since: Instant,
    /// Nothing is left before this moment.
    pause_until: Option<Instant>,
}

impl Budget {
    /// A full one.
    pub fn new(most: u32, each_second: u32) -> Self {
        Self {
            most: most.into(),
            each_second: each_second.into(),
            left: most.into(),
            since: Instant::now(),
            pause_until: None,
        }
    }

    /// Takes an amount that has been used already. When more was used than there was, it pauses until that has come back.
    pub fn spend(&mut self, amount: usize) {
        let amount = amount as f64;
        if self.left >= amount {
            self.left -= amount;
            return;
        }
        let now = Instant::now();
        let back = now.duration_since(self.since).as_secs_f64() * self.each_second;
        self.left = (self.left + back).min(self.most) - amount;
        self.since = now;
        if self.left < 0.0 {
            let back = Duration::from_secs_f64(-self.left / self.each_second);
            self.pause_until = Some(now + back.max(PAUSE_MIN));
        }
    }

    /// How long to wait before anything more may be done; none when there is something left.
    pub fn pause(&self) -> Option<Duration> {
        let left = self.pause_until?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_beyond_the_budget_has_to_come_back_first() {
        let mut budget = Budget::new(1_000, 1_000);
        for _ in 0..10 {
            budget.spend(100);
        }
        assert_eq!(budget.pause(), None, "as much at once as there is");
        for _ in 0..60_000 {
            budget.spend(1);
        }
        let pause = budget.pause().expect("a pause");
        assert!(
            pause > Duration::from_secs(30) && pause <= Duration::from_secs(60),
            "{pause:?}"
        );
    }

    #[test]
    fn a_pause_ends_and_is_no_shorter_than_is_worth_it() {
        let mut budget = Budget::new(10, 1_000_000_000);
        budget.spend(11);
        assert!(budget.pause().is_some());
        std::thread::sleep(PAUSE_MIN);
        assert_eq!(budget.pause(), None);
        budget.spend(10);
        assert_eq!(budget.pause(), None, "it has come back");
    }
}

//! Keeps a sandbox alive when one of its processes takes all its memory. To the host's kernel the whole sandbox is one
//! program, and it would kill all of it at the limit. So the shim notices memory pressure, allows some headroom above the
//! limit for a moment, and tells the agent, which kills the largest process. When that does not help in time, the kernel's
//! OOM killer decides. How this is done in each version of cgroups is in [`MemoryLimit`]'s implementations.

use std::io;
use std::time::{Duration, Instant};

use rustix::event::PollFd;

use crate::cgroup::{MemoryLimit, headroom, pressure_threshold};

/// How often it is checked whether the headroom is still needed.
const INTERVAL: Duration = Duration::from_millis(20);
/// The same when nothing depends on it.
const IDLE_INTERVAL: Duration = Duration::from_millis(900);
/// The agent is notified at most this often: it kills a process each time.
const NOTIFY_INTERVAL: Duration = Duration::from_millis(100);
/// After this time above the limit nothing that the agent does has helped.
const PRESSURE_MAX: Duration = Duration::from_secs(5);
/// Headroom is given in this many steps.
const STEPS_MAX: u64 = 4;
/// The kernel rounds limits down to these.
const PAGE_BYTES: u64 = 4_096;

/// Watches the memory of one sandbox.
pub struct MemoryGuard {
    limit: Box<dyn MemoryLimit>,
    pressure: Option<Pressure>,
    last_pressure: Option<Instant>,
    /// When to look again while page cache fills the room below the limit: there is no event then.
    recheck_at: Option<Instant>,
}

/// Memory is short.
struct Pressure {
    since: Instant,
    notified: Option<Instant>,
    /// The sandbox's own limit.
    own_limit: u64,
    /// Steps of headroom that were given.
    steps: u64,
    /// The kernel's OOM killer decides until there is room again.
    left_to_kernel: bool,
}

/// What the caller has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// Tell the agent that memory is used up.
    NotifyAgent,
}

impl MemoryGuard {
    /// Watches the memory below this limit.
    pub fn new(limit: Box<dyn MemoryLimit>) -> Self {
        Self {
            limit,
            pressure: None,
            last_pressure: None,
            recheck_at: None,
        }
    }

    /// What to poll for.
    pub fn event(&self) -> PollFd<'_> {
        self.limit.event()
    }

    /// Whether memory is short at this moment.
    pub fn is_under_pressure(&self) -> bool {
        self.pressure.is_some()
    }

    /// Whether memory was short a moment ago: the memory of an engine that gives up is freed before it has ended.
    pub fn was_under_pressure(&self) -> bool {
        self.last_pressure.is_some_and(|end| end.elapsed() < PRESSURE_MAX)
    }

    /// How long to wait at most before [`MemoryGuard::check`] is due; none when there is room.
    pub fn timeout(&self) -> Option<Duration> {
        match &self.pressure {
            Some(pressure) if pressure.left_to_kernel => Some(IDLE_INTERVAL),
            Some(_) => Some(INTERVAL),
            None => self.recheck_at.map(|due| due.saturating_duration_since(Instant::now())),
        }
    }

    /// Looks at the memory. To be called when there is an event, and when [`MemoryGuard::timeout`] is over; sooner costs
    /// nothing while memory is not short.
    ///
    /// # Errors
    /// When the cgroup cannot be read or written: it is gone, and the sandbox with it.
    pub fn check(&mut self, event: bool) -> io::Result<Action> {
        if event {
            self.limit.clear_event()?;
        } else if self.pressure.is_none() && self.recheck_at.is_none_or(|due| Instant::now() < due) {
            return Ok(Action::None);
        }
        if !self.is_left_to_kernel() && self.is_exhausted()? {
            self.give_headroom()?;
        }
        let Some(pressure) = &mut self.pressure else {
            self.recheck_at = self.next_recheck()?;
            return Ok(Action::None);
        };
        let used = self.limit.unreclaimable()?;
        // A little below, or the next page asked for would bring it here again.
        let relieved = used < pressure_threshold(pressure.own_limit) - pressure.own_limit / 64;
        if relieved && self.limit.restore(pressure.raised_limit(), pressure.own_limit)? {
            let left_to_kernel = pressure.left_to_kernel;
            self.pressure = None;
            self.last_pressure = Some(Instant::now());
            if left_to_kernel {
                self.limit.take_from_kernel()?;
            }
            self.recheck_at = self.next_recheck()?;
            return Ok(Action::None);
        }
        if pressure.left_to_kernel {
            return Ok(Action::None);
        }
        if pressure.since.elapsed() > PRESSURE_MAX {
            pressure.left_to_kernel = true;
            self.limit.hand_to_kernel(pressure.own_limit)?;
            return Ok(Action::None);
        }
        // No process is killed for memory that only the kernel still holds.
        if relieved || pressure.notified.is_some_and(|time| time.elapsed() < NOTIFY_INTERVAL) {
            return Ok(Action::None);
        }
        pressure.notified = Some(Instant::now());
        Ok(Action::NotifyAgent)
    }

    /// Leaves everything to the kernel for good, after a failure.
    pub fn abandon(self) {
        self.limit.abandon();
    }

    fn is_left_to_kernel(&self) -> bool {
        self.pressure.as_ref().is_some_and(|pressure| pressure.left_to_kernel)
    }

    /// When usage could reach the threshold at the earliest, if no event will say so. No program is faster than a byte in
    /// a nanosecond.
    fn next_recheck(&self) -> io::Result<Option<Instant>> {
        if !self.limit.event_counts_cache() {
            return Ok(None);
        }
        let threshold = pressure_threshold(self.limit.limit()?);
        if self.limit.usage()? <= threshold {
            return Ok(None);
        }
        let left = threshold.saturating_sub(self.limit.unreclaimable()?);
        let pause = Duration::from_nanos(left).clamp(INTERVAL, IDLE_INTERVAL);
        Ok(Some(Instant::now() + pause))
    }

    /// Whether next to nothing would be left even without page cache.
    fn is_exhausted(&self) -> io::Result<bool> {
        Ok(self.limit.stalled()? || self.limit.unreclaimable()? > pressure_threshold(self.limit.limit()?))
    }

    fn give_headroom(&mut self) -> io::Result<()> {
        let limit = self.limit.limit()?;
        let stalled = self.limit.stalled()?;
        let pressure = self.pressure.get_or_insert_with(|| Pressure {
            since: Instant::now(),
            notified: None,
            own_limit: limit,
            steps: 0,
            left_to_kernel: false,
        });
        if pressure.steps < STEPS_MAX {
            pressure.steps += 1;
            return self.limit.raise(pressure.raised_limit());
        }
        if stalled {
            pressure.left_to_kernel = true;
            self.limit.hand_to_kernel(pressure.own_limit)?;
        }
        Ok(())
    }
}

impl Pressure {
    fn raised_limit(&self) -> u64 {
        (self.own_limit + headroom(self.own_limit) * self.steps / STEPS_MAX) / PAGE_BYTES * PAGE_BYTES
    }
}

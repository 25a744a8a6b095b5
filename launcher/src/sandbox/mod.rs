//! Running sandboxes: how one starts, how it ends, and how a restarted launcher takes it over.

pub mod end;
pub mod listing;
pub mod locks;
pub mod recovery;
pub mod start;

use std::time::Instant;

/// The time between two moments, in microseconds.
pub fn micros(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.duration_since(from).as_micros()).unwrap_or(u64::MAX)
}

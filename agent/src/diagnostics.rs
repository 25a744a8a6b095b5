//! The agent's own log: lines on standard error, which is a file on the host.

use std::fmt::Display;
use std::sync::atomic::{AtomicU32, Ordering};

/// The file on the host is never rotated, so a sandbox must not be able to make the agent fill it.
const LINES_MAX: u32 = 1_000;

static LINES: AtomicU32 = AtomicU32::new(0);

/// Writes a line, unless the agent has written [`LINES_MAX`] already.
pub fn report(text: impl Display) {
    if LINES.fetch_add(1, Ordering::Relaxed) < LINES_MAX {
        eprintln!("sandlot-agent: {text}");
    }
}

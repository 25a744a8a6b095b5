//! Running sandboxes: what is written down about each, how one starts, and how it ends.

pub mod end;
pub mod record;
pub mod start;
pub mod watch;

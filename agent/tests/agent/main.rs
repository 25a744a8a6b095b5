//! The agent as the runner sees it: the built program, over its frames.
#![allow(clippy::unwrap_used)]
#![allow(missing_docs)]

mod descendants;
mod files;
mod link;
mod network;
mod processes;
mod running;
mod support;
mod terminal;

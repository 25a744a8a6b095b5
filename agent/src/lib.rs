//! The agent: PID 1 of every sandbox. It owns the sandbox's processes and serves them, the files, the ports and the
//! environment to the runner, over frames on its standard input. Mechanism only; policy lives in the runner's toolbox.
//!
//! One thread runs everything that waits; calls of the system that may block (files, spawns, logs) run on a small
//! pool. Nothing listens, and nothing in here is trusted from outside the sandbox.

mod api;
mod coalesce;
mod diagnostics;
mod dial;
mod environment;
mod errors;
mod files;
mod input;
pub mod limits;
mod link;
mod logs;
mod memory;
mod metrics;
mod output;
mod ports;
mod pressure;
mod process_table;
mod process_tree;
mod processes;
mod pty;
mod reap;
mod requests;
mod run;
mod shutdown;
mod signals;
mod spawn;
mod start;
mod syscalls;
mod users;

pub use start::run;

/// The contract with the runner, compiled from `api/agent.proto`.
#[allow(missing_docs, clippy::all)]
pub mod proto {
    tonic::include_proto!("sandlot.agent.v1");
}

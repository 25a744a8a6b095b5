//! The launcher on a real host: real engines, real namespaces, a real database. Needs root.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that fails says why by its line")]

mod access;
mod database;
mod exercisers;
mod faults;
mod files;
mod harness;
mod internet;
mod lifecycle;
mod link;
mod network;
mod router;

//! Failpoints: named places where tests make the launcher fail or crash. Off unless the configuration has `"failpoints": true`.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::answer::{Failure, Outcome};

static ACTIONS: OnceLock<HashMap<String, String>> = OnceLock::new();

/// Reads `SANDLOT_FAILPOINTS` (`name=abort,other=error`).
pub fn enable() {
    let text = std::env::var("SANDLOT_FAILPOINTS").unwrap_or_default();
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let actions = pairs.map(|(name, action)| (name.to_owned(), action.to_owned()));
    let _ = ACTIONS.set(actions.collect());
}

/// Passes, fails, or ends the process at once as `kill -9` would.
///
/// # Errors
/// When the place is set to `error`.
pub fn reach(name: &str) -> Outcome<()> {
    match ACTIONS.get().and_then(|actions| actions.get(name)).map(String::as_str) {
        Some("abort") => std::process::abort(),
        Some("error") => Err(Failure::internal(format!("The failpoint {name} is set."))),
        _ => Ok(()),
    }
}

//! One operation at a time on each sandbox.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::values::SandboxId;

/// A lock for each sandbox that something happens to.
#[derive(Default)]
pub struct Locks(Mutex<HashMap<SandboxId, Arc<Mutex<()>>>>);

impl Locks {
    /// Does something while no other operation works on the same sandbox.
    pub fn with<T>(&self, id: &SandboxId, work: impl FnOnce() -> T) -> T {
        let lock = Arc::clone(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id.clone())
                .or_default(),
        );
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work();
        drop(guard);
        drop(lock);
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can take a copy while the table is locked.
        if locks.get(id).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(id);
        }
        result
    }
}

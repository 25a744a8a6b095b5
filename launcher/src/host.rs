//! What the launcher has on this host. Every operation on a sandbox works with it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::answer::{Code, Failure, Outcome};
use crate::cgroup::Cgroups;
use crate::config::{Config, User};
use crate::disk::Disks;
use crate::engine::EngineStatus;
use crate::images::Images;
use crate::network::slots::Slots;
use crate::network::{Slot, firewall};
use crate::process::exits::ExitMonitor;
use crate::record::{self, Record};
use crate::values::{Engine, Network};

/// The parts of this host that sandboxes are made of.
pub struct Host {
    /// How this installation is set up.
    pub config: Arc<Config>,
    /// Who may call.
    pub runner: User,
    /// The image directory.
    pub images: Images,
    /// The disk pool.
    pub disks: Disks,
    /// Our cgroups.
    pub cgroups: Cgroups,
    /// The network slots.
    pub slots: Arc<Slots>,
    /// The layer with the agent, for the next start.
    pub system_layer: PathBuf,
    /// The engines, as they were found at the start.
    pub engines: Vec<EngineStatus>,
    /// Reports when shims end.
    pub exits: ExitMonitor,
}

impl Host {
    /// Refuses an engine that was found missing or too old.
    ///
    /// # Errors
    /// [`Code::Engine`] with what to do about it.
    pub fn refuse_unusable(&self, engine: Engine) -> Outcome<()> {
        let found = self.engines.iter().find(|found| found.name == engine);
        let refuse = |reason: &str| Err(Failure::new(Code::Engine, reason));
        match found {
            Some(found) if found.usable => Ok(()),
            Some(found) => refuse(found.reason.as_deref().unwrap_or("The engine cannot be used.")),
            None => refuse("The engine is not in this launcher's configuration."),
        }
    }

    /// Changes what a sandbox may reach. When the step from the old to the new policy fails, the whole table is loaded.
    ///
    /// # Errors
    /// When that fails too.
    pub fn change_policy(&self, record: &Record, old: &Network, new: &Network) -> Outcome<()> {
        let slot = Slot(record.slot);
        firewall::change_policy(&self.config, slot, old, new).or_else(|_| {
            firewall::load(&self.config, |config| {
                let mut all = record::policies(config)?;
                all.insert(slot, new.clone());
                Ok(all)
            })
        })
    }

    /// Monitors a sandbox's shim from now on.
    ///
    /// # Errors
    /// When it has ended.
    pub fn monitor(&self, record: &Record) -> Outcome<()> {
        record.shim.map_or(Ok(()), |shim| self.exits.add(&record.id, shim))
    }
}

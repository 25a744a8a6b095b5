//! How a launcher begins: it prepares the host, and takes over the sandboxes that an earlier launcher started.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::end;
use crate::answer::Outcome;
use crate::cgroup;
use crate::config::{Config, user};
use crate::disk::{self, Disks};
use crate::host::Host;
use crate::images::Images;
use crate::network::slots::Slots;
use crate::network::{Slot, firewall, router};
use crate::process::exits::ExitMonitor;
use crate::record::{self, Folder, Reason, Record};
use crate::values::SandboxId;
use crate::{engine, log, overlay, rootfs};

/// Prepares the host, and takes over the sandboxes that an earlier launcher started.
///
/// # Errors
/// When the host lacks something; the message says what.
pub fn open(config: Arc<Config>) -> Outcome<Host> {
    let runner = user(&config.runner_user)?;
    overlay::make_shared(&record::all(&config))?;
    let images = Images::of(&config)?;
    disk::open(&config)?;
    let disks = Disks::of(&config)?;
    let cgroups = cgroup::detect::cgroups(&config);
    cgroups.prepare()?;
    router::prepare(&config)?;
    for id in record::damaged(&config)? {
        if let Err(failure) = end::release_damaged(&config, &cgroups, &id) {
            let left = json!({"id": id.as_str(), "reason": failure.message});
            log::error("sandbox with a damaged record is not cleaned up", left);
        }
    }
    let found = record::records(&config)?;
    let taken: BTreeSet<Slot> = found.iter().map(|record| Slot(record.slot)).collect();
    firewall::load(&config, record::policies)?;
    let host = Host {
        runner,
        images,
        disks,
        cgroups,
        slots: Slots::open(Arc::clone(&config), taken),
        system_layer: rootfs::system_layer(&config)?,
        engines: engine::probe(&config),
        exits: ExitMonitor::new()?,
        config,
    };
    take_over(&host, &found)?;
    Ok(host)
}

fn take_over(host: &Host, found: &[Record]) -> Outcome<()> {
    for record in found {
        let alive = record.shim.filter(|shim| shim.alive());
        match alive.map(|shim| host.exits.add(&record.id, shim)) {
            Some(Ok(())) => log::info("sandbox found running", json!({"id": record.id.as_str()})),
            _ => release_lost(host, record),
        }
    }
    let known = |id: &SandboxId| found.iter().any(|record| record.id == *id);
    end::end_shims(host, |id| !known(id));
    for id in host.cgroups.all().iter().filter(|id| !known(id)) {
        host.cgroups.kill(id)?;
        overlay::release(&Folder::of(&host.config, id).rootfs())?;
        host.cgroups.remove(id)?;
    }
    let mut layers: Vec<PathBuf> = found.iter().map(|record| record.system_layer.clone()).collect();
    layers.push(host.system_layer.clone());
    rootfs::remove_old_layers(&host.config, &layers)
}

/// Removes what is left of a sandbox that is gone. One that cannot be removed keeps its slot; its next start or stop tries
/// again, and the others are not affected.
fn release_lost(host: &Host, record: &Record) {
    if let Err(failure) = end::release(host, record, Reason::Lost) {
        log::error(
            "sandbox is not cleaned up",
            json!({"id": record.id.as_str(), "reason": failure.message}),
        );
    }
}

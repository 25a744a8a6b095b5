//! What callers learn about sandboxes.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{Failure, Outcome};
use crate::cgroup::Usage;
use crate::disk::{self, Disk};
use crate::host::Host;
use crate::network::Slot;
use crate::process::Process;
use crate::record::{Exit, Folder, Record};
use crate::values::{DiskBytes, Engine, ImageId, Limits, Network, SandboxId};

/// A sandbox as it is listed.
#[derive(Serialize)]
struct Row {
    id: SandboxId,
    image: ImageId,
    disk_bytes: DiskBytes,
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<Engine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_socket: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<Exit>,
}

/// All sandboxes that have a disk.
///
/// # Errors
/// When the pool cannot be read.
pub fn list(host: &Host) -> Outcome<Value> {
    let row = |(id, disk): (SandboxId, Disk)| row(host, &id, &disk);
    let rows: Vec<Row> = host.disks.all()?.into_iter().map(row).collect();
    Ok(json!({"sandboxes": rows}))
}

/// One sandbox, with what it uses.
///
/// # Errors
/// [`crate::answer::Code::NotFound`] when it has no disk.
pub fn inspect(host: &Host, id: &SandboxId) -> Outcome<Value> {
    let disk = host.disks.get(id)?.ok_or_else(|| disk::absent(id))?;
    let row = row(host, id, &disk);
    let usage = if row.running {
        host.cgroups.usage(id)?
    } else {
        Usage::default()
    };
    let mut all = value(row)?;
    for part in [value(usage)?, json!({"disk_used_bytes": host.disks.used_bytes(id)?})] {
        if let (Value::Object(all), Value::Object(part)) = (&mut all, part) {
            all.extend(part);
        }
    }
    Ok(all)
}

fn row(host: &Host, id: &SandboxId, disk: &Disk) -> Row {
    let folder = Folder::of(&host.config, id);
    // Of a record that cannot be read nothing can be reached; the next operation on the sandbox ends what is left.
    let record = folder.record().unwrap_or(None);
    let record = record.filter(|record| record.shim.is_some_and(Process::alive));
    let address = |record: &Record| Slot(record.slot).address(&host.config).to_string();
    Row {
        id: id.clone(),
        image: disk.image.clone(),
        disk_bytes: disk.disk_bytes,
        running: record.is_some(),
        engine: record.as_ref().map(|record| record.engine),
        address: record.as_ref().map(address),
        limits: record.as_ref().map(|record| record.limits),
        network: record.as_ref().map(|record| record.network.clone()),
        agent_socket: record.as_ref().map(|_| folder.agent_socket()),
        exit: folder.exit(),
    }
}

fn value(answer: impl Serialize) -> Outcome<Value> {
    serde_json::to_value(answer).map_err(|error| Failure::internal(error.to_string()))
}

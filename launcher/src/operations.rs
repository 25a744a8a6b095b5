//! The operations of `api/launcher.md`, and what happens when a sandbox ends by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{Code, Context, Failure, Outcome};
use crate::config::Config;
use crate::database::Database;
use crate::disk::{self, Disk};
use crate::engine::EngineCli;
use crate::failpoint::reach;
use crate::host::Host;
use crate::network::{Slot, firewall};
use crate::process::Process;
use crate::record::{self, Folder, Reason, Record};
use crate::request::Request;
use crate::sandbox::locks::Locks;
use crate::sandbox::start::{self, StartOptions};
use crate::sandbox::{end, listing, micros, recovery};
use crate::values::{DiskBytes, HostName, ImageId, Limits, Network, SandboxId};
use crate::{files, log};

/// The protocol's version, which counts additions to `api/launcher.md`.
const PROTOCOL: u32 = 1;

/// Answers requests. Shared by all connections.
pub struct Operations {
    /// What they work on.
    pub host: Host,
    database: Database,
    locks: Locks,
}

/// The answer to a stop.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Stopped {
    phases: StopPhases,
}

/// Where the time of a stop went; zero when nothing ran.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct StopPhases {
    engine_us: u64,
    release_us: u64,
}

impl Operations {
    /// Prepares the host, takes over the sandboxes that an earlier launcher started, and starts the threads that keep
    /// host and records true.
    ///
    /// # Errors
    /// When the host lacks something; the message says what.
    pub fn open(config: Config) -> Outcome<Arc<Self>> {
        let config = Arc::new(config);
        let operations = Arc::new(Self {
            database: Database::of(&config)?,
            host: recovery::open(Arc::clone(&config))?,
            locks: Locks::default(),
        });
        let reaping = Arc::clone(&operations);
        std::thread::spawn(move || reaping.reap_forever());
        firewall::keep_host_networks_closed(Arc::clone(&config));
        firewall::reconcile(&config, record::policies);
        Ok(operations)
    }

    fn reap_forever(self: Arc<Self>) {
        loop {
            let (id, shim) = self.host.exits.next();
            let operations = Arc::clone(&self);
            std::thread::spawn(move || operations.reap(&id, shim));
        }
    }

    /// Releases a sandbox whose shim has ended.
    fn reap(&self, id: &SandboxId, shim: Process) {
        let result = self.locks.with(id, || {
            let record = end::record(&self.host, id)?;
            match record.filter(|record| record.shim == Some(shim)) {
                Some(record) => {
                    log::info("sandbox ended", json!({"id": id.as_str()}));
                    end::release(&self.host, &record, Reason::ShimLost)
                }
                None => Ok(()),
            }
        });
        if let Err(failure) = result {
            log::error(
                "ended sandbox is not cleaned up",
                json!({"id": id.as_str(), "reason": failure.message}),
            );
        }
    }

    /// Does what is asked.
    ///
    /// # Errors
    /// With the codes of `api/launcher.md`.
    pub fn answer(&self, request: Request) -> Outcome<Value> {
        match request {
            Request::Hello {} => self.hello(),
            Request::ListSandboxes {} => listing::list(&self.host),
            Request::ListImages {} => Ok(json!({"images": self.host.images.all()?})),
            Request::DatabaseStart {} => value(self.database.start()?),
            Request::DatabaseStop {} => self.database.stop().map(done),
            Request::DatabaseStatus {} => value(self.database.status()?),
            Request::CreateDisk {
                id,
                image,
                host_name,
                disk_bytes,
            } => self
                .locks
                .with(&id, || self.create_disk(&id, image, host_name, disk_bytes))
                .map(done),
            Request::DeleteDisk { id } => self.locks.with(&id, || self.delete_disk(&id)).map(done),
            Request::SetDisk { id, disk_bytes } => self
                .locks
                .with(&id, || self.host.disks.resize(&id, disk_bytes))
                .map(done),
            Request::StartSandbox {
                id,
                engine,
                limits,
                network,
            } => {
                let options = StartOptions {
                    engine,
                    limits,
                    network,
                };
                value(self.locks.with(&id, || start::start(&self.host, &id, options))?)
            }
            Request::StopSandbox { id, grace_ms } => value(self.locks.with(&id, || self.stop(&id, grace_ms.get()))?),
            Request::SetLimits { id, limits } => self.locks.with(&id, || self.set_limits(&id, limits)).map(done),
            Request::SetNetwork { id, network } => self.locks.with(&id, || self.set_network(&id, network)).map(done),
            Request::PauseSandbox { id } => self.locks.with(&id, || self.call_engine(&id, "pause")).map(done),
            Request::ResumeSandbox { id } => self.locks.with(&id, || self.call_engine(&id, "resume")).map(done),
            Request::InspectSandbox { id } => self.locks.with(&id, || listing::inspect(&self.host, &id)),
        }
    }

    fn hello(&self) -> Outcome<Value> {
        let config = &self.host.config;
        Ok(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "protocol": PROTOCOL,
            "instance": config.instance,
            "engines": self.host.engines,
            "cgroup": self.host.cgroups.version(),
            "pool": disk::space(config)?,
            "dns_address": config.dns_address(),
            "dns_port": config.dns_port,
            "sandboxes_max": config.sandboxes_max,
        }))
    }

    fn create_disk(&self, id: &SandboxId, image: ImageId, host_name: HostName, disk_bytes: DiskBytes) -> Outcome<()> {
        self.host.images.root(&image)?;
        let disk = Disk {
            image,
            host_name,
            disk_bytes,
        };
        self.host.disks.create(id, &disk)
    }

    fn delete_disk(&self, id: &SandboxId) -> Outcome<()> {
        self.stop(id, Duration::ZERO)?;
        reach("delete_disk.stopped")?;
        self.host.disks.delete(id)?;
        reach("delete_disk.deleted")?;
        let folder = Folder::of(&self.host.config, id);
        files::remove_folder(folder.path()).with_context(|| format!("{} cannot be removed", folder.path().display()))
    }

    /// Gives a sandbox that is ending by itself time to do so: its kernel writes files as it ends.
    fn stop(&self, id: &SandboxId, grace: Duration) -> Outcome<Stopped> {
        let begin = Instant::now();
        let Some(record) = end::record(&self.host, id)? else {
            return Ok(Stopped::default());
        };
        if let Some(shim) = record.shim {
            shim.wait(grace);
        }
        let ended = Instant::now();
        end::release(&self.host, &record, Reason::Stopped)?;
        Ok(Stopped {
            phases: StopPhases {
                engine_us: micros(begin, ended),
                release_us: micros(ended, Instant::now()),
            },
        })
    }

    fn set_limits(&self, id: &SandboxId, limits: Limits) -> Outcome<()> {
        let mut record = self.running(id)?;
        self.host.cgroups.set_limits(id, record.engine, &limits)?;
        record.limits = limits;
        Folder::of(&self.host.config, id).write_record(&record)
    }

    fn set_network(&self, id: &SandboxId, network: Network) -> Outcome<()> {
        let mut record = self.running(id)?;
        let old = std::mem::replace(&mut record.network, network);
        // Recorded first: a table that is loaded from the records must have the new policy.
        Folder::of(&self.host.config, id).write_record(&record)?;
        reach("set_network.recorded")?;
        self.host.change_policy(&record, &old, &record.network)
    }

    fn call_engine(&self, id: &SandboxId, verb: &str) -> Outcome<()> {
        let record = self.running(id)?;
        EngineCli::new(&self.host.config, record.engine, Slot(record.slot), id)?.call(verb)
    }

    fn running(&self, id: &SandboxId) -> Outcome<Record> {
        let record = end::record(&self.host, id)?;
        let record = record.filter(|record| record.shim.is_some_and(Process::alive));
        record.ok_or_else(|| Failure::new(Code::NotFound, format!("{id} does not run.")))
    }
}

fn value(answer: impl Serialize) -> Outcome<Value> {
    serde_json::to_value(answer).map_err(|error| Failure::internal(error.to_string()))
}

fn done((): ()) -> Value {
    json!({})
}

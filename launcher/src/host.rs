//! Everything on this host, and what each operation does with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{Code, Failure, Outcome};
use crate::cgroup::{Cgroups, Use};
use crate::config::{Config, User, user};
use crate::database::Database;
use crate::disk::{self, Disk, Disks};
use crate::engine::{self, Caller, Found};
use crate::failpoint::reach;
use crate::images::Images;
use crate::network::slots::Slots;
use crate::network::{Slot, firewall, router};
use crate::request::Request;
use crate::sandbox::end;
use crate::sandbox::record::{Exit, Folder, Process, Reason, Record, all, damaged, records};
use crate::sandbox::start::{self, Wish, micros};
use crate::sandbox::watch::Watch;
use crate::values::{DiskBytes, Engine, HostName, ImageId, Limits, Network, SandboxId};
use crate::{files, log};

/// The protocol's version, which counts additions to `api/launcher.md`.
const PROTOCOL: u32 = 1;

/// What the launcher holds. Shared by all connections.
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
    engines: Vec<Found>,
    database: Database,
    watch: Watch,
    locks: Mutex<HashMap<SandboxId, Arc<Mutex<()>>>>,
}

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

/// What the caller learns about a stop.
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

impl Host {
    /// Prepares the host, and takes over the sandboxes that an earlier launcher started.
    ///
    /// # Errors
    /// When the host lacks something; the message says what.
    pub fn open(config: Config) -> Outcome<Arc<Self>> {
        let config = Arc::new(config);
        let runner = user(&config.runner_user)?;
        crate::overlay::share_ends(&all(&config))?;
        let images = Images::of(&config)?;
        disk::open(&config)?;
        let disks = Disks::of(&config)?;
        let cgroups = Cgroups::of(&config);
        cgroups.prepare()?;
        router::prepare(&config)?;
        for id in damaged(&config)? {
            if let Err(failure) = end::release_unknown(&config, &cgroups, &id) {
                let left = json!({"id": id.as_str(), "reason": failure.message});
                log::error("sandbox with a damaged record is not cleaned up", left);
            }
        }
        let found = records(&config)?;
        let taken: BTreeSet<Slot> = found.iter().map(|record| Slot(record.slot)).collect();
        firewall::load(&config, recorded_policies)?;
        let host = Arc::new(Self {
            runner,
            images,
            disks,
            cgroups,
            slots: Slots::open(Arc::clone(&config), taken),
            system_layer: crate::rootfs::system_layer(&config)?,
            engines: engine::find(&config),
            database: Database::of(&config)?,
            watch: Watch::new()?,
            locks: Mutex::default(),
            config,
        });
        host.take_over(&found)?;
        let watching = Arc::clone(&host);
        std::thread::spawn(move || watching.watch_for_ever());
        firewall::follow_host_networks(Arc::clone(&host.config));
        firewall::keep(&host.config, recorded_policies);
        Ok(host)
    }

    /// Removes what is left of a sandbox that is gone. One that cannot be removed keeps its slot; its next start or
    /// end tries again, and the others live on.
    fn bury(&self, record: &Record) {
        if let Err(failure) = end::release(self, record, Reason::Lost) {
            log::error(
                "sandbox is not cleaned up",
                json!({"id": record.id.as_str(), "reason": failure.message}),
            );
        }
    }

    fn take_over(&self, found: &[Record]) -> Outcome<()> {
        for record in found {
            let alive = record.shim.filter(|shim| shim.alive());
            match alive.map(|shim| self.watch.add(&record.id, shim)) {
                Some(Ok(())) => log::info("sandbox found running", json!({"id": record.id.as_str()})),
                _ => self.bury(record),
            }
        }
        let known = |id: &SandboxId| found.iter().any(|record| record.id == *id);
        end::end_shims(self, |id| !known(id));
        for id in self.cgroups.all().iter().filter(|id| !known(id)) {
            self.cgroups.kill(id)?;
            crate::overlay::release(&Folder::of(&self.config, id).rootfs())?;
            self.cgroups.remove(id)?;
        }
        let mut layers: Vec<PathBuf> = found.iter().map(|record| record.system_layer.clone()).collect();
        layers.push(self.system_layer.clone());
        crate::rootfs::remove_old_layers(&self.config, &layers)
    }

    /// Watches a sandbox's shim from now on.
    ///
    /// # Errors
    /// When it has ended.
    pub fn watch(&self, record: &Record) -> Outcome<()> {
        record.shim.map_or(Ok(()), |shim| self.watch.add(&record.id, shim))
    }

    fn watch_for_ever(self: Arc<Self>) {
        loop {
            let (id, shim) = self.watch.next();
            let host = Arc::clone(&self);
            std::thread::spawn(move || host.collect(&id, shim));
        }
    }

    fn collect(&self, id: &SandboxId, shim: Process) {
        let result = self.locked(id, || {
            let record = end::record(self, id)?;
            match record.filter(|record| record.shim == Some(shim)) {
                Some(record) => {
                    log::info("sandbox ended", json!({"id": id.as_str()}));
                    end::release(self, &record, Reason::ShimLost)
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
            Request::ListSandboxes {} => self.list(),
            Request::ListImages {} => Ok(json!({"images": self.images.all()?})),
            Request::DatabaseStart {} => value(self.database.start()?),
            Request::DatabaseStop {} => self.database.stop().map(done),
            Request::DatabaseStatus {} => value(self.database.status()?),
            Request::CreateDisk {
                id,
                image,
                host_name,
                disk_bytes,
            } => self
                .locked(&id, || self.create_disk(&id, image, host_name, disk_bytes))
                .map(done),
            Request::DeleteDisk { id } => self.locked(&id, || self.delete_disk(&id)).map(done),
            Request::SetDisk { id, disk_bytes } => self.locked(&id, || self.disks.resize(&id, disk_bytes)).map(done),
            Request::StartSandbox {
                id,
                engine,
                limits,
                network,
            } => {
                let wish = Wish {
                    engine,
                    limits,
                    network,
                };
                value(self.locked(&id, || start::start(self, &id, wish))?)
            }
            Request::StopSandbox { id, grace_ms } => value(self.locked(&id, || self.stop(&id, grace_ms.get()))?),
            Request::SetLimits { id, limits } => self.locked(&id, || self.set_limits(&id, limits)).map(done),
            Request::SetNetwork { id, network } => self.locked(&id, || self.set_network(&id, network)).map(done),
            Request::PauseSandbox { id } => self.locked(&id, || self.call_engine(&id, "pause")).map(done),
            Request::ResumeSandbox { id } => self.locked(&id, || self.call_engine(&id, "resume")).map(done),
            Request::InspectSandbox { id } => self.locked(&id, || self.inspect(&id)),
        }
    }

    fn hello(&self) -> Outcome<Value> {
        Ok(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "protocol": PROTOCOL,
            "instance": self.config.instance,
            "engines": self.engines,
            "cgroup": self.cgroups.version,
            "pool": disk::space(&self.config)?,
            "dns_address": self.config.dns_address(),
            "dns_port": self.config.dns_port,
            "sandboxes_max": self.config.sandboxes_max,
        }))
    }

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

    fn create_disk(&self, id: &SandboxId, image: ImageId, host_name: HostName, disk_bytes: DiskBytes) -> Outcome<()> {
        self.images.root(&image)?;
        let disk = Disk {
            image,
            host_name,
            disk_bytes,
        };
        self.disks.create(id, &disk)
    }

    fn delete_disk(&self, id: &SandboxId) -> Outcome<()> {
        self.stop(id, Duration::ZERO)?;
        reach("delete_disk.stopped")?;
        self.disks.delete(id)?;
        reach("delete_disk.deleted")?;
        let folder = Folder::of(&self.config, id);
        let what = || format!("{} cannot be removed", folder.path().display());
        crate::answer::Doing::doing(files::remove_folder(folder.path()), what)
    }

    /// Gives one that is ending by itself time to do so: its kernel writes files as it ends.
    fn stop(&self, id: &SandboxId, grace: Duration) -> Outcome<Stopped> {
        let begin = Instant::now();
        let Some(record) = end::record(self, id)? else {
            return Ok(Stopped::default());
        };
        if let Some(shim) = record.shim {
            end::await_end(shim, grace);
        }
        let ended = Instant::now();
        end::release(self, &record, Reason::Stopped)?;
        Ok(Stopped {
            phases: StopPhases {
                engine_us: micros(begin, ended),
                release_us: micros(ended, Instant::now()),
            },
        })
    }

    fn set_limits(&self, id: &SandboxId, limits: Limits) -> Outcome<()> {
        let mut record = self.running(id)?;
        self.cgroups.limit(id, record.engine, &limits)?;
        record.limits = limits;
        Folder::of(&self.config, id).write_record(&record)
    }

    fn set_network(&self, id: &SandboxId, network: Network) -> Outcome<()> {
        let mut record = self.running(id)?;
        let old = std::mem::replace(&mut record.network, network);
        // Written down first: whoever loads the table anew must load the new policy.
        Folder::of(&self.config, id).write_record(&record)?;
        reach("set_network.recorded")?;
        self.change_policy(&record, &old, &record.network)
    }

    /// Changes what a sandbox may reach; when the step from the old to the new policy fails, the table is made anew.
    ///
    /// # Errors
    /// When that fails too.
    pub fn change_policy(&self, record: &Record, old: &Network, new: &Network) -> Outcome<()> {
        let slot = Slot(record.slot);
        firewall::change_policy(&self.config, slot, old, new).or_else(|_| {
            firewall::load(&self.config, |config| {
                let mut all = policies(&records(config)?);
                all.insert(slot, new.clone());
                Ok(all)
            })
        })
    }

    fn call_engine(&self, id: &SandboxId, verb: &str) -> Outcome<()> {
        let record = self.running(id)?;
        Caller::new(&self.config, record.engine, Slot(record.slot), id)?.call(verb)
    }

    fn running(&self, id: &SandboxId) -> Outcome<Record> {
        let record = end::record(self, id)?;
        let record = record.filter(|record| record.shim.is_some_and(Process::alive));
        record.ok_or_else(|| Failure::new(Code::NotFound, format!("{id} does not run.")))
    }

    fn list(&self) -> Outcome<Value> {
        let row = |(id, disk): (SandboxId, Disk)| self.row(&id, &disk);
        let rows: Outcome<Vec<Row>> = self.disks.all()?.into_iter().map(row).collect();
        Ok(json!({"sandboxes": rows?}))
    }

    fn row(&self, id: &SandboxId, disk: &Disk) -> Outcome<Row> {
        let folder = Folder::of(&self.config, id);
        // One that cannot be read tells of nothing that can be reached; the next operation on it ends what is left.
        let record = folder.record().unwrap_or(None);
        let record = record.filter(|record| record.shim.is_some_and(Process::alive));
        let address = |record: &Record| Slot(record.slot).address(&self.config).to_string();
        Ok(Row {
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
        })
    }

    fn inspect(&self, id: &SandboxId) -> Outcome<Value> {
        let disk = self.disks.get(id)?.ok_or_else(|| disk::absent(id))?;
        let row = self.row(id, &disk)?;
        let usage = if row.running {
            self.cgroups.usage(id)?
        } else {
            Use::default()
        };
        let mut all = value(row)?;
        for part in [value(usage)?, json!({"disk_used_bytes": self.disks.used_bytes(id)?})] {
            if let (Value::Object(all), Value::Object(part)) = (&mut all, part) {
                all.extend(part);
            }
        }
        Ok(all)
    }

    /// Does something while no other operation works on the same sandbox.
    fn locked<T>(&self, id: &SandboxId, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let lock = Arc::clone(
            self.locks
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id.clone())
                .or_default(),
        );
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work();
        drop(guard);
        drop(lock);
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can take a copy while the table is locked.
        if locks.get(id).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(id);
        }
        result
    }
}

fn recorded_policies(config: &Config) -> Outcome<BTreeMap<Slot, Network>> {
    Ok(policies(&records(config)?))
}

fn policies(records: &[Record]) -> BTreeMap<Slot, Network> {
    records
        .iter()
        .map(|record| (Slot(record.slot), record.network.clone()))
        .collect()
}

fn value(answer: impl Serialize) -> Outcome<Value> {
    serde_json::to_value(answer).map_err(|error| Failure::internal(error.to_string()))
}

fn done((): ()) -> Value {
    json!({})
}

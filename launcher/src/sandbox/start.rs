//! How a sandbox starts.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde::Serialize;
use serde_json::json;

use super::{end, micros};
use crate::answer::{Code, Context, Failure, Outcome};
use crate::bundle::{self, Bundle};
use crate::disk::{self, Disk};
use crate::engine::EngineCli;
use crate::failpoint::reach;
use crate::host::Host;
use crate::id_map::IdMap;
use crate::network::Slot;
use crate::overlay::Layers;
use crate::process::Process;
use crate::record::{Folder, Reason, Record};
use crate::shim::{self, ShimConfig};
use crate::values::{Engine, Limits, Network, SandboxId};
use crate::{files, log, overlay};

/// The answer to a start.
#[derive(Clone, Debug, Serialize)]
pub struct Started {
    agent_socket: PathBuf,
    address: String,
    phases: Phases,
}

/// Where the time of a start went; zero when the sandbox ran already.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Phases {
    network_us: u64,
    storage_us: u64,
    engine_us: u64,
}

/// The settings that a sandbox is started with.
#[derive(Clone, Debug)]
pub struct StartOptions {
    /// What it runs on.
    pub engine: Engine,
    /// What it may use.
    pub limits: Limits,
    /// What it may reach.
    pub network: Network,
}

/// Starts a sandbox whose disk exists. Preconditions: the caller holds the sandbox's lock.
///
/// # Errors
/// When anything fails; nothing is left of the attempt then.
pub fn start(host: &Host, id: &SandboxId, options: StartOptions) -> Outcome<Started> {
    let disk = host.disks.get(id)?.ok_or_else(|| disk::absent(id))?;
    let folder = Folder::of(&host.config, id);
    if let Some(record) = end::record(host, id)? {
        if record.shim.is_some_and(Process::alive) {
            return already(host, &record, options.engine);
        }
        end::release(host, &record, Reason::Lost)?;
    }
    host.refuse_unusable(options.engine)?;
    let begin = Instant::now();
    let slot = host.slots.acquire()?;
    let mut record = Record {
        id: id.clone(),
        engine: options.engine,
        slot: slot.0,
        limits: options.limits,
        network: options.network,
        system_layer: host.system_layer.clone(),
        shim: None,
    };
    match carry_out(host, &folder, &mut record, &disk, begin) {
        Ok(started) => Ok(started),
        Err(failure) => {
            // The caller gets the first failure; that of the clean-up goes into the log.
            if let Err(second) = end::release(host, &record, Reason::Lost) {
                log::error(
                    "failed start is not cleaned up",
                    json!({"id": id.as_str(), "reason": second.message}),
                );
            }
            let _ = files::remove(&folder.path().join("exit.json"));
            Err(failure)
        }
    }
}

fn already(host: &Host, record: &Record, engine: Engine) -> Outcome<Started> {
    if record.engine == engine {
        return Ok(started(host, record, Phases::default()));
    }
    let message = format!("{} runs on another engine; stop it first.", record.id);
    Err(Failure::new(Code::Invalid, message))
}

fn started(host: &Host, record: &Record, phases: Phases) -> Started {
    Started {
        agent_socket: Folder::of(&host.config, &record.id).agent_socket(),
        address: Slot(record.slot).address(&host.config).to_string(),
        phases,
    }
}

fn carry_out(host: &Host, folder: &Folder, record: &mut Record, disk: &Disk, begin: Instant) -> Outcome<Started> {
    let what = || format!("{} cannot be made", folder.path().display());
    files::make_folder(folder.path(), 0o711).with_context(what)?;
    files::remove(&folder.path().join("exit.json")).with_context(what)?;
    files::remove(&ShimConfig::status_file(folder.path())).with_context(what)?;
    folder.write_record(record)?;
    reach("start_sandbox.recorded")?;
    host.change_policy(record, &Network::Default {}, &record.network)?;
    reach("start_sandbox.network")?;
    let network = Instant::now();
    storage(host, folder, record, disk)?;
    let storage = Instant::now();
    record.shim = Some(engine(host, folder, record)?);
    reach("start_sandbox.engine")?;
    folder.write_record(record)?;
    host.monitor(record)?;
    let phases = Phases {
        network_us: micros(begin, network),
        storage_us: micros(network, storage),
        engine_us: micros(storage, Instant::now()),
    };
    Ok(started(host, record, phases))
}

fn storage(host: &Host, folder: &Folder, record: &Record, disk: &Disk) -> Outcome<()> {
    let id = &record.id;
    let image = host.images.root(&disk.image)?;
    let id_map = (record.engine == Engine::Runsc).then(|| IdMap::of(Slot(record.slot)));
    let parts = Bundle {
        engine: record.engine,
        host_name: &disk.host_name,
        limits: &record.limits,
        namespace: &Slot(record.slot).namespace(&host.config),
        cgroup: format!("/{}/{id}", host.config.cgroup()),
        id_map,
    };
    bundle::write(&folder.bundle(), &parts).with_context(|| format!("The bundle of {id} cannot be written"))?;
    reach("start_sandbox.bundle")?;
    let layers = Layers {
        lowers: [&record.system_layer, &image],
        disk: &host.disks.path(id),
        engine: record.engine,
    };
    overlay::mount(layers, id_map, &folder.rootfs())?;
    reach("start_sandbox.mounted")?;
    host.cgroups.create(id, record.engine, &record.limits)?;
    reach("start_sandbox.cgroup")
}

fn engine(host: &Host, folder: &Folder, record: &Record) -> Outcome<Process> {
    let id = &record.id;
    let what = || format!("The shim of {id} cannot be started");
    let cli = EngineCli::new(&host.config, record.engine, Slot(record.slot), id)?;
    fs::create_dir_all(cli.state()).with_context(what)?;
    let config = shim_config(host, folder, record, &cli);
    let mut shim = Command::new("/proc/self/exe")
        .args(shim_arguments(host.config.instance.as_str(), id.as_str()))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(what)?;
    let process = i32::try_from(shim.id()).ok().and_then(Process::now);
    let text = serde_json::to_vec(&config)
        .map_err(std::io::Error::from)
        .with_context(what)?;
    if let Some(mut input) = shim.stdin.take() {
        input.write_all(&text).with_context(what)?;
    }
    reach("start_sandbox.shim")?;
    let mut message = String::new();
    if let Some(mut output) = shim.stdout.take() {
        output.read_to_string(&mut message).with_context(what)?;
    }
    if message == shim::READY {
        return process.ok_or_else(|| Failure::internal(what()));
    }
    let _ = shim.wait();
    let message: String = message.chars().take(600).collect();
    Err(Failure::new(
        Code::Engine,
        format!("The sandbox {id} did not start: {message}"),
    ))
}

/// The arguments by which a shim is known among the host's processes.
pub fn shim_arguments<'a>(instance: &'a str, id: &'a str) -> [&'a str; 3] {
    ["shim", instance, id]
}

fn shim_config(host: &Host, folder: &Folder, record: &Record, engine: &EngineCli) -> ShimConfig {
    let runsc = record.engine == Engine::Runsc;
    let bundle = folder.bundle();
    ShimConfig {
        folder: folder.path().to_owned(),
        program: Path::to_owned(engine.program()),
        arguments: engine.run(&bundle, &ShimConfig::pid_file(folder.path())),
        // runc enters the cgroup itself, and insists on finding it empty.
        cgroup_procs_files: if runsc {
            host.cgroups.procs_files(&record.id)
        } else {
            Vec::new()
        },
        own_cgroup_procs_files: host.cgroups.shim_procs_files(&record.id),
        limits_view: runsc.then(|| bundle.join("limits")),
        oom_file: host.cgroups.oom_file(&record.id),
        memory: runsc.then(|| host.cgroups.memory(&record.id)),
        runner_uid: host.runner.uid,
        runner_gid: host.runner.gid,
    }
}

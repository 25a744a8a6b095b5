//! How a sandbox ends. What is left is its disk, and its exit status.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::answer::{Context, Outcome};
use crate::cgroup::Cgroups;
use crate::config::Config;
use crate::engine::EngineCli;
use crate::failpoint::reach;
use crate::host::Host;
use crate::log;
use crate::network::Slot;
use crate::process::Process;
use crate::record::{Exit, Folder, Reason, Record};
use crate::shim::{ShimConfig, Status};
use crate::values::{Network, SandboxId};
use crate::{files, overlay};

/// How long a shim may take to write down how its engine ended.
const SHIM_WAIT: Duration = Duration::from_secs(3);

/// Kills and removes everything that the record names. Every step may be repeated; the record is removed last, so that an
/// interrupted removal is continued later. Preconditions: the caller holds the sandbox's lock.
///
/// # Errors
/// When a step fails; the record stays then.
pub fn release(host: &Host, record: &Record, reason: Reason) -> Outcome<()> {
    let id = &record.id;
    let folder = Folder::of(&host.config, id);
    if record.shim.is_none() {
        // Its start was interrupted: a shim that is still starting must not start the engine any more.
        end_shims(host, |shim| shim == id);
    }
    host.cgroups.kill(id)?;
    if let Some(shim) = record.shim {
        shim.end(SHIM_WAIT);
    }
    reach("stop_sandbox.killed")?;
    overlay::release(&folder.rootfs())?;
    host.cgroups.remove(id)?;
    let cli = EngineCli::new(&host.config, record.engine, Slot(record.slot), id)?;
    files::remove_folder(cli.state()).with_context(|| format!("The engine's state of {id} cannot be removed"))?;
    reach("stop_sandbox.released")?;
    host.change_policy(record, &record.network, &Network::Default {})?;
    files::remove(&folder.agent_socket()).with_context(|| format!("{} cannot be changed", folder.path().display()))?;
    // On a full disk the exit status is lost; the end must be recorded all the same.
    if let Err(failure) = folder.write_exit(&exit(&folder, reason)) {
        log::error(
            "exit status of a sandbox is not kept",
            json!({"id": id.as_str(), "reason": failure.message}),
        );
    }
    folder.remove_record()?;
    reach("stop_sandbox.forgotten")?;
    host.slots.release(Slot(record.slot));
    Ok(())
}

/// Ends a sandbox whose record cannot be read, and renames the record: one damaged file must not keep the launcher from
/// starting. Its slot, which only the record named, is free again when the launcher starts.
///
/// # Errors
/// When a step fails; the record is renamed all the same.
pub fn release_damaged(config: &Config, cgroups: &Cgroups, id: &SandboxId) -> Outcome<()> {
    let folder = Folder::of(config, id);
    let kept = folder.rename_damaged_record()?;
    log::error(
        "record of a sandbox is damaged, so it is ended",
        json!({"id": id.as_str(), "record": kept}),
    );
    for (shim, _) in shims(config.instance.as_str()).into_iter().filter(|(_, of)| of == id) {
        shim.end(Duration::ZERO);
    }
    cgroups.kill(id)?;
    overlay::release(&folder.rootfs())?;
    cgroups.remove(id)?;
    EngineCli::remove_state(config, id).with_context(|| format!("The engine's state of {id} cannot be removed"))?;
    files::remove(&folder.agent_socket()).with_context(|| format!("{} cannot be changed", folder.path().display()))?;
    folder.write_exit(&Exit::unseen(Reason::Lost))
}

/// The record of a sandbox; none when it does not run. A sandbox with a damaged record is ended. Preconditions: the caller
/// holds the sandbox's lock.
///
/// # Errors
/// When what is left of it cannot be removed.
pub fn record(host: &Host, id: &SandboxId) -> Outcome<Option<Record>> {
    match Folder::of(&host.config, id).record() {
        Err(_) => release_damaged(&host.config, &host.cgroups, id).map(|()| None),
        record => record,
    }
}

fn exit(folder: &Folder, reason: Reason) -> Exit {
    let status: Option<Status> = files::read_json(&ShimConfig::status_file(folder.path())).ok().flatten();
    let Some(status) = status else {
        return Exit::unseen(reason);
    };
    // What the shim saw is more precise than the given reason.
    let stopped = reason == Reason::Stopped;
    let oom = !stopped && status.oom_kills > 0 && (status.code, status.signal) != (0, 0);
    let reason = match (stopped, oom) {
        (true, _) => Reason::Stopped,
        (false, true) => Reason::OutOfMemory,
        (false, false) => Reason::Exited,
    };
    Exit {
        code: status.code,
        signal: status.signal,
        oom,
        at_ms: status.at_ms,
        reason,
    }
}

/// Ends the shims of this instance that the condition is true for.
pub fn end_shims(host: &Host, condition: impl Fn(&SandboxId) -> bool) {
    for (process, id) in shims(host.config.instance.as_str()) {
        if condition(&id) {
            process.end(Duration::ZERO);
        }
    }
}

/// All shims of an instance, found among the host's processes.
pub fn shims(instance: &str) -> Vec<(Process, SandboxId)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| shim_of(pid, instance)).collect()
}

fn shim_of(pid: i32, instance: &str) -> Option<(Process, SandboxId)> {
    let process = Process::now(pid)?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8(line).ok()?;
    let mut arguments = text.split('\0').skip(1);
    let found = arguments.next() == Some("shim") && arguments.next() == Some(instance);
    let id = SandboxId::try_from(arguments.next()?.to_owned()).ok()?;
    found.then_some((process, id))
}

//! The record of a running sandbox. It is written before any part of the sandbox is made, so that all of it can be removed
//! after a crash, and a restarted launcher finds its sandboxes again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{Context, Outcome};
use crate::config::Config;
use crate::network::Slot;
use crate::process::Process;
use crate::values::{Engine, Limits, Network, SandboxId};
use crate::{files, log};

/// One sandbox that runs, or whose start or end was interrupted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Which one.
    pub id: SandboxId,
    /// What it runs on.
    pub engine: Engine,
    /// Its network slot.
    pub slot: u16,
    /// What it may use.
    pub limits: Limits,
    /// What it may reach.
    pub network: Network,
    /// The system layer below its disk.
    pub system_layer: PathBuf,
    /// Its shim, once the engine runs.
    pub shim: Option<Process>,
}

/// How the engine's process ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// The exit status; -1 with a signal.
    pub code: i32,
    /// The signal; 0 for none.
    pub signal: i32,
    /// Whether the kernel ended something in it for lack of memory.
    pub oom: bool,
    /// When, in milliseconds of Unix time.
    pub at_ms: i64,
    /// What is known beyond that.
    pub reason: Reason,
}

impl Exit {
    /// Of an end that was not observed.
    pub fn unseen(reason: Reason) -> Self {
        Self {
            code: -1,
            signal: rustix::process::Signal::KILL.as_raw(),
            oom: false,
            at_ms: log::now_ms(),
            reason,
        }
    }
}

/// Who ended a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It ended by itself, or its kernel was killed from outside.
    Exited,
    /// It passed its memory limit.
    OutOfMemory,
    /// It was stopped by a request.
    Stopped,
    /// Its shim had ended, and without it the agent cannot be reached.
    ShimLost,
    /// It was not there any more when the launcher came back, as after a restart of the host.
    Lost,
}

/// The folder of a sandbox that runs or has run.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder of this one.
    pub fn of(config: &Config, id: &SandboxId) -> Self {
        Self(all(config).join(id.as_str()))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The OCI bundle.
    pub fn bundle(&self) -> PathBuf {
        self.0.join("bundle")
    }

    /// Where the root file system is mounted.
    pub fn rootfs(&self) -> PathBuf {
        self.0.join("bundle/rootfs")
    }

    /// The socket that leads to the agent.
    pub fn agent_socket(&self) -> PathBuf {
        self.0.join("agent.sock")
    }

    /// The record; none when it does not run.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn record(&self) -> Outcome<Option<Record>> {
        files::read_json(&self.0.join("record.json"))
    }

    /// Writes the record down.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn write_record(&self, record: &Record) -> Outcome<()> {
        let what = || format!("The record of {} cannot be written", record.id);
        let text = serde_json::to_vec(record)
            .map_err(std::io::Error::from)
            .with_context(what)?;
        files::replace(&self.0.join("record.json"), &text, 0o600).with_context(what)
    }

    /// Removes the record: only the disk of the sandbox and its exit status are left.
    ///
    /// # Errors
    /// The system's.
    pub fn remove_record(&self) -> Outcome<()> {
        files::remove(&self.0.join("record.json")).with_context(|| format!("{} cannot be changed", self.0.display()))
    }

    /// Renames a record that cannot be read, and keeps it for diagnosis.
    ///
    /// # Errors
    /// The system's.
    pub fn rename_damaged_record(&self) -> Outcome<PathBuf> {
        let kept = self.0.join("record.json.damaged");
        fs::rename(self.0.join("record.json"), &kept)
            .with_context(|| format!("{} cannot be changed", self.0.display()))?;
        Ok(kept)
    }

    /// How it ended; none when it runs or never ran. One that cannot be read counts as lost.
    pub fn exit(&self) -> Option<Exit> {
        files::read_json(&self.0.join("exit.json")).unwrap_or_else(|failure| {
            log::error(
                "exit status of a sandbox cannot be read",
                json!({"reason": failure.message}),
            );
            Some(Exit::unseen(Reason::Lost))
        })
    }

    /// Writes down how it ended.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn write_exit(&self, exit: &Exit) -> Outcome<()> {
        let what = || format!("{} cannot be changed", self.0.display());
        let text = serde_json::to_vec(exit)
            .map_err(std::io::Error::from)
            .with_context(what)?;
        files::replace(&self.0.join("exit.json"), &text, 0o600).with_context(what)
    }
}

/// The folder of all sandboxes' folders.
pub fn all(config: &Config) -> PathBuf {
    config.home("run/sandboxes")
}

/// All records there are.
///
/// # Errors
/// When the folder cannot be read or a record is damaged.
pub fn records(config: &Config) -> Outcome<Vec<Record>> {
    let mut records = Vec::new();
    for id in ids(config)? {
        records.extend(Folder::of(config, &id).record()?);
    }
    Ok(records)
}

/// What each sandbox with a record may reach.
///
/// # Errors
/// As [`records`].
pub fn policies(config: &Config) -> Outcome<BTreeMap<Slot, Network>> {
    let records = records(config)?.into_iter();
    Ok(records.map(|record| (Slot(record.slot), record.network)).collect())
}

/// The sandboxes whose record cannot be read.
///
/// # Errors
/// When the folder cannot be read.
pub fn damaged(config: &Config) -> Outcome<Vec<SandboxId>> {
    let mut ids = ids(config)?;
    ids.retain(|id| Folder::of(config, id).record().is_err());
    Ok(ids)
}

fn ids(config: &Config) -> Outcome<Vec<SandboxId>> {
    let folder = all(config);
    let what = || format!("{} cannot be read", folder.display());
    let entries = fs::read_dir(&folder).with_context(what)?.flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter_map(|name| SandboxId::try_from(name).ok()).collect())
}

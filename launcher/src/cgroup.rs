//! The cgroup of each sandbox, in both versions. It is made and entered before the engine starts, so that every process
//! of the engine is born in it.

mod shims;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;

use crate::answer::{Doing, Failure, Outcome};
use crate::config::Config;
use crate::shim::memory;
use crate::values::{Engine, Limits, SandboxId};

const ROOT: &str = "/sys/fs/cgroup";
const CPU_PERIOD_US: u64 = 100_000;
/// Threads of the engine itself, and of the processes with which gVisor runs user code, count in the host's cgroup.
const RUNSC_OWN_PIDS: u32 = 1_024;
/// See [`lendable`].
const LENDABLE_BYTES_MAX: u64 = 1 << 30;
const KILL_MAX: Duration = Duration::from_secs(10);

/// The two kinds of cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// One tree for each controller.
    V1,
    /// One tree.
    V2,
}

/// Our part of the host's cgroups.
pub struct Cgroups {
    /// Which kind the host has.
    pub version: Version,
    name: String,
}

/// What a sandbox has used and uses.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Use {
    /// Processor time.
    pub cpu_used_us: u64,
    /// Memory, without cache that can be dropped.
    pub memory_bytes: u64,
    /// Processes and threads of the host.
    pub pids: u64,
    /// How often the kernel ended a process because of the memory limit.
    pub oom_kills: u64,
}

impl Cgroups {
    /// Finds out which kind the host has.
    pub fn of(config: &Config) -> Self {
        let unified = Path::new(ROOT).join("cgroup.controllers").exists();
        let version = if unified { Version::V2 } else { Version::V1 };
        Self {
            version,
            name: config.cgroup(),
        }
    }

    /// Makes our top folder, and on version 2 passes the controllers on.
    ///
    /// # Errors
    /// When the system refuses, for example in a container without cgroups of its own.
    pub fn prepare(&self) -> Outcome<()> {
        let what = || "The cgroups of the launcher cannot be made".to_owned();
        for folder in self.folders(None) {
            make(&folder).doing(what)?;
        }
        if self.version == Version::V2 {
            let top = Path::new(ROOT).join(&self.name);
            for folder in [Path::new(ROOT), &top] {
                fs::write(folder.join("cgroup.subtree_control"), "+cpu +memory +pids").doing(what)?;
            }
        }
        for folder in self.shim_folders(None) {
            make(&folder).doing(what)?;
            if self.version == Version::V2 {
                fs::write(folder.join("cgroup.subtree_control"), "+cpu").doing(what)?;
            }
        }
        Ok(())
    }

    /// Makes a sandbox's cgroup with its limits.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn create(&self, id: &SandboxId, engine: Engine, limits: &Limits) -> Outcome<()> {
        for folder in self.folders(Some(id)) {
            make(&folder).doing(|| format!("The cgroup of {id} cannot be made"))?;
        }
        self.create_shim(id)
            .doing(|| format!("The cgroup of the shim of {id} cannot be made"))?;
        self.limit(id, engine, limits)
    }

    /// Sets a sandbox's limits.
    ///
    /// # Errors
    /// When the system refuses, for example a memory limit below what is used.
    pub fn limit(&self, id: &SandboxId, engine: Engine, limits: &Limits) -> Outcome<()> {
        let pids = match engine {
            Engine::Runsc => limits.pids.saturating_mul(2).saturating_add(RUNSC_OWN_PIDS),
            Engine::Runc => limits.pids,
        };
        let quota = u64::from(limits.cpu_millis) * CPU_PERIOD_US / 1_000;
        let result = match self.version {
            Version::V1 => self.limit_v1(id, limits, quota, pids),
            Version::V2 => self.limit_v2(id, engine, limits, quota, pids),
        };
        result.doing(|| format!("The limits of {id} cannot be set"))
    }

    fn limit_v1(&self, id: &SandboxId, limits: &Limits, quota: u64, pids: u32) -> io::Result<()> {
        let shares = (u64::from(limits.cpu_millis) * 1_024 / 1_000).clamp(2, 262_144);
        let cpu = self.folder("cpu", id);
        fs::write(cpu.join("cpu.cfs_period_us"), CPU_PERIOD_US.to_string())?;
        // The quota may not be smaller than the burst.
        let burst = cpu.join("cpu.cfs_burst_us");
        let bursts = burst.exists();
        if bursts {
            fs::write(&burst, "0")?;
        }
        fs::write(cpu.join("cpu.cfs_quota_us"), quota.to_string())?;
        if bursts {
            fs::write(&burst, quota.to_string())?;
        }
        fs::write(cpu.join("cpu.shares"), shares.to_string())?;
        fs::write(self.folder("pids", id).join("pids.max"), pids.to_string())?;
        let memory = self.folder("memory", id).join("memory.limit_in_bytes");
        let both = self.folder("memory", id).join("memory.memsw.limit_in_bytes");
        let bytes = limits.memory_bytes.to_string();
        // The limit with swap may never be the smaller one: which comes first depends on the direction.
        if both.exists() && fs::write(&both, &bytes).is_err() {
            fs::write(&memory, &bytes)?;
            return fs::write(&both, &bytes);
        }
        fs::write(&memory, &bytes)
    }

    fn limit_v2(&self, id: &SandboxId, engine: Engine, limits: &Limits, quota: u64, pids: u32) -> io::Result<()> {
        let folder = self.folder("", id);
        let weight = (u64::from(limits.cpu_millis) / 10).clamp(1, 10_000);
        let burst = folder.join("cpu.max.burst");
        let bursts = burst.exists();
        if bursts {
            fs::write(&burst, "0")?;
        }
        fs::write(folder.join("cpu.max"), format!("{quota} {CPU_PERIOD_US}"))?;
        if bursts {
            fs::write(&burst, quota.to_string())?;
        }
        fs::write(folder.join("cpu.weight"), weight.to_string())?;
        fs::write(folder.join("pids.max"), pids.to_string())?;
        // Above the mark a sandbox is slowed down, and its shim has its largest process ended (shim/memory.rs).
        let lent = match engine {
            Engine::Runsc => lendable(limits.memory_bytes),
            Engine::Runc => 0,
        };
        if lent > 0 {
            fs::write(folder.join("memory.high"), limits.memory_bytes.to_string())?;
        }
        fs::write(folder.join("memory.max"), (limits.memory_bytes + lent).to_string())?;
        let swap = folder.join("memory.swap.max");
        if swap.exists() { fs::write(swap, "0") } else { Ok(()) }
    }

    /// The files through which a process enters the sandbox's cgroup.
    ///
    /// # Errors
    /// When the cgroup is not there.
    pub fn entrances(&self, id: &SandboxId) -> Outcome<Vec<PathBuf>> {
        Ok(self
            .folders(Some(id))
            .into_iter()
            .map(|folder| folder.join("cgroup.procs"))
            .collect())
    }

    /// The file in which the kernel counts what it ended for lack of memory.
    pub fn oom_file(&self, id: &SandboxId) -> PathBuf {
        match self.version {
            Version::V1 => self.folder("memory", id).join("memory.oom_control"),
            Version::V2 => self.folder("", id).join("memory.events"),
        }
    }

    /// The files with which a shim looks after a sandbox's memory.
    pub fn memory_files(&self, id: &SandboxId) -> memory::Files {
        match self.version {
            Version::V1 => {
                let folder = self.folder("memory", id);
                let both = folder.join("memory.memsw.limit_in_bytes");
                memory::Files::V1 {
                    limit: folder.join("memory.limit_in_bytes"),
                    both: both.exists().then_some(both),
                    usage: folder.join("memory.usage_in_bytes"),
                    stat: folder.join("memory.stat"),
                    control: folder.join("memory.oom_control"),
                    events: folder.join("cgroup.event_control"),
                }
            }
            Version::V2 => {
                let folder = self.folder("", id);
                memory::Files::V2 {
                    high: folder.join("memory.high"),
                    max: folder.join("memory.max"),
                    usage: folder.join("memory.current"),
                    stat: folder.join("memory.stat"),
                    events: folder.join("memory.events"),
                }
            }
        }
    }

    /// Kills everything in a sandbox's cgroup and waits until it is empty.
    ///
    /// # Errors
    /// When processes outlive the kill, which happens when they hang in the kernel.
    pub fn kill(&self, id: &SandboxId) -> Outcome<()> {
        let folder = match self.version {
            Version::V1 => self.folder("pids", id),
            Version::V2 => self.folder("", id),
        };
        let deadline = Instant::now() + KILL_MAX;
        // A paused sandbox cannot be ended while it is frozen.
        let _ = fs::write(self.folder("freezer", id).join("freezer.state"), "THAWED");
        loop {
            let text = match fs::read_to_string(folder.join("cgroup.procs")) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                text => text.doing(|| format!("The processes of {id} cannot be read"))?,
            };
            let pids: Vec<Pid> = text
                .lines()
                .filter_map(|line| Pid::from_raw(line.parse().ok()?))
                .collect();
            if pids.is_empty() {
                return Ok(());
            }
            for &pid in &pids {
                // One that has ended in the meantime is as good.
                let _ = kill_process(pid, Signal::KILL);
            }
            if Instant::now() > deadline {
                return Err(Failure::internal(format!(
                    "{} processes of {id} did not end when killed.",
                    pids.len()
                )));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Removes a sandbox's cgroup, also from hierarchies where only the engine made it.
    ///
    /// # Errors
    /// When processes are left in it.
    pub fn remove(&self, id: &SandboxId) -> Outcome<()> {
        let mut folders = self.folders(Some(id));
        if self.version == Version::V1 {
            folders = self
                .everywhere()?
                .into_iter()
                .map(|folder| folder.join(id.as_str()))
                .collect();
        }
        folders.extend(self.shim_folders(Some(id)));
        for folder in folders {
            remove(&folder).doing(|| format!("The cgroup {} cannot be removed", folder.display()))?;
        }
        Ok(())
    }

    /// Removes our top folders, which must be empty.
    ///
    /// # Errors
    /// When something is left in them.
    pub fn close(&self) -> Outcome<()> {
        let mut folders = self.shim_folders(None);
        folders.extend(match self.version {
            Version::V1 => self.everywhere()?,
            Version::V2 => self.folders(None),
        });
        for folder in folders {
            remove(&folder).doing(|| format!("The cgroup {} cannot be removed", folder.display()))?;
        }
        Ok(())
    }

    /// The sandboxes that have a cgroup.
    pub fn all(&self) -> Vec<SandboxId> {
        let mut top = self.folders(None);
        top.extend(self.shim_folders(None));
        let entries = top
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten()
            .flatten();
        let mut ids: Vec<SandboxId> = entries
            .filter_map(|entry| SandboxId::try_from(entry.file_name().to_string_lossy().into_owned()).ok())
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// What the sandbox has used and uses.
    ///
    /// # Errors
    /// When it has no cgroup.
    pub fn usage(&self, id: &SandboxId) -> Outcome<Use> {
        let what = || format!("The use of {id} cannot be read");
        match self.version {
            Version::V1 => self.usage_v1(id),
            Version::V2 => self.usage_v2(id),
        }
        .doing(what)
    }

    fn usage_v1(&self, id: &SandboxId) -> io::Result<Use> {
        let memory = self.folder("memory", id);
        let used = number(&memory.join("memory.usage_in_bytes"))?;
        let droppable = field(&memory.join("memory.stat"), "total_inactive_file")?;
        Ok(Use {
            cpu_used_us: number(&self.folder("cpuacct", id).join("cpuacct.usage"))? / 1_000,
            memory_bytes: used.saturating_sub(droppable),
            pids: number(&self.folder("pids", id).join("pids.current"))?,
            oom_kills: field(&self.oom_file(id), "oom_kill")?,
        })
    }

    fn usage_v2(&self, id: &SandboxId) -> io::Result<Use> {
        let folder = self.folder("", id);
        let used = number(&folder.join("memory.current"))?;
        let droppable = field(&folder.join("memory.stat"), "inactive_file")?;
        Ok(Use {
            cpu_used_us: field(&folder.join("cpu.stat"), "usage_usec")?,
            memory_bytes: used.saturating_sub(droppable),
            pids: number(&folder.join("pids.current"))?,
            oom_kills: field(&self.oom_file(id), "oom_kill")?,
        })
    }

    fn folder(&self, controller: &str, id: &SandboxId) -> PathBuf {
        let root = match self.version {
            Version::V1 => Path::new(ROOT).join(controller),
            Version::V2 => PathBuf::from(ROOT),
        };
        root.join(&self.name).join(id.as_str())
    }

    /// The folders that we make: each hierarchy once, also where two controllers share one.
    fn folders(&self, id: Option<&SandboxId>) -> Vec<PathBuf> {
        let roots: Vec<PathBuf> = match self.version {
            Version::V1 => ["cpu", "cpuacct", "memory", "pids"]
                .iter()
                .filter_map(|controller| Path::new(ROOT).join(controller).canonicalize().ok())
                .collect(),
            Version::V2 => vec![PathBuf::from(ROOT)],
        };
        let mut folders: Vec<PathBuf> = Vec::new();
        for root in roots {
            let folder = root.join(&self.name);
            let folder = id.map_or(folder.clone(), |id| folder.join(id.as_str()));
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders
    }

    fn everywhere(&self) -> Outcome<Vec<PathBuf>> {
        let what = || format!("{ROOT} cannot be read");
        let mut folders = Vec::new();
        for entry in fs::read_dir(ROOT).doing(what)? {
            let folder = entry.doing(what)?.path().join(&self.name);
            if folder.exists() {
                folders.push(folder);
            }
        }
        Ok(folders)
    }
}

/// Opens the entrances, in order.
///
/// # Errors
/// When one is not there.
pub fn open_entrances(paths: &[PathBuf]) -> io::Result<Vec<OwnedFd>> {
    let open = |path: &PathBuf| fs::OpenOptions::new().write(true).open(path).map(OwnedFd::from);
    paths.iter().map(open).collect()
}

/// How many processes the kernel ended for lack of memory, from the text of [`Cgroups::oom_file`].
pub fn oom_kills(text: &str) -> u64 {
    field_of(text, "oom_kill").unwrap_or(0)
}

/// How much above its limit a sandbox may have for a moment, while its largest process is ended.
pub const fn lendable(limit: u64) -> u64 {
    let part = limit / 4;
    if part > LENDABLE_BYTES_MAX {
        LENDABLE_BYTES_MAX
    } else {
        part
    }
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    // A process that has just ended may still be counted for a moment.
    for _ in 0..200 {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) => std::thread::sleep(Duration::from_millis(2)),
            result => return result,
        }
    }
    fs::remove_dir(folder)
}

fn number(path: &Path) -> io::Result<u64> {
    let text = fs::read_to_string(path)?;
    text.trim().parse().map_err(|_| io::ErrorKind::InvalidData.into())
}

fn field(path: &Path, name: &str) -> io::Result<u64> {
    field_of(&fs::read_to_string(path)?, name).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The number after a name, in a file of such lines.
pub fn field_of(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

//! The cgroup of each sandbox. It is made and entered before the engine starts, so that every process of the engine is
//! born in it.
//!
//! Cgroups come in two versions. What differs between them is in two traits, [`Hierarchies`] and [`MemoryLimit`], which
//! `v1.rs` and `v2.rs` implement; `detect.rs` chooses. Everything else is the same for both.

pub mod control_files;
pub mod detect;
mod v1;
mod v2;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::PollFd;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::answer::{Context, Failure, Outcome};
use crate::values::{Engine, Limits, SandboxId};

/// Where the host's cgroups are.
pub const ROOT: &str = "/sys/fs/cgroup";
/// The length of the periods that CPU quotas count in.
pub const CPU_PERIOD_US: u64 = 100_000;
/// The cgroup of our shims' cgroups, beside those of the sandboxes.
const SHIMS: &str = "shims";
/// CPU time of one shim in each period: it moves bytes while a client asks for them, and is woken when memory is short.
const SHIM_CPU_QUOTA_US: u64 = 50_000;
/// Threads of the engine itself, and of the processes with which gVisor runs user code, count in the host's cgroup.
const RUNSC_OWN_PIDS: u32 = 1_024;
/// See [`headroom`].
const HEADROOM_BYTES_MAX: u64 = 1 << 30;
const KILL_MAX: Duration = Duration::from_secs(10);
const KILL_INTERVAL: Duration = Duration::from_millis(1);

/// The two versions of cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// One tree for each controller.
    V1,
    /// One tree.
    V2,
}

/// What a cgroup may use.
#[derive(Clone, Copy, Debug)]
pub struct CgroupLimits {
    /// Thousandths of a processor.
    pub cpu_millis: u32,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Memory above the limit that is there for a moment while a process is killed; 0 for none.
    pub headroom_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
}

impl CgroupLimits {
    /// CPU time in each period.
    pub fn cpu_quota_us(&self) -> u64 {
        u64::from(self.cpu_millis) * CPU_PERIOD_US / 1_000
    }
}

/// What a sandbox has used and uses.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Usage {
    /// CPU time.
    pub cpu_used_us: u64,
    /// Memory, without page cache that the kernel can reclaim.
    pub memory_bytes: u64,
    /// Processes and threads of the host.
    pub pids: u64,
    /// How often the kernel killed a process because of the memory limit.
    pub oom_kills: u64,
}

/// The cgroup hierarchies of the host, in one version. A cgroup is named by its path below the root of a hierarchy.
pub trait Hierarchies: Send + Sync {
    /// Which version this is.
    fn version(&self) -> Version;

    /// Controllers that we need and the host does not have.
    fn missing_controllers(&self) -> Vec<&'static str>;

    /// The roots of the hierarchies in which each sandbox has a cgroup: each once, also where two controllers share one.
    fn sandbox_roots(&self) -> Vec<PathBuf>;

    /// The roots of the hierarchies in which each shim has a cgroup. Only its CPU time is limited, where controllers have
    /// hierarchies of their own.
    fn shim_roots(&self) -> Vec<PathBuf>;

    /// The folders of a cgroup in every hierarchy, also in those where only the engine makes one.
    ///
    /// # Errors
    /// When the hierarchies cannot be listed.
    fn everywhere(&self, cgroup: &Path) -> io::Result<Vec<PathBuf>>;

    /// Makes controllers (`+cpu +memory`) available to the children of a cgroup's folder, where that is necessary.
    ///
    /// # Errors
    /// When the system refuses, for example in a container without cgroups of its own.
    fn delegate(&self, folder: &Path, controllers: &str) -> io::Result<()>;

    /// Sets the limits of a sandbox's cgroup.
    ///
    /// # Errors
    /// When the system refuses, for example a memory limit below what is used.
    fn set_limits(&self, cgroup: &Path, limits: &CgroupLimits) -> io::Result<()>;

    /// The settings of a shim's cgroup that give it this CPU time in each period, and a small share when CPU time is
    /// scarce, as file names and contents. A folder that lacks one of the files belongs to another controller.
    fn shim_settings(&self, cpu_quota_us: u64) -> [(&'static str, String); 2];

    /// What a sandbox's cgroup has used and uses.
    ///
    /// # Errors
    /// When there is no such cgroup.
    fn usage(&self, cgroup: &Path) -> io::Result<Usage>;

    /// The file with the processes of a sandbox's cgroup.
    fn procs_file(&self, cgroup: &Path) -> PathBuf;

    /// The file in which the kernel counts its out-of-memory kills.
    fn oom_file(&self, cgroup: &Path) -> PathBuf;

    /// The folder with the memory limit of a sandbox's cgroup.
    fn memory_folder(&self, cgroup: &Path) -> PathBuf;

    /// Thaws a frozen cgroup where a frozen process cannot be killed. Best effort.
    fn thaw(&self, cgroup: &Path);
}

/// The memory limit of one sandbox, as its shim works with it. Its files are opened as root and used without.
pub trait MemoryLimit {
    /// What to poll for: memory may be short.
    fn event(&self) -> PollFd<'_>;

    /// Acknowledges an event, so that the next one is seen.
    ///
    /// # Errors
    /// When the cgroup is gone, as for all that follow.
    fn clear_event(&self) -> io::Result<()>;

    /// Whether events come by usage with page cache: then there is none while page cache fills the room below the limit,
    /// and usage must be polled.
    fn event_counts_cache(&self) -> bool;

    /// The limit at this moment, headroom in use included.
    fn limit(&self) -> io::Result<u64>;

    /// Memory in use, page cache included.
    fn usage(&self) -> io::Result<u64>;

    /// Memory in use that the kernel cannot reclaim.
    fn unreclaimable(&self) -> io::Result<u64>;

    /// Whether the kernel has stopped the sandbox at its limit.
    fn stalled(&self) -> io::Result<bool>;

    /// Raises the limit to this many bytes, where headroom is not part of it anyway.
    fn raise(&self, bytes: u64) -> io::Result<()>;

    /// Lowers a raised limit to the sandbox's own again. True when no headroom is in use any more, also because
    /// somebody has set another limit meanwhile; false when the sandbox still needs it.
    fn restore(&self, raised: u64, own: u64) -> io::Result<bool>;

    /// From now on the kernel's OOM killer acts at the sandbox's own limit.
    fn hand_to_kernel(&self, own: u64) -> io::Result<()>;

    /// The opposite of [`MemoryLimit::hand_to_kernel`].
    fn take_from_kernel(&self) -> io::Result<()>;

    /// Leaves everything to the kernel for good, after a failure. Best effort: nothing else can be done.
    fn abandon(&self);
}

/// Where a sandbox's memory limit is, for its shim.
#[derive(Debug, Serialize, Deserialize)]
pub struct MemoryCgroup {
    /// Which version of cgroups it is in.
    pub version: Version,
    /// The folder of the memory controller.
    pub folder: PathBuf,
}

/// Our part of the host's cgroups.
pub struct Cgroups {
    hierarchies: Box<dyn Hierarchies>,
    top: PathBuf,
}

impl Cgroups {
    /// The cgroups below one of this name.
    fn new(hierarchies: Box<dyn Hierarchies>, name: String) -> Self {
        Self {
            hierarchies,
            top: name.into(),
        }
    }

    /// Which version the host has.
    pub fn version(&self) -> Version {
        self.hierarchies.version()
    }

    /// Controllers that we need and the host does not have.
    pub fn missing_controllers(&self) -> Vec<&'static str> {
        self.hierarchies.missing_controllers()
    }

    /// Makes our top folders and makes the controllers available below them.
    ///
    /// # Errors
    /// When the system refuses, for example in a container without cgroups of its own.
    pub fn prepare(&self) -> Outcome<()> {
        let what = || "The cgroups of the launcher cannot be made".to_owned();
        for folder in self.folders(&self.top) {
            make(&folder).with_context(what)?;
        }
        for folder in [Path::new(ROOT), &Path::new(ROOT).join(&self.top)] {
            self.hierarchies
                .delegate(folder, "+cpu +memory +pids")
                .with_context(what)?;
        }
        for folder in self.shim_folders(&self.shims()) {
            make(&folder).with_context(what)?;
            self.hierarchies.delegate(&folder, "+cpu").with_context(what)?;
        }
        Ok(())
    }

    /// Makes a sandbox's cgroup with its limits, and that of its shim.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn create(&self, id: &SandboxId, engine: Engine, limits: &Limits) -> Outcome<()> {
        for folder in self.folders(&self.sandbox(id)) {
            make(&folder).with_context(|| format!("The cgroup of {id} cannot be made"))?;
        }
        self.create_shim(id)
            .with_context(|| format!("The cgroup of the shim of {id} cannot be made"))?;
        self.set_limits(id, engine, limits)
    }

    /// A shim works for its sandbox and must outlive the memory that the sandbox has used up: so it has a cgroup of its
    /// own, in which its CPU time is limited and its memory is not the sandbox's.
    fn create_shim(&self, id: &SandboxId) -> io::Result<()> {
        for folder in self.shim_folders(&self.shims().join(id.as_str())) {
            make(&folder)?;
            for (name, value) in self.hierarchies.shim_settings(SHIM_CPU_QUOTA_US) {
                let file = folder.join(name);
                if file.exists() {
                    fs::write(file, value)?;
                }
            }
        }
        Ok(())
    }

    /// Sets a sandbox's limits.
    ///
    /// # Errors
    /// When the system refuses, for example a memory limit below what is used.
    pub fn set_limits(&self, id: &SandboxId, engine: Engine, limits: &Limits) -> Outcome<()> {
        let (pids, headroom_bytes) = match engine {
            Engine::Runsc => (
                limits.pids.saturating_mul(2).saturating_add(RUNSC_OWN_PIDS),
                headroom(limits.memory_bytes),
            ),
            Engine::Runc => (limits.pids, 0),
        };
        let limits = CgroupLimits {
            cpu_millis: limits.cpu_millis,
            memory_bytes: limits.memory_bytes,
            headroom_bytes,
            pids,
        };
        self.hierarchies
            .set_limits(&self.sandbox(id), &limits)
            .with_context(|| format!("The limits of {id} cannot be set"))
    }

    /// The files through which a process enters the sandbox's cgroup.
    pub fn procs_files(&self, id: &SandboxId) -> Vec<PathBuf> {
        procs_files(self.folders(&self.sandbox(id)))
    }

    /// The files through which a sandbox's shim enters its cgroup.
    pub fn shim_procs_files(&self, id: &SandboxId) -> Vec<PathBuf> {
        procs_files(self.shim_folders(&self.shims().join(id.as_str())))
    }

    /// The file in which the kernel counts its out-of-memory kills in the sandbox; see [`oom_kills`].
    pub fn oom_file(&self, id: &SandboxId) -> PathBuf {
        self.hierarchies.oom_file(&self.sandbox(id))
    }

    /// Where the sandbox's memory limit is, for its shim.
    pub fn memory(&self, id: &SandboxId) -> MemoryCgroup {
        MemoryCgroup {
            version: self.version(),
            folder: self.hierarchies.memory_folder(&self.sandbox(id)),
        }
    }

    /// Kills everything in a sandbox's cgroup and waits until it is empty.
    ///
    /// # Errors
    /// When processes outlive the kill, which happens when they hang in the kernel.
    pub fn kill(&self, id: &SandboxId) -> Outcome<()> {
        let cgroup = self.sandbox(id);
        let procs = self.hierarchies.procs_file(&cgroup);
        let deadline = Instant::now() + KILL_MAX;
        self.hierarchies.thaw(&cgroup);
        loop {
            let text = match fs::read_to_string(&procs) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                text => text.with_context(|| format!("The processes of {id} cannot be read"))?,
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
            std::thread::sleep(KILL_INTERVAL);
        }
    }

    /// Removes a sandbox's cgroup, also from hierarchies where only the engine made it, and that of its shim.
    ///
    /// # Errors
    /// When processes are left in it.
    pub fn remove(&self, id: &SandboxId) -> Outcome<()> {
        let mut folders = self.everywhere(&self.sandbox(id))?;
        folders.extend(self.shim_folders(&self.shims().join(id.as_str())));
        remove_all(&folders)
    }

    /// Removes our top folders, which must be empty.
    ///
    /// # Errors
    /// When something is left in them.
    pub fn close(&self) -> Outcome<()> {
        let mut folders = self.shim_folders(&self.shims());
        folders.extend(self.everywhere(&self.top)?);
        remove_all(&folders)
    }

    /// The sandboxes that have a cgroup.
    pub fn all(&self) -> Vec<SandboxId> {
        let mut tops = self.folders(&self.top);
        tops.extend(self.shim_folders(&self.shims()));
        let entries = tops
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
    pub fn usage(&self, id: &SandboxId) -> Outcome<Usage> {
        self.hierarchies
            .usage(&self.sandbox(id))
            .with_context(|| format!("The usage of {id} cannot be read"))
    }

    fn sandbox(&self, id: &SandboxId) -> PathBuf {
        self.top.join(id.as_str())
    }

    fn shims(&self) -> PathBuf {
        self.top.join(SHIMS)
    }

    fn folders(&self, cgroup: &Path) -> Vec<PathBuf> {
        let roots = self.hierarchies.sandbox_roots();
        roots.into_iter().map(|root| root.join(cgroup)).collect()
    }

    fn shim_folders(&self, cgroup: &Path) -> Vec<PathBuf> {
        let roots = self.hierarchies.shim_roots();
        roots.into_iter().map(|root| root.join(cgroup)).collect()
    }

    fn everywhere(&self, cgroup: &Path) -> Outcome<Vec<PathBuf>> {
        let what = || format!("{ROOT} cannot be read");
        self.hierarchies.everywhere(cgroup).with_context(what)
    }
}

/// Opens files through which cgroups are entered, in order.
///
/// # Errors
/// When one is not there.
pub fn open_procs_files(paths: &[PathBuf]) -> io::Result<Vec<OwnedFd>> {
    let open = |path: &PathBuf| fs::OpenOptions::new().write(true).open(path).map(OwnedFd::from);
    paths.iter().map(open).collect()
}

/// How many processes the kernel killed for lack of memory, from the text of [`Cgroups::oom_file`].
pub fn oom_kills(text: &str) -> u64 {
    control_files::field_in(text, "oom_kill").unwrap_or(0)
}

/// How much above its limit a sandbox may have for a moment, while its largest process is killed.
pub const fn headroom(limit: u64) -> u64 {
    let part = limit / 4;
    if part > HEADROOM_BYTES_MAX {
        HEADROOM_BYTES_MAX
    } else {
        part
    }
}

/// Above this usage memory is short.
pub const fn pressure_threshold(limit: u64) -> u64 {
    limit - limit / 32
}

fn procs_files(folders: Vec<PathBuf>) -> Vec<PathBuf> {
    folders.into_iter().map(|folder| folder.join("cgroup.procs")).collect()
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

fn remove_all(folders: &[PathBuf]) -> Outcome<()> {
    for folder in folders {
        remove(folder).with_context(|| format!("The cgroup {} cannot be removed", folder.display()))?;
    }
    Ok(())
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

//! Cgroups of version 1: each controller has a hierarchy of its own, or shares one.
//!
//! At its memory limit the kernel stops the sandbox until the limit is raised, and lets the engine's own system calls fail
//! there, for which the engine would give up. So the shim raises the limit a little before it is reached.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd};

use super::control_files::{field, field_in, number, number_of, open_for_writing, set_quota, text_of, write_number};
use super::{CPU_PERIOD_US, CgroupLimits, Hierarchies, MemoryLimit, ROOT, Usage, Version, pressure_threshold};

/// Those in whose hierarchies each sandbox has a cgroup.
const CONTROLLERS: [&str; 4] = ["cpu", "cpuacct", "memory", "pids"];
/// Against 1,024 of a sandbox with one processor.
const SHIM_CPU_SHARES: u32 = 256;

/// The hierarchies of version 1.
pub struct V1;

fn folder(controller: &str, cgroup: &Path) -> PathBuf {
    Path::new(ROOT).join(controller).join(cgroup)
}

fn roots(controllers: &[&str]) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    for controller in controllers {
        // Links lead to a hierarchy that several controllers share.
        if let Ok(root) = Path::new(ROOT).join(controller).canonicalize()
            && !roots.contains(&root)
        {
            roots.push(root);
        }
    }
    roots
}

impl Hierarchies for V1 {
    fn version(&self) -> Version {
        Version::V1
    }

    fn missing_controllers(&self) -> Vec<&'static str> {
        let root = Path::new(ROOT);
        CONTROLLERS
            .into_iter()
            .filter(|name| !root.join(name).join("cgroup.procs").exists())
            .collect()
    }

    fn sandbox_roots(&self) -> Vec<PathBuf> {
        roots(&CONTROLLERS)
    }

    fn shim_roots(&self) -> Vec<PathBuf> {
        roots(&["cpu", "cpuacct"])
    }

    fn everywhere(&self, cgroup: &Path) -> io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for root in fs::read_dir(ROOT)? {
            let folder = root?.path().join(cgroup);
            if folder.exists() {
                folders.push(folder);
            }
        }
        Ok(folders)
    }

    fn delegate(&self, _folder: &Path, _controllers: &str) -> io::Result<()> {
        Ok(())
    }

    fn set_limits(&self, cgroup: &Path, limits: &CgroupLimits) -> io::Result<()> {
        let shares = (u64::from(limits.cpu_millis) * 1_024 / 1_000).clamp(2, 262_144);
        let quota = limits.cpu_quota_us();
        let cpu = folder("cpu", cgroup);
        fs::write(cpu.join("cpu.cfs_period_us"), CPU_PERIOD_US.to_string())?;
        set_quota(
            &cpu.join("cpu.cfs_quota_us"),
            &quota.to_string(),
            &cpu.join("cpu.cfs_burst_us"),
            quota,
        )?;
        fs::write(cpu.join("cpu.shares"), shares.to_string())?;
        fs::write(folder("pids", cgroup).join("pids.max"), limits.pids.to_string())?;
        let memory = folder("memory", cgroup).join("memory.limit_in_bytes");
        let with_swap = folder("memory", cgroup).join("memory.memsw.limit_in_bytes");
        let bytes = limits.memory_bytes.to_string();
        // The limit with swap may never be the smaller one: which comes first depends on the direction.
        if with_swap.exists() && fs::write(&with_swap, &bytes).is_err() {
            fs::write(&memory, &bytes)?;
            return fs::write(&with_swap, &bytes);
        }
        fs::write(&memory, &bytes)
    }

    fn shim_settings(&self, cpu_quota_us: u64) -> [(&'static str, String); 2] {
        [
            ("cpu.cfs_quota_us", cpu_quota_us.to_string()),
            ("cpu.shares", SHIM_CPU_SHARES.to_string()),
        ]
    }

    fn usage(&self, cgroup: &Path) -> io::Result<Usage> {
        let memory = folder("memory", cgroup);
        let used = number(&memory.join("memory.usage_in_bytes"))?;
        let reclaimable = field(&memory.join("memory.stat"), "total_inactive_file")?;
        Ok(Usage {
            cpu_used_us: number(&folder("cpuacct", cgroup).join("cpuacct.usage"))? / 1_000,
            memory_bytes: used.saturating_sub(reclaimable),
            pids: number(&folder("pids", cgroup).join("pids.current"))?,
            oom_kills: field(&self.oom_file(cgroup), "oom_kill")?,
        })
    }

    fn procs_file(&self, cgroup: &Path) -> PathBuf {
        folder("pids", cgroup).join("cgroup.procs")
    }

    fn oom_file(&self, cgroup: &Path) -> PathBuf {
        self.memory_folder(cgroup).join("memory.oom_control")
    }

    fn memory_folder(&self, cgroup: &Path) -> PathBuf {
        folder("memory", cgroup)
    }

    fn thaw(&self, cgroup: &Path) {
        let _ = fs::write(folder("freezer", cgroup).join("freezer.state"), "THAWED");
    }
}

/// The memory limit of one sandbox, whose OOM killer is off.
pub struct MemoryLimitV1 {
    limit: File,
    /// The limit of memory and swap together, where swap is accounted.
    with_swap: Option<File>,
    usage: File,
    stat: File,
    oom_control: File,
    event: OwnedFd,
}

impl MemoryLimitV1 {
    /// Opens the files of a memory controller's folder, and turns the kernel's OOM killer off for it.
    ///
    /// # Errors
    /// When one of them is not there or not ours.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let oom_control = open_for_writing(&folder.join("memory.oom_control"))?;
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let register = |file: &File, argument: String| {
            let line = format!("{} {}{argument}", event.as_raw_fd(), file.as_raw_fd());
            fs::write(folder.join("cgroup.event_control"), line)
        };
        register(&oom_control, String::new())?;
        oom_control.write_all_at(b"1", 0)?;
        let with_swap = folder.join("memory.memsw.limit_in_bytes");
        let with_swap = with_swap.exists().then(|| open_for_writing(&with_swap)).transpose()?;
        let limit = open_for_writing(&folder.join("memory.limit_in_bytes"))?;
        let usage = File::open(folder.join("memory.usage_in_bytes"))?;
        register(&usage, format!(" {}", pressure_threshold(number_of(&limit)?)))?;
        Ok(Self {
            limit,
            with_swap,
            usage,
            stat: File::open(folder.join("memory.stat"))?,
            oom_control,
            event,
        })
    }
}

impl MemoryLimit for MemoryLimitV1 {
    fn event(&self) -> PollFd<'_> {
        PollFd::new(&self.event, PollFlags::IN)
    }

    fn clear_event(&self) -> io::Result<()> {
        match rustix::io::read(&self.event, &mut [0_u8; 8]) {
            Ok(_) | Err(rustix::io::Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn event_counts_cache(&self) -> bool {
        true
    }

    fn limit(&self) -> io::Result<u64> {
        number_of(&self.limit)
    }

    fn usage(&self) -> io::Result<u64> {
        number_of(&self.usage)
    }

    fn unreclaimable(&self) -> io::Result<u64> {
        let stat = text_of(&self.stat)?;
        let cache = |name| field_in(&stat, name).unwrap_or(0);
        Ok(self
            .usage()?
            .saturating_sub(cache("total_inactive_file") + cache("total_active_file")))
    }

    fn stalled(&self) -> io::Result<bool> {
        Ok(field_in(&text_of(&self.oom_control)?, "under_oom") == Some(1))
    }

    fn raise(&self, bytes: u64) -> io::Result<()> {
        // The limit with swap may never be the smaller one.
        if let Some(with_swap) = &self.with_swap {
            write_number(with_swap, bytes)?;
        }
        write_number(&self.limit, bytes)
    }

    fn restore(&self, raised: u64, own: u64) -> io::Result<bool> {
        if self.limit()? != raised {
            return Ok(true);
        }
        if write_number(&self.limit, own).is_err() {
            return Ok(false);
        }
        let with_swap = self.with_swap.as_ref();
        let lowered = with_swap.map_or(Ok(()), |with_swap| write_number(with_swap, own));
        if lowered.is_err() {
            // What was swapped out counts there too.
            write_number(&self.limit, raised)?;
        }
        Ok(lowered.is_ok())
    }

    fn hand_to_kernel(&self, _own: u64) -> io::Result<()> {
        self.oom_control.write_all_at(b"0", 0)
    }

    fn take_from_kernel(&self) -> io::Result<()> {
        self.oom_control.write_all_at(b"1", 0)
    }

    fn abandon(&self) {
        let _ = self.oom_control.write_all_at(b"0", 0);
    }
}

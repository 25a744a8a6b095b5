//! Cgroups of version 2: one hierarchy for all controllers.
//!
//! Above `memory.high` the kernel slows the sandbox down; the headroom is between that and `memory.max`.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags};

use super::control_files::{field, field_in, number, number_of, open_for_writing, set_quota, text_of, write_number};
use super::{CPU_PERIOD_US, CgroupLimits, Hierarchies, MemoryLimit, ROOT, Usage, Version, headroom};

const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];
/// Against 100 of a sandbox with one processor.
const SHIM_CPU_WEIGHT: u32 = 25;

/// The hierarchy of version 2.
pub struct V2;

fn folder(cgroup: &Path) -> PathBuf {
    Path::new(ROOT).join(cgroup)
}

impl Hierarchies for V2 {
    fn version(&self) -> Version {
        Version::V2
    }

    fn missing_controllers(&self) -> Vec<&'static str> {
        let text = fs::read_to_string(Path::new(ROOT).join("cgroup.controllers")).unwrap_or_default();
        let has = |name: &&str| text.split_ascii_whitespace().any(|controller| controller == *name);
        CONTROLLERS.into_iter().filter(|name| !has(name)).collect()
    }

    fn sandbox_roots(&self) -> Vec<PathBuf> {
        vec![ROOT.into()]
    }

    fn shim_roots(&self) -> Vec<PathBuf> {
        vec![ROOT.into()]
    }

    fn everywhere(&self, cgroup: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(vec![folder(cgroup)])
    }

    fn delegate(&self, folder: &Path, controllers: &str) -> io::Result<()> {
        fs::write(folder.join("cgroup.subtree_control"), controllers)
    }

    fn set_limits(&self, cgroup: &Path, limits: &CgroupLimits) -> io::Result<()> {
        let folder = folder(cgroup);
        let quota = limits.cpu_quota_us();
        let weight = (u64::from(limits.cpu_millis) / 10).clamp(1, 10_000);
        set_quota(
            &folder.join("cpu.max"),
            &format!("{quota} {CPU_PERIOD_US}"),
            &folder.join("cpu.max.burst"),
            quota,
        )?;
        fs::write(folder.join("cpu.weight"), weight.to_string())?;
        fs::write(folder.join("pids.max"), limits.pids.to_string())?;
        if limits.headroom_bytes > 0 {
            fs::write(folder.join("memory.high"), limits.memory_bytes.to_string())?;
        }
        let max = limits.memory_bytes + limits.headroom_bytes;
        fs::write(folder.join("memory.max"), max.to_string())?;
        let swap = folder.join("memory.swap.max");
        if swap.exists() { fs::write(swap, "0") } else { Ok(()) }
    }

    fn shim_settings(&self, cpu_quota_us: u64) -> [(&'static str, String); 2] {
        [
            ("cpu.max", format!("{cpu_quota_us} {CPU_PERIOD_US}")),
            ("cpu.weight", SHIM_CPU_WEIGHT.to_string()),
        ]
    }

    fn usage(&self, cgroup: &Path) -> io::Result<Usage> {
        let folder = folder(cgroup);
        let used = number(&folder.join("memory.current"))?;
        let reclaimable = field(&folder.join("memory.stat"), "inactive_file")?;
        Ok(Usage {
            cpu_used_us: field(&folder.join("cpu.stat"), "usage_usec")?,
            memory_bytes: used.saturating_sub(reclaimable),
            pids: number(&folder.join("pids.current"))?,
            oom_kills: field(&self.oom_file(cgroup), "oom_kill")?,
        })
    }

    fn procs_file(&self, cgroup: &Path) -> PathBuf {
        folder(cgroup).join("cgroup.procs")
    }

    fn oom_file(&self, cgroup: &Path) -> PathBuf {
        folder(cgroup).join("memory.events")
    }

    fn memory_folder(&self, cgroup: &Path) -> PathBuf {
        folder(cgroup)
    }

    fn thaw(&self, _cgroup: &Path) {}
}

/// The memory limit of one sandbox.
pub struct MemoryLimitV2 {
    high: File,
    max: File,
    usage: File,
    stat: File,
    events: File,
}

impl MemoryLimitV2 {
    /// Opens the files of a sandbox's cgroup.
    ///
    /// # Errors
    /// When one of them is not there or not ours.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            high: File::open(folder.join("memory.high"))?,
            max: open_for_writing(&folder.join("memory.max"))?,
            usage: File::open(folder.join("memory.current"))?,
            stat: File::open(folder.join("memory.stat"))?,
            events: File::open(folder.join("memory.events"))?,
        })
    }
}

impl MemoryLimit for MemoryLimitV2 {
    fn event(&self) -> PollFd<'_> {
        PollFd::from_borrowed_fd(self.events.as_fd(), PollFlags::PRI)
    }

    fn clear_event(&self) -> io::Result<()> {
        text_of(&self.events).map(drop)
    }

    fn event_counts_cache(&self) -> bool {
        false
    }

    fn limit(&self) -> io::Result<u64> {
        number_of(&self.high)
    }

    fn usage(&self) -> io::Result<u64> {
        number_of(&self.usage)
    }

    fn unreclaimable(&self) -> io::Result<u64> {
        let stat = text_of(&self.stat)?;
        let cache = |name| field_in(&stat, name).unwrap_or(0);
        Ok(self
            .usage()?
            .saturating_sub(cache("inactive_file") + cache("active_file")))
    }

    fn stalled(&self) -> io::Result<bool> {
        Ok(false)
    }

    fn raise(&self, _bytes: u64) -> io::Result<()> {
        Ok(())
    }

    fn restore(&self, _raised: u64, _own: u64) -> io::Result<bool> {
        Ok(true)
    }

    fn hand_to_kernel(&self, own: u64) -> io::Result<()> {
        write_number(&self.max, own)
    }

    fn take_from_kernel(&self) -> io::Result<()> {
        let limit = self.limit()?;
        write_number(&self.max, limit + headroom(limit))
    }

    fn abandon(&self) {}
}

//! The cgroups of shims.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{CPU_PERIOD_US, Cgroups, ROOT, Version, make};
use crate::values::SandboxId;

/// The cgroup of our shims' cgroups, beside those of the sandboxes.
const SHIMS: &str = "shims";
/// Of a processor, for one shim: it moves bytes while a client asks for them, and is woken when memory is short.
const SHIM_CPU_QUOTA_US: u64 = 50_000;
/// Against the others when there is not enough for all: a quarter of a sandbox's with one processor.
const SHIM_CPU_SHARES_V1: u32 = 256;
const SHIM_CPU_WEIGHT_V2: u32 = 25;

impl Cgroups {
    /// A shim works for its sandbox and must outlive the memory that the sandbox has used up: so it has a cgroup of its
    /// own, in which its time is bounded and its memory is not the sandbox's.
    pub(super) fn create_shim(&self, id: &SandboxId) -> io::Result<()> {
        for folder in self.shim_folders(Some(id)) {
            make(&folder)?;
            // Only one of them has these on version 1.
            let settings = match self.version {
                Version::V1 => [
                    ("cpu.cfs_quota_us", SHIM_CPU_QUOTA_US.to_string()),
                    ("cpu.shares", SHIM_CPU_SHARES_V1.to_string()),
                ],
                Version::V2 => [
                    ("cpu.max", format!("{SHIM_CPU_QUOTA_US} {CPU_PERIOD_US}")),
                    ("cpu.weight", SHIM_CPU_WEIGHT_V2.to_string()),
                ],
            };
            for (name, value) in settings {
                let file = folder.join(name);
                if file.exists() {
                    fs::write(file, value)?;
                }
            }
        }
        Ok(())
    }

    /// The files through which a sandbox's shim enters its cgroup.
    pub fn shim_entrances(&self, id: &SandboxId) -> Vec<PathBuf> {
        let folders = self.shim_folders(Some(id));
        folders.into_iter().map(|folder| folder.join("cgroup.procs")).collect()
    }

    /// Processor time alone is bounded, where each has a hierarchy of its own.
    pub(super) fn shim_folders(&self, id: Option<&SandboxId>) -> Vec<PathBuf> {
        let controllers: &[&str] = match self.version {
            Version::V1 => &["cpu", "cpuacct"],
            Version::V2 => &[""],
        };
        let mut folders: Vec<PathBuf> = Vec::new();
        for controller in controllers {
            let Ok(root) = Path::new(ROOT).join(controller).canonicalize() else {
                continue;
            };
            let shims = root.join(&self.name).join(SHIMS);
            let folder = id.map_or(shims.clone(), |id| shims.join(id.as_str()));
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders
    }
}

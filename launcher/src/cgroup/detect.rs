//! Chooses the implementation for the host's version of cgroups.

use std::io;
use std::path::Path;

use super::v1::{MemoryLimitV1, V1};
use super::v2::{MemoryLimitV2, V2};
use super::{Cgroups, Hierarchies, MemoryCgroup, MemoryLimit, ROOT, Version};
use crate::config::Config;

/// Our part of the host's cgroups, in the version that the host has.
pub fn cgroups(config: &Config) -> Cgroups {
    let unified = Path::new(ROOT).join("cgroup.controllers").exists();
    let hierarchies: Box<dyn Hierarchies> = if unified { Box::new(V2) } else { Box::new(V1) };
    Cgroups::new(hierarchies, config.cgroup())
}

/// Opens a sandbox's memory limit and takes over what happens at it from the kernel.
///
/// # Errors
/// When one of its files is not there or not ours.
pub fn open_memory_limit(cgroup: &MemoryCgroup) -> io::Result<Box<dyn MemoryLimit>> {
    Ok(match cgroup.version {
        Version::V1 => Box::new(MemoryLimitV1::open(&cgroup.folder)?),
        Version::V2 => Box::new(MemoryLimitV2::open(&cgroup.folder)?),
    })
}

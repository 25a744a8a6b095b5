//! The system layer: our files in a sandbox's root file system, between its own writable upper and the image.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::answer::{Context, Outcome};
use crate::config::Config;
use crate::files;

/// Where what is ours lies inside.
pub const FOLDER: &str = "/.sandlot";
/// Where the agent lies inside.
pub const AGENT: &str = "/.sandlot/agent";

/// Makes the layer with the agent and the resolver's address, under a name that its content decides: sandboxes that
/// run keep the agent they were started with.
///
/// # Errors
/// When the agent cannot be read or the layer not be written.
pub fn system_layer(config: &Config) -> Outcome<PathBuf> {
    let agent_path = config.agent.as_ref();
    let agent = fs::read(agent_path).with_context(|| format!("The agent {} cannot be read", agent_path.display()))?;
    let resolver = format!("nameserver {}\noptions edns0\n", config.dns_address());
    let digest = Sha256::new().chain_update(&agent).chain_update(&resolver).finalize();
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let all = config.home("system");
    let layer = all.join(&name);
    if layer.exists() {
        return Ok(layer);
    }
    let what = || format!("The system layer {} cannot be made", layer.display());
    let new = all.join("new");
    files::make_folder(&all, 0o700).with_context(what)?;
    files::remove_folder(&new).with_context(what)?;
    for folder in ["", ".sandlot", "etc"] {
        files::make_folder(&new.join(folder), 0o755).with_context(what)?;
    }
    // gVisor mounts a file system of memory over an empty /tmp; a folder that every desktop system has there keeps
    // the files of /tmp on the disk, within its limit and after a stop.
    for folder in ["tmp", "tmp/.X11-unix"] {
        files::make_folder(&new.join(folder), 0o1777).with_context(what)?;
    }
    let place = new.join(AGENT.trim_start_matches('/'));
    fs::write(&place, &agent).with_context(what)?;
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).with_context(what)?;
    fs::write(new.join("etc/resolv.conf"), resolver).with_context(what)?;
    let _ = symlink("/proc/self/mounts", new.join("etc/mtab"));
    fs::rename(&new, &layer).with_context(what)?;
    Ok(layer)
}

/// Removes layers that neither the next start nor a running sandbox needs.
///
/// # Errors
/// When the folder cannot be read.
pub fn remove_old_layers(config: &Config, needed: &[PathBuf]) -> Outcome<()> {
    let all = config.home("system");
    for entry in fs::read_dir(&all)
        .with_context(|| format!("{} cannot be read", all.display()))?
        .flatten()
    {
        if !needed.contains(&entry.path()) {
            let _ = files::remove_folder(&entry.path());
        }
    }
    Ok(())
}

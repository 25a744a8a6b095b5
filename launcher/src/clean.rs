//! Removes all that the launcher has made on the host, apart from disks, images and the database's data.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::answer::{Context, Outcome};
use crate::cgroup;
use crate::config::Config;
use crate::database::Database;
use crate::network::{firewall, namespaces, router};
use crate::record::{self, Exit, Folder, Reason};
use crate::sandbox::end::shims;
use crate::values::SandboxId;
use crate::{disk, files, log, overlay, server};

/// Removes everything that can be removed; returns the last failure.
///
/// # Errors
/// When a launcher serves this home, or something could not be removed.
pub fn clean(config: &Config) -> Outcome<()> {
    server::make_folders(config)?;
    let _locks = server::lock(config)?;
    let shared = Arc::new(config.clone());
    let steps: [(&str, Outcome<()>); 6] = [
        ("sandboxes", sandboxes(config)),
        ("firewall", firewall::unload(config)),
        ("network", network(config)),
        ("database", Database::of(&shared).and_then(|database| database.stop())),
        ("pool", disk::close(config)),
        ("files", remove_files(config)),
    ];
    let mut result = Ok(());
    for (step, outcome) in steps {
        if let Err(failure) = outcome {
            log::error("not all is removed", json!({"step": step, "reason": failure.message}));
            result = Err(failure);
        }
    }
    result
}

fn sandboxes(config: &Config) -> Outcome<()> {
    let cgroups = cgroup::detect::cgroups(config);
    for (shim, _) in shims(config.instance.as_str()) {
        shim.end(Duration::ZERO);
    }
    for id in cgroups.all() {
        cgroups.kill(&id)?;
        cgroups.remove(&id)?;
    }
    cgroups.close()?;
    let all = record::all(config);
    for entry in fs::read_dir(&all)
        .with_context(|| format!("{} cannot be read", all.display()))?
        .flatten()
    {
        if let Ok(id) = SandboxId::try_from(entry.file_name().to_string_lossy().into_owned()) {
            remove_runtime_files(&Folder::of(config, &id))?;
        }
    }
    overlay::close(&all)
}

fn remove_runtime_files(folder: &Folder) -> Outcome<()> {
    overlay::release(&folder.rootfs())?;
    files::remove(&folder.agent_socket()).with_context(|| format!("{} cannot be changed", folder.path().display()))?;
    // A damaged one is of something that ran, too.
    if folder.record().map_or(true, |record| record.is_some()) {
        // On a full disk it is lost, and everything is removed all the same.
        let _ = folder.write_exit(&Exit::unseen(Reason::Stopped));
    }
    folder.remove_record()
}

fn network(config: &Config) -> Outcome<()> {
    router::remove(config)?;
    for entry in fs::read_dir(namespaces::folder(config)).into_iter().flatten().flatten() {
        namespaces::remove(&entry.path())?;
    }
    Ok(())
}

fn remove_files(config: &Config) -> Outcome<()> {
    let what = || "The launcher's files cannot be removed".to_owned();
    files::remove(&config.home("run/launcher.sock")).with_context(what)?;
    files::remove_folder(&config.volatile()).with_context(what)
}

//! What the host has and lacks, as one JSON object for `./dev doctor`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::answer::{Context, Outcome};
use crate::cgroup;
use crate::config::{Config, user};
use crate::id_map::IdMap;
use crate::images::Images;
use crate::network::Slot;
use crate::network::netlink::Netlink;
use crate::{engine, overlay};

/// Prints the checks: each with `ok`, and with `reason` where it is not.
///
/// # Errors
/// When standard output is closed.
pub fn check(config: &Config) -> Outcome<()> {
    let filesystems = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    let supports = |name: &str| {
        let found = filesystems.lines().any(|line| line.split('\t').nth(1) == Some(name));
        verdict(found, format!("The kernel does not support {name}; load its module."))
    };
    let report = json!({
        "engines": engine::probe(config),
        "cgroup": cgroups(config),
        "overlay": supports("overlay"),
        "btrfs": supports("btrfs"),
        "loop": verdict(Path::new("/dev/loop-control").exists(), "There is no /dev/loop-control; load the module loop.".into()),
        "mkfs_btrfs": program("/usr/sbin/mkfs.btrfs", "btrfs-progs 6.14 or later"),
        "nft": program("/usr/sbin/nft", "nftables"),
        "free_space": free_space(config),
        "address_pool": address_pool(config),
        "users": users(config),
        "images": Images::of(config).map_or_else(|failure| no(failure.message), |_| json!({"ok": true})),
        "owners": id_mapping(config),
        "agent": verdict(config.agent.as_ref().is_file(), "The agent is missing; build it.".into()),
        "postgres": verdict(config.postgres.as_ref().join("bin/postgres").is_file(), "PostgreSQL is missing.".into()),
        "foreign_forward_drop": foreign_forward_drop(config),
    });
    let text = serde_json::to_string_pretty(&report)
        .map_err(std::io::Error::from)
        .with_context(|| "The checks".into())?;
    std::io::Write::write_all(&mut std::io::stdout(), format!("{text}\n").as_bytes())
        .with_context(|| "The checks".into())
}

fn no(reason: String) -> Value {
    json!({"ok": false, "reason": reason})
}

fn verdict(ok: bool, reason: String) -> Value {
    if ok { json!({"ok": true}) } else { no(reason) }
}

fn cgroups(config: &Config) -> Value {
    let cgroups = cgroup::detect::cgroups(config);
    let missing = cgroups.missing_controllers();
    let mut report = verdict(
        missing.is_empty(),
        format!("The cgroup controllers {} are missing.", missing.join(", ")),
    );
    report["version"] = json!(cgroups.version());
    report
}

fn program(path: &str, package: &str) -> Value {
    let output = Command::new(path)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) => json!({"ok": true, "version": String::from_utf8_lossy(&output.stdout).trim()}),
        Err(error) => no(format!("{path} cannot be started ({error}); install {package}.")),
    }
}

fn free_space(config: &Config) -> Value {
    let home = config.home.as_ref();
    let existing = home.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(existing) {
        Ok(about) => {
            let free = about.f_bavail.saturating_mul(about.f_frsize);
            let enough = free >= 4 << 30;
            let mut report = verdict(
                enough,
                format!("{} has {free} bytes left; 4 GiB are needed.", existing.display()),
            );
            report["free_bytes"] = json!(free);
            report
        }
        Err(error) => no(format!(
            "The free space of {} cannot be read: {error}",
            existing.display()
        )),
    }
}

fn address_pool(config: &Config) -> Value {
    let routes = match Netlink::open().and_then(|netlink| netlink.routes()) {
        Ok(routes) => routes,
        Err(error) => return no(format!("The host's routes cannot be read: {error}")),
    };
    let pool = config.address_pool;
    // Routes inside the pool that are no larger than a slot are our own.
    let foreign = |length: u8| length < crate::network::SLOT_PREFIX_LENGTH;
    let router = Some(crate::network::Slot(0).address(config));
    let clash = routes
        .iter()
        .filter(|route| route.gateway != router)
        .map(|route| route.range)
        .find(|range| range.length() > 0 && range.overlaps(pool) && foreign(range.length()));
    match clash {
        Some(range) => no(format!(
            "The address pool {pool} clashes with the route to {range}; choose another address_pool."
        )),
        None => json!({"ok": true}),
    }
}

fn users(config: &Config) -> Value {
    let missing = [&config.runner_user, &config.database_user]
        .into_iter()
        .find_map(|name| user(name).err());
    missing.map_or_else(|| json!({"ok": true}), |failure| no(failure.message))
}

/// Sandboxes have ids of their own on the host: the file systems below them need id-mapped mounts (docs/adr/0016).
fn id_mapping(config: &Config) -> Value {
    let id_map = IdMap::of(Slot(1));
    let folders = [config.images.as_ref(), config.home.as_ref()].into_iter();
    let failure = folders
        .filter_map(|folder: &Path| overlay::check_idmapped_mounts(folder, id_map).err())
        .next();
    failure.map_or_else(|| json!({"ok": true}), |failure| no(failure.message))
}

/// A table of others that drops what is forwarded also drops the sandboxes' packets: ours cannot overrule it.
fn foreign_forward_drop(config: &Config) -> Value {
    let output = Command::new("/usr/sbin/nft")
        .args(["-j", "list", "chains"])
        .env_clear()
        .stdin(Stdio::null())
        .output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let report: Value = serde_json::from_slice(&text).unwrap_or_default();
    let chains = report["nftables"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| &entry["chain"]);
    let own = crate::network::table(config);
    let drops =
        |chain: &&Value| chain["hook"] == "forward" && chain["policy"] == "drop" && chain["table"] != own.as_str();
    match chains.into_iter().find(drops) {
        Some(chain) => no(format!(
            "The chain {} of the table {} drops forwarded packets, and with them the sandboxes'; allow packets from and to \
             the interface sl{}.",
            chain["name"], chain["table"], config.instance
        )),
        None => json!({"ok": true}),
    }
}

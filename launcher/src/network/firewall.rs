//! Our nftables table in the router, and the one on the host. The rules that all sandboxes share are loaded once at the
//! start, so that a sandbox with the default policy needs no change of them. Tables of others are never touched. When ours
//! are removed, as by a reload of the host's firewall, the sandboxes have no traffic until they are restored.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::netlink::Netlink;
use super::ruleset_monitor::RulesetMonitor;
use super::{Slot, router, rules, table};
use crate::answer::{Context, Failure, Outcome};
use crate::config::Config;
use crate::log;
use crate::values::{Cidr, Network};

/// One change at a time: loading a table must not lose a change that was made meanwhile.
static CHANGES: Mutex<()> = Mutex::new(());

/// Replaces both tables, each in one transaction, with the policies of the sandboxes that are there.
///
/// # Errors
/// When the policies cannot be read or nftables refuses a table.
pub fn load(config: &Config, policies: impl FnOnce(&Config) -> Outcome<BTreeMap<Slot, Network>>) -> Outcome<()> {
    let _changing = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = replace_table(config, &rules::router_table(config));
    for (&slot, network) in &policies(config)? {
        text.push_str(&add_policy(config, slot, network));
    }
    text.push_str(&host_networks_text(config)?);
    router::within(config, || apply(&text))?;
    apply(&replace_table(config, &rules::host_table(config)))
}

/// Removes the host's table; the router's goes with it.
///
/// # Errors
/// When nftables fails.
pub fn unload(config: &Config) -> Outcome<()> {
    apply(&replace_table(config, ""))
}

fn replace_table(config: &Config, text: &str) -> String {
    let table = table(config);
    format!("table inet {table}\ndelete table inet {table}\n{text}")
}

/// Replaces what a slot may reach. Takes effect at once, for open connections too: every packet passes the policy before
/// connection tracking.
///
/// # Errors
/// When nftables refuses it.
pub fn change_policy(config: &Config, slot: Slot, old: &Network, new: &Network) -> Outcome<()> {
    let text = remove_policy(config, slot, old) + &add_policy(config, slot, new);
    if text.is_empty() {
        return Ok(());
    }
    let _changing = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
    router::within(config, || apply(&text))
}

fn add_policy(config: &Config, slot: Slot, network: &Network) -> String {
    elements("add", config, slot, network)
}

fn remove_policy(config: &Config, slot: Slot, network: &Network) -> String {
    // Deleting what is not there is an error, adding what is there is not.
    elements("add", config, slot, network) + &elements("delete", config, slot, network)
}

fn elements(verb: &str, config: &Config, slot: Slot, network: &Network) -> String {
    let table = table(config);
    let interface = slot.interface(config);
    match network {
        Network::Default {} => String::new(),
        Network::Block {} => format!("{verb} element inet {table} blocked {{ \"{interface}\" }}\n"),
        Network::Allow { cidrs } => {
            let mut text = format!("{verb} element inet {table} allowlisted {{ \"{interface}\" }}\n");
            for range in cidrs.disjoint() {
                let _ = writeln!(
                    text,
                    "{verb} element inet {table} allowed {{ \"{interface}\" . {range} }}"
                );
            }
            text
        }
    }
}

/// Closes the host and its own neighbourhood: its addresses, and every network it is directly connected to.
///
/// # Errors
/// When routes cannot be read or nftables refuses the change.
pub fn refresh_host_networks(config: &Config) -> Outcome<()> {
    let _changing = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = host_networks_text(config)?;
    router::within(config, || apply(&text))
}

fn host_networks_text(config: &Config) -> Outcome<String> {
    let ranges: Vec<String> = host_networks(config)?.into_iter().map(String::from).collect();
    let table = table(config);
    let mut text = format!("flush set inet {table} host_networks\n");
    if !ranges.is_empty() {
        let _ = writeln!(
            text,
            "add element inet {table} host_networks {{ {} }}",
            ranges.join(", ")
        );
    }
    Ok(text)
}

fn host_networks(config: &Config) -> Outcome<Vec<Cidr>> {
    let what = || "The host's routes cannot be read".to_owned();
    let routes = Netlink::open().with_context(what)?.routes().with_context(what)?;
    let near = |range: &Cidr| range.length() > 0 && !config.address_pool.contains(*range);
    Ok(routes
        .iter()
        .filter(|route| route.direct)
        .map(|route| route.range)
        .filter(near)
        .collect())
}

/// Loads a text that was made from typed values only.
fn apply(text: &str) -> Outcome<()> {
    let mut nft = Command::new("/usr/sbin/nft")
        .args(["-f", "-"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| "nft cannot be started; install the package nftables".into())?;
    if let Some(mut input) = nft.stdin.take() {
        // When nft ends early, its message, read below, explains more than the broken pipe.
        let _ = input.write_all(text.as_bytes());
    }
    let output = nft
        .wait_with_output()
        .with_context(|| "nft cannot be waited for".into())?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    let message: String = message.chars().take(600).collect();
    Err(Failure::internal(format!("nftables refused a change: {message}")))
}

/// Keeps the host's neighbourhood closed when the host's routes change, in a thread of its own. Whatever fails is tried
/// again: the kernel drops its messages when routes change by the hundred.
pub fn keep_host_networks_closed(config: Arc<Config>) {
    std::thread::spawn(move || {
        loop {
            let Err(failure) = update_host_networks(&config);
            log::error(
                "subscription to the host's routes is renewed",
                json!({"reason": failure.message}),
            );
            std::thread::sleep(RETRY);
        }
    });
}

/// Routes of slots change with every slot that is made; so the table is only changed when the outcome differs.
const SETTLE: Duration = Duration::from_millis(200);
/// After a failure.
const RETRY: Duration = Duration::from_secs(1);

fn update_host_networks(config: &Config) -> Outcome<Infallible> {
    let changes = Netlink::subscribe_to_routes()
        .with_context(|| "Changes of the host's routes cannot be subscribed to".into())?;
    let mut known = host_networks(config)?;
    refresh_host_networks(config)?;
    loop {
        changes
            .wait()
            .with_context(|| "Changes of the host's routes cannot be subscribed to".into())?;
        std::thread::sleep(SETTLE);
        let now = host_networks(config)?;
        if now != known {
            refresh_host_networks(config)?;
            known = now;
        }
    }
}

/// How a table should look: its chains and sets, without what sets hold.
fn structure(config: &Config) -> Outcome<Vec<u8>> {
    let table = table(config);
    let output = Command::new("/usr/sbin/nft")
        .args(["--stateless", "--terse", "list", "table", "inet", &table])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .with_context(|| "nft cannot be started; install the package nftables".into())?;
    Ok(output.stdout)
}

/// Reads the recorded policies.
type Policies = fn(&Config) -> Outcome<BTreeMap<Slot, Network>>;

/// Where a table of ours is.
#[derive(Clone, Copy, Debug)]
enum Place {
    Router,
    Host,
}

impl Place {
    fn within<T: Send>(self, config: &Config, work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
        match self {
            Self::Router => router::within(config, work),
            Self::Host => work(),
        }
    }
}

/// Restores our tables when something has changed or removed them, in a thread for each.
pub fn reconcile(config: &Arc<Config>, policies: Policies) {
    for place in [Place::Router, Place::Host] {
        let config = Arc::clone(config);
        std::thread::spawn(move || {
            loop {
                let Err(failure) = reconcile_table(&config, place, policies);
                log::error(
                    "subscription to changes of the firewall is renewed",
                    json!({"reason": failure.message}),
                );
                std::thread::sleep(RETRY);
            }
        });
    }
}

fn reconcile_table(config: &Config, place: Place, policies: Policies) -> Outcome<Infallible> {
    let what = || "Changes of the firewall cannot be subscribed to".to_owned();
    let changes = place.within(config, || RulesetMonitor::subscribe().with_context(what))?;
    // Restores what was removed before this, or missed by a failed subscription.
    load(config, policies)?;
    let wanted = place.within(config, || structure(config))?;
    loop {
        changes.wait_for_removal(&table(config)).with_context(what)?;
        // A load of our own removes the table too, and has put it back by then.
        drop(CHANGES.lock());
        if place.within(config, || structure(config))? != wanted {
            load(config, policies)?;
            log::warn(
                "a table of the firewall was changed by others and is restored",
                json!({"place": format!("{place:?}")}),
            );
        }
    }
}

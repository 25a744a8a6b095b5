//! One nftables table of ours. What every sandbox shares is loaded once at the start, so that a start with the default
//! policy needs no change of it. Tables of others are never touched.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::netlink::Netlink;
use super::{Slot, dns_interface, interface_prefix};
use crate::answer::{Doing, Failure, Outcome};
use crate::config::Config;
use crate::log;
use crate::values::{Cidr, Network};

/// Private, shared, local and reserved ranges, and the one public address at which a cloud (Azure) serves its machines'
/// secrets. The documentation ranges stay open: on a real host nothing lives there,
/// and whatever is local to the host is closed by [`refresh_host_networks`].
const CLOSED_RANGES: &str = "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 168.63.129.16/32, 169.254.0.0/16, \
                             172.16.0.0/12, 192.0.0.0/24, 192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/3";

/// The table's name.
pub fn table(config: &Config) -> String {
    format!("sandlot_{}", config.instance)
}

/// Loads the whole table, in one transaction, with the policies of the sandboxes that are there.
///
/// # Errors
/// When nftables refuses it.
pub fn load(config: &Config, policies: &BTreeMap<Slot, Network>) -> Outcome<()> {
    let table = table(config);
    let mut text = format!("table inet {table}\ndelete table inet {table}\n");
    text.push_str(&ruleset(config));
    for (&slot, network) in policies {
        text.push_str(&add_policy(config, slot, network));
    }
    apply(&text)?;
    refresh_host_networks(config)
}

/// Removes the table.
///
/// # Errors
/// When nftables fails.
pub fn unload(config: &Config) -> Outcome<()> {
    let table = table(config);
    apply(&format!("table inet {table}\ndelete table inet {table}\n"))
}

/// Replaces what a slot may reach. Takes hold at once, for open connections too: every packet passes the policy
/// before it is looked up among the known connections.
///
/// # Errors
/// When nftables refuses it.
pub fn change_policy(config: &Config, slot: Slot, old: &Network, new: &Network) -> Outcome<()> {
    let text = remove_policy(config, slot, old) + &add_policy(config, slot, new);
    if text.is_empty() { Ok(()) } else { apply(&text) }
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
            let mut text = format!("{verb} element inet {table} listed {{ \"{interface}\" }}\n");
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

/// Closes the host's own neighbourhood: every network it is directly connected to.
///
/// # Errors
/// When routes cannot be read or nftables refuses the change.
pub fn refresh_host_networks(config: &Config) -> Outcome<()> {
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
    apply(&text)
}

fn host_networks(config: &Config) -> Outcome<Vec<Cidr>> {
    let what = || "The host's routes cannot be read".to_owned();
    let routes = Netlink::open().doing(what)?.routes().doing(what)?;
    let near = |range: &Cidr| range.length() > 0 && !config.address_pool.contains(*range);
    Ok(routes
        .iter()
        .filter(|route| route.direct)
        .map(|route| route.range)
        .filter(near)
        .collect())
}

/// What a packet meets is tried in the order of the chains. What is refused is answered, up to a rate, so that programs
/// go on at once; with a reset, and for UDP with the one kind of ICMP error that gVisor tells its programs of.
fn ruleset(config: &Config) -> String {
    let table = table(config);
    let sets = sets(config);
    let called = called_chains(config);
    let from_slots = format!("iifname \"{}*\"", interface_prefix(config));
    let to_slots = format!("oifname \"{}*\"", interface_prefix(config));
    let pool = config.address_pool;
    let dns = config.dns_address();
    let port = config.dns_port;
    let loopback_or_dummy = format!("{{ \"lo\", \"{}\" }}", dns_interface(config));
    format!(
        "table inet {table} {{
{sets}
{called}  chain before_everything {{
    type filter hook prerouting priority raw; policy accept;
    {from_slots} jump own_packets
  }}
  chain names {{
    type nat hook prerouting priority dstnat; policy accept;
    {from_slots} ip daddr {dns} udp dport 53 dnat ip to {dns}:{port}
    {from_slots} ip daddr {dns} tcp dport 53 dnat ip to {dns}:{port}
  }}
  chain to_host {{
    type filter hook input priority filter; policy accept;
    {from_slots} jump to_names
    ip daddr {dns} iifname != {loopback_or_dummy} drop
  }}
  chain through_host {{
    type filter hook forward priority filter; policy accept;
    {from_slots} jump outwards
    {to_slots} jump inwards
  }}
  chain outwards {{
    iifname @blocked jump refuse
    ip daddr @closed jump refuse
    ip daddr @host_networks jump refuse
    fib daddr type != unicast jump refuse
    iifname @listed iifname . ip daddr != @allowed jump refuse
    accept
  }}
  chain inwards {{
    oifname @blocked drop
    ct state related meta l4proto icmp accept
    oifname @listed oifname . ip saddr != @allowed drop
    ct state established,related accept
    drop
  }}
  chain after_everything {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {pool} oifname != \"{prefix}*\" oifname != {loopback_or_dummy} masquerade
  }}
}}
",
        prefix = interface_prefix(config),
    )
}

/// The chains that others jump to from several places.
fn called_chains(config: &Config) -> String {
    let dns = config.dns_address();
    let port = config.dns_port;
    format!(
        "  chain own_packets {{
    meta nfproto ipv6 drop
    iifname . ip saddr != @slots drop
  }}
  chain refuse {{
    update @refusals {{ ip saddr limit rate over 200/second burst 400 packets }} drop
    meta l4proto tcp reject with tcp reset
    meta l4proto udp reject with icmp type port-unreachable
    reject with icmp type admin-prohibited
  }}
  chain to_names {{
    meta l4proto udp update @names_rate {{ ip saddr limit rate over 200/second burst 400 packets }} drop
    meta l4proto tcp ct state new update @names_rate {{ ip saddr limit rate over 200/second burst 400 packets }} drop
    ip daddr {dns} ct status dnat udp dport {port} accept
    iifname @blocked jump refuse
    ip daddr {dns} ct status dnat tcp dport {port} accept
    jump refuse
  }}
"
    )
}

fn sets(config: &Config) -> String {
    let slot = |number| {
        let slot = Slot(number);
        format!("\"{}\" . {}", slot.interface(config), slot.address(config))
    };
    let slots: Vec<String> = (1..=config.slots()).map(slot).collect();
    let more = config.blocked_ranges.iter().map(|range| format!(", {range}"));
    let more: String = more.chain([format!(", {}", config.address_pool)]).collect();
    format!(
        "  set slots {{ type ifname . ipv4_addr; elements = {{ {} }} }}
  set closed {{ type ipv4_addr; flags interval; auto-merge; elements = {{ {CLOSED_RANGES}{more} }} }}
  set host_networks {{ type ipv4_addr; flags interval; auto-merge; }}
  set blocked {{ type ifname; }}
  set listed {{ type ifname; }}
  set allowed {{ type ifname . ipv4_addr; flags interval; }}
  set names_rate {{ type ipv4_addr; flags dynamic; size 65535; timeout 1m; }}
  set refusals {{ type ipv4_addr; flags dynamic; size 65535; timeout 1m; }}",
        slots.join(", ")
    )
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
        .doing(|| "nft cannot be started; install the package nftables".into())?;
    if let Some(mut input) = nft.stdin.take() {
        // When nft ends early its words, read below, say more than the broken pipe.
        let _ = input.write_all(text.as_bytes());
    }
    let output = nft.wait_with_output().doing(|| "nft cannot be waited for".into())?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words: String = words.chars().take(600).collect();
    Err(Failure::internal(format!("nftables refused a change: {words}")))
}

/// Keeps the host's neighbourhood closed when the host's routes change, in a thread of its own. Whatever fails is tried
/// again: the kernel drops its messages when routes change by the hundred.
pub fn follow_host_networks(config: Arc<Config>) {
    std::thread::spawn(move || {
        loop {
            let Err(failure) = watch_host_networks(&config);
            log::error("host networks are looked up again", json!({"reason": failure.message}));
            std::thread::sleep(RETRY);
        }
    });
}

/// Routes of slots change with every slot that is made; so the table is only changed when the outcome differs.
const SETTLE: Duration = Duration::from_millis(200);
/// After a failure.
const RETRY: Duration = Duration::from_secs(1);

fn watch_host_networks(config: &Config) -> Outcome<Infallible> {
    let changes = Netlink::watching_routes().doing(|| "The host's routes cannot be watched".into())?;
    let mut known = host_networks(config)?;
    refresh_host_networks(config)?;
    loop {
        changes.wait().doing(|| "The host's routes cannot be watched".into())?;
        std::thread::sleep(SETTLE);
        let now = host_networks(config)?;
        if now != known {
            refresh_host_networks(config)?;
            known = now;
        }
    }
}

//! The router: a network namespace of ours between the sandboxes and the host. Nobody else's firewall is loaded in it or
//! removed from it, and nothing listens in it. It passes on only what our table has marked: without the table its
//! routing refuses everything.

use std::fs;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::PathBuf;

use super::netlink::{Netlink, Rule, Verdict};
use super::{SLOT_PREFIX_LENGTH, Slot, dns_interface, interface_prefix, namespaces};
use crate::answer::{Context, Failure, Outcome};
use crate::config::Config;

/// The router's end of the pair that leads to the host.
pub const UPLINK: &str = "uplink";
/// What our tables put on packets that may be passed on: a bit that neither Kubernetes nor the usual VPNs use.
pub const MARK: u32 = 0x0020_0000;
/// The priority of the host's rule for the sandboxes' interface: before rules that an operator adds.
const HOST_PRIORITY: u32 = 7_700;
const MARKED_PRIORITY: u32 = 100;
const OWN_PRIORITY: u32 = 101;
const REFUSAL_PRIORITY: u32 = 200;
/// Those that the kernel makes for the main and the default table.
const KERNEL_PRIORITIES: [u32; 2] = [32_766, 32_767];

/// The file that names the router's namespace.
pub fn path(config: &Config) -> PathBuf {
    namespaces::folder(config).join("router")
}

/// The router's address, by which the host reaches the sandboxes.
fn address(config: &Config) -> Ipv4Addr {
    Slot(0).address(config)
}

/// Does something in the router's namespace.
///
/// # Errors
/// When there is no router, and those of the work.
pub fn within<T: Send>(config: &Config, work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    namespaces::within(&path(config), work)
}

/// Makes the router and its pair, at whose host's end the runner answers DNS, and lets the host forward packets.
///
/// # Errors
/// When the system refuses.
pub fn prepare(config: &Config) -> Outcome<()> {
    let what = || "The router cannot be made".to_owned();
    namespaces::make(&path(config))?;
    if !usable(config) {
        // A start that was interrupted left the name without a namespace.
        namespaces::remove(&path(config))?;
        namespaces::make(&path(config))?;
    }
    let host = Netlink::open().with_context(what)?;
    let name = dns_interface(config);
    if within(config, || {
        Netlink::open()
            .and_then(|router| router.index(UPLINK))
            .with_context(what)
    })?
    .is_none()
    {
        if let Some(other) = host.index(&name).with_context(what)? {
            host.delete(other).with_context(what)?;
        }
        let namespace = fs::File::open(path(config)).with_context(what)?;
        host.add_pair(&name, UPLINK, Some(namespace.as_fd()))
            .with_context(what)?;
        namespaces::set_ipv6(&name, false)?;
    }
    within(config, || inside(config).with_context(what))?;
    let index = host
        .index(&name)
        .with_context(what)?
        .ok_or_else(|| Failure::internal(what()))?;
    host.add_address(index, config.dns_address(), SLOT_PREFIX_LENGTH)
        .with_context(what)?;
    host.up(index).with_context(what)?;
    host.add_route(config.address_pool, index, address(config))
        .with_context(what)?;
    host.add_rule(&host_rule(config)).with_context(what)?;
    move_interfaces(config, &host)?;
    fs::write("/proc/sys/net/ipv4/ip_forward", "1").with_context(|| "Forwarding cannot be turned on".into())
}

fn usable(config: &Config) -> bool {
    within(config, || Ok(())).is_ok()
}

/// What comes from the sandboxes and was not marked by the host's table is not passed on.
fn host_rule(config: &Config) -> Rule {
    Rule {
        priority: HOST_PRIORITY,
        interface: Some(dns_interface(config)),
        marked: Some((0, MARK)),
        verdict: Verdict::Prohibit,
    }
}

/// The router's side: its address, its way out, and its rules.
fn inside(config: &Config) -> std::io::Result<()> {
    let router = Netlink::open()?;
    let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
    let uplink = router.index(UPLINK)?.ok_or_else(missing)?;
    let loopback = router.index("lo")?.ok_or_else(missing)?;
    for (name, value) in [
        ("all/forwarding", "1"),
        // The reverse path would be looked up without a mark; source addresses are checked in our table.
        ("all/rp_filter", "0"),
        ("default/rp_filter", "0"),
        ("uplink/rp_filter", "0"),
    ] {
        fs::write(format!("/proc/sys/net/ipv4/conf/{name}"), value)?;
    }
    router.up(loopback)?;
    router.add_address(uplink, address(config), SLOT_PREFIX_LENGTH)?;
    router.up(uplink)?;
    for rule in rules() {
        router.add_rule(&rule)?;
    }
    for priority in KERNEL_PRIORITIES {
        router.remove_rule_of(priority)?;
    }
    router.add_default_route(uplink, config.dns_address())
}

fn rules() -> [Rule; 3] {
    let rule = |priority, interface: Option<&str>, marked, verdict| Rule {
        priority,
        interface: interface.map(str::to_owned),
        marked,
        verdict,
    };
    [
        rule(MARKED_PRIORITY, None, Some((MARK, MARK)), Verdict::Main),
        // The router's own packets: refusals.
        rule(OWN_PRIORITY, Some("lo"), None, Verdict::Main),
        rule(REFUSAL_PRIORITY, None, None, Verdict::Prohibit),
    ]
}

/// Moves the interfaces of running sandboxes into the router: an earlier version had them on the host.
fn move_interfaces(config: &Config, host: &Netlink) -> Outcome<()> {
    let what = || "The sandboxes' interfaces cannot be moved into the router".to_owned();
    let prefix = interface_prefix(config);
    for name in host.names(&prefix).with_context(what)? {
        let Some(index) = host.index(&name).with_context(what)? else {
            continue;
        };
        let Some(slot) = name
            .strip_prefix(&prefix)
            .and_then(|number| number.parse().ok())
            .map(Slot)
        else {
            continue;
        };
        let namespace = fs::File::open(path(config)).with_context(what)?;
        host.move_to(index, namespace.as_fd()).with_context(what)?;
        within(config, || give_gateway(config, slot))?;
    }
    Ok(())
}

/// Gives the router's end of a slot's pair its address. In the router's namespace.
///
/// # Errors
/// When the system refuses.
pub fn give_gateway(config: &Config, slot: Slot) -> Outcome<()> {
    let what = || format!("The router's end of slot {} cannot be set up", slot.0);
    let router = Netlink::open().with_context(what)?;
    let index = router.index(&slot.interface(config)).with_context(what)?;
    let index = index.ok_or_else(|| Failure::internal(what()))?;
    router
        .add_address(index, slot.gateway(config), SLOT_PREFIX_LENGTH)
        .with_context(what)?;
    router.up(index).with_context(what)
}

/// Removes what the router has on the host; its namespace goes with the others.
///
/// # Errors
/// When the system refuses.
pub fn remove(config: &Config) -> Outcome<()> {
    let what = || "The router cannot be removed".to_owned();
    if usable(config) {
        within(config, || {
            let router = Netlink::open().with_context(what)?;
            for name in router.names(&interface_prefix(config)).with_context(what)? {
                if let Some(index) = router.index(&name).with_context(what)? {
                    router.delete(index).with_context(what)?;
                }
            }
            Ok(())
        })?;
    }
    let host = Netlink::open().with_context(what)?;
    host.remove_rule(&host_rule(config)).with_context(what)?;
    let mut names = host.names(&interface_prefix(config)).with_context(what)?;
    names.push(dns_interface(config));
    for name in names {
        if let Some(index) = host.index(&name).with_context(what)? {
            host.delete(index).with_context(what)?;
        }
    }
    Ok(())
}

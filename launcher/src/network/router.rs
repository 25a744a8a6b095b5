//! The router: a network namespace of ours between the sandboxes and the host. Nobody else's firewall is loaded in it or
//! removed from it, and nothing listens in it. It passes on only what our table has marked: without the table its
//! routing refuses everything.

use std::fs;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::PathBuf;

use super::netlink::{Netlink, Rule, Verdict};
use super::{SLOT_PREFIX_LENGTH, Slot, dns_interface, interface_prefix, namespaces};
use crate::answer::{Doing, Failure, Outcome};
use crate::config::Config;

/// The router's end of the pair that leads to the host.
pub const UPLINK: &str = "uplink";
/// What our tables put on packets that may be passed on: a bit that neither Kubernetes nor the usual VPNs use.
pub const MARK: u32 = 0x0020_0000;
/// The host's rule for the sandboxes' interface; before those that an operator adds.
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
    let host = Netlink::open().doing(what)?;
    let name = dns_interface(config);
    if within(config, || {
        Netlink::open().and_then(|router| router.index(UPLINK)).doing(what)
    })?
    .is_none()
    {
        if let Some(other) = host.index(&name).doing(what)? {
            host.delete(other).doing(what)?;
        }
        let namespace = fs::File::open(path(config)).doing(what)?;
        host.add_pair(&name, UPLINK, Some(namespace.as_fd())).doing(what)?;
        namespaces::set_ipv6(&name, false)?;
    }
    within(config, || inside(config).doing(what))?;
    let index = host
        .index(&name)
        .doing(what)?
        .ok_or_else(|| Failure::internal(what()))?;
    host.add_address(index, config.dns_address(), SLOT_PREFIX_LENGTH)
        .doing(what)?;
    host.up(index).doing(what)?;
    host.add_route(config.address_pool, index, address(config))
        .doing(what)?;
    host.add_rule(&host_rule(config)).doing(what)?;
    take_over(config, &host)?;
    fs::write("/proc/sys/net/ipv4/ip_forward", "1").doing(|| "Forwarding cannot be turned on".into())
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
        // The reverse path would be looked up without a mark; who may send from where is in our table.
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
        router.remove_rule(priority)?;
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
        // What the router says itself: refusals.
        rule(OWN_PRIORITY, Some("lo"), None, Verdict::Main),
        rule(REFUSAL_PRIORITY, None, None, Verdict::Prohibit),
    ]
}

/// An earlier version had the sandboxes' interfaces on the host: those of running sandboxes move.
fn take_over(config: &Config, host: &Netlink) -> Outcome<()> {
    let what = || "The sandboxes' interfaces cannot be moved into the router".to_owned();
    let prefix = interface_prefix(config);
    for name in host.names(&prefix).doing(what)? {
        let Some(index) = host.index(&name).doing(what)? else {
            continue;
        };
        let Some(slot) = name
            .strip_prefix(&prefix)
            .and_then(|number| number.parse().ok())
            .map(Slot)
        else {
            continue;
        };
        let namespace = fs::File::open(path(config)).doing(what)?;
        host.move_to(index, namespace.as_fd()).doing(what)?;
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
    let router = Netlink::open().doing(what)?;
    let index = router.index(&slot.interface(config)).doing(what)?;
    let index = index.ok_or_else(|| Failure::internal(what()))?;
    router
        .add_address(index, slot.gateway(config), SLOT_PREFIX_LENGTH)
        .doing(what)?;
    router.up(index).doing(what)
}

/// Removes what the router has on the host; its namespace goes with the others.
///
/// # Errors
/// When the system refuses.
pub fn remove(config: &Config) -> Outcome<()> {
    let what = || "The router cannot be removed".to_owned();
    if usable(config) {
        within(config, || {
            let router = Netlink::open().doing(what)?;
            for name in router.names(&interface_prefix(config)).doing(what)? {
                if let Some(index) = router.index(&name).doing(what)? {
                    router.delete(index).doing(what)?;
                }
            }
            Ok(())
        })?;
    }
    let host = Netlink::open().doing(what)?;
    host.forget_rule(&host_rule(config)).doing(what)?;
    let mut names = host.names(&interface_prefix(config)).doing(what)?;
    names.push(dns_interface(config));
    for name in names {
        if let Some(index) = host.index(&name).doing(what)? {
            host.delete(index).doing(what)?;
        }
    }
    Ok(())
}

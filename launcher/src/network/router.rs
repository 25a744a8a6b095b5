//! The router: a network namespace of ours between the sandboxes and the host. Nobody else's firewall is loaded in it or
//! removed from it, and nothing listens in it. It passes on only what our table has marked: without the table its
//! routing refuses everything.

use std::fs;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

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
    namespaces(config).join("router")
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
    in_namespace(&path(config), work)
}

/// Does something in a network namespace. A thread is what one is entered with, and it cannot be used for anything
/// else afterwards.
///
/// # Errors
/// When it cannot be entered, and those of the work.
pub fn in_namespace<T: Send>(path: &Path, work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    let what = || format!("The network namespace {} cannot be entered", path.display());
    let namespace = fs::File::open(path).doing(what)?;
    in_thread(move || {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).doing(what)?;
        work()
    })
}

/// Does something in a thread of its own.
///
/// # Errors
/// Those of the work.
pub fn in_thread<T: Send>(work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    let ended_early = |_| Err(Failure::internal("A thread ended early."));
    thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(ended_early))
}

/// Makes a namespace without IPv6 under a name, where there is none yet.
///
/// # Errors
/// When the system refuses.
pub fn make_namespace(path: &Path) -> Outcome<()> {
    if path.exists() {
        return Ok(());
    }
    let what = || format!("The network namespace {} cannot be made", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).doing(what)?;
    in_thread(|| {
        crate::system::enter_new_network_namespace().doing(what)?;
        // Before any interface exists: they take the setting over. Absent where the kernel has no IPv6.
        for interfaces in ["all", "default"] {
            set_ipv6(interfaces, false)?;
        }
        fs::write(path, "").doing(what)?;
        rustix::mount::mount_bind("/proc/thread-self/ns/net", path).doing(what)
    })
}

/// Turns IPv6 on or off in the network namespace of the calling thread.
///
/// # Errors
/// When the system refuses.
pub fn set_ipv6(interface: &str, on: bool) -> Outcome<()> {
    let path = format!("/proc/sys/net/ipv6/conf/{interface}/disable_ipv6");
    match fs::write(&path, if on { "0" } else { "1" }) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => result.doing(|| format!("IPv6 cannot be turned on or off on {interface}")),
    }
}

/// Makes the router and its pair, at whose host's end the runner answers DNS, and lets the host forward packets.
///
/// # Errors
/// When the system refuses.
pub fn prepare(config: &Config) -> Outcome<()> {
    let what = || "The router cannot be made".to_owned();
    make_namespace(&path(config))?;
    if !usable(config) {
        // A start that was interrupted left the name without a namespace.
        super::slots::remove_namespace(&path(config))?;
        make_namespace(&path(config))?;
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
        set_ipv6(&name, false)?;
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

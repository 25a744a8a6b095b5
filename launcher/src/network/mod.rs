//! A network for each sandbox: a namespace and a pair of interfaces from a pool made in advance. The pairs lead to a
//! router, a namespace of ours, where a table of nftables says who may reach what; from there one pair leads to the host.

mod conntrack;
pub mod firewall;
pub mod namespaces;
pub mod netlink;
pub mod router;
pub mod rules;
mod ruleset_monitor;
pub mod slots;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use crate::config::Config;

/// A place for one sandbox's network. They are counted from 1; the addresses that number 0 would have are the
/// launcher's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u16);

/// The length of a slot's own network: network, gateway, sandbox, broadcast.
pub const SLOT_PREFIX_LENGTH: u8 = 30;

impl Slot {
    fn first_address(self, config: &Config) -> u32 {
        u32::from(config.address_pool.first()) + 4 * u32::from(self.0)
    }

    /// The router's address on the pair.
    pub fn gateway(self, config: &Config) -> Ipv4Addr {
        Ipv4Addr::from(self.first_address(config) + 1)
    }

    /// The sandbox's address.
    pub fn address(self, config: &Config) -> Ipv4Addr {
        Ipv4Addr::from(self.first_address(config) + 2)
    }

    /// The router's interface of the pair.
    pub fn interface(self, config: &Config) -> String {
        format!("{}{}", interface_prefix(config), self.0)
    }

    /// The file that names the namespace.
    pub fn namespace(self, config: &Config) -> PathBuf {
        namespaces::folder(config).join(self.0.to_string())
    }
}

/// What the names of all our pairs begin with. The hyphen keeps instance `a` apart from `a1`.
pub fn interface_prefix(config: &Config) -> String {
    format!("sl{}-", config.instance)
}

/// The interface that holds the address at which the runner answers DNS.
pub fn dns_interface(config: &Config) -> String {
    format!("sl{}", config.instance)
}

/// The name of our table of nftables, in the router and on the host.
pub fn table(config: &Config) -> String {
    format!("sandlot_{}", config.instance)
}

//! The text of our two tables of nftables: the router's, which says who may reach what, and the host's, which marks what
//! comes from the router and gives it the host's address. Nothing in it but typed values.

use super::router::{MARK, UPLINK};
use super::{Slot, dns_interface, interface_prefix};
use crate::config::Config;

/// Private, shared, local and reserved ranges, and the one public address at which a cloud (Azure) serves its machines'
/// secrets. The documentation ranges stay open: on a real host nothing lives there, and whatever is local to the host is
/// closed by `firewall::refresh_host_networks`.
const CLOSED_RANGES: &str = "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 168.63.129.16/32, 169.254.0.0/16, \
                             172.16.0.0/12, 192.0.0.0/24, 192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/3";
/// Tracked connections of one sandbox; those of DNS queries count apart.
const FLOWS_MAX: u32 = 4_096;

/// The host's table. What comes from the sandboxes reaches the name server on the host and nothing else of it; routing
/// passes on only what is marked here.
pub fn host_table(config: &Config) -> String {
    let table = super::table(config);
    let interface = dns_interface(config);
    let pool = config.address_pool;
    let dns = config.dns_address();
    let port = config.dns_port;
    format!(
        "table inet {table} {{
  chain prerouting {{
    type filter hook prerouting priority raw; policy accept;
    iifname \"{interface}\" meta mark set meta mark or {MARK:#x}
  }}
  chain input {{
    type filter hook input priority filter; policy accept;
    iifname \"{interface}\" jump from_sandboxes
    ip daddr {dns} iifname != {{ \"lo\", \"{interface}\" }} drop
  }}
  chain from_sandboxes {{
    ip saddr {pool} ip daddr {dns} udp dport {port} accept
    ip saddr {pool} ip daddr {dns} tcp dport {port} accept
    drop
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    iifname \"{interface}\" ip saddr != {pool} drop
    oifname \"{interface}\" ct state established,related accept
    oifname \"{interface}\" drop
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {pool} oifname != {{ \"lo\", \"{interface}\" }} masquerade
  }}
}}
"
    )
}

/// The router's table. A packet passes the chains in their order. Refused packets are answered, up to a rate, so that
/// programs need not wait for a timeout: with a TCP reset, and for UDP with the one kind of ICMP error that gVisor passes on
/// to programs.
pub fn router_table(config: &Config) -> String {
    let table = super::table(config);
    let sets = sets(config);
    let called = called_chains(config);
    let slots = format!("\"{}*\"", interface_prefix(config));
    let dns = config.dns_address();
    let port = config.dns_port;
    format!(
        "table inet {table} {{
{sets}
{called}  chain prerouting {{
    type filter hook prerouting priority raw; policy accept;
    iifname {slots} jump antispoof
    meta mark set {MARK:#x}
  }}
  chain dns_nat {{
    type nat hook prerouting priority dstnat; policy accept;
    iifname {slots} ip daddr {dns} udp dport 53 dnat ip to {dns}:{port}
    iifname {slots} ip daddr {dns} tcp dport 53 dnat ip to {dns}:{port}
  }}
  chain input {{
    type filter hook input priority filter; policy accept;
    iifname {slots} jump refuse
    iifname \"{UPLINK}\" ct state != {{ established, related }} drop
  }}
  chain forward {{
    type filter hook forward priority filter; policy drop;
    iifname {slots} jump from_sandbox
    iifname \"{UPLINK}\" oifname {slots} jump to_sandbox
  }}
  chain from_sandbox {{
    ip daddr {dns} jump dns_queries
    iifname @blocked jump refuse
    ip daddr @closed_ranges jump refuse
    ip daddr @host_networks jump refuse
    fib daddr type != unicast jump refuse
    iifname @allowlisted iifname . ip daddr != @allowed jump refuse
    ct state new add @flows {{ ip saddr ct count over {FLOWS_MAX} }} jump refuse
    oifname \"{UPLINK}\" accept
    drop
  }}
  chain to_sandbox {{
    ip saddr {dns} ct state established accept
    oifname @blocked drop
    ct state related meta l4proto icmp accept
    oifname @allowlisted oifname . ip saddr != @allowed drop
    ct state established,related accept
    drop
  }}
}}
"
    )
}

/// The chains that others jump to.
fn called_chains(config: &Config) -> String {
    let port = config.dns_port;
    format!(
        "  chain antispoof {{
    meta nfproto ipv6 drop
    iifname . ip saddr != @slots drop
  }}
  chain dns_queries {{
    meta l4proto udp update @dns_rate {{ ip saddr limit rate over 200/second burst 400 packets }} drop
    meta l4proto tcp ct state new update @dns_rate {{ ip saddr limit rate over 200/second burst 400 packets }} drop
    ct state new add @dns_flows {{ ip saddr ct count over {FLOWS_MAX} }} jump refuse
    ct status dnat udp dport {port} accept
    iifname @blocked jump refuse
    ct status dnat tcp dport {port} accept
    jump refuse
  }}
  chain refuse {{
    update @refusal_rate {{ ip saddr limit rate over 200/second burst 400 packets }} drop
    meta l4proto tcp reject with tcp reset
    meta l4proto udp reject with icmp type port-unreachable
    reject with icmp type admin-prohibited
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
  set closed_ranges {{ type ipv4_addr; flags interval; auto-merge; elements = {{ {CLOSED_RANGES}{more} }} }}
  set host_networks {{ type ipv4_addr; flags interval; auto-merge; }}
  set blocked {{ type ifname; }}
  set allowlisted {{ type ifname; }}
  set allowed {{ type ifname . ipv4_addr; flags interval; }}
  set dns_rate {{ type ipv4_addr; flags dynamic; size 65535; timeout 1m; }}
  set refusal_rate {{ type ipv4_addr; flags dynamic; size 65535; timeout 1m; }}
  set flows {{ type ipv4_addr; flags dynamic; size 65535; }}
  set dns_flows {{ type ipv4_addr; flags dynamic; size 65535; }}",
        slots.join(", ")
    )
}

//! Interfaces, addresses and routes through a netlink socket: a process of `ip` costs milliseconds, this does not.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use crate::values::Cidr;

/// The multicast group for changes of IPv4 routes.
const GROUP_IPV4_ROUTE: u32 = 7;

/// A socket of the network namespace in which it was opened.
pub struct Netlink {
    socket: Socket,
}

impl Netlink {
    /// Opens one in the namespace of the calling thread.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self { socket })
    }

    /// Subscribes to changes of IPv4 routes: [`Self::wait`] returns after each.
    pub fn subscribe_to_routes() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.add_membership(GROUP_IPV4_ROUTE)?;
        Ok(Self { socket })
    }

    /// Waits for the next message of the group.
    pub fn wait(&self) -> io::Result<()> {
        self.socket.recv_from_full().map(drop)
    }

    /// Makes a pair of interfaces: one here, the other in another namespace, or here too.
    pub fn add_pair(&self, name: &str, other: &str, namespace: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let mut peer = LinkMessage::default();
        peer.attributes.push(LinkAttribute::IfName(other.into()));
        peer.attributes
            .extend(namespace.map(|namespace| LinkAttribute::NetNsFd(namespace.as_raw_fd())));
        let information = vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ];
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::IfName(name.into()));
        message.attributes.push(LinkAttribute::LinkInfo(information));
        self.change(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL)
    }

    /// The number of an interface; none when it does not exist.
    pub fn index(&self, name: &str) -> io::Result<Option<u32>> {
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::IfName(name.into()));
        let answers = match self.exchange(RouteNetlinkMessage::GetLink(message), 0) {
            Err(error) if error.raw_os_error() == Some(libc::ENODEV) => return Ok(None),
            answers => answers?,
        };
        let index = |answer| match answer {
            RouteNetlinkMessage::NewLink(link) => Some(link.header.index),
            _ => None,
        };
        Ok(answers.into_iter().find_map(index))
    }

    /// All interfaces with a name that begins so.
    pub fn names(&self, prefix: &str) -> io::Result<Vec<String>> {
        let answers = self.exchange(RouteNetlinkMessage::GetLink(LinkMessage::default()), NLM_F_DUMP)?;
        let mut names = Vec::new();
        for answer in answers {
            if let RouteNetlinkMessage::NewLink(link) = answer {
                names.extend(link.attributes.into_iter().filter_map(|attribute| match attribute {
                    LinkAttribute::IfName(name) if name.starts_with(prefix) => Some(name),
                    _ => None,
                }));
            }
        }
        Ok(names)
    }

    /// Sets an interface up.
    pub fn up(&self, index: u32) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.flags = LinkFlags::Up;
        message.header.change_mask = LinkFlags::Up;
        self.change(RouteNetlinkMessage::SetLink(message), 0)
    }

    /// Removes an interface, and with it the other end of its pair.
    pub fn delete(&self, index: u32) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        self.change(RouteNetlinkMessage::DelLink(message), 0)
    }

    /// Gives an interface an address; it may have it already.
    pub fn add_address(&self, index: u32, address: Ipv4Addr, prefix_length: u8) -> io::Result<()> {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.prefix_len = prefix_length;
        message.header.index = index;
        message.attributes.push(AddressAttribute::Local(IpAddr::V4(address)));
        message.attributes.push(AddressAttribute::Address(IpAddr::V4(address)));
        self.change(RouteNetlinkMessage::NewAddress(message), NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// Adds a default route through this gateway.
    pub fn add_default_route(&self, index: u32, gateway: Ipv4Addr) -> io::Result<()> {
        self.add_route(Cidr::around(Ipv4Addr::UNSPECIFIED, 0), index, gateway)
    }

    /// Adds a route for a range through this gateway.
    pub fn add_route(&self, range: Cidr, index: u32, gateway: Ipv4Addr) -> io::Result<()> {
        let mut message = RouteMessage::default();
        message.header.address_family = AddressFamily::Inet;
        message.header.table = RouteHeader::RT_TABLE_MAIN;
        message.header.protocol = RouteProtocol::Static;
        message.header.scope = RouteScope::Universe;
        message.header.kind = RouteType::Unicast;
        message.header.destination_prefix_length = range.length();
        if range.length() > 0 {
            let destination = RouteAttribute::Destination(RouteAddress::Inet(range.first()));
            message.attributes.push(destination);
        }
        message
            .attributes
            .push(RouteAttribute::Gateway(RouteAddress::Inet(gateway)));
        message.attributes.push(RouteAttribute::Oif(index));
        self.change(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// Moves an interface into another namespace; its addresses do not go with it.
    pub fn move_to(&self, index: u32, namespace: BorrowedFd<'_>) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.attributes.push(LinkAttribute::NetNsFd(namespace.as_raw_fd()));
        self.change(RouteNetlinkMessage::SetLink(message), 0)
    }

    /// Adds a routing rule; it may be there already.
    pub fn add_rule(&self, rule: &Rule) -> io::Result<()> {
        let added = RouteNetlinkMessage::NewRule(rule.message());
        match self.change(added, NLM_F_CREATE | NLM_F_EXCL) {
            Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Ok(()),
            result => result,
        }
    }

    /// Removes a routing rule; it may be gone already.
    pub fn remove_rule(&self, rule: &Rule) -> io::Result<()> {
        self.delete_rule(rule.message())
    }

    /// Removes the routing rule of this priority; it may be gone already.
    pub fn remove_rule_of(&self, priority: u32) -> io::Result<()> {
        let mut message = RuleMessage::default();
        message.header.family = AddressFamily::Inet;
        message.attributes.push(RuleAttribute::Priority(priority));
        self.delete_rule(message)
    }

    fn delete_rule(&self, message: RuleMessage) -> io::Result<()> {
        match self.change(RouteNetlinkMessage::DelRule(message), 0) {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
            result => result,
        }
    }

    /// The routes of the main table, and what is the host's own: where to, and whether directly or through a gateway.
    pub fn routes(&self) -> io::Result<Vec<Route>> {
        let mut message = RouteMessage::default();
        message.header.address_family = AddressFamily::Inet;
        let answers = self.exchange(RouteNetlinkMessage::GetRoute(message), NLM_F_DUMP)?;
        Ok(answers.into_iter().filter_map(route).collect())
    }

    fn change(&self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        self.exchange(message, flags | NLM_F_ACK).map(drop)
    }

    fn exchange(&self, message: RouteNetlinkMessage, flags: u16) -> io::Result<Vec<RouteNetlinkMessage>> {
        let mut request = NetlinkMessage::from(message);
        request.header.flags = NLM_F_REQUEST | flags;
        request.finalize();
        let mut bytes = vec![0; request.buffer_len()];
        request.serialize(&mut bytes);
        self.socket.send(&bytes, 0)?;
        let mut answers = Vec::new();
        loop {
            let (datagram, _) = self.socket.recv_from_full()?;
            if collect(&datagram, flags, &mut answers)? {
                return Ok(answers);
            }
        }
    }
}

/// Reads the messages of a datagram; true when the answer is complete.
fn collect(datagram: &[u8], flags: u16, answers: &mut Vec<RouteNetlinkMessage>) -> io::Result<bool> {
    let mut rest = datagram;
    while !rest.is_empty() {
        let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        let length = (message.header.length as usize).next_multiple_of(4);
        match message.payload {
            NetlinkPayload::Error(error) => return error.code.map_or(Ok(true), |_| Err(error.to_io())),
            NetlinkPayload::Done(_) => return Ok(true),
            NetlinkPayload::InnerMessage(answer) => answers.push(answer),
            _ => {}
        }
        rest = rest.get(length..).unwrap_or(&[]);
    }
    let single = flags & (NLM_F_DUMP | NLM_F_ACK) == 0;
    Ok(single)
}

/// A route of the host.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Which addresses it is for.
    pub range: Cidr,
    /// Whether they are neighbours or the host's own, rather than behind a gateway.
    pub direct: bool,
    /// The gateway, where there is a single one.
    pub gateway: Option<Ipv4Addr>,
}

/// A routing rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Lower ones come first.
    pub priority: u32,
    /// Where a packet must have come from; `lo` for the machine's own.
    pub interface: Option<String>,
    /// What its mark must be, and the mask.
    pub marked: Option<(u32, u32)>,
    /// What happens to a packet.
    pub verdict: Verdict,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is routed by the main table.
    Main,
    /// It is refused with an ICMP error.
    Prohibit,
}

impl Rule {
    fn message(&self) -> RuleMessage {
        let mut message = RuleMessage::default();
        message.header.family = AddressFamily::Inet;
        (message.header.action, message.header.table) = match self.verdict {
            Verdict::Main => (RuleAction::ToTable, RouteHeader::RT_TABLE_MAIN),
            Verdict::Prohibit => (RuleAction::Prohibit, RouteHeader::RT_TABLE_UNSPEC),
        };
        message.attributes.push(RuleAttribute::Priority(self.priority));
        message
            .attributes
            .extend(self.interface.clone().map(RuleAttribute::Iifname));
        if let Some((mark, mask)) = self.marked {
            message.attributes.push(RuleAttribute::FwMark(mark));
            message.attributes.push(RuleAttribute::FwMask(mask));
        }
        message
    }
}

fn route(answer: RouteNetlinkMessage) -> Option<Route> {
    let RouteNetlinkMessage::NewRoute(message) = answer else {
        return None;
    };
    if ![RouteHeader::RT_TABLE_MAIN, libc::RT_TABLE_LOCAL].contains(&message.header.table) {
        return None;
    }
    let mut address = Ipv4Addr::UNSPECIFIED;
    let mut direct = true;
    let mut gateway = None;
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(RouteAddress::Inet(destination)) => address = *destination,
            RouteAttribute::Gateway(RouteAddress::Inet(through)) => {
                gateway = Some(*through);
                direct = false;
            }
            RouteAttribute::Gateway(_) | RouteAttribute::Via(_) | RouteAttribute::MultiPath(_) => direct = false,
            _ => {}
        }
    }
    let range = Cidr::around(address, message.header.destination_prefix_length);
    Some(Route { range, direct, gateway })
}

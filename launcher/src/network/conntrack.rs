//! Deletes the tracked connections of a sandbox that has ended. The kernel would go on passing their packets to its
//! address, which another tenant's sandbox gets next.

use std::io;
use std::net::Ipv4Addr;

use netlink_sys::protocols::NETLINK_NETFILTER;
use netlink_sys::{Socket, SocketAddr};

const SUBSYSTEM: u16 = 1 << 8;
const GET: u16 = SUBSYSTEM | 1;
const DELETE: u16 = SUBSYSTEM | 2;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const REQUEST: u16 = 0x1;
const ACKNOWLEDGE: u16 = 0x4;
const DUMP: u16 = 0x300;
const HEADER_BYTES: usize = 16;
/// The address family, the version and a resource number, which follow each header.
const GENERIC_BYTES: usize = 4;
const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_ADDRESSES: u16 = 1;
const SOURCE_V4: u16 = 1;
/// The upper bits of an attribute's type are flags.
const TYPE_MASK: u16 = 0x3fff;

/// Deletes every connection that was opened from this address. Returns how many.
///
/// # Errors
/// When the kernel has no connection tracking, or refuses.
pub fn delete_flows(address: Ipv4Addr) -> io::Result<usize> {
    let mut socket = Socket::new(NETLINK_NETFILTER)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&message(GET, REQUEST | DUMP, &[]), 0)?;
    let mut found = Vec::new();
    while !collect(&socket.recv_from_full()?.0, address, &mut found)? {}
    for tuple in &found {
        socket.send(&message(DELETE, REQUEST | ACKNOWLEDGE, tuple), 0)?;
        // One that has ended in the meantime is as good.
        socket.recv_from_full()?;
    }
    Ok(found.len())
}

fn message(kind: u16, flags: u16, attributes: &[u8]) -> Vec<u8> {
    let length = HEADER_BYTES + GENERIC_BYTES + attributes.len();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend((length as u32).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend([libc::AF_INET as u8, 0, 0, 0]);
    bytes.extend(attributes);
    bytes
}

/// Keeps the original tuple of each connection from the address; true when the list is complete.
fn collect(datagram: &[u8], address: Ipv4Addr, found: &mut Vec<Vec<u8>>) -> io::Result<bool> {
    let mut rest = datagram;
    while let (Some(length), Some(kind)) = (u32_at(rest, 0), u16_at(rest, 4)) {
        let length = length as usize;
        let Some(body) = rest.get(HEADER_BYTES..length) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        match kind {
            DONE => return Ok(true),
            ERROR => return Err(io::Error::from_raw_os_error(-(u32_at(body, 0).unwrap_or(0) as i32))),
            _ => found.extend(tuple_from(body.get(GENERIC_BYTES..).unwrap_or(&[]), address)),
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    Ok(false)
}

fn tuple_from(attributes: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
    let tuple = attribute(attributes, TUPLE_ORIGINAL)?;
    let source = attribute(payload(attribute(payload(tuple), TUPLE_ADDRESSES)?), SOURCE_V4)?;
    (payload(source) == address.octets()).then(|| tuple.to_vec())
}

/// The first attribute of this type, with its header.
fn attribute(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = bytes;
    loop {
        let length = usize::from(u16_at(rest, 0)?);
        let kind = u16_at(rest, 2)? & TYPE_MASK;
        let whole = rest.get(..length).filter(|whole| whole.len() >= 4)?;
        if kind == wanted {
            return Some(whole);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

fn payload(attribute: &[u8]) -> &[u8] {
    attribute.get(4..).unwrap_or(&[])
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

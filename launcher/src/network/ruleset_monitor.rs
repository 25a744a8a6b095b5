//! Reports when nftables rules are removed, in the network namespace of the calling thread.

use std::io;

use netlink_sys::protocols::NETLINK_NETFILTER;
use netlink_sys::{Socket, SocketAddr};

/// The multicast group for changes of tables, chains, rules and sets.
const GROUP: u32 = 7;
const SUBSYSTEM: u16 = 10 << 8;
/// Deleted table, chain, rule, set. Our own changes of policies delete nothing but elements.
const REMOVALS: [u16; 4] = [SUBSYSTEM | 2, SUBSYSTEM | 5, SUBSYSTEM | 8, SUBSYSTEM | 11];
/// Where a message has its type.
const KIND_OFFSET: usize = 4;

/// A subscription to changes.
pub struct RulesetMonitor {
    socket: Socket,
}

impl RulesetMonitor {
    /// Subscribes.
    ///
    /// # Errors
    /// When the kernel has no nftables, or refuses.
    pub fn subscribe() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_NETFILTER)?;
        socket.bind(&SocketAddr::new(0, 0))?;
        socket.add_membership(GROUP)?;
        Ok(Self { socket })
    }

    /// Waits until something is removed from a table of this name.
    ///
    /// # Errors
    /// When changes were so many that the kernel dropped some.
    pub fn wait_for_removal(&self, table: &str) -> io::Result<()> {
        loop {
            let (datagram, _) = self.socket.recv_from_full()?;
            if messages(&datagram).any(|message| removes(message, table)) {
                return Ok(());
            }
        }
    }
}

fn messages(datagram: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let length = u32::from_ne_bytes(*rest.first_chunk()?) as usize;
        let message = rest.get(..length).filter(|message| message.len() > KIND_OFFSET + 2)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        Some(message)
    })
}

/// The name of the table stands in the message as text that ends with a zero byte.
fn removes(message: &[u8], table: &str) -> bool {
    let kind = message
        .get(KIND_OFFSET..KIND_OFFSET + 2)
        .and_then(|bytes| bytes.first_chunk().copied());
    let name = [table.as_bytes(), &[0]].concat();
    kind.is_some_and(|kind| REMOVALS.contains(&u16::from_ne_bytes(kind)))
        && message.windows(name.len()).any(|window| window == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend((8 + text.len() as u32).to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(text.as_bytes());
        bytes
    }

    #[test]
    fn a_removal_is_one_of_our_own_table() {
        let other = message(SUBSYSTEM | 2, "sandlot_bb\0\0");
        let ours = message(SUBSYSTEM | 2, "sandlot_b\0\0\0");
        let both = [other.clone(), ours.clone()].concat();
        assert!(messages(&both).any(|message| removes(message, "sandlot_b")));
        assert!(!removes(&other, "sandlot_b"));
        assert!(!removes(&message(SUBSYSTEM | 13, "sandlot_b\0"), "sandlot_b"));
        assert_eq!(messages(&[7, 0, 0, 0, 1]).count(), 0);
    }
}

//! Listening TCP ports, as the kernel's tables show them.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::errors::{Failure, Outcome};

const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
const LISTEN: &str = "0A";
const POLL_INTERVAL_MIN: Duration = Duration::from_millis(5);
const POLL_INTERVAL_MAX: Duration = Duration::from_millis(100);

/// Where something listens, in both address families. Blocks.
pub fn listeners() -> Vec<SocketAddr> {
    TABLES
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| table.lines().skip(1).filter_map(parse).collect::<Vec<_>>())
        .collect()
}

/// The ports of all listeners, sorted, each once.
pub async fn list() -> Vec<u32> {
    let found = spawn_blocking(listeners).await.unwrap_or_default();
    let ports: BTreeSet<u32> = found.iter().map(|listener| u32::from(listener.port())).collect();
    ports.into_iter().collect()
}

/// Waits until something listens on a port, without connecting to it.
///
/// # Errors
/// `DEADLINE_EXCEEDED`.
pub async fn wait_for(port: u16, timeout: Duration) -> Outcome<()> {
    let deadline = Instant::now() + timeout;
    let mut interval = POLL_INTERVAL_MIN;
    while !list().await.contains(&u32::from(port)) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let milliseconds = timeout.as_millis();
            return Err(Failure::deadline(format!(
                "nothing listens on port {port} after {milliseconds} ms"
            )));
        }
        sleep(interval.min(left)).await;
        interval = (interval * 2).min(POLL_INTERVAL_MAX);
    }
    Ok(())
}

fn parse(line: &str) -> Option<SocketAddr> {
    let mut fields = line.split_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    Some(SocketAddr::new(
        parse_address(address)?,
        u16::from_str_radix(port, 16).ok()?,
    ))
}

/// Addresses are printed as 32-bit words in the machine's own byte order.
fn parse_address(text: &str) -> Option<IpAddr> {
    let word = |index: usize| {
        let digits = text.get(index * 8..index * 8 + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    if text.len() == 8 {
        return Some(IpAddr::V4(Ipv4Addr::from(word(0)?)));
    }
    let mut bytes = [0; 16];
    for (index, chunk) in bytes.chunks_mut(4).enumerate() {
        chunk.copy_from_slice(&word(index)?);
    }
    Some(IpAddr::V6(Ipv6Addr::from(bytes)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_listeners_of_both_families_and_nothing_else() {
        let four = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1";
        assert_eq!(parse(four), Some("127.0.0.1:8080".parse().unwrap()));
        let six = "   1: 00000000000000000000000001000000:0050 0000:0000 0A 0:0 0:0 0 0 0 1";
        assert_eq!(parse(six), Some("[::1]:80".parse().unwrap()));
        assert_eq!(parse(&four.replace(" 0A ", " 01 ")), None);
        assert_eq!(parse("nonsense"), None);
    }
}

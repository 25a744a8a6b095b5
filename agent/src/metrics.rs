//! How much the sandbox uses, as its own kernel sees it.

use std::fs;

use crate::process_table;
use crate::proto::Metrics;

const TICK_US: u64 = 10_000;
const PAGE_BYTES: u64 = 4_096;

/// Reads everything now. Blocks.
pub fn read() -> Metrics {
    let rows = process_table::read();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let (total, free) = (field(&memory, "MemTotal:"), field(&memory, "MemFree:"));
    let cached = field(&memory, "Cached:") + field(&memory, "Buffers:");
    Metrics {
        process_count: u32::try_from(rows.iter().filter(|row| row.running).count()).unwrap_or(u32::MAX),
        memory_total_bytes: total,
        memory_used_bytes: total.saturating_sub(free).saturating_sub(cached),
        memory_cached_bytes: cached,
        // PID 1 has reaped whom others have not, so every processor second is in some row.
        cpu_used_us: rows.iter().map(|row| row.ticks).sum::<u64>() * TICK_US,
        agent_memory_bytes: own_memory(),
    }
}

/// A line of `/proc/meminfo`, in bytes.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or(0) * 1_024
}

fn own_memory() -> u64 {
    let sizes = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = sizes
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    resident.unwrap_or(0) * PAGE_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_this_process_and_this_machine() {
        let metrics = read();
        assert!(metrics.process_count > 0);
        assert!(metrics.memory_used_bytes > 0 && metrics.memory_used_bytes < metrics.memory_total_bytes);
        assert!(metrics.agent_memory_bytes > 100_000);
    }
}

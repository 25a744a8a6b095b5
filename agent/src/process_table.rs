//! The kernel's process table, as `/proc` shows it.

use std::fs;

/// One process.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub pid: i32,
    /// Its parent's.
    pub parent: i32,
    /// Its process group's.
    pub group: i32,
    /// Its session's.
    pub session: i32,
    /// Not ended and waiting to be reaped.
    pub running: bool,
    /// Processor time in hundredths of a second: its own and that of children it has reaped.
    pub ticks: u64,
    /// Memory that is there, in pages.
    pub resident_pages: u64,
}

/// All processes there are now. One that ends meanwhile may be missing.
pub fn read() -> Vec<Row> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .first()
                .is_some_and(u8::is_ascii_digit)
        })
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let line = fs::read(entry.path().join("stat")).ok()?;
            parse(pid, &String::from_utf8_lossy(&line))
        })
        .collect()
}

/// The hard limit of a process's resident memory, in bytes; `None` for no limit, and for a process that is gone. No
/// kernel that the agent runs on enforces it.
pub fn resident_limit(pid: i32) -> Option<u64> {
    let limits = fs::read(format!("/proc/{pid}/limits")).ok()?;
    let limits = String::from_utf8_lossy(&limits);
    let values = limits.lines().find_map(|line| line.strip_prefix("Max resident set"))?;
    values.split_whitespace().nth(1)?.parse().ok()
}

/// The line of a process that is just ending may call it 0, which means everybody to `kill`: its folder names it.
fn parse(pid: i32, line: &str) -> Option<Row> {
    // The name is in brackets and may itself hold spaces and brackets.
    let fields: Vec<&str> = line[line.rfind(')')? + 1..].split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse().ok());
    let long = |index: usize| fields.get(index).and_then(|field| field.parse().ok());
    Some(Row {
        pid,
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        running: !matches!(fields.first(), Some(&"Z" | &"X")),
        ticks: (11..=14)
            .filter_map(|index| fields.get(index)?.parse::<u64>().ok())
            .sum(),
        resident_pages: long(21).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_a_name_with_spaces_and_brackets() {
        let line = "0 (a) b (c)) S 7 8 9 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 5 6000 77";
        let row = parse(42, line).unwrap();
        assert_eq!((row.pid, row.parent, row.group, row.session), (42, 7, 8, 9));
        assert_eq!((row.ticks, row.resident_pages), (10, 77));
    }

    #[test]
    fn finds_this_process() {
        let own = std::process::id().cast_signed();
        assert!(read().iter().any(|row| row.pid == own && row.running));
    }
}

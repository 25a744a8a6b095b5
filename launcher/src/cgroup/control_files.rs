//! Reads and writes the control files of cgroups.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A number or a table of the cgroup file system fits.
const FILE_BYTES_MAX: usize = 8 * 1024;

/// Opens a file that is written to as well.
pub fn open_for_writing(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Writes a number, from the beginning of an open file.
pub fn write_number(file: &File, number: u64) -> io::Result<()> {
    file.write_all_at(number.to_string().as_bytes(), 0)
}

/// The text of an open file, from its beginning.
pub fn text_of(file: &File) -> io::Result<String> {
    let mut bytes = vec![0; FILE_BYTES_MAX];
    let count = file.read_at(&mut bytes, 0)?;
    bytes.truncate(count);
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// The number that an open file holds.
pub fn number_of(file: &File) -> io::Result<u64> {
    parse(&text_of(file)?)
}

/// The number that a file holds.
pub fn number(path: &Path) -> io::Result<u64> {
    parse(&fs::read_to_string(path)?)
}

/// The number after a name, in a file with one name and number a line.
pub fn field(path: &Path, name: &str) -> io::Result<u64> {
    field_in(&fs::read_to_string(path)?, name).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The number after a name, in a text with one name and number a line.
pub fn field_in(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// Sets a CPU quota and a burst of the same size, where the kernel has bursts. The quota may not be smaller than the burst
/// at any time.
pub fn set_quota(quota: &Path, content: &str, burst: &Path, burst_us: u64) -> io::Result<()> {
    let bursts = burst.exists();
    if bursts {
        fs::write(burst, "0")?;
    }
    fs::write(quota, content)?;
    if bursts {
        fs::write(burst, burst_us.to_string())?;
    }
    Ok(())
}

fn parse(text: &str) -> io::Result<u64> {
    text.trim().parse().map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::field_in;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "oom 7\noom_kill 3\noom_kill_disable 0\n";
        assert_eq!(field_in(text, "oom_kill"), Some(3));
        assert_eq!(field_in(text, "oom_group_kill"), None);
    }
}

//! What the engine and the agent write to standard output and error: the last part of it, in a file.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::OwnedFd;

use rustix::io::Errno;

const FILE_BYTES_MAX: usize = 256 * 1024;
const LAST_WORDS_BYTES: usize = 2_048;
const READ_BYTES: usize = 4_096;
/// Then the link gets its turn, whatever the sandbox writes.
const READS_MAX: usize = 64;

/// The file, which starts anew when it is full, so that a flood fills no disk.
pub struct EngineLog {
    file: File,
    length: usize,
    last: Vec<u8>,
    ended: bool,
    lacked_memory: bool,
}

impl EngineLog {
    /// A log into an empty file.
    pub fn new(file: File) -> Self {
        Self {
            file,
            length: 0,
            last: Vec::new(),
            ended: false,
            lacked_memory: false,
        }
    }

    /// Whether all that could write have closed their end.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Copies what has been written, without waiting.
    pub fn copy(&mut self, output: &OwnedFd) {
        let mut bytes = [0; READ_BYTES];
        for _ in 0..READS_MAX {
            if self.ended {
                return;
            }
            match rustix::io::read(output, &mut bytes) {
                Ok(0) => self.ended = true,
                Ok(count) => self.keep(&bytes[..count]),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.ended = true,
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.length + bytes.len() > FILE_BYTES_MAX {
            // A log that cannot be written must not end the sandbox.
            let _ = self.file.set_len(0).and_then(|()| self.file.rewind());
            self.length = 0;
        }
        let _ = self.file.write_all(bytes);
        self.length += bytes.len();
        self.last.extend_from_slice(bytes);
        self.lacked_memory |= of_lacking_memory(&self.last);
        let surplus = self.last.len().saturating_sub(LAST_WORDS_BYTES);
        self.last.drain(..surplus);
    }

    /// Whether it tells of an allocation that failed. An engine that gives up for that says so first, and much after it.
    pub fn lacked_memory(&self) -> bool {
        self.lacked_memory
    }

    /// The end of it, in one line.
    pub fn last_words(&self) -> String {
        let text = String::from_utf8_lossy(&self.last);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn of_lacking_memory(bytes: &[u8]) -> bool {
    let words = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    [
        "cannot allocate memory",
        "out of memory",
        "enomem",
        "errno=12",
        "errno 12",
    ]
    .iter()
    .any(|word| words.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_an_engine_that_gave_up_for_lack_of_memory() {
        assert!(of_lacking_memory(
            b"panic: clone failed: cannot allocate memory\n\ngoroutine 1"
        ));
        assert!(!of_lacking_memory(
            b"sandlot-agent: memory is used up: ending 1 processes"
        ));
    }
}

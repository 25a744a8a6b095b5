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
}

impl EngineLog {
    /// A log into an empty file.
    pub fn new(file: File) -> Self {
        Self {
            file,
            length: 0,
            last: Vec::new(),
            ended: false,
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
        let surplus = self.last.len().saturating_sub(LAST_WORDS_BYTES);
        self.last.drain(..surplus);
    }

    /// The end of it, in one line.
    pub fn last_words(&self) -> String {
        let text = String::from_utf8_lossy(&self.last);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

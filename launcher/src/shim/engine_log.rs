//! What the engine and the agent write to standard output and error: the last part of it, in a file.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;

use super::budget::Budget;

const FILE_BYTES_MAX: usize = 256 * 1024;
const LAST_WORDS_BYTES: usize = 2_048;
const READ_BYTES: usize = 4_096;
/// What may be written at once, and each second. Whoever writes more waits: a file that starts anew at every 256 KiB is
/// worth no processor of the host's.
const BYTES_AT_ONCE: u32 = 1 << 20;
const BYTES_EACH_SECOND: u32 = 256 << 10;
/// Then the link gets its turn, whatever the sandbox writes.
const READS_MAX: usize = 64;

/// The file, which starts anew when it is full, so that a flood fills no disk.
pub struct EngineLog {
    file: File,
    length: usize,
    last: Vec<u8>,
    ended: bool,
    budget: Budget,
}

impl EngineLog {
    /// A log into an empty file.
    pub fn new(file: File) -> Self {
        Self {
            file,
            length: 0,
            last: Vec::new(),
            ended: false,
            budget: Budget::new(BYTES_AT_ONCE, BYTES_EACH_SECOND),
        }
    }

    /// Whether more is read at this moment.
    pub fn listening(&self) -> bool {
        !self.ended && self.pause().is_none()
    }

    /// How long nothing more is read, after a flood.
    pub fn pause(&self) -> Option<Duration> {
        self.budget.pause().filter(|_| !self.ended)
    }

    /// Copies what has been written, without waiting, as far as it may be.
    pub fn copy(&mut self, output: &OwnedFd) {
        if self.listening() {
            self.copy_rest(output);
        }
    }

    /// Copies what has been written before an end, however much there was before.
    pub fn copy_rest(&mut self, output: &OwnedFd) {
        let mut bytes = [0; READ_BYTES];
        for _ in 0..READS_MAX {
            if self.ended {
                return;
            }
            match rustix::io::read(output, &mut bytes) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.keep(&bytes[..count]);
                    self.budget.spend(count);
                }
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

//! The log of the engine and the agent: the last part of what they write to standard output and error, in a file.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;

use super::token_bucket::TokenBucket;

const FILE_BYTES_MAX: usize = 256 * 1024;
const TAIL_BYTES: usize = 2_048;
const READ_BYTES: usize = 4_096;
/// What may be written at once, and each second. A sandbox that writes more has to wait: a file that is truncated at every
/// 256 KiB is not worth the host's CPU time.
const BURST_BYTES: u32 = 1 << 20;
const BYTES_PER_SECOND: u32 = 256 << 10;
/// After so many reads the link gets its turn.
const READS_MAX: usize = 64;

/// The file, which is truncated when it is full, so that a flood fills no disk.
pub struct EngineLog {
    file: File,
    length: usize,
    tail: Vec<u8>,
    ended: bool,
    rate: TokenBucket,
}

impl EngineLog {
    /// A log into an empty file.
    pub fn new(file: File) -> Self {
        Self {
            file,
            length: 0,
            tail: Vec::new(),
            ended: false,
            rate: TokenBucket::new(BURST_BYTES, BYTES_PER_SECOND),
        }
    }

    /// Whether more is read at this moment.
    pub fn is_reading(&self) -> bool {
        !self.ended && self.pause().is_none()
    }

    /// How long nothing more is read because the rate limit is reached.
    pub fn pause(&self) -> Option<Duration> {
        self.rate.pause().filter(|_| !self.ended)
    }

    /// Copies what has been written, without waiting, within the rate limit.
    pub fn copy(&mut self, output: &OwnedFd) {
        if self.is_reading() {
            self.copy_rest(output);
        }
    }

    /// Copies what has been written, without the rate limit: for the last time.
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
                    self.rate.take(count);
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
        self.tail.extend_from_slice(bytes);
        let surplus = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus);
    }

    /// The end of it, in one line.
    pub fn tail(&self) -> String {
        let text = String::from_utf8_lossy(&self.tail);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

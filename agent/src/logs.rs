//! What a started process has written, on the sandbox's disk: the newest bytes of each stream, by offset.
//!
//! Each stream is one file used as a ring, so a log of `n` bytes never takes more than `n` bytes of disk and always
//! holds the last `n` that were written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::diagnostics::report;

/// Where logs are unless `SANDLOT_STATE_DIRECTORY` says otherwise. On disk and not in memory, for the superuser only.
const DIRECTORY_DEFAULT: &str = "/var/lib/sandlot-agent";

/// The place of all logs.
pub struct LogDirectory {
    path: PathBuf,
    made: AtomicU64,
}

impl LogDirectory {
    /// Empties the place: the processes of an earlier agent are gone, and with them the use of their logs.
    pub fn new(configured: Option<PathBuf>) -> Self {
        let path = configured
            .unwrap_or_else(|| PathBuf::from(DIRECTORY_DEFAULT))
            .join("logs");
        if let Err(error) = fs::remove_dir_all(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            report(format_args!("old logs in {} stay: {error}", path.display()));
        }
        let made = AtomicU64::new(0);
        Self { path, made }
    }

    /// A new log, which keeps the last `limit` bytes.
    ///
    /// # Errors
    /// The system's, when the disk is full for example.
    pub fn create(&self, limit: u64) -> io::Result<Log> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        let path = self.path.join(self.made.fetch_add(1, Ordering::Relaxed).to_string());
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?;
        let progress = watch::Sender::new(Progress::default());
        Ok(Log {
            path,
            file: Mutex::new(Some(Arc::new(file))),
            limit,
            progress,
        })
    }
}

/// How far a stream has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes written so far, dropped ones included.
    pub written: u64,
    /// The offset of the oldest byte that is kept.
    pub oldest: u64,
    /// Nothing will follow.
    pub closed: bool,
}

/// One stream's log. One task appends, any number read.
pub struct Log {
    path: PathBuf,
    /// Open while the process may write; a finished one, of which there may be many, holds no descriptor.
    file: Mutex<Option<Arc<File>>>,
    limit: u64,
    progress: watch::Sender<Progress>,
}

impl Log {
    /// How far it is, and a way to wait for more.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// How far it is now.
    pub fn now(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Appends bytes, over the oldest if there is no room. On a full disk they are dropped: a process must not stop
    /// because its output cannot be kept. Blocks.
    pub fn append(&self, bytes: &[u8]) {
        let written = self.now().written;
        let after = written + bytes.len() as u64;
        // Readers must not take what is being overwritten for old bytes.
        self.progress.send_if_modified(|progress| {
            progress.oldest = progress.oldest.max(after.saturating_sub(self.limit));
            false
        });
        let kept = bytes.len().min(usize::try_from(self.limit).unwrap_or(usize::MAX));
        let stored = self.store(&bytes[bytes.len() - kept..], after - kept as u64);
        if let Err(error) = &stored {
            report(format_args!(
                "{} bytes of {} are not kept: {error}",
                bytes.len(),
                self.path.display()
            ));
        }
        self.progress.send_modify(|progress| {
            progress.written = after;
            if stored.is_err() {
                progress.oldest = after;
            }
        });
    }

    fn store(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let position = offset % self.limit;
        let room = usize::try_from(self.limit - position).unwrap_or(usize::MAX);
        let (first, second) = bytes.split_at(bytes.len().min(room));
        let file = self.file()?;
        file.write_all_at(first, position)?;
        file.write_all_at(second, 0)
    }

    fn file(&self) -> io::Result<Arc<File>> {
        match self.lock().as_ref() {
            Some(file) => Ok(Arc::clone(file)),
            None => Ok(Arc::new(File::open(&self.path)?)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<File>>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the stream as complete.
    pub fn close(&self) {
        self.lock().take();
        self.progress.send_modify(|progress| progress.closed = true);
    }

    /// Up to `limit` bytes from `offset` on, or from the oldest that is kept, with the offset they begin at. Empty
    /// when there is nothing more yet. Blocks.
    ///
    /// # Errors
    /// The system's.
    pub fn read(&self, offset: u64, limit: usize) -> io::Result<(u64, Vec<u8>)> {
        let mut from = offset;
        loop {
            let before = self.now();
            from = from.max(before.oldest);
            let available = usize::try_from(before.written.saturating_sub(from)).unwrap_or(usize::MAX);
            let mut bytes = vec![0; available.min(limit)];
            self.fetch(&mut bytes, from)?;
            // What the writer has overtaken meanwhile may be mixed with newer bytes.
            if self.now().oldest <= from {
                return Ok((from, bytes));
            }
        }
    }

    fn fetch(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let position = offset % self.limit;
        let room = usize::try_from(self.limit - position).unwrap_or(usize::MAX);
        let (first, second) = bytes.split_at_mut(bytes.len().min(room));
        let file = self.file()?;
        file.read_exact_at(first, position)?;
        file.read_exact_at(second, 0)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        report(format_args!("log {} stays: {error}", path.display()));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn directory(name: &str) -> LogDirectory {
        let unique = format!("sandlot-agent-{name}-{}", std::process::id());
        LogDirectory::new(Some(std::env::temp_dir().join(unique)))
    }

    #[test]
    fn keeps_the_newest_bytes_and_says_where_they_begin() {
        let directory = directory("newest");
        let log = directory.create(10).unwrap();
        log.append(b"0123456");
        assert_eq!(log.read(2, 3).unwrap(), (2, b"234".to_vec()));
        log.append(b"789abc");
        assert_eq!(log.read(0, 100).unwrap(), (3, b"3456789abc".to_vec()));
        assert_eq!(log.now().written, 13);
        log.append(&[b'x'; 25]);
        assert_eq!(log.read(0, 100).unwrap(), (28, vec![b'x'; 10]));
        assert_eq!(fs::metadata(&log.path).unwrap().len(), 10);
    }

    #[test]
    fn has_nothing_at_its_end_and_no_file_after_its_use() {
        let directory = directory("end");
        let log = directory.create(10).unwrap();
        assert_eq!(log.read(0, 10).unwrap(), (0, Vec::new()));
        let path = log.path.clone();
        log.append(b"kept");
        log.close();
        assert_eq!(log.read(0, 10).unwrap(), (0, b"kept".to_vec()));
        drop(log);
        assert!(!path.exists());
    }
}

//! Descriptors of processes: non-blocking reads, and writes that are atomic with respect to other callers.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, watch};

use crate::errors::{Failure, Outcome};
use crate::limits::INPUTS_WAITING_MAX;
use crate::syscalls::register_descriptor;

/// What a terminal's line discipline takes for the end of input, unless a program has changed it.
const END_OF_TRANSMISSION: u8 = 4;

/// One end of a pipe or a terminal's master, registered for events of the kernel (epoll) except during pauses
/// ([`Channel::deregister`]).
pub struct Channel {
    descriptor: Arc<OwnedFd>,
    registration: std::sync::Mutex<Option<Arc<AsyncFd<Arc<OwnedFd>>>>>,
}

impl Channel {
    /// Takes a descriptor over and makes it non-blocking.
    pub fn new(descriptor: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&descriptor, true)?;
        let channel = Self {
            descriptor: Arc::new(descriptor),
            registration: std::sync::Mutex::new(None),
        };
        channel.registered()?;
        Ok(channel)
    }

    fn registered(&self) -> io::Result<Arc<AsyncFd<Arc<OwnedFd>>>> {
        let mut registration = self.registration.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registration) = &*registration {
            return Ok(Arc::clone(registration));
        }
        let new = Arc::new(register_descriptor(Arc::clone(&self.descriptor))?);
        *registration = Some(Arc::clone(&new));
        Ok(new)
    }

    /// Ends the registration until the next wait: a registered descriptor wakes the agent at each write to it.
    /// Preconditions: nothing waits, since a descriptor cannot be registered twice.
    pub fn deregister(&self) {
        *self.registration.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Waits until there may be something to read.
    pub async fn readable(&self) -> io::Result<()> {
        self.registered()?.readable().await?.retain_ready();
        Ok(())
    }

    /// Reads what is there: `None` when that is nothing now, 0 at the end. A terminal whose last user is gone answers
    /// EIO, which is its end.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let result = self.registered()?.try_io(Interest::READABLE, |descriptor| {
            Ok(rustix::io::read(descriptor, &mut *buffer)?)
        });
        match result {
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) if error.raw_os_error() == Some(libc::EIO) => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = self
                .registered()?
                .async_io(Interest::WRITABLE, |descriptor| {
                    Ok(rustix::io::write(descriptor, bytes)?)
                })
                .await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// The descriptor, for calls that do not wait.
    pub fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }
}

/// A process's standard input, or its terminal's.
pub struct Input {
    channel: Arc<Mutex<Option<Channel>>>,
    places: Arc<Semaphore>,
    terminal: bool,
}

impl Input {
    /// Around the write end of a pipe, or a terminal's master.
    pub fn new(descriptor: OwnedFd, terminal: bool) -> io::Result<Self> {
        Ok(Self {
            channel: Arc::new(Mutex::new(Some(Channel::new(descriptor)?))),
            places: Arc::new(Semaphore::new(INPUTS_WAITING_MAX)),
            terminal,
        })
    }

    /// What was written and is not read yet; `None` while a write is under way, and for a terminal.
    pub fn waiting(&self) -> Option<u64> {
        let channel = self.channel.try_lock().ok().filter(|_| !self.terminal)?;
        rustix::io::ioctl_fionread(channel.as_ref()?.descriptor()).ok()
    }

    /// Closes it, behind what is being written. Preconditions: the process has ended, so no write waits for it.
    pub async fn close(&self) {
        *self.channel.lock().await = None;
    }

    /// Begins to write, and to close then; later writes wait behind this one. It goes on when the caller leaves, so that
    /// data is never written in part; it ends when the process ends.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when too many writes wait for this process already.
    pub fn write(
        &self,
        data: Bytes,
        close: bool,
        mut ended: watch::Receiver<Option<i32>>,
    ) -> Outcome<tokio::task::JoinHandle<io::Result<()>>> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Failure::exhausted("16 writes wait for this process to read; try again when it has"))?;
        let queued = Arc::clone(&self.channel);
        let terminal = self.terminal;
        // Taken at once when nobody writes, so that the order of calls is the order of writes.
        let at_once = Arc::clone(&queued).try_lock_owned().ok();
        Ok(tokio::spawn(async move {
            let _place = place;
            let write = async {
                let channel = match at_once {
                    Some(channel) => channel,
                    None => queued.lock_owned().await,
                };
                write_and_close(channel, &data, close, terminal).await
            };
            tokio::select! {
                result = write => result,
                _ = ended.wait_for(Option::is_some) => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }))
    }
}

async fn write_and_close(
    mut channel: OwnedMutexGuard<Option<Channel>>,
    data: &[u8],
    close: bool,
    terminal: bool,
) -> io::Result<()> {
    let Some(open) = channel.as_ref() else {
        return Err(io::Error::from_raw_os_error(libc::EPIPE));
    };
    let result = open.write_all(data).await;
    if close && terminal {
        open.write_all(&[END_OF_TRANSMISSION]).await?;
    } else if close {
        *channel = None;
    }
    result
}

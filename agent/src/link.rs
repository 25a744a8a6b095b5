//! The link to the shim: frames on a stream socket (`api/launcher.md`, The shim), one gRPC connection at a time.
//!
//! [`Link`] yields a [`Connection`] for each reset. The connection reads and writes the socket itself, so that no more than
//! one write is queued and a peer that does not read causes backpressure. While there is no connection the link reads, and
//! discards what comes before the next reset.

use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use agent_link::{HEADER_BYTES, Header, PAYLOAD_BYTES_MAX, reset_frame};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio_stream::Stream;
use tonic::transport::server::Connected;

use crate::pressure;

mod deframer;

use deframer::{Deframer, Event};

/// Frames are gathered up to this many bytes before they are sent: HTTP/2 writes in pieces of 16 KiB and less, and in
/// gVisor a call of the system costs more than a copy.
const GATHERED_BYTES_MAX: usize = 128 * 1024;

/// The connections that the shim begins, one after the other. Ends when the shim is gone.
pub struct Link {
    shared: Arc<Mutex<Shared>>,
}

/// A byte stream between the runner and the agent, until the shim resets it.
pub struct Connection {
    shared: Arc<Mutex<Shared>>,
    generation: u64,
}

struct Shared {
    socket: UnixStream,
    deframer: Deframer,
    unsent: Unsent,
    generation: u64,
    connected: bool,
    peer_ended: bool,
    self_ended: bool,
    /// A reset that is not answered yet.
    epoch: Option<u64>,
    broken: Option<String>,
    link_waker: Option<Waker>,
}

/// Frames on their way to the socket. A frame that was sent in part is finished before anything else, also when its
/// connection is over.
#[derive(Default)]
struct Unsent {
    bytes: Vec<u8>,
    start: usize,
}

impl Unsent {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn sent(&mut self, count: usize) {
        self.start += count;
        if self.start == self.bytes.len() {
            self.start = 0;
            self.bytes.clear();
        }
    }
}

impl Link {
    /// Takes the socket over.
    ///
    /// # Errors
    /// When it cannot be made non-blocking. Preconditions: called inside the runtime.
    pub fn new(socket: OwnedFd) -> io::Result<Self> {
        let socket = StdUnixStream::from(socket);
        socket.set_nonblocking(true)?;
        let shared = Shared {
            socket: UnixStream::from_std(socket)?,
            deframer: Deframer::new(),
            unsent: Unsent::default(),
            generation: 0,
            connected: false,
            peer_ended: false,
            self_ended: false,
            epoch: None,
            broken: None,
            link_waker: None,
        };
        Ok(Self {
            shared: Arc::new(Mutex::new(shared)),
        })
    }

    /// Tells why the link ended, after it did.
    pub fn observer(&self) -> LinkObserver {
        LinkObserver(Arc::clone(&self.shared))
    }
}

/// Tells why a [`Link`] ended, when the link itself was given away.
pub struct LinkObserver(Arc<Mutex<Shared>>);

impl LinkObserver {
    /// The reason, in words.
    pub fn reason(&self) -> String {
        lock(&self.0).broken.clone().unwrap_or_default()
    }
}

impl Stream for Link {
    type Item = io::Result<Connection>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut shared = lock(&self.shared);
        loop {
            if shared.broken.is_some() {
                return Poll::Ready(None);
            }
            if let Some(epoch) = shared.epoch.take() {
                let generation = shared.begin(epoch, context);
                let shared = Arc::clone(&self.shared);
                return Poll::Ready(Some(Ok(Connection { shared, generation })));
            }
            if shared.connected {
                shared.link_waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            let _ = shared.poll_unsent(context);
            match shared.deframer.next(PAYLOAD_BYTES_MAX) {
                Ok(Some(Event::Reset(epoch))) => shared.epoch = Some(epoch),
                Ok(Some(Event::Data(_) | Event::End)) => {}
                Ok(Some(Event::Pressure)) => pressure::notify(),
                Ok(None) => ready!(shared.poll_fill(context)),
                Err(invalid) => shared.set_broken(invalid.to_string()),
            }
        }
    }
}

impl Shared {
    fn begin(&mut self, epoch: u64, context: &mut Context<'_>) -> u64 {
        self.generation += 1;
        self.connected = true;
        self.peer_ended = false;
        self.self_ended = false;
        self.unsent.add(&reset_frame(epoch));
        // What does not go out now goes before the connection's first bytes.
        let _ = self.poll_unsent(context);
        self.generation
    }

    /// Reads from the socket once; afterwards there is something to deframe, or the link is broken.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Err(error) = ready!(self.socket.poll_read_ready(context)) {
                self.set_broken(error.to_string());
                return Poll::Ready(());
            }
            match self.socket.try_read(self.deframer.space()) {
                Ok(0) => self.set_broken("the shim is gone".to_owned()),
                Ok(count) => self.deframer.filled(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => self.set_broken(error.to_string()),
            }
            return Poll::Ready(());
        }
    }

    fn poll_unsent(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.rest().is_empty() {
            ready!(self.socket.poll_write_ready(context))?;
            match self.socket.try_write(self.unsent.rest()) {
                Ok(count) => self.unsent.sent(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    self.set_broken(error.to_string());
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes one data frame made of `slices`, at most [`PAYLOAD_BYTES_MAX`] long; returns how much that was. It is sent
    /// when enough is gathered, or by a flush.
    fn poll_send(&mut self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let wanted: usize = slices.iter().map(|slice| slice.len()).sum();
        let length = wanted.min(PAYLOAD_BYTES_MAX);
        if length == 0 {
            return Poll::Ready(Ok(0));
        }
        if self.unsent.rest().len() + HEADER_BYTES + length > GATHERED_BYTES_MAX {
            ready!(self.poll_unsent(context))?;
        }
        self.unsent.add(&Header::Data { length }.encode());
        let mut left = length;
        for slice in slices {
            let taken = slice.len().min(left);
            self.unsent.add(&slice[..taken]);
            left -= taken;
        }
        Poll::Ready(Ok(length))
    }

    fn end(&mut self) {
        if !self.self_ended {
            self.self_ended = true;
            self.unsent.add(&Header::End.encode());
        }
    }

    fn set_broken(&mut self, reason: String) {
        self.broken.get_or_insert(reason);
        self.wake_link();
    }

    fn wake_link(&mut self) {
        if let Some(waker) = self.link_waker.take() {
            waker.wake();
        }
    }
}

impl Connection {
    /// The shared state while this connection is the current one.
    fn current(&self) -> io::Result<MutexGuard<'_, Shared>> {
        let shared = lock(&self.shared);
        if shared.generation == self.generation && shared.epoch.is_none() {
            return Ok(shared);
        }
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut shared = self.current()?;
        loop {
            if shared.broken.is_some() || shared.peer_ended || buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            match shared.deframer.next(buffer.remaining()) {
                Ok(Some(Event::Data(bytes))) => {
                    buffer.put_slice(bytes);
                    return Poll::Ready(Ok(()));
                }
                Ok(Some(Event::End)) => shared.peer_ended = true,
                Ok(Some(Event::Pressure)) => pressure::notify(),
                Ok(Some(Event::Reset(epoch))) => {
                    shared.epoch = Some(epoch);
                    shared.wake_link();
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
                Ok(None) => ready!(shared.poll_fill(context)),
                Err(invalid) => shared.set_broken(invalid.to_string()),
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.current()?.poll_send(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.current()?.poll_send(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.current()?.poll_unsent(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut shared = self.current()?;
        shared.end();
        shared.poll_unsent(context)
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        if shared.generation == self.generation {
            shared.end();
            shared.connected = false;
            shared.wake_link();
        }
    }
}

/// A panic ends the process, so a poisoned lock is never met; taking it anyway keeps the signature plain.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A header and the longest payload that is read whole fit with room to spare.
const _: () = assert!(HEADER_BYTES + PAYLOAD_BYTES_MAX < deframer::BUFFER_BYTES);

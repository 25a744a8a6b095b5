//! The agent's link: one end of the socket pair whose other end is the agent's standard input, and the socket on which
//! the runner connects. Bytes go through in frames. Nothing is queued beyond one buffer in each direction: a slow reader
//! puts backpressure on the writer.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use agent_link::{HEADER_BYTES, Header, PAYLOAD_BYTES_MAX, reset_frame};
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{Shutdown, shutdown};

use super::token_bucket::TokenBucket;

const INCOMING_BYTES: usize = 256 * 1024;
const EPOCH_BYTES: usize = 8;
/// Pieces handed to the kernel in one call.
const PIECES_MAX: usize = 16;
/// Overhead that an agent may cause at once, and each second: work that brings the runner next to nothing. Discarded bytes
/// count as they are, a small frame as one of [`SMALL_FRAME_BYTES`], a frame without data as [`CONTROL_FRAME_BYTES`].
const OVERHEAD_BURST_BYTES: u32 = 16 << 20;
const OVERHEAD_BYTES_PER_SECOND: u32 = 4 << 20;
const SMALL_FRAME_BYTES: usize = 256;
const CONTROL_FRAME_BYTES: usize = 1_024;
/// The size of socket buffers: enough for a burst of large frames in each direction.
pub const SOCKET_BUFFER_BYTES: usize = 1 << 20;
/// Rounds after which the other direction gets its turn.
const ROUNDS_MAX: usize = 64;

/// The link of one sandbox.
pub struct Link {
    pair: Option<OwnedFd>,
    listener: OwnedFd,
    connection: Option<Connection>,
    epoch: u64,
    /// The agent has answered the last reset: what it sends now belongs to this connection.
    answered: bool,
    to_agent: Outgoing,
    from_agent: Incoming,
    overhead: TokenBucket,
}

struct Connection {
    socket: OwnedFd,
    /// The runner will send no more.
    runner_ended: bool,
    /// The runner has closed both ways.
    hung_up: bool,
    /// The agent will send no more.
    agent_ended: bool,
}

#[derive(Default)]
struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
}

#[derive(Default)]
struct Incoming {
    bytes: Vec<u8>,
    filled: usize,
    parsed: usize,
    /// How much of the current data frame is still to come.
    rest: usize,
    /// Whether the current data frame is passed on; it is discarded otherwise.
    pass_on: bool,
    pieces: VecDeque<Piece>,
}

enum Piece {
    Data(Range<usize>),
    End,
}

impl Link {
    /// A link between two sockets, which must not block. The first connection gets the epoch after `epoch`; a restored
    /// agent must never have seen it, or an answer to its earlier shim could be taken for one to this.
    pub fn new(pair: OwnedFd, listener: OwnedFd, epoch: u64) -> Self {
        Self {
            pair: Some(pair),
            listener,
            connection: None,
            epoch,
            answered: false,
            to_agent: Outgoing::default(),
            from_agent: Incoming::default(),
            overhead: TokenBucket::new(OVERHEAD_BURST_BYTES, OVERHEAD_BYTES_PER_SECOND),
        }
    }

    /// How long nothing is read from the agent because it caused too much overhead; none when that is not the reason.
    pub fn pause(&self) -> Option<Duration> {
        self.overhead
            .pause()
            .filter(|_| self.connection.is_some() && self.pair.is_some())
    }

    /// What to wait for, in the order: listener, agent, runner.
    pub fn interests(&self) -> Vec<PollFd<'_>> {
        let mut interests = vec![PollFd::new(&self.listener, PollFlags::IN)];
        if let Some(pair) = &self.pair {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, self.reads_agent());
            flags.set(PollFlags::OUT, !self.to_agent.is_empty());
            if !flags.is_empty() {
                interests.push(PollFd::new(pair, flags));
            }
        }
        if let Some(connection) = &self.connection {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, self.to_agent.is_empty() && !connection.runner_ended);
            flags.set(PollFlags::OUT, !self.from_agent.pieces.is_empty());
            // A closed socket is always "ready": while its last bytes must wait for the agent, it is left out.
            if !flags.is_empty() || connection.runner_ended {
                interests.push(PollFd::new(&connection.socket, flags));
            }
        }
        interests
    }

    /// Tells the agent that memory is used up.
    pub fn signal_pressure(&mut self) {
        self.to_agent.bytes.extend_from_slice(&Header::Pressure.encode());
    }

    /// Moves what can be moved, and returns when nothing more can without waiting.
    pub fn advance(&mut self) {
        self.accept();
        for _ in 0..ROUNDS_MAX {
            let moved = [self.runner_to_agent(), self.agent_to_runner()];
            if !moved.contains(&true) {
                break;
            }
        }
        self.drop_ended();
    }

    fn accept(&mut self) {
        use rustix::net::{SocketFlags, accept_with};
        while let Ok(socket) = accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
            let _ = rustix::net::sockopt::set_socket_send_buffer_size(&socket, SOCKET_BUFFER_BYTES);
            self.connection = Some(Connection {
                socket,
                runner_ended: false,
                hung_up: false,
                agent_ended: false,
            });
            self.epoch += 1;
            self.answered = false;
            self.from_agent.discard();
            self.to_agent.bytes.extend_from_slice(&reset_frame(self.epoch));
        }
    }

    /// One step from the runner to the agent. True when something moved.
    fn runner_to_agent(&mut self) -> bool {
        let Some(pair) = &self.pair else { return false };
        match self.to_agent.flush(pair) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(_) => {
                self.fail();
                return true;
            }
        }
        if !self.to_agent.is_empty() {
            return false;
        }
        let Some(connection) = &mut self.connection else {
            return false;
        };
        if connection.runner_ended {
            return false;
        }
        match self.to_agent.fill(&connection.socket) {
            Ok(0) | Err(Stop::Broken) => {
                connection.runner_ended = true;
                self.to_agent.bytes.extend_from_slice(&Header::End.encode());
                true
            }
            Ok(_) => true,
            Err(Stop::Later) => false,
        }
    }

    /// One step from the agent to the runner. True when something moved.
    fn agent_to_runner(&mut self) -> bool {
        if !self.from_agent.pieces.is_empty() {
            return self.deliver();
        }
        let Some(pair) = self.pair.as_ref().filter(|_| self.reads_agent()) else {
            return false;
        };
        match self.from_agent.read(pair) {
            Ok(0) | Err(Stop::Broken) => self.fail(),
            Err(Stop::Later) => return false,
            Ok(_) => {
                if self.parse().is_err() {
                    // An agent that breaks the protocol is not read any more.
                    self.fail();
                }
            }
        }
        true
    }

    /// Whether anything is read from the agent. Not while nobody is connected, the runner has not yet taken what there is,
    /// or the agent has caused too much overhead: then it has to wait, at the expense of its own time and not the host's.
    fn reads_agent(&self) -> bool {
        self.connection.is_some() && self.from_agent.pieces.is_empty() && self.overhead.pause().is_none()
    }

    fn deliver(&mut self) -> bool {
        let Some(connection) = &mut self.connection else {
            self.from_agent.discard();
            return true;
        };
        match self.from_agent.write(&connection.socket) {
            Ok(Delivered::Data) => true,
            Ok(Delivered::End) => {
                connection.agent_ended = true;
                let _ = shutdown(&connection.socket, Shutdown::Write);
                true
            }
            Err(Stop::Later) => false,
            Err(Stop::Broken) => {
                self.from_agent.discard();
                connection.hung_up = true;
                connection.agent_ended = true;
                true
            }
        }
    }

    fn parse(&mut self) -> Result<(), agent_link::InvalidHeader> {
        while let Some(header) = self.from_agent.next_header()? {
            self.overhead.take(self.overhead_of(header));
            match header {
                Header::Data { length } => {
                    let receives = self
                        .connection
                        .as_ref()
                        .is_some_and(|connection| !connection.agent_ended);
                    self.from_agent.rest = length;
                    self.from_agent.pass_on = self.answered && receives;
                    self.from_agent.take_data();
                }
                Header::Reset => {
                    let epoch = self.from_agent.epoch();
                    self.answered = self.answered || epoch == self.epoch;
                }
                Header::End if self.answered => self.from_agent.pieces.push_back(Piece::End),
                Header::End | Header::Pressure => {}
            }
        }
        Ok(())
    }

    /// How much overhead a frame is.
    fn overhead_of(&self, header: Header) -> usize {
        let passed_on = self.answered
            && self
                .connection
                .as_ref()
                .is_some_and(|connection| !connection.agent_ended);
        match header {
            Header::Data { length } if passed_on => SMALL_FRAME_BYTES.saturating_sub(length),
            Header::Data { length } => SMALL_FRAME_BYTES.max(length),
            Header::Reset | Header::End | Header::Pressure => CONTROL_FRAME_BYTES,
        }
    }

    /// Drops a connection that has ended both ways, and with it the memory of the buffers.
    fn drop_ended(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.hung_up |= connection.runner_ended && hung_up(&connection.socket);
        }
        let over = |connection: &Connection| connection.runner_ended && (connection.agent_ended || connection.hung_up);
        if self.connection.as_ref().is_some_and(over) {
            self.connection = None;
            self.from_agent.discard();
        }
        if self.connection.is_none() {
            self.to_agent.release();
            self.from_agent.release();
        }
    }

    fn fail(&mut self) {
        self.pair = None;
        self.connection = None;
        self.to_agent = Outgoing::default();
        self.from_agent = Incoming::default();
    }
}

/// Why nothing moved.
enum Stop {
    Later,
    Broken,
}

impl From<Errno> for Stop {
    fn from(error: Errno) -> Self {
        match error {
            Errno::AGAIN | Errno::INTR => Self::Later,
            _ => Self::Broken,
        }
    }
}

enum Delivered {
    Data,
    End,
}

fn hung_up(socket: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(socket, PollFlags::empty())];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    let _ = rustix::event::poll(&mut polled, Some(&now));
    polled[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

impl Outgoing {
    fn is_empty(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Writes what it can; true when something went out.
    fn flush(&mut self, pair: &OwnedFd) -> io::Result<bool> {
        if self.is_empty() {
            return Ok(false);
        }
        match rustix::io::write(pair, &self.bytes[self.written..]) {
            Ok(count) => self.written += count,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if self.is_empty() {
            self.bytes.clear();
            self.written = 0;
        }
        Ok(true)
    }

    /// Reads from the runner into a frame. Only called when all earlier ones are out.
    fn fill(&mut self, socket: &OwnedFd) -> Result<usize, Stop> {
        self.bytes.resize(HEADER_BYTES + PAYLOAD_BYTES_MAX, 0);
        let result = rustix::io::read(socket, &mut self.bytes[HEADER_BYTES..]);
        let length = *result.as_ref().unwrap_or(&0);
        self.bytes.truncate(if length == 0 { 0 } else { HEADER_BYTES + length });
        if length > 0 {
            self.bytes[..HEADER_BYTES].copy_from_slice(&Header::Data { length }.encode());
        }
        Ok(result?)
    }

    fn release(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }
}

impl Incoming {
    /// Reads from the agent. Only called when all pieces are delivered.
    fn read(&mut self, pair: &OwnedFd) -> Result<usize, Stop> {
        if self.bytes.is_empty() {
            self.bytes = vec![0; INCOMING_BYTES];
        }
        // What is left is at most an unfinished header.
        self.bytes.copy_within(self.parsed..self.filled, 0);
        self.filled -= self.parsed;
        self.parsed = 0;
        let count = rustix::io::read(pair, &mut self.bytes[self.filled..])?;
        self.filled += count;
        if self.rest > 0 {
            self.take_data();
        }
        Ok(count)
    }

    /// The next header, when it and what belongs to it has come. Moves past the header.
    fn next_header(&mut self) -> Result<Option<Header>, agent_link::InvalidHeader> {
        if self.rest > 0 {
            return Ok(None);
        }
        let Some(bytes) = self.bytes[self.parsed..self.filled].first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let header = Header::decode(*bytes)?;
        if header == Header::Reset && self.filled - self.parsed < HEADER_BYTES + EPOCH_BYTES {
            return Ok(None);
        }
        self.parsed += HEADER_BYTES;
        Ok(Some(header))
    }

    fn epoch(&mut self) -> u64 {
        let bytes = self.bytes[self.parsed..].first_chunk::<EPOCH_BYTES>();
        self.parsed += EPOCH_BYTES;
        bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    fn take_data(&mut self) {
        let length = self.rest.min(self.filled - self.parsed);
        if length > 0 && self.pass_on {
            self.pieces.push_back(Piece::Data(self.parsed..self.parsed + length));
        }
        self.parsed += length;
        self.rest -= length;
    }

    fn write(&mut self, socket: &OwnedFd) -> Result<Delivered, Stop> {
        if let Some(Piece::End) = self.pieces.front() {
            self.pieces.pop_front();
            return Ok(Delivered::End);
        }
        let data = self.pieces.iter().map_while(|piece| match piece {
            Piece::Data(range) => Some(IoSlice::new(&self.bytes[range.clone()])),
            Piece::End => None,
        });
        let slices: Vec<IoSlice<'_>> = data.take(PIECES_MAX).collect();
        let mut written = rustix::io::writev(socket.as_fd(), &slices)?;
        while let Some(Piece::Data(range)) = self.pieces.front_mut() {
            let step = written.min(range.len());
            range.start += step;
            written -= step;
            if range.start < range.end {
                break;
            }
            self.pieces.pop_front();
        }
        Ok(Delivered::Data)
    }

    /// Discards what belongs to a connection that is over.
    fn discard(&mut self) {
        self.pieces.clear();
        self.pass_on = false;
    }

    fn release(&mut self) {
        if self.parsed == self.filled {
            self.bytes = Vec::new();
            self.parsed = 0;
            self.filled = 0;
        }
    }
}

#[cfg(test)]
mod tests;

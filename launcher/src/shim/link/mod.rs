//! The agent's link: one end of the socket pair whose other end is the agent's standard input, and the socket on which
//! the runner connects. Bytes go through in frames; nothing is queued beyond one buffer in each direction, so that
//! whoever reads slowly slows the other down.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use agent_link::{HEADER_BYTES, Header, PAYLOAD_BYTES_MAX, reset_frame};
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{Shutdown, shutdown};

use super::budget::Budget;

const INCOMING_BYTES: usize = 256 * 1024;
const EPOCH_BYTES: usize = 8;
/// Pieces handed to the kernel in one call.
const PIECES_MAX: usize = 16;
/// What an agent may send at once, and each second, that brings the runner next to nothing. Bytes that nobody wants cost
/// what they are, small frames as much as one of [`SMALL_BYTES`], frames that only mean something [`SIGN_BYTES`].
const WORTHLESS_AT_ONCE: u32 = 16 << 20;
const WORTHLESS_EACH_SECOND: u32 = 4 << 20;
const SMALL_BYTES: usize = 256;
const SIGN_BYTES: usize = 1_024;
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
    worthless: Budget,
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
    /// How much of the current data frame is still to come, and whether somebody wants it.
    rest: usize,
    wanted: bool,
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
            worthless: Budget::new(WORTHLESS_AT_ONCE, WORTHLESS_EACH_SECOND),
        }
    }

    /// How long the agent is not listened to, after a flood; none when it is, or when there is another reason.
    pub fn pause(&self) -> Option<Duration> {
        self.worthless
            .pause()
            .filter(|_| self.connection.is_some() && self.pair.is_some())
    }

    /// What to wait for, in the order: listener, agent, runner.
    pub fn interests(&self) -> Vec<PollFd<'_>> {
        let mut interests = vec![PollFd::new(&self.listener, PollFlags::IN)];
        if let Some(pair) = &self.pair {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, self.listening());
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
    pub fn press(&mut self) {
        self.to_agent.bytes.extend_from_slice(&Header::Pressure.encode());
    }

    /// Moves what can be moved, and returns when nothing more can without waiting.
    pub fn advance(&mut self) {
        self.accept();
        for _ in 0..ROUNDS_MAX {
            let moved = [self.towards_agent(), self.towards_runner()];
            if !moved.contains(&true) {
                break;
            }
        }
        self.forget_ended();
    }

    fn accept(&mut self) {
        use rustix::net::{SocketFlags, accept_with};
        while let Ok(socket) = accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
            let _ = rustix::net::sockopt::set_socket_send_buffer_size(&socket, super::SOCKET_BUFFER_BYTES);
            self.connection = Some(Connection {
                socket,
                runner_ended: false,
                hung_up: false,
                agent_ended: false,
            });
            self.epoch += 1;
            self.answered = false;
            self.from_agent.unwant();
            self.to_agent.bytes.extend_from_slice(&reset_frame(self.epoch));
        }
    }

    /// One step from the runner to the agent. True when something moved.
    fn towards_agent(&mut self) -> bool {
        let Some(pair) = &self.pair else { return false };
        match self.to_agent.flush(pair) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(_) => {
                self.break_off();
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
            Ok(0) | Err(Fail::Broken) => {
                connection.runner_ended = true;
                self.to_agent.bytes.extend_from_slice(&Header::End.encode());
                true
            }
            Ok(_) => true,
            Err(Fail::Later) => false,
        }
    }

    /// One step from the agent to the runner. True when something moved.
    fn towards_runner(&mut self) -> bool {
        if !self.from_agent.pieces.is_empty() {
            return self.deliver();
        }
        let Some(pair) = self.pair.as_ref().filter(|_| self.listening()) else {
            return false;
        };
        match self.from_agent.read(pair) {
            Ok(0) | Err(Fail::Broken) => self.break_off(),
            Err(Fail::Later) => return false,
            Ok(_) => {
                if self.parse().is_err() {
                    // What does not speak the protocol is not listened to any more.
                    self.break_off();
                }
            }
        }
        true
    }

    /// While nobody is connected, the runner has yet to take what there is, or the agent has sent too much that is worth
    /// nothing, it must wait: what it sends without end then costs its own time, not the host's.
    fn listening(&self) -> bool {
        self.connection.is_some() && self.from_agent.pieces.is_empty() && self.worthless.pause().is_none()
    }

    fn deliver(&mut self) -> bool {
        let Some(connection) = &mut self.connection else {
            self.from_agent.unwant();
            return true;
        };
        match self.from_agent.write(&connection.socket) {
            Ok(Delivered::Data) => true,
            Ok(Delivered::End) => {
                connection.agent_ended = true;
                let _ = shutdown(&connection.socket, Shutdown::Write);
                true
            }
            Err(Fail::Later) => false,
            Err(Fail::Broken) => {
                self.from_agent.unwant();
                connection.hung_up = true;
                connection.agent_ended = true;
                true
            }
        }
    }

    fn parse(&mut self) -> Result<(), agent_link::InvalidHeader> {
        while let Some(header) = self.from_agent.next_header()? {
            self.worthless.spend(self.worthlessness(header));
            match header {
                Header::Data { length } => {
                    let listening = self
                        .connection
                        .as_ref()
                        .is_some_and(|connection| !connection.agent_ended);
                    self.from_agent.rest = length;
                    self.from_agent.wanted = self.answered && listening;
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

    /// What a frame costs of the budget.
    fn worthlessness(&self, header: Header) -> usize {
        let wanted = self.answered
            && self
                .connection
                .as_ref()
                .is_some_and(|connection| !connection.agent_ended);
        match header {
            Header::Data { length } if wanted => SMALL_BYTES.saturating_sub(length),
            Header::Data { length } => SMALL_BYTES.max(length),
            Header::Reset | Header::End | Header::Pressure => SIGN_BYTES,
        }
    }

    /// Drops a connection that has ended both ways, and with it the memory of the buffers.
    fn forget_ended(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.hung_up |= connection.runner_ended && hung_up(&connection.socket);
        }
        let over = |connection: &Connection| connection.runner_ended && (connection.agent_ended || connection.hung_up);
        if self.connection.as_ref().is_some_and(over) {
            self.connection = None;
            self.from_agent.unwant();
        }
        if self.connection.is_none() {
            self.to_agent.release();
            self.from_agent.release();
        }
    }

    fn break_off(&mut self) {
        self.pair = None;
        self.connection = None;
        self.to_agent = Outgoing::default();
        self.from_agent = Incoming::default();
    }
}

/// Why nothing moved.
enum Fail {
    Later,
    Broken,
}

impl From<Errno> for Fail {
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
    fn fill(&mut self, socket: &OwnedFd) -> Result<usize, Fail> {
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
    fn read(&mut self, pair: &OwnedFd) -> Result<usize, Fail> {
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
        if length > 0 && self.wanted {
            self.pieces.push_back(Piece::Data(self.parsed..self.parsed + length));
        }
        self.parsed += length;
        self.rest -= length;
    }

    fn write(&mut self, socket: &OwnedFd) -> Result<Delivered, Fail> {
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

    /// Drops what belongs to a connection that is over.
    fn unwant(&mut self) {
        self.pieces.clear();
        self.wanted = false;
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

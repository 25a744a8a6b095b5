//! Splits the byte stream of the link into frames, without ever holding more than its buffer.

use agent_link::{HEADER_BYTES, Header, InvalidHeader};

/// Large enough for one full frame and the beginning of the next, so that a busy link reads twice a frame at most.
pub const BUFFER_BYTES: usize = 128 * 1024;

/// What came over the link.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Bytes of the current connection; a frame may come in several pieces.
    Data(&'a [u8]),
    /// A new connection begins.
    Reset(u64),
    /// The peer's side of the connection has ended.
    End,
    /// Memory is used up.
    Pressure,
}

/// Bytes in, events out. After an error it stays at that error: the stream cannot be followed any further.
pub struct Deframer {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    payload_left: usize,
}

impl Deframer {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
            payload_left: 0,
        }
    }

    /// Room to read into, never empty when [`Deframer::next`] has just answered `None`.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            // What is left is a piece of a header: everything else was handed out.
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        &mut self.buffer[self.end..]
    }

    /// Says how much was read into [`Deframer::space`].
    pub fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.buffer.len());
    }

    /// The next event, with at most `limit` bytes of data; `None` when more must be read first.
    ///
    /// # Errors
    /// When a header breaks the protocol.
    pub fn next(&mut self, limit: usize) -> Result<Option<Event<'_>>, InvalidHeader> {
        if self.payload_left == 0 {
            let available = self.end - self.start;
            let Some(bytes) = self.buffer[self.start..self.end].first_chunk::<HEADER_BYTES>() else {
                return Ok(None);
            };
            let header = Header::decode(*bytes)?;
            match header {
                Header::Data { length } => {
                    self.start += HEADER_BYTES;
                    self.payload_left = length;
                }
                Header::End => {
                    self.start += HEADER_BYTES;
                    return Ok(Some(Event::End));
                }
                Header::Pressure => {
                    self.start += HEADER_BYTES;
                    return Ok(Some(Event::Pressure));
                }
                Header::Reset if available < HEADER_BYTES + header.payload_bytes() => return Ok(None),
                Header::Reset => return Ok(Some(Event::Reset(self.take_epoch()))),
            }
        }
        let count = self.payload_left.min(self.end - self.start).min(limit);
        if count == 0 {
            return Ok(None);
        }
        let begin = self.start;
        self.start += count;
        self.payload_left -= count;
        Ok(Some(Event::Data(&self.buffer[begin..self.start])))
    }

    fn take_epoch(&mut self) -> u64 {
        const EPOCH_BYTES: usize = size_of::<u64>();
        let begin = self.start + HEADER_BYTES;
        self.start = begin + EPOCH_BYTES;
        let mut epoch = [0; EPOCH_BYTES];
        epoch.copy_from_slice(&self.buffer[begin..self.start]);
        u64::from_be_bytes(epoch)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use agent_link::{PAYLOAD_BYTES_MAX, reset_frame};

    /// A small generator (xorshift), so that a failure can be repeated from its seed.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn below(&mut self, bound: usize) -> usize {
            (self.next() % bound as u64) as usize
        }
    }

    fn feed(deframer: &mut Deframer, bytes: &[u8]) -> usize {
        let space = deframer.space();
        let count = bytes.len().min(space.len());
        space[..count].copy_from_slice(&bytes[..count]);
        deframer.filled(count);
        count
    }

    #[test]
    fn finds_the_same_events_however_the_bytes_are_cut() {
        for seed in 1..40 {
            let mut random = Random(seed);
            let mut stream = Vec::new();
            let mut data = Vec::new();
            let mut epochs = Vec::new();
            for _ in 0..20 {
                match random.below(5) {
                    0 => {
                        let epoch = random.next();
                        stream.extend_from_slice(&reset_frame(epoch));
                        epochs.push(epoch);
                    }
                    1 => stream.extend_from_slice(&Header::End.encode()),
                    2 => stream.extend_from_slice(&Header::Pressure.encode()),
                    _ => {
                        let length = 1 + random.below(PAYLOAD_BYTES_MAX);
                        stream.extend_from_slice(&Header::Data { length }.encode());
                        for index in 0..length {
                            stream.push(index as u8);
                            data.push(index as u8);
                        }
                    }
                }
            }
            let (seen_data, seen_epochs) = cut_at_random(&mut random, &stream);
            assert!(seen_data == data && seen_epochs == epochs, "seed {seed}");
        }
    }

    fn cut_at_random(random: &mut Random, mut stream: &[u8]) -> (Vec<u8>, Vec<u64>) {
        let mut deframer = Deframer::new();
        let (mut data, mut epochs) = (Vec::new(), Vec::new());
        while !stream.is_empty() {
            let piece = 1 + random.below(90_000);
            let taken = feed(&mut deframer, &stream[..piece.min(stream.len())]);
            stream = &stream[taken..];
            while let Some(event) = deframer.next(1 + random.below(70_000)).unwrap() {
                match event {
                    Event::Data(bytes) => data.extend_from_slice(bytes),
                    Event::Reset(epoch) => epochs.push(epoch),
                    Event::End | Event::Pressure => {}
                }
            }
        }
        (data, epochs)
    }

    #[test]
    fn random_bytes_end_in_an_error_and_never_in_a_panic_or_a_stall() {
        for seed in 1..2_000 {
            let mut random = Random(seed);
            let mut deframer = Deframer::new();
            let mut fed = 0;
            let refused = loop {
                let piece: Vec<u8> = (0..1 + random.below(300))
                    .map(|_| (random.next() >> random.below(64)) as u8)
                    .collect();
                assert!(feed(&mut deframer, &piece) > 0, "seed {seed}: no room left");
                fed += piece.len();
                let result = loop {
                    match deframer.next(usize::MAX) {
                        Ok(Some(_)) => {}
                        Ok(None) => break false,
                        Err(_) => break true,
                    }
                };
                if result || fed > 400_000 {
                    break result;
                }
            };
            if refused {
                assert!(deframer.next(1).is_err(), "seed {seed}: went on after an error");
            }
        }
    }
}

//! The frames on the socket pair between a sandbox's agent and its shim, as `api/launcher.md` lays them down.
//!
//! Both sides treat the other as hostile: a frame that breaks the rules ends the link.

use std::fmt;

/// Bytes before each payload: the type and the payload's length.
pub const HEADER_BYTES: usize = 5;
/// The largest payload of a frame.
pub const PAYLOAD_BYTES_MAX: usize = 65_536;
const EPOCH_BYTES: usize = 8;

/// What a frame's header announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Bytes of the current connection follow.
    Data {
        /// How many, 1 to [`PAYLOAD_BYTES_MAX`].
        length: usize,
    },
    /// An epoch follows: a new connection begins.
    Reset,
    /// The sender's side of the connection has ended. Nothing follows.
    End,
    /// Shim to agent: the sandbox's memory is used up, and something must end. Nothing follows.
    Pressure,
}

/// A header that breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidHeader {
    /// The type as received.
    pub kind: u8,
    /// The length as received.
    pub length: u32,
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "frame of type {} with {} bytes is not of this protocol",
            self.kind, self.length
        )
    }
}

impl std::error::Error for InvalidHeader {}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// When the type is unknown or the length does not fit it.
    pub fn decode(bytes: [u8; HEADER_BYTES]) -> Result<Self, InvalidHeader> {
        let [kind, a, b, c, d] = bytes;
        let length = u32::from_be_bytes([a, b, c, d]);
        match (kind, length as usize) {
            (0, length @ 1..=PAYLOAD_BYTES_MAX) => Ok(Self::Data { length }),
            (1, EPOCH_BYTES) => Ok(Self::Reset),
            (2, 0) => Ok(Self::End),
            (3, 0) => Ok(Self::Pressure),
            _ => Err(InvalidHeader { kind, length }),
        }
    }

    /// The header's bytes. A data length beyond [`PAYLOAD_BYTES_MAX`] is the caller's mistake and is cut.
    #[must_use]
    pub fn encode(self) -> [u8; HEADER_BYTES] {
        let (kind, length) = match self {
            Self::Data { length } => (0, length.min(PAYLOAD_BYTES_MAX)),
            Self::Reset => (1, EPOCH_BYTES),
            Self::End => (2, 0),
            Self::Pressure => (3, 0),
        };
        let [a, b, c, d] = (length as u32).to_be_bytes();
        [kind, a, b, c, d]
    }

    /// How many bytes follow the header.
    #[must_use]
    pub fn payload_bytes(self) -> usize {
        match self {
            Self::Data { length } => length,
            Self::Reset => EPOCH_BYTES,
            Self::End | Self::Pressure => 0,
        }
    }
}

/// A whole reset frame.
#[must_use]
pub fn reset_frame(epoch: u64) -> [u8; HEADER_BYTES + EPOCH_BYTES] {
    let mut frame = [0; HEADER_BYTES + EPOCH_BYTES];
    frame[..HEADER_BYTES].copy_from_slice(&Header::Reset.encode());
    frame[HEADER_BYTES..].copy_from_slice(&epoch.to_be_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for header in [
            Header::Data { length: 1 },
            Header::Data {
                length: PAYLOAD_BYTES_MAX,
            },
            Header::Reset,
            Header::End,
            Header::Pressure,
        ] {
            assert_eq!(Header::decode(header.encode()), Ok(header));
        }
    }

    #[test]
    fn refuses_what_is_not_of_the_protocol() {
        for bytes in [
            [0, 0, 0, 0, 0],
            [0, 0, 1, 0, 1],
            [1, 0, 0, 0, 7],
            [2, 0, 0, 0, 1],
            [3, 0, 0, 0, 1],
            [4, 0, 0, 0, 0],
            [0xff; 5],
        ] {
            assert!(Header::decode(bytes).is_err(), "{bytes:?}");
        }
    }
}

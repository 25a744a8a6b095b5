//! The typed values of `api/launcher.md`. Text from outside becomes one of these once, or is refused; only these are
//! ever used in a path or an argument. Odd spellings are refused, not repaired.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $what:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text, which is known to be valid.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let valid: fn(&[u8]) -> bool = $valid;
                if valid(text.as_bytes()) { Ok(Self(text)) } else { Err($what) }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_value!(
    /// A sandbox's id: a UUID in lower case. All have one length, as engines accept abbreviations.
    SandboxId,
    "A sandbox id is a UUID in lower case, 36 characters.",
    is_uuid
);
text_value!(
    /// The name of a folder of the image directory.
    ImageId,
    "An image id matches [a-z0-9][a-z0-9_-]{0,63}.",
    is_image_id
);
text_value!(
    /// What a sandbox calls itself.
    HostName,
    "A host name matches [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?.",
    is_host_name
);
text_value!(
    /// The installation's name in all that is host-wide.
    Instance,
    "An instance matches [a-z0-9]{1,4}.",
    |text| matches!(text.len(), 1..=4) && text.iter().all(|&byte| is_name_byte(byte))
);

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_uuid(text: &[u8]) -> bool {
    let hyphen = |index| matches!(index, 8 | 13 | 18 | 23);
    let fits = |(index, &byte): (usize, &u8)| match hyphen(index) {
        true => byte == b'-',
        false => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    };
    text.len() == 36 && text.iter().enumerate().all(fits)
}

fn is_image_id(text: &[u8]) -> bool {
    let rest = |&byte: &u8| is_name_byte(byte) || byte == b'_' || byte == b'-';
    matches!(text.len(), 1..=64) && is_name_byte(text[0]) && text.iter().all(rest)
}

fn is_host_name(text: &[u8]) -> bool {
    let ends = |byte: Option<&u8>| byte.is_some_and(|&byte| is_name_byte(byte));
    let all = text.iter().all(|&byte| is_name_byte(byte) || byte == b'-');
    text.len() <= 63 && ends(text.first()) && ends(text.last()) && all
}

/// What isolates a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// gVisor: a kernel of its own for each sandbox.
    Runsc,
    /// A plain container, for trusted code.
    Runc,
}

/// What a sandbox may use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawLimits")]
pub struct Limits {
    /// Thousandths of a processor.
    pub cpu_millis: u32,
    /// Bytes of memory, the engine's own included.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    cpu_millis: u32,
    memory_bytes: u64,
    pids: u32,
}

const MEMORY_BYTES_MIN: u64 = 64 << 20;
/// Beyond any machine; keeps sums of sizes far from overflowing.
const BYTES_MAX: u64 = 1 << 50;
const GRACE_MS_MAX: u64 = 10_000;

impl TryFrom<RawLimits> for Limits {
    type Error = &'static str;

    fn try_from(raw: RawLimits) -> Result<Self, Self::Error> {
        if !(100..=1_024_000).contains(&raw.cpu_millis) {
            return Err("cpu_millis must be 100 to 1024000.");
        }
        if !(MEMORY_BYTES_MIN..=BYTES_MAX).contains(&raw.memory_bytes) {
            return Err("memory_bytes must be 64 MiB to 1 PiB.");
        }
        if !(16..=32_768).contains(&raw.pids) {
            return Err("pids must be 16 to 32768.");
        }
        Ok(Self {
            cpu_millis: raw.cpu_millis,
            memory_bytes: raw.memory_bytes,
            pids: raw.pids,
        })
    }
}

/// The size of a disk: 1 MiB to 1 PiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct DiskBytes(u64);

impl DiskBytes {
    /// The number of bytes.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for DiskBytes {
    type Error = &'static str;

    fn try_from(bytes: u64) -> Result<Self, Self::Error> {
        if !(1 << 20..=BYTES_MAX).contains(&bytes) {
            return Err("disk_bytes must be 1 MiB to 1 PiB.");
        }
        Ok(Self(bytes))
    }
}

impl From<DiskBytes> for u64 {
    fn from(bytes: DiskBytes) -> Self {
        bytes.0
    }
}

/// How long a sandbox that is ending by itself is let do so: 10 s at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct Grace(Duration);

impl Grace {
    /// The time.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl TryFrom<u64> for Grace {
    type Error = &'static str;

    fn try_from(milliseconds: u64) -> Result<Self, Self::Error> {
        if milliseconds > GRACE_MS_MAX {
            return Err("grace_ms must be 0 to 10,000.");
        }
        Ok(Self(Duration::from_millis(milliseconds)))
    }
}

/// A range of IPv4 addresses whose address is its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    first: u32,
    length: u8,
}

impl Cidr {
    /// The range of `length` bits that holds `address`.
    pub fn around(address: Ipv4Addr, length: u8) -> Self {
        let mut range = Self { first: 0, length };
        range.first = u32::from(address) & range.mask();
        range
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0)
    }

    /// The lowest address.
    pub fn first(self) -> Ipv4Addr {
        Ipv4Addr::from(self.first)
    }

    /// The number of leading bits that all addresses share.
    pub fn length(self) -> u8 {
        self.length
    }

    /// How many addresses lie in it.
    pub fn addresses(self) -> u64 {
        1 << (32 - self.length)
    }

    /// Whether `other` lies in it as a whole.
    pub fn contains(self, other: Self) -> bool {
        self.length <= other.length && other.first & self.mask() == self.first
    }

    /// Whether they share an address.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

impl FromStr for Cidr {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WHAT: &str = "A CIDR is an IPv4 network such as 203.0.113.0/24, with no address bits beyond its length.";
        let (address, length) = text.split_once('/').ok_or(WHAT)?;
        let address: Ipv4Addr = address.parse().map_err(|_| WHAT)?;
        let length: u8 = length.parse().map_err(|_| WHAT)?;
        if length > 32 {
            return Err(WHAT);
        }
        let range = Self::around(address, length);
        // Comparing the spelling refuses "+8", "08" and host bits at once.
        if range.to_string() == text {
            Ok(range)
        } else {
            Err(WHAT)
        }
    }
}

impl TryFrom<String> for Cidr {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(range: Cidr) -> Self {
        range.to_string()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.first(), self.length)
    }
}

/// What a sandbox may reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "lowercase", deny_unknown_fields)]
pub enum Network {
    /// The Internet, but nothing private.
    Default {},
    /// Nothing.
    Block {},
    /// These ranges only.
    Allow {
        /// At most ten.
        cidrs: CidrList,
    },
}

/// One to ten ranges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Cidr>")]
pub struct CidrList(Vec<Cidr>);

const CIDRS_MAX: usize = 10;

impl CidrList {
    /// The ranges without those that lie in another one.
    pub fn disjoint(&self) -> Vec<Cidr> {
        let mut kept: Vec<Cidr> = Vec::new();
        for &range in &self.0 {
            if !kept.iter().any(|wider| wider.contains(range)) {
                kept.retain(|narrower| !range.contains(*narrower));
                kept.push(range);
            }
        }
        kept
    }
}

impl TryFrom<Vec<Cidr>> for CidrList {
    type Error = &'static str;

    fn try_from(ranges: Vec<Cidr>) -> Result<Self, Self::Error> {
        if ranges.is_empty() || ranges.len() > CIDRS_MAX {
            return Err("cidrs must hold 1 to 10 ranges; use the mode block to close everything.");
        }
        Ok(Self(ranges))
    }
}

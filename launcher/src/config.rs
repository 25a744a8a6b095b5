//! The configuration file: who may call, where things lie, how much there is.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::answer::{Code, Context, Failure, Outcome};
use crate::values::{Cidr, Instance};

/// A path of the configuration: absolute and plain, so that it can stand in mount options and configuration files.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct PlainPath(PathBuf);

const PATH_BYTES_MAX: usize = 150;

impl TryFrom<String> for PlainPath {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._+-".contains(&byte);
        let parts = || text.split('/').skip(1);
        let valid = text.starts_with('/')
            && text.len() <= PATH_BYTES_MAX
            && text.bytes().all(plain)
            && parts().all(|part| !matches!(part, "" | "." | ".."));
        if !valid {
            return Err("A path is absolute, has at most 150 characters of [A-Za-z0-9/._+-], and no . or .. in it.");
        }
        Ok(Self(PathBuf::from(text)))
    }
}

impl AsRef<Path> for PlainPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

/// What the file holds; `api/launcher.md` describes each key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the interface file describes every key")]
pub struct Config {
    pub instance: Instance,
    pub home: PlainPath,
    pub runner_user: String,
    pub database_user: String,
    pub address_pool: Cidr,
    pub dns_port: u16,
    pub cgroup: Option<PlainName>,
    pub pool_bytes: u64,
    pub runsc: PlainPath,
    pub runc: Option<PlainPath>,
    pub agent: PlainPath,
    pub images: PlainPath,
    pub postgres: PlainPath,
    pub database_port: u16,
    pub sandboxes_max: u16,
    #[serde(default)]
    pub blocked_ranges: Vec<Cidr>,
    #[serde(default)]
    pub failpoints: bool,
}

/// The name of a cgroup.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct PlainName(String);

impl TryFrom<String> for PlainName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let valid = matches!(text.len(), 1..=64) && text.bytes().all(plain);
        valid
            .then_some(Self(text))
            .ok_or("A cgroup name matches [a-z0-9-]{1,64}.")
    }
}

/// Slots beyond the number of sandboxes, so that some are ready while others are cleaned.
const SPARE_SLOTS: u16 = 16;
const POOL_BYTES_MIN: u64 = 512 << 20;
const HOME_BYTES_MAX: usize = 60;

impl Config {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// When another user could have written it, a key is unknown, or values do not fit each other.
    pub fn read(path: &Path) -> Outcome<Self> {
        let about =
            fs::metadata(path).with_context(|| format!("The configuration {} cannot be read", path.display()))?;
        if about.uid() != 0 || about.mode() & 0o022 != 0 {
            return Err(invalid(format!(
                "The configuration {} decides what runs as root: it must belong to root and be writable by no one else.",
                path.display()
            )));
        }
        let text = fs::read(path).with_context(|| format!("The configuration {} cannot be read", path.display()))?;
        let config: Self = serde_json::from_slice(&text)
            .map_err(|error| invalid(format!("The configuration {} is wrong: {error}", path.display())))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Outcome<()> {
        if self.sandboxes_max == 0 || u64::from(self.slots()) * 4 + 4 > self.address_pool.addresses() {
            return Err(invalid(format!(
                "sandboxes_max must be at least 1, and the address pool {} must hold 4 addresses for each of {} slots.",
                self.address_pool,
                self.slots()
            )));
        }
        if self.pool_bytes < POOL_BYTES_MIN {
            return Err(invalid("pool_bytes must be at least 512 MiB.".into()));
        }
        if self.dns_port == 0 || self.database_port == 0 {
            return Err(invalid("dns_port and database_port must be 1 to 65535.".into()));
        }
        // A Unix socket's path has at most 107 bytes: home, then run/sandboxes/<id>/agent.sock.
        if self.home.as_ref().as_os_str().len() > HOME_BYTES_MAX - 16 {
            return Err(invalid(
                "home must have at most 44 characters: Unix sockets lie below it.".into(),
            ));
        }
        Ok(())
    }

    /// A path below the home.
    pub fn home(&self, below: &str) -> PathBuf {
        self.home.as_ref().join(below)
    }

    /// The name of our folder in each cgroup hierarchy.
    pub fn cgroup(&self) -> String {
        match &self.cgroup {
            Some(name) => name.0.clone(),
            None => format!("sandlot-{}", self.instance),
        }
    }

    /// The number of network slots, counted from 1.
    pub fn slots(&self) -> u16 {
        self.sandboxes_max.saturating_add(SPARE_SLOTS)
    }

    /// The address at which the runner answers DNS.
    pub fn dns_address(&self) -> std::net::Ipv4Addr {
        std::net::Ipv4Addr::from(u32::from(self.address_pool.first()) + 1)
    }

    /// Where engines keep their sockets and state: short, and gone after a restart of the host.
    pub fn volatile(&self) -> PathBuf {
        PathBuf::from(format!("/run/sandlot-{}", self.instance))
    }
}

fn invalid(message: String) -> Failure {
    Failure::new(Code::Invalid, message)
}

/// A user of the host.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The number of the user's own group.
    pub gid: u32,
}

/// Looks a user up in `/etc/passwd`. The static C library cannot load the name service's modules.
///
/// # Errors
/// When there is none of this name.
pub fn user(name: &str) -> Outcome<User> {
    let text = fs::read_to_string("/etc/passwd").with_context(|| "/etc/passwd cannot be read".into())?;
    let fields = |line: &str| {
        let mut fields = line.split(':');
        let found = fields.next() == Some(name);
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        found.then_some(User { uid, gid })
    };
    text.lines().find_map(fields).ok_or_else(|| {
        invalid(format!(
            "There is no user {name}: make it with useradd --system {name}."
        ))
    })
}

//! The closed list of what the launcher can be asked. Nothing else reaches the code that runs as root.

use serde::Deserialize;

use crate::answer::{Code, Failure, Outcome};
use crate::values::{DiskBytes, Engine, Grace, HostName, ImageId, Limits, Network, SandboxId};

/// The longest line that is read.
pub const LINE_BYTES_MAX: usize = 65_536;

/// One operation; `api/launcher.md` says what each does and answers.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the interface file describes every operation and field")]
pub enum Request {
    Hello {},
    CreateDisk {
        id: SandboxId,
        image: ImageId,
        host_name: HostName,
        disk_bytes: DiskBytes,
    },
    DeleteDisk {
        id: SandboxId,
    },
    SetDisk {
        id: SandboxId,
        disk_bytes: DiskBytes,
    },
    StartSandbox {
        id: SandboxId,
        engine: Engine,
        limits: Limits,
        network: Network,
    },
    StopSandbox {
        id: SandboxId,
        #[serde(default)]
        grace_ms: Grace,
    },
    SetLimits {
        id: SandboxId,
        limits: Limits,
    },
    SetNetwork {
        id: SandboxId,
        network: Network,
    },
    PauseSandbox {
        id: SandboxId,
    },
    ResumeSandbox {
        id: SandboxId,
    },
    ListSandboxes {},
    InspectSandbox {
        id: SandboxId,
    },
    ListImages {},
    DatabaseStart {},
    DatabaseStop {},
    DatabaseStatus {},
}

/// Reads one line.
///
/// # Errors
/// [`Code::Invalid`] when it is not exactly one request of the list.
pub fn parse(line: &[u8]) -> Outcome<Request> {
    if line.len() > LINE_BYTES_MAX {
        let message = format!("A request has at most {LINE_BYTES_MAX} bytes.");
        return Err(Failure::new(Code::Invalid, message));
    }
    serde_json::from_slice(line)
        .map_err(|error| Failure::new(Code::Invalid, format!("The request is refused: {error}")))
}

#[cfg(test)]
mod tests;

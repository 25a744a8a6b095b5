//! One failure type for the whole agent, and the one place where it becomes a gRPC status.

use std::io;

use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

/// The trailer that carries the system's error by name.
const ERRNO_TRAILER: &str = "sandlot-errno";

/// Why a call failed: the status of the contract, the system's error if there was one, and a sentence.
#[derive(Clone, Debug)]
pub struct Failure {
    code: Code,
    errno: Option<i32>,
    message: String,
}

/// What a call of the agent answers.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A field that breaks a rule of the contract; `rule` says what would work.
    pub fn invalid(field: &str, rule: &str) -> Self {
        Self::new(Code::InvalidArgument, None, format!("{field} {rule}"))
    }

    /// An error of the system; `subject` is what it was about, a path for example.
    pub fn system(subject: impl AsRef<str>, error: &io::Error) -> Self {
        let errno = error.raw_os_error();
        let message = format!("{}: {}", subject.as_ref(), description(error));
        Self::new(errno.map_or(Code::Internal, code_of), errno, message)
    }

    /// The same with a known error number.
    pub fn errno(subject: impl AsRef<str>, errno: i32) -> Self {
        Self::system(subject, &io::Error::from_raw_os_error(errno))
    }

    /// No process has this id.
    pub fn unknown_process(id: &str) -> Self {
        Self::new(
            Code::NotFound,
            Some(libc::ESRCH),
            format!("no process has the id {id:?}"),
        )
    }

    /// The time given by the caller is over.
    pub fn deadline(message: impl Into<String>) -> Self {
        Self::new(Code::DeadlineExceeded, None, message.into())
    }

    /// A process does not take input any more.
    pub fn input_closed(id: &str, error: &io::Error) -> Self {
        let errno = error.raw_os_error().unwrap_or(libc::EPIPE);
        let message = format!("process {id} takes no input any more: {}", description(error));
        Self::new(Code::NotFound, Some(errno), message)
    }

    /// Another process holds the id.
    pub fn taken(id: &str) -> Self {
        Self::new(
            Code::AlreadyExists,
            Some(libc::EEXIST),
            format!("a process with the id {id:?} exists"),
        )
    }

    /// A limit of the agent that passes when others have ended.
    pub fn exhausted(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceExhausted, Some(libc::EAGAIN), message.into())
    }

    /// An offset that never was.
    pub fn stale(message: impl Into<String>) -> Self {
        Self::new(Code::Aborted, None, message.into())
    }

    /// Nothing answers at a port.
    pub fn unavailable(message: impl Into<String>, error: &io::Error) -> Self {
        Self::new(Code::Unavailable, error.raw_os_error(), message.into())
    }

    /// The sentence, for answers that carry it in a message of their own.
    pub fn message(&self) -> &str {
        &self.message
    }

    fn new(code: Code, errno: Option<i32>, message: String) -> Self {
        Self { code, errno, message }
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let mut status = Status::new(failure.code, failure.message);
        if let Some(errno) = failure.errno
            && let Ok(value) = MetadataValue::try_from(name_of(errno))
        {
            status.metadata_mut().insert(ERRNO_TRAILER, value);
        }
        status
    }
}

/// The system's description of an error, without the number that Rust adds.
pub fn description(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn code_of(errno: i32) -> Code {
    match errno {
        libc::ENOENT | libc::ENOTDIR | libc::ESRCH => Code::NotFound,
        libc::EACCES | libc::EPERM => Code::PermissionDenied,
        libc::EEXIST | libc::ENOTEMPTY => Code::AlreadyExists,
        libc::EINVAL | libc::EISDIR | libc::ELOOP | libc::ENAMETOOLONG | libc::E2BIG | libc::EBUSY => {
            Code::InvalidArgument
        }
        libc::ENOSPC | libc::EDQUOT | libc::EMFILE | libc::EAGAIN | libc::ENOMEM => Code::ResourceExhausted,
        _ => Code::Internal,
    }
}

const NAMES: [(i32, &str); 34] = [
    (libc::E2BIG, "E2BIG"),
    (libc::EACCES, "EACCES"),
    (libc::EAGAIN, "EAGAIN"),
    (libc::EBADF, "EBADF"),
    (libc::EBUSY, "EBUSY"),
    (libc::ECHILD, "ECHILD"),
    (libc::ECONNREFUSED, "ECONNREFUSED"),
    (libc::ECONNRESET, "ECONNRESET"),
    (libc::EDQUOT, "EDQUOT"),
    (libc::EEXIST, "EEXIST"),
    (libc::EFBIG, "EFBIG"),
    (libc::EINVAL, "EINVAL"),
    (libc::EIO, "EIO"),
    (libc::EISDIR, "EISDIR"),
    (libc::ELOOP, "ELOOP"),
    (libc::EMFILE, "EMFILE"),
    (libc::ENAMETOOLONG, "ENAMETOOLONG"),
    (libc::ENFILE, "ENFILE"),
    (libc::ENODEV, "ENODEV"),
    (libc::ENOENT, "ENOENT"),
    (libc::ENOEXEC, "ENOEXEC"),
    (libc::ENOMEM, "ENOMEM"),
    (libc::ENOSPC, "ENOSPC"),
    (libc::ENOSYS, "ENOSYS"),
    (libc::ENOTDIR, "ENOTDIR"),
    (libc::ENOTEMPTY, "ENOTEMPTY"),
    (libc::ENXIO, "ENXIO"),
    (libc::EOPNOTSUPP, "EOPNOTSUPP"),
    (libc::EPERM, "EPERM"),
    (libc::EPIPE, "EPIPE"),
    (libc::EROFS, "EROFS"),
    (libc::ESRCH, "ESRCH"),
    (libc::ETXTBSY, "ETXTBSY"),
    (libc::EXDEV, "EXDEV"),
];

/// The symbolic name; `E<number>` for what has none here.
fn name_of(errno: i32) -> String {
    NAMES
        .iter()
        .find(|(number, _)| *number == errno)
        .map_or_else(|| format!("E{errno}"), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_system_error_becomes_its_status_with_the_name_in_the_trailer() {
        let status = Status::from(Failure::errno("/a", libc::EDQUOT));
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(status.metadata().get(ERRNO_TRAILER).unwrap(), "EDQUOT");
        assert!(status.message().starts_with("/a: "), "{}", status.message());
        assert!(!status.message().contains("os error"));
    }

    #[test]
    fn an_error_without_a_name_keeps_its_number() {
        assert_eq!(name_of(9_999), "E9999");
    }
}

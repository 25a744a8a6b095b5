//! What an operation answers: a value, or a failure with a code and a sentence.

use std::fmt;
use std::io;

use serde::Serialize;

/// Why an operation failed, as `api/launcher.md` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is not of the protocol, or not possible in this state.
    Invalid,
    /// The caller is not the runner's user.
    Forbidden,
    /// No such disk, image or sandbox.
    NotFound,
    /// The disk exists with another image.
    Exists,
    /// The pool, or the file system below it, is full.
    NoSpace,
    /// No slot is left.
    Capacity,
    /// The engine failed.
    Engine,
    /// Anything else.
    Internal,
}

/// A failed operation.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The kind, for programs.
    pub code: Code,
    /// A sentence, for people.
    pub message: String,
}

/// The result of everything that can fail here.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A failure of this kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// A failure that is the host's or the launcher's fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Adds context to a system's error: what was being done.
pub trait Context<T> {
    /// Turns the error into a failure whose message begins with what was being done.
    ///
    /// # Errors
    /// When `self` is one; a full file system or quota becomes [`Code::NoSpace`].
    fn with_context(self, what: impl FnOnce() -> String) -> Outcome<T>;
}

impl<T, E: Into<io::Error>> Context<T> for Result<T, E> {
    fn with_context(self, what: impl FnOnce() -> String) -> Outcome<T> {
        self.map_err(|error| {
            let error = error.into();
            let full = matches!(error.raw_os_error(), Some(libc::ENOSPC | libc::EDQUOT));
            let code = if full { Code::NoSpace } else { Code::Internal };
            Failure::new(code, format!("{}: {error}", what()))
        })
    }
}

//! Turns a start request into a running process with its pipes or terminal.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::environment::{Environment, is_utf8};
use crate::errors::{Failure, Outcome};
use crate::process_tree::Mark;
use crate::proto::{StartProcessRequest, Terminal};
use crate::pty;
use crate::reap::{Children, Ended};
use crate::syscalls::{self, Credentials, Program, SpawnError, Step};
use crate::users;

const PATH_DEFAULT: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const TERMINAL_DEFAULT: &str = "xterm-256color";

/// Everything about a process that is decided before it is made.
pub struct Plan {
    command: Vec<String>,
    variables: BTreeMap<String, String>,
    working_directory: PathBuf,
    credentials: Credentials,
    merge_output: bool,
    terminal: Option<Terminal>,
    input: InputTarget,
    processes_max: Option<u64>,
    mark: Mark,
}

/// The agent's ends of a new process's pipes; with a terminal, input and output are both its master.
pub struct AgentEnds {
    /// To its standard input, or the descriptor that stands in for it.
    pub input: OwnedFd,
    /// From its standard output.
    pub output: OwnedFd,
    /// From its standard error, unless it goes where the output goes.
    pub error: Option<OwnedFd>,
}

/// Where a process finds its input.
#[derive(Clone, Copy)]
enum InputTarget {
    Standard,
    /// On `/dev/null`: it has none. A pipe at its end would look like input, and programs choose by that what they do.
    Null,
    Descriptor(i32),
}

impl InputTarget {
    fn of(request: &StartProcessRequest) -> Self {
        match i32::try_from(request.input_descriptor) {
            Ok(number) if number > 0 => Self::Descriptor(number),
            _ if request.input.is_empty() && !request.keep_input_open => Self::Null,
            _ => Self::Standard,
        }
    }
}

/// A new process's own ends.
struct ChildEnds {
    /// Standard input, output, error.
    standard: [OwnedFd; 3],
    /// Its input, when that is not the standard one, and the number it gets.
    extra: Option<(OwnedFd, i32)>,
}

impl ChildEnds {
    fn standard(standard: [OwnedFd; 3]) -> Self {
        Self { standard, extra: None }
    }
}

impl Plan {
    /// Resolves user, directory and environment of a request that has been checked.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when there is no such user.
    pub fn new(
        request: &StartProcessRequest,
        environment: &Environment,
        processes_max: Option<u64>,
        mark: Mark,
    ) -> Outcome<Self> {
        let identity = environment.identity();
        let (user, mut variables) = if request.user.is_empty() {
            (identity.user.clone(), identity.variables.clone())
        } else {
            let user = users::find(&request.user)?;
            let variables = environment.variables_for(&identity, &user);
            (user, variables)
        };
        if request.platform {
            variables = environment.for_platform(variables);
        }
        if request.clean_environment {
            variables.clear();
        } else if request.terminal.is_some() {
            variables
                .entry("TERM".to_owned())
                .or_insert_with(|| TERMINAL_DEFAULT.to_owned());
        }
        variables.extend(request.environment.clone());
        Ok(Self {
            command: request.command.clone(),
            variables,
            working_directory: identity.working_directory.join(&request.working_directory),
            credentials: user.credentials,
            merge_output: request.merge_output,
            terminal: request.terminal,
            input: InputTarget::of(request),
            processes_max,
            mark,
        })
    }

    /// Makes the process. Blocks for as long as the system needs to execute it.
    ///
    /// # Errors
    /// The system's, with the program or the directory it is about.
    pub fn start(&self, children: &Children, ended: Ended) -> Outcome<(i32, AgentEnds)> {
        let failed = |error: io::Error| Failure::system("the process's pipes", &error);
        let (own, child) = self.open_pipes().map_err(failed)?;
        let program = self.program(child)?;
        match children.start(ended, || syscalls::spawn(&program)) {
            Ok(pid) => Ok((pid, own)),
            Err(failed) => Err(self.explain(&failed)),
        }
    }

    fn explain(&self, failed: &SpawnError) -> Failure {
        let subject = match failed.step {
            Step::Clone => "a new process".into(),
            Step::Prepare => "the new process's rights and terminal".into(),
            Step::WorkingDirectory => self.working_directory.to_string_lossy(),
            Step::Execute => self.command[0].as_str().into(),
        };
        Failure::system(subject, &failed.error)
    }

    fn open_pipes(&self) -> io::Result<(AgentEnds, ChildEnds)> {
        if let Some(size) = &self.terminal {
            let (master, slave) = pty::open(size, is_utf8(&self.variables))?;
            self.chown_to_user(&slave)?;
            let input = master.try_clone()?;
            let ends = AgentEnds {
                input,
                output: master,
                error: None,
            };
            return Ok((
                ends,
                ChildEnds::standard([slave.try_clone()?, slave.try_clone()?, slave]),
            ));
        }
        let (input_read, input) = pipe_with(PipeFlags::CLOEXEC)?;
        let (output, output_write) = pipe_with(PipeFlags::CLOEXEC)?;
        self.chown_to_user(&input_read)?;
        self.chown_to_user(&output_write)?;
        if self.merge_output {
            let ends = AgentEnds {
                input,
                output,
                error: None,
            };
            let child = self.with_input(input_read, [output_write.try_clone()?, output_write])?;
            return Ok((ends, child));
        }
        let (error, error_write) = pipe_with(PipeFlags::CLOEXEC)?;
        self.chown_to_user(&error_write)?;
        let ends = AgentEnds {
            input,
            output,
            error: Some(error),
        };
        Ok((ends, self.with_input(input_read, [output_write, error_write])?))
    }

    /// The input where the request wants it.
    fn with_input(&self, input: OwnedFd, [output, error]: [OwnedFd; 2]) -> io::Result<ChildEnds> {
        let null = || rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        Ok(match self.input {
            InputTarget::Standard => ChildEnds::standard([input, output, error]),
            InputTarget::Null => ChildEnds::standard([null()?, output, error]),
            InputTarget::Descriptor(number) => ChildEnds {
                standard: [null()?, output, error],
                extra: Some((input, number)),
            },
        })
    }

    /// Makes the user the owner. Without this a program could not open `/dev/stdout` again, since root made the pipe.
    fn chown_to_user(&self, descriptor: &impl AsFd) -> io::Result<()> {
        if self.credentials.uid == rustix::process::geteuid().as_raw() {
            return Ok(());
        }
        syscalls::chown_descriptor(descriptor.as_fd(), self.credentials.uid, self.credentials.gid)
    }

    fn program(&self, descriptors: ChildEnds) -> Outcome<Program> {
        let keeps_rights = self.credentials.uid == rustix::process::geteuid().as_raw() && self.credentials.uid != 0;
        let variables = self
            .variables
            .iter()
            .map(|(name, value)| text(format!("{name}={value}")));
        Ok(Program {
            candidates: self.candidates()?,
            arguments: self
                .command
                .iter()
                .map(|item| text(item.clone()))
                .collect::<Outcome<_>>()?,
            environment: variables.collect::<Outcome<_>>()?,
            working_directory: text(self.working_directory.clone().into_os_string().into_vec())?,
            descriptors: descriptors.standard,
            extra: descriptors.extra,
            terminal: self.terminal.is_some(),
            credentials: (!keeps_rights).then(|| self.credentials.clone()),
            processes_max: self.processes_max,
            mark: self.mark.0,
        })
    }

    /// Where the program may be: itself if it has a slash, else below each directory of PATH.
    fn candidates(&self) -> Outcome<Vec<CString>> {
        let name = &self.command[0];
        if name.contains('/') {
            return Ok(vec![text(name.clone())?]);
        }
        let path = self.variables.get("PATH").map_or(PATH_DEFAULT, String::as_str);
        path.split(':')
            .map(|directory| {
                let directory = if directory.is_empty() { "." } else { directory };
                let candidate = PathBuf::from(OsStr::from_bytes(directory.as_bytes())).join(name);
                text(candidate.into_os_string().into_vec())
            })
            .collect()
    }
}

fn text(bytes: impl Into<Vec<u8>>) -> Outcome<CString> {
    CString::new(bytes).map_err(|_| Failure::invalid("command", "and everything else of a start hold no NUL"))
}

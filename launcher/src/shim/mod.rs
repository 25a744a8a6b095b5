//! The shim: one small process for each sandbox. It starts the engine, holds the agent's link, takes the exit status,
//! and outlives runner and launcher. As it reads what the sandbox sends, it gives up root once the engine runs.

mod engine_log;
mod link;
mod memory;
mod token_bucket;

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use serde::{Deserialize, Serialize};

use crate::cgroup::{self, MemoryCgroup};
use crate::log::now_ms;
use crate::system;
use engine_log::EngineLog;
use link::{Link, SOCKET_BUFFER_BYTES};
use memory::{Action, MemoryGuard};

/// The user nobody: the shim owns nothing and needs nothing but what it has open.
const NOBODY: u32 = 65_534;

/// What a shim is started with, as JSON on its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub struct ShimConfig {
    /// The sandbox's folder.
    pub folder: PathBuf,
    /// The engine.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The files through which the engine enters its cgroup.
    pub cgroup_procs_files: Vec<PathBuf>,
    /// The files through which the shim enters its own, once the engine has been started.
    pub own_cgroup_procs_files: Vec<PathBuf>,
    /// What the engine sees where the host's cgroups are.
    pub limits_view: Option<PathBuf>,
    /// Where the kernel counts its out-of-memory kills.
    pub oom_file: PathBuf,
    /// The sandbox's memory limit, where the shim guards it.
    pub memory: Option<MemoryCgroup>,
    /// The user who may connect to the agent.
    pub runner_uid: u32,
    /// That user's group.
    pub runner_gid: u32,
}

impl ShimConfig {
    fn view(&self, limits: &Path) -> io::Result<system::View> {
        let text = |path: &Path| CString::new(path.as_os_str().as_encoded_bytes());
        Ok(system::View {
            source: text(limits)?,
            target: c"/sys/fs/cgroup",
            all_roots: text(self.folder.parent().unwrap_or(&self.folder))?,
            own_root: text(&self.folder.join("bundle/rootfs"))?,
        })
    }

    /// The file in which the engine names its process.
    pub fn pid_file(folder: &std::path::Path) -> PathBuf {
        folder.join("engine.pid")
    }

    /// The file in which the shim writes how the engine ended.
    pub fn status_file(folder: &std::path::Path) -> PathBuf {
        folder.join("status.json")
    }
}

/// How the engine's process ended, as the shim saw it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The exit status; -1 with a signal.
    pub code: i32,
    /// The signal; 0 for none.
    pub signal: i32,
    /// How often the kernel killed a process for lack of memory.
    pub oom_kills: u64,
    /// When, in milliseconds of Unix time.
    pub at_ms: i64,
}

/// The shim's output when the engine runs. Any other output is the reason why it does not.
pub const READY: &str = "ready";

/// The program's main function when it is a shim.
pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = write!(io::stdout(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let config: ShimConfig = serde_json::from_str(&text)?;
    let mut shim = Shim::start(&config)?;
    shim.wait_for_start()?;
    let engine = shim.engine_process(&config)?;
    enter(&config.own_cgroup_procs_files)?;
    give_up_root()?;
    announce()?;
    shim.serve(&engine)
}

struct Shim {
    starter: OwnedFd,
    output: OwnedFd,
    log: EngineLog,
    link: Link,
    status: File,
    oom: File,
    memory: Option<MemoryGuard>,
}

/// The exit code of a Go program after a fatal error.
const GO_FATAL_ERROR: i32 = 2;

impl Shim {
    fn start(config: &ShimConfig) -> io::Result<Self> {
        let (ours, agents) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        for end in [&ours, &agents] {
            rustix::net::sockopt::set_socket_send_buffer_size_force(end, SOCKET_BUFFER_BYTES)?;
        }
        // Our end alone: the engine expects its standard input to block.
        rustix::io::ioctl_fionbio(&ours, true)?;
        let (output, engines_output) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&output, true)?;
        let listener = listen(config)?;
        let private = |path: PathBuf| {
            fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(path)
        };
        let status = private(ShimConfig::status_file(&config.folder))?;
        let log = EngineLog::new(private(config.folder.join("engine.log"))?);
        let oom = File::open(&config.oom_file)?;
        let memory = config
            .memory
            .as_ref()
            .map(cgroup::detect::open_memory_limit)
            .transpose()?;
        let mut command = Command::new(&config.program);
        command.args(&config.arguments).env_clear();
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command
            .stdin(agents)
            .stdout(engines_output.try_clone()?)
            .stderr(engines_output);
        let view = config
            .limits_view
            .as_ref()
            .map(|limits| config.view(limits))
            .transpose()?;
        system::before_exec(
            &mut command,
            cgroup::open_procs_files(&config.cgroup_procs_files)?,
            view,
        );
        let child = command.spawn()?;
        let starter = Pid::from_child(&child);
        Ok(Self {
            starter: pidfd_open(starter, PidfdFlags::empty())?,
            output,
            log,
            link: Link::new(ours, listener, u64::try_from(now_ms()).unwrap_or(0)),
            status,
            oom,
            memory: memory.map(MemoryGuard::new),
        })
    }

    /// Waits until the engine's command has returned; the sandbox runs then.
    fn wait_for_start(&mut self) -> io::Result<()> {
        while !self.step(None, true)? {}
        let status = waitid(WaitId::PidFd(self.starter.as_fd()), WaitIdOptions::EXITED)?;
        if status.and_then(|status| status.exit_status()) == Some(0) {
            return Ok(());
        }
        self.log.copy_rest(&self.output);
        Err(io::Error::other(format!("the engine says: {}", self.log.tail())))
    }

    fn engine_process(&self, config: &ShimConfig) -> io::Result<OwnedFd> {
        let text = fs::read_to_string(ShimConfig::pid_file(&config.folder))?;
        let pid = text.trim().parse().ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("the engine did not name its process"))?;
        Ok(pidfd_open(pid, PidfdFlags::empty())?)
    }

    /// Serves the link until the engine's process has ended.
    fn serve(&mut self, engine: &OwnedFd) -> io::Result<()> {
        while !self.step(Some(engine), false)? {}
        let status = waitid(WaitId::PidFd(engine.as_fd()), WaitIdOptions::EXITED)?;
        let code = status.as_ref().and_then(|status| status.exit_status());
        let signal = status.as_ref().and_then(|status| status.terminating_signal());
        let mut text = String::new();
        // The cgroup may be gone already.
        let _ = self.oom.read_to_string(&mut text);
        self.log.copy_rest(&self.output);
        // With a guard the kernel kills nobody: a system call of the engine fails for lack of memory, and the engine exits.
        let fatal_error = code == Some(GO_FATAL_ERROR);
        let out_of_memory = self
            .memory
            .as_ref()
            .is_some_and(|guard| guard.is_under_pressure() || fatal_error && guard.was_under_pressure());
        let status = Status {
            code: code.unwrap_or(-1),
            signal: signal.unwrap_or(0),
            oom_kills: cgroup::oom_kills(&text).max(out_of_memory.into()),
            at_ms: now_ms(),
        };
        self.status.write_all(&serde_json::to_vec(&status)?)
    }

    /// Waits for one event and deals with it. True when the awaited process has ended.
    fn step(&mut self, engine: Option<&OwnedFd>, starting: bool) -> io::Result<bool> {
        let awaited = engine.unwrap_or(&self.starter);
        let mut polled = vec![PollFd::new(awaited, PollFlags::IN)];
        if self.log.is_reading() {
            polled.push(PollFd::new(&self.output, PollFlags::IN));
        }
        // Nobody connects before the launcher has answered with the socket.
        if !starting {
            polled.extend(self.link.interests());
        }
        let guarded = polled.len();
        polled.extend(self.memory.iter().map(MemoryGuard::event));
        let memory_timeout = self.memory.as_ref().and_then(MemoryGuard::timeout);
        let timeout = [memory_timeout, self.log.pause(), self.link.pause()]
            .into_iter()
            .flatten()
            .min();
        let timeout = timeout.map(|time| Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: time.subsec_nanos().into(),
        });
        match poll(&mut polled, timeout.as_ref()) {
            Err(Errno::INTR) => return Ok(false),
            result => result?,
        };
        let ended = !polled[0].revents().is_empty();
        let memory_event = polled.get(guarded).is_some_and(|guard| !guard.revents().is_empty());
        drop(polled);
        self.log.copy(&self.output);
        if memory_event || memory_timeout.is_some() {
            self.check_memory(memory_event);
        }
        if !starting {
            self.link.advance();
        }
        Ok(ended)
    }

    fn check_memory(&mut self, event: bool) {
        match self.memory.as_mut().map(|guard| guard.check(event)) {
            None | Some(Ok(Action::None)) => {}
            Some(Ok(Action::NotifyAgent)) => self.link.signal_pressure(),
            // The cgroup is removed before the shim ends when a sandbox is stopped. If it still exists, the kernel must act at
            // the limit, since nothing else would wake the sandbox there any more.
            Some(Err(_)) => {
                if let Some(guard) = self.memory.take() {
                    guard.abandon();
                }
            }
        }
    }
}

fn listen(config: &ShimConfig) -> io::Result<OwnedFd> {
    let path = config.folder.join("agent.sock");
    crate::files::remove(&path)?;
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    std::os::unix::fs::chown(&path, Some(config.runner_uid), Some(config.runner_gid))?;
    listener.set_nonblocking(true)?;
    Ok(listener.into())
}

fn enter(procs_files: &[PathBuf]) -> io::Result<()> {
    procs_files.iter().try_for_each(|file| fs::write(file, "0"))
}

fn give_up_root() -> io::Result<()> {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    set_no_new_privs(true)?;
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    // Removes the capabilities too, and keeps other processes of the user nobody from tracing this one.
    set_thread_res_uid(uid, uid, uid)?;
    Ok(())
}

fn announce() -> io::Result<()> {
    let mut output = io::stdout();
    output.write_all(READY.as_bytes())?;
    output.flush()?;
    // The launcher reads to the end.
    let null = fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(())
}

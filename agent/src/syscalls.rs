//! Every call of the system that Rust cannot check: all unsafe code of the agent is in this file.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::Arc;

use tokio::io::unix::AsyncFd;

use libc::{c_int, c_long, c_void};

/// The child works on this stack until it executes its program; it calls nothing but the system.
const CHILD_STACK_BYTES: usize = 64 * 1024;

/// Signals whose disposition the agent changes, for itself or through its runtime; a child gets the default back.
const CHANGED_SIGNALS: [c_int; 6] = [
    libc::SIGPIPE,
    libc::SIGCHLD,
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGSEGV,
    libc::SIGBUS,
];

/// The user and groups with whose rights a process or a file call runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

/// A process to be. Everything is prepared before, because the child may not allocate.
pub struct Program {
    /// Paths to try, in order, as a look-up in PATH does.
    pub candidates: Vec<CString>,
    /// Arguments, the name first.
    pub arguments: Vec<CString>,
    /// `NAME=value`.
    pub environment: Vec<CString>,
    /// Directory to start in, entered with the user's rights.
    pub working_directory: CString,
    /// Standard input, output, error.
    pub descriptors: [OwnedFd; 3],
    /// One more, and its number, which is above those three.
    pub extra: Option<(OwnedFd, c_int)>,
    /// The first descriptor is a terminal, which becomes the controlling one.
    pub terminal: bool,
    /// Whose rights; `None` keeps the agent's own.
    pub credentials: Option<Credentials>,
    /// Processes and threads the user may have at one time.
    pub processes_max: Option<u64>,
    /// What all its descendants inherit.
    pub mark: u64,
}

/// At which step a start failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The process could not be made.
    Clone,
    /// Descriptors, terminal, limits or rights could not be set.
    Prepare,
    /// The working directory could not be entered.
    WorkingDirectory,
    /// The program could not be executed.
    Execute,
}

/// Why a process did not start.
#[derive(Debug)]
pub struct SpawnError {
    /// Where.
    pub step: Step,
    /// The system's error.
    pub error: io::Error,
}

struct Child<'a> {
    program: &'a Program,
    argument_pointers: Vec<*const libc::c_char>,
    environment_pointers: Vec<*const libc::c_char>,
    failure: Option<(Step, c_int)>,
}

/// Starts a process in a session of its own, with default signals and nothing open but its descriptors.
///
/// It shares the agent's memory until it executes (`vfork`), which takes 3.2 ms in gVisor where `fork` takes 5.0.
/// Blocks until then. Preconditions: every other descriptor of the agent is close-on-exec.
pub fn spawn(program: &Program) -> Result<i32, SpawnError> {
    let mut child = Child {
        program,
        argument_pointers: pointers(&program.arguments),
        environment_pointers: pointers(&program.environment),
        failure: None,
    };
    let mut stack = vec![0_u128; CHILD_STACK_BYTES / size_of::<u128>()];
    let top = stack.as_mut_ptr_range().end;
    // SAFETY: signals are blocked so that no handler of ours runs in the child, which shares our memory. CLONE_VFORK
    // suspends this thread until the child has executed or ended, so `child` and `stack` outlive its use of them,
    // and nothing touches them meanwhile. The stack's end is aligned to 16 bytes by its element type.
    let pid = unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        let pid = libc::clone(child_main, top.cast(), flags, ptr::from_mut(&mut child).cast());
        let error = *libc::__errno_location();
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
        if pid < 0 { Err(error) } else { Ok(pid) }
    };
    match (pid, child.failure) {
        (Ok(pid), None) => {
            await_execution(pid);
            Ok(pid)
        }
        (Ok(_), Some((step, errno))) => Err(SpawnError {
            step,
            error: io::Error::from_raw_os_error(errno),
        }),
        (Err(errno), _) => Err(SpawnError {
            step: Step::Clone,
            error: io::Error::from_raw_os_error(errno),
        }),
    }
}

/// Waits until the kernel has done all that belongs to an execution. A parent is woken when half of that is done: for
/// a moment the process still counts as one whose rights have changed, and its own user may not open its descriptors
/// in `/proc`. To open this file means to wait for the lock that an execution holds (Linux, `exec_update_lock`).
fn await_execution(pid: i32) {
    // A process that has ended already has nothing left to wait for.
    let _ = std::fs::File::open(format!("/proc/{pid}/environ"));
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

extern "C" fn child_main(argument: *mut c_void) -> c_int {
    // SAFETY: `spawn` passes its `Child` and is suspended while this runs.
    let child = unsafe { &mut *argument.cast::<Child<'_>>() };
    child.failure = Some(match prepare_child(child.program) {
        Err(failure) => failure,
        Ok(()) => execute(child),
    });
    // SAFETY: ends this process only, without running the agent's exit code.
    unsafe { libc::_exit(127) }
}

fn prepare_child(program: &Program) -> Result<(), (Step, c_int)> {
    let prepare = |result: c_long| check(result).map_err(|errno| (Step::Prepare, errno));
    // SAFETY: plain system calls with values and pointers into `program`, which lives in the suspended parent. The
    // raw calls are used for the identity because the C library's would tell the parent's threads.
    unsafe {
        prepare(libc::syscall(libc::SYS_setsid))?;
        for (target, descriptor) in (0..).zip(&program.descriptors) {
            prepare(c_long::from(libc::dup2(descriptor.as_raw_fd(), target)))?;
        }
        if let Some((descriptor, target)) = &program.extra {
            let source = descriptor.as_raw_fd();
            prepare(c_long::from(libc::dup2(source, *target)))?;
            if source == *target {
                prepare(c_long::from(libc::fcntl(source, libc::F_SETFD, 0)))?;
            }
        }
        if program.terminal {
            prepare(c_long::from(libc::ioctl(0, libc::TIOCSCTTY, 0)))?;
        }
        if let Some(limit) = program.processes_max {
            let limit = libc::rlimit {
                rlim_cur: limit,
                rlim_max: limit,
            };
            prepare(c_long::from(libc::setrlimit(libc::RLIMIT_NPROC, &limit)))?;
        }
        // No kernel heeds this limit. Where a smaller one is set it stays, and descendants are known by less.
        let mark = libc::rlimit {
            rlim_cur: program.mark,
            rlim_max: program.mark,
        };
        libc::setrlimit(libc::RLIMIT_RSS, &mark);
        if let Some(credentials) = &program.credentials {
            let groups = &credentials.groups;
            let (gid, uid) = (credentials.gid, credentials.uid);
            prepare(libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()))?;
            prepare(libc::syscall(libc::SYS_setresgid, gid, gid, gid))?;
            prepare(libc::syscall(libc::SYS_setresuid, uid, uid, uid))?;
        }
        check(c_long::from(libc::chdir(program.working_directory.as_ptr())))
            .map_err(|errno| (Step::WorkingDirectory, errno))?;
        for signal in CHANGED_SIGNALS {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        prepare(c_long::from(libc::sigprocmask(
            libc::SIG_SETMASK,
            &none,
            ptr::null_mut(),
        )))
    }
}

/// Tries the candidates as `execvp` does: goes on where there is no such file, remembers that one was forbidden.
fn execute(child: &Child<'_>) -> (Step, c_int) {
    let mut result = libc::ENOENT;
    for candidate in &child.program.candidates {
        // SAFETY: the arrays end with a null pointer and point to strings that live in the suspended parent.
        let errno = unsafe {
            libc::execve(
                candidate.as_ptr(),
                child.argument_pointers.as_ptr(),
                child.environment_pointers.as_ptr(),
            );
            *libc::__errno_location()
        };
        match errno {
            libc::ENOENT | libc::ENOTDIR => {}
            libc::EACCES => result = errno,
            _ => return (Step::Execute, errno),
        }
    }
    (Step::Execute, result)
}

fn check(result: c_long) -> Result<(), c_int> {
    if result >= 0 {
        return Ok(());
    }
    // SAFETY: the location is valid for the calling thread.
    Err(unsafe { *libc::__errno_location() })
}

/// Runs `work` on this thread with the rights of `credentials`, and returns to the agent's own.
///
/// Only the effective ids change, so a process of that user can neither signal nor trace the agent meanwhile. The
/// raw calls change this thread alone. If the agent's rights cannot be restored the process ends: going on with a
/// thread of unknown rights would be worse.
///
/// # Errors
/// When the rights cannot be taken; `work` has not run then.
pub fn with_credentials<T>(credentials: &Credentials, work: impl FnOnce() -> T) -> io::Result<T> {
    let own_groups = rustix::process::getgroups()?;
    let own_groups: Vec<u32> = own_groups.iter().map(|group| group.as_raw()).collect();
    let own = Credentials {
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        groups: own_groups,
    };
    if own.uid == credentials.uid && own.gid == credentials.gid {
        return Ok(work());
    }
    let _restore = Restore(&own);
    set_groups(&credentials.groups)?;
    set_effective(libc::SYS_setresgid, credentials.gid)?;
    set_effective(libc::SYS_setresuid, credentials.uid)?;
    Ok(work())
}

struct Restore<'a>(&'a Credentials);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        let restored = set_effective(libc::SYS_setresuid, self.0.uid)
            .and_then(|()| set_effective(libc::SYS_setresgid, self.0.gid))
            .and_then(|()| {
                if self.0.uid == 0 {
                    set_groups(&self.0.groups)
                } else {
                    Ok(())
                }
            });
        if restored.is_err() {
            std::process::abort();
        }
    }
}

fn set_effective(call: c_long, id: u32) -> io::Result<()> {
    const UNCHANGED: u32 = u32::MAX;
    // SAFETY: takes three numbers.
    let result = unsafe { libc::syscall(call, UNCHANGED, id, UNCHANGED) };
    check(result).map_err(io::Error::from_raw_os_error)
}

fn set_groups(groups: &[u32]) -> io::Result<()> {
    // SAFETY: the pointer and the length describe the slice.
    let result = unsafe { libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) };
    check(result).map_err(io::Error::from_raw_os_error)
}

/// Changes the owner of a pipe or terminal, so that `/dev/stdout` and its like can be opened by the process.
pub fn chown_descriptor(descriptor: BorrowedFd<'_>, uid: u32, gid: u32) -> io::Result<()> {
    // SAFETY: the descriptor is borrowed, hence open.
    let result = unsafe { libc::fchown(descriptor.as_raw_fd(), uid, gid) };
    check(c_long::from(result)).map_err(io::Error::from_raw_os_error)
}

/// The agent's own standard input, as an owned descriptor that no child inherits.
pub fn take_standard_input() -> io::Result<OwnedFd> {
    let link = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let null = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(link)
}

/// Returns free memory of the allocator to the system.
pub fn trim_memory() {
    // SAFETY: takes a number; the allocator locks itself.
    unsafe { libc::malloc_trim(0) };
}

/// Registers a descriptor for events of the kernel. Preconditions: called inside the runtime.
pub fn register_descriptor(descriptor: Arc<OwnedFd>) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    // SAFETY: an owned descriptor stays open, and the same, for as long as a value that owns it lives.
    Ok(unsafe { AsyncFd::register(descriptor) }?)
}

/// Sends a signal; a negative `target` is a process group, -1 is everything but the agent.
pub fn kill(target: i32, signal: i32) -> io::Result<()> {
    // SAFETY: takes two numbers.
    let result = unsafe { libc::kill(target, signal) };
    check(c_long::from(result)).map_err(io::Error::from_raw_os_error)
}

/// A child that has ended and its raw status, taken out of the kernel's table; `None` when there is none now.
pub fn reap() -> Option<(i32, i32)> {
    let mut status = 0;
    // SAFETY: the pointer is to a local number.
    let pid = unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) };
    (pid > 0).then_some((pid, status))
}

/// Makes this process fit to be the first of a sandbox: a known umask, nothing inherited by children, orphans come
/// here, no process can trace it, and little memory for allocation pools.
pub fn prepare_process() {
    // SAFETY: plain calls that take numbers; no other thread exists yet.
    unsafe {
        libc::umask(0o022);
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
        libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
        for signal in 1..=libc::SIGRTMAX() {
            let mut action: libc::sigaction = std::mem::zeroed();
            let known = libc::sigaction(signal, ptr::null(), &mut action) == 0;
            if known && action.sa_sigaction == libc::SIG_IGN && signal != libc::SIGPIPE {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_process_that_has_started_is_open_to_its_user() {
        const STARTS: usize = 300;
        let user = (rustix::process::geteuid().as_raw() == 0).then(|| Credentials {
            uid: 1,
            gid: 1,
            groups: Vec::new(),
        });
        for _ in 0..STARTS {
            let null = std::fs::File::options().write(true).open("/dev/null").unwrap();
            let null = OwnedFd::from(null);
            let pid = spawn(&Program {
                candidates: vec![c"/bin/sleep".into()],
                arguments: vec![c"sleep".into(), c"60".into()],
                environment: Vec::new(),
                working_directory: c"/".into(),
                descriptors: [null.try_clone().unwrap(), null.try_clone().unwrap(), null],
                extra: None,
                terminal: false,
                credentials: user.clone(),
                processes_max: None,
                mark: 1 << 61,
            })
            .unwrap();
            let open = || std::fs::read_link(format!("/proc/{pid}/fd/1"));
            let target = match &user {
                Some(user) => with_credentials(user, open).unwrap(),
                None => open(),
            };
            kill(pid, libc::SIGKILL).unwrap();
            // SAFETY: takes numbers, and no place for the status.
            unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
            assert_eq!(target.unwrap().to_str(), Some("/dev/null"));
        }
    }
}

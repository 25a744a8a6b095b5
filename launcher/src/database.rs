//! The installation's PostgreSQL: made once, run under a user of its own, reachable through one Unix socket by the
//! runner's user alone.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use serde::Serialize;
use serde_json::json;

use crate::answer::{Code, Context, Failure, Outcome};
use crate::config::{Config, User, user};
use crate::process::Process;
use crate::{files, log};

const START_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
const FREE_BYTES_MIN: u64 = 256 << 20;
const LOG_BYTES_MAX: u64 = 8 << 20;

/// The cluster of this installation.
pub struct Database {
    config: Arc<Config>,
    owner: User,
    runner: User,
    /// Two starts at once would make two clusters.
    busy: Mutex<()>,
}

/// The answer to a start.
#[derive(Serialize)]
pub struct Started {
    socket_dir: PathBuf,
    port: u16,
    initialised: bool,
    version: String,
}

/// The answer to a question for its status.
#[derive(Serialize)]
pub struct State {
    running: bool,
    initialised: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

impl Database {
    /// The cluster below the configuration's home.
    ///
    /// # Errors
    /// When one of the users does not exist.
    pub fn of(config: &Arc<Config>) -> Outcome<Self> {
        let plain = |name: &str| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        if !plain(&config.runner_user) || !plain(&config.database_user) || config.runner_user == config.database_user {
            let message = "runner_user and database_user must be two users with names of [A-Za-z0-9_-].";
            return Err(Failure::new(Code::Invalid, message));
        }
        Ok(Self {
            config: Arc::clone(config),
            owner: user(&config.database_user)?,
            runner: user(&config.runner_user)?,
            busy: Mutex::new(()),
        })
    }

    /// Starts the database, and makes it first when there is none. `initialised` says whether it was made now.
    ///
    /// # Errors
    /// [`Code::NoSpace`] when the disk is nearly full; else with the message of PostgreSQL.
    pub fn start(&self) -> Outcome<Started> {
        let _busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let version = self.program_version()?;
        let mut started = Started {
            socket_dir: self.socket_folder(),
            port: self.config.database_port,
            initialised: false,
            version,
        };
        if self.process().is_some_and(|process| self.ready(process)) {
            return Ok(started);
        }
        self.refuse_when_full()?;
        self.prepare_folders()?;
        if !self.data().exists() {
            self.initialise()?;
            started.initialised = true;
        }
        self.refuse_other_version(&started.version)?;
        if self.process().is_none() {
            self.remove_stale_locks()?;
            self.write_settings()?;
            self.launch()?;
        }
        self.wait_until_ready()?;
        Ok(started)
    }

    /// Stops the database: connections are cut, transactions rolled back, everything written.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn stop(&self) -> Outcome<()> {
        let _busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(process) = self.process() else {
            return Ok(());
        };
        // PostgreSQL calls these its fast and its immediate shutdown; the latter recovers at the next start.
        for signal in [Signal::INT, Signal::QUIT] {
            if let Some(pid) = process.pid() {
                let _ = kill_process(pid, signal);
            }
            let deadline = Instant::now() + STOP_MAX;
            while process.alive() && Instant::now() < deadline {
                thread::sleep(POLL);
            }
            if !process.alive() {
                return Ok(());
            }
        }
        Err(Failure::internal("PostgreSQL does not stop; look at its log."))
    }

    /// Says whether the database runs.
    ///
    /// # Errors
    /// When the program cannot be asked for its version.
    pub fn status(&self) -> Outcome<State> {
        Ok(State {
            running: self.process().is_some_and(|process| self.ready(process)),
            initialised: self.data().exists(),
            version: self.program_version().ok(),
        })
    }

    fn folder(&self) -> PathBuf {
        self.config.home("database")
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder().join("postgres.log")
    }

    fn socket_folder(&self) -> PathBuf {
        self.config.home("run/database")
    }

    fn program(&self, name: &str) -> PathBuf {
        self.config.postgres.as_ref().join("bin").join(name)
    }

    /// A program of PostgreSQL's, under its own user and with nothing of our environment.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        command
            .uid(self.owner.uid)
            .gid(self.owner.gid)
            .current_dir("/")
            .env_clear();
        command
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    fn program_version(&self) -> Outcome<String> {
        let output = self.command("postgres").arg("--version").output();
        let output = output.with_context(|| format!("{} cannot be started", self.program("postgres").display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text
            .split_ascii_whitespace()
            .find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
        let unknown = || {
            Failure::internal(format!(
                "{} does not print its version.",
                self.program("postgres").display()
            ))
        };
        version.map(str::to_owned).ok_or_else(unknown)
    }

    fn refuse_when_full(&self) -> Outcome<()> {
        let about =
            rustix::fs::statvfs(self.config.home.as_ref()).with_context(|| "The free space cannot be read".into())?;
        let free = about.f_bavail.saturating_mul(about.f_frsize);
        if free >= FREE_BYTES_MIN {
            return Ok(());
        }
        let message = format!("The database needs {FREE_BYTES_MIN} bytes of free disk to start, and {free} are left.");
        Err(Failure::new(Code::NoSpace, message))
    }

    /// A cluster of another major version cannot be opened, and must not be tried.
    fn refuse_other_version(&self, version: &str) -> Outcome<()> {
        let path = self.data().join("PG_VERSION");
        let what = || format!("{} cannot be read", path.display());
        let text = files::read_of_user(&self.data(), "PG_VERSION", self.owner.uid).with_context(what)?;
        let text = text.unwrap_or_default();
        let major = version.split('.').next().unwrap_or("");
        if text.trim() == major {
            return Ok(());
        }
        // It becomes part of a message, so it must be a version and nothing else.
        if text.is_empty() || !text.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(Failure::internal(format!("{} holds no version.", path.display())));
        }
        let message = format!(
            "The data in {} is of PostgreSQL {}, and the installed one is {version}. Install {} again, or move the data \
             with pg_dump and pg_restore.",
            self.data().display(),
            text.trim(),
            text.trim()
        );
        Err(Failure::new(Code::Invalid, message))
    }

    /// Our own folder belongs to root: what PostgreSQL's user can write is its data and its socket's folder only.
    fn prepare_folders(&self) -> Outcome<()> {
        let what = || "The database's folders cannot be made".to_owned();
        files::make_folder(&self.folder(), 0o755).with_context(what)?;
        let sockets = self.socket_folder();
        files::make_folder(&sockets, 0o750).with_context(what)?;
        chown(&sockets, Some(self.owner.uid), Some(self.runner.gid)).with_context(what)
    }

    /// Makes the cluster beside its place and moves it there when it is whole.
    fn initialise(&self) -> Outcome<()> {
        let what = || "The database cannot be made".to_owned();
        let new = self.folder().join("data.new");
        files::remove_folder(&new).with_context(what)?;
        files::make_folder(&new, 0o700).with_context(what)?;
        chown(&new, Some(self.owner.uid), Some(self.owner.gid)).with_context(what)?;
        let output = self
            .command("initdb")
            .args([
                "--username=postgres",
                "--auth=peer",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
            ])
            .args(["--builtin-locale=C.UTF-8", "--no-instructions", "-D"])
            .arg(&new)
            .output()
            .with_context(what)?;
        refuse_failed("initdb", &output)?;
        self.make_role(&new)?;
        fs::rename(&new, self.data()).with_context(what)
    }

    fn make_role(&self, data: &Path) -> Outcome<()> {
        let what = || "The database's role cannot be made".to_owned();
        let mut single = self.command("postgres");
        single.args(["--single", "-D"]).arg(data).arg("postgres");
        single
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = single.spawn().with_context(what)?;
        if let Some(mut input) = child.stdin.take() {
            input
                .write_all(b"CREATE ROLE sandlot LOGIN\nCREATE DATABASE sandlot OWNER sandlot\n")
                .with_context(what)?;
        }
        let output = child.wait_with_output().with_context(what)?;
        refuse_failed("postgres", &output)?;
        let message = String::from_utf8_lossy(&output.stderr);
        // In this mode a failed command does not fail the program.
        if message.contains("ERROR:") {
            return Err(Failure::internal(format!("{}: {message}", what())));
        }
        Ok(())
    }

    fn write_settings(&self) -> Outcome<()> {
        let folder = self.folder();
        let access = "local all postgres peer map=admin\nlocal sandlot sandlot peer map=runner\n";
        let names = format!(
            "admin {} postgres\nrunner {} sandlot\n",
            self.config.database_user, self.config.runner_user
        );
        let settings = format!(
            "data_directory = '{data}'
hba_file = '{folder}/pg_hba.conf'
ident_file = '{folder}/pg_ident.conf'
listen_addresses = ''
unix_socket_directories = '{sockets}'
port = {port}
fsync = on
full_page_writes = on
synchronous_commit = on
max_connections = 60
shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 32MB
min_wal_size = 32MB
max_wal_size = 256MB
io_method = sync
max_worker_processes = 4
max_parallel_workers_per_gather = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
",
            data = self.data().display(),
            folder = folder.display(),
            sockets = self.socket_folder().display(),
            port = self.config.database_port,
        );
        let contents = [
            ("postgresql.conf", settings.as_str()),
            ("pg_hba.conf", access),
            ("pg_ident.conf", &names),
        ];
        for (name, content) in contents {
            files::replace(&folder.join(name), content.as_bytes(), 0o644)
                .with_context(|| format!("{name} of the database cannot be written"))?;
        }
        Ok(())
    }

    fn launch(&self) -> Outcome<()> {
        let what = || "PostgreSQL cannot be started".to_owned();
        let log = self.open_log().with_context(what)?;
        let mut child = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-c")
            .arg(format!(
                "config_file={}",
                self.folder().join("postgresql.conf").display()
            ))
            .stdout(log.try_clone().with_context(what)?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(what)?;
        // It outlives us; while we are its parent, it must be reaped.
        thread::spawn(move || {
            let status = child.wait().map(|status| status.to_string()).unwrap_or_default();
            log::info("database ended", json!({"status": status}));
        });
        Ok(())
    }

    fn open_log(&self) -> io::Result<File> {
        let path = self.log_file();
        if fs::metadata(&path).is_ok_and(|about| about.len() > LOG_BYTES_MAX) {
            fs::rename(&path, path.with_extension("log.old"))?;
        }
        fs::OpenOptions::new().append(true).create(true).mode(0o640).open(path)
    }

    fn wait_until_ready(&self) -> Outcome<()> {
        let deadline = Instant::now() + START_MAX;
        let mut seen = false;
        while Instant::now() < deadline {
            match self.process() {
                Some(process) if self.ready(process) => return Ok(()),
                Some(_) => seen = true,
                None if seen => break,
                None => {}
            }
            thread::sleep(POLL);
            // It may also end before it has written down its number.
            if !seen && Instant::now() + START_MAX > deadline + Duration::from_secs(5) {
                break;
            }
        }
        let log = fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        let last: Vec<&str> = lines.into_iter().rev().collect();
        Err(Failure::internal(format!(
            "PostgreSQL did not start: {}",
            last.join(" ")
        )))
    }

    fn pid_file(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    fn pid_text(&self) -> Option<String> {
        files::read_of_user(&self.data(), "postmaster.pid", self.owner.uid)
            .ok()
            .flatten()
    }

    /// The running server of this cluster. The number in the file alone says little: it may be left from before a
    /// restart of the host, and belong to another program now.
    fn process(&self) -> Option<Process> {
        let text = self.pid_text()?;
        let process = Process::now(text.lines().next()?.trim().parse().ok()?)?;
        let folder = fs::read_link(format!("/proc/{}/cwd", process.pid)).ok()?;
        // Whoever can write the file could name a process of another user, which would be sent signals.
        let owner = fs::metadata(format!("/proc/{}", process.pid)).ok()?.uid();
        (owner == self.owner.uid && folder == self.data().canonicalize().ok()?).then_some(process)
    }

    fn ready(&self, process: Process) -> bool {
        let text = self.pid_text().unwrap_or_default();
        let mut lines = text.lines();
        let same = lines.next().is_some_and(|line| line.trim() == process.pid.to_string());
        same && lines.nth(6).is_some_and(|line| line.trim() == "ready")
    }

    /// PostgreSQL refuses to start when the number in a left file belongs to any process of its user.
    fn remove_stale_locks(&self) -> Outcome<()> {
        let socket_lock = format!(".s.PGSQL.{}.lock", self.config.database_port);
        for path in [self.pid_file(), self.socket_folder().join(socket_lock)] {
            files::remove(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
        }
        Ok(())
    }
}

fn refuse_failed(program: &str, output: &Output) -> Outcome<()> {
    if output.status.success() {
        return Ok(());
    }
    let words = [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat();
    let full = words.contains("No space left on device");
    let code = if full { Code::NoSpace } else { Code::Internal };
    let skipped = words.chars().count().saturating_sub(600);
    let words: String = words.chars().skip(skipped).collect();
    Err(Failure::new(code, format!("{program} failed: {words}")))
}

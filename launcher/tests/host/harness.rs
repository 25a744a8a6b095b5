//! A launcher of the test's own, with its own home, address range, interfaces and cgroup. Ends with a look at whether
//! anything of it is left on the host.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

static NEXT: AtomicU8 = AtomicU8::new(0);
/// Names and addresses are the same in every run, so that one keeps the next waiting.
static ALONE: OnceLock<File> = OnceLock::new();
const START_MAX: Duration = Duration::from_secs(20);
const TRACES_WAIT: Duration = Duration::from_secs(60);

/// A launcher and everything it was set up with.
pub struct Launcher {
    pub number: u8,
    pub home: PathBuf,
    config: PathBuf,
    pub child: Option<Child>,
    failpoints: String,
}

impl Launcher {
    pub fn start() -> Self {
        Self::start_with(json!({}))
    }

    /// With these keys of the configuration instead of the usual ones.
    pub fn start_with(changes: Value) -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "These tests make namespaces, mounts and cgroups: run them as root."
        );
        ALONE.get_or_init(|| {
            let lock = File::create("/run/lock/sandlot-test-launchers").expect("a lock");
            rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("the lock");
            lock
        });
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let home = PathBuf::from(format!("/tmp/sandlot-launcher-{}-{number}", std::process::id()));
        fs::DirBuilder::new().mode(0o755).create(&home).expect("a home");
        let images = home.join("images");
        make_image(&images.join("tiny"));
        let mut config = json!({
            "instance": instance(number), "home": home, "runner_user": "sandlot", "database_user": "sandlot-db",
            "address_pool": format!("10.217.{number}.0/24"), "dns_port": 5353, "pool_bytes": 2_147_483_648_u64,
            "runsc": program("SANDLOT_TEST_RUNSC", "runsc"), "runc": program("SANDLOT_TEST_RUNC", "runc"),
            "agent": test_agent(), "images": images, "postgres": postgres(), "database_port": 5432,
            "sandboxes_max": 8, "failpoints": true,
        });
        let (Value::Object(all), Value::Object(changes)) = (&mut config, changes) else {
            panic!("changes are an object");
        };
        all.extend(changes);
        let path = home.join("launcher.json");
        fs::write(&path, config.to_string()).expect("a configuration");
        let mut launcher = Self {
            number,
            home,
            config: path,
            child: None,
            failpoints: String::new(),
        };
        launcher.serve();
        launcher
    }

    pub fn instance(&self) -> String {
        instance(self.number)
    }

    pub fn socket(&self) -> PathBuf {
        self.home.join("run/launcher.sock")
    }

    /// Starts the launcher's process and waits until it answers.
    pub fn serve(&mut self) {
        let log = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.home.join("launcher.log"))
            .expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_sandlot-launcher"))
            .args(["serve", "--config"])
            .arg(&self.config)
            .env("SANDLOT_FAILPOINTS", &self.failpoints)
            .stdin(Stdio::null())
            .stderr(log)
            .spawn();
        self.child = Some(child.expect("the launcher's program"));
        let begin = Instant::now();
        while UnixStream::connect(self.socket()).is_err() {
            assert!(
                begin.elapsed() < START_MAX,
                "The launcher does not serve: {}",
                self.log()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// As `kill -9`.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("a running launcher");
        child.kill().expect("a kill");
        child.wait().expect("an end");
        fs::remove_file(self.socket()).expect("the socket");
    }

    /// Waits until a failpoint has ended it.
    pub fn wait_for_its_end(&mut self) {
        let mut child = self.child.take().expect("a running launcher");
        let begin = Instant::now();
        while child.try_wait().expect("a status").is_none() {
            if begin.elapsed() > START_MAX {
                child.kill().expect("a kill");
                panic!("The launcher did not reach its failpoint: {}", self.log());
            }
            thread::sleep(Duration::from_millis(5));
        }
        fs::remove_file(self.socket()).expect("the socket");
    }

    /// Starts it anew with these failpoints.
    pub fn restart(&mut self, failpoints: &str) {
        if self.child.is_some() {
            self.kill();
        }
        failpoints.clone_into(&mut self.failpoints);
        self.serve();
    }

    /// As after an update: the same agent with another content.
    pub fn take_another_agent(&mut self) {
        let agent = self.home.join("other-agent");
        fs::copy(test_agent(), &agent).expect("a copy");
        let mut file = fs::OpenOptions::new().append(true).open(&agent).expect("the copy");
        file.write_all(b"other").expect("another content");
        let text = fs::read_to_string(&self.config).expect("the configuration");
        let mut config: Value = serde_json::from_str(&text).expect("JSON");
        config["agent"] = json!(agent);
        fs::write(&self.config, config.to_string()).expect("a configuration");
        self.restart("");
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.home.join("launcher.log")).unwrap_or_default()
    }

    /// Sends one line and returns the answer; none when the launcher ended instead.
    pub fn send(&self, line: &str) -> Option<Value> {
        let mut stream = UnixStream::connect(self.socket()).expect("a connection");
        stream.write_all(format!("{line}\n").as_bytes()).expect("a request");
        let mut answer = String::new();
        match BufReader::new(stream).read_line(&mut answer) {
            Ok(length) if length > 0 => Some(serde_json::from_str(&answer).expect("an answer in JSON")),
            _ => None,
        }
    }

    /// Asks for something that must succeed.
    pub fn ok(&self, request: Value) -> Value {
        let answer = self.send(&request.to_string()).expect("an answer");
        assert!(
            answer["error"].is_null(),
            "{request} is answered {answer}; {}",
            self.log()
        );
        answer["ok"].clone()
    }

    /// Asks for something that must fail; returns the code.
    pub fn refused(&self, request: Value) -> String {
        let answer = self.send(&request.to_string()).expect("an answer");
        answer["error"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{request} is answered {answer}"))
            .to_owned()
    }

    /// Makes a disk and starts a sandbox on it.
    pub fn sandbox(&self, number: u8, engine: &str, network: Value) -> Sandbox {
        let id = id(number);
        self.ok(create(&id, 64 << 20));
        let started = self.ok(start(&id, engine, network));
        Sandbox::of(&id, &started)
    }

    pub fn run(&self, command: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_sandlot-launcher"))
            .args([command, "--config"])
            .arg(&self.config)
            .output()
            .expect("the launcher's program")
    }

    /// Runs a command with this launcher's configuration, but for its home.
    pub fn run_as(&self, command: &str, home: &Path) -> Output {
        let text = fs::read_to_string(&self.config).expect("the configuration");
        let mut config: Value = serde_json::from_str(&text).expect("JSON");
        config["home"] = json!(home);
        let path = home.join("launcher.json");
        fs::write(&path, config.to_string()).expect("a configuration");
        Command::new(env!("CARGO_BIN_EXE_sandlot-launcher"))
            .args([command, "--config"])
            .arg(path)
            .output()
            .expect("the launcher's program")
    }

    /// The engine that is tried.
    pub fn runsc(&self) -> PathBuf {
        program("SANDLOT_TEST_RUNSC", "runsc")
    }

    /// What an engine says about a running sandbox: `running`, `paused` and the like.
    pub fn engine_status(&self, engine: &str, id: &str) -> String {
        let program = match engine {
            "runsc" => self.runsc(),
            _ => program("SANDLOT_TEST_RUNC", "runc"),
        };
        // Each sandbox has a folder of its own for the engine's state.
        let states = fs::read_dir(format!("/run/sandlot-{}/engine", self.instance())).expect("the engines' states");
        let status = |state: PathBuf| {
            let output = Command::new(&program)
                .arg("--root")
                .arg(state)
                .args(["state", id])
                .output();
            let answer: Value = serde_json::from_slice(&output.expect("an engine").stdout).ok()?;
            Some(answer["status"].as_str()?.to_owned())
        };
        let mut found = states.filter_map(|state| status(state.expect("a state").path()));
        found.next().expect("the sandbox's engine")
    }

    /// The folder of a sandbox's disk on the host.
    pub fn disk(&self, id: &str) -> PathBuf {
        self.home.join("pool/disks").join(id)
    }

    /// Everything on the host that carries this launcher's name.
    pub fn traces(&self) -> Vec<String> {
        let instance = self.instance();
        let mut traces = Vec::new();
        let mut look = |folder: &str, prefix: &str| {
            let names = fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name());
            let names = names.map(|name| name.to_string_lossy().into_owned());
            traces.extend(
                names
                    .filter(|name| name.starts_with(prefix))
                    .map(|name| format!("{folder}/{name}")),
            );
        };
        look("/sys/class/net", &format!("sl{instance}-"));
        look("/sys/class/net", &format!("sl{instance}"));
        look("/run", &format!("sandlot-{instance}"));
        for hierarchy in [
            "", "/cpu", "/cpuacct", "/memory", "/pids", "/freezer", "/devices", "/blkio", "/systemd", "/unified",
        ] {
            look(&format!("/sys/fs/cgroup{hierarchy}"), &format!("sandlot-{instance}"));
        }
        let home = self.home.to_string_lossy().into_owned();
        let mounts = fs::read_to_string("/proc/self/mounts").expect("mounts");
        traces.extend(mounts.lines().filter(|line| line.contains(&home)).map(str::to_owned));
        let rules = Command::new("ip").args(["rule"]).output().expect("ip").stdout;
        let rules = String::from_utf8_lossy(&rules).into_owned();
        let name = format!(" iif sl{instance} ");
        traces.extend(rules.lines().filter(|line| line.contains(&name)).map(str::to_owned));
        let tables = Command::new("nft")
            .args(["list", "tables"])
            .output()
            .expect("nft")
            .stdout;
        let tables = String::from_utf8_lossy(&tables).into_owned();
        traces.extend(
            tables
                .lines()
                .filter(|line| line.ends_with(&format!(" sandlot_{instance}")))
                .map(str::to_owned),
        );
        traces.extend(processes(&home));
        let loops = Command::new("losetup").arg("-a").output().expect("losetup").stdout;
        traces.extend(
            String::from_utf8_lossy(&loops)
                .lines()
                .filter(|line| line.contains(&home))
                .map(str::to_owned),
        );
        traces
    }

    /// What stays. A sandbox of another test that was started meanwhile has seen this launcher's disk mounted; the disk is
    /// free when that sandbox has ended or put its view of the host away.
    fn lasting_traces(&self) -> Vec<String> {
        let deadline = Instant::now() + TRACES_WAIT;
        loop {
            let traces = self.traces();
            if traces.is_empty() || Instant::now() > deadline || thread::panicking() {
                return traces;
            }
            thread::sleep(Duration::from_millis(200));
        }
    }
}

/// The processes of sandboxes, shims and the database below this home.
fn processes(home: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if name.bytes().all(|byte| byte.is_ascii_digit()) && line.contains(home) && !line.contains(" serve ") {
            found.push(line);
        }
    }
    found
}

impl Drop for Launcher {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let output = self.run("clean");
        let traces = self.lasting_traces();
        if thread::panicking() {
            eprintln!("{}", self.log());
        } else {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(traces.is_empty(), "left on the host: {traces:#?}");
        }
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// The socket that leads to a sandbox's agent.
pub struct Sandbox {
    pub id: String,
    pub address: String,
    pub socket: PathBuf,
}

impl Sandbox {
    pub fn of(id: &str, started: &Value) -> Self {
        Self {
            id: id.to_owned(),
            address: started["address"].as_str().expect("an address").to_owned(),
            socket: started["agent_socket"].as_str().expect("a socket").into(),
        }
    }

    pub fn connect(&self) -> Agent {
        let stream = UnixStream::connect(&self.socket).expect("the agent's socket");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a time limit");
        Agent(BufReader::new(stream))
    }

    /// Gives the agent a command that may take this long.
    pub fn call_with_timeout(&self, command: &str, timeout: Duration) -> String {
        let mut agent = self.connect();
        agent.0.get_ref().set_read_timeout(Some(timeout)).expect("a time limit");
        agent.call(command)
    }

    /// Gives the agent a command on a connection of its own.
    pub fn call(&self, command: &str) -> String {
        self.connect().call(command)
    }
}

/// A connection to an agent.
pub struct Agent(BufReader<UnixStream>);

impl Agent {
    pub fn call(&mut self, command: &str) -> String {
        self.try_call(command)
            .unwrap_or_else(|error| panic!("the agent does not answer {command}: {error}"))
    }

    pub fn try_call(&mut self, command: &str) -> std::io::Result<String> {
        self.0.get_mut().write_all(format!("{command}\n").as_bytes())?;
        let mut answer = String::new();
        match self.0.read_line(&mut answer)? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}

pub fn id(number: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{number:02x}")
}

pub fn create(id: &str, disk_bytes: u64) -> Value {
    json!({"op": "create_disk", "id": id, "image": "tiny", "host_name": "box", "disk_bytes": disk_bytes})
}

pub fn start(id: &str, engine: &str, network: Value) -> Value {
    let limits = json!({"cpu_millis": 2000, "memory_bytes": 256 << 20, "pids": 100});
    json!({"op": "start_sandbox", "id": id, "engine": engine, "limits": limits, "network": network})
}

pub fn about(op: &str, id: &str) -> Value {
    json!({"op": op, "id": id})
}

pub fn open() -> Value {
    json!({"mode": "default"})
}

/// Waits for something that takes a moment.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < START_MAX, "It does not happen that {what}.");
        thread::sleep(Duration::from_millis(10));
    }
}

fn instance(number: u8) -> String {
    format!("t{number:x}z")
}

/// An image needs no more than places to mount at: the test's agent is static.
fn make_image(folder: &Path) {
    for below in [
        "",
        "rootfs",
        "rootfs/dev",
        "rootfs/etc",
        "rootfs/proc",
        "rootfs/sys",
        "rootfs/tmp",
    ] {
        let path = folder.join(below);
        fs::create_dir_all(&path).expect("a folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
    }
    fs::write(folder.join("rootfs/etc/from-image"), "image").expect("a file");
    fs::create_dir_all(folder.join("rootfs/lib/package")).expect("a folder");
    fs::write(folder.join("rootfs/lib/package/code"), "code").expect("a file");
    fs::hard_link(folder.join("rootfs/lib/package/code"), folder.join("rootfs/lib/same")).expect("a link");
    fs::write(folder.join("image.json"), r#"{"name":"tiny"}"#).expect("a description");
}

fn program(variable: &str, name: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("There is no {name} in PATH; install it or set {variable}."))
}

fn postgres() -> PathBuf {
    let path = std::env::var_os("SANDLOT_TEST_POSTGRES");
    path.expect("Set SANDLOT_TEST_POSTGRES to a folder with PostgreSQL's bin/postgres.")
        .into()
}

/// Cargo builds examples for tests and puts them beside the programs.
fn test_agent() -> PathBuf {
    example("test_agent")
}

/// A program of the tests'.
pub fn example(name: &str) -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_sandlot-launcher"))
        .parent()
        .expect("a folder");
    let example = programs.join("examples").join(name);
    assert!(
        example.is_file(),
        "Build the tests' programs: cargo build --package sandlot-launcher --examples"
    );
    example
}

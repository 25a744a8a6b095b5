//! The engines: which are usable here, and the command lines that they are called with.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::answer::{Code, Context, Failure, Outcome};
use crate::config::Config;
use crate::files;
use crate::network::Slot;
use crate::values::{Engine, SandboxId};

/// The day of the gVisor release that this was tried with. Older ones fail checkpoints and miss fixes.
const RUNSC_DAY_MIN: u32 = 20_260_905;
/// The first release of each line of runc without CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881, which lead out of a
/// container; later lines do not have them. Set-up insists on the same (tools/versions.sh).
const RUNC_SAFE: [[u32; 3]; 3] = [[1, 2, 8], [1, 3, 3], [1, 4, 0]];

/// What is known about an engine on this host.
#[derive(Clone, Debug, Serialize)]
pub struct EngineStatus {
    /// Which one.
    pub name: Engine,
    /// As the engine prints it.
    pub version: String,
    /// Whether sandboxes can be started with it.
    pub usable: bool,
    /// Why not, or what to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Looks at the engines of the configuration.
pub fn probe(config: &Config) -> Vec<EngineStatus> {
    let mut found = vec![probe_runsc(config.runsc.as_ref())];
    found.extend(config.runc.as_ref().map(|path| probe_runc(path.as_ref())));
    found
}

fn probe_runsc(path: &Path) -> EngineStatus {
    let found = |version, reason: Option<String>| EngineStatus {
        name: Engine::Runsc,
        version,
        usable: reason.is_none(),
        reason,
    };
    let line = match first_line(path) {
        Ok(line) => line,
        Err(failure) => return found(String::new(), Some(failure.message)),
    };
    // A build through the Go module proxy does not know its version, but the program carries its modules' versions.
    let version = if line.contains("VERSION_MISSING") {
        module_version(path)
    } else {
        Some(line)
    };
    let Some(version) = version else {
        return found("unknown".into(), Some(too_old(path, "an unknown version")));
    };
    let day = day_in(&version).unwrap_or(0);
    let reason = (day < RUNSC_DAY_MIN).then(|| too_old(path, &version));
    found(version, reason)
}

fn too_old(path: &Path, version: &str) -> String {
    format!(
        "{} has {version}; install gVisor of {RUNSC_DAY_MIN} or later (./dev setup builds it).",
        path.display()
    )
}

fn probe_runc(path: &Path) -> EngineStatus {
    let found = |version, reason: Option<String>| EngineStatus {
        name: Engine::Runc,
        version,
        usable: reason.is_none(),
        reason,
    };
    let version = match first_line(path) {
        Ok(line) => line,
        Err(failure) => return found(String::new(), Some(failure.message)),
    };
    let safe = version.strip_prefix("runc version ").is_some_and(runc_is_safe);
    let reason = || {
        format!(
            "{} ({version}) has known container escapes; install 1.2.8, 1.3.3, 1.4.0 or later of these lines \
             (./dev setup runc builds one).",
            path.display()
        )
    };
    let reason = (!safe).then(reason);
    found(version, reason)
}

/// Whether no escape from a container of this version is known. A release candidate comes before its release. An older
/// version that a distribution has fixed counts as unsafe, since its number does not show that.
fn runc_is_safe(version: &str) -> bool {
    let end = version.find(|character: char| !character.is_ascii_digit() && character != '.');
    let (number, rest) = version.split_at(end.unwrap_or(version.len()));
    let parts: Option<Vec<u32>> = number.split('.').map(|part| part.parse().ok()).collect();
    let Some(&[major, minor, patch]) = parts.as_deref() else {
        return false;
    };
    let candidate = rest.starts_with(['-', '~']);
    let line = RUNC_SAFE.iter().find(|safe| safe[..2] == [major, minor]);
    match line {
        Some(first) => patch > first[2] || patch == first[2] && !candidate,
        None => [major, minor] > [RUNC_SAFE[2][0], RUNC_SAFE[2][1]],
    }
}

fn first_line(path: &Path) -> Outcome<String> {
    let output = Command::new(path)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} cannot be started", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line: String = text.lines().next().unwrap_or("").chars().take(100).collect();
    if output.status.success() && !line.is_empty() {
        return Ok(line);
    }
    Err(Failure::new(
        Code::Engine,
        format!("{} does not print its version.", path.display()),
    ))
}

fn module_version(path: &Path) -> Option<String> {
    let mut program = BufReader::new(fs::File::open(path).ok()?);
    let mut line = Vec::new();
    while program.read_until(b'\n', &mut line).ok()? > 0 {
        if let Some(rest) = line.strip_prefix(b"mod\tgvisor.dev/gvisor\t") {
            let version = rest.split(|&byte| byte == b'\t' || byte == b'\n').next()?;
            return String::from_utf8(version.to_vec()).ok();
        }
        line.clear();
    }
    None
}

/// The first eight digits in a row, as a number: `release-20260905.0`, `v0.0.0-20260905035102-160fafc42237`.
fn day_in(version: &str) -> Option<u32> {
    version
        .split(|character: char| !character.is_ascii_digit())
        .find_map(|digits| digits.get(..8)?.parse().ok())
}

/// The command line of the engine, for one sandbox.
pub struct EngineCli {
    engine: Engine,
    program: PathBuf,
    /// A folder for this sandbox alone: the engine never searches among others, and removing the folder removes its state.
    state: PathBuf,
    id: SandboxId,
}

impl EngineCli {
    /// The engine of a sandbox in a slot.
    ///
    /// # Errors
    /// [`Code::Invalid`] when the configuration has no such engine.
    pub fn new(config: &Config, engine: Engine, slot: Slot, id: &SandboxId) -> Outcome<Self> {
        let program = match engine {
            Engine::Runsc => Some(&config.runsc),
            Engine::Runc => config.runc.as_ref(),
        };
        let missing = || {
            Failure::new(
                Code::Invalid,
                "The engine runc is not in this launcher's configuration.",
            )
        };
        Ok(Self {
            engine,
            program: program.ok_or_else(missing)?.as_ref().to_owned(),
            state: config.volatile().join("engine").join(slot.0.to_string()),
            id: id.clone(),
        })
    }

    /// Removes the engines' state of a sandbox whose slot is not known.
    ///
    /// # Errors
    /// The system's.
    pub fn remove_state(config: &Config, id: &SandboxId) -> io::Result<()> {
        let slots = fs::read_dir(config.volatile().join("engine"))
            .into_iter()
            .flatten()
            .flatten();
        for state in slots.map(|slot| slot.path()) {
            let mut names = fs::read_dir(&state)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name());
            // runc has a folder of this name, gvisor files that begin with it.
            if names.any(|name| name.to_string_lossy().starts_with(id.as_str())) {
                files::remove_folder(&state)?;
            }
        }
        Ok(())
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The folder with the engine's own records of the sandbox.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The arguments that start the sandbox and return when it runs.
    pub fn run(&self, bundle: &Path, pid_file: &Path) -> Vec<String> {
        let mut arguments = self.global_arguments();
        if self.engine == Engine::Runsc {
            // The last message of the sandbox's kernel goes where the engine's own output goes.
            arguments.push("--panic-log=/proc/self/fd/2".into());
        }
        arguments.extend(["run", "--detach", "--bundle"].map(str::to_owned));
        arguments.push(bundle.to_string_lossy().into_owned());
        arguments.push("--pid-file".into());
        arguments.push(pid_file.to_string_lossy().into_owned());
        arguments.push(self.id.to_string());
        arguments
    }

    /// Calls the engine with a verb for the running sandbox.
    ///
    /// # Errors
    /// [`Code::Engine`] with the engine's message when it fails.
    pub fn call(&self, verb: &str) -> Outcome<()> {
        let output = Command::new(&self.program)
            .args(self.global_arguments())
            .arg(verb)
            .arg(self.id.as_str())
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        if output.status.success() {
            return Ok(());
        }
        let message: String = String::from_utf8_lossy(&output.stderr).chars().take(600).collect();
        Err(Failure::new(
            Code::Engine,
            format!("The engine could not {verb} {}: {message}", self.id),
        ))
    }

    fn global_arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--root".to_owned(), self.state.to_string_lossy().into_owned()];
        if self.engine == Engine::Runsc {
            // overlay2=none: writes go to the disk, where they survive the sandbox. allow-suid: sudo works inside.
            // Raw sockets stay off, which is gVisor's default. Calls of the system are neither patched into programs
            // nor waited for in a loop (docs/adr/0010): what agents run is short.
            let flags = [
                "--platform=systrap",
                "--systrap-disable-syscall-patching",
                "--systrap-disable-fast-path",
                "--network=sandbox",
                "--overlay2=none",
                "--host-uds=none",
                "--allow-suid",
                "--net-raw=false",
            ];
            arguments.extend(flags.map(str::to_owned));
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::runc_is_safe;

    #[test]
    fn a_runc_with_known_escapes_is_not_safe() {
        for safe in [
            "1.2.8",
            "1.2.8+ds1",
            "1.2.10",
            "1.3.3",
            "1.3.10",
            "1.4.0",
            "1.4.0+ds1-1",
            "1.5.0-rc.1",
            "1.5.3",
            "2.0.0",
        ] {
            assert!(runc_is_safe(safe), "{safe}");
        }
        for open in [
            "1.1.5+ds1",
            "1.0.0-rc93",
            "1.2.7",
            "1.2.8-rc.1",
            "1.3.0",
            "1.3.2",
            "1.3.3~rc1",
            "1.4.0-rc.2",
            "1.4",
            "1.5",
            "",
            "unknown",
            "99999999999.0.0",
            "-1.5.0",
        ] {
            assert!(!runc_is_safe(open), "{open}");
        }
    }
}

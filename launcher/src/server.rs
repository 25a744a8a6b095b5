//! The socket: one request a line, one answer a line.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::{Code, Context, Failure, Outcome};
use crate::config::{Config, User};
use crate::operations::Operations;
use crate::record;
use crate::request::{LINE_BYTES_MAX, parse};
use crate::{files, log};

const CONNECTIONS_MAX: usize = 64;
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Makes the folders below the home, each with the mode that its readers need.
///
/// # Errors
/// The system's.
pub fn make_folders(config: &Config) -> Outcome<()> {
    let home = config.home.as_ref();
    let what = || format!("{} cannot be prepared", home.display());
    if !home.exists() {
        files::make_folder(home, 0o755).with_context(what)?;
    }
    files::make_folder(&config.home("run"), 0o711).with_context(what)?;
    files::make_folder(&record::all(config), 0o711).with_context(what)
}

/// Takes the locks that keep a second launcher away: from the home, and from the instance's names on this host. A launcher
/// of another home with the same instance would clean up our sandboxes as leftovers of its own. The locks are held as long
/// as the files are open.
///
/// # Errors
/// When another launcher serves this home or this instance.
pub fn lock(config: &Config) -> Outcome<[fs::File; 2]> {
    let home = take_lock(&config.home("run/launcher.lock"), || {
        format!("Another launcher serves {}.", config.home.as_ref().display())
    })?;
    let volatile = config.volatile();
    files::make_folder(&volatile, 0o711).with_context(|| format!("{} cannot be prepared", volatile.display()))?;
    let instance = take_lock(&volatile.join("launcher.lock"), || {
        format!(
            "A launcher with another home serves the instance {}; each needs an instance of its own.",
            config.instance
        )
    })?;
    Ok([home, instance])
}

fn take_lock(path: &Path, taken: impl FnOnce() -> String) -> Outcome<fs::File> {
    let what = || format!("{} cannot be locked", path.display());
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .with_context(what)?;
    // A user who can open it, even for reading, could lock it. An earlier version made it readable for all.
    file.set_permissions(fs::Permissions::from_mode(0o600))
        .with_context(what)?;
    // A child that a killed launcher was just starting has its files open for a moment longer.
    for _ in 0..LOCK_TRIES {
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::AGAIN) => thread::sleep(LOCK_PAUSE),
            result => return result.with_context(what).map(|()| file),
        }
    }
    Err(Failure::internal(taken()))
}

/// Serves until the process ends.
///
/// # Errors
/// When the host cannot be prepared or the socket not be made.
pub fn serve(config: Config) -> Outcome<()> {
    make_folders(&config)?;
    let _locks = lock(&config)?;
    let path = config.home("run/launcher.sock");
    let operations = Operations::open(config)?;
    let runner = operations.host.runner;
    let what = || format!("The socket {} cannot be made", path.display());
    files::remove(&path).with_context(what)?;
    let listener = UnixListener::bind(&path).with_context(what)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).with_context(what)?;
    std::os::unix::fs::chown(&path, Some(runner.uid), Some(runner.gid)).with_context(what)?;
    log::info(
        "launcher serves",
        json!({"socket": path, "version": env!("CARGO_PKG_VERSION")}),
    );
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming().flatten() {
        let (operations, open) = (Arc::clone(&operations), Arc::clone(&open));
        if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
            open.fetch_sub(1, Ordering::Relaxed);
            let failure = Failure::new(
                Code::Capacity,
                format!("At most {CONNECTIONS_MAX} connections are served."),
            );
            let _ = write(&stream, &Err(failure));
            continue;
        }
        thread::spawn(move || {
            serve_connection(&operations, &stream);
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
    Ok(())
}

fn serve_connection(operations: &Operations, stream: &UnixStream) {
    if let Err(failure) = check_peer(operations.host.runner, stream) {
        log::warn("caller refused", json!({"reason": failure.message}));
        let _ = write(stream, &Err(failure));
        return;
    }
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        // One byte more than allowed shows that the line is too long.
        let limit = LINE_BYTES_MAX as u64 + 2;
        match reader.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let complete = line.pop_if(|byte| *byte == b'\n').is_some();
        let answer = parse(&line).and_then(|request| operations.answer(request));
        if let Err(failure) = &answer {
            log::warn(
                "request failed",
                json!({"code": failure.code, "reason": failure.message}),
            );
        }
        if write(stream, &answer).is_err() || !complete {
            return;
        }
    }
}

fn check_peer(runner: User, stream: &UnixStream) -> Outcome<()> {
    let peer = rustix::net::sockopt::socket_peercred(stream.as_fd()).with_context(|| "The caller is unknown".into())?;
    let uid = peer.uid.as_raw();
    if uid == runner.uid || uid == 0 {
        return Ok(());
    }
    let message = format!("Only the runner's user may call the launcher, and uid {uid} is another one.");
    Err(Failure::new(Code::Forbidden, message))
}

fn write(mut stream: &UnixStream, answer: &Outcome<Value>) -> std::io::Result<()> {
    let answer = match answer {
        Ok(value) => json!({"ok": value}),
        Err(failure) => json!({"error": failure}),
    };
    let mut text = answer.to_string();
    text.push('\n');
    stream.write_all(text.as_bytes())
}

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::json;

use crate::harness::Launcher;

/// Begins to log in, as the calling thread's user; returns what PostgreSQL answers first.
fn log_in(folder: &Path, role: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(folder.join(".s.PGSQL.5432"))?;
    let mut start = 196_608_u32.to_be_bytes().to_vec();
    start.extend(format!("user\0{role}\0database\0sandlot\0\0").bytes());
    stream.write_all(&(start.len() as u32 + 4).to_be_bytes())?;
    stream.write_all(&start)?;
    let mut answer = [0; 512];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

fn as_user(name: &str, folder: &Path, role: &'static str) -> std::io::Result<String> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd
        .lines()
        .find(|line| line.starts_with(&format!("{name}:")))
        .unwrap()
        .to_owned();
    let number = move |field: usize| line.split(':').nth(field).unwrap().parse::<u32>().unwrap();
    let folder = folder.to_owned();
    let thread = std::thread::spawn(move || {
        let (uid, gid) = (
            rustix::process::Uid::from_raw(number(2)),
            rustix::process::Gid::from_raw(number(3)),
        );
        rustix::thread::set_thread_groups(&[]).unwrap();
        rustix::thread::set_thread_res_gid(gid, gid, gid).unwrap();
        rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
        log_in(&folder, role)
    });
    thread.join().unwrap()
}

/// The message that PostgreSQL begins with when it lets somebody in.
const WELCOME: &str = "R\0\0\0\u{8}\0\0\0\0";

#[test]
fn the_database_is_made_started_and_stopped() {
    let mut launcher = Launcher::start();
    let status = launcher.ok(json!({"op": "database_status"}));
    assert_eq!(
        (&status["running"], &status["initialised"]),
        (&json!(false), &json!(false))
    );
    let started = launcher.ok(json!({"op": "database_start"}));
    assert_eq!(started["initialised"], true);
    assert_eq!(
        launcher.ok(json!({"op": "database_start"}))["initialised"],
        false,
        "a repeated start"
    );
    let folder = Path::new(started["socket_dir"].as_str().unwrap()).to_owned();

    assert!(
        as_user("sandlot", &folder, "sandlot").unwrap().starts_with(WELCOME),
        "the runner's user"
    );
    assert!(
        as_user("sandlot", &folder, "postgres")
            .unwrap()
            .contains("authentication failed"),
        "the superuser"
    );
    assert!(
        log_in(&folder, "sandlot").unwrap().contains("authentication failed"),
        "root"
    );
    assert!(as_user("nobody", &folder, "sandlot").is_err(), "anybody else");

    launcher.restart("");
    assert_eq!(
        launcher.ok(json!({"op": "database_status"}))["running"],
        true,
        "it outlives the launcher"
    );
    launcher.ok(json!({"op": "database_stop"}));
    launcher.ok(json!({"op": "database_stop"}));
    assert_eq!(launcher.ok(json!({"op": "database_status"}))["running"], false);
    assert!(log_in(&folder, "sandlot").is_err());

    let data = launcher.home.join("database/data");
    assert!(!data.join("postmaster.pid").exists(), "an orderly stop");
    // Left behind by a crash, with the number of a process that is not PostgreSQL.
    let stale = format!("{}\n{}\n", std::process::id(), data.display());
    fs::write(data.join("postmaster.pid"), stale).unwrap();
    assert_eq!(
        launcher.ok(json!({"op": "database_status"}))["running"],
        false,
        "another process's number"
    );
    launcher.ok(json!({"op": "database_start"}));
    assert!(as_user("sandlot", &folder, "sandlot").unwrap().starts_with(WELCOME));
    killed(&launcher, &data, &folder);
    another_version(&launcher, &data);
}

fn killed(launcher: &Launcher, data: &Path, folder: &Path) {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let pid = rustix::process::Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    crate::harness::eventually("the kill is seen", || {
        launcher.ok(json!({"op": "database_status"}))["running"] == false
    });
    launcher.ok(json!({"op": "database_start"}));
    assert!(
        as_user("sandlot", folder, "sandlot").unwrap().starts_with(WELCOME),
        "after kill -9"
    );
}

fn another_version(launcher: &Launcher, data: &Path) {
    launcher.ok(json!({"op": "database_stop"}));
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    let answer = launcher.send(r#"{"op":"database_start"}"#).unwrap();
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("PostgreSQL 9") && message.contains("pg_dump"),
        "{answer}"
    );
}

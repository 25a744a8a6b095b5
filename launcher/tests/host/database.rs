use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
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
    write_as_owner(&data.join("postmaster.pid"), stale.as_bytes(), &data);
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
    write_as_owner(&data.join("PG_VERSION"), b"9\n", data);
    let answer = launcher.send(r#"{"op":"database_start"}"#).unwrap();
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("PostgreSQL 9") && message.contains("pg_dump"),
        "{answer}"
    );
}

/// The data belongs to the database's user. What root reads there must be what it seems.
#[test]
fn the_databases_user_leads_root_nowhere() {
    let launcher = Launcher::start();
    launcher.ok(json!({"op": "database_start"}));
    launcher.ok(json!({"op": "database_stop"}));
    let (data, secret) = (launcher.home.join("database/data"), launcher.home.join("secret"));
    fs::write(&secret, "what root alone may read").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let version = fs::read(data.join("PG_VERSION")).unwrap();
    let start = || launcher.send(r#"{"op":"database_start"}"#).unwrap();
    let put = |name: &str, way: &str| {
        let path = data.join(name);
        let _ = fs::remove_file(&path);
        match way {
            "link" => std::os::unix::fs::symlink(&secret, &path).unwrap(),
            "hard link" => fs::hard_link(&secret, &path).unwrap(),
            "pipe" => rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap(),
            _ => fs::create_dir(&path).unwrap(),
        }
        path
    };
    for way in ["link", "hard link", "pipe", "folder"] {
        let path = put("PG_VERSION", way);
        let answer = start().to_string();
        assert!(
            answer.contains("error") && answer.contains("PG_VERSION"),
            "{way}: {answer}"
        );
        assert!(
            !answer.contains("root alone") && !launcher.log().contains("root alone"),
            "{way}: {answer}"
        );
        if way == "folder" {
            fs::remove_dir(path)
        } else {
            fs::remove_file(path)
        }
        .unwrap();
    }
    // Text that it chose is not passed on either.
    write_as_owner(&data.join("PG_VERSION"), b"${jndi:x}\n", &data);
    assert!(!start().to_string().contains("jndi"));
    write_as_owner(&data.join("PG_VERSION"), &version, &data);
    for way in ["link", "hard link", "pipe"] {
        put("postmaster.pid", way);
        assert_eq!(launcher.ok(json!({"op": "database_status"}))["running"], false, "{way}");
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "what root alone may read");
    launcher.ok(json!({"op": "database_start"}));
}

fn write_as_owner(path: &Path, content: &[u8], of: &Path) {
    let owner = fs::metadata(of).unwrap();
    fs::write(path, content).unwrap();
    std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

/// It could name any process, and root would signal it.
#[test]
fn a_process_of_another_user_is_never_taken_for_the_database() {
    let launcher = Launcher::start();
    launcher.ok(json!({"op": "database_start"}));
    launcher.ok(json!({"op": "database_stop"}));
    let data = launcher.home.join("database/data");
    let mut other = std::process::Command::new("sleep")
        .arg("100")
        .current_dir(&data)
        .spawn()
        .unwrap();
    let lines = format!("{}\n{}\n0\n5432\n\n\n0 0\nready\n", other.id(), data.display());
    write_as_owner(&data.join("postmaster.pid"), lines.as_bytes(), &data);
    let status = launcher.ok(json!({"op": "database_status"}));
    launcher.ok(json!({"op": "database_stop"}));
    let alive = other.try_wait().unwrap().is_none();
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!((&status["running"], alive), (&json!(false), true));
}

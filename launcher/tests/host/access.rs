use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::harness::{Launcher, about, create, id, open, start};

/// Does something as another user, in a thread of its own.
fn as_user<T: Send + 'static>(uid: u32, work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::spawn(move || {
        let uid = rustix::process::Uid::from_raw(uid);
        rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
        work()
    });
    thread.join().unwrap()
}

fn uid_of(name: &str) -> u32 {
    let text = fs::read_to_string("/etc/passwd").unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap();
    line.split(':').nth(2).unwrap().parse().unwrap()
}

/// Each would take the other's sandboxes for something that a launcher before it has left.
#[test]
fn an_instance_belongs_to_one_home() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runc", open());
    let elsewhere = launcher.home.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    for command in ["serve", "clean"] {
        let output = launcher.run_as(command, &elsewhere);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{command} of another home is refused");
        assert!(words.contains(&format!("instance {}", launcher.instance())), "{words}");
    }
    assert_eq!(sandbox.tell("echo here"), "here");
}

#[test]
fn only_the_runners_user_is_answered() {
    let launcher = Launcher::start();
    let socket = launcher.socket();
    let about = fs::metadata(&socket).unwrap();
    assert_eq!((about.uid(), about.mode() & 0o777), (uid_of("sandlot"), 0o600));
    let path = socket.clone();
    let refused = as_user(65_534, move || UnixStream::connect(path).is_err());
    assert!(refused, "the socket's mode keeps others away");
    // Also when the mode does not.
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    for uid in [65_534, uid_of("sandlot-db")] {
        let path = socket.clone();
        let answer = as_user(uid, move || {
            let mut line = String::new();
            BufReader::new(UnixStream::connect(path).unwrap())
                .read_line(&mut line)
                .unwrap();
            line
        });
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["error"]["code"], "forbidden", "uid {uid}");
    }
    let path = socket.clone();
    let answered = as_user(uid_of("sandlot"), move || {
        let stream = UnixStream::connect(path).unwrap();
        std::io::Write::write_all(&mut &stream, b"{\"op\":\"hello\"}\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    });
    assert!(answered.starts_with("{\"ok\""), "{answered}");
}

#[test]
fn the_agents_socket_is_the_runners_alone() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let path = sandbox.socket.clone();
    assert!(
        as_user(uid_of("sandlot"), move || UnixStream::connect(path).is_ok()),
        "the runner connects"
    );
    let path = sandbox.socket.clone();
    assert!(
        as_user(65_534, move || UnixStream::connect(path).is_err()),
        "nobody else does"
    );
    let pool = launcher.home.join("pool/disks");
    assert!(
        as_user(uid_of("sandlot"), move || fs::read_dir(pool).is_err()),
        "disks are root's"
    );
}

#[test]
fn what_reads_a_sandboxs_bytes_is_not_root() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let record = fs::read_to_string(launcher.home.join(format!("run/sandboxes/{}/record.json", sandbox.id))).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", record["shim"]["pid"])).unwrap();
    assert!(status.contains("Uid:\t65534\t65534\t65534\t65534"), "{status}");
    assert!(
        status.contains("CapEff:\t0000000000000000") && status.contains("NoNewPrivs:\t1"),
        "{status}"
    );
}

#[test]
fn a_refused_request_changes_nothing() {
    let launcher = Launcher::start();
    let before = launcher.ok(json!({"op": "list_sandboxes"}));
    for hostile in ["../../etc", "-rf", "a\0b", "\u{430}", "/", "default;id", "--help"] {
        let mut request = create(&id(1), 64 << 20);
        request["image"] = json!(hostile);
        assert_eq!(launcher.refused(request), "invalid", "{hostile:?} as an image");
        let mut request = create(&id(1), 64 << 20);
        request["host_name"] = json!(hostile);
        assert_eq!(launcher.refused(request), "invalid", "{hostile:?} as a host name");
        assert_eq!(
            launcher.refused(about("delete_disk", hostile)),
            "invalid",
            "{hostile:?} as an id"
        );
        assert_eq!(
            launcher.refused(start(&id(1), hostile, open())),
            "invalid",
            "{hostile:?} as an engine"
        );
    }
    let long = format!("{{\"op\":\"hello\"{}}}", " ".repeat(70_000));
    assert_eq!(launcher.send(&long).unwrap()["error"]["code"], "invalid");
    assert_eq!(launcher.ok(json!({"op": "list_sandboxes"})), before);
}

#[test]
fn a_configuration_that_others_can_write_is_refused() {
    let launcher = Launcher::start();
    let path = launcher.home.join("launcher.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let output = launcher.run("check");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("writable by no one else"));
    let report: Value = serde_json::from_slice(&launcher.run("check").stdout).unwrap();
    assert_eq!(
        (&report["engines"][0]["usable"], &report["overlay"]["ok"]),
        (&json!(true), &json!(true)),
        "{report}"
    );
}

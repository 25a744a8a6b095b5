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
    assert_eq!(sandbox.call("echo here"), "here");
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

/// Its version is all that is asked of it: nothing below the floor is ever started.
#[test]
fn a_runc_with_known_ways_out_is_refused() {
    for version in ["1.1.5+ds1", "1.2.7", "1.3.2", "1.4.0-rc.2"] {
        let folder = std::env::temp_dir().join(format!("sandlot-runc-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("runc");
        fs::write(&program, format!("#!/bin/sh\necho 'runc version {version}'\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let launcher = Launcher::start_with(json!({"runc": program}));
        launcher.ok(create(&id(1), 64 << 20));
        let answer = launcher.send(&start(&id(1), "runc", open()).to_string()).unwrap();
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(answer["error"]["code"], "engine", "{answer}");
        assert!(
            message.contains(version) && message.contains("./dev setup runc"),
            "{answer}"
        );
        let report: Value = serde_json::from_slice(&launcher.run("check").stdout).unwrap();
        for engines in [&report["engines"], &launcher.ok(json!({"op": "hello"}))["engines"]] {
            assert_eq!(
                (&engines[1]["name"], &engines[1]["usable"]),
                (&json!("runc"), &json!(false)),
                "{engines}"
            );
        }
        drop(launcher);
        fs::remove_dir_all(folder).unwrap();
    }
}

/// What a call of the system answers in a plain container: how it is told by the tests' agent.
fn answers_to_calls(calls: &[(&str, &str)], expected: impl Fn(&str) -> bool) {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runc", open());
    let mut agent = sandbox.connect();
    for (name, call) in calls {
        let answer = agent.call(&format!("call {call}"));
        assert!(expected(&answer), "{name} ({call}) is answered {answer}");
    }
    assert_eq!(sandbox.call("echo here"), "here");
}

#[test]
fn a_plain_container_has_the_sockets_that_programs_need() {
    let calls = [
        ("local", "64 41 1 1 0"),
        ("IPv4", "64 41 2 1 0"),
        ("IPv6", "64 41 10 2 0"),
        ("netlink", "64 41 16 3 0"),
    ];
    answers_to_calls(&calls, |answer| answer == "0");
}

/// CVE-2026-31431 (AF_ALG), CVE-2026-43284 and CVE-2026-43500 (xfrm, AF_RXRPC): these led out of plain containers.
#[test]
fn a_plain_container_reaches_no_other_families_of_sockets() {
    let mut calls: Vec<(String, String)> = [
        // The kernel looks at the lower half of these alone.
        ("AF_ALG, with more bits", "64 41 4294967334 5 0"),
        ("AF_RXRPC, with more bits", "64 41 4294967329 2 2"),
        ("AF_KEY, with more bits", "64 41 4294967311 3 2"),
        ("xfrm, with more bits", "64 41 4294967312 3 6"),
        ("xfrm, with more bits in its protocol", "64 41 16 3 4294967302"),
    ]
    .map(|(name, call)| (name.to_owned(), call.to_owned()))
    .into();
    for family in (3..=46).filter(|family| ![10, 16].contains(family)) {
        calls.extend([1, 2, 3, 5].map(|kind| ("a family".to_owned(), format!("64 41 {family} {kind} 0"))));
    }
    calls.extend((1..=22).map(|protocol| ("netlink".to_owned(), format!("64 41 16 3 {protocol}"))));
    let calls: Vec<(&str, &str)> = calls
        .iter()
        .map(|(name, call)| (name.as_str(), call.as_str()))
        .collect();
    let unsupported = libc::EAFNOSUPPORT.to_string();
    answers_to_calls(&calls, |answer| answer == unsupported);
}

/// What else of the host's kernel let others out.
#[test]
fn a_plain_container_makes_no_calls_that_led_out_of_others() {
    let calls = [
        ("add_key", "64 248"),
        ("request_key", "64 249"),
        ("keyctl", "64 250 0 -3 0"),
        ("bpf", "64 321 0 0 0"),
        ("userfaultfd", "64 323 1"),
        ("io_uring_setup", "64 425 1 0"),
        ("io_uring_enter", "64 426"),
        ("io_uring_register", "64 427"),
        ("perf_event_open", "64 298"),
        ("a user namespace", "64 272 268435456"),
        ("a user namespace, with more bits", "64 272 4563402752"),
        ("a user namespace by clone", "64 56 268435473"),
        ("setns", "64 308 0 0"),
        ("mount", "64 165"),
        ("fsopen", "64 430"),
        ("open_by_handle_at", "64 304"),
    ];
    let forbidden = libc::EPERM.to_string();
    answers_to_calls(&calls, |answer| answer == forbidden);
}

/// The kernel's other entrances know the same calls by other numbers; and the flags of clone3 no filter sees.
#[test]
fn a_plain_container_has_no_way_around_its_filter() {
    let calls = [
        ("AF_ALG as in 32-bit programs", "32 359 38 5 0"),
        ("getpid as in 32-bit programs", "32 20 0 0 0"),
        ("AF_ALG as in x32 programs", "64 1073741865 38 5 0"),
        ("clone3", "64 435 0 0"),
    ];
    let absent = libc::ENOSYS.to_string();
    answers_to_calls(&calls, |answer| answer == absent || answer.starts_with("signal "));
}

/// A sandbox that makes its shim work pays with the time of a cgroup that is bounded; and its memory is not the shim's,
/// which has to act when that is used up.
#[test]
fn a_shim_has_a_cgroup_of_its_own() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let record =
            fs::read_to_string(launcher.home.join(format!("run/sandboxes/{}/record.json", sandbox.id))).unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        let cgroups = fs::read_to_string(format!("/proc/{}/cgroup", record["shim"]["pid"])).unwrap();
        let own = format!("/sandlot-{}/shims/{}", launcher.instance(), sandbox.id);
        // A controller has a line of its own on version 1; on version 2 there is one line for all.
        let with = |controller: &str| {
            let named = cgroups.lines().find(|line| {
                line.split(':')
                    .nth(1)
                    .unwrap()
                    .split(',')
                    .any(|name| name == controller)
            });
            let line = named.or_else(|| cgroups.lines().find(|line| line.starts_with("0::")));
            line.unwrap().split(':').nth(2).unwrap().to_owned()
        };
        assert_eq!(with("cpu"), own, "{engine}: {cgroups}");
        assert!(
            !with("memory").ends_with(&format!("sandlot-{}/{}", launcher.instance(), sandbox.id)),
            "{cgroups}"
        );
        let folder = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"].map(|root| format!("{root}{own}"));
        let quota = folder.iter().find_map(|folder| {
            let files = ["cpu.cfs_quota_us", "cpu.max"].map(|name| fs::read_to_string(format!("{folder}/{name}")));
            files.into_iter().flatten().next()
        });
        let quota = quota.expect("a bounded time");
        assert!(
            quota.split_whitespace().next().unwrap().parse::<u32>().unwrap() <= 50_000,
            "{quota}"
        );
        launcher.ok(about("stop_sandbox", &sandbox.id));
        assert!(
            folder.iter().all(|folder| fs::metadata(folder).is_err()),
            "{folder:?} are gone"
        );
    }
}

/// Whoever can open a lock can hold it.
#[test]
fn locks_are_closed_to_other_users() {
    let mut launcher = Launcher::start();
    let locks = [
        launcher.home.join("run/launcher.lock"),
        format!("/run/sandlot-{}/launcher.lock", launcher.instance()).into(),
    ];
    // As an earlier version left them.
    for lock in &locks {
        fs::set_permissions(lock, fs::Permissions::from_mode(0o644)).unwrap();
    }
    launcher.restart("");
    for lock in locks {
        assert_eq!(fs::metadata(&lock).unwrap().mode() & 0o777, 0o600);
        for uid in [65_534, uid_of("sandlot"), uid_of("sandlot-db")] {
            let lock = lock.clone();
            assert!(as_user(uid, move || fs::File::open(lock).is_err()), "uid {uid}");
        }
    }
}

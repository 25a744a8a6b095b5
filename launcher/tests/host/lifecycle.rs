use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::harness::{Agent, Launcher, Sandbox, about, create, eventually, id, open, start};

#[test]
fn a_sandbox_on_gvisor_lives_and_ends() {
    lives_and_ends("runsc");
}

#[test]
fn a_sandbox_on_runc_lives_and_ends() {
    lives_and_ends("runc");
}

/// What the runner relies on, the same on every engine.
fn lives_and_ends(engine: &str) {
    let launcher = Launcher::start();
    let id = id(1);
    assert_eq!(
        launcher.refused(start(&id, engine, open())),
        "not_found",
        "a start without a disk"
    );
    launcher.ok(create(&id, 64 << 20));
    launcher.ok(create(&id, 64 << 20));
    let started = launcher.ok(start(&id, engine, open()));
    let sandbox = Sandbox::of(&id, &started);
    assert_eq!(
        launcher.ok(start(&id, engine, open()))["address"],
        started["address"],
        "a repeated start"
    );

    let mut agent = sandbox.connect();
    assert_eq!(agent.call("echo hello"), "hello");
    assert_eq!(agent.call("read /etc/hostname"), "box|");
    assert!(agent.call("read /etc/hosts").contains("127.0.1.1\tbox"));
    let resolver = launcher.ok(json!({"op": "hello"}))["dns_address"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        agent
            .call("read /etc/resolv.conf")
            .starts_with(&format!("nameserver {resolver}|"))
    );
    assert_eq!(agent.call("read /etc/from-image"), "image");
    assert_eq!(agent.call("write /kept here"), "written");
    assert_eq!(agent.call("write /tmp/kept here"), "written");

    let row = launcher.ok(about("inspect_sandbox", &id));
    assert_eq!(
        (&row["running"], &row["engine"], &row["image"]),
        (&json!(true), &json!(engine), &json!("tiny"))
    );
    assert!(
        row["memory_bytes"].as_u64().unwrap() > 0 && row["cpu_used_us"].as_u64().unwrap() > 0,
        "{row}"
    );

    launcher.ok(about("stop_sandbox", &id));
    launcher.ok(about("stop_sandbox", &id));
    assert!(agent.try_call("echo late").is_err(), "a stopped sandbox answers");
    let rows = launcher.ok(json!({"op": "list_sandboxes"}));
    let row = &rows["sandboxes"][0];
    assert_eq!(
        (&row["running"], &row["exit"]["reason"]),
        (&json!(false), &json!("stopped")),
        "{row}"
    );

    let again = Sandbox::of(&id, &launcher.ok(start(&id, engine, open())));
    assert_eq!(again.call("read /kept"), "here", "a file after stop and start");
    assert_eq!(
        again.call("read /tmp/kept"),
        "here",
        "a temporary file after stop and start"
    );
    launcher.ok(about("delete_disk", &id));
    launcher.ok(about("delete_disk", &id));
    assert_eq!(launcher.ok(json!({"op": "list_sandboxes"})), json!({"sandboxes": []}));
    assert!(!launcher.home.join("run/sandboxes").join(&id).exists());
}

#[test]
fn root_inside_cannot_write_to_what_is_ours() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let id = id(number);
        launcher.ok(create(&id, 64 << 20));
        let sandbox = Sandbox::of(&id, &launcher.ok(start(&id, engine, open())));
        for ours in ["/.sandlot/agent", "/.sandlot/other"] {
            let answer = sandbox.connect().call(&format!("write {ours} theirs"));
            assert!(
                answer.starts_with("error "),
                "{engine}: root writes to {ours}: {answer}"
            );
        }
        launcher.ok(about("delete_disk", &id));
    }
}

#[test]
fn inside_gvisor_the_limits_are_shown() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    assert!(
        sandbox
            .call("read /proc/meminfo")
            .starts_with("MemTotal:         262144 kB")
    );
    assert_eq!(
        sandbox.call("read /sys/fs/cgroup/memory/memory.limit_in_bytes"),
        "268435456|"
    );
}

#[test]
fn a_disk_holds_no_more_than_its_quota() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        assert!(
            sandbox.call("fill /big 104857600").contains("quota exceeded"),
            "64 MiB held 100 MiB on {engine}"
        );
        let used = launcher.ok(about("inspect_sandbox", &sandbox.id))["disk_used_bytes"]
            .as_u64()
            .unwrap();
        assert!(
            (32 << 20..=64 << 20).contains(&used),
            "{used} bytes are used on {engine}"
        );
        launcher.ok(json!({"op": "set_disk", "id": sandbox.id, "disk_bytes": 256 << 20}));
        assert_eq!(
            sandbox.call("fill /big 104857600"),
            "filled",
            "after the disk grew on {engine}"
        );
        let listed = launcher.ok(about("inspect_sandbox", &sandbox.id));
        assert_eq!(listed["disk_bytes"], json!(256 << 20));
    }
}

#[test]
fn a_disk_belongs_to_one_image() {
    let launcher = Launcher::start();
    let id = id(1);
    let other = launcher.home.join("images/other/rootfs");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(launcher.home.join("images/other/image.json"), r#"{"size_bytes":7}"#).unwrap();
    launcher.ok(create(&id, 64 << 20));
    let mut request = create(&id, 64 << 20);
    request["image"] = json!("other");
    assert_eq!(launcher.refused(request.clone()), "exists");
    request["image"] = json!("missing");
    assert_eq!(launcher.refused(request), "not_found");
    let images = launcher.ok(json!({"op": "list_images"}));
    let names: Vec<&str> = images["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| image["id"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["other", "tiny"]);
    assert_eq!(images["images"][1]["config"]["name"], "tiny");
    assert_eq!(images["images"][0]["size_bytes"], 7, "as its description says");
    assert!(images["images"][1]["size_bytes"].as_u64() > Some(0), "counted");
}

#[test]
fn the_exit_status_of_a_sandbox_is_kept() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let mut agent = sandbox.connect();
        assert!(agent.try_call("exit 7").is_err());
        let row = || launcher.ok(about("inspect_sandbox", &sandbox.id));
        eventually("its end is seen", || row()["exit"].is_object());
        let exit = &row()["exit"];
        assert_eq!(
            (&exit["code"], &exit["reason"], &exit["oom"]),
            (&json!(7), &json!("exited"), &json!(false)),
            "{engine}"
        );
        let again = Sandbox::of(&sandbox.id, &launcher.ok(start(&sandbox.id, engine, open())));
        assert_eq!(again.call("echo back"), "back");
        assert!(row()["exit"].is_null(), "the exit of an earlier life");
    }
}

#[test]
fn a_memory_limit_ends_the_sandbox_and_says_so() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let neighbour = launcher.sandbox(2, "runsc", open());
    let _ = sandbox.connect().try_call("allocate 1073741824");
    let row = || launcher.ok(about("inspect_sandbox", &sandbox.id));
    eventually("it ends", || row()["exit"].is_object());
    let exit = &row()["exit"];
    assert_eq!(
        (&exit["oom"], &exit["reason"]),
        (&json!(true), &json!("out_of_memory")),
        "{exit}"
    );
    assert_eq!(neighbour.call("echo fine"), "fine");
}

#[test]
fn an_agent_that_frees_memory_under_pressure_keeps_the_sandbox_alive() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let mut agent = sandbox.connect();
    for round in 1..=2 {
        let count = |agent: &mut Agent| agent.call("pressure-count").parse::<usize>().unwrap();
        let before = count(&mut agent);
        let mut allocated = 0;
        while count(&mut agent) == before {
            assert!(allocated < 400, "round {round}: no pressure at {allocated} MiB");
            agent.call("allocate 4194304");
            allocated += 4;
        }
        assert!(allocated > 100, "round {round}: pressure at {allocated} MiB");
        agent.call("free");
        eventually("the headroom is taken back", || {
            let limit = fs::read_to_string(memory_limit_file(&launcher, &sandbox.id)).unwrap();
            limit.trim() == (256 << 20).to_string()
        });
    }
    assert!(launcher.ok(about("inspect_sandbox", &sandbox.id))["exit"].is_null());
}

/// The file with a cgroup's own memory limit, by version.
fn memory_limit_file(launcher: &Launcher, id: &str) -> PathBuf {
    let group = format!("sandlot-{}/{id}", launcher.instance());
    let file = PathBuf::from(format!("/sys/fs/cgroup/memory/{group}/memory.limit_in_bytes"));
    if file.exists() {
        return file;
    }
    PathBuf::from(format!("/sys/fs/cgroup/{group}/memory.high"))
}

#[test]
fn limits_change_while_it_runs() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    for memory_bytes in [512_u64 << 20, 128 << 20] {
        let limits = json!({"cpu_millis": 500, "memory_bytes": memory_bytes, "pids": 50});
        launcher.ok(json!({"op": "set_limits", "id": sandbox.id, "limits": limits}));
    }
    let _ = sandbox.connect().try_call("allocate 200000000");
    eventually("the lower limit ends it", || {
        launcher.ok(about("inspect_sandbox", &sandbox.id))["exit"]["oom"] == json!(true)
    });
}

#[test]
fn pause_stops_time_and_resume_goes_on() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let mut agent = sandbox.connect();
        assert_eq!(agent.call("echo before"), "before");
        launcher.ok(about("pause_sandbox", &sandbox.id));
        assert_eq!(launcher.engine_status(engine, &sandbox.id), "paused", "{engine}");
        let waiting = std::thread::spawn(move || agent.call("echo during"));
        launcher.ok(about("resume_sandbox", &sandbox.id));
        assert_eq!(launcher.engine_status(engine, &sandbox.id), "running", "{engine}");
        assert_eq!(waiting.join().unwrap(), "during");
        launcher.ok(about("pause_sandbox", &sandbox.id));
        launcher.ok(about("stop_sandbox", &sandbox.id));
    }
}

#[test]
fn no_more_sandboxes_than_the_host_may_hold() {
    let launcher = Launcher::start_with(json!({"sandboxes_max": 1}));
    let first = launcher.sandbox(1, "runc", open());
    launcher.ok(create(&id(2), 64 << 20));
    assert_eq!(launcher.refused(start(&id(2), "runc", open())), "capacity");
    launcher.ok(about("stop_sandbox", &first.id));
    launcher.ok(start(&id(2), "runc", open()));
}

/// An engine has seen what was mounted when it began, and must not hold on to it.
#[test]
fn a_sandbox_starts_again_while_one_runs_that_began_after_it() {
    let launcher = Launcher::start();
    for engine in ["runsc", "runc"] {
        let first = launcher.sandbox(1, engine, open());
        let second = launcher.sandbox(2, engine, open());
        launcher.ok(about("stop_sandbox", &first.id));
        let again = Sandbox::of(&first.id, &launcher.ok(start(&first.id, engine, open())));
        assert_eq!(
            (again.call("echo first"), second.call("echo second")),
            ("first".into(), "second".into())
        );
        for sandbox in [first, second] {
            launcher.ok(about("delete_disk", &sandbox.id));
        }
    }
}

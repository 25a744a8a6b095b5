//! Everything that can be killed is killed, at every step.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Launcher, Sandbox, about, create, eventually, id, open, start};

/// All failpoints of an operation, found in the sources, so that none is missed.
fn failpoints(operation: &str) -> Vec<String> {
    let sources = [
        "src/sandbox/start.rs",
        "src/sandbox/end.rs",
        "src/disk/mod.rs",
        "src/operations.rs",
    ];
    let mut names = Vec::new();
    for source in sources {
        let text = fs::read_to_string(format!("{}/{source}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let parts = text.split("reach(\"").skip(1).filter_map(|part| part.split('"').next());
        names.extend(parts.filter(|name| name.starts_with(operation)).map(str::to_owned));
    }
    assert!(names.len() >= 2, "{operation} has too few failpoints: {names:?}");
    names
}

#[test]
fn killed_at_any_step_of_a_start_nothing_leaks_and_it_can_be_repeated() {
    let mut launcher = Launcher::start();
    for engine in ["runsc", "runc"] {
        for failpoint in failpoints("start_sandbox") {
            launcher.ok(create(&id(1), 64 << 20));
            for action in ["abort", "error"] {
                launcher.restart(&format!("{failpoint}={action}"));
                let answer = launcher.send(&start(&id(1), engine, json!({"mode": "block"})).to_string());
                if action == "abort" {
                    assert!(answer.is_none(), "{failpoint} answers {answer:?}");
                    launcher.wait_for_its_end();
                    launcher.restart("");
                } else {
                    assert_eq!(answer.unwrap()["error"]["code"], "internal", "{failpoint}");
                }
                if action == "error" {
                    nothing_runs(&launcher, &failpoint);
                }
                launcher.restart("");
                // A shim whose engine was starting when the launcher died is found again, or is gone; never both.
                let sandbox = Sandbox::of(&id(1), &launcher.ok(start(&id(1), engine, open())));
                assert_eq!(sandbox.call("echo up"), "up", "{engine} after {action} at {failpoint}");
                launcher.ok(about("stop_sandbox", &id(1)));
                nothing_runs(&launcher, &failpoint);
            }
        }
    }
}

/// Nothing of a sandbox is left when none runs: no process, mount, cgroup or policy.
fn nothing_runs(launcher: &Launcher, when: &str) {
    let rows = launcher.ok(json!({"op": "list_sandboxes"}));
    assert!(
        rows["sandboxes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["running"] == json!(false)),
        "{rows} after {when}"
    );
    let traces: Vec<String> = launcher
        .traces()
        .into_iter()
        .filter(|trace| {
            trace.contains("overlay") || trace.contains("shim") || trace.contains("runsc") || trace.contains("runc")
        })
        .collect();
    assert!(traces.is_empty(), "left after {when}: {traces:#?}");
    let cgroup = format!("/sys/fs/cgroup/pids/sandlot-{}/{}", launcher.instance(), id(1));
    assert!(!fs::exists(&cgroup).unwrap(), "{cgroup} is left after {when}");
    let engines = fs::read_dir(format!("/run/sandlot-{}/engine", launcher.instance()))
        .into_iter()
        .flatten()
        .count();
    assert_eq!(engines, 0, "engine state is left after {when}");
    let table = format!("sandlot_{}", launcher.instance());
    let set = launcher.in_router(&["nft", "list", "set", "inet", &table, "blocked"]);
    assert!(!set.contains("elements"), "a policy is left after {when}");
}

#[test]
fn killed_at_any_step_of_a_stop_or_a_deletion_it_can_be_repeated() {
    let mut launcher = Launcher::start();
    for operation in ["stop_sandbox", "delete_disk"] {
        let mut names = failpoints(operation);
        if operation == "delete_disk" {
            names.extend(failpoints("stop_sandbox"));
        }
        for failpoint in names {
            launcher.restart("");
            launcher.sandbox(1, "runsc", json!({"mode": "block"}));
            launcher.restart(&format!("{failpoint}=abort"));
            assert!(
                launcher.send(&about(operation, &id(1)).to_string()).is_none(),
                "{failpoint}"
            );
            launcher.wait_for_its_end();
            launcher.restart("");
            launcher.ok(about(operation, &id(1)));
            nothing_runs(&launcher, &failpoint);
            launcher.ok(about("delete_disk", &id(1)));
            assert_eq!(launcher.ok(json!({"op": "list_sandboxes"})), json!({"sandboxes": []}));
        }
    }
}

#[test]
fn killed_at_any_step_of_a_creation_it_can_be_repeated() {
    let mut launcher = Launcher::start();
    for failpoint in failpoints("create_disk") {
        launcher.restart(&format!("{failpoint}=abort"));
        assert!(
            launcher.send(&create(&id(1), 64 << 20).to_string()).is_none(),
            "{failpoint}"
        );
        launcher.wait_for_its_end();
        launcher.restart("");
        assert_eq!(
            launcher.ok(json!({"op": "list_sandboxes"})),
            json!({"sandboxes": []}),
            "half a disk is no disk"
        );
        let names: Vec<_> = fs::read_dir(launcher.home.join("pool/disks"))
            .unwrap()
            .flatten()
            .collect();
        assert!(names.is_empty(), "{names:?}");
        launcher.ok(create(&id(1), 64 << 20));
        launcher.ok(about("delete_disk", &id(1)));
    }
}

#[test]
fn a_killed_launcher_finds_its_sandboxes_again() {
    let mut launcher = Launcher::start();
    let sandboxes = [
        launcher.sandbox(1, "runsc", open()),
        launcher.sandbox(2, "runc", open()),
    ];
    let mut held: Vec<_> = sandboxes.iter().map(Sandbox::connect).collect();
    for agent in &mut held {
        assert_eq!(agent.call("set colour green"), "set");
    }
    launcher.kill();
    for agent in &mut held {
        assert_eq!(agent.call("get colour"), "green", "a connection while no launcher runs");
    }
    launcher.restart("");
    for (sandbox, engine) in sandboxes.iter().zip(["runsc", "runc"]) {
        let row = launcher.ok(about("inspect_sandbox", &sandbox.id));
        assert_eq!((&row["running"], &row["engine"]), (&json!(true), &json!(engine)));
        assert_eq!(row["address"], json!(sandbox.address));
        assert_eq!(sandbox.call("get colour"), "green");
    }
    // A new one must not get a slot that is taken.
    let third = launcher.sandbox(3, "runsc", open());
    assert!(sandboxes.iter().all(|sandbox| sandbox.address != third.address));
    assert!(sandboxes[0].connect().try_call("exit 3").is_err());
    let exit = || launcher.ok(about("inspect_sandbox", &sandboxes[0].id))["exit"].clone();
    eventually("the end of a sandbox of the earlier launcher is seen", || {
        exit().is_object()
    });
    assert_eq!(exit()["code"], json!(3));
}

#[test]
fn a_sandbox_that_ends_while_no_launcher_runs_is_found_ended() {
    let mut launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let mut agent = sandbox.connect();
    launcher.kill();
    assert!(agent.try_call("exit 5").is_err());
    eventually("its shim is done", || shim(&launcher, &sandbox).is_none());
    launcher.restart("");
    let row = launcher.ok(about("inspect_sandbox", &sandbox.id));
    assert_eq!(
        (&row["exit"]["code"], &row["exit"]["reason"]),
        (&json!(5), &json!("exited")),
        "{row}"
    );
    nothing_runs(&launcher, "its end");
}

#[test]
fn without_its_shim_a_sandbox_is_ended_and_says_why() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let pid = shim(&launcher, &sandbox).expect("a shim");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        let row = || launcher.ok(about("inspect_sandbox", &sandbox.id));
        eventually("its end is seen", || row()["exit"].is_object());
        assert_eq!(row()["exit"]["reason"], "shim_lost", "{engine}");
        let again = Sandbox::of(&sandbox.id, &launcher.ok(start(&sandbox.id, engine, open())));
        assert_eq!(again.call("echo back"), "back");
    }
}

#[test]
fn a_killed_engine_is_noticed() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let folder = launcher.home.join("run/sandboxes").join(&sandbox.id);
    let pid = fs::read_to_string(folder.join("engine.pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    let row = || launcher.ok(about("inspect_sandbox", &sandbox.id));
    eventually("its end is seen", || row()["exit"].is_object());
    let exit = row()["exit"].clone();
    assert_eq!(
        (&exit["code"], &exit["signal"], &exit["oom"]),
        (&json!(-1), &json!(9), &json!(false))
    );
}

#[test]
fn an_engine_that_cannot_start_says_why_and_leaves_nothing() {
    let launcher = Launcher::start();
    launcher.ok(create(&id(1), 64 << 20));
    // Without a place for its file system the engine fails.
    let place = launcher.home.join("images/tiny/rootfs");
    fs::remove_dir(place.join("proc")).unwrap();
    fs::write(place.join("proc"), "in the way").unwrap();
    let answer = launcher.send(&start(&id(1), "runsc", open()).to_string()).unwrap();
    assert_eq!(answer["error"]["code"], "engine", "{answer}");
    assert!(
        answer["error"]["message"].as_str().unwrap().len() > 60,
        "the engine's message: {answer}"
    );
    nothing_runs(&launcher, "a failed start");
    fs::remove_file(place.join("proc")).unwrap();
    fs::create_dir(place.join("proc")).unwrap();
    assert_eq!(
        Sandbox::of(&id(1), &launcher.ok(start(&id(1), "runsc", open()))).call("echo up"),
        "up"
    );
}

fn shim(launcher: &Launcher, sandbox: &Sandbox) -> Option<rustix::process::Pid> {
    let record = fs::read_to_string(
        launcher
            .home
            .join("run/sandboxes")
            .join(&sandbox.id)
            .join("record.json"),
    )
    .ok()?;
    let record: Value = serde_json::from_str(&record).unwrap();
    let pid = record["shim"]["pid"].as_i64()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    String::from_utf8_lossy(&line)
        .contains(&sandbox.id)
        .then(|| rustix::process::Pid::from_raw(pid as i32))?
}

/// One file that a full disk or a crash has spoiled must not keep everybody from the launcher.
#[test]
fn a_damaged_record_ends_its_own_sandbox_and_no_other() {
    for damage in [&b"{\"id\":"[..], b"\0\0\0\0", b"{}", b"not JSON at all"] {
        let mut launcher = Launcher::start();
        let sandboxes =
            [(1, "runsc"), (2, "runc"), (3, "runsc")].map(|(number, engine)| launcher.sandbox(number, engine, open()));
        let folder = |sandbox: &crate::harness::Sandbox| launcher.home.join("run/sandboxes").join(&sandbox.id);
        let [first, second, third] = &sandboxes;
        assert_eq!(first.call("write /kept yes"), "written");
        let (spoiled, shims) = (
            [folder(first), folder(second)],
            [first, second].map(|sandbox| shim_of(&folder(sandbox))),
        );
        // Also how one has ended, which is read wherever sandboxes are listed.
        launcher.ok(about("stop_sandbox", &third.id));
        std::fs::write(folder(third).join("exit.json"), damage).unwrap();
        let living = launcher.sandbox(4, "runsc", open());
        launcher.kill();
        for folder in &spoiled {
            std::fs::write(folder.join("record.json"), damage).unwrap();
        }
        launcher.serve();
        assert_eq!(living.call("echo here"), "here");
        for (sandbox, (folder, shim)) in [first, second].into_iter().zip(spoiled.iter().zip(shims)) {
            let found = launcher.ok(about("inspect_sandbox", &sandbox.id));
            assert_eq!(
                (&found["running"], &found["exit"]["reason"]),
                (&json!(false), &json!("lost")),
                "{found}"
            );
            assert_eq!(
                std::fs::read(folder.join("record.json.damaged")).unwrap(),
                damage,
                "it is kept"
            );
            let status = std::fs::read_to_string(format!("/proc/{shim}/status")).unwrap_or_default();
            assert!(
                status.is_empty() || status.contains("State:\tZ"),
                "its shim has ended: {status}"
            );
        }
        assert!(
            launcher.log().contains("record of a sandbox is damaged"),
            "{}",
            launcher.log()
        );
        let found = launcher.ok(about("inspect_sandbox", &third.id));
        assert_eq!(found["exit"]["reason"], "lost", "{found}");
        // It can be started again, and has its disk.
        let again = launcher.ok(start(&first.id, "runsc", open()));
        assert_eq!(crate::harness::Sandbox::of(&first.id, &again).call("read /kept"), "yes");
    }
}

fn shim_of(folder: &std::path::Path) -> i64 {
    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("record.json")).unwrap()).unwrap();
    record["shim"]["pid"].as_i64().unwrap()
}

/// The same while the launcher runs, found by the next operation.
#[test]
fn a_record_that_is_damaged_meanwhile_does_not_keep_a_sandbox_for_ever() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let record = launcher.home.join(format!("run/sandboxes/{}/record.json", sandbox.id));
    std::fs::write(&record, "{").unwrap();
    assert_eq!(
        launcher.ok(json!({"op": "list_sandboxes"}))["sandboxes"][0]["running"],
        false
    );
    launcher.ok(about("delete_disk", &sandbox.id));
    assert!(
        launcher.ok(json!({"op": "list_sandboxes"}))["sandboxes"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

/// A disk or an image that nobody can tell anything of is left out, and not everything with it.
#[test]
fn a_damaged_description_hides_nothing_else() {
    let launcher = Launcher::start();
    for number in [1, 2] {
        launcher.ok(create(&id(number), 64 << 20));
    }
    std::fs::write(launcher.home.join(format!("pool/disks/{}/disk.json", id(1))), "{").unwrap();
    let listed = launcher.ok(json!({"op": "list_sandboxes"}));
    let ids: Vec<&str> = listed["sandboxes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["id"].as_str())
        .collect();
    assert_eq!(ids, [id(2)]);
    launcher.ok(about("delete_disk", &id(1)));
    launcher.ok(create(&id(1), 64 << 20));
    let broken = launcher.home.join("images/broken");
    std::fs::create_dir_all(broken.join("rootfs")).unwrap();
    std::fs::write(broken.join("image.json"), "{").unwrap();
    let images = launcher.ok(json!({"op": "list_images"}));
    assert_eq!(images["images"].as_array().unwrap().len(), 1, "{images}");
    assert_eq!(images["images"][0]["id"], "tiny");
}

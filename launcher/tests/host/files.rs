//! What a sandbox's root file system does with files that come from the image, and whose they are.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::harness::{Launcher, Sandbox, about, create, id, open, start};

#[test]
fn a_folder_of_the_image_can_be_renamed_and_stays_renamed() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        assert_eq!(sandbox.call("move /lib/package /lib/.package-old"), "moved", "{engine}");
        assert_eq!(sandbox.call("move /lib /library"), "moved", "{engine}");
        launcher.ok(about("stop_sandbox", &sandbox.id));
        let again = Sandbox::of(&sandbox.id, &launcher.ok(start(&sandbox.id, engine, open())));
        assert_eq!(again.call("read /library/.package-old/code"), "code", "{engine}");
        assert!(
            again.call("read /lib/package/code").contains("No such file"),
            "{engine}"
        );
    }
}

#[test]
fn names_of_one_file_show_one_file() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let mut agent = sandbox.connect();
        // In the order in which a cached entry is wrong: looked at first, then changed.
        for (old, new, names) in [
            ("/etc/from-image", "/etc/linked", "2"),
            ("/lib/package/code", "/lib/third", "3"),
        ] {
            agent.call(&format!("about {old}"));
            assert_eq!(agent.call(&format!("link {old} {new}")), "linked", "{engine}");
            let answer = agent.call(&format!("about {old}"));
            assert_eq!(agent.call(&format!("about {new}")), answer, "{engine}");
            assert_eq!(answer.split(' ').nth(1), Some(names), "{engine}");
            agent.call(&format!("write {new} changed"));
            assert_eq!(agent.call(&format!("read {old}")), "changed", "{engine}");
        }
        // The image's own second name of it.
        assert_eq!(agent.call("read /lib/same"), "changed", "{engine}");
        launcher.ok(about("stop_sandbox", &sandbox.id));
        let again = Sandbox::of(&sandbox.id, &launcher.ok(start(&sandbox.id, engine, open())));
        assert_eq!(again.call("read /lib/same"), "changed", "{engine}, after a restart");
    }
}

#[test]
fn a_disk_from_before_folders_could_be_renamed_still_starts() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let id = id(number);
        launcher.ok(create(&id, 64 << 20));
        let old = launcher.home.join("old");
        fs::create_dir_all(&old).unwrap();
        let (disk, image) = (launcher.disk(&id), launcher.home.join("images/tiny/rootfs"));
        let options = format!(
            "lowerdir={},upperdir={},workdir={},index=off,metacopy=off,redirect_dir=off",
            image.display(),
            disk.join("upper").display(),
            disk.join("work").display()
        );
        run("mount", &["-t", "overlay", "overlay", "-o", &options, path(&old)]);
        fs::write(old.join("etc/from-image"), "written long ago").unwrap();
        fs::remove_file(old.join("lib/same")).unwrap();
        run("umount", &[path(&old)]);
        let sandbox = Sandbox::of(&id, &launcher.ok(start(&id, engine, open())));
        assert_eq!(sandbox.call("read /etc/from-image"), "written long ago", "{engine}");
        assert!(sandbox.call("read /lib/same").contains("No such file"), "{engine}");
        assert_eq!(sandbox.call("move /lib /library"), "moved", "{engine}");
    }
}

#[test]
fn a_disk_that_an_earlier_engine_still_holds_starts_all_the_same() {
    let launcher = Launcher::start();
    let id = id(1);
    launcher.ok(create(&id, 64 << 20));
    let held = launcher.home.join("held");
    fs::create_dir_all(&held).unwrap();
    let (disk, image) = (launcher.disk(&id), launcher.home.join("images/tiny/rootfs"));
    let (upper, work) = (disk.join("upper"), disk.join("work"));
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        image.display(),
        upper.display(),
        work.display()
    );
    run("mount", &["-t", "overlay", "overlay", "-o", &options, path(&held)]);
    let sandbox = Sandbox::of(&id, &launcher.ok(start(&id, "runsc", open())));
    run("umount", &[path(&held)]);
    assert_eq!(sandbox.call("move /lib /library"), "moved");
    assert!(launcher.log().contains("still mounted elsewhere"), "{}", launcher.log());
}

#[test]
fn a_disk_goes_on_with_another_agent_and_at_another_place() {
    let mut launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    assert_eq!(sandbox.call("link /lib/same /lib/third"), "linked");
    assert_eq!(sandbox.call("move /lib/package /lib/moved"), "moved");
    launcher.ok(about("stop_sandbox", &sandbox.id));
    launcher.take_another_agent();
    let again = Sandbox::of(&sandbox.id, &launcher.ok(start(&sandbox.id, "runsc", open())));
    assert_eq!(again.call("write /lib/third changed"), "written");
    assert_eq!(again.call("read /lib/moved/code"), "changed");
    launcher.ok(about("stop_sandbox", &sandbox.id));

    // A copy of the disk, as a fork makes it.
    let copy = launcher.disk(&id(2));
    run(
        "btrfs",
        &[
            "-q",
            "subvolume",
            "snapshot",
            path(&launcher.disk(&sandbox.id)),
            path(&copy),
        ],
    );
    let forked = Sandbox::of(&id(2), &launcher.ok(start(&id(2), "runsc", open())));
    assert_eq!(forked.call("read /lib/moved/code"), "changed");
    assert_eq!(forked.call("write /lib/moved/code again"), "written");
    assert_eq!(forked.call("read /lib/same"), "again");
}

#[test]
fn owners_inside_are_other_users_of_the_host_and_the_same_on_the_disk() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    for owner in ["0", "1000", "65534", "65535", "65536", "1500000000"] {
        sandbox.call(&format!("write /of-{owner} mine"));
        assert_eq!(sandbox.call(&format!("chown /of-{owner} {owner}")), "changed");
        let answer = sandbox.call(&format!("about /of-{owner}"));
        assert_eq!(answer.split(' ').nth(2), Some(format!("{owner}:{owner}").as_str()));
        let kept = fs::metadata(launcher.disk(&sandbox.id).join(format!("upper/of-{owner}"))).unwrap();
        assert_eq!(kept.uid().to_string(), owner);
        let mounted = launcher
            .home
            .join("run/sandboxes")
            .join(&sandbox.id)
            .join("bundle/rootfs");
        let shown = fs::metadata(mounted.join(format!("of-{owner}"))).unwrap();
        assert!(shown.uid() >= 0x7000_0000, "{owner} is {} on the host", shown.uid());
    }
    assert_eq!(
        sandbox.call("about /etc/from-image").split(' ').nth(2),
        Some("0:0"),
        "of the image"
    );
    assert_eq!(
        sandbox.call("about /.sandlot/agent").split(' ').nth(2),
        Some("0:0"),
        "of the system layer"
    );
    launcher.ok(about("stop_sandbox", &sandbox.id));
    // A plain container has the host's own numbers, and finds the same owners.
    let plain = Sandbox::of(&sandbox.id, &launcher.ok(start(&sandbox.id, "runc", open())));
    assert_eq!(plain.call("about /of-1000").split(' ').nth(2), Some("1000:1000"));
}

#[test]
fn no_engine_has_a_user_in_common_with_another_or_with_the_host() {
    let launcher = Launcher::start();
    let mut seen = Vec::new();
    for number in [1, 2] {
        let sandbox = launcher.sandbox(number, "runsc", open());
        let pid = fs::read_to_string(launcher.home.join("run/sandboxes").join(&sandbox.id).join("engine.pid")).unwrap();
        let about = fs::metadata(format!("/proc/{}/task", pid.trim())).unwrap();
        let map = fs::read_to_string(format!("/proc/{}/uid_map", pid.trim())).unwrap();
        seen.push((about.uid(), map));
    }
    assert!(seen.iter().all(|(user, _)| *user >= 0x7000_0000), "{seen:?}");
    assert_ne!(seen[0], seen[1]);
    let usage = launcher.ok(json!({"op": "list_sandboxes"}));
    assert_eq!(usage["sandboxes"].as_array().map(Vec::len), Some(2));
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in Unicode")
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().expect("the program");
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

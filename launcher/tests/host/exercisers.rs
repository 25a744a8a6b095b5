//! The root file system of a sandbox against a plain disk: our own cases, and two programs that were written to find
//! faults of file systems. docs/file-system.md says what differs and why; what differs besides, or does not any more,
//! fails here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Launcher, Sandbox, create, example, id, open};

const PAGE: &str = include_str!("../../../docs/file-system.md");
const TIMEOUT: Duration = Duration::from_secs(300);

#[test]
fn a_plain_disk_passes_all_cases() {
    let folder = PathBuf::from(format!("/var/tmp/sandlot-file-cases-{}", std::process::id()));
    let cases = example("file_cases");
    let run = |verb: &str| {
        let output = Command::new(&cases).arg(verb).arg(&folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).replace('\n', "|")
    };
    run("prepare");
    let answer = run("run");
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(differing(&answer), BTreeSet::new(), "{answer}");
    assert!(answer.split('|').count() > 70, "{answer}");
}

#[test]
fn gvisor_differs_from_a_plain_disk_as_its_page_says() {
    let launcher = Launcher::start();
    let mut engines = vec!["runsc"];
    let version = Command::new(launcher.runsc()).arg("--version").output().unwrap().stdout;
    if !String::from_utf8_lossy(&version).contains("sandlot") {
        engines.push("an installed runsc");
    }
    differs_as_the_page_says(&launcher, "runsc", &engines);
}

#[test]
fn a_plain_container_differs_from_a_plain_disk_as_its_page_says() {
    differs_as_the_page_says(&Launcher::start(), "runc", &["runc"]);
}

fn differs_as_the_page_says(launcher: &Launcher, engine: &str, columns: &[&str]) {
    let image = image(launcher);
    let cases = example("file_cases");
    fs::copy(&cases, image.join("tools/file_cases")).unwrap();
    let prepared = Command::new(&cases)
        .arg("prepare")
        .arg(image.join("cases"))
        .status()
        .unwrap();
    assert!(prepared.success());
    let sandbox = start(launcher, engine);
    let answer = sandbox.call_with_timeout("run /tools/file_cases run /cases", TIMEOUT);
    let on_page: BTreeSet<String> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split_once("` | "))
        .filter(|(_, rest)| columns.contains(&rest.split(" |").next().unwrap()))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert!(answer.ends_with("exit status: 0"), "{answer}");
    assert_eq!(differing(&answer), on_page, "{answer}");
}

/// The cases that a report calls different.
fn differing(answer: &str) -> BTreeSet<String> {
    let names = answer.split('|').filter_map(|line| line.strip_prefix("differs "));
    names.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn no_read_of_a_file_differs_from_what_was_written() {
    let fsx = tool("SANDLOT_TEST_FSX");
    let launcher = Launcher::start();
    let image = image(&launcher);
    fs::copy(fsx, image.join("tools/fsx")).unwrap();
    // A file of the image to begin with, one with two names there, and a new one.
    fs::write(image.join("old"), vec![0; 200_000]).unwrap();
    fs::write(image.join("named"), vec![0; 1_000]).unwrap();
    fs::hard_link(image.join("named"), image.join("named-twice")).unwrap();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = start_as(&launcher, number, engine);
        for file in ["/old", "/named", "/new"] {
            let command = format!("run /tools/fsx -q -P /tmp -S 8 -N 3000 {file}");
            let answer = sandbox.call_with_timeout(&command, TIMEOUT);
            assert!(answer.ends_with("exit status: 0"), "{engine}: {file}: {answer}");
        }
    }
}

#[test]
fn a_file_system_under_stress_makes_no_mistakes() {
    let stress = tool("SANDLOT_TEST_STRESS");
    let launcher = Launcher::start();
    let image = image(&launcher);
    // With its libraries: the image has none.
    let needed = Command::new("ldd").arg(&stress).output().unwrap().stdout;
    for word in String::from_utf8_lossy(&needed)
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
    {
        let name = Path::new(word).file_name().unwrap();
        fs::copy(word, image.join("tools").join(name)).unwrap();
    }
    fs::copy(stress, image.join("tools/stress-ng")).unwrap();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = start_as(&launcher, number, engine);
        for group in STRESSORS {
            let command = format!(
                "run /tools/ld-linux-x86-64.so.2 --library-path /tools /tools/stress-ng --temp-path /tmp --verify \
                 --timeout 5 --oomable {group}"
            );
            let answer = sandbox.call_with_timeout(&command, TIMEOUT);
            assert!(answer.ends_with("exit status: 0"), "{engine}: {group}: {answer}");
            assert!(!answer.contains("skip"), "{engine}: {group}: {answer}");
        }
    }
}

/// All of a group at once, five seconds each.
const STRESSORS: [&str; 3] = [
    "--link 1 --symlink 1 --rename 1 --dentry 1 --dentries 64 --dir 1 --dir-dirs 64 --dirdeep 1 --dirdeep-inodes 100 \
     --dirmany 1 --getdent 1 --filename 1 --touch 1 --chdir 1 --chdir-dirs 64 --access 1",
    "--fallocate 1 --fallocate-bytes 4m --hdd 1 --hdd-bytes 4m --iomix 1 --iomix-bytes 4m --seek 1 --seek-size 4m \
     --mmap 1 --mmap-bytes 4m --mmap-file --msync 1 --msync-bytes 2m --sendfile 1 \
     --sendfile-size 1m --open 1",
    "--flock 1 --fcntl 1 --locka 1 --lockf 1 --lockofd 1 --utime 1 --xattr 1 --chmod 1 --chown 1",
];

fn tool(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    path.unwrap_or_else(|| panic!("Set {variable} to what ./dev setup exercisers has got."))
        .into()
}

fn image(launcher: &Launcher) -> PathBuf {
    let root = launcher.home.join("images/tiny/rootfs");
    fs::create_dir_all(root.join("tools")).unwrap();
    root
}

fn start(launcher: &Launcher, engine: &str) -> Sandbox {
    start_as(launcher, 1, engine)
}

fn start_as(launcher: &Launcher, number: u8, engine: &str) -> Sandbox {
    let id = id(number);
    launcher.ok(create(&id, 1 << 30));
    let limits = json!({"cpu_millis": 2000, "memory_bytes": 1 << 30, "pids": 500});
    let request = json!({"op": "start_sandbox", "id": id, "engine": engine, "limits": limits, "network": open()});
    Sandbox::of(&id, &launcher.ok(request))
}

//! The router from outside, and a launcher that stands still while a test changes what it looks after.

use std::fs;
use std::process::Command;

use crate::harness::{Launcher, eventually};

impl Launcher {
    /// What a program prints in the network namespace of the router.
    pub fn in_router(&self, command: &[&str]) -> String {
        let output = Command::new("nsenter")
            .arg(format!("--net=/run/sandlot-{}/net/router", self.instance()))
            .args(command)
            .output()
            .expect("nsenter");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {words}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Stops the launcher's process, at a moment at which it has no program running that changes the firewall.
    pub fn halt(&self) {
        eventually("the launcher stands still", || {
            self.signal(rustix::process::Signal::STOP);
            eventually("its threads stand still", || {
                self.threads().iter().all(|line| line.contains(") T "))
            });
            let still = self.children("nft") == 0;
            if !still {
                self.go_on();
            }
            still
        });
    }

    pub fn go_on(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let child = self.child.as_ref().expect("a running launcher");
        rustix::process::kill_process(rustix::process::Pid::from_child(child), signal).expect("a signal");
    }

    fn threads(&self) -> Vec<String> {
        let process = self.child.as_ref().expect("a running launcher").id();
        let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("threads");
        tasks
            .flatten()
            .map(|task| fs::read_to_string(task.path().join("stat")).unwrap_or_default())
            .filter(|line| !line.is_empty())
            .collect()
    }

    fn children(&self, name: &str) -> usize {
        let process = self.child.as_ref().expect("a running launcher").id();
        let all = fs::read_dir("/proc").expect("processes").flatten();
        all.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
            .filter(|line| line.contains(&format!("({name}) ")) && line.split(' ').nth(3) == Some(&process.to_string()))
            .filter(|line| !line.contains(") Z "))
            .count()
    }
}

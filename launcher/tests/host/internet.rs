//! Hosts of the Internet, in a network namespace of a test's own behind a router's address.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::process::Command;
use std::thread;

/// A piece of the Internet: 203.0.113.x, one hop behind 198.51.100.x.
pub struct Internet {
    number: u8,
    pub name: String,
}

impl Internet {
    pub fn new(number: u8) -> Self {
        let name = format!("sandlot-internet-{}-{number}", std::process::id());
        let internet = Self { number, name };
        let (near, far) = (internet.router(1), internet.router(2));
        let (here, there) = (format!("inet{number}"), format!("inet{number}p"));
        let name = internet.name.as_str();
        ip(&["netns", "add", name]);
        ip(&[
            "link", "add", &here, "type", "veth", "peer", "name", &there, "netns", name,
        ]);
        ip(&["addr", "add", &format!("{near}/30"), "dev", &here]);
        ip(&["link", "set", &here, "up"]);
        ip(&["-n", name, "addr", "add", &format!("{far}/30"), "dev", &there]);
        ip(&[
            "-n",
            name,
            "addr",
            "add",
            &format!("{}/32", internet.host(1)),
            "dev",
            "lo",
        ]);
        ip(&[
            "-n",
            name,
            "addr",
            "add",
            &format!("{}/32", internet.host(2)),
            "dev",
            "lo",
        ]);
        ip(&["-n", name, "link", "set", &there, "up"]);
        ip(&["-n", name, "link", "set", "lo", "up"]);
        ip(&["route", "add", &format!("{}/28", internet.host(0)), "via", &far]);
        internet.listen();
        internet
    }

    pub fn host(&self, host: u8) -> String {
        format!("203.0.113.{}", self.number * 16 + host)
    }

    pub fn router(&self, end: u8) -> String {
        format!("198.51.100.{}", self.number * 4 + end)
    }

    /// Answers on port 80 of every address: TCP sends back what it gets, UDP says whom it sees.
    fn listen(&self) {
        let namespace = File::open(format!("/run/netns/{}", self.name)).unwrap();
        let (sender, ready) = std::sync::mpsc::channel();
        // Bound to its address, or the answer would come from the router's.
        let own = (self.host(1), 80);
        thread::spawn(move || {
            rustix::thread::move_into_link_name_space(namespace.as_fd(), None).unwrap();
            let listener = TcpListener::bind("0.0.0.0:80").unwrap();
            let socket = UdpSocket::bind((own.0.as_str(), own.1)).unwrap();
            sender.send(()).unwrap();
            thread::spawn(move || {
                let mut question = [0; 64];
                while let Ok((_, from)) = socket.recv_from(&mut question) {
                    let _ = socket.send_to(format!("seen {}", from.ip()).as_bytes(), from);
                }
            });
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut byte = [0];
                    while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
                });
            }
        });
        ready.recv().unwrap();
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        let _ = Command::new("ip")
            .args(["link", "del", &format!("inet{}", self.number)])
            .status();
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

/// Runs `ip`, which must succeed.
pub fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "ip {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

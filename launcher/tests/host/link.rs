use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::harness::{Launcher, eventually, open};

#[test]
fn a_newer_connection_takes_over_and_the_agent_lives_on() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let mut old = sandbox.connect();
    assert_eq!(old.call("set colour green"), "set");
    let mut new = sandbox.connect();
    assert_eq!(new.call("get colour"), "green", "what the agent knew before");
    assert!(old.try_call("echo old").is_err(), "the older connection is closed");
    for round in 0..200 {
        // Each leaves unread bytes behind, which must never reach the next.
        let mut stream = UnixStream::connect(&sandbox.socket).unwrap();
        stream
            .write_all(format!("blob 300000\necho stale{round}\n").as_bytes())
            .unwrap();
        stream.read_exact(&mut [0; 10]).unwrap();
    }
    assert_eq!(sandbox.call("echo fresh"), "fresh");
}

#[test]
fn bytes_arrive_whole_and_in_order_through_backpressure() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let mut stream = UnixStream::connect(&sandbox.socket).unwrap();
    for bytes in [1, 65_535, 65_536, 65_537, 3_000_000, 40_000_000] {
        stream.write_all(format!("blob {bytes}\n").as_bytes()).unwrap();
        let mut got = vec![0; bytes + 1];
        let (first, rest) = got.split_at_mut(bytes / 2);
        stream.read_exact(first).unwrap();
        // A reader that stops lets the socket fill.
        let waiting = || rustix::io::ioctl_fionread(&stream).unwrap();
        eventually("the socket fills", || waiting() >= rest.len().min(65_536) as u64);
        stream.read_exact(rest).unwrap();
        assert!(
            got[..bytes].iter().all(|&byte| byte == b'x') && got[bytes] == b'\n',
            "{bytes} bytes"
        );
    }
    let text = "y".repeat(2_000_000);
    stream.write_all(format!("echo {text}\n").as_bytes()).unwrap();
    let mut got = vec![0; text.len() + 1];
    stream.read_exact(&mut got).unwrap();
    assert!(got[..text.len()] == *text.as_bytes(), "what was sent came back");
}

#[test]
fn an_end_is_passed_on_both_ways() {
    let launcher = Launcher::start();
    let sandbox = launcher.sandbox(1, "runsc", open());
    let mut stream = UnixStream::connect(&sandbox.socket).unwrap();
    stream.write_all(b"echo last\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut all = String::new();
    // Only ends when the agent's end comes through.
    stream.read_to_string(&mut all).unwrap();
    assert_eq!(all, "last\n");
    assert_eq!(sandbox.call("echo again"), "again");
}

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use super::*;

/// A link with a hostile or careless agent at one end and a runner at the other.
struct Bench {
    link: Link,
    agent: UnixStream,
    path: std::path::PathBuf,
}

impl Bench {
    fn new(name: &str) -> Self {
        let (ours, agent) = UnixStream::pair().expect("a pair");
        let path = std::env::temp_dir().join(format!("sandlot-link-{}-{name}", std::process::id()));
        let listener = UnixListener::bind(&path).expect("a socket");
        ours.set_nonblocking(true).expect("a mode");
        listener.set_nonblocking(true).expect("a mode");
        agent
            .set_read_timeout(Some(Duration::from_secs(1)))
            .expect("a time limit");
        Self {
            link: Link::new(ours.into(), listener.into(), 0),
            agent,
            path,
        }
    }

    fn connect(&mut self) -> UnixStream {
        let runner = UnixStream::connect(&self.path).expect("a connection");
        runner
            .set_read_timeout(Some(Duration::from_millis(100)))
            .expect("a time limit");
        self.link.advance();
        runner
    }

    /// The agent reads exactly this.
    fn agent_gets(&mut self, expected: &[u8]) {
        let mut got = vec![0; expected.len()];
        self.agent.read_exact(&mut got).expect("bytes");
        assert_eq!(got, expected);
    }

    fn agent_sends(&mut self, bytes: &[u8]) {
        self.agent.write_all(bytes).expect("a write");
        self.link.advance();
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn data(payload: &[u8]) -> Vec<u8> {
    let mut frame = Header::Data { length: payload.len() }.encode().to_vec();
    frame.extend(payload);
    frame
}

fn nothing_comes(runner: &mut UnixStream) -> bool {
    runner
        .read(&mut [0])
        .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

#[test]
fn a_connection_begins_with_a_reset_and_carries_bytes_both_ways() {
    let mut bench = Bench::new("both");
    let mut runner = bench.connect();
    bench.agent_gets(&reset_frame(1));
    bench.agent_sends(&reset_frame(1));
    runner.write_all(b"question").expect("a write");
    bench.link.advance();
    bench.agent_gets(&data(b"question"));
    bench.agent_sends(&data(b"answer"));
    let mut got = [0; 6];
    runner.read_exact(&mut got).expect("bytes");
    assert_eq!(&got, b"answer");
}

#[test]
fn data_of_an_older_connection_is_discarded() {
    let mut bench = Bench::new("older");
    let mut first = bench.connect();
    bench.agent_gets(&reset_frame(1));
    bench.agent_sends(&reset_frame(1));
    let mut second = bench.connect();
    bench.agent_gets(&reset_frame(2));
    assert_eq!(
        first.read(&mut [0]).expect("an end"),
        0,
        "the older connection is closed"
    );
    bench.agent_sends(&data(b"for the first"));
    bench.agent_sends(&reset_frame(1));
    bench.agent_sends(&data(b"still for the first"));
    assert!(nothing_comes(&mut second));
    bench.agent_sends(&[reset_frame(2).to_vec(), data(b"fresh")].concat());
    let mut got = [0; 5];
    second.read_exact(&mut got).expect("bytes");
    assert_eq!(&got, b"fresh");
}

#[test]
fn a_frame_in_the_middle_of_a_takeover_is_finished_first() {
    let mut bench = Bench::new("takeover");
    let mut first = bench.connect();
    bench.agent_gets(&reset_frame(1));
    // More than the pair holds: the agent reads nothing, so the last frame is stuck half way.
    first.set_nonblocking(true).expect("a mode");
    let chunk = [7; 65_536];
    for _ in 0..64 {
        let _ = first.write(&chunk);
        bench.link.advance();
    }
    drop(bench.connect());
    bench.agent.set_nonblocking(true).expect("a mode");
    let mut bytes = Vec::new();
    for _ in 0..1_000 {
        let _ = bench.agent.read_to_end(&mut bytes);
        bench.link.advance();
    }
    let mut rest = bytes.as_slice();
    let mut headers = Vec::new();
    while let Some(header) = rest.first_chunk::<HEADER_BYTES>() {
        let header = Header::decode(*header).expect("a whole frame");
        rest = &rest[HEADER_BYTES + header.payload_bytes()..];
        headers.push(header);
    }
    assert_eq!(
        headers.iter().filter(|header| **header == Header::Reset).count(),
        1,
        "{headers:?}"
    );
    assert!(matches!(headers[0], Header::Data { .. }), "{headers:?}");
}

#[test]
fn an_agent_that_breaks_the_protocol_is_disconnected() {
    for (name, hostile) in [
        ("kind", vec![9, 0, 0, 0, 0]),
        ("empty", vec![0, 0, 0, 0, 0]),
        ("long", vec![0, 0xff, 0xff, 0xff, 0xff]),
        ("reset", vec![1, 0, 0, 0, 3, 1, 2, 3]),
        ("end", vec![2, 0, 0, 0, 1, 0]),
    ] {
        let mut bench = Bench::new(name);
        let mut runner = bench.connect();
        bench.agent_gets(&reset_frame(1));
        bench.agent_sends(&[reset_frame(1).to_vec(), data(b"x"), hostile].concat());
        let mut rest = Vec::new();
        let _ = runner.read_to_end(&mut rest);
        assert!(rest.len() <= 1, "{name}");
        assert_eq!(
            bench.agent.read(&mut [0]).expect("an end"),
            0,
            "the agent sees its link end after {name}"
        );
    }
}

#[test]
fn a_frame_that_comes_byte_by_byte_is_the_same_frame() {
    let mut bench = Bench::new("bytes");
    let mut runner = bench.connect();
    bench.agent_gets(&reset_frame(1));
    let stream = [
        reset_frame(1).to_vec(),
        data(b"ab"),
        data(b"c"),
        Header::End.encode().to_vec(),
    ]
    .concat();
    for byte in stream {
        bench.agent_sends(&[byte]);
    }
    let mut got = String::new();
    runner.read_to_string(&mut got).expect("an end");
    assert_eq!(got, "abc");
}

#[test]
fn an_agent_without_a_runner_gets_backpressure() {
    let mut bench = Bench::new("nobody");
    bench.agent.set_nonblocking(true).expect("a mode");
    let flood = data(&[7; 65_536]);
    let mut sent = 0;
    for _ in 0..1_000 {
        sent += bench.agent.write(&flood).unwrap_or(0);
        bench.link.advance();
    }
    assert!(sent < 16 << 20, "{sent} bytes were taken for nobody");
}

#[test]
fn an_idle_link_waits_instead_of_spinning() {
    let mut bench = Bench::new("idle");
    let runner = bench.connect();
    bench.agent_gets(&reset_frame(1));
    let ready = |link: &Link| {
        let mut interests = link.interests();
        let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::event::poll(&mut interests, Some(&now)).expect("a poll")
    };
    assert_eq!(ready(&bench.link), 0, "with a connection");
    runner.shutdown(std::net::Shutdown::Write).expect("a half close");
    bench.link.advance();
    bench.agent_gets(&Header::End.encode());
    assert_eq!(ready(&bench.link), 0, "with half a connection");
    drop(runner);
    bench.link.advance();
    assert_eq!(ready(&bench.link), 0, "after the runner has gone");
    assert!(bench.link.connection.is_none());
}

/// Sends the same frame again and again until the link takes no more, and says how many bytes went.
fn flood(bench: &mut Bench, frame: &[u8], bytes_max: usize) -> usize {
    let many = frame.repeat(1_000);
    bench.agent.set_nonblocking(true).expect("a mode");
    let mut sent = 0;
    while sent < bytes_max && bench.link.pause().is_none() {
        match bench.agent.write(&many[sent % frame.len()..]) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => bench.link.advance(),
            Err(error) => panic!("{error}"),
        }
    }
    bench.agent.set_nonblocking(false).expect("a mode");
    sent
}

#[test]
fn a_flood_of_control_frames_is_throttled_and_the_link_recovers() {
    for frame in [Header::Pressure.encode().to_vec(), reset_frame(1).to_vec()] {
        let mut bench = Bench::new(&format!("control-{}", frame[0]));
        let mut runner = bench.connect();
        bench.agent_gets(&reset_frame(1));
        bench.agent_sends(&reset_frame(1));
        let sent = flood(&mut bench, &frame, 64 << 20);
        assert!(bench.link.pause().is_some(), "{sent} bytes");
        assert!(!bench.link.reads_agent());
        // The other way stays open meanwhile.
        runner.write_all(b"still here").expect("a write");
        bench.link.advance();
        bench.agent_gets(&data(b"still here"));
        let begun = sent % frame.len();
        let mut agent = bench.agent.try_clone().expect("a descriptor");
        let rest = [&frame[begun..], &data(b"after")].concat();
        let sender = std::thread::spawn(move || agent.write_all(&rest));
        let mut got = [0; 5];
        while runner.read_exact(&mut got).is_err() {
            bench.link.advance();
        }
        assert_eq!(got, *b"after");
        sender.join().expect("an end").expect("a write");
    }
}

#[test]
fn a_flood_of_discarded_bytes_is_throttled() {
    let mut bench = Bench::new("discarded");
    let _runner = bench.connect();
    bench.agent_gets(&reset_frame(1));
    // No answer to the reset: all of this is of an earlier connection.
    let sent = flood(&mut bench, &data(&[0; 10_000]), 1 << 30);
    assert!(
        bench.link.pause().is_some() && !bench.link.reads_agent(),
        "{sent} bytes"
    );
}

#[test]
fn data_for_the_runner_is_never_throttled() {
    let mut bench = Bench::new("data");
    let mut runner = bench.connect();
    bench.agent_gets(&reset_frame(1));
    bench.agent_sends(&reset_frame(1));
    let frame = data(&[7; PAYLOAD_BYTES_MAX]);
    let mut got = vec![0; PAYLOAD_BYTES_MAX];
    for _ in 0..1_000 {
        bench.agent.write_all(&frame).expect("a write");
        bench.link.advance();
        runner.read_exact(&mut got).expect("what was sent");
        assert_eq!(bench.link.pause(), None);
    }
}

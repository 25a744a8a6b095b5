//! The shim's side of the link, between an agent and a runner that do whatever they like: nothing of an older
//! connection reaches a newer one, no more than was sent arrives, and it comes to rest.
#![no_main]

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::OnceLock;

use agent_link::{Header, reset_frame};
use libfuzzer_sys::fuzz_target;

#[path = "../../launcher/src/shim/token_bucket.rs"]
#[allow(dead_code, unreachable_pub)]
mod token_bucket;

#[path = "../../launcher/src/shim/link/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod link;

use link::Link;

static LISTENER: OnceLock<(UnixListener, std::path::PathBuf)> = OnceLock::new();

fn listener() -> &'static (UnixListener, std::path::PathBuf) {
    LISTENER.get_or_init(|| {
        // As Rust's own main does, which libFuzzer's replaces.
        // SAFETY: no other thread runs yet, and nothing relies on the signal.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        let path = std::env::temp_dir().join(format!("sandlot-fuzz-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).expect("a socket");
        listener.set_nonblocking(true).expect("a mode");
        (listener, path)
    })
}

fn drain(socket: &mut UnixStream) -> usize {
    let mut buffer = [0; 4096];
    let mut total = 0;
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        total += count;
    }
    total
}

fuzz_target!(|data: &[u8]| {
    let (listener, path) = listener();
    let (ours, mut agent) = UnixStream::pair().expect("a pair");
    ours.set_nonblocking(true).expect("a mode");
    agent.set_nonblocking(true).expect("a mode");
    let mut link = Link::new(ours.into(), listener.try_clone().expect("a descriptor").into(), 0);
    let mut runner: Option<UnixStream> = None;
    let mut epoch = 0;
    let mut from_agent = 0;
    let mut arrived = 0;
    let mut rest = data;
    while let Some((&[action, length], behind)) = rest.split_first_chunk::<2>() {
        let count = usize::from(length).min(behind.len());
        let (piece, behind) = behind.split_at(count);
        rest = behind;
        match action % 8 {
            0 => {
                runner = UnixStream::connect(path).ok();
                if let Some(socket) = &runner {
                    socket.set_nonblocking(true).expect("a mode");
                    epoch += 1;
                    arrived = 0;
                    from_agent = 0;
                }
            }
            1 => runner = None,
            2 => {
                if let Some(socket) = &mut runner {
                    let _ = socket.write(piece);
                }
            }
            3 => {
                from_agent += agent.write(piece).unwrap_or(0);
            }
            4 => {
                from_agent += agent.write(&reset_frame(epoch)).unwrap_or(0);
            }
            5 if !piece.is_empty() => {
                let frame = [&Header::Data { length: piece.len() }.encode()[..], piece].concat();
                from_agent += agent.write(&frame).unwrap_or(0);
            }
            6 => link.signal_pressure(),
            _ => {
                drain(&mut agent);
            }
        }
        link.advance();
        if let Some(socket) = &mut runner {
            arrived += drain(socket);
            assert!(arrived <= from_agent, "{arrived} bytes came of {from_agent}");
        }
    }
    drop(runner);
    drain(&mut agent);
    link.advance();
});

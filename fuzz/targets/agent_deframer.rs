//! The agent's side of the link: the same frames, however they are cut into reads, give the same events.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../agent/src/link/deframer.rs"]
#[allow(dead_code, unreachable_pub)]
mod deframer;

use deframer::{Deframer, Event};

/// All events of a stream, its data joined; `None` at the end stands for a broken rule.
fn events(stream: &[u8], step: usize, limit: usize) -> Vec<Option<(u8, Vec<u8>)>> {
    let mut deframer = Deframer::new();
    let mut found: Vec<Option<(u8, Vec<u8>)>> = Vec::new();
    for piece in stream.chunks(step) {
        let mut rest = piece;
        while !rest.is_empty() {
            let space = deframer.space();
            let count = space.len().min(rest.len());
            assert!(count > 0, "there is always room once all events are taken");
            space[..count].copy_from_slice(&rest[..count]);
            deframer.filled(count);
            rest = &rest[count..];
            loop {
                match deframer.next(limit) {
                    Ok(None) => break,
                    Ok(Some(Event::Data(bytes))) => {
                        assert!(!bytes.is_empty() && bytes.len() <= limit);
                        match found.last_mut() {
                            Some(Some((0, data))) => data.extend_from_slice(bytes),
                            _ => found.push(Some((0, bytes.to_vec()))),
                        }
                    }
                    Ok(Some(Event::Reset(epoch))) => found.push(Some((1, epoch.to_be_bytes().to_vec()))),
                    Ok(Some(Event::End)) => found.push(Some((2, Vec::new()))),
                    Ok(Some(Event::Pressure)) => found.push(Some((3, Vec::new()))),
                    Err(_) => {
                        found.push(None);
                        return found;
                    }
                }
            }
        }
    }
    found
}

fuzz_target!(|data: &[u8]| {
    let Some((&[step, limit], stream)) = data.split_first_chunk::<2>() else {
        return;
    };
    let whole = events(stream, stream.len().max(1), usize::MAX);
    let pieces = events(stream, usize::from(step) + 1, usize::from(limit) + 1);
    assert_eq!(whole, pieces);
});

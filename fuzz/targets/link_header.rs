//! Headers of frames: what is read is what was written, and nothing is read past the limits.
#![no_main]

use agent_link::{HEADER_BYTES, Header, PAYLOAD_BYTES_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (headers, _) = data.as_chunks::<HEADER_BYTES>();
    for bytes in headers {
        if let Ok(header) = Header::decode(*bytes) {
            assert_eq!(header.encode(), *bytes);
            assert!(header.payload_bytes() <= PAYLOAD_BYTES_MAX);
        }
    }
});

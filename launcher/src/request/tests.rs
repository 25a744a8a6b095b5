use std::fmt::Debug;

use super::*;
use crate::answer::Code;

const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn start(limits: &str, network: &str) -> String {
    format!(r#"{{"op":"start_sandbox","id":"{ID}","engine":"runsc","limits":{limits},"network":{network}}}"#)
}

const LIMITS: &str = r#"{"cpu_millis":1000,"memory_bytes":536870912,"pids":256}"#;

fn valid() -> Vec<String> {
    let with_id = |op: &str| format!(r#"{{"op":"{op}","id":"{ID}"}}"#);
    let mut lines: Vec<String> = [
        "hello",
        "list_sandboxes",
        "list_images",
        "database_start",
        "database_stop",
        "database_status",
    ]
    .iter()
    .map(|op| format!(r#"{{"op":"{op}"}}"#))
    .collect();
    let about_one = [
        "delete_disk",
        "stop_sandbox",
        "pause_sandbox",
        "resume_sandbox",
        "inspect_sandbox",
    ];
    lines.extend(about_one.iter().map(|op| with_id(op)));
    lines.push(format!(
        r#"{{"op":"create_disk","id":"{ID}","image":"default_1-x","host_name":"a-b","disk_bytes":1048576}}"#
    ));
    lines.push(format!(
        r#"{{"op":"set_disk","id":"{ID}","disk_bytes":1125899906842624}}"#
    ));
    lines.push(format!(r#"{{"op":"set_limits","id":"{ID}","limits":{LIMITS}}}"#));
    lines.push(format!(
        r#"{{"op":"set_network","id":"{ID}","network":{{"mode":"block"}}}}"#
    ));
    lines.push(start(LIMITS, r#"{"mode":"default"}"#));
    lines.push(start(
        LIMITS,
        r#"{"mode":"allow","cidrs":["203.0.113.0/24","0.0.0.0/0","10.0.0.1/32"]}"#,
    ));
    lines
}

fn refused(line: impl AsRef<[u8]> + Debug) {
    match parse(line.as_ref()) {
        Ok(request) => panic!("{line:?} is accepted as {request:?}"),
        Err(failure) => assert_eq!(failure.code, Code::Invalid, "{line:?}"),
    }
}

#[test]
fn accepts_every_operation_of_the_interface() {
    for line in valid() {
        if let Err(failure) = parse(line.as_bytes()) {
            panic!("{line} is refused: {failure}");
        }
    }
}

#[test]
fn refuses_what_is_not_exactly_a_request() {
    for line in [
        "",
        "{}",
        "[]",
        "null",
        "\"hello\"",
        "{",
        "{\"op\":\"hello\"",
        r#"{"op":"hello"}{"op":"hello"}"#,
        r#"{"op":"hello"} x"#,
        r#"{"op":"Hello"}"#,
        r#"{"op":"hello "}"#,
        r#"{"op":"shell","command":"id"}"#,
        r#"{"op":"hello","path":"/etc"}"#,
        r#"{"op":"hello","op":"list_images"}"#,
        r#"{"op":["hello"]}"#,
        r#"{"op":1}"#,
        r#"{"op":null}"#,
    ] {
        refused(line);
    }
    refused(format!(r#"{{"op":"stop_sandbox","id":"{ID}","id":"{ID}"}}"#));
    refused(format!(r#"{{"op":"stop_sandbox","id":"{ID}","flag":"--force"}}"#));
    refused(format!(r#"{{"op":"hello"{}}}"#, " ".repeat(LINE_BYTES_MAX)));
    refused([0xff, 0xfe, b'{', b'}']);
}

/// Spellings that have been taken for an id, a path or a flag elsewhere.
const HOSTILE: &[&str] = &[
    "",
    ".",
    "..",
    "/",
    "../..",
    "../../etc/passwd",
    "..%2f..",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "-",
    "--",
    "-rf",
    "--help",
    "--root=/",
    "a b",
    " a",
    "a ",
    "a\n",
    "\n",
    "a\r",
    "a\tb",
    "a\0",
    "\0",
    "a;id",
    "$(id)",
    "`id`",
    "a'b",
    "a\"b",
    "a|b",
    "*",
    "a:b",
    "a,b",
    "a=b",
    "%s",
    "\u{e9}",
    "\u{430}bc",
    "a\u{200b}",
    "\u{202e}cba",
    "\u{ff41}",
    "\u{661}",
    "A",
    "ABC",
];

/// Nearly an id. Engines accept abbreviated ones.
const NEARLY_IDS: &[&str] = &[
    "0F8FAD5B-D9CB-469F-A165-70867728950E",
    "0f8fad5b-d9cb-469f-a165-70867728950",
    "0f8fad5b-d9cb-469f-a165-70867728950e1",
    "0f8fad5bd9cb469fa16570867728950e",
    "{0f8fad5b-d9cb-469f-a165-70867728950e}",
    "0f8fad5b-d9cb-469f-a165-7086772895..",
    "0f8fad5b/d9cb-469f-a165-70867728950e",
    "0f8fad5b-d9cb-469f-a165-70867728950\u{435}",
];

#[test]
fn no_text_of_a_request_is_anything_but_a_plain_name() {
    for text in HOSTILE {
        let text = serde_json::Value::from(*text).to_string();
        refused(format!(r#"{{"op":"stop_sandbox","id":{text}}}"#));
        refused(format!(
            r#"{{"op":"create_disk","id":"{ID}","image":{text},"host_name":"a","disk_bytes":1048576}}"#
        ));
        refused(format!(
            r#"{{"op":"create_disk","id":"{ID}","image":"a","host_name":{text},"disk_bytes":1048576}}"#
        ));
        refused(format!(
            r#"{{"op":"start_sandbox","id":"{ID}","engine":{text},"limits":{LIMITS},"network":{{"mode":"default"}}}}"#
        ));
        refused(start(LIMITS, &format!(r#"{{"mode":{text}}}"#)));
        refused(start(LIMITS, &format!(r#"{{"mode":"allow","cidrs":[{text}]}}"#)));
    }
    for ends in ["a-", "-a", "a_b", &"a".repeat(64)] {
        refused(format!(
            r#"{{"op":"create_disk","id":"{ID}","image":"a","host_name":"{ends}","disk_bytes":1048576}}"#
        ));
    }
    for image in ["_a", "-a", "a.b", &"a".repeat(65)] {
        refused(format!(
            r#"{{"op":"create_disk","id":"{ID}","image":"{image}","host_name":"a","disk_bytes":1048576}}"#
        ));
    }
}

#[test]
fn an_id_has_one_spelling() {
    for text in NEARLY_IDS {
        refused(format!(
            r#"{{"op":"stop_sandbox","id":{}}}"#,
            serde_json::Value::from(*text)
        ));
    }
}

#[test]
fn refuses_ranges_that_others_repair() {
    for range in [
        "203.0.113.0",
        "203.0.113.1/24",
        "203.0.113.0/33",
        "203.0.113.0/-1",
        "203.0.113.0/+8",
        "203.0.113.0/08",
        "203.0.113.0/ 8",
        "203.0.113/24",
        "0xcb.0.113.0/24",
        "203.0.0113.0/24",
        "3405803776/24",
        "203.0.113.0/24/24",
        "::/0",
        "::ffff:203.0.113.0/120",
        "203.0.113.0/24 ",
        " 203.0.113.0/24",
        "203.0.113.0\u{2215}24",
        "example.com/24",
        "256.0.0.0/8",
        "203.0.113.0/24,0.0.0.0/0",
    ] {
        refused(start(LIMITS, &format!(r#"{{"mode":"allow","cidrs":["{range}"]}}"#)));
    }
    refused(start(LIMITS, r#"{"mode":"allow","cidrs":[]}"#));
    refused(start(LIMITS, r#"{"mode":"allow"}"#));
    refused(start(LIMITS, r#"{"mode":"default","cidrs":["203.0.113.0/24"]}"#));
    refused(start(LIMITS, r#"{"mode":"block","extra":1}"#));
    let eleven = [r#""203.0.113.0/24""#; 11].join(",");
    refused(start(LIMITS, &format!(r#"{{"mode":"allow","cidrs":[{eleven}]}}"#)));
}

#[test]
fn refuses_numbers_out_of_range_or_of_another_kind() {
    let network = r#"{"mode":"default"}"#;
    let limits = |cpu: &str, memory: &str, pids: &str| {
        refused(start(
            &format!(r#"{{"cpu_millis":{cpu},"memory_bytes":{memory},"pids":{pids}}}"#),
            network,
        ));
    };
    for wrong in [
        "0",
        "-1",
        "1.0",
        "1e3",
        "\"1000\"",
        "null",
        "true",
        "[1000]",
        "99999999999999999999",
        "NaN",
        "0x400",
        "01000",
        "+1000",
    ] {
        limits(wrong, "536870912", "256");
        limits("1000", wrong, "256");
        limits("1000", "536870912", wrong);
        refused(format!(r#"{{"op":"set_disk","id":"{ID}","disk_bytes":{wrong}}}"#));
    }
    for wrong in ["-1", "10001", "1.5", "\"10\"", "null"] {
        refused(format!(r#"{{"op":"stop_sandbox","id":"{ID}","grace_ms":{wrong}}}"#));
    }
    limits("99", "536870912", "256");
    limits("1024001", "536870912", "256");
    limits("1000", "67108863", "256");
    limits("1000", "536870912", "15");
    limits("1000", "536870912", "32769");
    refused(start(r#"{"cpu_millis":1000,"memory_bytes":536870912}"#, network));
    refused(start(
        r#"{"cpu_millis":1000,"memory_bytes":536870912,"pids":256,"swap":1}"#,
        network,
    ));
}

/// A small generator, so that a failure is found again by its seed.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

fn mutate(random: &mut Random, line: &mut Vec<u8>) {
    for _ in 0..=random.next(4) {
        let place = random.next(line.len().max(1));
        match random.next(5) {
            0 if place < line.len() => line[place] = random.next(256) as u8,
            1 if place < line.len() => drop(line.remove(place)),
            2 => line.insert(place.min(line.len()), random.next(256) as u8),
            3 => line.truncate(place),
            _ => {
                let end = (place + random.next(20)).min(line.len());
                let copy = line.get(place..end).unwrap_or_default().to_vec();
                line.extend(copy);
            }
        }
    }
}

fn plain(text: &str, more: &[u8]) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || more.contains(&byte);
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(plain)
}

/// What every accepted request holds, however it was spelled.
fn check(request: &Request) {
    use Request::*;
    match request {
        Hello {} | ListSandboxes {} | ListImages {} | DatabaseStart {} | DatabaseStop {} | DatabaseStatus {} => {}
        DeleteDisk { id }
        | SetDisk { id, .. }
        | StopSandbox { id, .. }
        | SetLimits { id, .. }
        | SetNetwork { id, .. }
        | PauseSandbox { id }
        | ResumeSandbox { id }
        | InspectSandbox { id }
        | StartSandbox { id, .. } => assert!(id.as_str().len() == 36 && plain(id.as_str(), b"-"), "{request:?}"),
        CreateDisk {
            id, image, host_name, ..
        } => {
            assert!(id.as_str().len() == 36 && plain(id.as_str(), b"-"), "{request:?}");
            assert!(
                image.as_str().len() <= 64 && plain(image.as_str(), b"_-"),
                "{request:?}"
            );
            assert!(
                host_name.as_str().len() <= 63 && plain(host_name.as_str(), b"-"),
                "{request:?}"
            );
        }
    }
}

#[test]
fn survives_random_and_mutated_lines() {
    let seed = 0x5eed_cafe;
    let mut random = Random(seed);
    let corpus = valid();
    let mut accepted = 0;
    for round in 0..200_000 {
        let mut line = corpus[random.next(corpus.len())].clone().into_bytes();
        if round % 10 == 0 {
            line = (0..random.next(200)).map(|_| random.next(256) as u8).collect();
        } else {
            mutate(&mut random, &mut line);
        }
        if let Ok(request) = parse(&line) {
            check(&request);
            accepted += 1;
        }
    }
    // A fuzz test that only ever sees refusals looks at nothing.
    assert!(
        accepted > 1_000,
        "only {accepted} lines were accepted with the seed {seed:#x}"
    );
}

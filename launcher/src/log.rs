//! Structured log lines on standard error: one JSON object a line.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Writes one line: what happened, and its key-values.
pub fn event(level: &str, event: &str, fields: Value) {
    let mut line = Map::new();
    line.insert("at_ms".into(), json!(now_ms()));
    line.insert("level".into(), json!(level));
    line.insert("event".into(), json!(event));
    if let Value::Object(fields) = fields {
        line.extend(fields);
    }
    let mut text = Value::Object(line).to_string();
    text.push('\n');
    // A log without a reader must not end the launcher.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Something an operator may want to know.
pub fn info(what: &str, fields: Value) {
    event("info", what, fields);
}

/// Something that went wrong and was coped with.
pub fn warn(what: &str, fields: Value) {
    event("warn", what, fields);
}

/// Something an operator must act on.
pub fn error(what: &str, fields: Value) {
    event("error", what, fields);
}

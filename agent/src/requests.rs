//! Checks what callers send against the limits of the contract. Each refusal names the field and what would work.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::errors::{Failure, Outcome};
use crate::limits::{
    COMMAND_BYTES_MAX, COMMAND_ITEMS_MAX, ENVIRONMENT_BYTES_MAX, HOST_NAME_BYTES_MAX, INPUT_DESCRIPTOR_MAX,
    LABEL_KEY_BYTES_MAX, LABEL_VALUE_BYTES_MAX, LABELS_MAX, LOG_BYTES_DEFAULT, LOG_BYTES_MAX, PATH_BYTES_MAX,
    PROCESS_ID_BYTES_MAX, START_INPUT_BYTES_MAX, TERMINAL_SIDE_MAX, VARIABLE_BYTES_MAX, VARIABLES_MAX,
};
use crate::proto::{StartProcessRequest, Terminal};

/// Checks everything of a start that needs no look at the system.
pub fn check_start(request: &StartProcessRequest) -> Outcome<()> {
    if !request.id.is_empty() {
        check_id(&request.id)?;
    }
    check_command(&request.command)?;
    if request.input.len() > START_INPUT_BYTES_MAX {
        return Err(Failure::invalid(
            "input",
            "has at most 4 MiB; write the rest with WriteInput",
        ));
    }
    check_environment("environment", &request.environment)?;
    if !request.working_directory.is_empty() {
        check_path("working_directory", &request.working_directory)?;
    }
    check_input_descriptor(request.input_descriptor, request.terminal.is_some())?;
    if let Some(terminal) = &request.terminal {
        check_terminal(terminal)?;
    }
    check_labels(&request.labels)?;
    if request.log_limit_bytes > LOG_BYTES_MAX {
        return Err(Failure::invalid("log_limit_bytes", "is at most 1 GiB"));
    }
    Ok(())
}

/// The log limit of a checked request, in bytes.
pub fn log_limit(request: &StartProcessRequest) -> u64 {
    match request.log_limit_bytes {
        0 => LOG_BYTES_DEFAULT,
        limit => limit,
    }
}

fn check_input_descriptor(descriptor: u32, terminal: bool) -> Outcome<()> {
    match descriptor {
        0 => Ok(()),
        3..=INPUT_DESCRIPTOR_MAX if !terminal => Ok(()),
        _ => Err(Failure::invalid(
            "input_descriptor",
            "is 0, or 3 to 255 without a terminal",
        )),
    }
}

fn check_id(id: &str) -> Outcome<()> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(byte);
    if id.len() <= PROCESS_ID_BYTES_MAX && id.as_bytes().iter().all(allowed) {
        return Ok(());
    }
    Err(Failure::invalid("id", "is 1 to 128 letters, digits and _ . : -"))
}

fn check_command(command: &[String]) -> Outcome<()> {
    if command.is_empty() || command.len() > COMMAND_ITEMS_MAX {
        return Err(Failure::invalid("command", "has 1 to 4,096 items"));
    }
    if command.iter().map(String::len).sum::<usize>() > COMMAND_BYTES_MAX {
        return Err(Failure::invalid("command", "has at most 1 MiB"));
    }
    if command[0].is_empty() || command.iter().any(|item| item.contains('\0')) {
        return Err(Failure::invalid("command", "begins with a program and holds no NUL"));
    }
    Ok(())
}

/// Checks names, values, and their number and size.
pub fn check_environment(field: &str, variables: &HashMap<String, String>) -> Outcome<()> {
    if variables.len() > VARIABLES_MAX {
        return Err(Failure::invalid(field, "has at most 1,000 variables"));
    }
    let mut bytes = 0;
    for (name, value) in variables {
        check_variable_name(field, name)?;
        if value.contains('\0') || name.len() + value.len() > VARIABLE_BYTES_MAX {
            let rule = format!("{name:?} holds no NUL and has, with its name, at most 128 KiB");
            return Err(Failure::invalid(field, &rule));
        }
        bytes += name.len() + value.len();
    }
    if bytes > ENVIRONMENT_BYTES_MAX {
        return Err(Failure::invalid(field, "has at most 1 MiB"));
    }
    Ok(())
}

/// A name is a letter or underscore, then letters, digits and underscores.
pub fn check_variable_name(field: &str, name: &str) -> Outcome<()> {
    let bytes = name.as_bytes();
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if bytes.first().is_some_and(|first| !first.is_ascii_digit()) && bytes.iter().all(word) {
        return Ok(());
    }
    let shown: String = name.chars().take(64).collect();
    Err(Failure::invalid(
        field,
        &format!("has the name {shown:?}; a name matches [A-Za-z_][A-Za-z0-9_]*"),
    ))
}

/// Checks a process's labels, all of them together.
pub fn check_labels(labels: &HashMap<String, String>) -> Outcome<()> {
    let fits = |(key, value): (&String, &String)| {
        (1..=LABEL_KEY_BYTES_MAX).contains(&key.len()) && value.len() <= LABEL_VALUE_BYTES_MAX
    };
    if labels.len() <= LABELS_MAX && labels.iter().all(fits) {
        return Ok(());
    }
    Err(Failure::invalid(
        "labels",
        "are at most 32, with keys of 1 to 64 and values of at most 4,096 bytes",
    ))
}

/// Checks a terminal's size.
pub fn check_terminal(terminal: &Terminal) -> Outcome<()> {
    let allowed = 1..=TERMINAL_SIDE_MAX;
    if allowed.contains(&terminal.columns) && allowed.contains(&terminal.rows) {
        return Ok(());
    }
    Err(Failure::invalid(
        "terminal",
        "has 1 to 1,000 columns and 1 to 1,000 rows",
    ))
}

/// Checks a host name.
pub fn check_host_name(name: &str) -> Outcome<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if name.len() <= HOST_NAME_BYTES_MAX && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(Failure::invalid(
        "host_name",
        "has at most 63 letters, digits, dots and hyphens",
    ))
}

/// Checks a port.
pub fn check_port(port: u32) -> Outcome<u16> {
    u16::try_from(port)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| Failure::invalid("port", "is 1 to 65535"))
}

/// Checks a path as a caller may send it.
pub fn check_path(field: &str, path: &str) -> Outcome<()> {
    if (1..=PATH_BYTES_MAX).contains(&path.len()) && !path.contains('\0') {
        return Ok(());
    }
    Err(Failure::invalid(field, "is a path of 1 to 4,096 bytes without NUL"))
}

/// The same path without `.`, `..` and doubled slashes, by its text alone. Preconditions: `path` is absolute.
pub fn normalise(path: &Path) -> PathBuf {
    let mut normal = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::Normal(name) => normal.push(name),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_follow_the_contract() {
        for good in ["A", "_", "a_1"] {
            assert!(check_variable_name("environment", good).is_ok(), "{good}");
        }
        for bad in ["", "1A", "A-B", "A=B", "É"] {
            assert!(check_variable_name("environment", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_are_normalised_by_their_text() {
        assert_eq!(normalise(Path::new("/a/./b//../c/")), Path::new("/a/c"));
        assert_eq!(normalise(Path::new("/../..")), Path::new("/"));
    }

    #[test]
    fn ids_are_limited() {
        assert!(check_id(&"a".repeat(128)).is_ok());
        assert!(check_id(&"a".repeat(129)).is_err());
        assert!(check_id("a b").is_err());
    }
}

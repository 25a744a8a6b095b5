//! The sandbox's identity: user, working directory and the environment that processes inherit.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::errors::{Failure, Outcome};
use crate::limits::VARIABLES_MAX;
use crate::proto::{ChangeEnvironmentRequest, ConfigureRequest, ConfigureResponse};
use crate::requests::{check_environment, check_host_name, check_path, check_variable_name};
use crate::users::{self, User};

const PATH_DEFAULT: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The locale, unless image or caller set one.
const LANGUAGE_DEFAULT: &str = "C.UTF-8";
/// The variables that decide what a character is: the first that is set counts.
const LANGUAGE_VARIABLES: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];
/// Variables with this prefix are settings of the agent, and not the image's.
const OWN_PREFIX: &str = "SANDLOT_";
/// The shells that shell calls prefer, if `/etc/shells` lists them.
const SHELLS: [&str; 4] = ["/usr/bin/zsh", "/bin/zsh", "/usr/bin/bash", "/bin/bash"];

/// What processes and file calls inherit. A snapshot: a later change makes a new one.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The user with whose rights they run.
    pub user: User,
    /// Everything a process inherits, by name.
    pub variables: BTreeMap<String, String>,
    /// Absolute.
    pub working_directory: PathBuf,
    /// The caller has set it.
    pub configured: bool,
}

impl Identity {
    /// A caller's path, absolute; relative ones are below the working directory.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when it is no path.
    pub fn resolve(&self, field: &str, path: &str) -> Outcome<PathBuf> {
        check_path(field, path)?;
        Ok(self.working_directory.join(path))
    }
}

/// The current identity. Any thread may call.
pub struct Environment {
    /// What the image gave the agent.
    image: BTreeMap<String, String>,
    current: Mutex<Arc<Identity>>,
}

impl Environment {
    /// Before anyone configures it: the superuser in `/`.
    pub fn new() -> Outcome<Self> {
        let image = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| !name.starts_with(OWN_PREFIX))
            .collect();
        let user = users::find("")?;
        let identity = Identity {
            variables: variables_of(&image, &user),
            user,
            working_directory: PathBuf::from("/"),
            configured: false,
        };
        Ok(Self {
            image,
            current: Mutex::new(Arc::new(identity)),
        })
    }

    /// The identity of now.
    pub fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.lock())
    }

    /// Variables of another user of this sandbox: its own home and name, everything else as configured.
    pub fn variables_for(&self, identity: &Identity, user: &User) -> BTreeMap<String, String> {
        let mut variables = identity.variables.clone();
        for (name, value) in personal(user) {
            variables.insert(name.to_owned(), value.to_owned());
        }
        variables
    }

    /// The part of `variables` that the platform's own programs get: none that makes a shell, loader, interpreter or tool
    /// run or load other code, and the image's PATH.
    pub fn for_platform(&self, variables: BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut kept = variables;
        kept.retain(|name, _| !is_unsafe_variable(name));
        let path = self.image.get("PATH").map_or(PATH_DEFAULT, String::as_str);
        kept.insert("PATH".to_owned(), path.to_owned());
        kept
    }

    /// Sets the identity; what an earlier call set is replaced. Nothing changes when it fails.
    pub fn configure(&self, request: ConfigureRequest) -> Outcome<ConfigureResponse> {
        check_environment("environment", &request.environment)?;
        let user = users::find(&request.user)?;
        let working_directory = working_directory(&request.working_directory, &user)?;
        if !request.host_name.is_empty() {
            set_host_name(&request.host_name)?;
        }
        let mut variables = variables_of(&self.image, &user);
        variables.extend(request.environment);
        let response = ConfigureResponse {
            user: user.name.clone(),
            uid: user.credentials.uid,
            gid: user.credentials.gid,
            home: variables.get("HOME").cloned().unwrap_or_default(),
            working_directory: working_directory.to_string_lossy().into_owned(),
            shell: shell(&variables),
        };
        *self.lock() = Arc::new(Identity {
            user,
            variables,
            working_directory,
            configured: true,
        });
        Ok(response)
    }

    /// Changes what later processes inherit: removals first, then `set`, whose names the prefix rule spares.
    pub fn change(&self, request: ChangeEnvironmentRequest) -> Outcome<BTreeMap<String, String>> {
        check_environment("set", &request.set)?;
        for name in &request.unset {
            check_variable_name("unset", name)?;
        }
        let mut current = self.lock();
        let mut variables = current.variables.clone();
        let prefix = &request.unset_value_prefix;
        variables.retain(|_, value| prefix.is_empty() || !value.starts_with(prefix));
        for name in &request.unset {
            variables.remove(name);
        }
        variables.extend(request.set);
        if variables.len() > VARIABLES_MAX + self.image.len() {
            return Err(Failure::invalid(
                "set",
                "leads to more than 1,000 variables; remove some first",
            ));
        }
        *current = Arc::new(Identity {
            variables: variables.clone(),
            ..Identity::clone(&current)
        });
        Ok(variables)
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Identity>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prefixes of variables that make programs run or load other code.
const UNSAFE_PREFIXES: [&str; 10] = [
    "LD_",
    "BASH",
    "GIT_",
    "PYTHON",
    "PERL",
    "NODE_",
    "RUBY",
    "MALLOC_",
    "GLIBC_",
    "NPM_CONFIG_",
];
/// Prefixes of variables that begin so and are harmless.
const SAFE_PREFIXES: [&str; 3] = ["GIT_SSL_", "GIT_AUTHOR_", "GIT_COMMITTER_"];
const UNSAFE_VARIABLES: [&str; 17] = [
    "ENV",
    "IFS",
    "PS4",
    "SHELLOPTS",
    "POSIXLY_CORRECT",
    "CDPATH",
    "GLOBIGNORE",
    "GREP_OPTIONS",
    "RIPGREP_CONFIG_PATH",
    "SSH_ASKPASS",
    "GCONV_PATH",
    "LOCPATH",
    "NLSPATH",
    "TERMINFO",
    "PAGER",
    "EDITOR",
    "VISUAL",
];

fn is_unsafe_variable(name: &str) -> bool {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    UNSAFE_VARIABLES.contains(&name) || (starts(&UNSAFE_PREFIXES) && !starts(&SAFE_PREFIXES))
}

/// Whether programs with these variables take text for UTF-8.
pub fn is_utf8(variables: &BTreeMap<String, String>) -> bool {
    let mut values = LANGUAGE_VARIABLES.iter().filter_map(|name| variables.get(*name));
    let value = values.find(|value| !value.is_empty());
    value.is_some_and(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

fn personal(user: &User) -> [(&'static str, &str); 4] {
    [
        ("HOME", user.home.as_str()),
        ("USER", user.name.as_str()),
        ("LOGNAME", user.name.as_str()),
        ("SHELL", user.shell.as_str()),
    ]
}

fn variables_of(image: &BTreeMap<String, String>, user: &User) -> BTreeMap<String, String> {
    let mut variables = image.clone();
    variables
        .entry("PATH".to_owned())
        .or_insert_with(|| PATH_DEFAULT.to_owned());
    if !LANGUAGE_VARIABLES.iter().any(|name| image.contains_key(*name)) {
        variables.insert("LANG".to_owned(), LANGUAGE_DEFAULT.to_owned());
    }
    for (name, value) in personal(user) {
        variables.insert(name.to_owned(), value.to_owned());
    }
    variables
}

fn working_directory(wanted: &str, user: &User) -> Outcome<PathBuf> {
    if wanted.is_empty() {
        let home = Path::new(&user.home);
        return Ok(if home.is_dir() { home } else { Path::new("/") }.to_path_buf());
    }
    check_path("working_directory", wanted)?;
    if !wanted.starts_with('/') {
        return Err(Failure::invalid("working_directory", "is absolute"));
    }
    Ok(PathBuf::from(wanted))
}

/// Only PID 1 has a UTS namespace of its own for certain; elsewhere this would rename the machine.
fn set_host_name(name: &str) -> Outcome<()> {
    check_host_name(name)?;
    if process::id() != 1 {
        return Err(Failure::invalid(
            "host_name",
            "can be set only where the agent is PID 1",
        ));
    }
    rustix::system::sethostname(name.as_bytes()).map_err(|error| Failure::system("host_name", &error.into()))
}

/// The shell that shell calls use: the first of [`SHELLS`] that `/etc/shells` lists, else `$SHELL`, else `sh`.
fn shell(variables: &BTreeMap<String, String>) -> String {
    let listed = fs::read_to_string("/etc/shells").unwrap_or_default();
    let preferred = SHELLS
        .iter()
        .find(|shell| listed.lines().any(|line| line.trim() == **shell) && Path::new(shell).exists());
    match (preferred, variables.get("SHELL")) {
        (Some(shell), _) => (*shell).to_owned(),
        (None, Some(shell)) if !shell.is_empty() => shell.clone(),
        (None, _) => "sh".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::HashMap;

    fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn removals_come_first_and_spare_what_is_set() {
        let environment = Environment::new().unwrap();
        let set = map(&[("KEEP_ME", "secret:new"), ("GONE_A", "secret:1"), ("GONE_B", "x")]);
        environment
            .change(ChangeEnvironmentRequest {
                set,
                ..Default::default()
            })
            .unwrap();
        let after = environment
            .change(ChangeEnvironmentRequest {
                set: map(&[("KEEP_ME", "secret:new")]),
                unset: vec!["GONE_B".to_owned()],
                unset_value_prefix: "secret:".to_owned(),
            })
            .unwrap();
        assert_eq!(after.get("KEEP_ME").unwrap(), "secret:new");
        assert!(!after.contains_key("GONE_A") && !after.contains_key("GONE_B"));
        assert_eq!(environment.identity().variables, after);
    }

    #[test]
    fn configuring_again_replaces_what_was_configured() {
        let environment = Environment::new().unwrap();
        let first = ConfigureRequest {
            environment: map(&[("FIRST_ONE", "1")]),
            ..Default::default()
        };
        environment.configure(first).unwrap();
        let second = ConfigureRequest {
            environment: map(&[("SECOND_ONE", "2")]),
            ..Default::default()
        };
        environment.configure(second).unwrap();
        let identity = environment.identity();
        assert!(identity.configured && identity.variables.contains_key("SECOND_ONE"));
        assert!(!identity.variables.contains_key("FIRST_ONE"));
    }

    fn sorted(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        map(pairs).into_iter().collect()
    }

    #[test]
    fn text_is_utf_8_unless_image_or_caller_say_something_else() {
        let user = users::find("").unwrap();
        let of = |pairs: &[(&str, &str)]| variables_of(&sorted(pairs), &user);
        assert_eq!(of(&[]).get("LANG").unwrap(), "C.UTF-8");
        assert!(is_utf8(&of(&[])));
        for image in [
            ("LANG", "de_DE.ISO-8859-1"),
            ("LC_ALL", "C"),
            ("LC_CTYPE", "C"),
            ("LANG", ""),
        ] {
            let variables = of(&[image]);
            assert_eq!(variables.get(image.0).unwrap(), image.1);
            assert!(!is_utf8(&variables), "{image:?}");
            assert!(image.0 == "LANG" || !variables.contains_key("LANG"));
        }
        assert!(!is_utf8(&sorted(&[("LANG", "C.UTF-8"), ("LC_ALL", "POSIX")])));
        assert!(is_utf8(&sorted(&[
            ("LANG", "C"),
            ("LC_CTYPE", "en_GB.utf8"),
            ("LC_ALL", "")
        ])));
    }

    #[test]
    fn the_platforms_programs_get_no_unsafe_variables() {
        let environment = Environment::new().unwrap();
        let given = sorted(&[
            ("PATH", "/evil"),
            ("BASH_ENV", "/evil"),
            ("BASH_FUNC_git%%", "() { :; }"),
            ("ENV", "/evil"),
            ("LD_PRELOAD", "/evil.so"),
            ("GIT_SSH_COMMAND", "evil"),
            ("GIT_AUTHOR_NAME", "Somebody"),
            ("HTTPS_PROXY", "http://proxy:3128"),
        ]);
        let mut kept = environment.for_platform(given);
        assert_ne!(kept.remove("PATH").unwrap(), "/evil");
        assert_eq!(
            kept,
            sorted(&[("GIT_AUTHOR_NAME", "Somebody"), ("HTTPS_PROXY", "http://proxy:3128")])
        );
    }

    #[test]
    fn a_relative_working_directory_is_refused() {
        let environment = Environment::new().unwrap();
        let request = ConfigureRequest {
            working_directory: "tmp".to_owned(),
            ..Default::default()
        };
        assert!(environment.configure(request).is_err());
        assert!(!environment.identity().configured);
    }
}

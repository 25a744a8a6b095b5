//! Users and groups, read from the image's own files: a static program has no name service.

use std::fs;

use crate::errors::{Failure, Outcome};
use crate::syscalls::Credentials;

const SHELL_DEFAULT: &str = "/bin/sh";

/// A user of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Name; the number in digits when the image knows none.
    pub name: String,
    /// Ids and supplementary groups.
    pub credentials: Credentials,
    /// Home directory.
    pub home: String,
    /// Shell for logins.
    pub shell: String,
}

/// Finds a user by name or number; empty means the superuser.
///
/// A number that the image does not know is allowed, with group 0 and home `/`, as container engines do.
///
/// # Errors
/// `INVALID_ARGUMENT` when there is no user of that name.
pub fn find(user: &str) -> Outcome<User> {
    find_in(
        &read("/etc/passwd"),
        &read("/etc/group"),
        if user.is_empty() { "0" } else { user },
    )
    .ok_or_else(|| Failure::invalid("user", &format!("names no user of this sandbox: {user:?}")))
}

/// The number of a user, by name or number.
///
/// # Errors
/// `INVALID_ARGUMENT` when there is no user of that name.
pub fn uid_of(owner: &str) -> Outcome<u32> {
    id_of(&read("/etc/passwd"), owner).ok_or_else(|| Failure::invalid("owner", &format!("names no user: {owner:?}")))
}

/// The number of a group, by name or number.
///
/// # Errors
/// `INVALID_ARGUMENT` when there is no group of that name.
pub fn gid_of(group: &str) -> Outcome<u32> {
    id_of(&read("/etc/group"), group).ok_or_else(|| Failure::invalid("group", &format!("names no group: {group:?}")))
}

fn read(path: &str) -> String {
    fs::read(path).map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// `u32::MAX` means "unchanged" to the system and is no id.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|id| *id != u32::MAX)
}

fn id_of(file: &str, name: &str) -> Option<u32> {
    let named = file.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then(|| number(fields.nth(1)?))?
    });
    named.or_else(|| number(name))
}

fn find_in(passwd: &str, group: &str, wanted: &str) -> Option<User> {
    let wanted_id = number(wanted);
    let rows = || passwd.lines().filter_map(parse_user);
    let known = rows()
        .find(|user| user.name == wanted)
        .or_else(|| rows().find(|user| Some(user.credentials.uid) == wanted_id));
    let Some(mut user) = known else {
        return Some(unknown_user(wanted_id?));
    };
    user.credentials.groups = groups_of(group, &user.name, user.credentials.gid);
    Some(user)
}

fn unknown_user(uid: u32) -> User {
    User {
        name: uid.to_string(),
        credentials: Credentials {
            uid,
            gid: 0,
            groups: vec![0],
        },
        home: if uid == 0 { "/root" } else { "/" }.to_owned(),
        shell: SHELL_DEFAULT.to_owned(),
    }
}

fn parse_user(line: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, shell] = fields.as_slice() else {
        return None;
    };
    let or = |value: &str, fallback: &str| if value.is_empty() { fallback } else { value }.to_owned();
    Some(User {
        name: (*name).to_owned(),
        credentials: Credentials {
            uid: number(uid)?,
            gid: number(gid)?,
            groups: Vec::new(),
        },
        home: or(home, "/"),
        shell: or(shell.trim_end(), SHELL_DEFAULT),
    })
}

fn groups_of(file: &str, name: &str, primary: u32) -> Vec<u32> {
    let mut groups = vec![primary];
    for line in file.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let [_, _, gid, members] = fields.as_slice() else {
            continue;
        };
        if let Some(gid) = number(gid)
            && members.trim_end().split(',').any(|member| member == name)
            && !groups.contains(&gid)
        {
            groups.push(gid);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nbroken line\ndaytona:x:1000:1001::/home/daytona:\n";
    const GROUP: &str = "root:x:0:\nsudo:x:27:other,daytona\ndaytona:x:1001:\nvideo:x:44:daytonas\n";

    #[test]
    fn finds_a_user_by_name_and_by_number_with_the_groups_that_list_it() {
        let user = find_in(PASSWD, GROUP, "daytona").unwrap();
        assert_eq!(
            user.credentials,
            Credentials {
                uid: 1000,
                gid: 1001,
                groups: vec![1001, 27]
            }
        );
        assert_eq!((user.home.as_str(), user.shell.as_str()), ("/home/daytona", "/bin/sh"));
        assert_eq!(find_in(PASSWD, GROUP, "1000").unwrap(), user);
    }

    #[test]
    fn an_unknown_number_is_a_user_and_an_unknown_name_is_not() {
        assert_eq!(find_in(PASSWD, GROUP, "4242").unwrap().credentials.gid, 0);
        assert_eq!(find_in(PASSWD, GROUP, "nobody-here"), None);
        assert_eq!(find_in(PASSWD, GROUP, "4294967295"), None);
    }

    #[test]
    fn group_names_are_looked_up_whole() {
        assert_eq!(id_of(GROUP, "sudo"), Some(27));
        assert_eq!(id_of(GROUP, "sud"), None);
        assert_eq!(id_of(GROUP, "77"), Some(77));
    }
}

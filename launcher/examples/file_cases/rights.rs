//! Rights: modes, owners, users, special files, attributes.

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, XattrFlags, mknodat};
use rustix::thread::{set_thread_res_gid, set_thread_res_uid};

use crate::{Case, Outcome, equal, fails, inode, old_and_new, text};

pub const CASES: &[Case] = &[
    ("chmod", chmod),
    ("chmod-of-folders", chmod_of_folders),
    ("chown", change_owner),
    ("chown-takes-set-user-id-away", chown_takes_set_user_id_away),
    ("write-takes-set-user-id-away", write_takes_set_user_id_away),
    ("chown-of-links", chown_of_links),
    ("user-reads-what-it-may", user_reads_what_it_may),
    ("user-changes-what-it-owns", user_changes_what_it_owns),
    ("user-passes-folders-it-may", user_passes_folders_it_may),
    ("sticky-folder", sticky_folder),
    ("group-of-folder", group_of_folder),
    ("umask", umask),
    ("fifo", fifo),
    ("socket", socket),
    ("device", device),
    ("attributes", attributes),
    ("file-capabilities", file_capabilities),
];

const USER: u32 = 1000;

/// Does something as another user than root.
fn as_user<T>(work: impl FnOnce() -> T) -> Result<T, Box<dyn std::error::Error>> {
    use rustix::process::{Gid, Uid};
    let (uid, gid) = (Uid::from_raw(USER), Gid::from_raw(USER));
    let root = (Uid::ROOT, Gid::ROOT);
    rustix::thread::set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, root.1)?;
    set_thread_res_uid(uid, uid, root.0)?;
    let result = work();
    set_thread_res_uid(root.0, root.0, root.0)?;
    set_thread_res_gid(root.1, root.1, root.1)?;
    Ok(result)
}

fn mode(path: &Path) -> std::io::Result<u32> {
    Ok(fs::symlink_metadata(path)?.mode() & 0o7777)
}

fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

fn owner(path: &Path) -> std::io::Result<(u32, u32)> {
    let about = fs::symlink_metadata(path)?;
    Ok((about.uid(), about.gid()))
}

fn chmod(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let before = inode(&file)?;
        let open = File::open(&file)?;
        for wanted in [0o000, 0o777, 0o4755, 0o2755, 0o1644, 0o640] {
            set_mode(&file, wanted)?;
            equal("the mode", mode(&file)?, wanted)?;
            equal("an open file's mode", open.metadata()?.mode() & 0o7777, wanted)?;
        }
        equal("the number", inode(&file)?, before)?;
        equal("the text", text(&file)?.as_str(), "image")?;
    }
    Ok(())
}

fn chmod_of_folders(place: &Path) -> Outcome {
    let folder = place.join("folder");
    let before = inode(&folder)?;
    set_mode(&folder, 0o1770)?;
    equal("the mode", mode(&folder)?, 0o1770)?;
    equal("the number", inode(&folder)?, before)?;
    equal("a text in it", text(&folder.join("deep/leaf"))?.as_str(), "image")
}

fn change_owner(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let before = inode(&file)?;
        for (user, group) in [
            (1, 2),
            (USER, USER),
            (65_534, 65_534),
            (65_536, 70_000),
            (1_500_000_000, 0),
        ] {
            chown(&file, Some(user), Some(group))?;
            equal("the owner", owner(&file)?, (user, group))?;
        }
        chown(&file, None, Some(7))?;
        equal(
            "the owner after a change of the group",
            owner(&file)?,
            (1_500_000_000, 7),
        )?;
        equal("the number", inode(&file)?, before)?;
    }
    chown(place.join("folder"), Some(USER), Some(USER))?;
    equal("a folder's owner", owner(&place.join("folder"))?, (USER, USER))
}

fn chown_takes_set_user_id_away(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        set_mode(&file, 0o6755)?;
        chown(&file, Some(USER), Some(USER))?;
        equal("the mode", mode(&file)?, 0o755)?;
    }
    Ok(())
}

fn write_takes_set_user_id_away(place: &Path) -> Outcome {
    use std::io::Write;
    set_mode(place, 0o777)?;
    for file in old_and_new(place)? {
        chown(&file, Some(USER), Some(USER))?;
        set_mode(&file, 0o4777)?;
        as_user(|| File::options().append(true).open(&file)?.write_all(b"x"))??;
        equal("the mode", mode(&file)?, 0o777)?;
    }
    Ok(())
}

fn chown_of_links(place: &Path) -> Outcome {
    lchown(place.join("way"), Some(USER), Some(USER))?;
    equal("the link's owner", owner(&place.join("way"))?, (USER, USER))?;
    equal("its target's owner", owner(&place.join("file"))?, (0, 0))?;
    chown(place.join("way"), Some(5), Some(5))?;
    equal("its target's new owner", owner(&place.join("file"))?, (5, 5))
}

fn user_reads_what_it_may(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        equal("what is for all", as_user(|| text(&file))??.as_str(), "image")?;
        fails(
            "a write to it",
            as_user(|| File::options().write(true).open(&file))?,
            libc::EACCES,
        )?;
        set_mode(&file, 0o600)?;
        fails("what is for root", as_user(|| File::open(&file))?, libc::EACCES)?;
        chown(&file, None, Some(USER))?;
        set_mode(&file, 0o640)?;
        equal("what is for its group", as_user(|| text(&file))??.as_str(), "image")?;
        fails("a change of its mode", as_user(|| set_mode(&file, 0o666))?, libc::EPERM)?;
        fails("a gift of it", as_user(|| chown(&file, Some(USER), None))?, libc::EPERM)?;
    }
    Ok(())
}

fn user_changes_what_it_owns(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        chown(&file, Some(USER), Some(USER))?;
        as_user(|| set_mode(&file, 0o600))??;
        as_user(|| fs::write(&file, "mine"))??;
        equal("the text", text(&file)?.as_str(), "mine")?;
        fails("a gift of it", as_user(|| chown(&file, Some(0), None))?, libc::EPERM)?;
    }
    Ok(())
}

fn user_passes_folders_it_may(place: &Path) -> Outcome {
    set_mode(&place.join("folder"), 0o711)?;
    fails(
        "a listing",
        as_user(|| fs::read_dir(place.join("folder")))?,
        libc::EACCES,
    )?;
    equal(
        "a file in it",
        as_user(|| text(&place.join("folder/inner")))??.as_str(),
        "image",
    )?;
    fails(
        "a new file in it",
        as_user(|| File::create(place.join("folder/x")))?,
        libc::EACCES,
    )?;
    set_mode(&place.join("folder"), 0o700)?;
    fails(
        "a file in a closed one",
        as_user(|| text(&place.join("folder/inner")))?,
        libc::EACCES,
    )
}

fn sticky_folder(place: &Path) -> Outcome {
    let folder = place.join("folder");
    set_mode(&folder, 0o1777)?;
    fails(
        "the removal of another's file",
        as_user(|| fs::remove_file(folder.join("inner")))?,
        libc::EPERM,
    )?;
    fails(
        "its renaming",
        as_user(|| fs::rename(folder.join("inner"), folder.join("x")))?,
        libc::EPERM,
    )?;
    as_user(|| fs::write(folder.join("mine"), ""))??;
    Ok(as_user(|| fs::remove_file(folder.join("mine")))??)
}

fn group_of_folder(place: &Path) -> Outcome {
    let folder = place.join("folder");
    chown(&folder, None, Some(4321))?;
    set_mode(&folder, 0o2775)?;
    fs::write(folder.join("x"), "")?;
    fs::create_dir(folder.join("y"))?;
    equal("a new file's group", owner(&folder.join("x"))?.1, 4321)?;
    equal(
        "a new folder's group and mode",
        (owner(&folder.join("y"))?.1, mode(&folder.join("y"))?),
        (4321, 0o2755),
    )
}

fn umask(place: &Path) -> Outcome {
    // SAFETY: there is one thread.
    let before = unsafe { libc::umask(0o077) };
    let result = fs::write(place.join("x"), "").and_then(|()| fs::create_dir(place.join("y")));
    // SAFETY: as above.
    unsafe { libc::umask(before) };
    result?;
    equal(
        "the modes",
        (mode(&place.join("x"))?, mode(&place.join("y"))?),
        (0o600, 0o700),
    )
}

fn make_node(path: &PathBuf, kind: FileType) -> Result<(), rustix::io::Errno> {
    mknodat(CWD, path, kind, Mode::from_raw_mode(0o644), rustix::fs::makedev(1, 3))
}

fn fifo(place: &Path) -> Outcome {
    use std::io::{Read, Write};
    let path = place.join("fifo");
    make_node(&path, FileType::Fifo)?;
    equal("its kind", fs::metadata(&path)?.file_type().is_fifo(), true)?;
    let mut both = File::options().read(true).write(true).open(&path)?;
    both.write_all(b"through")?;
    let mut seen = [0; 7];
    both.read_exact(&mut seen)?;
    equal("what came out", &seen, b"through")
}

fn socket(place: &Path) -> Outcome {
    let path = place.join("s");
    let _listener = std::os::unix::net::UnixListener::bind(&path)?;
    equal("its kind", fs::metadata(&path)?.file_type().is_socket(), true)?;
    std::os::unix::net::UnixStream::connect(&path)?;
    Ok(())
}

fn device(place: &Path) -> Outcome {
    let path = place.join("null");
    make_node(&path, FileType::CharacterDevice)?;
    equal("its kind", fs::metadata(&path)?.file_type().is_char_device(), true)
}

fn attributes(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let before = inode(&file)?;
        rustix::fs::setxattr(&file, "user.note", b"kept", XattrFlags::empty())?;
        let mut value = [0; 16];
        let length = rustix::fs::getxattr(&file, "user.note", &mut value)?;
        equal("the value", &value[..length], b"kept")?;
        rustix::fs::removexattr(&file, "user.note")?;
        fails(
            "a removed one",
            rustix::fs::getxattr(&file, "user.note", &mut value),
            libc::ENODATA,
        )?;
        equal("the number", inode(&file)?, before)?;
    }
    Ok(())
}

fn file_capabilities(place: &Path) -> Outcome {
    // Version 2, in effect, with CAP_NET_BIND_SERVICE.
    let wanted: Vec<u8> = [0x0200_0001_u32, 1 << 10, 0, 0, 0]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    for file in old_and_new(place)? {
        rustix::fs::setxattr(&file, "security.capability", &wanted, XattrFlags::empty())?;
        let mut value = [0; 64];
        let length = rustix::fs::getxattr(&file, "security.capability", &mut value)?;
        equal("the value", &value[..length], wanted.as_slice())?;
    }
    Ok(())
}

//! Names: links, renames, removals, folders.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, RenameFlags, linkat, renameat_with, unlinkat};

use crate::{Case, Outcome, equal, fails, inode, links, old_and_new, text};

pub const CASES: &[Case] = &[
    ("link-makes-a-second-name", link_makes_a_second_name),
    ("link-while-open", link_while_open),
    ("link-refusals", link_refusals),
    ("link-of-a-symbolic-link", link_of_a_symbolic_link),
    ("names-from-the-image", names_from_the_image),
    ("unlink-one-of-two-names", unlink_one_of_two_names),
    ("unlink-while-open", unlink_while_open),
    ("unlink-and-make-anew", unlink_and_make_anew),
    ("unlink-refusals", unlink_refusals),
    ("rename-file", rename_file),
    ("rename-over-a-file", rename_over_a_file),
    ("rename-to-the-same-file", rename_to_the_same_file),
    ("rename-folder", rename_folder),
    ("rename-folder-and-back", rename_folder_and_back),
    ("rename-folder-into-another", rename_folder_into_another),
    ("rename-folder-over-folders", rename_folder_over_folders),
    ("rename-folder-while-inside", rename_folder_while_inside),
    ("rename-exchange", rename_exchange),
    ("rename-no-replace", rename_no_replace),
    ("rename-refusals", rename_refusals),
    ("rename-open-file-shows-in-proc", rename_open_file_shows_in_proc),
    ("package-manager", package_manager),
    ("rmdir", rmdir),
    ("remove-and-make-folder-anew", remove_and_make_folder_anew),
    ("remove-while-listing", remove_while_listing),
    ("list-shows-inode-numbers", list_shows_inode_numbers),
    ("list-keeps-its-place", list_keeps_its_place),
    ("symlink", symlinks),
    ("name-lengths", name_lengths),
    ("folder-times", folder_times),
];

fn link_makes_a_second_name(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let before = inode(&file)?;
        let second = file.with_extension("second");
        fs::hard_link(&file, &second)?;
        equal("the number", inode(&file)?, before)?;
        equal("the second's number", inode(&second)?, before)?;
        equal("the names", (links(&file)?, links(&second)?), (2, 2))?;
        fs::write(&second, "through the second")?;
        equal("the first's text", text(&file)?.as_str(), "through the second")?;
        let mut first = File::options().append(true).open(&file)?;
        first.write_all(b", and the first")?;
        equal(
            "the second's text",
            text(&second)?.as_str(),
            "through the second, and the first",
        )?;
        fs::remove_file(&file)?;
        equal("the names left", links(&second)?, 1)?;
        equal("the number left", inode(&second)?, before)?;
    }
    Ok(())
}

fn link_while_open(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let open = File::open(&file)?;
        let second = file.with_extension("second");
        fs::hard_link(&file, &second)?;
        equal("the open file's number", open.metadata()?.ino(), inode(&second)?)?;
        equal("the open file's names", open.metadata()?.nlink(), 2)?;
        fs::write(&second, "changed")?;
        let mut seen = String::new();
        (&open).read_to_string(&mut seen)?;
        equal("what the open file reads", seen.as_str(), "changed")?;
    }
    Ok(())
}

fn link_refusals(place: &Path) -> Outcome {
    fails(
        "a link to a folder",
        fs::hard_link(place.join("folder"), place.join("x")),
        libc::EPERM,
    )?;
    fails(
        "a link over a file",
        fs::hard_link(place.join("file"), place.join("one")),
        libc::EEXIST,
    )?;
    fails(
        "a link to nothing",
        fs::hard_link(place.join("none"), place.join("x")),
        libc::ENOENT,
    )?;
    fails(
        "a link below a file",
        fs::hard_link(place.join("file"), place.join("one/x")),
        libc::ENOTDIR,
    )
}

fn link_of_a_symbolic_link(place: &Path) -> Outcome {
    let (way, second) = (place.join("way"), place.join("way2"));
    linkat(CWD, &way, CWD, &second, AtFlags::empty())?;
    equal("the number", inode(&second)?, inode(&way)?)?;
    equal("where it leads", fs::read_link(&second)?.as_path(), Path::new("file"))
}

fn names_from_the_image(place: &Path) -> Outcome {
    let (one, two) = (place.join("one"), place.join("two"));
    equal("the numbers", inode(&one)?, inode(&two)?)?;
    equal("the names", (links(&one)?, links(&two)?), (2, 2))?;
    let before = inode(&two)?;
    fs::write(&one, "changed")?;
    equal("the second's text", text(&two)?.as_str(), "changed")?;
    equal(
        "the numbers after a change",
        (inode(&one)?, inode(&two)?),
        (before, before),
    )
}

fn unlink_one_of_two_names(place: &Path) -> Outcome {
    let (one, two) = (place.join("one"), place.join("two"));
    let open = File::open(&one)?;
    fs::remove_file(&one)?;
    equal("the names left", links(&two)?, 1)?;
    equal("the open file's names", open.metadata()?.nlink(), 1)?;
    fs::write(&two, "changed")?;
    equal("the text", text(&two)?.as_str(), "changed")
}

fn unlink_while_open(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let mut open = File::options().read(true).write(true).open(&file)?;
        fs::remove_file(&file)?;
        equal("the names", open.metadata()?.nlink(), 0)?;
        open.write_all(b"I")?;
        let mut seen = String::new();
        open.read_to_string(&mut seen)?;
        equal("what it still reads", seen.as_str(), "mage")?;
        fails("another open", File::open(&file), libc::ENOENT)?;
    }
    Ok(())
}

fn unlink_and_make_anew(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let open = File::open(&file)?;
        let before = inode(&file)?;
        fs::remove_file(&file)?;
        fs::write(&file, "")?;
        equal("the length", fs::metadata(&file)?.len(), 0)?;
        equal("whether it is another file", inode(&file)? != before, true)?;
        equal("the old one's length", open.metadata()?.len(), 5)?;
    }
    Ok(())
}

fn unlink_refusals(place: &Path) -> Outcome {
    fails(
        "unlink of a folder",
        unlinkat(CWD, place.join("folder"), AtFlags::empty()),
        libc::EISDIR,
    )?;
    fails("unlink of nothing", fs::remove_file(place.join("none")), libc::ENOENT)?;
    fails("rmdir of a file", fs::remove_dir(place.join("file")), libc::ENOTDIR)
}

fn rename_file(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let before = inode(&file)?;
        let other = file.with_extension("renamed");
        fs::rename(&file, &other)?;
        equal("the number", inode(&other)?, before)?;
        equal("the text", text(&other)?.as_str(), "image")?;
        fails("the old name", fs::symlink_metadata(&file), libc::ENOENT)?;
    }
    Ok(())
}

fn rename_over_a_file(place: &Path) -> Outcome {
    let (from, to) = (place.join("file"), place.join("other/file"));
    let open = File::open(&to)?;
    let before = inode(&from)?;
    fs::write(&from, "wins")?;
    fs::rename(&from, &to)?;
    equal("the number", inode(&to)?, before)?;
    equal("the text", text(&to)?.as_str(), "wins")?;
    equal("the names of what was there", open.metadata()?.nlink(), 0)
}

fn rename_to_the_same_file(place: &Path) -> Outcome {
    fs::rename(place.join("one"), place.join("two"))?;
    equal(
        "both names stay",
        (links(&place.join("one"))?, links(&place.join("two"))?),
        (2, 2),
    )
}

fn rename_folder(place: &Path) -> Outcome {
    let (from, to) = (place.join("folder"), place.join("renamed"));
    let before = (inode(&from)?, inode(&from.join("inner"))?);
    fs::rename(&from, &to)?;
    equal("the numbers", (inode(&to)?, inode(&to.join("inner"))?), before)?;
    equal("a text in it", text(&to.join("deep/leaf"))?.as_str(), "image")?;
    fails("the old name", fs::symlink_metadata(&from), libc::ENOENT)?;
    fs::create_dir(&from)?;
    equal("what a new one of the old name holds", fs::read_dir(&from)?.count(), 0)?;
    fs::write(to.join("deep/leaf"), "changed")?;
    equal("a changed text in it", text(&to.join("deep/leaf"))?.as_str(), "changed")
}

fn rename_folder_and_back(place: &Path) -> Outcome {
    let (from, to) = (place.join("folder"), place.join("renamed"));
    for _ in 0..3 {
        fs::rename(&from, &to)?;
        fs::rename(&to, &from)?;
    }
    equal("a text in it", text(&from.join("deep/leaf"))?.as_str(), "image")
}

fn rename_folder_into_another(place: &Path) -> Outcome {
    fs::rename(place.join("folder"), place.join("other/below"))?;
    fs::rename(place.join("other/below/deep"), place.join("deep"))?;
    fs::rename(place.join("other"), place.join("elsewhere"))?;
    equal(
        "one text",
        text(&place.join("elsewhere/below/inner"))?.as_str(),
        "image",
    )?;
    equal("the other", text(&place.join("deep/leaf"))?.as_str(), "image")
}

fn rename_folder_over_folders(place: &Path) -> Outcome {
    fs::rename(place.join("folder"), place.join("empty"))?;
    equal("a text in it", text(&place.join("empty/inner"))?.as_str(), "image")?;
    let result = fs::rename(place.join("empty"), place.join("other"));
    let told = result.err().and_then(|error| error.raw_os_error());
    equal(
        "over a full one",
        matches!(told, Some(libc::ENOTEMPTY | libc::EEXIST)),
        true,
    )
}

fn rename_folder_while_inside(place: &Path) -> Outcome {
    let home = std::env::current_dir()?;
    std::env::set_current_dir(place.join("folder/deep"))?;
    fs::rename(place.join("folder"), place.join("renamed"))?;
    let here = std::env::current_dir();
    let seen = text(Path::new("leaf"));
    std::env::set_current_dir(home)?;
    equal("where one is", here?, place.join("renamed/deep"))?;
    equal("a text beside", seen?.as_str(), "image")
}

fn rename_exchange(place: &Path) -> Outcome {
    fs::write(place.join("new"), "new")?;
    renameat_with(CWD, place.join("file"), CWD, place.join("new"), RenameFlags::EXCHANGE)?;
    equal("one text", text(&place.join("file"))?.as_str(), "new")?;
    equal("the other", text(&place.join("new"))?.as_str(), "image")
}

fn rename_no_replace(place: &Path) -> Outcome {
    let rename = |to: &str| renameat_with(CWD, place.join("file"), CWD, place.join(to), RenameFlags::NOREPLACE);
    fails("over a file", rename("one"), libc::EEXIST)?;
    Ok(rename("free")?)
}

fn rename_refusals(place: &Path) -> Outcome {
    let rename = |from: &str, to: &str| fs::rename(place.join(from), place.join(to));
    fails("a folder into itself", rename("folder", "folder/deep/x"), libc::EINVAL)?;
    fails("a file over a folder", rename("file", "empty"), libc::EISDIR)?;
    fails("a folder over a file", rename("folder", "file"), libc::ENOTDIR)?;
    fails("nothing", rename("none", "x"), libc::ENOENT)?;
    fails("below a file", rename("file", "one/x"), libc::ENOTDIR)
}

fn rename_open_file_shows_in_proc(place: &Path) -> Outcome {
    use std::os::fd::AsRawFd;
    let open = File::open(place.join("file"))?;
    fs::rename(place.join("file"), place.join("renamed"))?;
    let shown = fs::read_link(format!("/proc/self/fd/{}", open.as_raw_fd()))?;
    equal("its path", shown, place.join("renamed"))
}

/// What npm does to replace a package: aside, new one in, old one away.
fn package_manager(place: &Path) -> Outcome {
    let (package, aside) = (place.join("folder"), place.join(".folder-a1b2c3"));
    fs::rename(&package, &aside)?;
    fs::create_dir_all(package.join("deep"))?;
    fs::write(package.join("deep/leaf"), "version 2")?;
    fs::remove_dir_all(&aside)?;
    equal(
        "the new version",
        text(&package.join("deep/leaf"))?.as_str(),
        "version 2",
    )?;
    fails(
        "a file of the old one",
        fs::metadata(package.join("inner")),
        libc::ENOENT,
    )
}

fn rmdir(place: &Path) -> Outcome {
    fails("a full one", fs::remove_dir(place.join("folder")), libc::ENOTEMPTY)?;
    fs::remove_dir(place.join("empty"))?;
    fs::remove_file(place.join("folder/deep/leaf"))?;
    fs::remove_dir(place.join("folder/deep"))?;
    fails("one with a file", fs::remove_dir(place.join("folder")), libc::ENOTEMPTY)?;
    fs::remove_file(place.join("folder/inner"))?;
    fs::remove_dir(place.join("folder"))?;
    fails(
        "one that was removed",
        fs::symlink_metadata(place.join("folder")),
        libc::ENOENT,
    )
}

fn remove_and_make_folder_anew(place: &Path) -> Outcome {
    fs::remove_dir_all(place.join("folder"))?;
    fs::create_dir(place.join("folder"))?;
    equal("what it holds", fs::read_dir(place.join("folder"))?.count(), 0)?;
    fs::create_dir(place.join("folder/deep"))?;
    equal(
        "what the one below holds",
        fs::read_dir(place.join("folder/deep"))?.count(),
        0,
    )
}

fn remove_while_listing(place: &Path) -> Outcome {
    let folder = place.join("many");
    for number in 60..120 {
        fs::write(folder.join(number.to_string()), "new")?;
    }
    let mut seen = 0;
    for entry in fs::read_dir(&folder)? {
        fs::remove_file(entry?.path())?;
        seen += 1;
    }
    equal("how many were listed", seen, 120)?;
    fs::remove_dir(&folder)?;
    Ok(())
}

fn list_shows_inode_numbers(place: &Path) -> Outcome {
    use std::os::unix::fs::DirEntryExt;
    old_and_new(place)?;
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let name = entry.file_name();
        equal(
            &format!("the number of {}", name.display()),
            entry.ino(),
            entry.metadata()?.ino(),
        )?;
    }
    Ok(())
}

fn list_keeps_its_place(place: &Path) -> Outcome {
    let folder = place.join("many");
    let mut names: Vec<OsString> = Vec::new();
    for (number, entry) in fs::read_dir(&folder)?.enumerate() {
        names.push(entry?.file_name());
        fs::write(place.join(format!("other/{number}")), "beside")?;
    }
    names.sort();
    names.dedup();
    equal("how many were listed", names.len(), 60)
}

fn symlinks(place: &Path) -> Outcome {
    equal("through one of the image", text(&place.join("way"))?.as_str(), "image")?;
    fs::rename(place.join("way"), place.join("moved"))?;
    equal(
        "where it leads",
        fs::read_link(place.join("moved"))?.as_path(),
        Path::new("file"),
    )?;
    equal("its length", fs::symlink_metadata(place.join("moved"))?.len(), 4)?;
    symlink("loop", place.join("loop"))?;
    fails("one that leads to itself", File::open(place.join("loop")), libc::ELOOP)?;
    fails("one over a file", symlink("x", place.join("file")), libc::EEXIST)?;
    symlink("x".repeat(4095), place.join("long"))?;
    fails(
        "one that is too long",
        symlink("x".repeat(4096), place.join("longer")),
        libc::ENAMETOOLONG,
    )
}

fn name_lengths(place: &Path) -> Outcome {
    fs::write(place.join("x".repeat(255)), "long")?;
    fails(
        "a name of 256 bytes",
        fs::write(place.join("x".repeat(256)), ""),
        libc::ENAMETOOLONG,
    )?;
    fs::write(place.join("\u{1F600} \t\n"), "odd")?;
    equal(
        "a name of odd characters",
        text(&place.join("\u{1F600} \t\n"))?.as_str(),
        "odd",
    )
}

fn folder_times(place: &Path) -> Outcome {
    for change in ["made", "linked", "moved", "removed"] {
        let folder = place.join("folder");
        let then = filetime(&folder, 1_000_000_000)?;
        match change {
            "made" => fs::write(folder.join("x"), "")?,
            "linked" => fs::hard_link(folder.join("x"), folder.join("y"))?,
            "moved" => fs::rename(folder.join("y"), folder.join("z"))?,
            _ => fs::remove_file(folder.join("z"))?,
        }
        let now = fs::metadata(&folder)?.mtime();
        equal(
            &format!("whether a name that is {change} changes its folder's time"),
            now > then,
            true,
        )?;
    }
    Ok(())
}

fn filetime(path: &Path, seconds: i64) -> Result<i64, Box<dyn std::error::Error>> {
    let time = rustix::fs::Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    let times = rustix::fs::Timestamps {
        last_access: time,
        last_modification: time,
    };
    rustix::fs::utimensat(CWD, path, &times, AtFlags::empty())?;
    Ok(fs::metadata(path)?.mtime())
}

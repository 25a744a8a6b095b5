//! Cases of what a file system does, after pjdfstest's list, each with files that come from an image and with new ones.
//! `prepare FOLDER` makes what an image would hold; `run FOLDER` prints a line for each case: `same NAME`, or
//! `differs NAME: how`.

mod contents;
mod names;
mod rights;

use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

/// What a case says: nothing when all is as on a plain disk.
pub type Outcome = Result<(), Box<dyn Error>>;
/// A name, and what is done in a folder that holds what [`prepare`] makes.
pub type Case = (&'static str, fn(&Path) -> Outcome);

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [verb, folder] = arguments.as_slice() else {
        return Err("usage: file_cases prepare|run FOLDER".into());
    };
    fs::create_dir_all(folder)?;
    let folder = &fs::canonicalize(folder)?;
    // SAFETY: there is one thread.
    unsafe { libc::umask(0o022) };
    for (name, case) in [names::CASES, contents::CASES, rights::CASES].concat() {
        let place = folder.join(name);
        match verb.as_str() {
            "prepare" => prepare(&place)?,
            _ => match case(&place) {
                Ok(()) => println!("same {name}"),
                Err(error) => println!("differs {name}: {error}"),
            },
        }
    }
    Ok(())
}

fn prepare(place: &Path) -> io::Result<()> {
    for folder in ["folder/deep", "empty", "many", "other"] {
        fs::create_dir_all(place.join(folder))?;
    }
    for file in ["file", "one", "folder/inner", "folder/deep/leaf", "other/file"] {
        fs::write(place.join(file), "image")?;
        fs::set_permissions(place.join(file), fs::Permissions::from_mode(0o644))?;
    }
    fs::hard_link(place.join("one"), place.join("two"))?;
    symlink("file", place.join("way"))?;
    for number in 0..60 {
        fs::write(place.join(format!("many/{number}")), "image")?;
    }
    Ok(())
}

/// Says what differs.
///
/// # Errors
/// When the two are not equal.
pub fn equal<T: PartialEq + Debug>(what: &str, found: T, wanted: T) -> Outcome {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{what} is {found:?}, not {wanted:?}").into())
}

/// Says that something failed in another way than it should.
///
/// # Errors
/// When it succeeded, or failed otherwise.
pub fn fails<T, E: Into<io::Error>>(what: &str, result: Result<T, E>, error: i32) -> Outcome {
    let name = |number| io::Error::from_raw_os_error(number).to_string();
    match result.map_err(Into::into) {
        Ok(_) => Err(format!("{what} succeeds, instead of: {}", name(error)).into()),
        Err(found) if found.raw_os_error() == Some(error) => Ok(()),
        Err(found) => Err(format!("{what} fails with: {found}, instead of: {}", name(error)).into()),
    }
}

/// A file's number.
///
/// # Errors
/// When it is not there.
pub fn inode(path: &Path) -> io::Result<u64> {
    Ok(fs::symlink_metadata(path)?.ino())
}

/// How many names a file has.
///
/// # Errors
/// When it is not there.
pub fn links(path: &Path) -> io::Result<u64> {
    Ok(fs::symlink_metadata(path)?.nlink())
}

/// A file's text.
///
/// # Errors
/// When it cannot be read.
pub fn text(path: &Path) -> io::Result<String> {
    fs::read_to_string(path)
}

/// The files of an image, and one that was made now.
///
/// # Errors
/// When the new one cannot be made.
pub fn old_and_new(place: &Path) -> io::Result<[std::path::PathBuf; 2]> {
    let new = place.join("new");
    fs::write(&new, "image")?;
    Ok([place.join("file"), new])
}

//! Small files, replaced atomically: readers see the old or the new content.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::answer::{Context, Failure, Outcome};

const USER_FILE_BYTES_MAX: u64 = 4_096;

/// Writes a file beside its place and moves it there.
///
/// # Errors
/// The system's.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&new)?;
    file.write_all(content)?;
    fs::rename(&new, path)
}

/// Reads a file that holds one JSON value; none when there is no file, or an empty one: that is what a host that went
/// down leaves of one just made.
///
/// # Errors
/// When the file cannot be read or holds something else.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Outcome<Option<T>> {
    let text = match fs::read(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        text => text.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |error| Failure::internal(format!("{} is damaged: {error}", path.display()));
    serde_json::from_slice(&text).map(Some).map_err(wrong)
}

/// Reads a small file from a folder that another user can write to, and may have put anything into. None when it is not
/// there.
///
/// # Errors
/// When it is not a regular file of that user, or a large one: through a link, a pipe, or another user's file root would read
/// or reveal what it should not.
pub fn read_of_user(folder: &Path, name: &str, owner: u32) -> io::Result<Option<String>> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
    let folder = openat(
        CWD,
        folder,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve =
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV;
    let file = match openat2(&folder, name, flags, Mode::empty(), resolve) {
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        file => fs::File::from(file?),
    };
    let about = file.metadata()?;
    if !about.is_file() || about.uid() != owner || about.len() > USER_FILE_BYTES_MAX {
        let message = format!("{name} is not a small file of its owner's");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut text = String::new();
    file.take(USER_FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Removes a file that may be absent.
///
/// # Errors
/// The system's.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Removes a folder with all that is in it, without following links; it may be absent.
///
/// # Errors
/// The system's.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Makes a folder with this mode; it may be there.
///
/// # Errors
/// The system's.
pub fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    match fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        result => result?,
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

//! Contents: reading, writing, lengths, holes, mappings, locks.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FallocateFlags, FlockOperation, OFlags, fallocate, flock, linkat};

use crate::{Case, Outcome, equal, fails, inode, old_and_new, text};

pub const CASES: &[Case] = &[
    ("open-flags", open_flags),
    ("open-without-a-name", open_without_a_name),
    ("append-from-two", append_from_two),
    ("write-shows-in-an-open-file", write_shows_in_an_open_file),
    ("write-keeps-the-inode-number", write_keeps_the_inode_number),
    ("truncate", truncate),
    ("truncate-refusals", truncate_refusals),
    ("holes", holes),
    ("holes-take-no-room", holes_take_no_room),
    ("holes-can-be-found", holes_can_be_found),
    ("far-offsets", far_offsets),
    ("fallocate", allocate),
    ("fallocate-keeps-the-length", allocate_and_keep_the_length),
    ("fallocate-makes-a-hole", make_a_hole),
    ("copy-file-range", copy_range),
    ("sendfile", send_file),
    ("mapping-shows-writes", mapping_shows_writes),
    ("mapping-of-two-names", mapping_of_two_names),
    ("mapping-writes", mapping_writes),
    ("mapping-private", mapping_private),
    ("mapping-outlives-its-name", mapping_outlives_its_name),
    ("flock", locks),
    ("locks-on-two-names", locks_on_two_names),
    ("sync", sync),
    ("sync-file-range", sync_range),
    ("times", times),
    ("times-of-changes", times_of_changes),
    ("statfs", statfs),
];

fn open_flags(place: &Path) -> Outcome {
    let open = |name: &str, flags: i32| File::options().read(true).custom_flags(flags).open(place.join(name));
    fails(
        "an exclusive open",
        File::options().write(true).create_new(true).open(place.join("file")),
        libc::EEXIST,
    )?;
    fails("a link not to be followed", open("way", libc::O_NOFOLLOW), libc::ELOOP)?;
    fails("a file as a folder", open("file", libc::O_DIRECTORY), libc::ENOTDIR)?;
    fails(
        "a folder for writing",
        File::options().write(true).open(place.join("folder")),
        libc::EISDIR,
    )?;
    fails(
        "a new file below a file",
        File::create(place.join("file/x")),
        libc::ENOTDIR,
    )?;
    let emptied = File::options().write(true).truncate(true).open(place.join("file"))?;
    equal("the emptied one's length", emptied.metadata()?.len(), 0)
}

fn open_without_a_name(place: &Path) -> Outcome {
    let flags = OFlags::TMPFILE.bits() as i32;
    let mut file = File::options()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .mode(0o600)
        .open(place)?;
    file.write_all(b"nameless")?;
    linkat(
        CWD,
        format!("/proc/self/fd/{}", file.as_raw_fd()),
        CWD,
        place.join("named"),
        AtFlags::SYMLINK_FOLLOW,
    )?;
    equal("its text", text(&place.join("named"))?.as_str(), "nameless")
}

fn append_from_two(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let open = || File::options().append(true).open(&file);
        let (mut one, mut two) = (open()?, open()?);
        for _ in 0..3 {
            one.write_all(b"1")?;
            two.write_all(b"2")?;
        }
        equal("the text", text(&file)?.as_str(), "image121212")?;
    }
    Ok(())
}

fn write_shows_in_an_open_file(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let reader = File::open(&file)?;
        let mut seen = [0; 5];
        reader.read_exact_at(&mut seen, 0)?;
        File::options().write(true).open(&file)?.write_all_at(b"I", 0)?;
        reader.read_exact_at(&mut seen, 0)?;
        equal("what the reader sees", &seen, b"Image")?;
        equal("the reader's number", reader.metadata()?.ino(), inode(&file)?)?;
    }
    Ok(())
}

fn write_keeps_the_inode_number(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let before = inode(&file)?;
        File::options().append(true).open(&file)?.write_all(b"x")?;
        equal("the number", inode(&file)?, before)?;
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        equal("the number after chmod", inode(&file)?, before)?;
    }
    Ok(())
}

fn truncate(place: &Path) -> Outcome {
    for file in old_and_new(place)? {
        let reader = File::open(&file)?;
        let before = inode(&file)?;
        rustix::fs::ftruncate(File::options().write(true).open(&file)?, 3)?;
        equal("the reader's length", reader.metadata()?.len(), 3)?;
        equal("the text", text(&file)?.as_str(), "ima")?;
        rustix::fs::ftruncate(File::options().write(true).open(&file)?, 6)?;
        equal("the longer text", text(&file)?.as_str(), "ima\0\0\0")?;
        equal("the number", inode(&file)?, before)?;
    }
    Ok(())
}

fn truncate_refusals(place: &Path) -> Outcome {
    let file = File::open(place.join("file"))?;
    fails("a file open for reading", rustix::fs::ftruncate(&file, 0), libc::EINVAL)?;
    let path = std::ffi::CString::new(place.join("folder").as_os_str().as_encoded_bytes())?;
    // SAFETY: the path ends with a zero and outlives the call.
    let result = unsafe { libc::truncate(path.as_ptr(), 0) };
    let result = if result == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    };
    fails("a folder", result, libc::EISDIR)
}

fn sparse(place: &Path) -> std::io::Result<File> {
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(place.join("sparse"))?;
    file.write_all_at(b"x", 8 << 20)?;
    Ok(file)
}

fn holes(place: &Path) -> Outcome {
    let mut middle = [1; 4];
    sparse(place)?.read_exact_at(&mut middle, 4 << 20)?;
    equal("what is in a hole", middle, [0; 4])
}

fn holes_take_no_room(place: &Path) -> Outcome {
    let blocks = sparse(place)?.metadata()?.blocks();
    equal("whether it takes a MiB", blocks * 512 > 1 << 20, false)
}

fn holes_can_be_found(place: &Path) -> Outcome {
    let file = sparse(place)?;
    let data = rustix::fs::seek(&file, rustix::fs::SeekFrom::Data(0))?;
    equal("where data begins", data, 8 << 20)?;
    let hole = rustix::fs::seek(&file, rustix::fs::SeekFrom::Hole(0))?;
    equal("where a hole is", hole, 0)
}

fn far_offsets(place: &Path) -> Outcome {
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(place.join("far"))?;
    file.write_all_at(b"far", 5 << 30)?;
    let mut seen = [0; 3];
    file.read_exact_at(&mut seen, 5 << 30)?;
    equal("what is there", &seen, b"far")?;
    equal("the length", fs::metadata(place.join("far"))?.len(), (5 << 30) + 3)
}

fn allocate(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let file = File::options().read(true).write(true).open(&path)?;
        fallocate(&file, FallocateFlags::empty(), 0, 100_000)?;
        equal("the length", fs::metadata(&path)?.len(), 100_000)?;
        equal("the text", &text(&path)?[..5], "image")?;
    }
    Ok(())
}

fn allocate_and_keep_the_length(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let file = File::options().read(true).write(true).open(&path)?;
        fallocate(&file, FallocateFlags::KEEP_SIZE, 0, 200_000)?;
        equal("the length", fs::metadata(&path)?.len(), 5)?;
    }
    Ok(())
}

fn make_a_hole(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let file = File::options().read(true).write(true).open(&path)?;
        fallocate(&file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, 4)?;
        equal("the text", text(&path)?.as_str(), "\0\0\0\0e")?;
    }
    Ok(())
}

fn copy_range(place: &Path) -> Outcome {
    let (from, to) = (File::open(place.join("file"))?, File::create(place.join("copy"))?);
    let copied = rustix::fs::copy_file_range(&from, None, &to, None, 100)?;
    equal("how much was copied", copied, 5)?;
    equal("the copy", text(&place.join("copy"))?.as_str(), "image")
}

fn send_file(place: &Path) -> Outcome {
    let (from, to) = (File::open(place.join("file"))?, File::create(place.join("copy"))?);
    equal("how much was sent", rustix::fs::sendfile(&to, &from, None, 100)?, 5)?;
    equal("the copy", text(&place.join("copy"))?.as_str(), "image")
}

/// A page of a file in memory.
struct Mapping(*mut u8);

impl Mapping {
    fn of(file: &File, protection: i32, kind: i32) -> std::io::Result<Self> {
        // SAFETY: a new mapping anywhere, of a file that is open.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), 4096, protection, kind, file.as_raw_fd(), 0) };
        if start == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Self(start.cast()))
    }

    fn text(&self) -> String {
        // SAFETY: the page is mapped, readable, and the files are longer than this.
        (0..5)
            .map(|at| unsafe { self.0.add(at).read_volatile() } as char)
            .collect()
    }

    fn write(&self, byte: u8) {
        // SAFETY: the page is mapped and writable.
        unsafe { self.0.write_volatile(byte) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this length.
        unsafe { libc::munmap(self.0.cast(), 4096) };
    }
}

fn mapping_shows_writes(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let map = Mapping::of(&File::open(&path)?, libc::PROT_READ, libc::MAP_SHARED)?;
        equal("what is mapped", map.text().as_str(), "image")?;
        File::options().write(true).open(&path)?.write_all_at(b"IM", 0)?;
        equal("what is mapped after a write", map.text().as_str(), "IMage")?;
    }
    Ok(())
}

fn mapping_of_two_names(place: &Path) -> Outcome {
    let map = Mapping::of(&File::open(place.join("one"))?, libc::PROT_READ, libc::MAP_SHARED)?;
    fs::hard_link(place.join("two"), place.join("three"))?;
    File::options()
        .write(true)
        .open(place.join("three"))?
        .write_all_at(b"3", 0)?;
    equal("what is mapped", map.text().as_str(), "3mage")
}

fn mapping_writes(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let file = File::options().read(true).write(true).open(&path)?;
        let map = Mapping::of(&file, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED)?;
        map.write(b'M');
        equal("what is read", text(&path)?.as_str(), "Mmage")?;
        file.write_all_at(b"W", 0)?;
        equal("what is mapped", map.text().as_str(), "Wmage")?;
        let second = path.with_extension("second");
        fs::rename(&path, &second)?;
        map.write(b'R');
        equal("what is read after a rename", text(&second)?.as_str(), "Rmage")?;
    }
    Ok(())
}

fn mapping_private(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let file = File::open(&path)?;
        let map = Mapping::of(&file, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE)?;
        map.write(b'P');
        equal("the file", text(&path)?.as_str(), "image")?;
        equal("the page", map.text().as_str(), "Pmage")?;
    }
    Ok(())
}

fn mapping_outlives_its_name(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let map = Mapping::of(&File::open(&path)?, libc::PROT_READ, libc::MAP_SHARED)?;
        fs::remove_file(&path)?;
        fs::write(&path, "other")?;
        equal("what is mapped", map.text().as_str(), "image")?;
    }
    Ok(())
}

fn locks(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let (one, two) = (File::open(&path)?, File::open(&path)?);
        flock(&one, FlockOperation::NonBlockingLockExclusive)?;
        fails(
            "a second lock",
            flock(&two, FlockOperation::NonBlockingLockShared),
            libc::EAGAIN,
        )?;
        flock(&one, FlockOperation::Unlock)?;
        flock(&two, FlockOperation::NonBlockingLockExclusive)?;
    }
    Ok(())
}

fn locks_on_two_names(place: &Path) -> Outcome {
    let one = File::open(place.join("one"))?;
    flock(&one, FlockOperation::NonBlockingLockExclusive)?;
    fs::write(place.join("two"), "changed")?;
    let two = File::open(place.join("two"))?;
    fails(
        "a lock by the other name",
        flock(&two, FlockOperation::NonBlockingLockExclusive),
        libc::EAGAIN,
    )
}

fn sync(place: &Path) -> Outcome {
    let mut file = File::options().append(true).open(place.join("file"))?;
    file.write_all(b"x")?;
    file.sync_data()?;
    file.sync_all()?;
    File::open(place)?.sync_all()?;
    Ok(rustix::fs::syncfs(&file)?)
}

fn sync_range(place: &Path) -> Outcome {
    use libc::{
        SYNC_FILE_RANGE_WAIT_AFTER as AFTER, SYNC_FILE_RANGE_WAIT_BEFORE as BEFORE, SYNC_FILE_RANGE_WRITE as WRITE,
    };
    let file = File::options().append(true).open(place.join("file"))?;
    for flags in [WRITE, BEFORE | WRITE | AFTER, BEFORE | WRITE] {
        // SAFETY: the call takes numbers only.
        if unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, flags) } != 0 {
            return Err(format!("with flags {flags}: {}", std::io::Error::last_os_error()).into());
        }
    }
    Ok(())
}

fn times(place: &Path) -> Outcome {
    for path in old_and_new(place)?.into_iter().chain([place.join("folder")]) {
        let time = |tv_sec, tv_nsec| rustix::fs::Timespec { tv_sec, tv_nsec };
        let times = rustix::fs::Timestamps {
            last_access: time(1_000_000_000, 123_456_789),
            last_modification: time(1_234_567_890, 987_654_321),
        };
        rustix::fs::utimensat(CWD, &path, &times, AtFlags::empty())?;
        let about = fs::metadata(&path)?;
        equal(
            "the time of access",
            (about.atime(), about.atime_nsec()),
            (1_000_000_000, 123_456_789),
        )?;
        equal(
            "the time of change",
            (about.mtime(), about.mtime_nsec()),
            (1_234_567_890, 987_654_321),
        )?;
    }
    let way = place.join("way");
    let target = fs::metadata(&way)?.mtime();
    let time = rustix::fs::Timespec { tv_sec: 7, tv_nsec: 0 };
    let times = rustix::fs::Timestamps {
        last_access: time,
        last_modification: time,
    };
    rustix::fs::utimensat(CWD, &way, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    equal("a link's own time", fs::symlink_metadata(&way)?.mtime(), 7)?;
    equal("its target's time", fs::metadata(&way)?.mtime(), target)
}

fn times_of_changes(place: &Path) -> Outcome {
    for path in old_and_new(place)? {
        let before = fs::metadata(&path)?;
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640))?;
        let after = fs::metadata(&path)?;
        let changed = |about: &fs::Metadata| (about.ctime(), about.ctime_nsec());
        let written = |about: &fs::Metadata| (about.mtime(), about.mtime_nsec());
        equal(
            "whether chmod sets the time of status",
            changed(&after) > changed(&before),
            true,
        )?;
        equal("the time of writing", written(&after), written(&before))?;
        std::thread::sleep(std::time::Duration::from_millis(20));
        File::options().write(true).open(&path)?.write_all(b"x")?;
        equal(
            "whether write sets the time of writing",
            written(&fs::metadata(&path)?) > written(&before),
            true,
        )?;
    }
    Ok(())
}

fn statfs(place: &Path) -> Outcome {
    let about = rustix::fs::statvfs(place)?;
    equal("the longest name", about.f_namemax, 255)?;
    equal("whether there is room", about.f_blocks > 0 && about.f_bavail > 0, true)?;
    let mut file = File::open(place.join("file"))?;
    equal("a seek to the end", file.seek(SeekFrom::End(0))?, 5)?;
    equal("a read there", file.read(&mut [0; 4])?, 0)
}

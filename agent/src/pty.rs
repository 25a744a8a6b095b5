//! Pseudo-terminals.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, open as open_file};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{InputModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

use crate::proto::Terminal;

/// A new terminal of a checked size: its master and its slave. With `utf8`, erase takes a character and not a byte.
///
/// # Errors
/// The system's; `ENOENT` when the sandbox has no `/dev/ptmx` or `/dev/pts`.
pub fn open(size: &Terminal, utf8: bool) -> io::Result<(OwnedFd, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let slave = open_file(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    if utf8 {
        let mut modes = tcgetattr(&slave)?;
        modes.input_modes |= InputModes::IUTF8;
        tcsetattr(&slave, OptionalActions::Now, &modes)?;
    }
    resize(&master, size)?;
    Ok((master, slave))
}

/// Tells the terminal, and the processes in its foreground, its new size.
///
/// # Errors
/// The system's, when the terminal is gone.
pub fn resize(master: &impl AsFd, size: &Terminal) -> io::Result<()> {
    let side = |cells: u32| u16::try_from(cells).unwrap_or(u16::MAX);
    let size = Winsize {
        ws_col: side(size.columns),
        ws_row: side(size.rows),
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    Ok(tcsetwinsize(master, size)?)
}

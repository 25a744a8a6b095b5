//! Keeps a sandbox alive when one of its processes takes all its memory. To the host's kernel the whole sandbox is one
//! program, and it would end all of it at the limit. So the shim notices, lends a little for a moment, and tells the
//! agent, which ends the largest process. When that does not help in time, the kernel's way is taken.
//!
//! Cgroups of version 1 stop the sandbox at its limit until the shim has raised it, and let the engine's own calls fail
//! there, for which it would give up; so the limit is raised a little before. Those of version 2 slow the sandbox down
//! at its limit, above which the kernel's own already has what is lent.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd};
use serde::{Deserialize, Serialize};

use crate::cgroup::{field_of, lendable};

/// How often it is looked whether the memory lent can be taken back.
const INTERVAL: Duration = Duration::from_millis(20);
/// The same when nobody hurries any more.
const IDLE_INTERVAL: Duration = Duration::from_millis(900);
/// How often the agent is told, at most: each time it ends a process.
const TELL_INTERVAL: Duration = Duration::from_millis(100);
/// After this time above the limit nothing that the agent does has helped.
const PATIENCE: Duration = Duration::from_secs(5);
/// What is lent at once is a part of what may be lent.
const STEPS_MAX: u64 = 4;
/// The kernel rounds limits down to these.
const PAGE_BYTES: u64 = 4_096;
/// A number or a table of the cgroup file system fits.
const FILE_BYTES_MAX: usize = 8 * 1024;

/// The cgroup's files that the guard needs, by version.
#[derive(Debug, Serialize, Deserialize)]
pub enum Files {
    /// Version 1.
    V1 {
        /// `memory.limit_in_bytes`.
        limit: PathBuf,
        /// `memory.memsw.limit_in_bytes`, where swap is accounted.
        both: Option<PathBuf>,
        /// `memory.usage_in_bytes`.
        usage: PathBuf,
        /// `memory.stat`.
        stat: PathBuf,
        /// `memory.oom_control`.
        control: PathBuf,
        /// `cgroup.event_control`.
        events: PathBuf,
    },
    /// Version 2.
    V2 {
        /// `memory.high`.
        high: PathBuf,
        /// `memory.max`.
        max: PathBuf,
        /// `memory.current`.
        usage: PathBuf,
        /// `memory.stat`.
        stat: PathBuf,
        /// `memory.events`.
        events: PathBuf,
    },
}

/// What the guard of one sandbox works with. Its files are opened as root and used without.
pub struct Guard {
    way: Way,
    usage: File,
    stat: File,
    short: Option<Short>,
    relieved: Option<Instant>,
    /// When to look again, while what can be dropped takes the room up to the limit: then no event tells of the rest.
    crowded: Option<Instant>,
}

enum Way {
    Lend {
        limit: File,
        both: Option<File>,
        control: File,
        stopped: OwnedFd,
    },
    Slow {
        high: File,
        max: File,
        events: File,
    },
}

/// Memory has been short since a while.
struct Short {
    since: Instant,
    told: Option<Instant>,
    /// The sandbox's own limit.
    limit: u64,
    /// Steps lent above it.
    steps: u64,
    /// Whatever happens at the limit is the kernel's affair until there is room again.
    given_up: bool,
}

/// What the caller has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing.
    None,
    /// Tell the agent that memory is used up.
    Tell,
}

impl Guard {
    /// Takes over what happens at the limit.
    ///
    /// # Errors
    /// When one of the files is not there or not ours.
    pub fn new(files: &Files) -> io::Result<Self> {
        let read = |path: &PathBuf| File::open(path);
        let write = |path: &PathBuf| fs::OpenOptions::new().read(true).write(true).open(path);
        let (way, usage, stat) = match files {
            Files::V1 {
                limit,
                both,
                usage,
                stat,
                control,
                events,
            } => {
                let control = write(control)?;
                let stopped = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
                fs::write(events, format!("{} {}", stopped.as_raw_fd(), control.as_raw_fd()))?;
                control.write_all_at(b"1", 0)?;
                let both = both.as_ref().map(write).transpose()?;
                let limit = write(limit)?;
                let usage = read(usage)?;
                let nearly = mark(number(&limit)?);
                fs::write(
                    events,
                    format!("{} {} {nearly}", stopped.as_raw_fd(), usage.as_raw_fd()),
                )?;
                let way = Way::Lend {
                    limit,
                    both,
                    control,
                    stopped,
                };
                (way, usage, stat)
            }
            Files::V2 {
                high,
                max,
                usage,
                stat,
                events,
            } => {
                let way = Way::Slow {
                    high: read(high)?,
                    max: write(max)?,
                    events: read(events)?,
                };
                (way, read(usage)?, stat)
            }
        };
        Ok(Self {
            way,
            usage,
            stat: read(stat)?,
            short: None,
            relieved: None,
            crowded: None,
        })
    }

    /// What to wait for.
    pub fn interest(&self) -> PollFd<'_> {
        match &self.way {
            Way::Lend { stopped, .. } => PollFd::new(stopped, PollFlags::IN),
            Way::Slow { events, .. } => PollFd::from_borrowed_fd(events.as_fd(), PollFlags::PRI),
        }
    }

    /// Whether memory is used up at this moment.
    pub fn is_short(&self) -> bool {
        self.short.is_some()
    }

    /// Whether it was a short while ago: the memory of an engine that gives up is freed before it has ended.
    pub fn was_short(&self) -> bool {
        self.relieved.is_some_and(|relieved| relieved.elapsed() < PATIENCE)
    }

    /// How long to wait at most before [`Guard::check`] is due; none when there is room.
    pub fn patience(&self) -> Option<Duration> {
        match &self.short {
            Some(short) if short.given_up => Some(IDLE_INTERVAL),
            Some(_) => Some(INTERVAL),
            None => self.crowded.map(|due| due.saturating_duration_since(Instant::now())),
        }
    }

    /// Looks after the memory. To be called when there is an event, and when [`Guard::patience`] is over; sooner costs
    /// nothing while memory is not short.
    ///
    /// # Errors
    /// When the cgroup cannot be read or written: it is gone, and the sandbox with it.
    pub fn check(&mut self, event: bool) -> io::Result<Advice> {
        if event {
            self.take_event()?;
        } else if self.short.is_none() && self.crowded.is_none_or(|due| Instant::now() < due) {
            return Ok(Advice::None);
        }
        if !self.has_given_up() && self.exhausted()? {
            self.lend()?;
        }
        let Some(short) = &mut self.short else {
            self.crowded = self.crowd()?;
            return Ok(Advice::None);
        };
        let used = used(&self.usage, &self.stat)?;
        // A little below, or the next page asked for would bring it here again.
        let relieved = used < mark(short.limit) - short.limit / 64;
        if relieved && take_back(&self.way, short)? {
            let given_up = short.given_up;
            self.short = None;
            self.relieved = Some(Instant::now());
            if given_up {
                self.arm()?;
            }
            self.crowded = self.crowd()?;
            return Ok(Advice::None);
        }
        if short.given_up {
            return Ok(Advice::None);
        }
        if short.since.elapsed() > PATIENCE {
            self.give_up()?;
            return Ok(Advice::None);
        }
        // Nobody has to end for memory that only the kernel holds on to.
        if relieved || short.told.is_some_and(|told| told.elapsed() < TELL_INTERVAL) {
            return Ok(Advice::None);
        }
        short.told = Some(Instant::now());
        Ok(Advice::Tell)
    }

    /// Makes the next event one.
    fn take_event(&self) -> io::Result<()> {
        match &self.way {
            Way::Lend { stopped, .. } => match rustix::io::read(stopped, &mut [0_u8; 8]) {
                Ok(_) | Err(rustix::io::Errno::AGAIN) => Ok(()),
                Err(error) => Err(error.into()),
            },
            Way::Slow { events, .. } => text(events).map(drop),
        }
    }

    fn has_given_up(&self) -> bool {
        self.short.as_ref().is_some_and(|short| short.given_up)
    }

    /// See [`Guard::crowded`]. Nobody is faster than a byte in a nanosecond.
    fn crowd(&self) -> io::Result<Option<Instant>> {
        let Way::Lend { limit, .. } = &self.way else {
            return Ok(None);
        };
        let mark = mark(number(limit)?);
        if number(&self.usage)? <= mark {
            return Ok(None);
        }
        let left = mark.saturating_sub(used(&self.usage, &self.stat)?);
        let pause = Duration::from_nanos(left).clamp(INTERVAL, IDLE_INTERVAL);
        Ok(Some(Instant::now() + pause))
    }

    /// Whether there is next to nothing left, even if all that can be dropped were.
    fn exhausted(&self) -> io::Result<bool> {
        Ok(self.stopped()? || used(&self.usage, &self.stat)? > mark(self.limit()?))
    }

    /// Whether the kernel has stopped the sandbox at its limit.
    fn stopped(&self) -> io::Result<bool> {
        match &self.way {
            Way::Lend { control, .. } => Ok(field_of(&text(control)?, "under_oom") == Some(1)),
            Way::Slow { .. } => Ok(false),
        }
    }

    /// The sandbox's limit at this moment, what is lent included.
    fn limit(&self) -> io::Result<u64> {
        match &self.way {
            Way::Lend { limit, .. } => number(limit),
            Way::Slow { high, .. } => number(high),
        }
    }

    fn lend(&mut self) -> io::Result<()> {
        let now = self.limit()?;
        let stopped = self.stopped()?;
        let short = self.short.get_or_insert_with(|| Short {
            since: Instant::now(),
            told: None,
            limit: now,
            steps: 0,
            given_up: false,
        });
        let Way::Lend { limit, both, .. } = &self.way else {
            return Ok(());
        };
        if short.steps == STEPS_MAX {
            return if stopped { self.give_up() } else { Ok(()) };
        }
        short.steps += 1;
        let raised = short.raised().to_string();
        // The limit with swap may never be the smaller one.
        if let Some(both) = both {
            both.write_all_at(raised.as_bytes(), 0)?;
        }
        limit.write_all_at(raised.as_bytes(), 0)
    }

    /// From now on the kernel does what it does without a guard.
    fn give_up(&mut self) -> io::Result<()> {
        let Some(short) = &mut self.short else { return Ok(()) };
        short.given_up = true;
        match &self.way {
            Way::Lend { control, .. } => control.write_all_at(b"0", 0),
            Way::Slow { max, .. } => max.write_all_at(short.limit.to_string().as_bytes(), 0),
        }
    }

    /// The same for good, after a failure. Best effort: nothing else can be done.
    pub fn leave_to_kernel(self) {
        if let Way::Lend { control, .. } = &self.way {
            let _ = control.write_all_at(b"0", 0);
        }
    }

    /// The opposite of giving up.
    fn arm(&self) -> io::Result<()> {
        match &self.way {
            Way::Lend { control, .. } => control.write_all_at(b"1", 0),
            Way::Slow { high, max, .. } => {
                let limit = number(high)?;
                max.write_all_at((limit + lendable(limit)).to_string().as_bytes(), 0)
            }
        }
    }
}

impl Short {
    fn raised(&self) -> u64 {
        (self.limit + lendable(self.limit) * self.steps / STEPS_MAX) / PAGE_BYTES * PAGE_BYTES
    }
}

/// Above it memory is short.
const fn mark(limit: u64) -> u64 {
    limit - limit / 32
}

/// True when nothing is lent any more. False when the kernel cannot yet do without it.
fn take_back(way: &Way, short: &Short) -> io::Result<bool> {
    let Way::Lend { limit, both, .. } = way else {
        return Ok(true);
    };
    if number(limit)? != short.raised() {
        // Somebody has set another limit meanwhile, which is the one that holds.
        return Ok(true);
    }
    let own = short.limit.to_string();
    if limit.write_all_at(own.as_bytes(), 0).is_err() {
        return Ok(false);
    }
    let lowered = both
        .as_ref()
        .map_or(Ok(()), |both| both.write_all_at(own.as_bytes(), 0));
    if lowered.is_err() {
        // What was swapped out counts there too.
        limit.write_all_at(short.raised().to_string().as_bytes(), 0)?;
    }
    Ok(lowered.is_ok())
}

/// Memory without what the kernel can drop.
fn used(usage: &File, stat: &File) -> io::Result<u64> {
    let stat = text(stat)?;
    let droppable = |names: [&str; 2]| names.iter().find_map(|name| field_of(&stat, name)).unwrap_or(0);
    let inactive = droppable(["total_inactive_file", "inactive_file"]);
    let active = droppable(["total_active_file", "active_file"]);
    Ok(number(usage)?.saturating_sub(inactive + active))
}

fn number(file: &File) -> io::Result<u64> {
    text(file)?
        .trim()
        .parse()
        .map_err(|_| io::ErrorKind::InvalidData.into())
}

fn text(file: &File) -> io::Result<String> {
    let mut bytes = vec![0; FILE_BYTES_MAX];
    let count = file.read_at(&mut bytes, 0)?;
    bytes.truncate(count);
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

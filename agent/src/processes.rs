//! The table of processes: those that run, and the newest of those that have ended.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::errors::{Failure, Outcome};
use crate::input::{Channel, Input};
use crate::limits::{COMMAND_BYTES_KEPT, PROCESSES_FINISHED_MAX, PROCESSES_RUNNING_MAX};
use crate::logs::Log;
use crate::process_tree::{Marks, ProcessTree};
use crate::proto::{Exit, Process, StartProcessRequest, Terminal};
use crate::reap::{Children, Ended};
use crate::requests::check_labels;
use crate::signals::{self, Target};

/// How long a removal waits for a process that it has killed.
const KILLED_WAIT: Duration = Duration::from_secs(5);
/// How long a process tree may take to be found and killed.
const ENDED_WAIT: Duration = Duration::from_secs(2);

/// One process and what is known of it.
pub struct Entry {
    /// Unique among all that are known.
    pub id: String,
    /// The process with all its descendants.
    pub tree: ProcessTree,
    /// Its standard input or terminal.
    pub input: Input,
    /// Its output on disk; none for `Run`, whose output goes straight to the caller.
    pub logs: Vec<Arc<Log>>,
    command: Vec<String>,
    started_at_ms: i64,
    ended: Ended,
    ended_at_ms: AtomicI64,
    timed_out: AtomicBool,
    end_descendants: bool,
    out_of_memory: AtomicBool,
    streamed: [AtomicU64; 2],
    changeable: Mutex<Changeable>,
}

#[derive(Default)]
struct Changeable {
    labels: HashMap<String, String>,
    terminal: Option<Terminal>,
    /// The terminal's master, while the process runs.
    master: Option<Arc<Channel>>,
}

/// What a new [`Entry`] is made of.
pub struct Parts {
    /// See [`Entry::tree`].
    pub tree: ProcessTree,
    /// Gets the status when it has ended.
    pub ended: Ended,
    /// See [`Entry::input`].
    pub input: Input,
    /// Its terminal's size and master.
    pub terminal: Option<(Terminal, Arc<Channel>)>,
    /// See [`Entry::logs`].
    pub logs: Vec<Arc<Log>>,
}

impl Entry {
    /// Describes a process that was just started.
    pub fn new(id: String, request: &StartProcessRequest, parts: Parts) -> Self {
        let (terminal, master) = parts.terminal.unzip();
        Self {
            id,
            tree: parts.tree,
            input: parts.input,
            logs: parts.logs,
            command: shortened(&request.command),
            started_at_ms: now_ms(),
            ended: parts.ended,
            ended_at_ms: AtomicI64::new(0),
            timed_out: AtomicBool::new(false),
            end_descendants: request.end_descendants,
            out_of_memory: AtomicBool::new(false),
            streamed: Default::default(),
            changeable: Mutex::new(Changeable {
                labels: request.labels.clone(),
                terminal,
                master,
            }),
        }
    }

    /// Tells when the process has ended.
    pub fn ended(&self) -> watch::Receiver<Option<i32>> {
        self.ended.subscribe()
    }

    /// Waits for the end.
    pub async fn wait(&self) -> Exit {
        // The entry holds the sender, so the wait cannot fail.
        let _ = self.ended().wait_for(Option::is_some).await;
        self.exit().unwrap_or_default()
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        let status = (*self.ended.borrow())?;
        let signal = if libc::WIFSIGNALED(status) {
            libc::WTERMSIG(status)
        } else {
            0
        };
        Some(Exit {
            code: if signal == 0 { libc::WEXITSTATUS(status) } else { -1 },
            signal,
            timed_out: self.timed_out.load(Ordering::Relaxed),
            // One of its children may have been ended and the process itself gone on: then nothing is wrong with it.
            out_of_memory: status != 0 && self.out_of_memory.load(Ordering::Relaxed),
            ended_at_ms: self.ended_at_ms(),
        })
    }

    /// The time at which the end was first seen.
    fn ended_at_ms(&self) -> i64 {
        let now = now_ms();
        let first = self
            .ended_at_ms
            .compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        first.map_or_else(|earlier| earlier, |_| now)
    }

    /// Closes the descriptors of a process that has ended; a thousand records must not hold thousands of them.
    async fn close(&self) {
        self.ended_at_ms();
        self.lock().master = None;
        self.input.close().await;
    }

    /// Kills it and its descendants because its time limit is over.
    async fn time_out(&self, children: &Children) {
        let mark = || {
            self.timed_out.store(true, Ordering::Relaxed);
            Ok(())
        };
        if children.while_running(self.tree.pid, mark).is_err() {
            return;
        }
        let tree = self.tree;
        let end = spawn_blocking(move || tree.kill());
        if tokio::time::timeout(ENDED_WAIT, end).await.is_err() {
            // Every thread of the pool hangs in a system call.
            let group = || crate::syscalls::kill(-tree.pid, libc::SIGKILL);
            let _ = children.while_running(tree.pid, group);
        }
    }

    /// Counts bytes that went straight to the caller; `stream` is 0 for output and 1 for errors. Returns the offset.
    pub fn count_streamed(&self, stream: usize, bytes: usize) -> u64 {
        self.streamed[stream].fetch_add(bytes as u64, Ordering::Relaxed)
    }

    /// What callers see.
    pub fn describe(&self) -> Process {
        let changeable = self.lock();
        let exit = self.exit();
        let written = |stream: usize| match self.logs.get(stream) {
            Some(log) => log.now().written,
            None => self.streamed[stream].load(Ordering::Relaxed),
        };
        Process {
            id: self.id.clone(),
            pid: self.tree.pid,
            command: self.command.clone(),
            labels: changeable.labels.clone(),
            started_at_ms: self.started_at_ms,
            running: exit.is_none(),
            exit,
            stdout_bytes: written(0),
            stderr_bytes: written(1),
            terminal: changeable.terminal,
            input_waiting_bytes: self.input.waiting(),
        }
    }

    /// Whether all of `labels` are among its own.
    pub fn matches(&self, labels: &HashMap<String, String>) -> bool {
        let own = &self.lock().labels;
        labels.iter().all(|(key, value)| own.get(key) == Some(value))
    }

    /// Merges labels; an empty value removes one. Nothing changes when the result breaks a limit.
    pub fn merge_labels(&self, changes: HashMap<String, String>) -> Outcome<()> {
        let mut changeable = self.lock();
        let mut labels = changeable.labels.clone();
        labels.extend(changes);
        labels.retain(|_, value| !value.is_empty());
        check_labels(&labels)?;
        changeable.labels = labels;
        Ok(())
    }

    /// Gives its terminal a checked size.
    pub fn resize(&self, size: Terminal) -> Outcome<()> {
        let mut changeable = self.lock();
        let Some(master) = &changeable.master else {
            return Err(Failure::invalid(
                "id",
                "names a process that has no terminal or has ended",
            ));
        };
        crate::pty::resize(master.descriptor(), &size).map_err(|error| Failure::system("the terminal", &error))?;
        changeable.terminal = Some(size);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Changeable> {
        self.changeable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All processes by id. Any thread may call.
#[derive(Default)]
pub struct Processes {
    /// Which of the kernel's processes are ours.
    pub children: Children,
    /// The marks by which their descendants are found.
    pub marks: Marks,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    entries: HashMap<String, Arc<Entry>>,
    starting: HashSet<String>,
    made_ids: u64,
}

/// An id that is reserved for a start; free again when this is dropped without an entry.
pub struct Reservation {
    processes: Arc<Processes>,
    /// The id.
    pub id: String,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.processes.lock().starting.remove(&self.id);
    }
}

impl Processes {
    /// Reserves an id for a start; for an empty one, an id is made.
    ///
    /// # Errors
    /// `ALREADY_EXISTS` when it is taken, `RESOURCE_EXHAUSTED` when too many processes run.
    pub fn reserve(self: &Arc<Self>, wanted: &str) -> Outcome<Reservation> {
        let mut table = self.lock();
        let running = table.entries.values().filter(|entry| entry.exit().is_none()).count();
        if running + table.starting.len() >= PROCESSES_RUNNING_MAX {
            return Err(Failure::exhausted("9,000 processes run; end some first"));
        }
        let taken = |table: &Table, id: &str| table.entries.contains_key(id) || table.starting.contains(id);
        let mut id = wanted.to_owned();
        while id.is_empty() || (wanted.is_empty() && taken(&table, &id)) {
            table.made_ids += 1;
            id = format!("p{}", table.made_ids);
        }
        if taken(&table, &id) {
            return Err(Failure::taken(&id));
        }
        table.starting.insert(id.clone());
        drop(table);
        let processes = Arc::clone(self);
        Ok(Reservation { processes, id })
    }

    /// Adds a started process under its reserved id, and supervises it until it has ended.
    pub fn add(self: &Arc<Self>, reservation: Reservation, entry: Entry, timeout_ms: u64) -> Arc<Entry> {
        let entry = Arc::new(entry);
        self.lock().entries.insert(reservation.id.clone(), Arc::clone(&entry));
        tokio::spawn(Arc::clone(self).supervise(Arc::clone(&entry), timeout_ms));
        entry
    }

    /// Notes that a process of a session is killed for lack of memory; each process that the agent starts leads a session.
    pub fn out_of_memory(&self, session: i32) {
        for entry in self.lock().entries.values() {
            if entry.tree.pid == session && entry.exit().is_none() {
                entry.out_of_memory.store(true, Ordering::Relaxed);
            }
        }
    }

    async fn supervise(self: Arc<Self>, entry: Arc<Entry>, timeout_ms: u64) {
        let mut ended = entry.ended();
        if timeout_ms > 0 {
            let limit = Duration::from_millis(timeout_ms);
            if tokio::time::timeout(limit, ended.wait_for(Option::is_some))
                .await
                .is_err()
            {
                entry.time_out(&self.children).await;
            }
        }
        let _ = ended.wait_for(Option::is_some).await;
        if entry.end_descendants {
            let tree = entry.tree;
            let _ = spawn_blocking(move || tree.kill()).await;
        }
        entry.close().await;
        self.forget_oldest();
    }

    fn forget_oldest(&self) {
        let mut table = self.lock();
        if table.entries.len() <= PROCESSES_FINISHED_MAX {
            return;
        }
        let mut finished: Vec<(i64, String)> = table
            .entries
            .values()
            .filter(|entry| entry.exit().is_some())
            .map(|entry| (entry.ended_at_ms(), entry.id.clone()))
            .collect();
        finished.sort_unstable();
        for (_, id) in finished
            .iter()
            .take(finished.len().saturating_sub(PROCESSES_FINISHED_MAX))
        {
            table.entries.remove(id);
        }
    }

    /// A known process.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub fn get(&self, id: &str) -> Outcome<Arc<Entry>> {
        self.lock()
            .entries
            .get(id)
            .cloned()
            .ok_or_else(|| Failure::unknown_process(id))
    }

    /// Those that carry all of `labels`, by start time.
    pub fn list(&self, labels: &HashMap<String, String>, running_only: bool) -> Vec<Process> {
        let entries: Vec<Arc<Entry>> = self.lock().entries.values().cloned().collect();
        let mut processes: Vec<Process> = entries
            .iter()
            .filter(|entry| entry.matches(labels))
            .map(|entry| entry.describe())
            .filter(|process| process.running || !running_only)
            .collect();
        processes.sort_by_key(|process| (process.started_at_ms, process.pid));
        processes
    }

    /// Removes a process from the table; its logs go when their last reader has gone.
    pub fn forget(&self, id: &str) {
        self.lock().entries.remove(id);
    }

    /// Sends a signal to a known process.
    pub fn signal(&self, entry: &Entry, signal: i32, target: Target) -> Outcome<()> {
        self.refuse_reused(entry)
            .and_then(|()| signals::send(&self.children, entry.tree, signal, target))
            .map_err(|error| Failure::system(format!("process {}", entry.id), &error))
    }

    /// The number of a process that has ended may belong to a newer one by now, with a group and session of its own.
    fn refuse_reused(&self, entry: &Entry) -> io::Result<()> {
        let reused = |other: &Arc<Entry>| other.tree.pid == entry.tree.pid && other.id != entry.id;
        if entry.exit().is_some() && self.lock().entries.values().any(reused) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        Ok(())
    }

    /// Removes a process; with `kill`, kills it and its descendants first.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when it runs and is not to be killed.
    pub async fn remove(self: &Arc<Self>, id: &str, kill: bool) -> Outcome<()> {
        let entry = self.get(id)?;
        if kill {
            let (processes, target) = (Arc::clone(self), Arc::clone(&entry));
            // Also when it has ended: children in the background may live on. It is no error when there are none.
            let task = spawn_blocking(move || processes.signal(&target, libc::SIGKILL, Target::Descendants));
            let _ = task.await;
            if tokio::time::timeout(KILLED_WAIT, entry.wait()).await.is_err() {
                return Err(Failure::errno(format!("process {id} does not end"), libc::EBUSY));
            }
        } else if entry.exit().is_none() {
            return Err(Failure::errno(
                format!("process {id} runs; set kill to end it"),
                libc::EBUSY,
            ));
        }
        self.forget(id);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds of Unix time.
fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// The beginning of a command, so that a thousand records of a mebibyte each cannot fill the memory.
fn shortened(command: &[String]) -> Vec<String> {
    let mut left = COMMAND_BYTES_KEPT;
    let mut kept = Vec::new();
    for item in command {
        if left == 0 {
            break;
        }
        let end = item.floor_char_boundary(left.min(item.len()));
        kept.push(item[..end].to_owned());
        left = left.saturating_sub(item.len().max(1));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_cut_in_its_record() {
        let command = vec!["sh".to_owned(), "é".repeat(COMMAND_BYTES_KEPT), "lost".to_owned()];
        let kept = shortened(&command);
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().map(String::len).sum::<usize>() <= COMMAND_BYTES_KEPT);
        assert_eq!(shortened(&command[..1]), ["sh"]);
    }
}

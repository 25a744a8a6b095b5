//! Starts processes: for `StartProcess` with logs on disk, for `Run` with the caller at the other end of the pipes.

use std::io;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tonic::Status;

use crate::coalesce::Coalescer;
use crate::environment::Environment;
use crate::errors::{Failure, Outcome};
use crate::input::{Channel, Input};
use crate::limits::{DRAIN_TIME, OUTPUT_CHUNK_BYTES_MAX};
use crate::logs::{Log, LogDirectory};
use crate::memory::request_trim;
use crate::process_tree::ProcessTree;
use crate::processes::{Entry, Parts, Processes, Reservation};
use crate::proto::run_event::Event;
use crate::proto::{OutputChunk, Process, RunEvent, StartProcessRequest, Stream};
use crate::requests::{check_start, log_limit};
use crate::signals::Target;
use crate::spawn::{AgentEnds, Plan};

/// Pieces of output that wait for the caller of a `Run`. Beyond them the pipe fills: backpressure on the process.
const EVENTS_WAITING: usize = 4;
/// What a pipe holds, unless a program has made it larger.
const PIPE_BYTES: usize = 64 * 1024;

/// Starts processes. Clones share everything.
#[derive(Clone)]
pub struct Starter {
    /// The table that processes are entered in.
    pub processes: Arc<Processes>,
    /// What they inherit.
    pub environment: Arc<Environment>,
    /// Where their output is kept.
    pub logs: Arc<LogDirectory>,
    /// Processes and threads each user may have.
    pub processes_max: Option<u64>,
}

/// A process just started, with the agent's ends of its output.
struct Started {
    entry: Arc<Entry>,
    outputs: Vec<Arc<Channel>>,
}

impl Starter {
    /// Starts a process that outlives the call.
    ///
    /// # Errors
    /// See the contract; a program that cannot be executed is the system's error.
    pub async fn start(&self, request: StartProcessRequest) -> Outcome<Process> {
        check_start(&request)?;
        let reservation = self.processes.reserve(&request.id)?;
        let starter = self.clone();
        // A task of its own: a caller that leaves must not leave a process behind that is in no table.
        let start = tokio::spawn(async move {
            let started = starter.launch(reservation, request, true).await?;
            for (log, channel) in started.entry.logs.iter().zip(started.outputs) {
                tokio::spawn(copy_to_log(Arc::downgrade(log), channel, started.entry.ended()));
            }
            Ok(started.entry.describe())
        });
        start.await.unwrap_or_else(|error| Err(broken_task(error)))
    }

    /// Starts a process that ends with the call. Everything that happens to it comes out of the receiver; dropping
    /// that kills it and all its descendants.
    ///
    /// # Errors
    /// When the request breaks a limit or its id is taken; a failed start is an event.
    pub fn run(&self, request: StartProcessRequest) -> Outcome<mpsc::Receiver<Result<RunEvent, Status>>> {
        check_start(&request)?;
        let reservation = self.processes.reserve(&request.id)?;
        let (events, receiver) = mpsc::channel(EVENTS_WAITING);
        let starter = self.clone();
        tokio::spawn(async move { starter.run_to_its_end(reservation, request, events).await });
        Ok(receiver)
    }

    async fn run_to_its_end(
        self,
        reservation: Reservation,
        request: StartProcessRequest,
        events: mpsc::Sender<Result<RunEvent, Status>>,
    ) {
        let started = match self.launch(reservation, request, false).await {
            Ok(started) => started,
            Err(failure) => {
                let _ = send(&events, Event::StartFailed(failure.message().to_owned())).await;
                return;
            }
        };
        let entry = &started.entry;
        let gone = tokio::select! {
            result = relay(&started, &events) => result.is_err(),
            () = events.closed() => true,
        };
        if gone {
            self.kill_tree(entry).await;
        }
        for channel in started.outputs {
            tokio::spawn(discard(channel));
        }
        request_trim();
        // A process may have closed its output and go on.
        let exit = tokio::select! {
            exit = entry.wait() => exit,
            () = events.closed(), if !gone => {
                self.kill_tree(entry).await;
                entry.wait().await
            }
        };
        self.processes.forget(&started.entry.id);
        let _ = send(&events, Event::Exited(exit)).await;
    }

    /// Also when the process has ended: a caller that leaves before it got the exit does not want its descendants either.
    async fn kill_tree(&self, entry: &Arc<Entry>) {
        let (processes, entry) = (Arc::clone(&self.processes), Arc::clone(entry));
        let end = spawn_blocking(move || processes.signal(&entry, libc::SIGKILL, Target::Descendants));
        // It is no error when there are none.
        let _ = end.await;
    }

    async fn launch(&self, reservation: Reservation, request: StartProcessRequest, logged: bool) -> Outcome<Started> {
        let mark = self.processes.marks.next();
        let plan = Plan::new(&request, &self.environment, self.processes_max, mark)?;
        let streams = if request.merge_output || request.terminal.is_some() {
            1
        } else {
            2
        };
        let logs = if logged {
            self.make_logs(&request, streams).await?
        } else {
            Vec::new()
        };
        let ended = watch::Sender::new(None);
        let (notify, processes) = (ended.clone(), Arc::clone(&self.processes));
        let start = spawn_blocking(move || plan.start(&processes.children, notify));
        let (pid, ends) = start.await.unwrap_or_else(|error| Err(broken_task(error)))?;
        let (input, outputs) = self.attach(ends, &request).map_err(|error| {
            let _ = crate::syscalls::kill(-pid, libc::SIGKILL);
            Failure::system("the process's pipes", &error)
        })?;
        let close = !request.keep_input_open && request.terminal.is_none();
        if close || !request.input.is_empty() {
            let data = Bytes::clone(&request.input);
            drop(input.write(data, close, ended.subscribe())?);
        }
        let terminal = request
            .terminal
            .and_then(|size| Some((size, Arc::clone(outputs.first()?))));
        let parts = Parts {
            tree: ProcessTree { pid, mark },
            ended,
            input,
            terminal,
            logs,
        };
        let entry = Entry::new(reservation.id.clone(), &request, parts);
        let entry = self.processes.add(reservation, entry, request.timeout_ms);
        Ok(Started { entry, outputs })
    }

    async fn make_logs(&self, request: &StartProcessRequest, streams: usize) -> Outcome<Vec<Arc<Log>>> {
        let limit = log_limit(request);
        let directory = Arc::clone(&self.logs);
        let make = spawn_blocking(move || (0..streams).map(|_| directory.create(limit).map(Arc::new)).collect());
        let made: io::Result<_> = make.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        made.map_err(|error| Failure::system("the process's log", &error))
    }

    fn attach(&self, ends: AgentEnds, request: &StartProcessRequest) -> io::Result<(Input, Vec<Arc<Channel>>)> {
        let input = Input::new(ends.input, request.terminal.is_some())?;
        let outputs = [Some(ends.output), ends.error].into_iter().flatten();
        let outputs = outputs
            .map(|end| Channel::new(end).map(Arc::new))
            .collect::<io::Result<_>>()?;
        Ok((input, outputs))
    }
}

fn broken_task(error: tokio::task::JoinError) -> Failure {
    Failure::system("the start", &io::Error::other(error))
}

/// The caller is gone.
struct CallerGone;

async fn send(events: &mpsc::Sender<Result<RunEvent, Status>>, event: Event) -> Result<(), CallerGone> {
    events
        .send(Ok(RunEvent { event: Some(event) }))
        .await
        .map_err(|_| CallerGone)
}

async fn relay(started: &Started, events: &mpsc::Sender<Result<RunEvent, Status>>) -> Result<(), CallerGone> {
    send(events, Event::Started(started.entry.describe())).await?;
    let (first, second) = tokio::join!(relay_stream(started, 0, events), relay_stream(started, 1, events));
    first.and(second)
}

/// Passes on one stream until it ends, or the process has and its pipe stays empty for [`DRAIN_TIME`].
async fn relay_stream(
    started: &Started,
    index: usize,
    events: &mpsc::Sender<Result<RunEvent, Status>>,
) -> Result<(), CallerGone> {
    let Some(channel) = started.outputs.get(index) else {
        return Ok(());
    };
    let stream = [Stream::Stdout, Stream::Stderr][index].into();
    let mut buffer = Vec::new();
    let mut drain = Drain::new(started.entry.ended());
    let (mut coalescer, mut ended) = (Coalescer::new(), started.entry.ended());
    while drain.wait(channel).await {
        buffer.resize(OUTPUT_CHUNK_BYTES_MAX, 0);
        match channel.try_read(&mut buffer) {
            Ok(None) => {}
            Ok(Some(0)) | Err(_) => break,
            Ok(Some(count)) => {
                drain.count(count);
                let offset = started.entry.count_streamed(index, count);
                let data = Bytes::copy_from_slice(&buffer[..count]);
                send(events, Event::Output(OutputChunk { stream, offset, data })).await?;
                coalescer.after_read(count, channel, &mut ended).await;
            }
        }
    }
    Ok(())
}

/// Decides when a pipe is no longer waited for: once the process has ended, a child in the background that holds it
/// open gets [`DRAIN_TIME`], and then only what is in the pipe already is read, however slowly the caller takes it.
struct Drain {
    ended: watch::Receiver<Option<i32>>,
    deadline: Option<Instant>,
    after_deadline: usize,
}

impl Drain {
    fn new(ended: watch::Receiver<Option<i32>>) -> Self {
        Self {
            ended,
            deadline: None,
            after_deadline: 0,
        }
    }

    /// Waits for something to read; false when there is nothing left to wait for.
    async fn wait(&mut self, channel: &Channel) -> bool {
        loop {
            match self.deadline {
                None => tokio::select! {
                    biased;
                    result = channel.readable() => return result.is_ok(),
                    _ = self.ended.wait_for(Option::is_some) => self.deadline = Some(Instant::now() + DRAIN_TIME),
                },
                Some(deadline) => tokio::select! {
                    biased;
                    result = channel.readable() => return result.is_ok() && self.after_deadline < PIPE_BYTES,
                    () = sleep_until(deadline) => return false,
                },
            }
        }
    }

    fn count(&mut self, bytes: usize) {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.after_deadline += bytes;
        }
    }
}

/// Reads and discards what background children of an ended process write, until the last of them has closed the pipe: a
/// server must neither die of SIGPIPE nor stop at a full pipe.
async fn discard(channel: Arc<Channel>) {
    while channel.readable().await.is_ok() {
        let mut buffer = vec![0; OUTPUT_CHUNK_BYTES_MAX];
        if matches!(channel.try_read(&mut buffer), Ok(Some(0)) | Err(_)) {
            return;
        }
    }
}

/// Copies one stream of a started process to its log until the stream ends. It goes on when the record is removed: a
/// child in the background must not die because its output is no longer kept.
async fn copy_to_log(log: Weak<Log>, channel: Arc<Channel>, mut ended: watch::Receiver<Option<i32>>) {
    let mut coalescer = Coalescer::new();
    while channel.readable().await.is_ok() {
        let mut buffer = vec![0; OUTPUT_CHUNK_BYTES_MAX];
        match channel.try_read(&mut buffer) {
            Ok(None) => {}
            Ok(Some(0)) | Err(_) => break,
            Ok(Some(count)) => {
                buffer.truncate(count);
                if let Some(log) = log.upgrade() {
                    let _ = spawn_blocking(move || log.append(&buffer)).await;
                }
                coalescer.after_read(count, &channel, &mut ended).await;
            }
        }
    }
    if let Some(log) = log.upgrade() {
        log.close();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A drain whose time is over, and a pipe with a writer that stays.
    fn overdue() -> (Drain, Channel, std::os::fd::OwnedFd) {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let mut drain = Drain::new(watch::Sender::new(Some(0)).subscribe());
        drain.deadline = Some(Instant::now());
        (drain, Channel::new(read).unwrap(), write)
    }

    #[tokio::test]
    async fn what_is_in_the_pipe_is_read_also_when_the_time_is_over() {
        let (mut drain, channel, writer) = overdue();
        assert_eq!(rustix::io::write(&writer, &[7; 60_000]).unwrap(), 60_000);
        let mut total = 0;
        while drain.wait(&channel).await {
            let count = channel.try_read(&mut [0; 1_000]).unwrap().unwrap_or(0);
            drain.count(count);
            total += count;
        }
        assert_eq!(total, 60_000);
    }

    #[tokio::test]
    async fn a_child_that_writes_without_end_is_not_waited_for() {
        let (mut drain, channel, writer) = overdue();
        let mut total = 0;
        rustix::io::write(&writer, &[7; 1_000]).unwrap();
        while drain.wait(&channel).await {
            let count = channel.try_read(&mut [0; 1_000]).unwrap().unwrap_or(0);
            drain.count(count);
            total += count;
            rustix::io::write(&writer, &[7; 1_000]).unwrap();
        }
        assert_eq!(total, PIPE_BYTES.next_multiple_of(1_000));
    }
}

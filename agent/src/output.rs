//! Streams what a started process has written, from offsets on, and follows it until its end.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tonic::Status;

use crate::errors::{Failure, Outcome};
use crate::limits::{DRAIN_TIME, OUTPUT_CHUNK_BYTES_MAX};
use crate::logs::{Log, Progress};
use crate::processes::Entry;
use crate::proto::{OutputChunk, ReadOutputRequest, Stream};

const CHUNKS_WAITING: usize = 2;

/// The place in one stream that a reader has reached.
struct Cursor {
    stream: Stream,
    offset: u64,
    log: Arc<Log>,
    progress: watch::Receiver<Progress>,
}

/// Begins to read a process's output.
///
/// # Errors
/// `ABORTED` for an offset beyond the end, `INVALID_ARGUMENT` for a process whose output goes to its caller.
pub fn read(entry: Arc<Entry>, request: &ReadOutputRequest) -> Outcome<mpsc::Receiver<Result<OutputChunk, Status>>> {
    let cursors = cursors(&entry, request)?;
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    let follow = request.follow;
    tokio::spawn(async move {
        // It ends when the caller leaves, which is no error.
        let _ = stream(&entry, cursors, follow, &sender).await;
    });
    Ok(receiver)
}

fn cursors(entry: &Entry, request: &ReadOutputRequest) -> Outcome<Vec<Cursor>> {
    if entry.logs.is_empty() {
        return Err(Failure::invalid(
            "id",
            "names a process of Run, whose output goes to its caller",
        ));
    }
    let wanted = Stream::try_from(request.stream).map_err(|_| Failure::invalid("stream", "is 0, 1 or 2"))?;
    let offsets = [
        (Stream::Stdout, request.stdout_offset),
        (Stream::Stderr, request.stderr_offset),
    ];
    let mut cursors = Vec::new();
    for ((stream, offset), log) in offsets.into_iter().zip(&entry.logs) {
        if wanted != Stream::Unspecified && wanted != stream {
            continue;
        }
        let written = log.now().written;
        if offset > written {
            return Err(Failure::stale(format!(
                "offset {offset} is beyond the end, which is {written}"
            )));
        }
        let progress = log.progress();
        let log = Arc::clone(log);
        cursors.push(Cursor {
            stream,
            offset,
            log,
            progress,
        });
    }
    Ok(cursors)
}

/// The caller is gone.
struct CallerGone;

async fn stream(
    entry: &Entry,
    mut cursors: Vec<Cursor>,
    follow: bool,
    sender: &mpsc::Sender<Result<OutputChunk, Status>>,
) -> Result<(), CallerGone> {
    let mut ended = entry.ended();
    let mut deadline = None;
    loop {
        let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut advanced = false;
        for cursor in &mut cursors {
            advanced |= cursor.advance(sender).await?;
        }
        if advanced && !over {
            continue;
        }
        let closed = cursors.iter().all(|cursor| cursor.log.now().closed);
        let has_ended = ended.borrow().is_some();
        if !follow || over || (closed && has_ended) {
            return if advanced && !follow {
                Ok(())
            } else {
                finish(&mut cursors, sender).await
            };
        }
        if has_ended && deadline.is_none() {
            deadline = Some(Instant::now() + DRAIN_TIME);
        }
        tokio::select! {
            () = changed(&mut cursors) => {}
            _ = ended.wait_for(Option::is_some), if !has_ended => {}
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {}
            () = sender.closed() => return Err(CallerGone),
        }
    }
}

/// Reads what came before the end was seen.
async fn finish(cursors: &mut [Cursor], sender: &mpsc::Sender<Result<OutputChunk, Status>>) -> Result<(), CallerGone> {
    for cursor in cursors {
        cursor.advance(sender).await?;
    }
    Ok(())
}

async fn changed(cursors: &mut [Cursor]) {
    let mut waits = cursors.iter_mut().map(|cursor| cursor.progress.changed());
    match (waits.next(), waits.next()) {
        (Some(first), Some(second)) => tokio::select! {
            _ = first => {}
            _ = second => {}
        },
        (Some(only), None) => {
            let _ = only.await;
        }
        _ => std::future::pending().await,
    }
}

impl Cursor {
    /// Sends the next piece, if there is one; returns whether there was.
    async fn advance(&mut self, sender: &mpsc::Sender<Result<OutputChunk, Status>>) -> Result<bool, CallerGone> {
        let progress = *self.progress.borrow_and_update();
        if progress.written <= self.offset {
            return Ok(false);
        }
        let (log, offset) = (Arc::clone(&self.log), self.offset);
        let read = spawn_blocking(move || log.read(offset, OUTPUT_CHUNK_BYTES_MAX)).await;
        let (offset, data) = match read {
            Ok(Ok(piece)) => piece,
            Ok(Err(error)) => return fail(sender, &Failure::system("the process's log", &error)).await,
            Err(error) => {
                return fail(
                    sender,
                    &Failure::system("the process's log", &std::io::Error::other(error)),
                )
                .await;
            }
        };
        self.offset = offset + data.len() as u64;
        if data.is_empty() {
            return Ok(false);
        }
        let chunk = OutputChunk {
            stream: self.stream.into(),
            offset,
            data: data.into(),
        };
        sender.send(Ok(chunk)).await.map_err(|_| CallerGone)?;
        Ok(true)
    }
}

async fn fail(sender: &mpsc::Sender<Result<OutputChunk, Status>>, failure: &Failure) -> Result<bool, CallerGone> {
    let status = Status::from(failure.clone());
    let _ = sender.send(Err(status)).await;
    Err(CallerGone)
}

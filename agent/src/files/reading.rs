//! Streams a file's bytes to the caller.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bytes::Bytes;
use tokio::sync::mpsc;
use tonic::Status;

use super::{Files, about, as_user, describe};
use crate::errors::{Failure, Outcome};
use crate::limits::READ_CHUNK_BYTES_MAX;
use crate::memory::request_trim;
use crate::proto::read_file_response::Message;
use crate::proto::{FileStat, FileType, ReadFileRequest, ReadFileResponse};
use crate::syscalls::Credentials;

/// One piece is read while another waits for the caller.
const CHUNKS_WAITING: usize = 1;

type Answers = mpsc::Sender<Result<ReadFileResponse, Status>>;

impl Files {
    /// Begins to read. Opening is part of the call, so its errors are the call's.
    pub async fn read(&self, request: ReadFileRequest) -> Outcome<mpsc::Receiver<Result<ReadFileResponse, Status>>> {
        let identity = self.identity();
        let path = identity.resolve("path", &request.path)?;
        let credentials = identity.user.credentials.clone();
        let offset = request.offset;
        let (file, stat) = as_user(&credentials, move || open(&path, offset)).await?;
        let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
        let left = if request.length == 0 { u64::MAX } else { request.length };
        tokio::spawn(async move {
            // It ends when the caller leaves, which is no error.
            let _ = stream(file, stat, left, credentials, &sender).await;
            request_trim();
        });
        Ok(receiver)
    }
}

fn open(path: &Path, offset: u64) -> Outcome<(File, FileStat)> {
    let opened = || {
        // Without O_NONBLOCK a named pipe would hold the thread until somebody writes to it.
        let mut file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)?;
        let metadata = file.metadata()?;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset))?;
        }
        Ok((file, metadata))
    };
    let (file, metadata) = opened().map_err(|error| about(path, &error))?;
    let stat = describe(path, &metadata);
    match stat.r#type() {
        FileType::Regular => Ok((file, stat)),
        FileType::Directory => Err(Failure::errno(path.to_string_lossy(), libc::EISDIR)),
        _ => Err(Failure::errno(
            format!("{} is no regular file", path.display()),
            libc::EINVAL,
        )),
    }
}

async fn stream(
    mut file: File,
    stat: FileStat,
    mut left: u64,
    credentials: Credentials,
    sender: &Answers,
) -> Option<()> {
    send(sender, Message::Stat(stat)).await?;
    loop {
        let count = left.min(READ_CHUNK_BYTES_MAX as u64);
        let read = as_user(&credentials, move || {
            let mut chunk = Vec::with_capacity(usize::try_from(count).unwrap_or(READ_CHUNK_BYTES_MAX));
            let read = file.by_ref().take(count).read_to_end(&mut chunk);
            read.map_err(|error| Failure::system("the file", &error))?;
            Ok((file, Bytes::from(chunk)))
        });
        let chunk = match read.await {
            Ok((same, chunk)) => {
                file = same;
                chunk
            }
            Err(failure) => {
                let _ = sender.send(Err(failure.into())).await;
                return None;
            }
        };
        left -= chunk.len() as u64;
        let short = (chunk.len() as u64) < count;
        if !chunk.is_empty() {
            send(sender, Message::Data(chunk)).await?;
        }
        if short || left == 0 {
            return Some(());
        }
    }
}

async fn send(sender: &Answers, message: Message) -> Option<()> {
    sender.send(Ok(ReadFileResponse { message: Some(message) })).await.ok()
}

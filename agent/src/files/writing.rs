//! Writes what the caller streams straight to its file, without holding it in memory or beside the file.

use std::fs::{File, OpenOptions};
use std::future::ready;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bytes::Bytes;
use tonic::{Status, Streaming};

use super::{DIRECTORY_MODE_DEFAULT, Files, about, as_user, checked_mode, describe, file_type, make_parents};
use crate::errors::{Failure, Outcome};
use crate::limits::WRITE_CHUNK_BYTES_MAX;
use crate::memory::request_trim;
use crate::proto::write_file_request::Message;
use crate::proto::{FileType, WriteFileHeader, WriteFileRequest, WriteFileResponse};

const FILE_MODE_DEFAULT: u32 = 0o644;

impl Files {
    /// Writes a whole file. What arrived before an error stays in it.
    pub async fn write(&self, mut requests: Streaming<WriteFileRequest>) -> Result<WriteFileResponse, Status> {
        let Some(WriteFileRequest {
            message: Some(Message::Header(header)),
        }) = requests.message().await?
        else {
            return Err(Failure::invalid("header", "comes in the first message").into());
        };
        let identity = self.identity();
        let credentials = &identity.user.credentials;
        let path = identity.resolve("path", &header.path)?;
        let opened = path.clone();
        let mut file = as_user(credentials, move || open(&opened, &header)).await?;
        let mut bytes = 0;
        while let Some(pieces) = gather(&mut requests).await? {
            bytes += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
            let written = path.clone();
            file = as_user(credentials, move || {
                let mut pieces = pieces.iter();
                match pieces.try_for_each(|piece| file.write_all(piece)) {
                    Ok(()) => Ok(file),
                    Err(error) => Err(about(&written, &error)),
                }
            })
            .await?;
        }
        request_trim();
        let stat = as_user(credentials, move || {
            let metadata = file.metadata().map_err(|error| about(&path, &error))?;
            Ok(describe(&path, &metadata))
        })
        .await?;
        Ok(WriteFileResponse {
            bytes,
            stat: Some(stat),
        })
    }
}

/// The pieces that have arrived, at least one: each way to another thread costs, so several share one. `None` at the
/// end of the stream.
async fn gather(requests: &mut Streaming<WriteFileRequest>) -> Result<Option<Vec<Bytes>>, Status> {
    let mut pieces = Vec::new();
    let mut bytes = 0;
    let mut next = requests.message().await?;
    while let Some(request) = next {
        let data = match request.message {
            Some(Message::Data(data)) if data.len() <= WRITE_CHUNK_BYTES_MAX => data,
            Some(Message::Data(_)) => return Err(Failure::invalid("data", "has at most 1 MiB").into()),
            _ => return Err(Failure::invalid("header", "comes once").into()),
        };
        bytes += data.len();
        pieces.push(data);
        if bytes >= WRITE_CHUNK_BYTES_MAX {
            break;
        }
        next = tokio::select! {
            biased;
            request = requests.message() => request?,
            () = ready(()) => None,
        };
    }
    Ok((!pieces.is_empty()).then_some(pieces))
}

fn open(path: &Path, header: &WriteFileHeader) -> Outcome<File> {
    let mode = checked_mode("mode", header.mode, FILE_MODE_DEFAULT)?;
    let parent_mode = checked_mode("parent_mode", header.parent_mode, DIRECTORY_MODE_DEFAULT)?;
    if header.make_parents {
        make_parents(path, parent_mode)?;
    }
    // Without O_NONBLOCK a named pipe would hold the thread until somebody reads from it.
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .create_new(header.must_not_exist)
        .truncate(true)
        .mode(mode)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path);
    let file = opened.map_err(|error| about(path, &error))?;
    let metadata = file.metadata().map_err(|error| about(path, &error))?;
    if file_type(&metadata) == FileType::Regular {
        return Ok(file);
    }
    Err(Failure::errno(
        format!("{} is no regular file", path.display()),
        libc::EINVAL,
    ))
}

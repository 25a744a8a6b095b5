//! TCP connections to ports inside the sandbox, also to servers that listen on localhost only.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::errors::{Failure, Outcome};
use crate::limits::DIAL_CHUNK_BYTES_MAX;
use crate::ports;
use crate::proto::dial_request::Message as Asked;
use crate::proto::dial_response::Message as Answered;
use crate::proto::{DialConnected, DialRequest, DialResponse};
use crate::requests::check_port;

const CHUNKS_WAITING: usize = 2;
/// Inside one machine a connection is made at once or not at all.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);

type Answers = mpsc::Sender<Result<DialResponse, Status>>;

/// Connects, and passes bytes both ways until both sides have ended or the caller leaves.
///
/// # Errors
/// `UNAVAILABLE` when nothing answers at the port.
pub async fn dial(
    mut requests: Streaming<DialRequest>,
) -> Result<mpsc::Receiver<Result<DialResponse, Status>>, Status> {
    let Some(DialRequest {
        message: Some(Asked::Target(target)),
    }) = requests.message().await?
    else {
        return Err(Failure::invalid("target", "comes in the first message").into());
    };
    let connection = connect(check_port(target.port)?).await?;
    let (answers, receiver) = mpsc::channel(CHUNKS_WAITING);
    tokio::spawn(async move {
        let (read, write) = connection.into_split();
        let gone = answers.clone();
        tokio::select! {
            _ = async { tokio::join!(copy_from_port(read, &answers), copy_to_port(requests, write, &answers)) } => {}
            () = gone.closed() => {}
        }
    });
    Ok(receiver)
}

/// Tries 127.0.0.1, then ::1, then where the kernel says that something listens.
async fn connect(port: u16) -> Outcome<TcpStream> {
    let local = [
        SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
    ];
    let mut failed = io::Error::from_raw_os_error(libc::ECONNREFUSED);
    for address in local {
        match connect_to(address).await {
            Ok(connection) => return Ok(connection),
            Err(error) if address.is_ipv4() => failed = error,
            Err(_) => {}
        }
    }
    for address in spawn_blocking(ports::listeners).await.unwrap_or_default() {
        if address.port() == port
            && !address.ip().is_unspecified()
            && let Ok(connection) = connect_to(address).await
        {
            return Ok(connection);
        }
    }
    Err(Failure::unavailable(
        format!("nothing answers on port {port}: {failed}"),
        &failed,
    ))
}

async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let connection = timeout(CONNECT_TIME_MAX, TcpStream::connect(address)).await??;
    connection.set_nodelay(true)?;
    Ok(connection)
}

async fn answer(answers: &Answers, message: Answered) -> Option<()> {
    answers.send(Ok(DialResponse { message: Some(message) })).await.ok()
}

async fn copy_from_port(mut from: OwnedReadHalf, answers: &Answers) -> Option<()> {
    answer(answers, Answered::Connected(DialConnected {})).await?;
    let mut buffer = Vec::new();
    loop {
        from.readable().await.ok()?;
        buffer.resize(DIAL_CHUNK_BYTES_MAX, 0);
        match from.read(&mut buffer).await {
            Ok(0) => return Some(()),
            Ok(count) => answer(answers, Answered::Data(Bytes::copy_from_slice(&buffer[..count]))).await?,
            Err(error) => {
                let failure = Failure::unavailable(format!("the connection broke: {error}"), &error);
                answers.send(Err(failure.into())).await.ok()?;
                return None;
            }
        }
    }
}

async fn copy_to_port(mut requests: Streaming<DialRequest>, mut to: OwnedWriteHalf, answers: &Answers) {
    let refused = loop {
        match requests.message().await {
            Ok(Some(DialRequest {
                message: Some(Asked::Data(data)),
            })) if data.len() <= DIAL_CHUNK_BYTES_MAX => {
                // A peer that reads no more may still write: its side decides how the connection ends.
                if to.write_all(&data).await.is_err() {
                    break None;
                }
            }
            Ok(
                Some(DialRequest {
                    message: Some(Asked::EndOfInput(true)),
                })
                | None,
            ) => break None,
            Ok(Some(DialRequest {
                message: Some(Asked::EndOfInput(false)),
            })) => {}
            Ok(Some(_)) => {
                break Some(Failure::invalid(
                    "data",
                    "has at most 64 KiB and comes after one target",
                ));
            }
            Err(_) => break None,
        }
    };
    if let Some(failure) = refused {
        let _ = answers.send(Err(failure.into())).await;
    }
    let _ = to.shutdown().await;
}

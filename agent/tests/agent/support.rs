//! A real agent behind a shim of a few lines: frames on a socket pair, and a gRPC client at the other end.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agent_link::{HEADER_BYTES, Header, PAYLOAD_BYTES_MAX, reset_frame};
use hyper_util::rt::TokioIo;
use sandlot_agent::proto::agent_client::AgentClient;
use sandlot_agent::proto::run_event::Event;
use sandlot_agent::proto::{Exit, RunEvent, StartProcessRequest, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};

pub type Client = AgentClient<Channel>;

static AGENTS: AtomicU64 = AtomicU64::new(0);

/// An agent process of its own for each test.
pub struct Agent {
    child: Mutex<Child>,
    connections: mpsc::Sender<DuplexStream>,
    pub scratch: PathBuf,
}

impl Agent {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(variables: &[(&str, &str)]) -> Self {
        let number = AGENTS.fetch_add(1, Ordering::Relaxed);
        let scratch = std::env::temp_dir().join(format!("sandlot-agent-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&scratch).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandlot-agent"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("SANDLOT_STATE_DIRECTORY", scratch.join("state"))
            .envs(variables.iter().copied());
        Self::spawn(command, scratch)
    }

    /// Runs a program that is an agent, or has one at its standard input.
    pub fn spawn(mut command: Command, scratch: PathBuf) -> Self {
        let (ours, theirs) = StdUnixStream::pair().unwrap();
        let child = command.stdin(OwnedFd::from(theirs)).spawn().unwrap();
        ours.set_nonblocking(true).unwrap();
        let (connections, queue) = mpsc::channel(1);
        tokio::spawn(shim(UnixStream::from_std(ours).unwrap(), queue));
        Self {
            child: Mutex::new(child),
            connections,
            scratch,
        }
    }

    /// A new connection, which takes over from the one before it.
    pub async fn connect(&self) -> Client {
        let connections = self.connections.clone();
        let connector = tower::service_fn(move |_| {
            let connections = connections.clone();
            async move {
                let (near, far) = duplex(PAYLOAD_BYTES_MAX);
                connections.send(far).await.unwrap();
                Ok::<_, std::io::Error>(TokioIo::new(near))
            }
        });
        let endpoint = Endpoint::from_static("http://agent").timeout(Duration::from_secs(30));
        let channel = endpoint.connect_with_connector(connector).await.unwrap();
        AgentClient::new(channel).max_decoding_message_size(64 * 1024 * 1024)
    }

    pub fn path(&self, name: &str) -> String {
        self.scratch.join(name).to_str().unwrap().to_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// How many descriptors the agent has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }

    /// Whether the agent has exited with 0 within two seconds.
    pub async fn exits(&self) -> bool {
        for _ in 0..200 {
            if let Some(status) = self.child.lock().unwrap().try_wait().unwrap() {
                return status.success();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        if child.try_wait().unwrap().is_none() {
            let pid = rustix::process::Pid::from_child(child);
            // Orderly, so that what a test has started ends too.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            for _ in 0..300 {
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

/// A call that takes longer hangs.
const RUN_MAX: Duration = Duration::from_secs(120);

type Frame = (Header, Vec<u8>);

/// Passes frames between the agent and the newest connection; a frame is never torn apart.
async fn shim(socket: UnixStream, mut connections: mpsc::Receiver<DuplexStream>) {
    let (reader, writer) = socket.into_split();
    let (to_agent, outgoing) = mpsc::channel(2);
    let (incoming, mut from_agent) = mpsc::channel(1);
    tokio::spawn(send_frames(writer, outgoing));
    tokio::spawn(receive_frames(reader, incoming));
    let mut epoch: u64 = 0;
    let mut next = connections.recv().await;
    while let Some(connection) = next.take() {
        epoch += 1;
        to_agent.send(reset_frame(epoch).to_vec()).await.unwrap();
        let (up, down) = split(connection);
        let sending = tokio::spawn(send_data(up, to_agent.clone()));
        tokio::select! {
            () = receive_data(epoch, &mut from_agent, down) => next = connections.recv().await,
            connection = connections.recv() => next = connection,
        }
        sending.abort();
        let _ = sending.await;
    }
}

async fn send_frames(mut writer: OwnedWriteHalf, mut frames: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        if writer.write_all(&frame).await.is_err() {
            return;
        }
    }
}

async fn receive_frames(mut reader: OwnedReadHalf, frames: mpsc::Sender<Frame>) {
    let mut header = [0; HEADER_BYTES];
    while reader.read_exact(&mut header).await.is_ok() {
        let header = Header::decode(header).expect("the agent sends frames of the protocol");
        let mut payload = vec![0; header.payload_bytes()];
        if reader.read_exact(&mut payload).await.is_err() || frames.send((header, payload)).await.is_err() {
            return;
        }
    }
}

async fn send_data(mut from: ReadHalf<DuplexStream>, to: mpsc::Sender<Vec<u8>>) {
    let mut buffer = vec![0; PAYLOAD_BYTES_MAX];
    while let Ok(length) = from.read(&mut buffer).await {
        let header = if length == 0 {
            Header::End
        } else {
            Header::Data { length }
        };
        let mut frame = header.encode().to_vec();
        frame.extend_from_slice(&buffer[..length]);
        if to.send(frame).await.is_err() || length == 0 {
            return;
        }
    }
}

async fn receive_data(epoch: u64, from: &mut mpsc::Receiver<Frame>, mut to: WriteHalf<DuplexStream>) {
    let mut answered = false;
    while let Some((header, payload)) = from.recv().await {
        if header == Header::Reset {
            answered = payload == epoch.to_be_bytes();
            continue;
        }
        // What comes before the answer belongs to an older connection.
        if answered && (header == Header::End || to.write_all(&payload).await.is_err()) {
            return;
        }
    }
}

/// A shell command as a request.
pub fn shell(script: &str) -> StartProcessRequest {
    StartProcessRequest {
        command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        ..Default::default()
    }
}

/// The events of a finished `Run`.
#[derive(Debug, Default)]
pub struct Ran {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub exit: Option<Exit>,
    pub start_failed: Option<String>,
}

impl Ran {
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub fn code(&self) -> i32 {
        self.exit.as_ref().unwrap().code
    }

    pub fn take(&mut self, event: RunEvent) {
        match event.event.unwrap() {
            Event::Started(process) => assert!(process.pid > 0),
            Event::Exited(exit) => self.exit = Some(exit),
            Event::StartFailed(message) => self.start_failed = Some(message),
            Event::Output(chunk) => {
                let stream = match chunk.stream() {
                    Stream::Stdout => &mut self.stdout,
                    Stream::Stderr => &mut self.stderr,
                    Stream::Unspecified => panic!("a piece of output names its stream"),
                };
                assert_eq!(chunk.offset, stream.len() as u64);
                stream.extend_from_slice(&chunk.data);
            }
        }
    }
}

pub async fn finish(mut events: Streaming<RunEvent>) -> Ran {
    let mut ran = Ran::default();
    let all = async {
        while let Some(event) = events.message().await.unwrap() {
            ran.take(event);
        }
    };
    tokio::time::timeout(RUN_MAX, all).await.expect("the call ends");
    ran
}

pub async fn run(client: &mut Client, request: StartProcessRequest) -> Ran {
    finish(client.run(request).await.unwrap().into_inner()).await
}

pub fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// The system's error that a refusal carries.
pub fn errno(status: &Status) -> &str {
    status
        .metadata()
        .get("sandlot-errno")
        .map_or("", |name| name.to_str().unwrap())
}

/// Waits for something that the agent does not report; fails when it does not happen within five seconds.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

/// Whether a process exists, as a zombie or not.
pub fn alive(pid: i32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

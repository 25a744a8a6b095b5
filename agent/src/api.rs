//! The calls of the contract, each handed to the part that does it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_blocking;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::dial::dial;
use crate::errors::{Failure, Outcome};
use crate::files::Files;
use crate::limits::INPUT_BYTES_MAX;
use crate::output;
use crate::proto::agent_server::Agent;
use crate::proto::signal_process_request::Target as WireTarget;
use crate::proto::*;
use crate::requests::{check_port, check_terminal};
use crate::run::Starter;
use crate::signals::Target;
use crate::{metrics, ports, shutdown};

/// Counts additions to the contract.
const PROTOCOL: u32 = 3;
const SIGNAL_MAX: i32 = 64;
const BOOT_ID_BYTES: usize = 16;

/// The agent as callers see it.
pub struct Api {
    starter: Starter,
    files: Files,
    boot_id: [u8; BOOT_ID_BYTES],
    exit: Arc<Notify>,
}

impl Api {
    /// The calls on these parts; `exit` is notified when the agent is to end.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new(starter: Starter, exit: Arc<Notify>) -> io::Result<Self> {
        let mut boot_id = [0; BOOT_ID_BYTES];
        rustix::rand::getrandom(&mut boot_id, rustix::rand::GetRandomFlags::empty())?;
        let files = Files::new(Arc::clone(&starter.environment));
        Ok(Self {
            starter,
            files,
            boot_id,
            exit,
        })
    }

    fn entry(&self, id: &str) -> Outcome<Arc<crate::processes::Entry>> {
        self.starter.processes.get(id)
    }
}

/// A stream of responses; the work behind it ends when the caller leaves.
pub struct ResponseStream<T>(mpsc::Receiver<Result<T, Status>>);

impl<T> Stream for ResponseStream<T> {
    type Item = Result<T, Status>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

type ApiResult<T> = Result<Response<T>, Status>;

fn streamed<T>(receiver: mpsc::Receiver<Result<T, Status>>) -> ApiResult<ResponseStream<T>> {
    Ok(Response::new(ResponseStream(receiver)))
}

#[async_trait]
impl Agent for Api {
    type RunStream = ResponseStream<RunEvent>;
    type ReadOutputStream = ResponseStream<OutputChunk>;
    type ListDirectoryStream = ResponseStream<ListDirectoryResponse>;
    type ReadFileStream = ResponseStream<ReadFileResponse>;
    type DialStream = ResponseStream<DialResponse>;

    async fn hello(&self, _: Request<HelloRequest>) -> ApiResult<HelloResponse> {
        Ok(Response::new(HelloResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            boot_id: self.boot_id.to_vec().into(),
            configured: self.starter.environment.identity().configured,
        }))
    }

    async fn configure(&self, request: Request<ConfigureRequest>) -> ApiResult<ConfigureResponse> {
        let environment = Arc::clone(&self.starter.environment);
        let task = spawn_blocking(move || environment.configure(request.into_inner()));
        Ok(Response::new(task.await.map_err(broken)??))
    }

    async fn change_environment(
        &self,
        request: Request<ChangeEnvironmentRequest>,
    ) -> ApiResult<ChangeEnvironmentResponse> {
        let environment = self.starter.environment.change(request.into_inner())?;
        let environment = environment.into_iter().collect();
        Ok(Response::new(ChangeEnvironmentResponse { environment }))
    }

    async fn start_process(&self, request: Request<StartProcessRequest>) -> ApiResult<Process> {
        Ok(Response::new(self.starter.start(request.into_inner()).await?))
    }

    async fn run(&self, request: Request<StartProcessRequest>) -> ApiResult<Self::RunStream> {
        streamed(self.starter.run(request.into_inner())?)
    }

    async fn list_processes(&self, request: Request<ListProcessesRequest>) -> ApiResult<ListProcessesResponse> {
        let request = request.into_inner();
        let processes = self.starter.processes.list(&request.labels, request.running_only);
        Ok(Response::new(ListProcessesResponse { processes }))
    }

    async fn get_process(&self, request: Request<GetProcessRequest>) -> ApiResult<Process> {
        Ok(Response::new(self.entry(&request.into_inner().id)?.describe()))
    }

    async fn wait_process(&self, request: Request<WaitProcessRequest>) -> ApiResult<Process> {
        let request = request.into_inner();
        let entry = self.entry(&request.id)?;
        if request.timeout_ms == 0 {
            entry.wait().await;
        } else {
            let limit = Duration::from_millis(request.timeout_ms);
            let over = |_| Failure::deadline(format!("process {} still runs", request.id));
            tokio::time::timeout(limit, entry.wait()).await.map_err(over)?;
        }
        Ok(Response::new(entry.describe()))
    }

    async fn signal_process(&self, request: Request<SignalProcessRequest>) -> ApiResult<SignalProcessResponse> {
        let request = request.into_inner();
        if !(1..=SIGNAL_MAX).contains(&request.signal) {
            return Err(Failure::invalid("signal", "is 1 to 64").into());
        }
        let target = match WireTarget::try_from(request.target) {
            Ok(WireTarget::Group) => Target::Group,
            Ok(WireTarget::Process) => Target::Process,
            Ok(WireTarget::Descendants) => Target::Descendants,
            Err(_) => return Err(Failure::invalid("target", "is 0, 1 or 2").into()),
        };
        let processes = Arc::clone(&self.starter.processes);
        let entry = self.entry(&request.id)?;
        let task = spawn_blocking(move || processes.signal(&entry, request.signal, target));
        task.await.map_err(broken)??;
        Ok(Response::new(SignalProcessResponse {}))
    }

    async fn write_input(&self, request: Request<WriteInputRequest>) -> ApiResult<WriteInputResponse> {
        let request = request.into_inner();
        if request.data.len() > INPUT_BYTES_MAX {
            return Err(Failure::invalid("data", "has at most 1 MiB").into());
        }
        let entry = self.entry(&request.id)?;
        let written = entry.input.write(request.data, request.close, entry.ended())?;
        let result = written.await.map_err(broken)?;
        result.map_err(|error| Failure::input_closed(&request.id, &error))?;
        Ok(Response::new(WriteInputResponse {}))
    }

    async fn read_output(&self, request: Request<ReadOutputRequest>) -> ApiResult<Self::ReadOutputStream> {
        let request = request.into_inner();
        streamed(output::read(self.entry(&request.id)?, &request)?)
    }

    async fn resize_terminal(&self, request: Request<ResizeTerminalRequest>) -> ApiResult<ResizeTerminalResponse> {
        let request = request.into_inner();
        let entry = self.entry(&request.id)?;
        let size = request
            .terminal
            .ok_or_else(|| Failure::invalid("terminal", "is required"))?;
        check_terminal(&size)?;
        entry.resize(size)?;
        Ok(Response::new(ResizeTerminalResponse {}))
    }

    async fn label_process(&self, request: Request<LabelProcessRequest>) -> ApiResult<Process> {
        let request = request.into_inner();
        let entry = self.entry(&request.id)?;
        entry.merge_labels(request.labels)?;
        Ok(Response::new(entry.describe()))
    }

    async fn remove_process(&self, request: Request<RemoveProcessRequest>) -> ApiResult<RemoveProcessResponse> {
        let request = request.into_inner();
        self.starter.processes.remove(&request.id, request.kill).await?;
        Ok(Response::new(RemoveProcessResponse {}))
    }

    async fn stat(&self, request: Request<StatRequest>) -> ApiResult<FileStat> {
        Ok(Response::new(self.files.stat(request.into_inner()).await?))
    }

    async fn list_directory(&self, request: Request<ListDirectoryRequest>) -> ApiResult<Self::ListDirectoryStream> {
        streamed(self.files.list(request.into_inner()).await?)
    }

    async fn read_file(&self, request: Request<ReadFileRequest>) -> ApiResult<Self::ReadFileStream> {
        streamed(self.files.read(request.into_inner()).await?)
    }

    async fn write_file(&self, request: Request<Streaming<WriteFileRequest>>) -> ApiResult<WriteFileResponse> {
        Ok(Response::new(self.files.write(request.into_inner()).await?))
    }

    async fn make_directory(&self, request: Request<MakeDirectoryRequest>) -> ApiResult<MakeDirectoryResponse> {
        self.files.make_directory(request.into_inner()).await?;
        Ok(Response::new(MakeDirectoryResponse {}))
    }

    async fn r#move(&self, request: Request<MoveRequest>) -> ApiResult<MoveResponse> {
        self.files.relocate(request.into_inner()).await?;
        Ok(Response::new(MoveResponse {}))
    }

    async fn remove(&self, request: Request<RemoveRequest>) -> ApiResult<RemoveResponse> {
        self.files.remove(request.into_inner()).await?;
        Ok(Response::new(RemoveResponse {}))
    }

    async fn set_attributes(&self, request: Request<SetAttributesRequest>) -> ApiResult<SetAttributesResponse> {
        self.files.set_attributes(request.into_inner()).await?;
        Ok(Response::new(SetAttributesResponse {}))
    }

    async fn list_ports(&self, _: Request<ListPortsRequest>) -> ApiResult<ListPortsResponse> {
        let ports = ports::list().await;
        Ok(Response::new(ListPortsResponse { ports }))
    }

    async fn wait_for_port(&self, request: Request<WaitForPortRequest>) -> ApiResult<WaitForPortResponse> {
        let request = request.into_inner();
        ports::wait_for(check_port(request.port)?, Duration::from_millis(request.timeout_ms)).await?;
        Ok(Response::new(WaitForPortResponse {}))
    }

    async fn dial(&self, request: Request<Streaming<DialRequest>>) -> ApiResult<Self::DialStream> {
        streamed(dial(request.into_inner()).await?)
    }

    async fn get_metrics(&self, _: Request<GetMetricsRequest>) -> ApiResult<Metrics> {
        Ok(Response::new(spawn_blocking(metrics::read).await.map_err(broken)?))
    }

    async fn shutdown(&self, request: Request<ShutdownRequest>) -> ApiResult<ShutdownResponse> {
        shutdown::end_all(Duration::from_millis(request.into_inner().grace_ms)).await;
        shutdown::exit_soon(Arc::clone(&self.exit));
        Ok(Response::new(ShutdownResponse {}))
    }
}

fn broken(error: tokio::task::JoinError) -> Status {
    Failure::system("the call", &io::Error::other(error)).into()
}

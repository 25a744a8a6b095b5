//! Start-up, and the loop that the agent stays in.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tonic::transport::Server;

use crate::api::Api;
use crate::diagnostics::report;
use crate::environment::Environment;
use crate::errors::Failure;
use crate::limits::{BLOCKING_THREADS_MAX, CALLS_MAX, MESSAGE_BYTES_MAX};
use crate::link::{Link, LinkObserver};
use crate::logs::LogDirectory;
use crate::processes::Processes;
use crate::proto::agent_server::AgentServer;
use crate::reap::reap_forever;
use crate::run::Starter;
use crate::{memory, pressure, shutdown, syscalls};

/// Processes and threads that each user of the sandbox may have; the host sets it from its own limit.
const PROCESSES_MAX_VARIABLE: &str = "SANDLOT_PIDS_MAX";
/// Where logs are kept instead of their usual place.
const STATE_DIRECTORY_VARIABLE: &str = "SANDLOT_STATE_DIRECTORY";
const BLOCKING_THREAD_STACK_BYTES: usize = 256 * 1024;
const BLOCKING_THREAD_IDLE_TIME: Duration = Duration::from_secs(5);
/// HTTP/2 flow control windows of one call, and of all together; the link's round trip is far below a millisecond.
const CALL_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// The largest HTTP/2 frame we take.
const FRAME_BYTES_MAX: u32 = 256 * 1024;
const EXIT_NO_LINK: u8 = 2;

/// Runs the agent until it is shut down.
pub fn run() -> ExitCode {
    syscalls::prepare_process();
    let served = runtime().map(|runtime| {
        let served = runtime.block_on(serve());
        // A call that hangs in the system must not hold up the exit.
        runtime.shutdown_background();
        served
    });
    match served {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            report(failure.message());
            ExitCode::from(EXIT_NO_LINK)
        }
        Err(error) => {
            report(format_args!("no runtime: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_stack_size(BLOCKING_THREAD_STACK_BYTES)
        .thread_keep_alive(BLOCKING_THREAD_IDLE_TIME)
        .build()
}

async fn serve() -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::system("start", &error);
    let link = syscalls::take_standard_input().and_then(Link::new).map_err(failed)?;
    let observer = link.observer();
    let children_ended = signal(SignalKind::child()).map_err(failed)?;
    let terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let starter = starter()?;
    let processes = Arc::clone(&starter.processes);
    let exit = Arc::new(Notify::new());
    let api = Api::new(starter, Arc::clone(&exit)).map_err(failed)?;
    tokio::select! {
        () = reap_forever(&processes.children, children_ended) => {}
        () = serve_connections(link, observer, api) => {}
        () = memory::trim_forever() => {}
        () = pressure::relieve_forever(&processes) => {}
        () = shutdown::on_signals(terminate, interrupt) => {}
        () = exit.notified() => {}
    }
    Ok(())
}

fn starter() -> Result<Starter, Failure> {
    Ok(Starter {
        processes: Arc::new(Processes::default()),
        environment: Arc::new(Environment::new()?),
        logs: Arc::new(LogDirectory::new(
            env::var_os(STATE_DIRECTORY_VARIABLE).map(PathBuf::from),
        )),
        processes_max: processes_max(),
    })
}

fn processes_max() -> Option<u64> {
    let value = env::var(PROCESSES_MAX_VARIABLE).ok()?;
    let number = value.parse().ok().filter(|number| *number > 0);
    if number.is_none() {
        report(format_args!(
            "{PROCESSES_MAX_VARIABLE}={value} is no positive number and is not used"
        ));
    }
    number
}

/// Serves one connection after the other. When the shim is gone the agent cannot be reached any more, but the user's
/// processes go on until the host stops the sandbox.
async fn serve_connections(link: Link, observer: LinkObserver, api: Api) {
    let service = AgentServer::new(api)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(usize::MAX);
    let served = Server::builder()
        .initial_stream_window_size(CALL_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(CALLS_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .serve_with_incoming(service, link)
        .await;
    if let Err(error) = served {
        report(format_args!("the server ended: {error}"));
    }
    report(format_args!(
        "the link is gone ({}); processes go on",
        observer.reason()
    ));
    std::future::pending().await
}

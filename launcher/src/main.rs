//! The only program of ours that runs as root on a host: a closed list of typed operations over a Unix socket.
//! `api/launcher.md` is the contract; `operations.rs` answers it.

mod answer;
mod bundle;
mod cgroup;
mod check;
mod clean;
mod config;
mod database;
mod disk;
mod engine;
mod failpoint;
mod files;
mod host;
mod id_map;
mod images;
mod log;
mod network;
mod operations;
mod overlay;
mod process;
mod record;
mod request;
mod rootfs;
mod sandbox;
mod server;
mod shim;
mod system;
mod values;

use std::path::PathBuf;
use std::process::ExitCode;

use answer::{Code, Failure, Outcome};
use config::Config;

const USAGE: &str = "\
sandlot-launcher: the only program of Sandlot that runs as root

  sandlot-launcher serve --config FILE   serves the runner; log lines on standard error
  sandlot-launcher clean --config FILE   ends all sandboxes and the database and removes all that
                                         the launcher made on the host; disks and database stay
  sandlot-launcher check --config FILE   prints what the host has and lacks, as JSON
  sandlot-launcher --help
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        // The launcher itself starts these; the rest of the arguments only names them in a list of processes.
        ["shim", _, _] => return shim::main(),
        ["--help"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        [command @ ("serve" | "clean" | "check"), "--config", file] => run(command, &PathBuf::from(file)),
        _ => Err(Failure::new(Code::Invalid, USAGE)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, file: &std::path::Path) -> Outcome<()> {
    let config = Config::read(file)?;
    if !rustix::process::geteuid().is_root() {
        return Err(Failure::new(Code::Forbidden, "The launcher must be started as root."));
    }
    if config.failpoints {
        failpoint::enable();
    }
    // What is made for others gets its mode explicitly.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    match command {
        "serve" => server::serve(config),
        "clean" => clean::clean(&config),
        _ => check::check(&config),
    }
}

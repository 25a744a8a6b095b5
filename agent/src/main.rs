//! The program that is PID 1 of every sandbox.

fn main() -> std::process::ExitCode {
    sandlot_agent::run()
}

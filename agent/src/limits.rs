//! Every limit of the contract, with its unit. What passes one is refused with `INVALID_ARGUMENT` and the field's name.

use std::time::Duration;

/// Variables of an environment.
pub const VARIABLES_MAX: usize = 1_000;
/// Bytes of a variable's name and value together.
pub const VARIABLE_BYTES_MAX: usize = 128 * 1024;
/// Bytes of all variables together.
pub const ENVIRONMENT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a host name.
pub const HOST_NAME_BYTES_MAX: usize = 63;
/// Bytes of a process's id.
pub const PROCESS_ID_BYTES_MAX: usize = 128;
/// Items of a command: the program and its arguments.
pub const COMMAND_ITEMS_MAX: usize = 4_096;
/// Bytes of all items of a command together.
pub const COMMAND_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a command that its record keeps; the rest is truncated, so that records stay small.
pub const COMMAND_BYTES_KEPT: usize = 4_096;
/// Bytes of the input that comes with a start.
pub const START_INPUT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The highest descriptor that a process's input may come on instead of its standard input.
pub const INPUT_DESCRIPTOR_MAX: u32 = 255;
/// Bytes of one write to a process's input.
pub const INPUT_BYTES_MAX: usize = 1024 * 1024;
/// Writes that may wait for one process to read.
pub const INPUTS_WAITING_MAX: usize = 16;
/// Labels of a process.
pub const LABELS_MAX: usize = 32;
/// Bytes of a label's key.
pub const LABEL_KEY_BYTES_MAX: usize = 64;
/// Bytes of a label's value.
pub const LABEL_VALUE_BYTES_MAX: usize = 4_096;
/// Bytes of output kept for each stream when the caller names none.
pub const LOG_BYTES_DEFAULT: u64 = 16 * 1024 * 1024;
/// Bytes of output that a caller may ask to keep for each stream.
pub const LOG_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Columns or rows of a terminal.
pub const TERMINAL_SIDE_MAX: u32 = 1_000;
/// Bytes of one piece of output.
pub const OUTPUT_CHUNK_BYTES_MAX: usize = 64 * 1024;
/// How long output is awaited from pipes that a background child still holds, after the process itself has ended.
pub const DRAIN_TIME: Duration = Duration::from_millis(250);
/// Processes that run at one time.
pub const PROCESSES_RUNNING_MAX: usize = 9_000;
/// Records of finished processes; the oldest are dropped, with their logs.
pub const PROCESSES_FINISHED_MAX: usize = 1_000;
/// Bytes of a path.
pub const PATH_BYTES_MAX: usize = 4_096;
/// Depth to which a directory is listed.
pub const LIST_DEPTH_MAX: u32 = 64;
/// Entries of a listing.
pub const LIST_ENTRIES_MAX: usize = 100_000;
/// Entries of one message of a listing.
pub const LIST_MESSAGE_ENTRIES_MAX: usize = 512;
/// Bytes of one piece of a file that is read.
pub const READ_CHUNK_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one piece of a file that is written.
pub const WRITE_CHUNK_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one piece of a dialled connection.
pub const DIAL_CHUNK_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a whole message: the largest start (input, command, environment, labels) fits.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Calls at one time on a connection.
pub const CALLS_MAX: u32 = 1_024;
/// Threads for calls of the system that may block.
pub const BLOCKING_THREADS_MAX: usize = 8;

//! Runs ahead of gVisor's sentry: `gvisor-sentry-prewarmer <program> <name> <arguments>`, as `runsc` calls the program of
//! that name beside it. It makes the descriptor table large while the process has one thread. The sentry needs it
//! that large later, and a table that several threads share grows only after an RCU grace period (docs/adr/0012).

use std::ffi::{CString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use std::ptr;

/// Above the sentry's highest descriptor, which is 255.
const DESCRIPTOR: c_int = 1_023;

unsafe extern "C" {
    fn dup2(old: c_int, new: c_int) -> c_int;
    fn close(descriptor: c_int) -> c_int;
    fn execv(path: *const c_char, arguments: *const *const c_char) -> c_int;
}

fn main() -> ExitCode {
    let items = std::env::args_os().skip(1);
    let items: Vec<CString> = items.filter_map(|item| CString::new(item.into_vec()).ok()).collect();
    let Some((program, arguments)) = items.split_first() else {
        return ExitCode::FAILURE;
    };
    let pointers = arguments.iter().map(|argument| argument.as_ptr());
    let pointers: Vec<*const c_char> = pointers.chain([ptr::null()]).collect();
    // SAFETY: nothing uses the descriptor, and the pointers live on, with a null pointer as the last.
    unsafe {
        if dup2(0, DESCRIPTOR) == DESCRIPTOR {
            close(DESCRIPTOR);
        }
        execv(program.as_ptr(), pointers.as_ptr());
    }
    eprintln!("gvisor-sentry-prewarmer: {}", std::io::Error::last_os_error());
    ExitCode::FAILURE
}

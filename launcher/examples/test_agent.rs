//! The agent of the launcher's own tests: it speaks the frames of `api/launcher.md` on its standard input and executes
//! one command a line, so that a test can look at the world from inside a sandbox.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::FromRawFd;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use agent_link::{HEADER_BYTES, Header, PAYLOAD_BYTES_MAX, reset_frame};

const TIMEOUT: Duration = Duration::from_millis(1_500);

fn main() -> io::Result<()> {
    // SAFETY: standard input is open, it is the link, and nothing else uses it.
    let mut link = unsafe { File::from_raw_fd(0) };
    let mut world = World::default();
    let mut line = Vec::new();
    let mut payload = vec![0; PAYLOAD_BYTES_MAX];
    loop {
        let mut header = [0; HEADER_BYTES];
        link.read_exact(&mut header)?;
        let header = Header::decode(header).map_err(io::Error::other)?;
        let payload = &mut payload[..header.payload_bytes()];
        link.read_exact(payload)?;
        match header {
            Header::Reset => {
                line.clear();
                let epoch = payload.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
                link.write_all(&reset_frame(epoch))?;
            }
            Header::End => link.write_all(&Header::End.encode())?,
            Header::Pressure => world.pressure_count += 1,
            Header::Data { .. } => {
                line.extend_from_slice(payload);
                while let Some(end) = line.iter().position(|&byte| byte == b'\n') {
                    let command: Vec<u8> = line.drain(..=end).collect();
                    let command = String::from_utf8_lossy(&command).trim_end().to_owned();
                    let answer = world.execute(&command).unwrap_or_else(|error| format!("error {error}"));
                    send(&mut link, format!("{}\n", answer.replace('\n', "|")).as_bytes())?;
                }
            }
        }
    }
}

fn send(link: &mut File, bytes: &[u8]) -> io::Result<()> {
    for chunk in bytes.chunks(PAYLOAD_BYTES_MAX) {
        link.write_all(&Header::Data { length: chunk.len() }.encode())?;
        link.write_all(chunk)?;
    }
    Ok(())
}

#[derive(Default)]
struct World {
    held: Option<TcpStream>,
    notes: HashMap<String, String>,
    allocated: Vec<Vec<u8>>,
    pressure_count: usize,
}

impl World {
    fn execute(&mut self, command: &str) -> io::Result<String> {
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["echo", text] => Ok((*text).to_owned()),
            ["blob", bytes] => Ok("x".repeat(number(bytes)?)),
            ["set", name, text] => {
                self.notes.insert((*name).to_owned(), (*text).to_owned());
                Ok("set".into())
            }
            ["get", name] => Ok(self.notes.get(*name).cloned().unwrap_or_default()),
            ["read", path] => Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned()),
            ["write", path, text] => fs::write(path, text).map(|()| "written".into()),
            ["fill", path, bytes] => fill(path, number(bytes)?),
            ["run", program, arguments @ ..] => run(program, arguments),
            ["move", from, to] => fs::rename(from, to).map(|()| "moved".into()),
            ["link", from, to] => fs::hard_link(from, to).map(|()| "linked".into()),
            ["chown", path, owner] => {
                let owner = number(owner)? as u32;
                std::os::unix::fs::chown(path, Some(owner), Some(owner)).map(|()| "changed".into())
            }
            ["about", path] => about(path),
            ["processors"] => Ok(std::thread::available_parallelism()?.to_string()),
            ["allocate", bytes] => {
                self.allocated.push(vec![1; number(bytes)?]);
                Ok("allocated".into())
            }
            ["free"] => {
                self.allocated.clear();
                Ok("freed".into())
            }
            ["pressure-count"] => Ok(self.pressure_count.to_string()),
            ["connect", address] => TcpStream::connect_timeout(&parse(address)?, TIMEOUT).map(|_| "open".into()),
            ["serve", address] => serve(parse(address)?),
            ["hold", address] => {
                let stream = TcpStream::connect_timeout(&parse(address)?, TIMEOUT)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                self.held = Some(stream);
                Ok("held".into())
            }
            ["talk"] => self.talk(),
            ["ask", address] => ask(parse(address)?),
            ["flows", address, count] => flows(parse(address)?, number(count)?),
            ["ask-connected", address] => ask_connected(parse(address)?),
            ["call", way, arguments @ ..] => call(way, arguments),
            ["exit", code] => std::process::exit(number(code)? as i32),
            _ => Err(io::Error::other("no such command")),
        }
    }

    /// Sends a byte on the held connection and waits for it to come back.
    fn talk(&mut self) -> io::Result<String> {
        let stream = self.held.as_mut().ok_or_else(|| io::Error::other("nothing held"))?;
        stream.write_all(b"x")?;
        stream.read_exact(&mut [0])?;
        Ok("answered".into())
    }
}

/// Makes a system call in a process of its own, and returns the result: `0`, the error's number, or the signal
/// that ended it. The way is that of 64-bit programs, or an older one that the kernel may have beside it.
fn call(way: &str, arguments: &[&str]) -> io::Result<String> {
    let mut all = [0; 5];
    for (argument, text) in all.iter_mut().zip(arguments) {
        *argument = text.parse().map_err(io::Error::other)?;
    }
    let [number, first, second, third, fourth] = all;
    // SAFETY: there is one thread, and the child makes system calls only.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let result = match way {
            // SAFETY: no call that is asked for gets an address of this process.
            "64" => unsafe { libc::syscall(number, first, second, third, fourth) },
            "32" => old_call(number, first, second, third),
            _ => -1,
        };
        let error = if way == "32" {
            (-result).max(0)
        } else {
            i64::from(errno())
        };
        // SAFETY: it ends this process, without what the parent left to do at its end.
        unsafe { libc::_exit(if result < 0 { error as i32 } else { 0 }) };
    }
    let mut status = 0;
    // SAFETY: the status is ours to write to.
    if child < 0 || unsafe { libc::waitpid(child, &raw mut status, 0) } != child {
        return Err(io::Error::last_os_error());
    }
    if libc::WIFSIGNALED(status) {
        return Ok(format!("signal {}", libc::WTERMSIG(status)));
    }
    Ok(libc::WEXITSTATUS(status).to_string())
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(-1)
}

/// As programs for 32-bit processors call.
fn old_call(number: i64, first: i64, second: i64, third: i64) -> i64 {
    let result: i32;
    // SAFETY: rbx, which the compiler keeps to itself, is put back; the call gets no address.
    unsafe {
        std::arch::asm!(
            "xchg {first:r}, rbx",
            "int 0x80",
            "xchg {first:r}, rbx",
            first = inout(reg) first => _,
            inlateout("eax") number as i32 => result,
            in("ecx") second as i32,
            in("edx") third as i32,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    i64::from(result)
}

/// The output of a program, and its exit status.
fn run(program: &str, arguments: &[&str]) -> io::Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
    let output_of_both = [output.stdout, output.stderr].concat();
    Ok(format!("{}{}", String::from_utf8_lossy(&output_of_both), output.status))
}

/// What identifies a file, and its owner.
fn about(path: &str) -> io::Result<String> {
    let about = fs::symlink_metadata(path)?;
    Ok(format!(
        "{} {} {}:{}",
        about.ino(),
        about.nlink(),
        about.uid(),
        about.gid()
    ))
}

fn number(text: &str) -> io::Result<usize> {
    text.parse().map_err(io::Error::other)
}

fn parse(text: &str) -> io::Result<SocketAddr> {
    text.parse().map_err(io::Error::other)
}

fn fill(path: &str, bytes: usize) -> io::Result<String> {
    let mut file = File::create(path)?;
    let chunk = vec![7; 1 << 20];
    for _ in 0..bytes / chunk.len() {
        file.write_all(&chunk)?;
    }
    file.sync_all()?;
    Ok("filled".into())
}

/// Binds to the address and lets a client of its own come.
fn serve(address: SocketAddr) -> io::Result<String> {
    let listener = TcpListener::bind(address)?;
    let mut client = TcpStream::connect_timeout(&listener.local_addr()?, TIMEOUT)?;
    listener.accept()?.0.write_all(b"x")?;
    client.read_exact(&mut [0]).map(|()| "served".into())
}

/// Asks a question.
fn ask(address: SocketAddr) -> io::Result<String> {
    let any: SocketAddr = if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" }
        .parse()
        .map_err(io::Error::other)?;
    let socket = UdpSocket::bind(any)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    socket.send_to(b"question", address)?;
    let mut answer = [0; 512];
    let (length, from) = socket.recv_from(&mut answer)?;
    Ok(format!("{} from {from}", String::from_utf8_lossy(&answer[..length])))
}

/// Sends a datagram from each of so many ports.
fn flows(address: SocketAddr, count: usize) -> io::Result<String> {
    for _ in 0..count {
        UdpSocket::bind("0.0.0.0:0")?.send_to(b"flow", address)?;
    }
    Ok("sent".into())
}

/// Sends a query as resolvers do: on a connected socket, which gets ICMP errors, and without blocking in the call, which
/// gVisor would not end for them.
fn ask_connected(address: SocketAddr) -> io::Result<String> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_nonblocking(true)?;
    socket.connect(address)?;
    socket.send(b"question")?;
    let begin = Instant::now();
    loop {
        match socket.recv(&mut [0; 512]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && begin.elapsed() < TIMEOUT => {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result.map(|length| format!("{length} bytes")),
        }
    }
}

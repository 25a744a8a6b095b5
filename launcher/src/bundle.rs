//! The OCI bundle of a sandbox, made from typed values only.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::files;
use crate::id_map::IdMap;
use crate::rootfs::{AGENT, FOLDER};
use crate::values::{Engine, HostName, Limits};

/// What a bundle is made from.
pub struct Bundle<'a> {
    /// Which engine reads it.
    pub engine: Engine,
    /// What the sandbox calls itself.
    pub host_name: &'a HostName,
    /// What it may use.
    pub limits: &'a Limits,
    /// The file of its network namespace.
    pub namespace: &'a Path,
    /// Its cgroup, for the engine that wants to know.
    pub cgroup: String,
    /// Which ids its users have on the host; none when they are the same.
    pub id_map: Option<IdMap>,
}

/// The name that the limits view and the bundle use for the cgroup that gVisor reads its limits from.
const VIEW_CGROUP: &str = "sandbox";
const OPEN_FILES_MAX: u64 = 1_048_576;

/// Writes `config.json`, the folder for the root file system, and for gVisor the view of its limits.
///
/// # Errors
/// The system's.
pub fn write(folder: &Path, bundle: &Bundle<'_>) -> io::Result<()> {
    files::make_folder(folder, 0o700)?;
    if let Some(id_map) = bundle.id_map {
        // The engine, which is root nowhere but in its own user namespace, goes through it to the root file system.
        std::os::unix::fs::chown(folder, Some(0), Some(id_map.root()))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o710))?;
    }
    files::make_folder(&folder.join("rootfs"), 0o755)?;
    if bundle.engine == Engine::Runsc {
        write_limits_view(&folder.join("limits"), bundle.limits)?;
    }
    fs::write(folder.join("config.json"), serde_json::to_vec(&configuration(bundle))?)
}

/// A folder that looks, to gVisor, like the host's cgroups with the sandbox's limits in them. gVisor reads there how
/// much memory and how many processors to show inside; it would otherwise make and enter a cgroup in each of the
/// host's hierarchies, which is half of a start, only to read the same numbers. The true limits are those of the
/// cgroup that it was started in.
fn write_limits_view(folder: &Path, limits: &Limits) -> io::Result<()> {
    files::make_folder(folder, 0o700)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let contents = [
        (
            "cpu",
            "cpu.cfs_quota_us",
            (u64::from(limits.cpu_millis) * 100).to_string(),
        ),
        ("cpu", "cpu.cfs_period_us", "100000".to_owned()),
        ("cpuset", "cpuset.cpus", format!("0-{}", processors - 1)),
        ("memory", "memory.limit_in_bytes", limits.memory_bytes.to_string()),
    ];
    // Every hierarchy that gVisor knows; a missing one it would make.
    for hierarchy in [
        "blkio",
        "cpu",
        "cpuacct",
        "cpuset",
        "devices",
        "freezer",
        "hugetlb",
        "memory",
        "net_cls",
        "net_prio",
        "perf_event",
        "pids",
        "rdma",
        "systemd",
    ] {
        files::make_folder(&folder.join(hierarchy), 0o700)?;
        let cgroup = folder.join(hierarchy).join(VIEW_CGROUP);
        files::make_folder(&cgroup, 0o700)?;
        fs::write(cgroup.join("cgroup.procs"), "")?;
    }
    for (hierarchy, file, content) in contents {
        fs::write(folder.join(hierarchy).join(VIEW_CGROUP).join(file), content)?;
    }
    Ok(())
}

fn configuration(bundle: &Bundle<'_>) -> Value {
    let capabilities = capabilities(bundle.engine);
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": [AGENT],
            "env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                format!("SANDLOT_PIDS_MAX={}", bundle.limits.pids),
            ],
            "cwd": "/",
            "capabilities": {
                "bounding": capabilities, "effective": capabilities, "permitted": capabilities, "inheritable": [],
            },
            "rlimits": [{"type": "RLIMIT_NOFILE", "soft": open_files(bundle.engine), "hard": open_files(bundle.engine)}],
            "noNewPrivileges": false,
        },
        "root": {"path": "rootfs", "readonly": false},
        "hostname": bundle.host_name.as_str(),
        "mounts": mounts(bundle.engine),
        "linux": linux(bundle),
    })
}

fn linux(bundle: &Bundle<'_>) -> Value {
    let mut namespaces = vec![
        json!({"type": "pid"}),
        json!({"type": "mount"}),
        json!({"type": "ipc"}),
        json!({"type": "uts"}),
        json!({"type": "network", "path": bundle.namespace}),
    ];
    let id_map = bundle.id_map.map(IdMap::ranges);
    namespaces.extend(id_map.map(|_| json!({"type": "user"})));
    match bundle.engine {
        Engine::Runsc => json!({
            "namespaces": namespaces,
            "cgroupsPath": format!("/{VIEW_CGROUP}"),
            "uidMappings": id_map,
            "gidMappings": id_map,
        }),
        Engine::Runc => json!({
            "namespaces": namespaces,
            "cgroupsPath": bundle.cgroup,
            "resources": resources(bundle.limits),
            "maskedPaths": [
                "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
                "/sys/devices/virtual/powercap",
            ],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            "seccomp": seccomp(),
        }),
    }
}

fn resources(limits: &Limits) -> Value {
    json!({
        "cpu": {"quota": u64::from(limits.cpu_millis) * 100, "period": 100_000},
        "memory": {"limit": limits.memory_bytes},
        "pids": {"limit": limits.pids},
        "devices": [
            {"allow": false, "access": "rwm"},
            {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rw"},
            {"allow": true, "type": "c", "major": 1, "minor": 5, "access": "rw"},
            {"allow": true, "type": "c", "major": 1, "minor": 7, "access": "rw"},
            {"allow": true, "type": "c", "major": 1, "minor": 8, "access": "rw"},
            {"allow": true, "type": "c", "major": 1, "minor": 9, "access": "rw"},
            {"allow": true, "type": "c", "major": 5, "minor": 0, "access": "rw"},
            {"allow": true, "type": "c", "major": 5, "minor": 2, "access": "rw"},
            {"allow": true, "type": "c", "major": 136, "access": "rw"},
        ],
    })
}

/// In gVisor these are capabilities in its own kernel only. Neither engine gives raw sockets: they let a sandbox forge
/// packets, and no feature needs them.
fn capabilities(engine: Engine) -> Vec<&'static str> {
    let mut all = vec![
        "CAP_AUDIT_WRITE",
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_FOWNER",
        "CAP_FSETID",
        "CAP_KILL",
        "CAP_NET_BIND_SERVICE",
        "CAP_SETFCAP",
        "CAP_SETGID",
        "CAP_SETPCAP",
        "CAP_SETUID",
        "CAP_SYS_CHROOT",
    ];
    if engine == Engine::Runsc {
        all.extend(["CAP_MKNOD", "CAP_SYS_PTRACE"]);
    }
    all
}

fn open_files(engine: Engine) -> u64 {
    let own = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .maximum
        .unwrap_or(OPEN_FILES_MAX);
    match engine {
        Engine::Runsc => OPEN_FILES_MAX,
        // A plain container cannot have more than its parent.
        Engine::Runc => own.min(OPEN_FILES_MAX),
    }
}

/// What root inside must not write to, mounted over itself: the next start would run it.
fn protected() -> Value {
    let source = format!("rootfs{FOLDER}");
    json!({"destination": FOLDER, "type": "bind", "source": source, "options": ["bind", "ro", "nosuid", "nodev"]})
}

fn mounts(engine: Engine) -> Value {
    let shared_memory = json!({
        "destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "mode=1777"],
    });
    match engine {
        Engine::Runsc => json!([
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro", "nosuid", "noexec", "nodev"]},
            {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["ro"]},
            shared_memory,
            protected(),
        ]),
        Engine::Runc => json!([
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            shared_memory,
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
            {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "ro"]},
            protected(),
        ]),
    }
}

const CLONE_NEWUSER: u64 = 0x1000_0000;

/// System calls that were part of container escapes, or are of no use without capabilities that containers lack.
#[rustfmt::skip]
const REFUSED_CALLS: &[&str] = &[
    "acct", "add_key", "bpf", "delete_module", "fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen",
    "fspick", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
    "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mount", "mount_setattr", "move_mount",
    "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root",
    "process_vm_writev", "quotactl", "quotactl_fd", "reboot", "request_key", "setns", "settimeofday", "swapoff",
    "swapon", "syslog", "umount2", "userfaultfd", "vhangup",
];

/// For plain containers.
fn seccomp() -> Value {
    let new_user = json!([{"index": 0, "value": CLONE_NEWUSER, "valueTwo": CLONE_NEWUSER, "op": "SCMP_CMP_MASKED_EQ"}]);
    let mut calls = vec![
        json!({"names": REFUSED_CALLS, "action": "SCMP_ACT_ERRNO", "errnoRet": 1}),
        json!({"names": ["clone", "unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": new_user}),
        // Its flags lie in memory, where a filter cannot look; the C library falls back to clone.
        json!({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}),
    ];
    calls.extend(sockets());
    json!({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": calls})
}

const AF_INET6: u64 = 10;
const AF_NETLINK: u64 = 16;

/// Sockets are local, IPv4, IPv6, and netlink for the network's own tables. Every other family is refused: AF_ALG,
/// AF_RXRPC, AF_KEY, AF_PACKET, AF_VSOCK, AF_XDP and the rest are parts of the kernel that let others out.
///
/// A filter compares all 64 bits of an argument, and the kernel looks at the lower 32: so nothing may be refused by its
/// exact number alone that the kernel would also take with more bits.
fn sockets() -> Vec<Value> {
    let refuse = |arguments: Value| json!({"names": ["socket", "socketpair"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97, "args": arguments});
    let compare = |index: u32, op: &str, value: u64| json!({"index": index, "value": value, "op": op});
    let netlink = compare(0, "SCMP_CMP_EQ", AF_NETLINK);
    let mut refused = vec![
        refuse(json!([compare(0, "SCMP_CMP_GT", AF_NETLINK)])),
        refuse(json!([netlink, compare(2, "SCMP_CMP_NE", 0)])),
    ];
    let small = (3..AF_NETLINK).filter(|&family| family != AF_INET6);
    refused.extend(small.map(|family| refuse(json!([compare(0, "SCMP_CMP_EQ", family)]))));
    refused
}

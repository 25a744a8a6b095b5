//! What a sandbox reaches, seen from inside.

use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Launcher, Sandbox, about, eventually, open, start};
use crate::internet::{Internet, ip};

fn reaches(sandbox: &Sandbox, address: &str) -> bool {
    let answer = sandbox.call(&format!("connect {address}"));
    assert!(answer == "open" || answer.starts_with("error"), "{answer}");
    answer == "open"
}

fn set(launcher: &Launcher, sandbox: &Sandbox, network: Value) {
    launcher.ok(json!({"op": "set_network", "id": sandbox.id, "network": network}));
}

#[test]
fn by_default_the_internet_and_nothing_else() {
    let launcher = Launcher::start();
    let internet = Internet::new(1);
    // Listens on every address of the host, so that only the policy can be what keeps a sandbox away.
    let host = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = host.local_addr().unwrap().port();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let other = launcher.sandbox(number + 10, engine, open());
        assert!(
            reaches(&sandbox, &format!("{}:80", internet.host(1))),
            "the Internet from {engine}"
        );
        let gateway = format!("10.217.{}.{}", launcher.number, last(&sandbox.address) - 1);
        let pool_first = format!("10.217.{}.1", launcher.number);
        for address in [gateway.as_str(), pool_first.as_str(), &internet.router(1), "127.0.0.1"] {
            assert!(
                !reaches(&sandbox, &format!("{address}:{port}")),
                "the host's {address} from {engine}"
            );
        }
        assert!(
            !reaches(&sandbox, &format!("{}:80", internet.router(2))),
            "the host's neighbour from {engine}"
        );
        assert!(
            !reaches(&sandbox, &format!("{}:80", other.address)),
            "another sandbox from {engine}"
        );
        for private in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
        ] {
            assert!(!reaches(&sandbox, &format!("{private}:80")), "{private} from {engine}");
        }
        let seen = sandbox.call(&format!("ask {}:80", internet.host(1)));
        assert!(
            seen.starts_with(&format!("seen {}", internet.router(1))),
            "the host's address is what the world sees: {seen}"
        );
    }
}

fn last(address: &str) -> u8 {
    address.rsplit('.').next().unwrap().parse().unwrap()
}

#[test]
fn a_closed_range_stays_closed_when_something_answers_there() {
    let launcher = Launcher::start_with(json!({"blocked_ranges": ["203.0.113.34/32"]}));
    let internet = Internet::new(2);
    let sandbox = launcher.sandbox(1, "runc", open());
    assert!(reaches(&sandbox, &format!("{}:80", internet.host(1))));
    assert!(
        !reaches(&sandbox, &format!("{}:80", internet.host(2))),
        "a range that the configuration closes"
    );
    let everything = json!({"mode": "allow", "cidrs": ["0.0.0.0/0"]});
    set(&launcher, &sandbox, everything.clone());
    assert!(reaches(&sandbox, &format!("{}:80", internet.host(1))));
    assert!(
        !reaches(&sandbox, &format!("{}:80", internet.host(2))),
        "not even by a list that holds it"
    );
    // A private address that truly answers.
    ip(&["-n", &internet.name, "addr", "add", "10.99.99.99/32", "dev", "lo"]);
    ip(&["route", "add", "10.99.99.99/32", "via", &internet.router(2)]);
    assert!(
        std::net::TcpStream::connect("10.99.99.99:80").is_ok(),
        "the host reaches it"
    );
    assert!(
        !reaches(&sandbox, "10.99.99.99:80"),
        "a private address in a list that holds it"
    );
    set(&launcher, &sandbox, open());
    assert!(!reaches(&sandbox, "10.99.99.99:80"), "a private address by default");
}

#[test]
fn a_list_opens_its_ranges_and_a_block_closes_all_at_once() {
    let mut launcher = Launcher::start();
    let internet = Internet::new(3);
    let (first, second) = (format!("{}:80", internet.host(1)), format!("{}:80", internet.host(2)));
    let only_first = json!({"mode": "allow", "cidrs": [format!("{}/32", internet.host(1)), "192.0.2.0/24"]});
    let only_second = json!({"mode": "allow", "cidrs": [format!("{}/32", internet.host(2))]});
    let overlapping = json!({"mode": "allow", "cidrs": ["203.0.113.0/24", format!("{}/32", internet.host(2))]});
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, only_first.clone());
        assert!(
            reaches(&sandbox, &first) && !reaches(&sandbox, &second),
            "a list from the first moment on {engine}"
        );
        let mut agent = sandbox.connect();
        assert_eq!(agent.call(&format!("hold {first}")), "held");
        assert_eq!(agent.call("talk"), "answered");
        set(&launcher, &sandbox, only_second.clone());
        assert!(
            agent.call("talk").starts_with("error"),
            "an open connection outlives the list on {engine}"
        );
        drop(agent);
        assert!(
            !reaches(&sandbox, &first) && reaches(&sandbox, &second),
            "another list on {engine}"
        );
        set(&launcher, &sandbox, overlapping.clone());
        assert!(
            reaches(&sandbox, &first) && reaches(&sandbox, &second),
            "ranges within ranges on {engine}"
        );
        let mut agent = sandbox.connect();
        assert_eq!(agent.call(&format!("hold {first}")), "held");
        set(&launcher, &sandbox, json!({"mode": "block"}));
        assert!(
            agent.call("talk").starts_with("error"),
            "an open connection outlives the block on {engine}"
        );
        drop(agent);
        assert!(
            !reaches(&sandbox, &first) && !reaches(&sandbox, &second),
            "blocked on {engine}"
        );
        launcher.restart("");
        assert!(
            !reaches(&sandbox, &first),
            "blocked after the launcher's restart on {engine}"
        );
        set(&launcher, &sandbox, open());
        assert!(reaches(&sandbox, &first), "open again on {engine}");
        set(&launcher, &sandbox, json!({"mode": "block"}));
        launcher.ok(about("stop_sandbox", &sandbox.id));
        let next = Sandbox::of(&sandbox.id, &launcher.ok(start(&sandbox.id, engine, open())));
        assert!(reaches(&next, &first), "the next start has its own policy on {engine}");
    }
}

#[test]
fn names_are_answered_at_one_address_and_port() {
    let launcher = Launcher::start_with(json!({"dns_port": 15_353}));
    let dns = format!("10.217.{}.1", launcher.number);
    let socket = UdpSocket::bind((dns.as_str(), 15_353)).unwrap();
    let _connections = TcpListener::bind((dns.as_str(), 15_353)).unwrap();
    thread::spawn(move || {
        let mut question = [0; 64];
        while let Ok((_, from)) = socket.recv_from(&mut question) {
            let _ = socket.send_to(format!("for {}", from.ip()).as_bytes(), from);
        }
    });
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let answer = sandbox.call(&format!("ask {dns}:53"));
        assert_eq!(answer, format!("for {} from {dns}:53", sandbox.address), "{engine}");
        assert!(
            sandbox.call(&format!("ask {dns}:15353")).starts_with("error"),
            "the true port is not offered on {engine}"
        );
        assert!(reaches(&sandbox, &format!("{dns}:53")), "{engine}");
        set(
            &launcher,
            &sandbox,
            json!({"mode": "allow", "cidrs": ["203.0.113.0/24"]}),
        );
        assert!(
            sandbox.call(&format!("ask {dns}:53")).starts_with("for"),
            "names with a list on {engine}"
        );
        set(&launcher, &sandbox, json!({"mode": "block"}));
        assert!(
            sandbox.call(&format!("ask {dns}:53")).starts_with("for"),
            "the runner is asked, and refuses, on {engine}"
        );
        assert!(
            !reaches(&sandbox, &format!("{dns}:53")),
            "a connection while blocked on {engine}"
        );
    }
}

/// A client that gets no answer waits until its timeout.
#[test]
fn what_is_refused_is_refused_at_once() {
    let launcher = Launcher::start();
    let internet = Internet::new(7);
    let (open_host, closed_host) = (format!("{}:80", internet.host(1)), format!("{}:80", internet.host(2)));
    let dns = format!("10.217.{}.1:53", launcher.number);
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let refused = |command: &str| {
            let answer = sandbox.call(command);
            assert!(answer.contains("Connection refused"), "{command} on {engine}: {answer}");
        };
        let gateway = format!("10.217.{}.{}", launcher.number, last(&sandbox.address) - 1);
        for closed in ["10.0.0.1:80", "169.254.169.254:80", &format!("{gateway}:22"), &dns] {
            refused(&format!("connect {closed}"));
        }
        refused("ask-connected 10.0.0.1:80");
        refused(&format!("ask-connected {gateway}:9"));
        let listed = json!({"mode": "allow", "cidrs": [format!("{}/32", internet.host(1))]});
        set(&launcher, &sandbox, listed);
        assert!(reaches(&sandbox, &open_host), "{engine}");
        refused(&format!("connect {closed_host}"));
        refused(&format!("ask-connected {closed_host}"));
        let mut agent = sandbox.connect();
        assert_eq!(agent.call(&format!("hold {open_host}")), "held");
        set(&launcher, &sandbox, json!({"mode": "block"}));
        let cut = agent.call("talk");
        assert!(cut.contains("Connection reset"), "{engine}: {cut}");
        drop(agent);
        refused(&format!("connect {open_host}"));
        refused(&format!("connect {dns}"));
    }
}

/// Servers with the address `localhost` choose `::1` where `/etc/hosts` names it.
#[test]
fn loopback_has_both_families_and_the_outside_one() {
    let launcher = Launcher::start();
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        for address in ["127.0.0.1:0", "[::1]:0", "[::]:0"] {
            assert_eq!(
                sandbox.call(&format!("serve {address}")),
                "served",
                "{address} on {engine}"
            );
        }
        let addresses = sandbox.call("read /proc/net/if_inet6");
        let outside: Vec<&str> = addresses
            .split('|')
            .filter(|line| !line.is_empty() && !line.ends_with(" lo"))
            .collect();
        assert!(outside.is_empty(), "IPv6 beyond loopback on {engine}: {outside:?}");
        let answer = sandbox.call("connect [2001:db8::1]:80");
        assert!(answer.starts_with("error"), "{answer} on {engine}");
    }
}

/// Whatever root inside a sandbox may do to its own network, the host decides. This test has more power than any
/// sandbox: it is root of the host inside the sandbox's namespace.
#[test]
fn forged_addresses_and_ipv6_go_nowhere() {
    let launcher = Launcher::start();
    let internet = Internet::new(4);
    let sandbox = launcher.sandbox(1, "runc", open());
    let victim = launcher.sandbox(2, "runc", open());
    let slot = (last(&sandbox.address) - 2) / 4;
    let namespace = format!("/run/sandlot-{}/net/{slot}", launcher.instance());
    let inside = |arguments: &[&str]| {
        let output = Command::new("nsenter")
            .arg(format!("--net={namespace}"))
            .arg("ip")
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "ip {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    for forged in [victim.address.as_str(), "203.0.113.200", "8.8.8.8"] {
        inside(&["addr", "add", &format!("{forged}/32"), "dev", "eth0"]);
    }
    let file = File::open(&namespace).unwrap();
    let target = format!("{}:80", internet.host(1));
    let answers = thread::spawn(move || {
        rustix::thread::move_into_link_name_space(file.as_fd(), None).unwrap();
        let sources = [victim.address.clone(), "203.0.113.200".into(), "8.8.8.8".into()];
        sources.map(|source| ask_from(&source, &target))
    });
    assert_eq!(answers.join().unwrap(), [false, false, false]);

    let interface = format!("sl{}-{slot}", launcher.instance());
    let sent = || {
        let lines = launcher.in_router(&["cat", "/proc/net/dev"]);
        let line = lines.lines().find(|line| line.trim_start().starts_with(&interface));
        let mut numbers = line.and_then(|line| line.split_once(':')).unwrap().1.split_whitespace();
        numbers.nth(9).unwrap().to_owned()
    };
    let setting = format!("/proc/sys/net/ipv6/conf/{interface}/disable_ipv6");
    assert_eq!(launcher.in_router(&["cat", &setting]), "1\n");
    let before = sent();
    assert!(sandbox.call("connect [2001:db8::1]:80").starts_with("error"));
    assert_eq!(sent(), before, "an answer to IPv6");
}

fn ask_from(source: &str, target: &str) -> bool {
    let socket = UdpSocket::bind((source, 0)).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_millis(700)))
        .unwrap();
    socket.send_to(b"question", target).unwrap();
    socket.recv_from(&mut [0; 64]).is_ok()
}

/// The next sandbox at an address is another tenant's.
#[test]
fn answers_to_a_sandbox_that_has_ended_reach_nobody() {
    let launcher = Launcher::start_with(json!({"sandboxes_max": 1}));
    let internet = Internet::new(6);
    let sandbox = launcher.sandbox(1, "runc", open());
    assert!(
        sandbox
            .call(&format!("ask {}:80", internet.host(1)))
            .starts_with("seen")
    );
    assert!(
        known(&launcher, &sandbox.address),
        "the kernel knows the connection while the sandbox runs"
    );
    launcher.ok(about("stop_sandbox", &sandbox.id));
    // Slots are used in turn: by the time this one comes again, all have been.
    let mut used = Vec::new();
    for _ in 0..20 {
        let next = Sandbox::of(&sandbox.id, &launcher.ok(start(&sandbox.id, "runc", open())));
        assert!(
            next.address != sandbox.address || !known(&launcher, &sandbox.address),
            "the next one at {} inherits",
            next.address
        );
        launcher.ok(about("stop_sandbox", &sandbox.id));
        used.push(next.address);
    }
    assert!(
        used.contains(&sandbox.address),
        "the address was not used again: {used:?}"
    );
}

/// Whether the host or the router knows a connection from there.
fn known(launcher: &Launcher, address: &str) -> bool {
    connections(launcher, address).iter().any(|&count| count > 0)
}

/// How many connections from there the router and the host know.
fn connections(launcher: &Launcher, address: &str) -> [usize; 2] {
    let host = std::fs::read_to_string("/proc/net/nf_conntrack").expect("the kernel's list of connections");
    let router = launcher.in_router(&["cat", "/proc/net/nf_conntrack"]);
    let from = format!("src={address} ");
    [router, host].map(|text| text.lines().filter(|line| line.contains(&from)).count())
}

/// Each flow is remembered by the kernel for half a minute, in a table that all of the host shares.
#[test]
fn one_sandbox_cannot_fill_the_table_of_connections() {
    const MAX: usize = 4_096;
    let launcher = Launcher::start();
    let internet = Internet::new(8);
    let target = format!("{}:80", internet.host(1));
    for (number, engine) in [(1, "runsc"), (2, "runc")] {
        let sandbox = launcher.sandbox(number, engine, open());
        let neighbour = launcher.sandbox(number + 10, engine, open());
        for _ in 0..4 {
            assert_eq!(sandbox.call(&format!("flows {target} 1500")), "sent", "{engine}");
        }
        let counts = connections(&launcher, &sandbox.address);
        assert!(
            counts.iter().all(|&count| (MAX / 2..=MAX + 100).contains(&count)),
            "{counts:?} on {engine}"
        );
        assert!(reaches(&neighbour, &target), "{engine}");
        assert!(neighbour.call(&format!("ask {target}")).starts_with("seen"), "{engine}");
        launcher.ok(about("stop_sandbox", &sandbox.id));
        launcher.ok(about("stop_sandbox", &neighbour.id));
    }
}

/// A program that reloads the host's firewall removes every table, ours too.
#[test]
fn without_our_tables_nothing_is_reached_and_they_come_back() {
    let launcher = Launcher::start_with(json!({"dns_port": 15_354}));
    let internet = Internet::new(9);
    let table = format!("sandlot_{}", launcher.instance());
    let host = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = host.local_addr().unwrap().port();
    let sandboxes = [(1, "runsc"), (2, "runc")].map(|(number, engine)| launcher.sandbox(number, engine, open()));
    let closed = launcher.sandbox(3, "runc", json!({"mode": "block"}));
    let web = format!("{}:80", internet.host(1));
    let remove_from = |place: &str| {
        let remove = ["nft", "delete", "table", "inet", &table];
        if place == "router" {
            launcher.in_router(&remove);
        } else {
            let done = Command::new(remove[0]).args(&remove[1..]).status().unwrap();
            assert!(done.success());
        }
    };
    for places in [&["router"][..], &["host"], &["router", "host"]] {
        // Stopped, it cannot put them back.
        launcher.halt();
        places.iter().for_each(|place| remove_from(place));
        for sandbox in &sandboxes {
            let gateway = format!("10.217.{}.{}:{port}", launcher.number, last(&sandbox.address) - 1);
            let name_server = format!("10.217.{}.1:{port}", launcher.number);
            let host = format!("{}:{port}", internet.router(1));
            let neighbour = format!("{}:80", internet.router(2));
            for address in [&web, &gateway, &name_server, &host, &neighbour] {
                assert!(!reaches(sandbox, address), "{address} without the tables of {places:?}");
            }
        }
        launcher.go_on();
        for sandbox in &sandboxes {
            eventually("the tables are back", || reaches(sandbox, &web));
        }
        assert!(
            !reaches(&closed, &web),
            "the policies are back with the tables of {places:?}"
        );
    }
}

/// gVisor takes the address away from the interface; a slot that is used again must have it again.
#[test]
fn a_slot_that_is_used_again_reaches_the_internet() {
    let launcher = Launcher::start_with(json!({"sandboxes_max": 1}));
    let internet = Internet::new(5);
    for round in 0..20 {
        let sandbox = launcher.sandbox(1, "runsc", open());
        assert!(
            reaches(&sandbox, &format!("{}:80", internet.host(1))),
            "round {round} at {}",
            sandbox.address
        );
        launcher.ok(about("stop_sandbox", &sandbox.id));
    }
}

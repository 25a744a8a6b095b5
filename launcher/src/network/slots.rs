//! The pool of network slots. A background thread keeps some ready, so that a start takes one without waiting.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::netlink::Netlink;
use super::{SLOT_PREFIX_LENGTH, Slot, conntrack, namespaces, router};
use crate::answer::{Code, Context, Failure, Outcome};
use crate::config::Config;
use crate::log;

/// How many slots are made ahead of their use.
const READY_MIN: usize = 8;
/// How long a start waits for a slot to be made.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// All slots of this host. Every one is in exactly one of four states: unused, ready, taken, or being prepared.
pub struct Slots {
    config: Arc<Config>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    ready: VecDeque<Slot>,
    /// Never made, or released. Released ones go to the end, so that late packets reach no sandbox for a while.
    unused: VecDeque<Slot>,
    taken: BTreeSet<Slot>,
    waiting: usize,
}

impl Slots {
    /// All slots, of which sandboxes that were found running hold some. Starts the thread that prepares.
    pub fn open(config: Arc<Config>, taken: BTreeSet<Slot>) -> Arc<Self> {
        let unused = (1..=config.slots()).map(Slot).filter(|slot| !taken.contains(slot));
        let state = State {
            ready: VecDeque::new(),
            unused: unused.collect(),
            taken,
            waiting: 0,
        };
        let slots = Arc::new(Self {
            config,
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let preparing = Arc::clone(&slots);
        thread::spawn(move || preparing.prepare_forever());
        slots
    }

    /// Acquires a slot that is ready.
    ///
    /// # Errors
    /// [`Code::Capacity`] when all are taken.
    pub fn acquire(&self) -> Outcome<Slot> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.taken.len() >= usize::from(self.config.sandboxes_max) {
            let message = format!("This host runs {} sandboxes, which is its limit.", state.taken.len());
            return Err(Failure::new(Code::Capacity, message));
        }
        state.waiting += 1;
        self.changed.notify_all();
        let empty = |state: &mut State| state.ready.is_empty();
        let waited = self.changed.wait_timeout_while(state, WAIT_MAX, empty);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        let Some(slot) = state.ready.pop_front() else {
            return Err(Failure::new(
                Code::Capacity,
                "No network slot became ready in time; try again.",
            ));
        };
        state.taken.insert(slot);
        self.changed.notify_all();
        Ok(slot)
    }

    /// Releases a slot. Its sandbox must have ended.
    pub fn release(&self, slot: Slot) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.taken.remove(&slot) {
            state.unused.push_back(slot);
            self.changed.notify_all();
        }
    }

    fn prepare_forever(&self) {
        loop {
            let slot = self.next_to_prepare();
            let prepared = prepare(&self.config, slot);
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match prepared {
                Ok(()) => state.ready.push_back(slot),
                Err(failure) => {
                    state.unused.push_back(slot);
                    drop(state);
                    log::error(
                        "network slot cannot be prepared",
                        json!({"slot": slot.0, "reason": failure.message}),
                    );
                    thread::sleep(Duration::from_secs(1));
                }
            }
            self.changed.notify_all();
        }
    }

    fn next_to_prepare(&self) -> Slot {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.ready.len() < READY_MIN + state.waiting
                && let Some(slot) = state.unused.pop_front()
            {
                return slot;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Makes the slot's namespace and pair where they are missing, and gives the sandbox's side its address (gVisor takes
/// it away from the interface, so a used slot lacks it).
fn prepare(config: &Arc<Config>, slot: Slot) -> Outcome<()> {
    let address = slot.address(config);
    let what = || format!("The connections of {address} cannot be deleted");
    conntrack::delete_flows(address).with_context(what)?;
    router::within(config, || conntrack::delete_flows(address).with_context(what))?;
    if make(config, slot).is_ok() {
        return Ok(());
    }
    // A slot that is incomplete or damaged is removed and made again.
    remove(config, slot)?;
    make(config, slot)
}

fn make(config: &Config, slot: Slot) -> Outcome<()> {
    let what = || format!("The network of slot {} cannot be made", slot.0);
    let path = slot.namespace(config);
    namespaces::make(&path)?;
    let namespace = fs::File::open(&path).with_context(what)?;
    router::within(config, || {
        let router = Netlink::open().with_context(what)?;
        let name = slot.interface(config);
        if router.index(&name).with_context(what)?.is_none() {
            router
                .add_pair(&name, "eth0", Some(namespace.as_fd()))
                .with_context(what)?;
        }
        router::give_gateway(config, slot)
    })?;
    namespaces::within(&path, || give_address(slot.address(config), slot.gateway(config)))
}

fn give_address(address: Ipv4Addr, gateway: Ipv4Addr) -> Outcome<()> {
    let what = || format!("The address {address} cannot be given to its namespace");
    let inside = Netlink::open().with_context(what)?;
    let missing = || Failure::internal(format!("{}: an interface is missing.", what()));
    let loopback = inside.index("lo").with_context(what)?.ok_or_else(missing)?;
    // Servers bind to ::1, which /etc/hosts names; the way out has IPv4 only.
    namespaces::set_ipv6("lo", true)?;
    inside.up(loopback).with_context(what)?;
    let interface = inside.index("eth0").with_context(what)?.ok_or_else(missing)?;
    inside
        .add_address(interface, address, SLOT_PREFIX_LENGTH)
        .with_context(what)?;
    inside.up(interface).with_context(what)?;
    inside.add_default_route(interface, gateway).with_context(what)
}

/// Removes a slot's pair and namespace.
///
/// # Errors
/// When the system refuses.
pub fn remove(config: &Config, slot: Slot) -> Outcome<()> {
    let what = || format!("The network of slot {} cannot be removed", slot.0);
    router::within(config, || {
        let router = Netlink::open().with_context(what)?;
        match router.index(&slot.interface(config)).with_context(what)? {
            Some(index) => router.delete(index).with_context(what),
            None => Ok(()),
        }
    })?;
    namespaces::remove(&slot.namespace(config))
}

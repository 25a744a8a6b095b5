//! The user and group ids that a sandbox's users have on the host (docs/adr/0016).

use serde::Serialize;

use crate::network::Slot;

/// Ids from here to [`FOREIGN`] are not used by distributions, systemd or container tools.
const FIRST: u32 = 0x7000_0000;
/// What systemd keeps for trees of foreign owners.
const FOREIGN: u32 = 0x7FFE_0000;
/// The ids that programs and packages really use. Each slot has a range of its own for them.
const RANGE: u32 = 0x1_0000;
/// Larger ids come from archives that were made elsewhere. All slots share theirs: nothing runs under them.
const LARGE: u32 = 0x8001_0000;
const LARGE_COUNT: u32 = 0x6FFF_0000;

/// Maps a sandbox's ids to the host's. On the disk, files have the owners that the sandbox sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdMap {
    root: u32,
}

/// A range of ids, as an OCI bundle has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The first one inside.
    #[serde(rename = "containerID")]
    pub inside: u32,
    /// The first one on the host.
    #[serde(rename = "hostID")]
    pub outside: u32,
    /// How many.
    pub size: u32,
}

impl IdMap {
    /// The map of a slot. Beyond 4,094 slots two have the same.
    pub fn of(slot: Slot) -> Self {
        let ranges = (FOREIGN - FIRST) / RANGE;
        Self {
            root: FIRST + u32::from(slot.0) % ranges * RANGE,
        }
    }

    /// The host's id of root, and of root's group.
    pub fn root(self) -> u32 {
        self.root
    }

    /// The same for users and groups.
    pub fn ranges(self) -> [Range; 2] {
        let small = Range {
            inside: 0,
            outside: self.root,
            size: RANGE,
        };
        let large = Range {
            inside: RANGE,
            outside: LARGE,
            size: LARGE_COUNT,
        };
        [small, large]
    }

    /// As the kernel reads it, in `uid_map` and `gid_map`.
    pub fn text(self) -> String {
        let line = |range: Range| format!("{} {} {}\n", range.inside, range.outside, range.size);
        self.ranges().map(line).concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_slots_have_a_number_in_common() {
        let roots: Vec<u32> = (0..4_094).map(|slot| IdMap::of(Slot(slot)).root()).collect();
        assert!(roots.is_sorted_by(|one, next| next - one == RANGE));
        assert!(roots[0] >= FIRST && roots[4_093] + RANGE <= FOREIGN);
    }

    #[test]
    fn no_user_inside_is_one_of_the_hosts() {
        for slot in [1, 4_093, 4_094, u16::MAX] {
            for range in IdMap::of(Slot(slot)).ranges() {
                assert!(range.outside >= FIRST && range.outside.checked_add(range.size).is_some());
            }
        }
    }
}

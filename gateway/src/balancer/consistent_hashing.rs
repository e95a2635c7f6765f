//! The same header, the same target: a ring on which each target has points, and a call goes to the first point behind its own.
//!
//! When a target is out, its calls go to the ones behind it on the ring, and no other call moves. The points depend on what the
//! targets are, not on their number or order: so all processes agree, and adding or removing a target of the weight that the others
//! have moves no more than its share. A call without the header goes to whose turn it is.
//!
//! [Ketama](https://www.metabrew.com/article/libketama-consistent-hashing-algo-memcached-clients), with more points and SHA-256.

use ring::digest::{SHA256, digest};

use super::candidate::Candidate;

/// Points that a digest makes.
const EACH: usize = 4;
/// So many points has a target of average weight, of the file's `slots`: by default 1,000, with which a share is about 3 % more or
/// less than its weight says (the standard deviation), where it is 8 % with the 160 of ketama.
const SHARE: f64 = 0.1;

/// Points in ascending order, each with its target.
pub(super) struct Ring {
    points: Vec<(u64, u32)>,
}

impl Ring {
    /// `targets`: names and weights.
    pub(super) fn new<'n>(targets: impl Iterator<Item = (&'n str, u16)> + Clone, slots: u32) -> Self {
        let total: f64 = targets.clone().map(|(_, weight)| f64::from(weight)).sum();
        let count: f64 = targets.clone().map(|_| 1.0).sum();
        let mut points = Vec::new();
        for (target, (name, weight)) in (0..).zip(targets) {
            let share = f64::from(slots) * SHARE * f64::from(weight) * count / total;
            points.extend(spots(name).take(whole(share)).map(|point| (point, target)));
        }
        points.sort_unstable();
        Self { points }
    }

    /// Keeps whose point is the first behind that of `hash`.
    pub(super) fn narrow(&self, field: &mut Vec<Candidate>, hash: &[u8]) {
        let Some(spot) = words(hash).next() else { return };
        let start = self.points.partition_point(|(point, _)| *point < spot);
        let (before, behind) = self.points.split_at(start);
        let mut around = behind.iter().chain(before).map(|(_, owner)| *owner as usize);
        let owner = around.find(|owner| field.iter().any(|candidate| candidate.target == *owner));
        field.retain(|candidate| Some(candidate.target) == owner);
    }
}

/// The points of a name, without end.
fn spots(name: &str) -> impl Iterator<Item = u64> {
    (0_u64..)
        .flat_map(move |number| words(format!("{name}\n{number}").as_bytes()).take(EACH).collect::<Vec<_>>())
}

/// What is hashed to the ring.
fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let hashed = digest(&SHA256, bytes);
    let words: Vec<u64> = hashed
        .as_ref()
        .chunks_exact(8)
        .map(|word| word.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
        .collect();
    words.into_iter()
}

/// At least one point.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of 65,536 slots for each of 256 targets"
)]
fn whole(share: f64) -> usize {
    share.round().max(1.0) as usize
}

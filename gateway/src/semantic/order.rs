//! The targets of a call by how well their descriptions fit.

use std::sync::{Mutex, PoisonError};

/// Targets of one description.
pub(super) struct Group {
    pub(super) description: String,
    targets: Vec<Share>,
    /// How much each is behind its share; they sum up to nothing.
    credits: Mutex<Vec<i64>>,
}

struct Share {
    target: usize,
    weight: i64,
}

impl Group {
    pub(super) fn new(description: &str) -> Self {
        Self { description: description.to_owned(), targets: Vec::new(), credits: Mutex::default() }
    }

    pub(super) fn add(&mut self, target: usize, weight: u16) {
        self.targets.push(Share { target, weight: weight.into() });
        self.credits.get_mut().unwrap_or_else(PoisonError::into_inner).push(0);
    }

    /// Its targets, each first in turn by weight as nginx's smooth round-robin has it; behind it those that are next.
    pub(super) fn turn(&self) -> Vec<usize> {
        let mut credits = self.credits.lock().unwrap_or_else(PoisonError::into_inner);
        for (credit, share) in credits.iter_mut().zip(&self.targets) {
            *credit += share.weight;
        }
        let mut order: Vec<usize> = (0..self.targets.len()).collect();
        order.sort_by_key(|place| (-credits[*place], *place));
        if let Some(first) = order.first() {
            credits[*first] -= self.targets.iter().map(|share| share.weight).sum::<i64>();
        }
        order.into_iter().map(|place| self.targets[place].target).collect()
    }

    /// Its targets as they stand in the file, when it is nobody's turn.
    pub(super) fn rest(&self) -> impl Iterator<Item = usize> {
        self.targets.iter().map(|share| share.target)
    }
}

/// What databases that count in 32 bits may be wrong by: a vector's distance from itself, too.
const ROUNDING: f64 = 1e-6;

/// The numbers of those that are not too far, the nearest first; of two that are as near, the first of the file.
pub(super) fn nearest(distances: &[f64], threshold: Option<f64>) -> Vec<usize> {
    let fits = |place: &usize| {
        let distance = distances[*place];
        distance.is_finite() && threshold.is_none_or(|most| distance <= most + ROUNDING)
    };
    let mut places: Vec<usize> = (0..distances.len()).filter(fits).collect();
    places.sort_by(|one, other| distances[*one].total_cmp(&distances[*other]));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_first_and_the_first_of_the_file_where_two_are_as_near() {
        let distances = [0.5, 0.2, 0.7, 0.2, f64::INFINITY];
        assert_eq!(nearest(&distances, None), [1, 3, 0, 2]);
    }

    #[test]
    fn the_threshold_is_the_largest_distance_that_fits() {
        let distances = [0.5, 0.2, 0.0];
        assert_eq!(nearest(&distances, Some(0.2)), [2, 1]);
        assert_eq!(nearest(&distances, Some(0.199)), [2]);
        assert_eq!(nearest(&distances, Some(0.0)), [2]);
        assert_eq!(nearest(&distances, Some(-1.0)), [0_usize; 0]);
    }

    #[test]
    fn a_group_takes_turns_by_weight() {
        let mut group = Group::new("code");
        group.add(2, 75);
        group.add(5, 25);
        let first: Vec<usize> = (0..8).map(|_| group.turn()[0]).collect();
        assert_eq!(first, [2, 2, 5, 2, 2, 2, 5, 2]);
        assert_eq!(group.turn().len(), 2, "who fails is left for the other");
    }
}

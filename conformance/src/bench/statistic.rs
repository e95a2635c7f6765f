//! Repetitions as one figure, and figures compared: within a repetition, for what slows the machine slows all that is
//! measured in it.

use serde::{Deserialize, Serialize};

/// A figure over repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// In the middle; of an even number, between the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// The repetitions differ by more than a quarter of their median: the machine was busy with something else, or the
    /// figure is not one. Always false where there was one repetition.
    pub unsteady: bool,
}

/// How far repetitions may lie apart, as a part of their median.
const STEADY: f64 = 0.25;

impl Figure {
    /// Nothing, where there is no number.
    pub fn new(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let figure = Self::beside(numbers, 0.0)?;
        let unsteady = figure.max - figure.min > STEADY * figure.median.abs();
        Some(Self { unsteady, ..figure })
    }

    /// The same, where how far numbers may lie apart is a part of another: differences of times that are almost the same
    /// lie far apart for their size.
    pub fn beside(numbers: impl IntoIterator<Item = f64>, scale: f64) -> Option<Self> {
        let mut numbers: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
        numbers.sort_by(f64::total_cmp);
        let (min, max) = (*numbers.first()?, *numbers.last()?);
        let middle = numbers.len() / 2;
        let median = match numbers.len() % 2 {
            0 => f64::midpoint(numbers[middle - 1], numbers[middle]),
            _ => numbers[middle],
        };
        Some(Self { median, min, max, unsteady: max - min > STEADY * scale.abs() })
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    use super::*;
    use crate::bench::load::Tally;

    #[test]
    fn the_median_is_in_the_middle() {
        let figure = |numbers: &[f64]| Figure::new(numbers.iter().copied());
        assert_eq!(figure(&[]), None);
        let one = Figure { median: 3.0, min: 3.0, max: 3.0, unsteady: false };
        assert_eq!(figure(&[3.0]), Some(one));
        assert_eq!(figure(&[3.0, f64::NAN, f64::INFINITY]), Some(one));
        assert_eq!(figure(&[4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
        assert_eq!(figure(&[9.0, 1.0, 2.0]).unwrap().median, 2.0);
    }

    #[test]
    fn repetitions_far_apart_are_unsteady() {
        let unsteady = |numbers: [f64; 3]| Figure::new(numbers).unwrap().unsteady;
        assert!(!unsteady([0.9, 1.0, 1.1]));
        assert!(unsteady([0.9, 1.0, 1.2]));
    }

    /// The value below or at which so many of all values lie, by sorting them.
    fn exact(values: &mut [u64], quantile: f64) -> u64 {
        values.sort_unstable();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few hundred values"
        )]
        let rank = (quantile * values.len() as f64).ceil() as usize;
        values[rank.clamp(1, values.len()) - 1]
    }

    fn close(found: u64, exact: u64) -> bool {
        found.abs_diff(exact) <= exact / 1_000 + 1_000
    }

    proptest! {
        #[test]
        fn quantiles_are_those_of_all_values(mut values in proptest::collection::vec(0_u64..20_000_000_000, 1..400)) {
            let mut histogram: Histogram<u64> = Tally::new().latency;
            values.iter().for_each(|value| histogram.saturating_record(*value));
            for quantile in [0.0, 0.5, 0.9, 0.99, 0.999, 1.0] {
                let (found, exact) = (histogram.value_at_quantile(quantile), exact(&mut values, quantile));
                prop_assert!(close(found, exact), "{quantile}: {found}, and exactly {exact}");
            }
        }

        #[test]
        fn tallies_together_have_the_quantiles_of_both(
            one in proptest::collection::vec(0_u64..5_000_000_000, 0..200),
            other in proptest::collection::vec(0_u64..5_000_000_000, 1..200),
        ) {
            let tally = |values: &[u64]| {
                let mut tally = Tally::new();
                values.iter().for_each(|value| tally.latency.saturating_record(*value));
                tally
            };
            let mut both = tally(&one);
            both.add(&tally(&other));
            let mut all = [one, other].concat();
            prop_assert_eq!(both.latency.len(), u64::try_from(all.len()).unwrap());
            prop_assert!(close(both.latency.value_at_quantile(0.9), exact(&mut all, 0.9)));
        }

        #[test]
        fn a_figure_lies_between_its_ends(numbers in proptest::collection::vec(-1e6_f64..1e6, 1..20)) {
            let figure = Figure::new(numbers.iter().copied()).unwrap();
            let below = numbers.iter().filter(|number| **number <= figure.median).count();
            let above = numbers.iter().filter(|number| **number >= figure.median).count();
            prop_assert!(below * 2 >= numbers.len() && above * 2 >= numbers.len());
            prop_assert!(figure.min <= figure.median && figure.median <= figure.max);
            prop_assert!(numbers.contains(&figure.min) && numbers.contains(&figure.max));
        }
    }
}

//! How far two vectors are apart.

use crate::config::Metric;

impl Metric {
    /// From 0 on. Vectors of different lengths, and a vector without a direction where directions are compared, are infinitely far
    /// apart: they are near nothing.
    pub(super) fn distance(self, one: &[f32], other: &[f32]) -> f64 {
        if one.len() != other.len() {
            return f64::INFINITY;
        }
        let distance = match self {
            Self::Cosine => 1.0 - sum(one, other, |a, b| a * b) / norms(one, other),
            Self::Euclidean => sum(one, other, |a, b| (a - b) * (a - b)).sqrt(),
        };
        // Rounding may lead just below nothing; what is no number is a vector of zeros.
        if distance.is_nan() { f64::INFINITY } else { distance.max(0.0) }
    }
}

/// The product of both lengths. The root is taken once, of the product of the squares: so a vector's distance from itself is 0.
fn norms(one: &[f32], other: &[f32]) -> f64 {
    (sum(one, one, |a, b| a * b) * sum(other, other, |a, b| a * b)).sqrt()
}

fn sum(one: &[f32], other: &[f32], of: impl Fn(f64, f64) -> f64) -> f64 {
    one.iter().zip(other).map(|(a, b)| of(f64::from(*a), f64::from(*b))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Worked out by hand: angles of 0°, 90°, 180°, 45°; sides of right triangles.
    const BY_HAND: &[(&[f32], &[f32], f64, f64)] = &[
        (&[1.0, 0.0], &[1.0, 0.0], 0.0, 0.0),
        (&[1.0, 0.0], &[0.0, 1.0], 1.0, std::f64::consts::SQRT_2),
        (&[1.0, 0.0], &[-1.0, 0.0], 2.0, 2.0),
        (&[1.0, 1.0], &[1.0, 0.0], 1.0 - std::f64::consts::FRAC_1_SQRT_2, 1.0),
        (&[0.0, 0.0, 0.0], &[2.0, 3.0, 6.0], f64::INFINITY, 7.0),
        (&[3.0, 4.0], &[6.0, 8.0], 0.0, 5.0),
        // 12 of √(14 · 77), and √(3² + 7² + 3²), worked out to 30 digits
        (&[1.0, 2.0, 3.0], &[4.0, -5.0, 6.0], 0.634_513_057_676_096_3, 8.185_352_771_872_45),
        (&[1.0], &[1.0, 0.0], f64::INFINITY, f64::INFINITY),
    ];

    #[test]
    fn distances_are_those_worked_out_by_hand() {
        let near = |got: f64, expected: f64| got == expected || (got - expected).abs() < 1e-12;
        for (one, other, cosine, euclidean) in BY_HAND {
            let got = [Metric::Cosine, Metric::Euclidean].map(|metric| metric.distance(one, other));
            assert!(near(got[0], *cosine) && near(got[1], *euclidean), "{one:?} {other:?}: {got:?}");
        }
    }

    fn vector() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-1e3_f32..1e3, 3)
    }

    proptest! {
        #[test]
        fn a_distance_is_one(a in vector(), b in vector(), scale in 1e-3_f32..1e3) {
            for metric in [Metric::Cosine, Metric::Euclidean] {
                let there = metric.distance(&a, &b);
                prop_assert!(there >= 0.0);
                prop_assert_eq!(there, metric.distance(&b, &a));
                prop_assume!(a.iter().any(|part| part.abs() > 1e-3));
                prop_assert_eq!(metric.distance(&a, &a), 0.0);
            }
            // A direction has no length.
            let longer: Vec<f32> = a.iter().map(|part| part * scale).collect();
            prop_assert!(Metric::Cosine.distance(&a, &longer) < 1e-6);
        }
    }
}

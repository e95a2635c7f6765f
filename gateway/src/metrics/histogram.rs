//! How long something took, in buckets: one count for each, and the sum of all.
//!
//! Kong, Prometheus and OpenTelemetry cut the same durations at different bounds. A histogram here is cut at all of them, so that
//! each view of it is exact: its counts are sums of ours.

use std::sync::LazyLock;
use std::time::Duration;

/// Upper bounds of buckets, in nanoseconds, ascending. What is above the last one has a bucket of its own.
pub(crate) type Bounds = &'static [u64];

const fn ms<const N: usize>(bounds: [u64; N]) -> [u64; N] {
    scaled(bounds, 1_000_000)
}

const fn us<const N: usize>(bounds: [u64; N]) -> [u64; N] {
    scaled(bounds, 1_000)
}

const fn scaled<const N: usize>(mut bounds: [u64; N], unit: u64) -> [u64; N] {
    let mut index = 0;
    while index < N {
        bounds[index] *= unit;
        index += 1;
    }
    bounds
}

/// Kong's for `kong_kong_latency_ms`.
pub(crate) const OF_KONG: Bounds =
    &ms([1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000]);
/// Kong's for `kong_upstream_latency_ms` and `kong_request_latency_ms`.
pub(crate) const OF_UPSTREAM: Bounds =
    &ms([25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000]);
/// Kong's for `kong_ai_llm_provider_latency_ms`.
pub(crate) const OF_PROVIDER: Bounds =
    &ms([250, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 10_000, 30_000, 60_000]);
/// Ours for what the gateway adds: it is small, and Kong's first bucket would hold all of it.
pub(crate) const ADDED: Bounds =
    &us([25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000]);
/// Of the semantic conventions, for `gen_ai.client.operation.duration` and `gen_ai.server.request.duration`.
/// <https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/>
pub(crate) const OPERATION: Bounds =
    &ms([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 20_480, 40_960, 81_920]);
/// Of the semantic conventions, for `gen_ai.server.time_to_first_token`.
pub(crate) const FIRST_TOKEN: Bounds =
    &ms([1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000]);
/// Of the semantic conventions, for `gen_ai.server.time_per_output_token`.
pub(crate) const PER_TOKEN: Bounds = &ms([10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 2500]);

/// Where the histograms of one kind are cut.
pub(crate) type Cuts = LazyLock<Vec<u64>>;

pub(crate) static WHOLE_CUTS: Cuts = LazyLock::new(|| all(&[OF_UPSTREAM, OPERATION]));
pub(crate) static UPSTREAM_CUTS: Cuts = LazyLock::new(|| all(&[OF_UPSTREAM, OF_PROVIDER, OPERATION]));
pub(crate) static ADDED_CUTS: Cuts = LazyLock::new(|| all(&[OF_KONG, ADDED]));
pub(crate) static FIRST_TOKEN_CUTS: Cuts = LazyLock::new(|| all(&[FIRST_TOKEN]));
pub(crate) static PER_TOKEN_CUTS: Cuts = LazyLock::new(|| all(&[PER_TOKEN]));

fn all(views: &[Bounds]) -> Vec<u64> {
    let mut cuts = views.concat();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Counts of durations between cuts.
#[derive(Clone)]
pub(crate) struct Histogram {
    cuts: &'static [u64],
    /// One for each cut, and one for what is above the last; none as long as nothing was counted.
    counts: Vec<u64>,
    /// Nanoseconds.
    sum: u64,
}

impl Histogram {
    pub(crate) fn new(cuts: &'static Cuts) -> Self {
        Self { cuts, counts: Vec::new(), sum: 0 }
    }

    pub(crate) fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        if self.counts.is_empty() {
            self.counts = vec![0; self.cuts.len() + 1];
        }
        self.counts[self.cuts.partition_point(|cut| *cut < nanos)] += 1;
        self.sum = self.sum.saturating_add(nanos);
    }

    /// Adds what another one of the same cuts has counted.
    pub(crate) fn add(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.counts.clone_from(&other.counts);
        } else {
            self.counts.iter_mut().zip(&other.counts).for_each(|(own, more)| *own += more);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them together, in nanoseconds.
    pub(crate) fn sum_nanos(&self) -> u64 {
        self.sum
    }

    /// How many were in each bucket of a view, and in the one above its last bound.
    pub(crate) fn buckets(&self, view: Bounds) -> Vec<u64> {
        let mut buckets = vec![0; view.len() + 1];
        for (index, count) in self.counts.iter().enumerate() {
            let bucket = self.cuts.get(index).map_or(view.len(), |cut| view.partition_point(|at| at < cut));
            buckets[bucket] += count;
        }
        buckets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [(&Cuts, &[Bounds]); 5] = [
        (&WHOLE_CUTS, &[OF_UPSTREAM, OPERATION]),
        (&UPSTREAM_CUTS, &[OF_UPSTREAM, OF_PROVIDER, OPERATION]),
        (&ADDED_CUTS, &[OF_KONG, ADDED]),
        (&FIRST_TOKEN_CUTS, &[FIRST_TOKEN]),
        (&PER_TOKEN_CUTS, &[PER_TOKEN]),
    ];

    /// What a histogram with the bounds of a view alone would have counted.
    fn alone(durations: &[u64], view: Bounds) -> Vec<u64> {
        let mut buckets = vec![0; view.len() + 1];
        for nanos in durations {
            buckets[view.iter().position(|bound| nanos <= bound).unwrap_or(view.len())] += 1;
        }
        buckets
    }

    proptest::proptest! {
        #[test]
        fn every_view_is_what_a_histogram_of_its_own_would_be(
            durations in proptest::collection::vec(0..120_000_000_000_u64, 0..200),
            exact in proptest::collection::vec(0..64_usize, 0..20),
        ) {
            for (cuts, views) in KINDS {
                let at_cuts = exact.iter().map(|index| cuts[index % cuts.len()]);
                let durations: Vec<u64> = durations.iter().copied().chain(at_cuts).collect();
                let (mut one, mut other) = (Histogram::new(cuts), Histogram::new(cuts));
                for (index, nanos) in durations.iter().enumerate() {
                    let half = if index % 2 == 0 { &mut one } else { &mut other };
                    half.record(Duration::from_nanos(*nanos));
                }
                one.add(&other);
                for view in views {
                    proptest::prop_assert_eq!(one.buckets(view), alone(&durations, view));
                }
                proptest::prop_assert_eq!(one.count(), durations.len() as u64);
                proptest::prop_assert_eq!(one.sum_nanos(), durations.iter().sum::<u64>());
            }
        }
    }
}

//! How long calls took lately: percentiles of the last minutes, within five per cent.

use std::time::Duration;

use tokio::time::Instant;

/// What a slot holds, and how many there are: the oldest is forgotten as a new one begins.
const SLOT: Duration = Duration::from_secs(60);
const SLOTS: usize = 5;

/// Buckets for each doubling, from one microsecond to over an hour.
const STEPS: u32 = 8;
const BUCKETS: usize = 32 * STEPS as usize;

/// Durations of the last five minutes.
#[derive(Clone, Default)]
pub(crate) struct Window {
    slots: Vec<Slot>,
}

#[derive(Clone)]
struct Slot {
    began: Instant,
    counts: Box<[u32]>,
}

/// The shape of what a window holds, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Percentiles {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
}

impl Window {
    pub(crate) fn record(&mut self, duration: Duration, now: Instant) {
        let current = |slot: &&mut Slot| now.saturating_duration_since(slot.began) < SLOT;
        if self.slots.last_mut().as_ref().is_none_or(|slot| !current(slot)) {
            if self.slots.len() == SLOTS {
                self.slots.remove(0);
            }
            self.slots.push(Slot { began: now, counts: vec![0; BUCKETS].into() });
        }
        let slot = self.slots.last_mut().expect("it was there, or is now");
        let count = &mut slot.counts[bucket(duration)];
        *count = count.saturating_add(1);
    }

    /// Of several windows together; `None`, if nothing was recorded lately.
    pub(crate) fn percentiles<'w>(
        windows: impl IntoIterator<Item = &'w Self>,
        now: Instant,
    ) -> Option<Percentiles> {
        let mut counts = vec![0_u64; BUCKETS];
        let most = SLOT * u32::try_from(SLOTS).unwrap_or(u32::MAX);
        for window in windows {
            let recent = window.slots.iter().filter(|slot| now.saturating_duration_since(slot.began) < most);
            recent.flat_map(|slot| slot.counts.iter().enumerate()).for_each(|(bucket, count)| {
                counts[bucket] += u64::from(*count);
            });
        }
        let count: u64 = counts.iter().sum();
        let at = |per_cent: u64| {
            let rank = (count * per_cent).div_ceil(100);
            let mut below = 0;
            let reached = counts.iter().position(|count| {
                below += count;
                below >= rank
            });
            middle(reached.unwrap_or(BUCKETS - 1))
        };
        (count > 0).then(|| Percentiles { count, p50: at(50), p90: at(90), p99: at(99) })
    }
}

/// Buckets grow by a factor: eight of them double.
fn bucket(duration: Duration) -> usize {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).max(1);
    let doublings = micros.ilog2();
    // The three bits after the first.
    let step = (micros << 3 >> doublings) & 7;
    let bucket = u64::from(doublings * STEPS) + step;
    usize::try_from(bucket).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The middle of a bucket, in milliseconds.
fn middle(bucket: usize) -> f64 {
    let bucket = u32::try_from(bucket).unwrap_or(u32::MAX);
    let (doublings, step) = (bucket / STEPS, bucket % STEPS);
    let start = f64::from(STEPS + step) / f64::from(STEPS);
    let micros = (start + 0.5 / f64::from(STEPS)) * 2_f64.powi(i32::try_from(doublings).unwrap_or(0));
    (micros / 10.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn percentiles_are_near_what_was_recorded() {
        let now = Instant::now();
        let (mut one, mut other) = (Window::default(), Window::default());
        for duration in 1..=1000 {
            if duration % 3 == 0 { &mut one } else { &mut other }.record(ms(duration), now);
        }
        let found = Window::percentiles([&one, &other], now).unwrap();
        assert_eq!(found.count, 1000);
        for (got, expected) in [(found.p50, 500.0), (found.p90, 900.0), (found.p99, 990.0)] {
            assert!((got / expected - 1.0_f64).abs() < 0.07, "{got} for {expected}");
        }
        assert_eq!(Window::percentiles([&Window::default()], now), None);
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let start = Instant::now();
        let mut window = Window::default();
        for minute in 0..7_u32 {
            window.record(ms(10), start + minute * SLOT);
        }
        let count = |minutes: u32| {
            Window::percentiles([&window], start + minutes * SLOT).map_or(0, |found| found.count)
        };
        assert_eq!([6, 8, 10, 11].map(count), [5, 3, 1, 0]);
    }

    #[test]
    fn every_duration_has_a_bucket_near_it() {
        for micros in [1, 2, 3, 7, 8, 9, 1_000, 123_456, 3_600_000_000_u64] {
            let near = middle(bucket(Duration::from_micros(micros)));
            let exact = Duration::from_micros(micros).as_secs_f64() * 1e3;
            assert!((near - exact).abs() <= exact * 0.13 + 0.01, "{near} for {exact}");
        }
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
        assert_eq!(bucket(Duration::ZERO), 0);
    }
}

//! How fast a target is: a moving average that goes up at once and comes down slowly.
//!
//! A peak-sensitive EWMA as in Finagle's
//! [`PeakEwma`](https://github.com/twitter/finagle/blob/develop/finagle-core/src/main/scala/com/twitter/finagle/loadbalancer/PeakEwma.scala):
//! what is not asked seems faster with time, so that it is asked again and found out.

use std::time::Duration;

use tokio::time::Instant;

/// In which an old value goes down to 1/e.
const DECAY: Duration = Duration::from_secs(10);
/// No value is greater, in seconds: a month, which is slower than anything.
const MOST: f64 = 2.6e6;

/// The latency of one target, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latency {
    /// `None`: nobody knows yet.
    last: Option<(f64, Instant)>,
    /// All that were observed: their sum in seconds, and how many they were.
    #[cfg(feature = "redis")]
    pub(super) observed: [f64; 2],
}

impl Latency {
    /// What it is by now.
    pub(super) fn at(self, now: Instant) -> Option<f64> {
        let (value, at) = self.last?;
        Some(value * decay(now.saturating_duration_since(at)))
    }

    /// It was `seconds`, in a call that is just over.
    pub(super) fn observe(&mut self, seconds: f64, now: Instant) {
        let seconds = seconds.clamp(0.0, MOST);
        #[cfg(feature = "redis")]
        {
            self.observed[0] += seconds;
            self.observed[1] += 1.0;
        }
        self.blend(seconds, now);
    }

    /// Others observed so many calls, which took so many seconds together.
    #[cfg(feature = "redis")]
    pub(super) fn absorb(&mut self, seconds: f64, calls: f64, now: Instant) {
        self.observed[0] += seconds;
        self.observed[1] += calls;
        let mean = (seconds / calls).clamp(0.0, MOST);
        if calls > 0.0 && !mean.is_nan() {
            self.blend(mean, now);
        }
    }

    fn blend(&mut self, seconds: f64, now: Instant) {
        let value = match self.last {
            None => seconds,
            Some((old, at)) => {
                let share = decay(now.saturating_duration_since(at));
                if old * share < seconds { seconds } else { old * share + seconds * (1.0 - share) }
            }
        };
        self.last = Some((value, now));
    }

    /// It is taken to be at least `seconds`.
    pub(super) fn raise(&mut self, seconds: f64, now: Instant) {
        let value = self.at(now).map_or(seconds, |value| value.max(seconds));
        self.last = Some((value.min(MOST), now));
    }
}

/// What is left of a value after a time.
fn decay(passed: Duration) -> f64 {
    (-passed.as_secs_f64() / DECAY.as_secs_f64()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_up_at_once_and_comes_down_slowly() {
        let (mut latency, start) = (Latency::default(), Instant::now());
        assert_eq!(latency.at(start), None);
        latency.observe(1.0, start);
        latency.observe(3.0, start);
        assert_eq!(latency.at(start), Some(3.0));
        // Ten seconds later 3/e are left, and the rest is the new value's.
        let later = start + DECAY;
        assert!((latency.at(later).unwrap() - 1.103_638).abs() < 1e-6);
        latency.observe(1.0, later);
        assert!((latency.at(later).unwrap() - 1.735_759).abs() < 1e-6);
    }

    #[test]
    fn what_is_raised_never_falls_by_it() {
        let (mut latency, start) = (Latency::default(), Instant::now());
        latency.raise(2.0, start);
        latency.raise(1.0, start);
        assert_eq!(latency.at(start), Some(2.0));
        latency.raise(f64::INFINITY, start);
        assert_eq!(latency.at(start), Some(MOST));
    }
}

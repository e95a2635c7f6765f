//! What shall be measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::gateway::{Profile, Source};
use crate::run::Notice;

/// What shall be measured, and how long.
#[derive(Clone)]
pub struct Options {
    /// The gateway, and those that it is held against.
    pub gateways: Vec<Contender>,
    /// Whether nginx is measured too, where it is installed.
    pub proxy: bool,
    /// Providers by name; those that a gateway has no route for are left out for it.
    pub providers: Vec<String>,
    /// How many calls are under way at once, one measurement each.
    pub concurrency: Vec<usize>,
    /// Calls a second under open-loop load, one measurement each.
    pub rates: Vec<f64>,
    /// How long each measurement counts.
    pub duration: Duration,
    /// How often each is made.
    pub repeat: usize,
    /// Processors for the gateway.
    pub cores: usize,
    /// Where the mocks listen; absent: any free port of 127.0.0.1. A gateway that runs already must know it.
    pub mocks: Option<SocketAddr>,
    /// Hears what takes long before the first measurement.
    pub notice: Option<Notice>,
    /// Hears how far it is, before each measurement and at the end.
    pub progress: Option<Watcher>,
    /// Ends it early: what was measured until then is reported.
    pub stop: CancellationToken,
}

/// A gateway that is measured.
#[derive(Debug, Clone)]
pub struct Contender {
    /// Its profile.
    pub profile: Profile,
    /// Where it comes from.
    pub source: Source,
}

/// Hears how far a benchmark is.
pub type Watcher = Arc<dyn Fn(&Progress) + Send + Sync>;

/// How far a benchmark is.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Measurements done.
    pub done: usize,
    /// Measurements altogether; 0 while that is not known yet.
    pub total: usize,
    /// About how long it still takes.
    pub left: Duration,
    /// What is measured now.
    pub now: String,
}

impl Options {
    /// The gateway of this profile, beside the mocks alone and nginx.
    pub fn new(profile: Profile) -> Self {
        Self {
            gateways: vec![Contender { profile, source: Source::Profile }],
            proxy: true,
            providers: vec!["openai".to_owned(), "anthropic".to_owned()],
            concurrency: vec![1, 16, 64],
            rates: vec![100.0, 1000.0],
            duration: Duration::from_secs(2),
            repeat: 3,
            cores: 1,
            mocks: None,
            notice: None,
            progress: None,
            stop: CancellationToken::new(),
        }
    }

    /// A look at it: some fifteen seconds, and figures that only show the order of size.
    pub fn quick(profile: Profile) -> Self {
        Self {
            concurrency: vec![16],
            rates: vec![500.0],
            duration: Duration::from_millis(250),
            repeat: 2,
            ..Self::new(profile)
        }
    }

    /// Whether everything is within bounds: a benchmark ends, and does not bring the machine down.
    ///
    /// # Errors
    /// [`Error::Unmeasurable`], with the member that is out of bounds.
    pub fn check(&self) -> Result<(), Error> {
        let within = |is: bool, sentence: &str| {
            if is { Ok(()) } else { Err(Error::Unmeasurable(sentence.to_owned())) }
        };
        let second = Duration::from_secs(1);
        within(!self.gateways.is_empty(), "there is no gateway")?;
        within(!self.providers.is_empty(), "there is no provider")?;
        within(!self.concurrency.is_empty(), "nothing is to be asked at once")?;
        within(self.concurrency.iter().all(|calls| (1..=1024).contains(calls)), "1 to 1024 calls at once")?;
        within(self.rates.iter().all(|rate| (1.0..=100_000.0).contains(rate)), "1 to 100000 calls a second")?;
        within(
            (second / 20..=second * 60).contains(&self.duration),
            "a measurement takes 0.05 to 60 seconds",
        )?;
        within((1..=50).contains(&self.repeat), "1 to 50 repetitions")?;
        within((1..=256).contains(&self.cores), "1 to 256 processors")
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("gateways", &self.gateways.iter().map(|one| &one.profile.name).collect::<Vec<_>>())
            .field("providers", &self.providers)
            .field("concurrency", &self.concurrency)
            .field("rates", &self.rates)
            .field("duration", &self.duration)
            .field("repeat", &self.repeat)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_bounds_is_said() {
        let good = Options::new(Profile::load("touchstone").unwrap());
        assert!(good.check().is_ok() && Options::quick(good.gateways[0].profile.clone()).check().is_ok());
        let bad = [
            Options { gateways: vec![], ..good.clone() },
            Options { concurrency: vec![0], ..good.clone() },
            Options { concurrency: vec![], ..good.clone() },
            Options { rates: vec![f64::NAN], ..good.clone() },
            Options { duration: Duration::from_secs(61), ..good.clone() },
            Options { repeat: 0, ..good.clone() },
        ];
        for options in bad {
            assert_eq!(options.check().unwrap_err().exit_code(), 2, "{options:?}");
        }
    }
}

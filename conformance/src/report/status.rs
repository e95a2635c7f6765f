//! What became of checks, one by one and in numbers.

use serde::{Deserialize, Serialize};

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Held.
    Pass,
    /// A MUST or an OBSERVED that did not hold.
    Fail,
    /// A SHOULD that did not hold.
    Warn,
    /// Did not hold, as the profile says.
    Xfail,
    /// Held against the profile's expectation.
    Xpass,
    /// Feature not declared.
    Skip,
    /// What had to happen first did not happen.
    Untestable,
    /// The same, because of a failure that is expected.
    Blocked,
    /// The harness itself failed.
    Error,
}

/// How many checks ended in each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statistics {
    /// Held.
    pub pass: usize,
    /// A MUST or an OBSERVED that did not hold.
    pub fail: usize,
    /// A SHOULD that did not hold.
    pub warn: usize,
    /// Did not hold, and the profile says so with a reason.
    pub xfail: usize,
    /// Held although the profile says that it does not: a stale expectation.
    pub xpass: usize,
    /// The profile does not declare the feature.
    pub skip: usize,
    /// What had to happen first did not happen; counts as a failure.
    pub untestable: usize,
    /// What had to happen first did not happen, because of a failure that is expected.
    pub blocked: usize,
    /// The harness itself failed.
    pub error: usize,
}

impl Statistics {
    /// Counts one more.
    pub fn count(&mut self, status: Status) {
        let counter = match status {
            Status::Pass => &mut self.pass,
            Status::Fail => &mut self.fail,
            Status::Warn => &mut self.warn,
            Status::Xfail => &mut self.xfail,
            Status::Xpass => &mut self.xpass,
            Status::Skip => &mut self.skip,
            Status::Untestable => &mut self.untestable,
            Status::Blocked => &mut self.blocked,
            Status::Error => &mut self.error,
        };
        *counter += 1;
    }

    /// Counts all that others counted.
    pub fn add(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.warn += other.warn;
        self.xfail += other.xfail;
        self.xpass += other.xpass;
        self.skip += other.skip;
        self.untestable += other.untestable;
        self.blocked += other.blocked;
        self.error += other.error;
    }

    /// All of them together.
    pub fn total(&self) -> usize {
        self.judged() + self.skip
    }

    /// All but the skipped: those that were judged, and those that could not be.
    pub fn judged(&self) -> usize {
        let known = self.xfail + self.xpass + self.blocked;
        self.pass + self.fail + self.warn + known + self.untestable + self.error
    }

    /// Those that nobody expected: failures, the untestable, stale expectations and the harness's own errors.
    pub fn unexpected(&self) -> usize {
        self.fail + self.untestable + self.xpass + self.error
    }

    /// The worst status counted, for one sign that stands for many checks; `None` when nothing was counted. What must hold and does not
    /// is worse than what should, though it was expected.
    pub fn worst(&self) -> Option<Status> {
        let order = [
            (self.error, Status::Error),
            (self.fail, Status::Fail),
            (self.untestable, Status::Untestable),
            (self.xpass, Status::Xpass),
            (self.xfail, Status::Xfail),
            (self.warn, Status::Warn),
            (self.pass, Status::Pass),
            (self.blocked, Status::Blocked),
            (self.skip, Status::Skip),
        ];
        order.into_iter().find(|(count, _)| *count > 0).map(|(_, status)| status)
    }
}

impl Status {
    /// As it stands in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Xfail => "xfail",
            Self::Xpass => "xpass",
            Self::Skip => "skip",
            Self::Untestable => "untestable",
            Self::Blocked => "blocked",
            Self::Error => "error",
        }
    }
}

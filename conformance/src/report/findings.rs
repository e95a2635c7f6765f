//! What somebody who runs the suite as a test wants of a report: whether all is as expected, and if not, what to read.

use super::cases::finding;
use super::model::{Check, Report};

/// More would not be read.
const MOST: usize = 20;

impl Report {
    /// The checks that nobody expected to end so: failures, what could not be tested, and passes that were expected to fail.
    pub fn unexpected(&self) -> Vec<&Check> {
        self.checks.iter().filter(|check| check.is_unexpected()).collect()
    }

    /// Whether the run is as expected: [`Summary::exit_code`](super::model::Summary::exit_code) is 0. A run that judged
    /// nothing is not.
    pub fn is_as_expected(&self) -> bool {
        self.summary.exit_code == 0
    }

    /// What was not as expected, as a text for the message of an assertion: for each check what was required, where, what was
    /// expected and what came; at most twenty of them, and then how many more.
    pub fn findings(&self) -> String {
        let unexpected = self.unexpected();
        let told = unexpected.iter().take(MOST).map(|check| match self.requirement(&check.id) {
            Some(requirement) => format!("{}\n{}", check.key(), finding(self, check, requirement)),
            None => check.key(),
        });
        let mut told: Vec<String> = told.collect();
        if unexpected.len() > MOST {
            told.push(format!("… and {} more", unexpected.len() - MOST));
        }
        told.extend(self.environment.died.iter().map(|died| format!("the gateway died: {died}")));
        let statistics = &self.summary.statistics;
        told.push(format!("{} checks passed, {} did not end as expected", statistics.pass, unexpected.len()));
        told.join("\n\n")
    }
}

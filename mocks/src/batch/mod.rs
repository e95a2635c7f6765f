//! Work that goes on from one look to the next: batches and jobs, whosever they are.
//!
//! ```text
//! create ─▶ Inner: each line through the provider's own API ─▶ outcomes ─▶ Job on the shelf
//! look   ─▶ Job::look: a step further, or over                 stop ─▶ Job::stop, over at the next look
//! ```
//!
//! Lines are answered when the job is made, so that scripts and the seed say what they say to the same request alone. What a
//! look shows of them is the job's progress: no clock decides. A script may say otherwise how long it takes and how it ends:
//! [`Progress`](crate::script::Progress).

mod inner;

use serde::{Deserialize, Serialize};

pub use inner::Inner;

use crate::script::{End, Progress};

/// How far the work is, in numbers of lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    lines: usize,
    done: usize,
    looks: u64,
    progress: Progress,
    stage: Stage,
}

/// Where the work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody looked yet.
    Waiting,
    /// Lines are being worked on.
    Working,
    /// It was stopped; the next look finds it over.
    Stopping,
    /// It was stopped before its end.
    Stopped,
    /// Over.
    Over(End),
}

impl Job {
    /// Work on so many lines, none of them done.
    #[must_use]
    pub fn new(lines: usize, progress: Progress) -> Self {
        Self { lines, done: 0, looks: 0, progress, stage: Stage::Waiting }
    }

    /// A look, which finds the work a step further.
    pub fn look(&mut self) -> Stage {
        self.stage = match self.stage {
            Stage::Stopping => Stage::Stopped,
            Stage::Waiting | Stage::Working => self.step(),
            over => over,
        };
        self.stage
    }

    fn step(&mut self) -> Stage {
        self.looks += 1;
        let steps = self.progress.looks.saturating_add(1);
        let is_over = self.looks >= steps;
        let share = |part: u64| {
            let lines = self.lines as u128 * u128::from(part) / u128::from(steps);
            usize::try_from(lines).unwrap_or(self.lines)
        };
        self.done = match self.progress.end {
            End::Done if is_over => self.lines,
            _ => self.progress.lines.unwrap_or(self.lines).min(share(self.looks.min(steps - 1))),
        };
        if is_over { Stage::Over(self.progress.end) } else { Stage::Working }
    }

    /// Stops the work; says whether there was any left to stop.
    pub fn stop(&mut self) -> bool {
        let works = matches!(self.stage, Stage::Waiting | Stage::Working);
        if works {
            self.stage = Stage::Stopping;
        }
        works
    }

    /// Where it stands, without a look.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// All of its lines.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// How many lines are done, from the first one on.
    #[must_use]
    pub fn done(&self) -> usize {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(job: &mut Job, looks: usize) -> Vec<(Stage, usize)> {
        (0..looks).map(|_| (job.look(), job.done())).collect()
    }

    #[test]
    fn each_look_finds_it_further() {
        let mut job = Job::new(5, Progress::default());
        assert_eq!((job.stage(), job.done()), (Stage::Waiting, 0));
        let over = (Stage::Over(End::Done), 5);
        assert_eq!(seen(&mut job, 3), [(Stage::Working, 2), over, over]);
    }

    #[test]
    fn a_script_says_how_long_it_takes_and_how_it_ends() {
        let mut job = Job::new(6, Progress { looks: 0, ..Progress::default() });
        assert_eq!(seen(&mut job, 1), [(Stage::Over(End::Done), 6)]);
        let mut job = Job::new(6, Progress { looks: 2, end: End::Expired, lines: None });
        let expected = [(Stage::Working, 2), (Stage::Working, 4), (Stage::Over(End::Expired), 4)];
        assert_eq!(seen(&mut job, 3), expected);
        let mut job = Job::new(6, Progress { looks: 1, end: End::Failed, lines: Some(1) });
        assert_eq!(seen(&mut job, 2), [(Stage::Working, 1), (Stage::Over(End::Failed), 1)]);
    }

    #[test]
    fn what_was_stopped_keeps_what_was_done() {
        let mut job = Job::new(4, Progress::default());
        job.look();
        assert!(job.stop() && !job.stop());
        assert_eq!((job.stage(), job.look(), job.done()), (Stage::Stopping, Stage::Stopped, 2));
        assert!(!job.stop());
        let mut over = Job::new(1, Progress { looks: 0, ..Progress::default() });
        over.look();
        assert!(!over.stop());
    }
}

//! What the service keeps of a batch.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::BATCH;
use super::lines::Outcome;
use crate::batch::{Job, Stage};
use crate::hosts;
use crate::provider::Call;
use crate::script::{End, Failure, Kind};

/// How long a batch takes where it takes no time, and how long it may take, in seconds.
const TAKES: i64 = 60;
const MAY_TAKE: i64 = 24 * 3_600;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) id: String,
    /// Its place among all, from 1.
    pub(super) number: u64,
    created_at: String,
    /// When it ends if it does.
    ends_at: String,
    expires_at: String,
    cancel_initiated_at: Option<String>,
    /// What becomes of each request, where it is not canceled before.
    good: Vec<bool>,
    job: Job,
}

impl Batch {
    pub(super) fn new(call: &Call<'_>, results: &[Outcome]) -> Self {
        let earlier = call.shelf.all::<Self>(BATCH);
        Self {
            id: format!("msgbatch_01{}", call.draw.text("id", 22)),
            number: earlier.iter().map(|(_, batch)| batch.number).max().unwrap_or(0) + 1,
            created_at: call.draw.rfc3339(0),
            ends_at: call.draw.rfc3339(TAKES),
            expires_at: call.draw.rfc3339(MAY_TAKE),
            cancel_initiated_at: None,
            good: results.iter().map(Outcome::is_good).collect(),
            job: Job::new(results.len(), call.inner.progress(call.request, call.body)),
        }
    }

    pub(super) fn look(&mut self) -> Result<(), Failure> {
        self.job.look();
        Ok(())
    }

    /// Once it has ended there is nothing to stop; a second time changes nothing.
    pub(super) fn stop(&mut self, at: String) -> Result<(), Failure> {
        if self.has_ended() {
            let message = format!("Message Batch '{}' cannot be canceled: it has ended.", self.id);
            return Err(Failure::new(Kind::InvalidRequest, message));
        }
        if self.job.stop() {
            self.cancel_initiated_at = Some(at);
        }
        Ok(())
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.job.stage(), Stage::Stopped | Stage::Over(_))
    }

    pub(super) fn status(&self) -> &'static str {
        match self.job.stage() {
            Stage::Waiting | Stage::Working => "in_progress",
            Stage::Stopping => "canceling",
            Stage::Stopped | Stage::Over(_) => "ended",
        }
    }

    /// As it is now.
    pub(super) fn shown(&self, call: &Call<'_>) -> Value {
        let ended = self.has_ended();
        let ended_at = if self.is_late() { &self.expires_at } else { &self.ends_at };
        let results = || format!("{}/v1/messages/batches/{}/results", base(call), self.id);
        json!({
            "id": self.id,
            "type": "message_batch",
            "processing_status": self.status(),
            "request_counts": self.counts(),
            "ended_at": ended.then_some(ended_at),
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "archived_at": null,
            "cancel_initiated_at": self.cancel_initiated_at,
            "results_url": ended.then(results),
        })
    }

    fn is_late(&self) -> bool {
        self.job.stage() == Stage::Over(End::Expired)
    }

    /// All count as processing until the whole batch has ended.
    fn counts(&self) -> Value {
        let (all, done) = (self.job.lines(), self.job.done());
        let good = self.good[..done].iter().filter(|good| **good).count();
        let (mut errored, left) = (done - good, all - done);
        let (mut canceled, mut expired) = (0, 0);
        match self.job.stage() {
            Stage::Stopped => canceled = left,
            Stage::Over(End::Expired) => expired = left,
            Stage::Over(_) => errored += left,
            Stage::Waiting | Stage::Working | Stage::Stopping => return count(all, 0, 0, 0, 0),
        }
        count(0, good, errored, canceled, expired)
    }

    /// The line of a request, once all has ended.
    pub(super) fn line(&self, number: usize, outcome: Outcome) -> Value {
        let result = match self.job.stage() {
            _ if number < self.job.done() => outcome.result,
            Stage::Stopped => json!({ "type": "canceled" }),
            Stage::Over(End::Expired) => json!({ "type": "expired" }),
            _ => {
                let error = json!({ "type": "api_error", "message": "Internal server error" });
                json!({ "type": "errored", "error": { "type": "error", "error": error } })
            }
        };
        json!({ "custom_id": outcome.custom_id, "result": result })
    }
}

fn count(processing: usize, succeeded: usize, errored: usize, canceled: usize, expired: usize) -> Value {
    json!({ "processing": processing, "succeeded": succeeded, "errored": errored, "canceled": canceled, "expired": expired })
}

/// Where the client found the mock: by TLS under the service's own name, else plainly.
fn base(call: &Call<'_>) -> String {
    let host = call.request.header("host").unwrap_or("api.anthropic.com");
    let scheme = if hosts::provider(host).is_some() { "https" } else { "http" };
    format!("{scheme}://{host}{}", call.request.prefix)
}

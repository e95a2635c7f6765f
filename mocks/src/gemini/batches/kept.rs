//! What the service keeps of a batch, shown as an operation that runs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lines::Line;
use super::{BATCH, EMBED};
use crate::batch::{Job, Stage};
use crate::gemini::model;
use crate::provider::Call;
use crate::script::{End, Failure, Kind};

/// How long a batch takes where it takes no time, in seconds.
const TAKES: i64 = 60;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) id: String,
    /// Its place among all, from 1.
    pub(super) number: u64,
    display_name: Option<String>,
    model: String,
    embeds: bool,
    created: String,
    ends: String,
    /// What its results are called, where they go to a file.
    file: Option<String>,
    /// What comes of each request, where it is not cancelled before.
    good: Vec<bool>,
    job: Job,
}

impl Batch {
    pub(super) fn new(call: &Call<'_>, lines: &[Line]) -> Self {
        let earlier = call.shelf.all::<Self>(BATCH);
        let asked = &call.body["batch"];
        let by_file = asked["inputConfig"]["fileName"].as_str().is_some_and(|name| !name.is_empty());
        let id = call.draw.text("batch", 32).to_ascii_lowercase();
        Self {
            file: by_file.then(|| format!("batch-{id}")),
            id,
            number: earlier.iter().map(|(_, batch)| batch.number).max().unwrap_or(0) + 1,
            display_name: asked["displayName"].as_str().map(str::to_owned),
            model: format!("models/{}", model(call)),
            embeds: call.operation == EMBED,
            created: call.draw.rfc3339(0),
            ends: call.draw.rfc3339(TAKES),
            good: lines.iter().map(Line::is_good).collect(),
            job: Job::new(lines.len(), call.inner.progress(call.request, call.body)),
        }
    }

    /// A look; says whether the batch ended well by it.
    pub(super) fn look(&mut self) -> bool {
        let before = self.job.stage();
        self.job.look() != before && self.is_done()
    }

    pub(super) fn stop(&mut self) -> Result<(), Failure> {
        if matches!(self.job.stage(), Stage::Over(_) | Stage::Stopped) {
            let message = "The batch cannot be cancelled: it is over.";
            return Err(Failure::new(Kind::InvalidRequest, message));
        }
        self.job.stop();
        Ok(())
    }

    /// The last part of the name of the file with its results.
    pub(super) fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    fn is_done(&self) -> bool {
        self.job.stage() == Stage::Over(End::Done)
    }

    fn state(&self) -> &'static str {
        match self.job.stage() {
            Stage::Waiting => "BATCH_STATE_PENDING",
            Stage::Working | Stage::Stopping => "BATCH_STATE_RUNNING",
            Stage::Stopped => "BATCH_STATE_CANCELLED",
            Stage::Over(End::Done) => "BATCH_STATE_SUCCEEDED",
            Stage::Over(End::Expired) => "BATCH_STATE_EXPIRED",
            Stage::Over(End::Failed) => "BATCH_STATE_FAILED",
        }
    }

    /// The operation as it is now; `lines` are what came of its requests, where they stand inline.
    pub(super) fn shown(&self, lines: &[Line]) -> Value {
        let kind = if self.embeds { "EmbedContentBatch" } else { "GenerateContentBatch" };
        let kind = format!("type.googleapis.com/google.ai.generativelanguage.v1main.{kind}");
        let name = format!("batches/{}", self.id);
        let is_over = matches!(self.job.stage(), Stage::Over(_) | Stage::Stopped);
        let mut metadata = json!({
            "@type": kind,
            "model": self.model,
            "name": name,
            "state": self.state(),
            "createTime": self.created,
            "updateTime": if is_over { &self.ends } else { &self.created },
            "batchStats": self.stats(),
        });
        if let Some(display) = &self.display_name {
            metadata["displayName"] = display.clone().into();
        }
        let mut shown = json!({ "name": name });
        if is_over {
            metadata["endTime"] = self.ends.clone().into();
            shown["done"] = true.into();
            if self.is_done() {
                let output = self.output(lines);
                metadata["output"] = output.clone();
                shown["response"] = output;
                shown["response"]["@type"] = format!("{kind}Output").into();
            } else {
                shown["error"] = self.error();
            }
        }
        shown["metadata"] = metadata;
        shown
    }

    fn output(&self, lines: &[Line]) -> Value {
        match &self.file {
            Some(file) => json!({ "responsesFile": format!("files/{file}") }),
            None => {
                let lines: Vec<Value> = lines.iter().map(Line::inlined).collect();
                json!({ "inlinedResponses": { "inlinedResponses": lines } })
            }
        }
    }

    fn error(&self) -> Value {
        match self.job.stage() {
            Stage::Stopped => json!({ "code": 1, "message": "The batch was cancelled." }),
            Stage::Over(End::Expired) => {
                json!({ "code": 4, "message": "The batch expired before it was done." })
            }
            _ => json!({ "code": 13, "message": "The batch failed." }),
        }
    }

    /// Numbers of 64 bits are strings, and those that are zero are left out.
    fn stats(&self) -> Value {
        let done = self.job.done();
        let good = self.good[..done].iter().filter(|good| **good).count();
        let mut stats = json!({ "requestCount": self.job.lines().to_string() });
        for (name, count) in [
            ("successfulRequestCount", good),
            ("failedRequestCount", done - good),
            ("pendingRequestCount", self.job.lines() - done),
        ] {
            if count > 0 {
                stats[name] = count.to_string().into();
            }
        }
        stats
    }
}

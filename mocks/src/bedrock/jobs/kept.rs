//! What the service keeps of a job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lines::Outcome;
use super::place;
use crate::batch::{Job, Stage};
use crate::cloud::aws::s3::Place;
use crate::provider::Call;
use crate::script::End;

/// On the shelf.
pub(super) const KIND: &str = "model-invocation-job";
/// When the first one was begun: a minute before the next.
const FIRST: i64 = 1_767_225_600;
const APART: i64 = 60;
const HOUR: i64 = 3_600;
/// Jobs of fewer records fail.
const LEAST: usize = 100;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) number: i64,
    pub(super) arn: String,
    /// As it was asked for.
    body: Value,
    /// In full.
    model: String,
    outcomes: Vec<Outcome>,
    job: Job,
    /// Why it fails before any line is read.
    problem: Option<String>,
    looks: i64,
}

impl Kept {
    pub(super) fn new(call: &Call<'_>, id: &str, number: i64, outcomes: Vec<Outcome>) -> Self {
        let arn = format!("arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{id}");
        let model = call.body["modelId"].as_str().unwrap_or_default();
        let model = match model.starts_with("arn:") {
            true => model.to_owned(),
            false => format!("arn:aws:bedrock:us-east-1::foundation-model/{model}"),
        };
        let few = || {
            format!(
                "Batch job {arn} contains less records ({}) than the required minimum of: {LEAST}",
                outcomes.len()
            )
        };
        let problem = (outcomes.len() < LEAST).then(few);
        let job = Job::new(outcomes.len(), call.inner.progress(call.request, call.body));
        Self { number, arn, body: call.body.clone(), model, outcomes, job, problem, looks: 0 }
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.body["clientRequestToken"].as_str()
    }

    pub(super) fn name(&self) -> &str {
        self.body["jobName"].as_str().unwrap_or_default()
    }

    /// A look, which finds it a step further. Says whether it has just ended.
    pub(super) fn look(&mut self) -> bool {
        let before = self.has_ended();
        self.looks += 1;
        self.job.look();
        self.has_ended() && !before
    }

    /// Says whether there was anything left to stop.
    pub(super) fn stop(&mut self) -> bool {
        !self.has_ended() && self.job.stop()
    }

    fn has_ended(&self) -> bool {
        matches!(self.job.stage(), Stage::Stopped | Stage::Over(_)) || self.fails()
    }

    fn fails(&self) -> bool {
        self.problem.is_some() && self.looks > 0
    }

    pub(super) fn status(&self) -> &'static str {
        match self.job.stage() {
            _ if self.fails() => "Failed",
            Stage::Waiting => "Submitted",
            Stage::Working => "InProgress",
            Stage::Stopping => "Stopping",
            Stage::Stopped => "Stopped",
            Stage::Over(End::Done) => "Completed",
            Stage::Over(End::Expired) if self.job.done() > 0 => "PartiallyCompleted",
            Stage::Over(End::Expired) => "Expired",
            Stage::Over(End::Failed) => "Failed",
        }
    }

    /// As it is now.
    pub(super) fn shown(&self) -> Value {
        let submitted = FIRST + self.number * APART;
        let at = |later: i64| Timestamp::from_second(submitted + later).unwrap_or_default().to_string();
        let hours = self.body["timeoutDurationInHours"].as_i64().unwrap_or(24);
        let mut shown = json!({
            "jobArn": self.arn,
            "jobName": self.name(),
            "modelId": self.model,
            "roleArn": self.body["roleArn"],
            "status": self.status(),
            "submitTime": at(0),
            "lastModifiedTime": at(self.looks.min(APART)),
            "inputDataConfig": self.body["inputDataConfig"],
            "outputDataConfig": self.body["outputDataConfig"],
            "timeoutDurationInHours": hours,
            "jobExpirationTime": at(hours * HOUR),
            "modelInvocationType": self.body["modelInvocationType"].as_str().unwrap_or("InvokeModel"),
        });
        for name in ["clientRequestToken", "vpcConfig"] {
            if let Some(value) = self.body.get(name) {
                shown[name] = value.clone();
            }
        }
        if self.has_ended() {
            shown["endTime"] = at(self.looks.min(APART)).into();
        }
        match (self.status(), &self.problem) {
            ("Failed", Some(problem)) => shown["message"] = problem.as_str().into(),
            ("Failed", None) => shown["message"] = "The job failed because of an internal error.".into(),
            ("Submitted", _) => {}
            _ => {
                let (good, bad) = self.counts();
                shown["totalRecordCount"] = self.outcomes.len().into();
                shown["processedRecordCount"] = (good + bad).into();
                shown["successRecordCount"] = good.into();
                shown["errorRecordCount"] = bad.into();
            }
        }
        shown
    }

    /// What lies in the bucket at the end: a file of answers for each of questions, and a manifest.
    pub(super) fn left(&self) -> Vec<(Place, String)> {
        let Some(to) = place(&self.body["outputDataConfig"]).filter(|_| self.status() != "Failed") else {
            return Vec::new();
        };
        let slash = if to.key.is_empty() || to.key.ends_with('/') { "" } else { "/" };
        let id = self.arn.rsplit('/').next().unwrap_or_default();
        let at =
            |file: &str| Place { bucket: to.bucket.clone(), key: format!("{}{slash}{id}/{file}", to.key) };
        let mut left: Vec<(Place, String)> = Vec::new();
        for outcome in self.done() {
            let place = at(&format!("{}.out", outcome.file));
            let line = format!("{}\n", outcome.record);
            match left.iter_mut().find(|(known, _)| *known == place) {
                Some((_, content)) => content.push_str(&line),
                None => left.push((place, line)),
            }
        }
        let (good, bad) = self.counts();
        let tokens = self.done().iter().map(Outcome::tokens);
        let (input, output) = tokens.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        let manifest = json!({
            "totalRecordCount": self.outcomes.len(),
            "processedRecordCount": good + bad,
            "successRecordCount": good,
            "errorRecordCount": bad,
            "inputTokenCount": input,
            "outputTokenCount": output,
        });
        left.push((at("manifest.json.out"), manifest.to_string()));
        left
    }

    /// Those lines that were answered by now.
    fn done(&self) -> &[Outcome] {
        &self.outcomes[..self.job.done().min(self.outcomes.len())]
    }

    fn counts(&self) -> (usize, usize) {
        let good = self.done().iter().filter(|outcome| outcome.is_good()).count();
        (good, self.done().len() - good)
    }
}

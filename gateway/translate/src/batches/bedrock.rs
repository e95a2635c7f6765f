//! Bedrock's [jobs](https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html) that invoke a model: they find their lines in a
//! bucket, and leave their answers in one.
//!
//! ```text
//! lines ─▶ records ─▶ <prefix>/<job>/input.jsonl     answers: <prefix>/<job>/<id>/input.jsonl.out
//! ```

use serde::Deserialize;
use serde_json::value::RawValue;

use super::record_id;
use super::results::Outcome;
use super::{Batch, Counts, Page, Results, Status, Step};
use crate::call::{self, Auth, Options, Target};
use crate::json::Object;
use crate::openai::Problem;
use crate::{Error, buckets, path, time};

const WHAT: &str = "job";
const RESULT: &str = "record of a job";
/// The service that jobs belong to.
const CONTROL: &str = "https://bedrock.{region}.amazonaws.com";
const JOB: &str = "/model-invocation-job";
const JOBS: &str = "/model-invocation-jobs";
const SCHEME: &str = "s3://";
/// The file of a job's lines.
const INPUT: &str = "input.jsonl";
/// Hours that a job may take: as many as OpenAI's window has, and the fewest that the service knows.
const HOURS: u64 = 24;

/// Where a target's jobs find their lines and leave their answers, and as whom they do that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// A bucket, and what keys begin with: `bucket/folder`.
    prefix: String,
    role: String,
}

impl Storage {
    /// What Kong's file says: `s3://bucket/folder`, and a role's ARN.
    pub fn read(prefix: &str, role: &str) -> Result<Self, Error> {
        let prefix = prefix.strip_prefix(SCHEME).unwrap_or(prefix).trim_end_matches('/');
        if path::leads_out(prefix) || role.is_empty() {
            let message = "the gateway's file does not say where this provider's batches lie: batch_bucket_prefix, batch_role_arn";
            return Err(Error::Request { message: message.to_owned(), param: None });
        }
        Ok(Self { prefix: prefix.to_owned(), role: role.to_owned() })
    }

    /// Where the lines of a job of this name go: bucket and key.
    pub fn input(&self, job: &str) -> String {
        format!("{}/{job}/{INPUT}", self.prefix)
    }

    /// The body that makes the job.
    pub fn job(&self, job: &str, model: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        let mut body = Object::new(&mut out);
        body.string("jobName", job);
        body.string("roleArn", &self.role);
        body.string("modelId", model);
        body.word("modelInvocationType", "Converse");
        {
            let mut input = body.object("inputDataConfig");
            let mut input = input.object("s3InputDataConfig");
            input.word("s3InputFormat", "JSONL");
            input.string("s3Uri", &format!("{SCHEME}{}", self.input(job)));
        }
        {
            let mut output = body.object("outputDataConfig");
            let mut output = output.object("s3OutputDataConfig");
            output.string("s3Uri", &format!("{SCHEME}{}/{job}/", self.prefix));
        }
        body.number("timeoutDurationInHours", HOURS);
        drop(body);
        out
    }
}

/// Where a step leads.
pub(super) fn target(step: Step<'_>, options: &Options<'_>) -> Result<(&'static str, Target), Error> {
    let (method, path) = match step {
        Step::Create => ("POST", JOB.to_owned()),
        Step::List { .. } => ("GET", JOBS.to_owned()),
        Step::Retrieve(id) | Step::Results(id) => ("GET", format!("{JOB}/{}", path::segment(id)?)),
        Step::Cancel(id) => ("POST", format!("{JOB}/{}/stop", path::segment(id)?)),
        Step::File(place) => return Ok(("GET", buckets::object(place)?)),
    };
    let mut target = Target {
        base_url: Some(CONTROL),
        auth: Auth::SigV4 { service: "bedrock" },
        anchor: Some(JOB),
        ..Target::new(path, options.model.unwrap_or_default().to_owned(), false)
    };
    if let Step::List { limit, token, .. } = step {
        target.query.push(("maxResults", limit.to_string()));
        target.query.extend(token.map(|token| ("nextToken", token.to_owned())));
    }
    Ok((method, target))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    job_arn: String,
    model_id: String,
    #[serde(default)]
    status: String,
    message: Option<String>,
    submit_time: String,
    end_time: Option<String>,
    job_expiration_time: Option<String>,
    input_data_config: Input,
    output_data_config: Output,
    #[serde(default)]
    total_record_count: u64,
    #[serde(default)]
    success_record_count: u64,
    #[serde(default)]
    error_record_count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    s3_input_data_config: Place,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    s3_output_data_config: Place,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    s3_uri: String,
}

/// The name of a new one.
pub(super) fn made(body: &[u8]) -> Result<String, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Made {
        job_arn: String,
    }

    let made: Made = call::read(WHAT, body)?;
    Ok(id(&made.job_arn).to_owned())
}

/// A job.
pub(super) fn batch(body: &[u8]) -> Result<Batch, Error> {
    call::read::<Job>(WHAT, body)?.neutral()
}

/// A page of jobs.
pub(super) fn list(body: &[u8]) -> Result<Page, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Native {
        #[serde(default)]
        invocation_job_summaries: Vec<Job>,
        next_token: Option<String>,
    }

    let page: Native = call::read(WHAT, body)?;
    let batches = page.invocation_job_summaries.into_iter().map(Job::neutral).collect::<Result<_, _>>()?;
    Ok(Page { batches, has_more: page.next_token.is_some(), token: page.next_token })
}

/// What an ARN ends with.
fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

impl Job {
    fn neutral(self) -> Result<Batch, Error> {
        let status = match &*self.status {
            "Submitted" | "Validating" | "" => Status::Validating,
            "Scheduled" | "InProgress" => Status::InProgress,
            "Completed" => Status::Completed,
            "Failed" => Status::Failed,
            "Stopping" => Status::Cancelling,
            "Stopped" => Status::Cancelled,
            // Time ran out after some records, or before any.
            "PartiallyCompleted" | "Expired" => Status::Expired,
            other => {
                let why = format!("`{}` is no status", other.chars().take(40).collect::<String>());
                return Err(Error::Malformed { what: WHAT, why });
            }
        };
        let at = |text: Option<&str>| text.and_then(time::seconds);
        // The name of a foundation model or a profile stands at the end of its ARN.
        let model = match self.model_id.strip_prefix("arn:").and_then(|arn| arn.split_once('/')) {
            Some((_, name)) => name.to_owned(),
            None => self.model_id,
        };
        Ok(Batch {
            native: id(&self.job_arn).to_owned(),
            status,
            counts: Counts {
                total: self.total_record_count,
                completed: self.success_record_count,
                failed: self.error_record_count,
            },
            has_results: status != Status::Failed,
            created: at(Some(&self.submit_time)).unwrap_or_default(),
            expires: at(self.job_expiration_time.as_deref()),
            cancelling: None,
            ended: at(self.end_time.as_deref()),
            model: Some(model),
            problem: self.message.filter(|_| status == Status::Failed),
        })
    }
}

/// Where a job's answers lie: bucket and key.
pub(super) fn file(body: &[u8]) -> Result<Option<String>, Error> {
    let job: Job = call::read(WHAT, body)?;
    let folder = &job.output_data_config.s3_output_data_config.s3_uri;
    let folder = folder.strip_prefix(SCHEME).unwrap_or(folder).trim_end_matches('/');
    let input = &job.input_data_config.s3_input_data_config.s3_uri;
    // One that others made may have a folder of files; which they are, nobody says.
    let input = input.rsplit('/').next().filter(|name| name.ends_with(".jsonl")).unwrap_or(INPUT);
    Ok(Some(format!("{folder}/{}/{input}.out", id(&job.job_arn))))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    record_id: String,
    #[serde(borrow)]
    model_output: Option<&'a RawValue>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_code: Option<u16>,
    #[serde(default)]
    error_message: String,
}

/// One record of the answers.
pub(super) fn result(row: &[u8], results: &mut Results<'_>) -> Result<(), Error> {
    let row: Row<'_> = call::read(RESULT, row)?;
    let outcome = match (row.model_output, row.error) {
        (Some(reply), None) => Outcome::Answered(reply.get().as_bytes()),
        (_, Some(error)) => {
            let problem = Problem::of(error.error_code.filter(|code| *code >= 400).unwrap_or(500));
            Outcome::Refused(problem.saying(error.error_message), None)
        }
        (None, None) => return Err(Error::Malformed { what: RESULT, why: "it has no outcome".to_owned() }),
    };
    results.line(&record_id::decode(&row.record_id), &outcome)
}

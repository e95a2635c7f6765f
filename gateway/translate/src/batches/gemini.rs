//! Gemini's [batches](https://ai.google.dev/gemini-api/docs/batch-api): operations that run. Requests go inline, up to the 20 MB that
//! the service takes so; results come inline with them, or in a file of a batch that was made elsewhere.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::results::Outcome;
use super::{Batch, Counts, Page, Results, Status, Step};
use crate::call::{self, Auth, Options, Target};
use crate::openai::Problem;
use crate::{Error, path, time};

const WHAT: &str = "batch";
const RESULT: &str = "result of a batch";
/// Seconds after which a batch [expires](https://ai.google.dev/gemini-api/docs/batch-api#batch-job-status).
const MAY_TAKE: u64 = 48 * 3_600;

/// Where a step leads.
pub(super) fn target(step: Step<'_>, options: &Options<'_>) -> Result<(&'static str, Target), Error> {
    let (method, path) = match step {
        Step::Create => {
            let model = options.model(None)?;
            let name = path::segment(model.strip_prefix("models/").unwrap_or(&model))?;
            ("POST", format!("/v1beta/models/{name}:batchGenerateContent"))
        }
        Step::List { .. } => ("GET", "/v1beta/batches".to_owned()),
        Step::Retrieve(id) | Step::Results(id) => ("GET", format!("/v1beta/batches/{}", path::segment(id)?)),
        Step::Cancel(id) => ("POST", format!("/v1beta/batches/{}:cancel", path::segment(id)?)),
        Step::File(id) => ("GET", format!("/v1beta/files/{}:download", path::segment(id)?)),
    };
    let anchor = if step == Step::Create { "/models/" } else { "/batches" };
    let mut target = Target {
        auth: Auth::Header("x-goog-api-key"),
        anchor: Some(if let Step::File(_) = step { "/files/" } else { anchor }),
        ..Target::new(path, options.model.unwrap_or_default().to_owned(), false)
    };
    match step {
        Step::List { limit, token, .. } => {
            target.query.push(("pageSize", limit.to_string()));
            target.query.extend(token.map(|token| ("pageToken", token.to_owned())));
        }
        Step::File(_) => target.query.push(("alt", "media".to_owned())),
        _ => {}
    }
    Ok((method, target))
}

#[derive(Deserialize)]
struct Operation<'a> {
    name: String,
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    response: Option<Output<'a>>,
    #[serde(default)]
    error: Option<Failure>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata<'a> {
    state: String,
    model: Option<String>,
    create_time: Option<String>,
    end_time: Option<String>,
    batch_stats: Stats,
    #[serde(borrow)]
    output: Option<Output<'a>>,
}

/// Numbers of 64 bits, as strings; those that are zero are left out.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Stats {
    request_count: Option<String>,
    successful_request_count: Option<String>,
    failed_request_count: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output<'a> {
    responses_file: Option<String>,
    #[serde(borrow)]
    inlined_responses: Option<Inlined<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inlined<'a> {
    #[serde(borrow, default)]
    inlined_responses: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure {
    code: u16,
    message: String,
}

/// A batch.
pub(super) fn batch(body: &[u8]) -> Result<Batch, Error> {
    call::read::<Operation<'_>>(WHAT, body)?.neutral()
}

/// A page of batches.
pub(super) fn list(body: &[u8]) -> Result<Page, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Native<'a> {
        #[serde(borrow, default)]
        operations: Vec<Operation<'a>>,
        #[serde(default)]
        next_page_token: Option<String>,
    }

    let page: Native<'_> = call::read(WHAT, body)?;
    let batches = page.operations.into_iter().map(Operation::neutral).collect::<Result<_, _>>()?;
    let token = page.next_page_token.filter(|token| !token.is_empty());
    Ok(Page { batches, has_more: token.is_some(), token })
}

impl Operation<'_> {
    fn neutral(self) -> Result<Batch, Error> {
        let metadata = self.metadata;
        let status = match &*metadata.state {
            "BATCH_STATE_PENDING" | "BATCH_STATE_UNSPECIFIED" | "" => Status::Validating,
            "BATCH_STATE_RUNNING" => Status::InProgress,
            "BATCH_STATE_SUCCEEDED" => Status::Completed,
            "BATCH_STATE_FAILED" => Status::Failed,
            "BATCH_STATE_CANCELLED" => Status::Cancelled,
            "BATCH_STATE_EXPIRED" => Status::Expired,
            other => {
                let why = format!("`{}` is no state", other.chars().take(40).collect::<String>());
                return Err(Error::Malformed { what: WHAT, why });
            }
        };
        let at = |text: Option<String>| text.as_deref().and_then(time::seconds);
        let count = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
        let Stats { request_count, successful_request_count, failed_request_count } = metadata.batch_stats;
        let created = at(metadata.create_time);
        let native = self.name.strip_prefix("batches/").unwrap_or(&self.name).to_owned();
        Ok(Batch {
            native,
            status,
            counts: Counts {
                total: count(request_count),
                completed: count(successful_request_count),
                failed: count(failed_request_count),
            },
            // Of a batch that did not succeed the service gives nothing.
            has_results: status == Status::Completed,
            created: created.unwrap_or_default(),
            expires: created.map(|created| created + MAY_TAKE),
            cancelling: None,
            ended: at(metadata.end_time),
            model: metadata.model.map(|model| model.strip_prefix("models/").unwrap_or(&model).to_owned()),
            problem: self.error.map(|error| error.message).filter(|_| status == Status::Failed),
        })
    }
}

/// The file of a batch's results, by the last part of its name, where they are in one.
pub(super) fn file(body: &[u8]) -> Result<Option<String>, Error> {
    let operation: Operation<'_> = call::read(WHAT, body)?;
    let output = operation.response.or(operation.metadata.output);
    let name = output.and_then(|output| output.responses_file);
    Ok(name.map(|name| name.strip_prefix("files/").unwrap_or(&name).to_owned()))
}

/// The results that stand in a batch itself.
pub(super) fn inlined(body: &[u8], results: &mut Results<'_>) -> Result<(), Error> {
    let operation: Operation<'_> = call::read(RESULT, body)?;
    let output = operation.response.or(operation.metadata.output);
    let inlined = output.and_then(|output| output.inlined_responses);
    let rows = inlined.map(|inlined| inlined.inlined_responses).unwrap_or_default();
    rows.into_iter().try_for_each(|row| result(row.get().as_bytes(), results))
}

#[derive(Deserialize)]
struct Row<'a> {
    key: Option<String>,
    #[serde(default)]
    metadata: Named,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    error: Option<Failure>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    key: Option<String>,
}

/// One of the results: a line of a file, or one of those that stand inline.
pub(super) fn result(row: &[u8], results: &mut Results<'_>) -> Result<(), Error> {
    let row: Row<'_> = call::read(RESULT, row)?;
    let key = row.key.or(row.metadata.key).unwrap_or_default();
    let outcome = match (row.response, row.error) {
        (Some(response), _) => Outcome::Answered(response.get().as_bytes()),
        (None, Some(error)) => Outcome::Refused(Problem::of(status(error.code)).saying(error.message), None),
        (None, None) => return Err(Error::Malformed { what: RESULT, why: "it has no outcome".to_owned() }),
    };
    results.line(&key, &outcome)
}

/// The HTTP status of a [code](https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto).
fn status(code: u16) -> u16 {
    match code {
        3 | 9 | 11 => 400,
        16 => 401,
        7 => 403,
        5 => 404,
        6 | 10 => 409,
        8 => 429,
        14 => 503,
        4 => 504,
        _ => 500,
    }
}

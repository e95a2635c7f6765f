//! [Jobs that invoke a model](https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html) for each line of what lies in a bucket, and leave
//! the answers in one. Nothing waits: each look finds a job a step further.
//!
//! ```text
//! create ─▶ lines (S3 ─▶ Inner ─▶ outcomes) ─▶ Kept on the shelf
//! look   ─▶ Job::look ─▶ over: outcomes ─▶ S3
//! ```

mod kept;
mod lines;

use serde_json::{Value, json};

use super::page::Query;
use crate::cloud::aws::s3::{self, Objects, Place};
use crate::provider::{self, Call, Route};
use crate::script::{Failure, Kind};
use kept::{KIND, Kept};

/// The document.
const API: &str = "bedrock-control";
const CREATE: &str = "CreateModelInvocationJob";
const GET: &str = "GetModelInvocationJob";
const LIST: &str = "ListModelInvocationJobs";
const STOP: &str = "StopModelInvocationJob";

/// Which operation a request line means.
pub(super) fn route(method: &str, path: &str) -> Route {
    match provider::documented(API, method, path) {
        Route::Generate(found) => Route::Direct(found.id(), Some(found)),
        route => route,
    }
}

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    [CREATE, GET, LIST, STOP].contains(&operation)
}

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    if call.operation != CREATE {
        return Ok(());
    }
    let model = call.body["modelId"].as_str().unwrap_or_default();
    if call.models.is_some_and(|models| !models.iter().any(|known| model.ends_with(known.as_str()))) {
        return Err(invalid("The provided model identifier is invalid.".to_owned()));
    }
    Ok(())
}

/// The body of the reply.
///
/// # Errors
/// There is no such job, or it cannot be stopped any more.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        CREATE => Ok(create(call)),
        GET => look(call),
        STOP => stop(call),
        _ => list(call),
    }
}

/// Who comes again with a token begins nothing new.
fn create(call: &Call<'_>) -> Value {
    let token = call.body["clientRequestToken"].as_str();
    let all = call.shelf.all::<Kept>(KIND);
    if let Some((_, same)) = all.iter().find(|(_, known)| token.is_some() && known.token() == token) {
        return json!({ "jobArn": same.arn });
    }
    let id: String = call.draw.text("job", 12).to_lowercase();
    let number = all.iter().map(|(_, known)| known.number + 1).max().unwrap_or_default();
    let outcomes = lines::run(call, &objects(call));
    let kept = Kept::new(call, &id, number, outcomes);
    let arn = kept.arn.clone();
    call.shelf.put(KIND, &id, &kept);
    json!({ "jobArn": arn })
}

fn look(call: &Call<'_>) -> Result<Value, Failure> {
    let buckets = objects(call);
    let seen = call.shelf.change(KIND, &id(call), |kept: &mut Kept| {
        let ended = kept.look();
        (kept.shown(), ended.then(|| kept.left()))
    });
    let (shown, left) = seen.ok_or_else(|| absent(call))?;
    for (place, content) in left.into_iter().flatten().filter(|(place, _)| buckets.has_bucket(&place.bucket))
    {
        let since = call.keys.issued.now().as_second();
        buckets.put(&place, &s3::Object::new(content.as_bytes(), "application/json", since));
    }
    Ok(shown)
}

fn stop(call: &Call<'_>) -> Result<Value, Failure> {
    let stopped = call.shelf.change(KIND, &id(call), Kept::stop).ok_or_else(|| absent(call))?;
    if stopped {
        return Ok(json!({}));
    }
    let message = "The job cannot be stopped: it is in a terminal state.";
    let failure = Failure::new(Kind::Conflict, message);
    Err(Failure { code: Some("ConflictException".to_owned()), ..failure })
}

fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let query = Query::of(call);
    let mut all: Vec<Kept> = call.shelf.all(KIND).into_iter().map(|(_, kept)| kept).collect();
    all.retain(|kept| query.get("statusEquals").is_none_or(|status| kept.status() == status));
    all.retain(|kept| query.get("nameContains").is_none_or(|part| kept.name().contains(part)));
    all.sort_by_key(|kept| kept.number);
    query.page("invocationJobSummaries", all.iter().map(Kept::shown).collect())
}

/// What lies in buckets.
fn objects<'a>(call: &Call<'a>) -> Objects<'a> {
    Objects::new(call.inner.beside(s3::NAME))
}

/// What the path names: an ARN's end, or the id itself.
fn id(call: &Call<'_>) -> String {
    let named = call.found.and_then(|found| found.parameter("jobIdentifier")).unwrap_or_default();
    named.rsplit('/').next().unwrap_or_default().to_owned()
}

fn absent(call: &Call<'_>) -> Failure {
    let named = call.found.and_then(|found| found.parameter("jobIdentifier")).unwrap_or_default();
    Failure::new(Kind::NotFound, format!("Could not find model invocation job {named}."))
}

fn invalid(message: String) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}

/// The place that a configuration of input or output names.
fn place(configuration: &Value) -> Option<Place> {
    let config = configuration.as_object()?.values().next()?;
    Place::parse(config["s3Uri"].as_str()?)
}

//! The [agents' runtime](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Agents_for_Amazon_Bedrock_Runtime.html):
//! what is asked of Bedrock beside its models, at a host of its own, signed for the same service.

mod invoke;
mod knowledge;
mod rerank;

use serde_json::Value;

use crate::answer::{Answer, Ask, Rank, Ranking};
use crate::provider::{self, Call, Event, Headers, Route};
use crate::script::{Failure, Kind};

/// The document.
const API: &str = "bedrock-agent-runtime";
const RERANK: &str = "Rerank";
const RETRIEVE: &str = "Retrieve";
const GENERATE: &str = "RetrieveAndGenerate";
const GENERATE_STREAM: &str = "RetrieveAndGenerateStream";
const INVOKE: &str = "InvokeAgent";

/// Which operation of it a request line means.
pub(super) fn route(method: &str, path: &str) -> Route {
    match provider::documented(API, method, path) {
        Route::Generate(found) if [RERANK, RETRIEVE].contains(&found.id()) => Route::Rank(found),
        route => route,
    }
}

/// Is this a path of it?
pub(super) fn has(path: &str) -> bool {
    ["GET", "POST"].iter().any(|method| !matches!(route(method, path), Route::NotFound))
}

/// Does this operation answer with text?
pub(super) fn generates(operation: &str) -> bool {
    [GENERATE, GENERATE_STREAM, INVOKE].contains(&operation)
}

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    match call.operation {
        RERANK => {}
        INVOKE => return invoke::check(call),
        _ => return knowledge::check(call),
    }
    let model = rerank::model(call.body);
    let exists = call.models.is_none_or(|models| models.iter().any(|known| model.ends_with(known.as_str())));
    if !exists {
        let message = "The provided model identifier is invalid.";
        return Err(Failure::new(Kind::InvalidRequest, message));
    }
    rerank::check(call.body)
}

pub(super) fn rank<'a>(call: &Call<'a>) -> Rank<'a> {
    if call.operation == RETRIEVE { knowledge::rank(call) } else { rerank::ask(call.body) }
}

pub(super) fn ranked(call: &Call<'_>, ranking: &Ranking<'_>) -> Value {
    if call.operation == RETRIEVE {
        return knowledge::ranked(call, ranking);
    }
    rerank::body(call.body, ranking)
}

pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    match call.operation {
        INVOKE => invoke::ask(call),
        operation => knowledge::ask(call, operation == GENERATE_STREAM),
    }
}

pub(super) fn whole(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    knowledge::whole(call, answer)
}

/// The events of an answer, and what its head tells.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>, headers: &mut Headers) -> Vec<Event> {
    if call.operation == INVOKE {
        invoke::headers(call, headers);
        return invoke::events(call, answer);
    }
    headers.push(("x-amzn-bedrock-knowledge-base-session-id".into(), knowledge::session(call).into()));
    knowledge::events(call, answer)
}

/// What an answer says, in its pieces.
fn said(answer: &Answer<'_>) -> Vec<String> {
    let blocks = answer.choices.first().map_or(&[][..], |choice| &choice.blocks);
    blocks.iter().flat_map(knowledge::pieces).collect()
}

/// The exceptions that this service throws in the place of the models' own.
pub(super) fn exception(kind: Kind) -> Option<(&'static str, &'static str)> {
    const FAILED: &str = "DependencyFailedException";
    const GATEWAY: &str = "BadGatewayException";
    match kind {
        Kind::Model => Some((FAILED, "Dependency resource: model has failed to process the request.")),
        Kind::Timeout => Some((FAILED, "Dependency resource: model has timed out.")),
        Kind::Overloaded | Kind::Unavailable | Kind::NotReady => {
            Some((GATEWAY, "A dependency could not be reached. Retry your request."))
        }
        Kind::Quota => Some(("ServiceQuotaExceededException", "The number of requests exceeds the limit.")),
        _ => None,
    }
}

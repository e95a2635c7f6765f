//! The [agents' runtime](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Agents_for_Amazon_Bedrock_Runtime.html):
//! what is asked of Bedrock beside its models, at a host of its own, signed for the same service.

mod rerank;

use serde_json::Value;

use crate::answer::{Rank, Ranking};
use crate::provider::{self, Call, Route};
use crate::script::{Failure, Kind};

/// The document.
const API: &str = "bedrock-agent-runtime";
const RERANK: &str = "Rerank";

/// Which operation of it a request line means.
pub(super) fn route(method: &str, path: &str) -> Route {
    match provider::documented(API, method, path) {
        Route::Generate(found) if found.id() == RERANK => Route::Rank(found),
        route => route,
    }
}

/// Is this a path of it?
pub(super) fn has(path: &str) -> bool {
    ["GET", "POST"].iter().any(|method| !matches!(route(method, path), Route::NotFound))
}

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = rerank::model(call.body);
    let exists = call.models.is_none_or(|models| models.iter().any(|known| model.ends_with(known.as_str())));
    if !exists {
        let message = "The provided model identifier is invalid.";
        return Err(Failure::new(Kind::InvalidRequest, message));
    }
    rerank::check(call.body)
}

pub(super) fn rank<'a>(call: &Call<'a>) -> Rank<'a> {
    rerank::ask(call.body)
}

pub(super) fn ranked(call: &Call<'_>, ranking: &Ranking<'_>) -> Value {
    rerank::body(call.body, ranking)
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

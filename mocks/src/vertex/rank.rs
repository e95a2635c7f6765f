//! The [ranking API](https://cloud.google.com/generative-ai-app-builder/docs/ranking), at a host of its own: records in the order of how
//! much they have to do with a question.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::answer::{Rank, Ranking};
use crate::gemini::list;
use crate::provider::{self, Route};
use crate::script::{Failure, Kind};

/// Its document.
const API: &str = "discoveryengine";
/// Its only operation.
pub(super) const RANK: &str = "rank";

pub(super) fn route(method: &str, path: &str) -> Route {
    match provider::documented(API, method, path) {
        Route::Generate(found) => Route::Rank(found),
        route => route,
    }
}

/// A record has a title, or a content.
pub(super) fn check(body: &Value) -> Result<(), Failure> {
    let is_empty = |record: &Value| record["title"].is_null() && record["content"].is_null();
    match list(&body["records"]).iter().position(is_empty) {
        None => Ok(()),
        Some(at) => {
            let message = format!("records[{at}]: at least one of title and content must be set.");
            Err(Failure::new(Kind::InvalidRequest, message))
        }
    }
}

pub(super) fn ask(body: &Value) -> Rank<'_> {
    let text = |record: &Value| {
        let parts = ["title", "content"].into_iter().filter_map(|name| record[name].as_str());
        Cow::Owned(parts.collect::<Vec<_>>().join(" "))
    };
    Rank {
        query: Cow::Borrowed(body["query"].as_str().unwrap_or_default()),
        documents: list(&body["records"]).iter().map(text).collect(),
        // Of none and fewer, all are meant.
        most: body["topN"].as_u64().filter(|count| *count > 0).and_then(|count| usize::try_from(count).ok()),
    }
}

/// The records in order, with their scores; only their ids where the request wants no more.
pub(super) fn body(body: &Value, ranking: &Ranking<'_>) -> Value {
    let records = list(&body["records"]);
    let is_brief = body["ignoreRecordDetailsInResponse"] == true;
    let ranked = ranking.ranked.iter().map(|ranked| {
        let sent = &records[ranked.index];
        let mut record = if is_brief { json!({}) } else { sent.clone() };
        if let Some(id) = sent.get("id") {
            record["id"] = id.clone();
        }
        record["score"] = ranked.score.into();
        record
    });
    json!({ "records": ranked.collect::<Vec<_>>() })
}

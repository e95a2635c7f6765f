//! [Reranking](https://docs.cohere.com/reference/rerank): documents in the order of how much they have to do with a question, in both
//! versions. Only the first gives the documents back.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::check::invalid;
use super::{RERANK_V1, list};
use crate::answer::{Rank, Ranking};
use crate::provider::Call;
use crate::script::Failure;

/// The rules that no schema can say.
pub(super) fn check(body: &Value) -> Result<(), Failure> {
    if list(&body["documents"]).is_empty() {
        return Err(invalid("list of documents must not be empty"));
    }
    if body["query"].as_str().is_some_and(str::is_empty) {
        return Err(invalid("query must be at least 1 token long."));
    }
    let fields = fields(body);
    let lacks =
        |document: &&Value| document.is_object() && fields.iter().any(|field| document.get(*field).is_none());
    match list(&body["documents"]).iter().position(|document| lacks(&document)) {
        Some(at) => Err(invalid(&format!("document at index {at} is missing one of the rank fields"))),
        None => Ok(()),
    }
}

pub(super) fn ask<'a>(call: &Call<'a>) -> Rank<'a> {
    let body = call.body;
    let fields = fields(body);
    let most = body["top_n"].as_u64().and_then(|count| usize::try_from(count).ok());
    Rank {
        query: Cow::Borrowed(body["query"].as_str().unwrap_or_default()),
        documents: list(&body["documents"]).iter().map(|document| text(document, &fields)).collect(),
        most,
    }
}

/// Of documents that are objects, the members that count.
fn fields(body: &Value) -> Vec<&str> {
    match body.get("rank_fields") {
        Some(fields) => list(fields).iter().filter_map(Value::as_str).collect(),
        None => vec!["text"],
    }
}

fn text<'a>(document: &'a Value, fields: &[&str]) -> Cow<'a, str> {
    match document {
        Value::String(text) => Cow::Borrowed(text),
        document => {
            let texts: Vec<&str> = fields.iter().filter_map(|field| document[*field].as_str()).collect();
            Cow::Owned(texts.join(" "))
        }
    }
}

pub(super) fn body(call: &Call<'_>, ranking: &Ranking<'_>) -> Value {
    let is_older = call.operation == RERANK_V1;
    let documents = list(&call.body["documents"]);
    let results = ranking.ranked.iter().map(|ranked| {
        let mut result = json!({ "index": ranked.index, "relevance_score": ranked.score });
        if is_older && call.body["return_documents"] == true {
            result["document"] = match &documents[ranked.index] {
                Value::String(text) => json!({ "text": text }),
                document => document.clone(),
            };
        }
        result
    });
    json!({
        "id": ranking.id.map_or_else(|| call.draw.uuid("id"), str::to_owned),
        "results": results.collect::<Vec<_>>(),
        "meta": {
            "api_version": { "version": if is_older { "1" } else { "2" } },
            "billed_units": { "search_units": ranking.search_units },
        },
    })
}

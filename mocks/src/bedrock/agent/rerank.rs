//! [Rerank](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html): documents in the order of how much they
//! have to do with a question.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::answer::{Rank, Ranking};
use crate::script::{Failure, Kind};

/// The model that shall do it.
pub(super) fn model(body: &Value) -> &str {
    let configuration = &body["rerankingConfiguration"]["bedrockRerankingConfiguration"];
    configuration["modelConfiguration"]["modelArn"].as_str().unwrap_or_default()
}

/// A document is what its type says that it is.
pub(super) fn check(body: &Value) -> Result<(), Failure> {
    for (at, source) in sources(body).iter().enumerate() {
        let document = &source["inlineDocumentSource"];
        let member = if document["type"] == "JSON" { "jsonDocument" } else { "textDocument" };
        if document.get(member).is_none() {
            let message = format!(
                "1 validation error detected: Value null at 'sources.{}.member.inlineDocumentSource.{member}' failed to satisfy constraint: Member must not be null",
                at + 1
            );
            return Err(Failure::new(Kind::InvalidRequest, message));
        }
    }
    Ok(())
}

pub(super) fn ask(body: &Value) -> Rank<'_> {
    let configuration = &body["rerankingConfiguration"]["bedrockRerankingConfiguration"];
    let most = configuration["numberOfResults"].as_u64().and_then(|count| usize::try_from(count).ok());
    Rank {
        query: Cow::Borrowed(body["queries"][0]["textQuery"]["text"].as_str().unwrap_or_default()),
        documents: sources(body).iter().map(|source| text(&source["inlineDocumentSource"])).collect(),
        most,
    }
}

fn sources(body: &Value) -> &[Value] {
    body["sources"].as_array().map_or(&[], Vec::as_slice)
}

/// Of JSON, what is written.
fn text(document: &Value) -> Cow<'_, str> {
    match (&document["textDocument"]["text"], document.get("jsonDocument")) {
        (Value::String(text), _) => Cow::Borrowed(text),
        (_, Some(json)) => Cow::Owned(json.to_string()),
        (_, None) => Cow::Borrowed(""),
    }
}

/// Places and scores, with the documents as they were sent.
pub(super) fn body(body: &Value, ranking: &Ranking<'_>) -> Value {
    let results = ranking.ranked.iter().map(|ranked| {
        let document = &sources(body)[ranked.index]["inlineDocumentSource"];
        json!({ "index": ranked.index, "relevanceScore": ranked.score, "document": document })
    });
    json!({ "results": results.collect::<Vec<_>>() })
}

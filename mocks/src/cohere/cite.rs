//! [Citations](https://docs.cohere.com/docs/rag-citations): an answer that was given documents, or results of tools, says so.
//!
//! The mock cites the beginning of its text, and names everything that it was given.

use serde_json::{Value, json};

use super::{ask, list};

/// Words of the answer that are cited.
const WORDS: usize = 3;

/// The citation of a text by a request of version 2, if there is something to cite.
pub(super) fn of(body: &Value, text: &str, content_index: usize) -> Option<Value> {
    let mode = body["citation_options"]["mode"].as_str();
    if matches!(mode, Some("OFF" | "DISABLED")) {
        return None;
    }
    let sources: Vec<Value> = documents(body).chain(results(body)).collect();
    let (end, cited) = beginning(text)?;
    (!sources.is_empty()).then(|| {
        json!({
            "start": 0,
            "end": end,
            "text": cited,
            "sources": sources,
            "content_index": content_index,
            "type": "TEXT_CONTENT",
        })
    })
}

/// The words that are cited, and where they end, in characters.
pub(super) fn beginning(text: &str) -> Option<(usize, &str)> {
    let mut ends = text.match_indices(' ').map(|(at, _)| at).filter(|at| *at > 0);
    let cited = &text[..ends.nth(WORDS - 1).unwrap_or(text.len())];
    (!cited.is_empty()).then(|| (cited.chars().count(), cited))
}

fn documents(body: &Value) -> impl Iterator<Item = Value> {
    list(&body["documents"]).iter().enumerate().map(|(index, document)| {
        let data = document.get("data").cloned().unwrap_or_else(|| json!({ "text": document }));
        let id = document["id"].as_str().map_or_else(|| format!("doc:{index}"), str::to_owned);
        json!({ "type": "document", "id": id, "document": data })
    })
}

/// Results that came last.
fn results(body: &Value) -> impl Iterator<Item = Value> {
    let messages = list(&body["messages"]);
    let count = messages.iter().rev().take_while(|message| message["role"] == "tool").count();
    messages[messages.len() - count..].iter().map(|message| {
        let id = message["tool_call_id"].as_str().unwrap_or_default();
        let output = json!({ "content": ask::text(message) });
        json!({ "type": "tool", "id": format!("{id}:0"), "tool_output": output })
    })
}

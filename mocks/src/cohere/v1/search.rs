//! What an answer rests on: documents, results of tools, and [searches](https://docs.cohere.com/v1/docs/connectors).

use serde_json::{Map, Value, json};

use crate::cohere::{cite, list};
use crate::provider::Call;

/// What was searched and found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) queries: Vec<Value>,
    pub(super) results: Vec<Value>,
    pub(super) documents: Vec<Value>,
    pub(super) citations: Vec<Value>,
}

/// What the mock finds for this answer: each connector one page, and whatever the request brought along.
pub(super) fn find(call: &Call<'_>, generation: &str, text: &str) -> Found {
    let body = call.body;
    let mut found = Found::default();
    let given = list(&body["documents"]).iter().enumerate();
    found.documents.extend(given.map(|(at, document)| named(document, &format!("doc_{at}"))));
    for result in list(&body["tool_results"]) {
        let name = result["call"]["name"].as_str().unwrap_or_default();
        let outputs = list(&result["outputs"]).iter().enumerate();
        found.documents.extend(outputs.map(|(at, output)| named(output, &format!("{name}:0:{at}"))));
    }
    let connectors = list(&body["connectors"]);
    if !connectors.is_empty() || body["search_queries_only"] == true {
        let query = json!({ "text": body["message"], "generation_id": generation });
        for connector in connectors.iter().filter(|_| body["search_queries_only"] != true) {
            let id = format!("{}_0", connector["id"].as_str().unwrap_or_default());
            let page = json!({ "title": "A page of the mock", "snippet": "It says what was asked.", "url": "https://example.com/" });
            found.documents.push(named(&page, &id));
            let connector = json!({ "id": connector["id"] });
            found
                .results
                .push(json!({ "search_query": query, "connector": connector, "document_ids": [id] }));
        }
        found.queries.push(query);
    }
    found.citations = citations(body, text, &found.documents);
    found
}

fn citations(body: &Value, text: &str, documents: &[Value]) -> Vec<Value> {
    let is_off = matches!(body["citation_quality"].as_str(), Some("OFF" | "DISABLED"));
    let Some((end, cited)) = cite::beginning(text).filter(|_| !is_off && !documents.is_empty()) else {
        return Vec::new();
    };
    let ids: Vec<_> = documents.iter().map(|document| document["id"].clone()).collect();
    vec![json!({ "start": 0, "end": end, "text": cited, "document_ids": ids, "type": "TEXT_CONTENT" })]
}

/// A document with an id; its members are texts.
fn named(document: &Value, id: &str) -> Value {
    let members = document.as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut named: Map<_, _> = members.map(|(name, value)| (name.clone(), text(value).into())).collect();
    named.entry("id").or_insert_with(|| id.into());
    Value::Object(named)
}

//! [Embeddings](https://ai.google.dev/api/embeddings): one text, or a batch of them.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::ask::{list, parts};
use super::{EMBED, is_vertex};
use crate::answer::{Embed, Input, Vectors};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// As long as the vectors of `gemini-embedding-001`.
const LENGTH: usize = 3072;

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let one = |request: &'a Value| {
        let texts: Vec<&str> =
            parts(&request["content"]).iter().filter_map(|part| part["text"].as_str()).collect();
        Input::Text(Cow::Owned(texts.join(" ")))
    };
    let requests =
        if call.operation == EMBED { std::slice::from_ref(call.body) } else { list(&call.body["requests"]) };
    let places = ["/embedContentConfig/outputDimensionality", "/outputDimensionality"];
    let asked = requests
        .first()
        .and_then(|request| places.iter().find_map(|place| request.pointer(place)).and_then(Value::as_u64));
    Embed {
        model: "",
        inputs: requests.iter().map(one).collect(),
        dimensions: asked.and_then(|length| usize::try_from(length).ok()).or(Some(LENGTH)),
    }
}

/// A text of nothing is refused, as [the service does](https://github.com/lingfengQAQ/webnovel-writer/pull/51).
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let is_empty = |request: &Value| parts(&request["content"]).iter().any(|part| part["text"] == "");
    let (name, empty) = if call.operation == EMBED {
        ("EmbedContentRequest.content".to_owned(), is_empty(call.body))
    } else {
        let at = list(&call.body["requests"]).iter().position(is_empty);
        (format!("BatchEmbedContentsRequest.requests[{}].content", at.unwrap_or_default()), at.is_some())
    };
    let message = || format!("* {name} contains an empty Part.\n");
    if empty { Err(Failure::new(Kind::InvalidRequest, message())) } else { Ok(()) }
}

pub(super) fn body(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    let values = |vector: &Vec<f32>| json!({ "values": vector });
    let mut body = if call.operation == EMBED {
        json!({ "embedding": vectors.vectors.first().map(values) })
    } else {
        json!({ "embeddings": vectors.vectors.iter().map(values).collect::<Vec<_>>() })
    };
    if is_vertex(call.request) {
        let tokens = vectors.tokens;
        body["usageMetadata"] = json!({ "promptTokenCount": tokens, "totalTokenCount": tokens });
    }
    body
}

//! [CountTokens](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html): of a conversation, or of a body
//! of `InvokeModel`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::ask;
use crate::provider::Call;
use crate::script::{Failure, Kind};
use crate::tokens;

/// The body of the reply.
///
/// # Errors
/// A body of `InvokeModel` that is no JSON.
pub(super) fn tokens(call: &Call<'_>) -> Result<Value, Failure> {
    let input = &call.body["input"];
    let count = match input["invokeModel"]["body"].as_str() {
        Some(body) => invoked(body)?,
        None => ask::read(&Call { body: &input["converse"], ..*call }).prompt_tokens(),
    };
    Ok(json!({ "inputTokens": count }))
}

/// Tokens of all texts of a body, whoever's it is.
fn invoked(body: &str) -> Result<u64, Failure> {
    let bytes = STANDARD.decode(body).unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).map_err(|_| {
        let message = "Malformed input request, please reformat your input and try again.";
        Failure::new(Kind::InvalidRequest, message)
    })?;
    Ok(texts(&body))
}

fn texts(value: &Value) -> u64 {
    match value {
        Value::String(text) => tokens::count(text),
        Value::Array(items) => items.iter().map(texts).sum(),
        Value::Object(members) => members.values().map(texts).sum(),
        _ => 0,
    }
}

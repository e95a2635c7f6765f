//! Log probabilities: the tokens are real, their likelihood is drawn from the seed.

use serde_json::{Value, json};

use crate::provider::Call;
use crate::tokens;

/// What the request wants to know of each token: the number of alternatives, or nothing.
pub(super) fn wanted(call: &Call<'_>) -> Option<u64> {
    (call.body["logprobs"] == true).then(|| call.body["top_logprobs"].as_u64().unwrap_or(0))
}

/// `logprobs.content` of a text.
pub(super) fn of(call: &Call<'_>, text: &str, alternatives: u64) -> Value {
    let tokens = tokens::split(text).into_iter().enumerate();
    tokens.map(|(index, token)| entry(call, index, &token, alternatives)).collect()
}

fn entry(call: &Call<'_>, index: usize, token: &[u8], alternatives: u64) -> Value {
    let draw = call.draw.number(&format!("logprob {index}"), 1_000);
    let mut entry = one(token, draw);
    let others =
        (1..alternatives).map(|rank| one(format!("{}{rank}", shown(token)).as_bytes(), draw + 1_000 * rank));
    let top: Vec<Value> = (alternatives > 0).then(|| entry.clone()).into_iter().chain(others).collect();
    entry["top_logprobs"] = Value::Array(top);
    entry
}

fn one(token: &[u8], thousandths: u64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let logprob = -(thousandths as f64) / 1_000.0;
    json!({ "token": shown(token), "logprob": logprob, "bytes": token })
}

/// A token that is no whole character is shown by its bytes.
fn shown(token: &[u8]) -> String {
    match std::str::from_utf8(token) {
        Ok(text) => text.to_owned(),
        Err(_) => token.iter().map(|byte| format!("\\x{byte:02x}")).collect(),
    }
}

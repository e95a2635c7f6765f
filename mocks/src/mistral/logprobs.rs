//! Log probabilities: the tokens are real, their likelihood is drawn from the seed.

use serde_json::{Value, json};

use crate::provider::Call;
use crate::tokens;

/// More alternatives to a token are not told, whatever is asked: as many as OpenAI's API tells.
const ALTERNATIVES: u64 = 20;

/// `logprobs` of a text, where they are wanted.
pub(super) fn of(call: &Call<'_>, text: &str) -> Option<Value> {
    if call.body["logprobs"] != true {
        return None;
    }
    let alternatives = call.body["top_logprobs"].as_u64().unwrap_or(0).min(ALTERNATIVES);
    let tokens = tokens::split(text).into_iter().enumerate();
    let entries: Vec<Value> = tokens.map(|(index, token)| entry(call, index, &token, alternatives)).collect();
    Some(json!({ "content": entries }))
}

fn entry(call: &Call<'_>, index: usize, token: &[u8], alternatives: u64) -> Value {
    let draw = call.draw.number(&format!("logprob {index}"), 1_000);
    let one = |rank: u64| {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let logprob = -((draw + 1_000 * rank) as f64) / 1_000.0;
        let text = String::from_utf8_lossy(token);
        let token = if rank == 0 { text.into_owned() } else { format!("{text}{rank}") };
        json!({ "token_id": draw + rank, "logprob": logprob, "bytes": token.as_bytes(), "token": token })
    };
    let mut entry = one(0);
    entry["top_logprobs"] = (0..alternatives).map(one).collect();
    entry
}

//! What a model's answer comes to: read from the events of the mock's own chat.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::openai::resource::items;
use crate::provider::Whole;

/// An answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// Its text, piece by piece.
    pub(super) text: Vec<String>,
    /// What it says instead.
    pub(super) refusal: String,
    pub(super) calls: Vec<Called>,
    /// `prompt_tokens`, `completion_tokens` and `total_tokens`, or null.
    pub(super) usage: Value,
    /// Whether it was cut at its limit.
    pub(super) is_cut: bool,
    /// `code` and `message`, where there is no answer.
    pub(super) error: Value,
}

/// A function that the answer calls.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Called {
    pub(super) id: String,
    pub(super) name: String,
    /// Piece by piece.
    pub(super) arguments: Vec<String>,
}

impl Outcome {
    /// Reads a streamed reply of the chat, or its refusal.
    pub(super) fn read(reply: &Whole) -> Self {
        let text = String::from_utf8_lossy(&reply.body);
        if reply.status != 200 {
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            return Self::failed(code(reply.status), &body["error"]["message"]);
        }
        let mut outcome = Self::default();
        let mut is_done = false;
        for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
            is_done |= data == "[DONE]";
            let chunk: Value = serde_json::from_str(data).unwrap_or_default();
            if !chunk["error"].is_null() {
                return outcome.broken("server_error", &chunk["error"]["message"]);
            }
            outcome.push(&chunk);
        }
        if is_done { outcome } else { outcome.broken("server_error", &Value::Null) }
    }

    /// The same, broken off there.
    pub(super) fn broken(self, code: &str, message: &Value) -> Self {
        let error = Self::failed(code, message).error;
        Self { text: self.text, error, ..Self::default() }
    }

    /// The same as far as it was when its time was over.
    pub(super) fn half(mut self) -> Self {
        self.text.truncate(self.text.len().div_ceil(2));
        Self { text: self.text, ..Self::default() }
    }

    pub(super) fn failed(code: &str, message: &Value) -> Self {
        let message = message.as_str().unwrap_or("Sorry, something went wrong.");
        Self { error: json!({ "code": code, "message": message }), ..Self::default() }
    }

    fn push(&mut self, chunk: &Value) {
        if let Some(usage) = chunk["usage"].as_object() {
            let names = ["prompt_tokens", "completion_tokens", "total_tokens"];
            self.usage = names.iter().map(|name| ((*name).to_owned(), usage[*name].clone())).collect();
        }
        let choice = &chunk["choices"][0];
        self.is_cut |= choice["finish_reason"] == "length";
        let delta = &choice["delta"];
        self.text.extend(delta["content"].as_str().filter(|text| !text.is_empty()).map(str::to_owned));
        self.refusal.push_str(delta["refusal"].as_str().unwrap_or_default());
        for piece in items(&delta["tool_calls"]) {
            if let (Some(id), Some(name)) = (piece["id"].as_str(), piece["function"]["name"].as_str()) {
                let call = Called { id: id.to_owned(), name: name.to_owned(), arguments: Vec::new() };
                self.calls.push(call);
            }
            let index = piece["index"].as_u64().and_then(|index| usize::try_from(index).ok());
            let arguments = piece["function"]["arguments"].as_str().filter(|text| !text.is_empty());
            if let Some((call, text)) = index.and_then(|index| self.calls.get_mut(index)).zip(arguments) {
                call.arguments.push(text.to_owned());
            }
        }
    }
}

fn code(status: u16) -> &'static str {
    match status {
        400 => "invalid_prompt",
        429 => "rate_limit_exceeded",
        _ => "server_error",
    }
}

//! What came of the lines: [the form of a line of the files](https://platform.openai.com/docs/api-reference/batch/request-output).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::line::Line;
use crate::openai::resource::Manner;
use crate::provider::{Call, Whole};
use crate::request::Request;

/// What came of one line, or would come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) id: String,
    pub(super) custom_id: String,
    status: u16,
    request_id: String,
    body: Value,
}

/// Tokens of all lines.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    input: u64,
    cached: u64,
    output: u64,
    reasoning: u64,
}

impl Answered {
    /// Has the mock's own API answer a line.
    pub(super) fn new(call: &Call<'_>, manner: &Manner, at: usize, line: &Line) -> Self {
        let headers = call.request.headers.iter().filter(|(name, _)| !name.starts_with("content-")).cloned();
        let request = Request {
            method: "POST".to_owned(),
            prefix: call.request.prefix.clone(),
            path: format!("{}{}", manner.base, line.url),
            query: None,
            is_secure: false,
            is_bare: false,
            headers: headers.chain([("content-type".to_owned(), "application/json".to_owned())]).collect(),
            body: line.body.to_string().into(),
        };
        let Whole { status, headers, body } = call.inner.answer(&request);
        let said =
            |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_string());
        let drawn = || call.draw.hex(&format!("request {at}"), 32);
        let request_id = said("x-request-id").or_else(|| said("apim-request-id")).unwrap_or_else(drawn);
        let id = format!("batch_req_{}", call.draw.hex(&format!("line {at}"), 48));
        // A fault of a script's may leave what is no JSON: nobody could read that as an answer.
        let (status, body) = match serde_json::from_slice(&body) {
            Ok(body) if line.body["stream"] != true => (status, body),
            Ok(_) | Err(_) if line.body["stream"] == true => (400, streaming()),
            Ok(_) | Err(_) => (500, broken()),
        };
        Self { id, custom_id: line.custom_id.clone(), status, request_id, body }
    }

    pub(super) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// As it stands in a file.
    pub(super) fn told(&self) -> Value {
        let response =
            json!({ "status_code": self.status, "request_id": self.request_id, "body": self.body });
        json!({ "id": self.id, "custom_id": self.custom_id, "response": response, "error": null })
    }

    /// As it stands there where nobody came to it.
    pub(super) fn undone(&self, code: &str, message: &str) -> Value {
        let error = json!({ "code": code, "message": message });
        json!({ "id": self.id, "custom_id": self.custom_id, "response": null, "error": error })
    }
}

fn streaming() -> Value {
    let message = "Streaming is not supported in a batch.";
    json!({ "error": { "message": message, "type": "invalid_request_error", "param": "stream", "code": null } })
}

fn broken() -> Value {
    let message = "The server had an error while processing your request. Sorry about that!";
    json!({ "error": { "message": message, "type": "server_error", "param": null, "code": null } })
}

impl Spent {
    pub(super) fn on<'a>(lines: impl Iterator<Item = &'a Answered>) -> Self {
        let mut spent = Self::default();
        for usage in lines.map(|line| &line.body["usage"]) {
            // Each API has its own words for them.
            let of = |names: [&str; 2], more: Option<&str>| {
                let found = names.iter().map(|name| &usage[*name]).find(|found| !found.is_null());
                let found = found.map(|found| more.map_or(found, |more| &found[more]));
                found.and_then(Value::as_u64).unwrap_or_default()
            };
            spent.input += of(["prompt_tokens", "input_tokens"], None);
            spent.output += of(["completion_tokens", "output_tokens"], None);
            spent.cached += of(["prompt_tokens_details", "input_tokens_details"], Some("cached_tokens"));
            spent.reasoning +=
                of(["completion_tokens_details", "output_tokens_details"], Some("reasoning_tokens"));
        }
        spent
    }

    pub(super) fn told(self) -> Value {
        json!({
            "input_tokens": self.input,
            "input_tokens_details": { "cached_tokens": self.cached },
            "output_tokens": self.output,
            "output_tokens_details": { "reasoning_tokens": self.reasoning },
            "total_tokens": self.input + self.output,
        })
    }
}

//! The lines of a job: each is asked of the mock's own model, as if it had come alone.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::place;
use crate::cloud::aws::s3::Objects;
use crate::provider::Call;
use crate::request::Request;

/// What came of a line, and from which file it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// Without the folders before it.
    pub(super) file: String,
    /// `recordId`, `modelInput`, and `modelOutput` or `error`.
    pub(super) record: Value,
}

impl Outcome {
    pub(super) fn is_good(&self) -> bool {
        self.record.get("error").is_none()
    }

    /// Tokens, where the model's answer tells of them.
    pub(super) fn tokens(&self) -> (u64, u64) {
        let usage = &self.record["modelOutput"]["usage"];
        let count = |names: [&str; 2]| names.iter().find_map(|name| usage[name].as_u64()).unwrap_or_default();
        (count(["input_tokens", "inputTokens"]), count(["output_tokens", "outputTokens"]))
    }
}

/// Asks all lines of all files, in order.
pub(super) fn run(call: &Call<'_>, objects: &Objects<'_>) -> Vec<Outcome> {
    let Some(from) = place(&call.body["inputDataConfig"]) else { return Vec::new() };
    let is_folder = from.key.is_empty() || from.key.ends_with('/');
    let files = objects.list(&from.bucket, &from.key).into_iter();
    let files = files.filter(|(key, _)| if is_folder { key.ends_with(".jsonl") } else { *key == from.key });
    let mut outcomes = Vec::new();
    for (key, object) in files {
        let file = key.rsplit('/').next().unwrap_or_default().to_owned();
        let content = object.bytes();
        let lines = String::from_utf8_lossy(&content).into_owned();
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let number = outcomes.len();
            outcomes.push(Outcome { file: file.clone(), record: record(call, line, number) });
        }
    }
    outcomes
}

fn record(call: &Call<'_>, line: &str, number: usize) -> Value {
    let own = format!("{:011}", number + 1);
    let Some(Value::Object(read)) = serde_json::from_str(line).ok() else {
        let error = json!({ "errorCode": 400, "errorMessage": "Invalid JSON format in the record.", "retryable": false });
        return json!({ "recordId": own, "modelInput": line, "error": error });
    };
    let id = read.get("recordId").and_then(Value::as_str).map_or(own, str::to_owned);
    let input = read.get("modelInput").cloned().unwrap_or(Value::Null);
    let mut record = json!({ "modelInput": input, "recordId": id });
    match ask(call, &input) {
        Ok(output) => record["modelOutput"] = output,
        Err((status, message)) => {
            record["error"] =
                json!({ "errorCode": status, "errorMessage": message, "retryable": status >= 429 });
        }
    }
    record
}

fn ask(call: &Call<'_>, input: &Value) -> Result<Value, (u16, String)> {
    let model = call.body["modelId"].as_str().unwrap_or_default();
    let way = if call.body["modelInvocationType"] == "Converse" { "converse" } else { "invoke" };
    let request = Request {
        method: "POST".to_owned(),
        path: format!("/model/{}/{way}", model.replace(':', "%3A").replace('/', "%2F")),
        query: None,
        body: input.to_string().into(),
        ..call.request.clone()
    };
    let reply = call.inner.answer(&request);
    let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or(Value::Null);
    if reply.status == 200 {
        return Ok(body);
    }
    let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or("The request failed.");
    Err((reply.status, message.to_owned()))
}

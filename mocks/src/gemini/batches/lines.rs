//! The requests of a batch: each is asked of the mock's own models.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::EMBED;
use crate::gemini::{files, list, model};
use crate::provider::Call;
use crate::request::Request;
use crate::script::{Failure, Kind};

/// What came of a request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// The key that stood in the file, or the metadata that stood beside the request.
    key: Option<Value>,
    metadata: Option<Value>,
    /// `response` or `error`.
    good: bool,
    result: Value,
}

impl Line {
    pub(super) fn is_good(&self) -> bool {
        self.good
    }

    /// As a line of a file.
    pub(super) fn row(&self) -> Value {
        self.with("key", self.key.as_ref())
    }

    /// As one of the responses that stand inline.
    pub(super) fn inlined(&self) -> Value {
        self.with("metadata", self.metadata.as_ref())
    }

    fn with(&self, name: &str, value: Option<&Value>) -> Value {
        let mut shown = json!({});
        if let Some(value) = value {
            shown[name] = value.clone();
        }
        shown[if self.good { "response" } else { "error" }] = self.result.clone();
        shown
    }
}

/// Asks them all, in their order.
pub(super) fn run(call: &Call<'_>) -> Result<Vec<Line>, Failure> {
    let config = &call.body["batch"]["inputConfig"];
    let inline = list(&config["requests"]["requests"]);
    if let Some(name) = config["fileName"].as_str().filter(|name| !name.is_empty()) {
        let content = files::content(call, name)?;
        let rows = content.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|row| !row.is_empty());
        let lines: Vec<Line> = rows.map(|row| of_file(call, row)).collect();
        return if lines.is_empty() { Err(nothing()) } else { Ok(lines) };
    }
    if inline.is_empty() {
        return Err(nothing());
    }
    let one = |request: &Value| {
        let metadata = request.get("metadata").cloned();
        Line { metadata, ..ask(call, &request["request"]) }
    };
    Ok(inline.iter().map(one).collect())
}

fn nothing() -> Failure {
    Failure::new(
        Kind::InvalidRequest,
        "* BatchGenerateContentRequest.batch.input_config: there are no requests in it\n",
    )
}

fn of_file(call: &Call<'_>, row: &[u8]) -> Line {
    let Ok(row) = serde_json::from_slice::<Value>(row) else {
        return refused(3, "The line is not valid JSON.");
    };
    let key = row.get("key").cloned();
    let line = match row.get("request") {
        Some(request) => ask(call, request),
        None => refused(3, "The line has no request."),
    };
    Line { key, ..line }
}

fn ask(call: &Call<'_>, body: &Value) -> Line {
    let method = if call.operation == EMBED { "embedContent" } else { "generateContent" };
    let version = call.found.and_then(|found| found.parameter("version")).unwrap_or_default();
    let request = Request {
        path: format!("/{version}/models/{}:{method}", model(call)),
        query: None,
        body: body.to_string().into(),
        ..call.request.clone()
    };
    let reply = call.inner.answer(&request);
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(result) if reply.status == 200 => Line { key: None, metadata: None, good: true, result },
        Ok(body) => {
            let message = body["error"]["message"].as_str().unwrap_or_default();
            refused(code(body["error"]["status"].as_str().unwrap_or_default()), message)
        }
        Err(_) => refused(13, "An internal error has occurred. Please retry."),
    }
}

fn refused(code: u64, message: &str) -> Line {
    Line { key: None, metadata: None, good: false, result: json!({ "code": code, "message": message }) }
}

/// A status by its [number](https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto).
fn code(status: &str) -> u64 {
    match status {
        "INVALID_ARGUMENT" => 3,
        "DEADLINE_EXCEEDED" => 4,
        "NOT_FOUND" => 5,
        "PERMISSION_DENIED" => 7,
        "RESOURCE_EXHAUSTED" => 8,
        "FAILED_PRECONDITION" => 9,
        "ABORTED" => 10,
        "UNAVAILABLE" => 14,
        "UNAUTHENTICATED" => 16,
        _ => 13,
    }
}

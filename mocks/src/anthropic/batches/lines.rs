//! The requests of a batch: each is asked of the mock's own Messages.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::anthropic::error;
use crate::provider::Call;
use crate::request::Request;
use crate::script::{Failure, Kind};

/// What came of a request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) custom_id: String,
    /// `succeeded` with a message, or `errored` with an error's whole body.
    pub(super) result: Value,
}

impl Outcome {
    pub(super) fn is_good(&self) -> bool {
        self.result["type"] == "succeeded"
    }
}

pub(super) fn requests(body: &Value) -> impl Iterator<Item = &Value> {
    body["requests"].as_array().into_iter().flatten()
}

/// Asks them all, in their order.
pub(super) fn run(call: &Call<'_>) -> Vec<Outcome> {
    let custom_id = |request: &Value| request["custom_id"].as_str().unwrap_or_default().to_owned();
    let one = |request| Outcome { custom_id: custom_id(request), result: ask(call, &request["params"]) };
    requests(call.body).map(one).collect()
}

fn ask(call: &Call<'_>, params: &Value) -> Value {
    if params["stream"] == true {
        let message = "stream: Streaming is not supported within a batch";
        let (_, body) = error::body(&call.draw, &Failure::new(Kind::InvalidRequest, message));
        return errored(&body);
    }
    let request = Request {
        path: "/v1/messages".to_owned(),
        query: None,
        body: params.to_string().into(),
        ..call.request.clone()
    };
    let reply = call.inner.answer(&request);
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(message) if reply.status == 200 => json!({ "type": "succeeded", "message": message }),
        _ => errored(&reply.body),
    }
}

/// A script may answer anything; what is no error of the service's becomes one.
fn errored(body: &[u8]) -> Value {
    let body = serde_json::from_slice::<Value>(body).ok().filter(|body| body["type"] == "error");
    let broken =
        || json!({ "type": "error", "error": { "type": "api_error", "message": "Internal server error" } });
    json!({ "type": "errored", "error": body.unwrap_or_else(broken) })
}

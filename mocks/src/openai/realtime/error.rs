//! [Errors](https://platform.openai.com/docs/api-reference/realtime-server-events/error) of a session, which goes on after them.

use serde_json::Value;

use crate::openai::error;
use crate::script::{Failure, Kind};

/// What the event of an error encloses. It names the client's event that caused it, where that had a name.
pub(super) fn body(failure: &Failure, message: &Value) -> Value {
    let mut body = error::enclosed(failure);
    body["event_id"] = message["event_id"].clone();
    body
}

/// A request that this session cannot grant.
pub(super) fn invalid(code: &str, message: String, param: Option<&str>) -> Failure {
    Failure {
        code: Some(code.to_owned()),
        param: param.map(str::to_owned),
        ..Failure::new(Kind::InvalidRequest, message)
    }
}

pub(super) fn not_json() -> Failure {
    invalid("invalid_json", "The message is not valid JSON.".to_owned(), None)
}

pub(super) fn unsupported(kind: &str) -> Failure {
    invalid("unsupported_event", format!("'{kind}' is not supported over a WebSocket."), Some("type"))
}

/// There is nobody who could answer.
pub(super) fn silent(kind: &str) -> Failure {
    invalid("invalid_event", format!("'{kind}' is not allowed in a transcription session."), Some("type"))
}

//! A broken schema in the words of the service.

use serde_json::Value;
use specs::Violation;

use crate::script::{Failure, Kind};

/// What the service says to a body that is broken in this place.
pub(crate) fn failure(violation: &Violation, body: &Value) -> Failure {
    let path = path(&violation.pointer);
    let (holder, last) = path.rsplit_once('.').unwrap_or(("", &path));
    let at = |place: &str| if place.is_empty() { String::new() } else { format!(" at '{place}'") };
    let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
    let message = match violation.keyword.as_str() {
        "additionalProperties" | "unevaluatedProperties" => {
            format!(
                "Invalid JSON payload received. Unknown name \"{last}\"{}: Cannot find field.",
                at(holder)
            )
        }
        "required" => {
            let member = violation.expected.trim_start_matches("member `").trim_end_matches('`');
            let place = if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") };
            format!("* GenerateContentRequest.{place}: {member} is not specified\n")
        }
        "minItems" => format!("* GenerateContentRequest.{path}: {last} is not specified\n"),
        _ => format!("Invalid value{} ({}), {value}", at(&path), violation.expected),
    };
    Failure { param: Some(path), ..Failure::new(Kind::InvalidRequest, message) }
}

/// `/contents/0/parts` as `contents[0].parts`.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(part);
        }
    }
    path
}

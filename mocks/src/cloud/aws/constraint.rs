//! A broken constraint of a service's model, in the sentence of the framework that all services of AWS's share.

use serde_json::Value;
use specs::Violation;

/// What is said of a value that breaks a constraint.
pub(crate) fn sentence(violation: &Violation, value: &Value) -> String {
    let (limit, mut place) = (limit(violation), member(&violation.pointer));
    let shown = match value {
        Value::String(text) => format!("Value '{text}'"),
        Value::Number(number) => format!("Value '{number}'"),
        Value::Null => "Value null".to_owned(),
        _ => "Value".to_owned(),
    };
    let (shown, must) = match violation.keyword.as_str() {
        "required" => {
            let missing = violation.expected.trim_start_matches("member `").trim_end_matches('`');
            place = if place.is_empty() { missing.to_owned() } else { format!("{place}.{missing}") };
            ("Value null".to_owned(), "not be null".to_owned())
        }
        "enum" | "const" => {
            let known = violation.expected.trim_start_matches("one of ").replace('"', "");
            (shown, format!("satisfy enum value set: [{known}]"))
        }
        "minimum" => (shown, format!("have value greater than or equal to {limit}")),
        "maximum" => (shown, format!("have value less than or equal to {limit}")),
        "minLength" | "minItems" => (shown, format!("have length greater than or equal to {limit}")),
        "maxLength" | "maxItems" => (shown, format!("have length less than or equal to {limit}")),
        "pattern" => {
            // The model has no anchors: all of a text must fit anyway.
            let pattern = violation.expected.trim_start_matches("text that matches ");
            let pattern =
                pattern.strip_prefix('^').and_then(|pattern| pattern.strip_suffix('$')).unwrap_or(pattern);
            (shown, format!("satisfy regular expression pattern: {pattern}"))
        }
        _ => (shown, format!("be {}", violation.expected)),
    };
    format!(
        "1 validation error detected: {shown} at '{place}' failed to satisfy constraint: Member must {must}"
    )
}

/// The number in `at least 1 characters`.
pub(crate) fn limit(violation: &Violation) -> &str {
    violation.expected.split(' ').find(|word| word.parse::<f64>().is_ok()).unwrap_or_default()
}

/// `/messages/0/content` as `messages.1.member.content`.
fn member(pointer: &str) -> String {
    let parts = pointer.split('/').skip(1).map(|part| match part.parse::<usize>() {
        Ok(index) => format!("{}.member", index + 1),
        Err(_) => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(".")
}

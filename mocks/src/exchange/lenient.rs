//! What lenient mocks answer of a request that breaks the provider's rules: the rest of it.

use serde_json::Value;
use specs::Violation;

/// Keywords of rules on which mocks rely when they count and measure: so much is made, so long, of such a kind.
const RELIED_ON: [&str; 6] =
    ["type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

/// The body, in which a value of another type, or a number out of its bounds, counts as not said; none where that is all of it, and
/// where so much is broken that not all of it is told.
pub(crate) fn rest(mut body: Value, violations: &[Violation]) -> Option<Value> {
    if violations.len() >= Violation::MOST {
        return None;
    }
    for violation in violations.iter().filter(|broken| RELIED_ON.contains(&broken.keyword.as_str())) {
        if violation.pointer.is_empty() {
            return None;
        }
        if let Some(value) = body.pointer_mut(&violation.pointer) {
            *value = Value::Null;
        }
    }
    Some(body)
}

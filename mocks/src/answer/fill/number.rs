//! A number within bounds.

use serde_json::{Map, Number, Value};

/// The first number of the question that fits, else the smallest that does, else 1; items of a list count up while they can.
pub(super) fn fill(members: &Map<String, Value>, topic: &str, nth: usize) -> Value {
    let of = |key: &str| members.get(key).and_then(Value::as_f64);
    let whole = members.get("type").is_none_or(|kind| *kind != "number");
    let step = of("multipleOf").filter(|step| *step > 0.0).unwrap_or(if whole { 1.0 } else { 0.0 });
    let nudge = if step > 0.0 { step } else { 0.5 };
    let low = of("minimum").or_else(|| of("exclusiveMinimum").map(|bound| bound + nudge));
    let high = of("maximum").or_else(|| of("exclusiveMaximum").map(|bound| bound - nudge));
    let low = low.map(|low| if step > 0.0 { (low / step).ceil() * step } else { low });
    let high = high.map(|high| if step > 0.0 { (high / step).floor() * step } else { high });

    let fits = |value: f64| {
        let on_grid = step == 0.0 || (value / step).fract() == 0.0;
        on_grid && low.is_none_or(|low| value >= low) && high.is_none_or(|high| value <= high)
    };
    let spoken = numbers(topic).nth(nth).filter(|value| fits(*value));
    let first = match (low, high) {
        (Some(low), _) => low,
        (None, Some(high)) => high.min(if step > 0.0 { step } else { 1.0 }),
        (None, None) => step.max(1.0),
    };
    #[expect(clippy::cast_precision_loss, reason = "items of an array are few")]
    let next = first + nth as f64 * nudge;
    let value = spoken.or(Some(next).filter(|value| fits(*value))).unwrap_or(first);
    number(value)
}

/// Whole numbers are written without a fraction.
fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked: whole and within 2^53")]
    if value.fract() == 0.0 && value.abs() < 9.0e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn numbers(topic: &str) -> impl Iterator<Item = f64> {
    let words = topic.split(|char: char| char.is_whitespace() || ",;:!?()[]".contains(char));
    words.filter_map(|word| word.trim_end_matches('.').parse().ok()).filter(|value: &f64| value.is_finite())
}

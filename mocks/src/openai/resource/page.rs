//! [Lists with cursors](https://platform.openai.com/docs/api-reference/files/list): `after` the last one of the page before, `before` the
//! first one of the page behind, so many, in this order.

use serde_json::{Value, json};

use crate::openai::refuse::error;
use crate::provider::Call;
use crate::script::Failure;

/// What a list allows.
pub(in crate::openai) struct Paging<'a> {
    /// What is said to a cursor that leads nowhere.
    pub(in crate::openai) absent: &'a dyn Fn(&str) -> Failure,
    /// So many where none are asked for.
    pub(in crate::openai) usual: usize,
    /// At most so many.
    pub(in crate::openai) most: usize,
}

/// A page of objects, the newest first unless asked otherwise.
pub(in crate::openai) fn page(
    call: &Call<'_>,
    mut objects: Vec<Value>,
    paging: &Paging<'_>,
) -> Result<Value, Failure> {
    let age = |object: &Value| {
        let text = object["id"].as_str().unwrap_or_default().to_owned();
        (object["created_at"].as_u64(), text)
    };
    objects.sort_by_key(age);
    if order(call)? == Order::Descending {
        objects.reverse();
    }
    let limit = limit(call, paging.usual, paging.most)?;
    let place = |objects: &[Value], id: &str| {
        let at = objects.iter().position(|object| object["id"] == id);
        at.ok_or_else(|| (paging.absent)(id))
    };
    if let Some(after) = call.request.parameter("after").filter(|after| !after.is_empty()) {
        let at = place(&objects, after)?;
        objects.drain(..=at);
    }
    if let Some(before) = call.request.parameter("before").filter(|before| !before.is_empty()) {
        let at = place(&objects, before)?;
        objects.truncate(at);
    }
    let has_more = objects.len() > limit;
    objects.truncate(limit);
    let end = |object: Option<&Value>| object.map_or(Value::Null, |object| object["id"].clone());
    let (first, last) = (end(objects.first()), end(objects.last()));
    Ok(json!({ "object": "list", "data": objects, "first_id": first, "last_id": last, "has_more": has_more }))
}

/// How a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Ascending,
    Descending,
}

fn order(call: &Call<'_>) -> Result<Order, Failure> {
    match call.request.parameter("order").unwrap_or("desc") {
        "asc" => Ok(Order::Ascending),
        "desc" => Ok(Order::Descending),
        other => {
            let message = format!("Invalid value: '{other}'. Supported values are: 'asc' and 'desc'.");
            Err(error(message, Some("order"), "invalid_value"))
        }
    }
}

/// How many a page shall hold.
pub(in crate::openai) fn limit(call: &Call<'_>, usual: usize, most: usize) -> Result<usize, Failure> {
    let Some(asked) = call.request.parameter("limit") else { return Ok(usual) };
    let refused =
        |what: String, code: &str| Err(error(format!("Invalid 'limit': {what}"), Some("limit"), code));
    match asked.parse::<i64>() {
        Ok(limit) if limit < 1 => refused(
            format!("integer below minimum value. Expected a value >= 1, but got {limit} instead."),
            "integer_below_min_value",
        ),
        Ok(limit) => match usize::try_from(limit).ok().filter(|limit| *limit <= most) {
            Some(limit) => Ok(limit),
            None => refused(
                format!("integer above maximum value. Expected a value <= {most}, but got {limit} instead."),
                "integer_above_max_value",
            ),
        },
        Err(_) => refused(format!("expected an integer, but got '{asked}' instead."), "invalid_type"),
    }
}

//! [The list of models](https://platform.openai.com/docs/api-reference/models).

use serde_json::{Value, json};

use super::{error, headers};
use crate::answer::Usage;
use crate::provider::{Call, Whole};
use crate::script::{Failure, Kind};

/// The list, or one of it. `own`: what is listed where the options name no models.
pub(super) fn answer(call: &Call<'_>, own: &[&str]) -> Whole {
    match listed(call, own) {
        Ok(body) => {
            let headers = headers::of_reply(&call.draw, Usage::default(), "application/json");
            Whole { status: 200, headers, body: body.to_string().into() }
        }
        Err(absent) => error::reply(call.request, &call.draw, &absent),
    }
}

/// The body of that.
///
/// # Errors
/// The one that is asked for does not exist.
pub(crate) fn listed(call: &Call<'_>, own: &[&str]) -> Result<Value, Failure> {
    let known: Vec<&str> = match call.models {
        Some(models) => models.iter().map(String::as_str).collect(),
        None => own.to_vec(),
    };
    let wanted = call.found.and_then(|found| found.parameter("model"));
    match wanted.as_deref() {
        None => Ok(json!({ "object": "list", "data": known.iter().map(|id| model(id)).collect::<Vec<_>>() })),
        Some(id) if known.contains(&id) => Ok(model(id)),
        Some(id) => Err(absent(id)),
    }
}

/// The error for a model that does not exist.
pub(super) fn absent(model: &str) -> Failure {
    Failure {
        code: Some("model_not_found".into()),
        ..Failure::new(
            Kind::NotFound,
            format!("The model `{model}` does not exist or you do not have access to it."),
        )
    }
}

fn model(id: &str) -> Value {
    json!({ "id": id, "object": "model", "created": 1_715_367_049, "owned_by": "system" })
}

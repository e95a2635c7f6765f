//! [The list of models](https://docs.claude.com/en/api/models-list) and
//! [counting tokens](https://docs.claude.com/en/api/messages-count-tokens).

use serde_json::{Value, json};

use super::{ask, check, error, headers, refuse};
use crate::answer::Usage;
use crate::provider::{Call, Whole};
use crate::script::{Failure, Kind};

/// What is listed where the options name no models.
const KNOWN: [&str; 4] = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5", "claude-sonnet-4-5"];

pub(super) fn answer(call: &Call<'_>) -> Whole {
    let known: Vec<&str> = match call.models {
        Some(models) => models.iter().map(String::as_str).collect(),
        None => KNOWN.to_vec(),
    };
    let wanted = call.request.path.strip_prefix("/v1/models/");
    let body = match wanted {
        None => json!({
            "data": known.iter().map(|id| model(id)).collect::<Vec<_>>(),
            "has_more": false,
            "first_id": known.first(),
            "last_id": known.last(),
        }),
        Some(id) if known.contains(&id) => model(id),
        Some(id) => return error::reply(call.request, &call.draw, &absent(id)),
    };
    whole(call, &body)
}

/// The error for a model that does not exist.
pub(super) fn absent(model: &str) -> Failure {
    Failure::new(Kind::NotFound, format!("model: {model}"))
}

fn model(id: &str) -> Value {
    let line = ["haiku", "sonnet", "opus", "fable", "mythos"].into_iter().find(|line| id.contains(line));
    json!({
        "type": "model",
        "id": id,
        "display_name": id,
        "created_at": "2025-09-29T00:00:00Z",
        "capabilities": null,
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "lifecycle": "active",
        "line": line,
        "deprecated_at": null,
        "retires_at": null,
    })
}

/// Tokens of a prompt. Whoever serves these models at a path of its own has the body judged here.
pub(super) fn count(call: &Call<'_>) -> Whole {
    if call.found.is_none() {
        let here = specs::api("anthropic").and_then(|api| api.operation("POST", "/v1/messages/count_tokens"));
        let chosen = here.map(|here| call.variant.and_then(|variant| here.variant(variant)).unwrap_or(here));
        let violation = chosen.and_then(|chosen| chosen.request(call.body).into_iter().next());
        let broken = violation.map(|violation| refuse::failure(&violation, call.body));
        if let Some(failure) = broken.or_else(|| check::check(call).err()) {
            return error::reply(call.request, &call.draw, &failure);
        }
    }
    whole(call, &json!({ "input_tokens": ask::read(call).prompt_tokens() }))
}

fn whole(call: &Call<'_>, body: &Value) -> Whole {
    let headers = headers::of_reply(&call.draw, Usage::default(), "application/json");
    Whole { status: 200, headers, body: body.to_string().into() }
}

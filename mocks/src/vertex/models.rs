//! [A publisher's models](https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models).

use serde_json::{Value, json};

use super::{error, model};
use crate::provider::Call;
use crate::script::{Failure, Kind};

pub(super) const LIST: &str = "listPublisherModels";
pub(super) const GET: &str = "getPublisherModel";

/// What is listed where the options name no models, by publisher.
const KNOWN: [(&str, &[&str]); 3] = [
    ("google", &["gemini-2.5-flash", "gemini-2.5-pro", "gemini-embedding-001", "text-embedding-005"]),
    ("anthropic", &["claude-sonnet-4-5", "claude-haiku-4-5"]),
    ("mistralai", &["mistral-small-2503", "codestral-2"]),
];

/// The list, or the one that is asked for.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    let publisher = call.found.and_then(|found| found.parameter("publisher")).unwrap_or_default();
    let own = KNOWN.iter().find(|(name, _)| *name == publisher).map_or(&[][..], |(_, models)| models);
    let known: Vec<&str> = match call.models {
        Some(models) => models.iter().map(String::as_str).collect(),
        None => own.to_vec(),
    };
    if call.operation == LIST {
        let models: Vec<Value> = known.iter().map(|name| shown(&publisher, name)).collect();
        return Ok(json!({ "publisherModels": models }));
    }
    let name = model(call);
    if known.contains(&name.as_str()) {
        return Ok(shown(&publisher, &name));
    }
    Err(Failure::new(Kind::NotFound, error::absent(&call.request.path)))
}

fn shown(publisher: &str, name: &str) -> Value {
    let path = format!("publishers/{publisher}/models/{name}");
    json!({
        "name": path,
        "versionId": "default",
        "openSourceCategory": "PROPRIETARY",
        "launchStage": "GA",
        "publisherModelTemplate": format!("projects/{{user-project}}/locations/{{location}}/{path}"),
    })
}

//! Rules of the service that no schema can say.

use serde_json::Value;

use super::ask::{list, parts};
use super::model;
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = model(call);
    let is_known = |models: &[String]| models.contains(&model);
    if !model.is_empty() && call.models.is_some_and(|models| !is_known(models)) {
        return Err(absent(call, &model));
    }
    let contents = list(&call.body["contents"]);
    contents.iter().try_for_each(role)?;
    contents.iter().zip(contents.iter().skip(1)).try_for_each(|(turn, next)| answered(turn, next))
}

/// The error for a model that does not exist.
pub(super) fn absent(call: &Call<'_>, model: &str) -> Failure {
    let version = call.found.and_then(|found| found.parameter("version")).unwrap_or_default();
    let message = format!(
        "models/{model} is not found for API version {version}, or is not supported for {}. Call ListModels to see the list of available models and their supported methods.",
        call.operation
    );
    Failure::new(Kind::NotFound, message)
}

fn role(content: &Value) -> Result<(), Failure> {
    match content["role"].as_str() {
        None | Some("user" | "model" | "function") => Ok(()),
        Some(_) => Err(Failure::new(Kind::InvalidRequest, "Please use a valid role: user, model.")),
    }
}

/// A turn that calls functions is followed by as many answers.
fn answered(turn: &Value, next: &Value) -> Result<(), Failure> {
    let count = |content: &Value, member: &str| {
        parts(content).iter().filter(|part| part.get(member).is_some()).count()
    };
    let calls = count(turn, "functionCall");
    if calls > 0 && count(next, "functionResponse") != calls {
        let message = "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
        return Err(Failure::new(Kind::InvalidRequest, message));
    }
    Ok(())
}

//! Rules of the models, in the service's words: which members, sizes and numbers, and which files.

use serde_json::Value;

use super::{EDIT, Rules, VARY, upload};
use crate::openai::refuse::error;
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The first rule that is broken.
pub(in crate::openai) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = call.body["model"].as_str().unwrap_or_default();
    if call.models.is_some_and(|models| !model.is_empty() && models.iter().all(|known| known != model)) {
        return Err(absent(model));
    }
    let rules = Rules::of(call);
    if !rules.takes(call.operation) {
        let message = format!("Invalid value: '{model}'. Value must be 'dall-e-2'.");
        return Err(error(message, Some("model"), "invalid_value"));
    }
    let has = |name: &&&str| call.body.get(**name).is_some_and(|value| !value.is_null());
    if let Some(name) = rules.unknown.iter().find(has) {
        return Err(error(format!("Unknown parameter: '{name}'."), Some(name), "unknown_parameter"));
    }
    prompt(call.body, &rules)?;
    number(call.body, &rules)?;
    if !rules.passes_over() {
        size(call.body, &rules)?;
        one_of(call.body, "quality", rules.qualities)?;
    }
    output(call.body)?;
    match call.operation {
        EDIT | VARY => upload::check(call, rules.is_gpt),
        _ => Ok(()),
    }
}

/// What is said of a model that there is none of.
pub(in crate::openai) fn absent(model: &str) -> Failure {
    let failure = Failure::new(Kind::InvalidRequest, format!("The model '{model}' does not exist."));
    Failure { param: Some("model".to_owned()), code: Some("invalid_value".to_owned()), ..failure }
}

fn prompt(body: &Value, rules: &Rules) -> Result<(), Failure> {
    let (length, most) = (body["prompt"].as_str().unwrap_or_default().chars().count(), rules.prompt);
    if length <= most {
        return Ok(());
    }
    let message = format!(
        "Invalid 'prompt': string too long. Expected a string with maximum length {most}, but got a string with length {length} instead."
    );
    Err(error(message, Some("prompt"), "string_above_max_length"))
}

fn number(body: &Value, rules: &Rules) -> Result<(), Failure> {
    if body["n"].as_u64().is_none_or(|n| n <= rules.most) {
        return Ok(());
    }
    Err(error("You must provide n=1 for this model.".to_owned(), None, ""))
}

fn size(body: &Value, rules: &Rules) -> Result<(), Failure> {
    if rules.is_gpt {
        return one_of(body, "size", rules.sizes);
    }
    // `auto` is what the published default says, which the older models take for their own.
    if body["size"].as_str().is_none_or(|size| size == "auto" || rules.sizes.contains(&size)) {
        return Ok(());
    }
    Err(error("The size is not supported by this model.".to_owned(), None, "invalid_size"))
}

fn one_of(body: &Value, name: &str, values: &[&str]) -> Result<(), Failure> {
    let Some(asked) = body[name].as_str().filter(|asked| !values.contains(asked)) else { return Ok(()) };
    let [head @ .., last] = values else { return Ok(()) };
    let head = head.join("', '");
    let message = format!("Invalid value: '{asked}'. Supported values are: '{head}', and '{last}'.");
    Err(error(message, Some(name), "invalid_value"))
}

/// What a format cannot.
fn output(body: &Value) -> Result<(), Failure> {
    let format = body["output_format"].as_str().unwrap_or("png");
    let refused = |message: &str, param: &str| Err(error(message.to_owned(), Some(param), "invalid_value"));
    if format == "jpeg" && body["background"] == "transparent" {
        return refused("Transparent background is not supported for JPEG output format.", "background");
    }
    if format == "png" && body["output_compression"].as_u64().is_some_and(|compression| compression < 100) {
        return refused(
            "Compression less than 100 is not supported for PNG output format.",
            "output_compression",
        );
    }
    Ok(())
}

//! Rules of the server that no schema can say.

use serde_json::Value;

use super::{CHAT, COMPAT, COMPLETIONS, STREAM};
use crate::provider::Call;
use crate::script::{Failure, Kind};

const BEST_OF: u64 = 2;
const PROMPTS: usize = 4;
/// Likely tokens that are told at one place.
pub(super) const TOP: u64 = 5;

/// The first rule that is broken. What is found out after a stream has begun is told in it.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let body = call.body;
    let streams = call.operation == STREAM || body["stream"] == true;
    let late = |broken: &str| {
        let status = streams.then_some(200);
        Err(Failure { status, ..invalid(&format!("Input validation error: {broken}"), "validation") })
    };
    match call.operation {
        COMPAT | STREAM | "generate" => match prompt(body, streams) {
            Some(broken) => late(&broken),
            None => Ok(()),
        },
        CHAT | "get_chat_tokenize" => {
            let set = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
            if set("response_format") && set("tools") {
                let message = "Tool error: Grammar and tools are mutually exclusive";
                return Err(invalid(message, "tool_error"));
            }
            let named = body["tool_choice"]["function"]["name"].as_str().or(body["tool_choice"].as_str());
            let named = named.filter(|name| set("tools") && !["auto", "none", "required"].contains(name));
            let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
            match named {
                Some(name) if tools.iter().all(|tool| tool["function"]["name"] != name) => {
                    Err(invalid(&format!("Tool error: Tool with name {name} not found"), "tool_error"))
                }
                _ => top(&body["top_logprobs"]).map_or(Ok(()), |broken| late(&broken)),
            }
        }
        COMPLETIONS => match body["prompt"].as_array() {
            Some(prompts) if prompts.len() > PROMPTS => {
                let message =
                    format!("Number of prompts exceeds the maximum allowed batch size of {PROMPTS}");
                Err(invalid(&message, "batch size exceeded"))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The rule that a prompt breaks.
fn prompt(body: &Value, streams: bool) -> Option<String> {
    let parameters = &body["parameters"];
    let best_of = parameters["best_of"].as_u64().unwrap_or(1);
    let samples = parameters["do_sample"] == true
        || ["temperature", "top_k", "top_p", "typical_p"].iter().any(|name| parameters[*name].is_number());
    if body["inputs"] == "" {
        Some("`inputs` cannot be empty".to_owned())
    } else if streams && best_of != 1 {
        Some("`best_of` != 1 is not supported when streaming tokens".to_owned())
    } else if streams && parameters["decoder_input_details"] == true {
        Some("`decoder_input_details` == true is not supported when streaming tokens".to_owned())
    } else if best_of > BEST_OF {
        Some(format!("`best_of` must be > 0 and <= {BEST_OF}. Given: {best_of}"))
    } else if best_of > 1 && !samples {
        Some("you must use sampling when `best_of` is > 1".to_owned())
    } else if best_of > 1 && parameters["seed"].is_number() {
        Some("`seed` must not be set when `best_of` > 1".to_owned())
    } else if parameters["max_new_tokens"] == 0 {
        Some("`max_new_tokens` must be strictly positive".to_owned())
    } else {
        top(&parameters["top_n_tokens"])
    }
}

fn top(asked: &Value) -> Option<String> {
    let asked = asked.as_u64().filter(|asked| *asked > TOP)?;
    Some(format!("`top_n_tokens` must be >= 0 and <= {TOP}. Given: {asked}"))
}

fn invalid(message: &str, kind: &str) -> Failure {
    Failure { code: Some(kind.to_owned()), ..Failure::new(Kind::Unprocessable, message) }
}

//! The server's own API: a prompt, completed, whole or token by token.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::token::{end, pieces, prefill, reason, token, top};
use super::{event, list};
use crate::answer::{Answer, Ask, Choice, Choose, Effort, Format, Last};
use crate::provider::{Call, Event};

/// What a prompt asks for. `streams`: whether the path alone asks for a stream.
pub(crate) fn ask<'a>(call: &Call<'a>, streams: bool) -> Ask<'a> {
    let (prompt, parameters) = (call.body["inputs"].as_str().unwrap_or_default(), &call.body["parameters"]);
    let count = parameters["best_of"].as_u64().and_then(|count| usize::try_from(count).ok());
    Ask {
        model: "",
        texts: vec![Cow::Borrowed(prompt)],
        extra_tokens: 1,
        last: Last::Said(Cow::Borrowed(prompt)),
        images: 0,
        tools: Vec::new(),
        choose: Choose::None,
        parallel: false,
        format: format(&parameters["grammar"]),
        limit: parameters["max_new_tokens"].as_u64(),
        stop: list(&parameters["stop"]).iter().filter_map(Value::as_str).collect(),
        choices: count.unwrap_or(1),
        reasoning: Effort::None,
        stream: streams || call.body["stream"] == true,
    }
}

/// The grammar that an answer must follow.
pub(super) fn format(grammar: &Value) -> Format<'_> {
    match grammar["type"].as_str() {
        Some("json" | "json_object") => Format::Schema(&grammar["value"]),
        Some("json_schema") => Format::Schema(&grammar["value"]["schema"]),
        _ => Format::Text,
    }
}

/// A whole reply. `is_full`: whether the prompt stands before the text, where the request does not say.
pub(crate) fn reply(call: &Call<'_>, answer: &Answer<'_>, is_full: bool) -> Value {
    let parameters = &call.body["parameters"];
    let said =
        |choice: &Choice<'_>| format!("{}{}", before(call, is_full), pieces(choice).collect::<String>());
    let Some((first, others)) = answer.choices.split_first() else { return json!({ "generated_text": "" }) };
    let mut reply = json!({ "generated_text": said(first) });
    let shows_prompt = parameters["decoder_input_details"] == true;
    if parameters["details"] == true || shows_prompt {
        reply["details"] = details(call, answer, first);
        if !others.is_empty() {
            let sequence = |choice: &Choice<'_>| {
                let mut sequence = details(call, answer, choice);
                sequence["generated_text"] = said(choice).into();
                sequence
            };
            reply["details"]["best_of_sequences"] = others.iter().map(sequence).collect();
        }
    }
    reply
}

fn details(call: &Call<'_>, answer: &Answer<'_>, choice: &Choice<'_>) -> Value {
    let parameters = &call.body["parameters"];
    let tokens = tokens(call, choice);
    let prompt = call.body["inputs"].as_str().filter(|_| parameters["decoder_input_details"] == true);
    let mut details = json!({
        "finish_reason": reason(choice.finish),
        "generated_tokens": answer.usage.completion / answer.choices.len() as u64,
        "seed": seed(call),
        "prefill": prompt.map(|prompt| prefill(call, prompt, answer.usage.prompt)).unwrap_or_default(),
        "tokens": tokens,
    });
    if let Some(count) = parameters["top_n_tokens"].as_u64().filter(|count| *count > 0) {
        let tops = tokens.iter().enumerate().map(|(index, token)| top(call, index, token, count));
        details["top_tokens"] = tops.map(Value::Array).collect();
    }
    details
}

/// The pieces of an answer, and its end where that is a token of its own.
fn tokens(call: &Call<'_>, choice: &Choice<'_>) -> Vec<Value> {
    let mut tokens: Vec<Value> =
        pieces(choice).enumerate().map(|(index, text)| token(call, index, text)).collect();
    if reason(choice.finish) == "eos_token" || tokens.is_empty() {
        tokens.push(end(call, tokens.len()));
    }
    tokens
}

/// The seed of the request, or, where something is drawn, one of the server's own.
fn seed(call: &Call<'_>) -> Option<u64> {
    let parameters = &call.body["parameters"];
    let samples = parameters["do_sample"] == true
        || ["temperature", "top_k", "top_p", "typical_p"].iter().any(|name| parameters[*name].is_number());
    parameters["seed"].as_u64().or_else(|| samples.then(|| call.draw.number("seed", u64::MAX)))
}

fn before<'a>(call: &Call<'a>, is_full: bool) -> &'a str {
    let asked = call.body["parameters"]["return_full_text"].as_bool();
    call.body["inputs"].as_str().filter(|_| asked.unwrap_or(is_full)).unwrap_or_default()
}

/// All events of a streamed reply: one for each token, the last one with the whole text.
pub(crate) fn events(call: &Call<'_>, answer: &Answer<'_>, is_full: bool) -> Vec<Event> {
    let Some(choice) = answer.choices.first() else { return Vec::new() };
    let parameters = &call.body["parameters"];
    let tokens = tokens(call, choice);
    let count = tokens.len();
    let event_of = |(index, token): (usize, Value)| {
        let tops = parameters["top_n_tokens"].as_u64().map(|count| top(call, index, &token, count));
        let mut data = json!({ "index": index + 1, "token": token });
        if let Some(tops) = tops.filter(|tops| !tops.is_empty()) {
            data["top_tokens"] = Value::Array(tops);
        }
        (data["generated_text"], data["details"]) = (Value::Null, Value::Null);
        if index + 1 == count {
            let text = format!("{}{}", before(call, is_full), pieces(choice).collect::<String>());
            data["generated_text"] = text.into();
            if parameters["details"] == true {
                data["details"] = json!({
                    "finish_reason": reason(choice.finish),
                    "generated_tokens": answer.usage.completion,
                    "seed": seed(call),
                    "input_length": answer.usage.prompt,
                });
            }
        }
        event(&data)
    };
    tokens.into_iter().enumerate().map(event_of).collect()
}

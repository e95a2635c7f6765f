//! Completions after OpenAI's, of one prompt or several. There are no likelihoods.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::message::{head, usage};
use super::token::{END, pieces, plain_reason, reason};
use super::{done, event, list, named};
use crate::answer::{Answer, Ask, Choice, Choose, Effort, Format, Last};
use crate::provider::{Call, Event};

pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let prompts: Vec<Cow<'a, str>> = match &body["prompt"] {
        Value::String(text) => vec![Cow::Borrowed(text)],
        prompts => list(prompts).iter().filter_map(Value::as_str).map(Cow::Borrowed).collect(),
    };
    Ask {
        model: named(call),
        last: Last::Said(Cow::Owned(prompts.join(" "))),
        choices: prompts.len(),
        extra_tokens: prompts.len() as u64,
        texts: prompts,
        images: 0,
        tools: Vec::new(),
        choose: Choose::None,
        parallel: false,
        format: Format::Text,
        limit: body["max_tokens"].as_u64(),
        stop: list(&body["stop"]).iter().filter_map(Value::as_str).collect(),
        reasoning: Effort::None,
        stream: body["stream"] == true,
    }
}

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let choice = |(index, choice): (usize, &Choice<'_>)| {
        said(index, &pieces(choice).collect::<String>(), plain_reason(choice.finish))
    };
    let choices: Vec<Value> = answer.choices.iter().enumerate().map(choice).collect();
    let mut body = head(call, answer, "text_completion", &choices);
    body["usage"] = usage(answer);
    body
}

/// All events of a streamed reply. The last token of a choice brings reason and counts, and is shown even if it is a mark.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    for (index, choice) in answer.choices.iter().enumerate() {
        let mut texts: Vec<&str> = pieces(choice).collect();
        if reason(choice.finish) == "eos_token" || texts.is_empty() {
            texts.push(END);
        }
        let last = texts.len() - 1;
        for (at, text) in texts.into_iter().enumerate() {
            let finish = if at == last { reason(choice.finish) } else { "" };
            let mut chunk = head(call, answer, "text_completion", &[said(index, text, finish)]);
            if at == last {
                chunk["usage"] = usage(answer);
            }
            events.push(event(&chunk));
        }
    }
    events.push(done());
    events
}

fn said(index: usize, text: &str, finish: &str) -> Value {
    json!({ "index": index, "text": text, "logprobs": null, "finish_reason": finish })
}

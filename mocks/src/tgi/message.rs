//! A chat's answer after OpenAI: the role in every chunk, no ids, and no reason after a streamed call that is complete.

use serde_json::{Value, json};

use super::check::TOP;
use super::token::{logprob, pieces, plain_reason};
use super::{VERSION, done, event};
use crate::answer::{Answer, Choice};
use crate::provider::{Call, Event};
use crate::script::{Block, Finish, ToolCall};

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let choice = |(index, choice): (usize, &Choice<'_>)| {
        let text: String = pieces(choice).collect();
        let mut message = json!({ "role": "assistant" });
        let made: Vec<Value> = calls(choice).enumerate().map(|(at, tool)| made(at, tool)).collect();
        if made.is_empty() || !text.is_empty() {
            message["content"] = text.as_str().into();
        }
        if !made.is_empty() {
            message["tool_calls"] = made.into();
        }
        json!({
            "index": index,
            "message": message,
            "logprobs": wants_logprobs(call).then(|| json!({ "content": logprobs(call, &pieces(choice).collect::<Vec<_>>()) })),
            "finish_reason": plain_reason(choice.finish),
        })
    };
    let choices: Vec<Value> = answer.choices.iter().take(1).enumerate().map(choice).collect();
    let mut body = head(call, answer, "chat.completion", &choices);
    body["usage"] = usage(answer);
    body
}

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let chunk = |delta: Value, text: Option<&str>, finish: Option<Finish>| {
        let shown = text.filter(|_| wants_logprobs(call));
        let choice = json!({
            "index": 0,
            "delta": delta,
            "logprobs": shown.map(|text| json!({ "content": logprobs(call, &[text]) })),
            "finish_reason": finish.map(plain_reason),
        });
        let mut chunk = head(call, answer, "chat.completion.chunk", &[choice]);
        chunk["usage"] = Value::Null;
        event(&chunk)
    };
    let said = |text: &str| json!({ "role": "assistant", "content": text });
    let mut events = Vec::new();
    if let Some(choice) = answer.choices.first() {
        let texts: Vec<&str> = pieces(choice).collect();
        // The last token brings the reason: a mark that is no text, or the last of the text where that was cut.
        let is_cut = plain_reason(choice.finish) != "stop";
        for (at, text) in texts.iter().enumerate() {
            let finish = (is_cut && at + 1 == texts.len()).then_some(choice.finish);
            events.push(chunk(said(text), Some(text), finish));
        }
        let calls: Vec<_> = calls(choice).enumerate().flat_map(|(at, tool)| deltas(at, tool)).collect();
        let has_calls = !calls.is_empty();
        events.extend(calls.into_iter().map(|delta| chunk(delta, None, None)));
        // No token comes after a complete call.
        let is_told = if has_calls { is_cut } else { !is_cut || texts.is_empty() };
        if is_told {
            events.push(chunk(said(""), None, Some(choice.finish)));
        }
    }
    if call.body["stream_options"]["include_usage"] == true {
        let mut chunk = head(call, answer, "chat.completion.chunk", &[]);
        chunk["usage"] = usage(answer);
        events.push(event(&chunk));
    }
    events.push(done());
    events
}

/// What is the same in every body.
pub(super) fn head(call: &Call<'_>, answer: &Answer<'_>, object: &str, choices: &[Value]) -> Value {
    json!({
        "object": object,
        "id": answer.id.unwrap_or_default(),
        "created": call.draw.created(),
        "model": answer.model,
        "system_fingerprint": format!("{VERSION}-native"),
        "choices": choices,
    })
}

pub(super) fn usage(answer: &Answer<'_>) -> Value {
    let (prompt, completion) = (answer.usage.prompt, answer.usage.completion);
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
}

fn calls<'a>(choice: &'a Choice<'_>) -> impl Iterator<Item = &'a ToolCall> {
    choice.blocks.iter().filter_map(|block| match block {
        Block::ToolCall(tool) => Some(tool),
        _ => None,
    })
}

/// Calls are counted from 0 by the server itself.
fn id(at: usize, tool: &ToolCall) -> String {
    tool.id.clone().unwrap_or_else(|| at.to_string())
}

fn made(at: usize, tool: &ToolCall) -> Value {
    let arguments = if tool.arguments.0.is_empty() { "{}".to_owned() } else { tool.arguments.join() };
    let function = json!({ "description": null, "name": tool.name, "arguments": arguments });
    json!({ "id": id(at, tool), "type": "function", "function": function })
}

/// A call in pieces: the name comes with the first, which is an opening brace.
fn deltas(at: usize, tool: &ToolCall) -> Vec<Value> {
    let nothing = tool.arguments.0.is_empty().then_some("{}");
    let pieces = tool.arguments.iter().chain(nothing).filter(|piece| !piece.is_empty());
    let delta = |(number, piece): (usize, &str)| {
        let function = json!({ "name": (number == 0).then_some(&tool.name), "arguments": piece });
        let call = json!({ "index": at, "id": id(at, tool), "type": "function", "function": function });
        json!({ "role": "assistant", "tool_calls": [call] })
    };
    pieces.enumerate().map(delta).collect()
}

fn wants_logprobs(call: &Call<'_>) -> bool {
    call.body["logprobs"] == true
}

fn logprobs(call: &Call<'_>, texts: &[&str]) -> Vec<Value> {
    let count = call.body["top_logprobs"].as_u64().unwrap_or(0).min(TOP);
    let entry = |(index, text): (usize, &&str)| {
        let one = |rank: u64, text: String| json!({ "token": text, "logprob": logprob(call, index) - f64::from(u32::try_from(rank).unwrap_or_default()) });
        let mut entry = one(0, (*text).to_owned());
        let tops = (0..count).map(|rank| match rank {
            0 => one(0, (*text).to_owned()),
            rank => one(rank, format!("{text}{rank}")),
        });
        entry["top_logprobs"] = tops.collect();
        entry
    };
    texts.iter().enumerate().map(entry).collect()
}

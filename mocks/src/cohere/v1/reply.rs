//! A whole reply of [version 1's chat](https://docs.cohere.com/v1/reference/chat), which a stream repeats at its end.

use serde_json::{Value, json};

use super::search::{self, Found};
use crate::answer::{Answer, Usage, arguments};
use crate::cohere::list;
use crate::cohere::reply::{Said, id};
use crate::provider::Call;
use crate::script::{Finish, ToolCall};

/// The body of a whole reply.
pub(in crate::cohere) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let said = Said::of(answer);
    let generation = id(call, answer);
    let text = if call.body["search_queries_only"] == true { "" } else { &said.text };
    let Found { queries, results, documents, citations } = search::find(call, &generation, text);
    let mut body = json!({
        "response_id": call.draw.uuid("response"),
        "text": text,
        "generation_id": generation,
        "chat_history": history(call, text, &said.calls),
        "finish_reason": super::finish(finish(answer)),
        "meta": meta(answer.usage),
    });
    for (name, found) in [("search_results", results), ("documents", documents), ("citations", citations)] {
        if !found.is_empty() {
            body[name] = found.into();
        }
    }
    if !queries.is_empty() {
        body["is_search_required"] = true.into();
        body["search_queries"] = queries.into();
    }
    if !said.calls.is_empty() {
        body["tool_calls"] = called(call, &said.calls);
    }
    body
}

pub(super) fn finish(answer: &Answer<'_>) -> Option<Finish> {
    answer.choices.first().map(|choice| choice.finish)
}

/// Calls have no ids, and their arguments are an object.
pub(super) fn called(call: &Call<'_>, tools: &[&ToolCall]) -> Value {
    let one =
        |tool: &&ToolCall| json!({ "name": tool.name, "parameters": arguments::placeholder(call, tool) });
    tools.iter().map(one).collect()
}

/// The conversation with this turn at its end; a turn without words is left out.
fn history(call: &Call<'_>, text: &str, tools: &[&ToolCall]) -> Value {
    let mut turns = list(&call.body["chat_history"]).to_vec();
    let mut add = |role: &str, said: &str| {
        if !said.is_empty() {
            turns.push(json!({ "role": role, "message": said }));
        }
    };
    add("USER", call.body["message"].as_str().unwrap_or_default());
    add("CHATBOT", text);
    if !tools.is_empty() && !text.is_empty() {
        let last = turns.len() - 1;
        turns[last]["tool_calls"] = called(call, tools);
    }
    turns.into()
}

pub(super) fn meta(usage: Usage) -> Value {
    let counts = json!({ "input_tokens": usage.prompt, "output_tokens": usage.completion });
    let mut meta = json!({ "api_version": { "version": "1" }, "billed_units": counts, "tokens": counts });
    if usage.cached > 0 {
        meta["cached_tokens"] = usage.cached.into();
    }
    meta
}

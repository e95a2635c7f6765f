//! A [message](https://docs.claude.com/en/api/messages#response). Text blocks have no `citations` unless they cite: clients refuse a null there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::provider::Call;
use crate::script::{Block, Finish, Reasoning, ToolCall};

/// A message, whole or as `message_start` carries it.
#[derive(Serialize)]
pub(super) struct Message<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<Content<'a>>,
    #[serde(flatten)]
    end: End<'a>,
    usage: Usage<'a>,
}

/// How a message ended, whole or as `message_delta` carries it.
#[derive(Default, Serialize)]
pub(super) struct End<'a> {
    stop_reason: Option<&'static str>,
    stop_sequence: Option<&'a str>,
    stop_details: Option<Value>,
    container: Option<&'static str>,
}

/// A block, whole or as `content_block_start` opens it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content<'a> {
    Text { text: String },
    Thinking { thinking: String, signature: String },
    RedactedThinking { data: &'a str },
    ToolUse { id: String, name: &'a str, input: Box<RawValue> },
}

/// [Usage](https://docs.claude.com/en/api/messages#response-usage): what a cache gave or took is not part of `input_tokens`.
#[derive(Serialize)]
pub(super) struct Usage<'a> {
    #[serde(flatten)]
    counts: Counts,
    cache_creation: Value,
    service_tier: &'static str,
    inference_geo: &'a Value,
}

/// Counts of the whole message so far.
#[derive(Serialize)]
pub(super) struct Counts {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
    output_tokens_details: Value,
    server_tool_use: Option<u64>,
}

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
    let blocks = answer.choices.first().map_or(&[][..], |choice| &choice.blocks);
    let content = blocks.iter().enumerate().map(|(at, block)| self::block(call, at, block)).collect();
    let message =
        Message { content, end: end(answer), usage: usage(call, answer.usage), ..start(call, answer) };
    serde_json::to_vec(&message).expect("strings and numbers")
}

/// A message before its content: what `message_start` carries.
pub(super) fn start<'a>(call: &Call<'a>, answer: &'a Answer<'_>) -> Message<'a> {
    let drawn = || format!("msg_01{}", call.draw.text("id", 22));
    let so_far = answer::Usage { completion: answer.usage.completion.min(1), reasoning: 0, ..answer.usage };
    Message {
        id: answer.id.map_or_else(drawn, str::to_owned),
        kind: "message",
        role: "assistant",
        model: &answer.model,
        content: Vec::new(),
        end: End::default(),
        usage: usage(call, so_far),
    }
}

/// How a message ends.
pub(super) fn end<'a>(answer: &'a Answer<'_>) -> End<'a> {
    let choice = answer.choices.first();
    let finish = choice.map_or(Finish::Stop, |choice| choice.finish);
    let refuses = finish == Finish::ContentFilter || finish == Finish::Guardrail;
    End {
        stop_reason: Some(stop_reason(finish)),
        stop_sequence: choice.and_then(|choice| choice.stop_sequence.as_deref()),
        stop_details: refuses.then(|| json!({ "type": "refusal", "category": null, "explanation": null })),
        container: None,
    }
}

fn stop_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Malformed => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Guardrail => "refusal",
        Finish::StopSequence => "stop_sequence",
        Finish::Context => "model_context_window_exceeded",
        Finish::Pause => "pause_turn",
    }
}

fn block<'a>(call: &Call<'_>, at: usize, block: &'a Block) -> Content<'a> {
    match block {
        Block::Text(text) | Block::Refusal(text) => Content::Text { text: text.join() },
        Block::Reasoning(Reasoning { redacted: Some(data), .. }) => Content::RedactedThinking { data },
        Block::Reasoning(reasoning) => {
            Content::Thinking { thinking: reasoning.text.join(), signature: signature(call, at, reasoning) }
        }
        Block::ToolCall(tool) => {
            Content::ToolUse { id: tool_id(call, at, tool), name: &tool.name, input: input(tool) }
        }
    }
}

/// A block as a stream opens it: without what its deltas bring.
pub(super) fn opening<'a>(call: &Call<'_>, at: usize, block: &'a Block) -> Content<'a> {
    match block {
        Block::Text(_) | Block::Refusal(_) => Content::Text { text: String::new() },
        Block::Reasoning(Reasoning { redacted: Some(data), .. }) => Content::RedactedThinking { data },
        Block::Reasoning(_) => Content::Thinking { thinking: String::new(), signature: String::new() },
        Block::ToolCall(tool) => {
            Content::ToolUse { id: tool_id(call, at, tool), name: &tool.name, input: no_input() }
        }
    }
}

/// The arguments as they are written, numbers beyond a double included; what is no object becomes an empty one.
fn input(tool: &ToolCall) -> Box<RawValue> {
    let written = RawValue::from_string(tool.arguments.join().trim().to_owned());
    written.ok().filter(|json| json.get().starts_with('{')).unwrap_or_else(no_input)
}

fn no_input() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).expect("an object")
}

/// The id of a call: the script's, or drawn by the block's place.
fn tool_id(call: &Call<'_>, at: usize, tool: &ToolCall) -> String {
    let drawn = || format!("toolu_01{}", call.draw.text(&format!("tool {at}"), 22));
    tool.id.clone().unwrap_or_else(drawn)
}

/// The signature over a thought: the script's, or drawn by the block's place.
pub(super) fn signature(call: &Call<'_>, at: usize, reasoning: &Reasoning) -> String {
    let drawn = || STANDARD.encode(call.draw.text(&format!("signature {at}"), 96));
    reasoning.signature.clone().unwrap_or_else(drawn)
}

fn usage<'a>(call: &Call<'a>, usage: answer::Usage) -> Usage<'a> {
    Usage {
        counts: counts(usage),
        cache_creation: json!({ "ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0 }),
        service_tier: "standard",
        inference_geo: &call.body["inference_geo"],
    }
}

/// Counts so far.
pub(super) fn counts(usage: answer::Usage) -> Counts {
    Counts {
        input_tokens: usage.prompt.saturating_sub(usage.cached + usage.cache_write),
        cache_creation_input_tokens: usage.cache_write,
        cache_read_input_tokens: usage.cached,
        output_tokens: usage.completion,
        output_tokens_details: json!({ "thinking_tokens": usage.reasoning }),
        server_tool_use: None,
    }
}

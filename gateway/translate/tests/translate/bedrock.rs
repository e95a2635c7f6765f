//! What holds for made-up replies of Bedrock, whole and as a stream.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use proptest::prelude::*;
use serde_json::{Value, json};
use translate::Error;
use translate::call::{self, Api};
use translate::providers::{Provider, by_id};

use crate::case::{Way, call as made};
use crate::fold::fold;
use crate::generated::{Block, Reply, replies};
use crate::laws::comparable;

fn bedrock() -> &'static Provider {
    by_id("bedrock").unwrap()
}

/// What the client gets of a stream.
fn translated(stream: &[u8], size: usize) -> Vec<u8> {
    let mut translated = Way::chat("bedrock").open(&made());
    stream.chunks(size).for_each(|piece| translated.push(piece).unwrap());
    translated.finish().unwrap();
    std::mem::take(translated.out())
}

/// As `Converse` answers.
fn whole(reply: &Reply) -> Vec<u8> {
    let content: Vec<Value> =
        (0..).zip(&reply.blocks).map(|(index, block)| whole_block(index, block)).collect();
    let reply_json = json!({
        "output": { "message": { "role": "assistant", "content": content } },
        "stopReason": reply.stop_reason, "usage": usage(reply), "metrics": { "latencyMs": 1 },
    });
    reply.escape(&reply_json.to_string()).into_bytes()
}

fn whole_block(index: u32, block: &Block) -> Value {
    match block {
        Block::Text(pieces) => json!({ "text": pieces.concat() }),
        Block::Thinking(pieces, signature) => {
            json!({ "reasoningContent": { "reasoningText": { "text": pieces.concat(), "signature": signature } } })
        }
        Block::Redacted(data) => json!({ "reasoningContent": { "redactedContent": data } }),
        Block::ToolUse(name, input) => {
            json!({ "toolUse": { "toolUseId": format!("tooluse_{index}"), "name": name, "input": input } })
        }
        Block::Unknown => json!({ "hologram": { "text": 1 } }),
    }
}

/// As `ConverseStream` answers. `padding` is what hides how long a token is, one after the other; at the end `p` is
/// left out.
fn stream(reply: &Reply, padding: &[usize]) -> Vec<u8> {
    let mut events = vec![("messageStart", json!({ "role": "assistant" }))];
    for (index, block) in (0..).zip(&reply.blocks) {
        if let Block::ToolUse(name, _) = block {
            let start = json!({ "toolUse": { "toolUseId": format!("tooluse_{index}"), "name": name } });
            events.push(("contentBlockStart", json!({ "contentBlockIndex": index, "start": start })));
        }
        let delta = |delta| ("contentBlockDelta", json!({ "contentBlockIndex": index, "delta": delta }));
        events.extend(pieces(block).into_iter().map(delta));
        events.push(("contentBlockStop", json!({ "contentBlockIndex": index })));
    }
    events.push(("messageStop", json!({ "stopReason": reply.stop_reason })));
    events.push(("metadata", json!({ "usage": usage(reply), "metrics": { "latencyMs": 1 } })));
    let mut bytes = Vec::new();
    let mut padding = padding.iter();
    for (name, mut payload) in events {
        if let Some(&size) = padding.next() {
            payload["p"] = "abcdefghijklmnopqrstuvwxyz"[..size % 27].into();
        }
        let header = |name, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
        let message = Message::new(reply.escape(&payload.to_string()).into_bytes())
            .add_header(header(":event-type", name))
            .add_header(header(":content-type", "application/json"))
            .add_header(header(":message-type", "event"));
        write_message_to(&message, &mut bytes).unwrap();
    }
    bytes
}

fn pieces(block: &Block) -> Vec<Value> {
    match block {
        Block::Text(pieces) => pieces.iter().map(|text| json!({ "text": text })).collect(),
        Block::Thinking(pieces, signature) => {
            let texts = pieces.iter().map(|text| json!({ "reasoningContent": { "text": text } }));
            texts.chain([json!({ "reasoningContent": { "signature": signature } })]).collect()
        }
        Block::Redacted(data) => vec![json!({ "reasoningContent": { "redactedContent": data } })],
        Block::ToolUse(_, input) => {
            let input = if input == &json!({}) { String::new() } else { input.to_string() };
            let half = input.char_indices().nth(input.chars().count() / 2).map_or(0, |(at, _)| at);
            [&input[..half], &input[half..]]
                .iter()
                .map(|half| json!({ "toolUse": { "input": half } }))
                .collect()
        }
        Block::Unknown => vec![json!({ "hologram": [1] })],
    }
}

fn usage(reply: &Reply) -> Value {
    let output = reply.output_tokens;
    json!({ "inputTokens": 3, "outputTokens": output, "totalTokens": 5 + output, "cacheReadInputTokens": 2 })
}

#[test]
fn a_message_that_is_too_large_is_refused_before_it_comes() {
    let mut bytes = Vec::new();
    let header = Header::new(":message-type", HeaderValue::String("event".to_owned().into()));
    write_message_to(&Message::new(vec![b' '; 8 << 20]).add_header(header), &mut bytes).unwrap();
    for first in [12, bytes.len()] {
        let refused = Way::chat("bedrock").open(&made()).push(&bytes[..first]);
        assert_eq!(refused, Err(Error::TooLarge(8 << 20)), "{first}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_up_streams_fold_to_their_whole_replies(
        reply in replies(),
        padding in proptest::collection::vec(0_usize..27, 0..40),
        size in 1_usize..200,
    ) {
        let out = translated(&stream(&reply, &padding), size);
        let (whole, _) = call::reply(Api::Chat, bedrock(), &whole(&reply), &made()).unwrap();
        let whole: Value = serde_json::from_slice(&whole).unwrap();
        prop_assert_eq!(whole["choices"][0]["message"]["content"].as_str().unwrap_or(""), reply.text());
        prop_assert_eq!(comparable(fold(Api::Chat, &out)), comparable(whole));
    }

    /// A learned shape is a shorter way to the same: whatever hides the length of tokens hides nothing else.
    #[test]
    fn padding_changes_nothing(reply in replies(), padding in proptest::collection::vec(0_usize..27, 0..40)) {
        prop_assert_eq!(translated(&stream(&reply, &padding), 1 << 20), translated(&stream(&reply, &[]), 1 << 20));
    }
}

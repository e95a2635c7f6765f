//! Anthropic's messages, whole and streamed: <https://platform.claude.com/docs/en/api/messages>,
//! <https://platform.claude.com/docs/en/build-with-claude/streaming>.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Answer, Call, Part};

/// Reads a whole message. The bytes keep what numbers lose in a [`Value`].
pub(super) fn whole(message: &Value, bytes: &[u8]) -> Answer {
    let mut answer = Answer::default();
    begin(&mut answer, message);
    let inputs = inputs(bytes);
    for (position, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        let input = inputs.get(position).cloned().flatten();
        add(&mut answer, block, input.unwrap_or_else(|| block["input"].to_string()));
    }
    end(&mut answer, message);
    answer.usage = usage(&message["usage"]);
    answer
}

/// The arguments of each block as they are written.
fn inputs(bytes: &[u8]) -> Vec<Option<String>> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        content: Vec<Block<'a>>,
    }
    #[derive(Deserialize)]
    struct Block<'a> {
        #[serde(borrow, default)]
        input: Option<&'a RawValue>,
    }
    let message: Option<Message<'_>> = serde_json::from_slice(bytes).ok();
    let blocks = message.into_iter().flat_map(|message| message.content);
    blocks.map(|block| block.input.map(|input| input.get().to_owned())).collect()
}

/// Folds the events of a stream.
pub(super) fn folded<'a>(events: impl Iterator<Item = &'a Value>) -> Answer {
    let mut answer = Answer::default();
    let mut blocks: Vec<(Value, Value)> = Vec::new();
    let mut counts = json!({});
    for event in events {
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => {
                begin(&mut answer, &event["message"]);
                merge(&mut counts, &event["message"]["usage"]);
            }
            "content_block_start" => blocks.push((event["index"].clone(), event["content_block"].clone())),
            "content_block_delta" => {
                let block = blocks.iter_mut().rfind(|(index, _)| *index == event["index"]);
                if let Some((_, block)) = block {
                    delta(block, &event["delta"]);
                }
            }
            "message_delta" => {
                end(&mut answer, &event["delta"]);
                merge(&mut counts, &event["usage"]);
            }
            _ => {}
        }
    }
    for (_, block) in &blocks {
        // Arguments come in pieces of JSON; where there are none, as the block began.
        let pieces = block["pieces"].as_str().filter(|pieces| !pieces.is_empty()).map(str::to_owned);
        add(&mut answer, block, pieces.unwrap_or_else(|| block["input"].to_string()));
    }
    answer.usage = usage(&counts);
    answer
}

/// Whether an event brings text.
pub(super) fn says(event: &Value) -> bool {
    event["delta"]["text"].as_str().is_some_and(|text| !text.is_empty())
}

fn begin(answer: &mut Answer, message: &Value) {
    answer.id = message["id"].as_str().map(str::to_owned);
    answer.model = message["model"].as_str().map(str::to_owned);
    answer.choices = 1;
}

fn delta(block: &mut Value, delta: &Value) {
    let (member, piece) = match delta["type"].as_str().unwrap_or_default() {
        "text_delta" => ("text", &delta["text"]),
        "thinking_delta" => ("thinking", &delta["thinking"]),
        "signature_delta" => ("signature", &delta["signature"]),
        "input_json_delta" => ("pieces", &delta["partial_json"]),
        _ => return,
    };
    if block.is_object() {
        let so_far = block[member].as_str().unwrap_or_default();
        block[member] = format!("{so_far}{}", piece.as_str().unwrap_or_default()).into();
    }
}

fn add(answer: &mut Answer, block: &Value, input: String) {
    let text = |member: &str| block[member].as_str().unwrap_or_default();
    let proof = |member: &str| block[member].as_str().filter(|proof| !proof.is_empty()).map(str::to_owned);
    match block["type"].as_str().unwrap_or_default() {
        "text" => {
            answer.text.push_str(text("text"));
            answer.parts.push(Part::Text);
        }
        "thinking" => {
            answer.reasoning.push_str(text("thinking"));
            answer.signatures.extend(proof("signature"));
            answer.parts.push(Part::Reasoning);
        }
        "redacted_thinking" => {
            answer.signatures.extend(proof("data"));
            answer.parts.push(Part::Reasoning);
        }
        "tool_use" => {
            answer.calls.push(Call {
                index: i64::try_from(answer.calls.len()).unwrap_or(i64::MAX),
                id: text("id").to_owned(),
                kind: "function".to_owned(),
                name: text("name").to_owned(),
                arguments: input,
            });
            answer.parts.push(Part::Call);
        }
        _ => {}
    }
}

/// How a message ends, in its own words and in those that all surfaces share.
fn end(answer: &mut Answer, message: &Value) {
    answer.stop_sequence =
        message["stop_sequence"].as_str().map(str::to_owned).or(answer.stop_sequence.take());
    let Some(reason) = message["stop_reason"].as_str() else { return };
    answer.stop = Some(reason.to_owned());
    let finish = match reason {
        "end_turn" | "stop_sequence" | "pause_turn" => "stop",
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        other => other,
    };
    answer.finish.push(finish.to_owned());
}

/// Later counts replace earlier ones.
fn merge(counts: &mut Value, usage: &Value) {
    for (name, count) in usage.as_object().into_iter().flatten().filter(|(_, count)| !count.is_null()) {
        counts[name] = count.clone();
    }
}

/// Counts as all surfaces share them: what the cache gave and took is part of the prompt.
fn usage(usage: &Value) -> Option<Value> {
    let count = |name: &str| usage[name].as_u64();
    let (read, written) = (count("cache_read_input_tokens"), count("cache_creation_input_tokens"));
    let prompt = count("input_tokens").map(|input| input + read.unwrap_or(0) + written.unwrap_or(0));
    let completion = count("output_tokens");
    let total = prompt.zip(completion).map(|(prompt, completion)| prompt + completion);
    usage.as_object().filter(|members| !members.is_empty()).map(|_| {
        json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
            "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
            "completion_tokens_details": {"reasoning_tokens": usage["output_tokens_details"]["thinking_tokens"]},
            "own": usage,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_fold_to_what_the_whole_message_says() {
        let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, {"type": "text", "text": "Hello"},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}],
            "stop_reason": "tool_use", "stop_sequence": null, "usage": {"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 7}});
        let start = |index: i64, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
        let delta =
            |index: i64, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        let events = [
            json!({"type": "message_start", "message": {"id": "msg_1", "model": "m", "content": [],
                "usage": {"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 1}}}),
            start(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
            delta(0, json!({"type": "thinking_delta", "thinking": "Hm."})),
            delta(0, json!({"type": "signature_delta", "signature": "c2ln"})),
            start(1, json!({"type": "text", "text": ""})),
            delta(1, json!({"type": "text_delta", "text": "Hel"})),
            delta(1, json!({"type": "text_delta", "text": "lo"})),
            start(2, json!({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "{\"a\":"})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "1}"})),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"output_tokens": 7}}),
            json!({"type": "message_stop"}),
        ];
        let folded = folded(events.iter());
        assert_eq!(folded, whole(&message, message.to_string().as_bytes()));
        assert_eq!(folded.usage.unwrap()["prompt_tokens"], 5);
    }

    #[test]
    fn numbers_keep_their_digits() {
        let text = r#"{"content": [{"type": "tool_use", "input": {"id": 12345678901234567890123}}]}"#;
        let answer = whole(&serde_json::from_str(text).unwrap(), text.as_bytes());
        assert_eq!(answer.calls[0].arguments, r#"{"id": 12345678901234567890123}"#);
    }
}

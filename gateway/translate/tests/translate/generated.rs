//! Replies made up at random, as Anthropic would send them whole and as a stream.

use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(crate) enum Block {
    Text(Vec<String>),
    Thinking(Vec<String>, String),
    Redacted(String),
    ToolUse(String, Value),
    /// A kind that nobody knows, with members that look like known ones.
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) blocks: Vec<Block>,
    pub(crate) stop_reason: &'static str,
    pub(crate) output_tokens: u64,
    /// Whether every character of the stream beyond ASCII is escaped.
    ascii: bool,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        Just("\"\\/\u{8}\n\r\t\u{1f}\u{2028}😀".to_owned()),
        "[a-z]{60,90}"
    ]
}

fn pieces() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(text(), 0..6)
}

fn block() -> impl Strategy<Value = Block> {
    prop_oneof![
        4 => pieces().prop_map(Block::Text),
        2 => (pieces(), "[a-zA-Z0-9+/=]{0,20}").prop_map(|(pieces, signature)| Block::Thinking(pieces, signature)),
        1 => "[a-zA-Z0-9]{1,20}".prop_map(Block::Redacted),
        3 => ("[a-z_]{1,9}", proptest::collection::btree_map("[a-z]{1,4}", text(), 0..4))
            .prop_map(|(name, input)| Block::ToolUse(name, json!(input))),
        1 => Just(Block::Unknown),
    ]
}

pub(crate) fn replies() -> impl Strategy<Value = Reply> {
    let stop_reason = prop_oneof![
        Just("end_turn"),
        Just("max_tokens"),
        Just("stop_sequence"),
        Just("tool_use"),
        Just("pause_turn"),
        Just("refusal"),
        Just("model_context_window_exceeded"),
        Just("yet_to_come"),
    ];
    (proptest::collection::vec(block(), 0..6), stop_reason, 0..9_u64, any::<bool>()).prop_map(
        |(blocks, stop_reason, output_tokens, ascii)| Reply { blocks, stop_reason, output_tokens, ascii },
    )
}

impl Reply {
    /// The text that all text blocks make.
    pub(crate) fn text(&self) -> String {
        let texts = self.blocks.iter().filter_map(|block| match block {
            Block::Text(pieces) => Some(pieces.concat()),
            _ => None,
        });
        texts.collect()
    }

    /// As one message.
    pub(crate) fn whole(&self) -> Vec<u8> {
        let content: Vec<Value> = (0..).zip(&self.blocks).map(|(index, block)| block.whole(index)).collect();
        let message = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": content,
            "stop_reason": self.stop_reason, "stop_sequence": null,
            "usage": { "input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": self.output_tokens },
        });
        self.escape(&message.to_string()).into_bytes()
    }

    /// As a stream of events.
    pub(crate) fn stream(&self) -> Vec<u8> {
        let usage = json!({ "input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 1 });
        let mut events = vec![json!({ "type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": usage,
        } })];
        for (index, block) in (0..).zip(&self.blocks) {
            let (start, pieces) = block.pieces(index);
            events.push(json!({ "type": "content_block_start", "index": index, "content_block": start }));
            events.push(json!({ "type": "ping" }));
            let delta = |piece| json!({ "type": "content_block_delta", "index": index, "delta": piece });
            events.extend(pieces.into_iter().map(delta));
            events.push(json!({ "type": "content_block_stop", "index": index }));
        }
        events.push(json!({
            "type": "message_delta", "delta": { "stop_reason": self.stop_reason, "stop_sequence": null },
            "usage": { "output_tokens": self.output_tokens },
        }));
        events.push(json!({ "type": "message_stop" }));
        let event = |data: &Value| {
            let name = data["type"].as_str().unwrap().to_owned();
            format!("event: {name}\ndata: {}\n\n", self.escape(&data.to_string()))
        };
        events.iter().map(event).collect::<String>().into_bytes()
    }

    pub(crate) fn escape(&self, json: &str) -> String {
        let escaped = |c: char| {
            let units: &mut [u16] = &mut [0; 2];
            if c.is_ascii() || !self.ascii {
                c.to_string()
            } else {
                c.encode_utf16(units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
        };
        json.chars().map(escaped).collect()
    }
}

impl Block {
    fn whole(&self, index: u32) -> Value {
        match self {
            Self::Text(pieces) => json!({ "type": "text", "text": pieces.concat() }),
            Self::Thinking(pieces, signature) => {
                json!({ "type": "thinking", "thinking": pieces.concat(), "signature": signature })
            }
            Self::Redacted(data) => json!({ "type": "redacted_thinking", "data": data }),
            Self::ToolUse(name, input) => {
                json!({ "type": "tool_use", "id": format!("toolu_{index}"), "name": name, "input": input })
            }
            Self::Unknown => json!({ "type": "unknown", "text": { "not": "text" }, "input": 1, "id": 2 }),
        }
    }

    /// How the block begins, and what comes then.
    fn pieces(&self, index: u32) -> (Value, Vec<Value>) {
        let piece = |kind: &str, member: &str, piece: &str| json!({ "type": kind, member: piece });
        match self {
            Self::Text(pieces) => (
                json!({ "type": "text", "text": "" }),
                pieces.iter().map(|text| piece("text_delta", "text", text)).collect(),
            ),
            Self::Thinking(pieces, signature) => {
                let thinking = pieces.iter().map(|text| piece("thinking_delta", "thinking", text));
                let signature = std::iter::once(piece("signature_delta", "signature", signature));
                (
                    json!({ "type": "thinking", "thinking": "", "signature": "" }),
                    thinking.chain(signature).collect(),
                )
            }
            Self::Redacted(_) => (self.whole(index), Vec::new()),
            Self::ToolUse(name, input) => {
                let input = if input == &json!({}) { String::new() } else { input.to_string() };
                let half = input.char_indices().nth(input.chars().count() / 2).map_or(0, |(at, _)| at);
                let halves = [&input[..half], &input[half..]];
                (
                    json!({ "type": "tool_use", "id": format!("toolu_{index}"), "name": name, "input": {} }),
                    halves.iter().map(|half| piece("input_json_delta", "partial_json", half)).collect(),
                )
            }
            Self::Unknown => (self.whole(index), vec![json!({ "type": "unknown_delta", "text": [1] })]),
        }
    }
}

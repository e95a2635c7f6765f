//! The makers whose models `InvokeModel` asks, and how their answers are read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use specs::Operation;

use super::{Frame, decode};
use crate::{client, judged};

/// A maker: the document's name of its words, a model of it, a request that says something in at most so many tokens, and where a
/// whole answer and a piece of it have the text and the reason to end.
#[derive(Debug)]
pub(super) struct Maker {
    pub(super) variant: &'static str,
    pub(super) model: &'static str,
    pub(super) body: fn(&str, u64) -> Value,
    pub(super) whole: [&'static str; 2],
    pub(super) piece: [&'static str; 2],
    /// How it says that an answer was cut, and that it came to its end.
    pub(super) reasons: [&'static str; 2],
}

pub(super) const MAKERS: [Maker; 10] = [
    Maker {
        variant: "claude",
        model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
        body: |text, limit| json!({ "anthropic_version": "bedrock-2023-05-31", "max_tokens": limit, "messages": [{ "role": "user", "content": text }] }),
        whole: ["/content/0/text", "/stop_reason"],
        piece: ["/delta/text", "/delta/stop_reason"],
        reasons: ["max_tokens", "end_turn"],
    },
    Maker {
        variant: "claude-text",
        model: "anthropic.claude-v2:1",
        body: |text, limit| json!({ "prompt": format!("\n\nHuman: {text}\n\nAssistant:"), "max_tokens_to_sample": limit }),
        whole: ["/completion", "/stop_reason"],
        piece: ["/completion", "/stop_reason"],
        reasons: ["max_tokens", "stop_sequence"],
    },
    Maker {
        variant: "titan-text",
        model: "amazon.titan-text-express-v1",
        body: |text, limit| json!({ "inputText": format!("User: {text}\nBot:"), "textGenerationConfig": { "maxTokenCount": limit } }),
        whole: ["/results/0/outputText", "/results/0/completionReason"],
        piece: ["/outputText", "/completionReason"],
        reasons: ["LENGTH", "FINISHED"],
    },
    Maker {
        variant: "nova",
        model: "us.amazon.nova-lite-v1:0",
        body: |text, limit| json!({ "schemaVersion": "messages-v1", "messages": [{ "role": "user", "content": [{ "text": text }] }], "inferenceConfig": { "maxTokens": limit } }),
        whole: ["/output/message/content/0/text", "/stopReason"],
        piece: ["/contentBlockDelta/delta/text", "/messageStop/stopReason"],
        reasons: ["max_tokens", "end_turn"],
    },
    Maker {
        variant: "llama",
        model: "us.meta.llama3-3-70b-instruct-v1:0",
        body: |text, limit| json!({ "prompt": format!("<|start_header_id|>user<|end_header_id|>\n\n{text}<|eot_id|>"), "max_gen_len": limit }),
        whole: ["/generation", "/stop_reason"],
        piece: ["/generation", "/stop_reason"],
        reasons: ["length", "stop"],
    },
    Maker {
        variant: "mistral",
        model: "mistral.mixtral-8x7b-instruct-v0:1",
        body: |text, limit| json!({ "prompt": format!("<s>[INST] {text} [/INST]"), "max_tokens": limit }),
        whole: ["/outputs/0/text", "/outputs/0/stop_reason"],
        piece: ["/outputs/0/text", "/outputs/0/stop_reason"],
        reasons: ["length", "stop"],
    },
    Maker {
        variant: "mistral-chat",
        model: "mistral.mistral-large-2407-v1:0",
        body: |text, limit| json!({ "messages": [{ "role": "user", "content": text }], "max_tokens": limit }),
        whole: ["/choices/0/message/content", "/choices/0/stop_reason"],
        piece: ["/choices/0/message/content", "/choices/0/stop_reason"],
        reasons: ["length", "stop"],
    },
    Maker {
        variant: "command",
        model: "cohere.command-text-v14",
        body: |text, limit| json!({ "prompt": text, "max_tokens": limit, "stream": true }),
        whole: ["/generations/0/text", "/generations/0/finish_reason"],
        piece: ["/text", "/finish_reason"],
        reasons: ["MAX_TOKENS", "COMPLETE"],
    },
    Maker {
        variant: "command-r",
        model: "cohere.command-r-plus-v1:0",
        body: |text, limit| json!({ "message": text, "max_tokens": limit }),
        whole: ["/text", "/finish_reason"],
        piece: ["/text", "/finish_reason"],
        reasons: ["MAX_TOKENS", "COMPLETE"],
    },
    Maker {
        variant: "jamba",
        model: "ai21.jamba-1-5-large-v1:0",
        body: |text, limit| json!({ "messages": [{ "role": "user", "content": text }], "max_tokens": limit }),
        whole: ["/choices/0/message/content", "/choices/0/finish_reason"],
        piece: ["/choices/0/delta/content", "/choices/0/finish_reason"],
        reasons: ["length", "stop"],
    },
];

pub(super) fn path(model: &str, stream: bool) -> String {
    let operation = if stream { "invoke-with-response-stream" } else { "invoke" };
    format!("/model/{}/{operation}", model.replace(':', "%3A"))
}

impl Maker {
    pub(super) fn operation(&self, stream: bool) -> Operation {
        judged::operation("bedrock", "POST", &path(self.model, stream)).variant(self.variant).unwrap()
    }

    /// A whole answer that holds to the document.
    pub(super) fn whole(&self, reply: &client::Reply) -> Value {
        judged::whole(&self.operation(false), reply)
    }

    /// The pieces of a streamed one, which does too.
    pub(super) fn pieces(&self, reply: &client::Reply) -> Vec<Value> {
        assert_eq!(reply.status, 200, "{}", reply.text());
        let operation = self.operation(true);
        let mut sequence = operation.sequence().unwrap();
        let (frames, broken) = decode(&reply.body);
        assert_eq!(broken, None);
        let mut found = Vec::new();
        for frame in &frames {
            found.extend(operation.event(frame.name(), &frame.json()));
            found.extend(sequence.event(frame.name(), &frame.json()));
            assert!(frame.json()["p"].as_str().is_some_and(|padding| padding.starts_with('a')));
        }
        found.extend(sequence.end());
        assert_eq!(found, [], "{}", self.variant);
        frames.iter().map(piece).collect()
    }

    /// The text and the reason that pieces fold to.
    pub(super) fn folded(&self, pieces: &[Value]) -> [String; 2] {
        let [said, reason] = self.piece.map(|at| {
            let parts = pieces.iter().filter_map(|piece| piece.pointer(at)?.as_str());
            parts.collect::<Vec<_>>()
        });
        [said.concat(), reason.last().unwrap().to_string()]
    }

    pub(super) fn said(&self, whole: &Value) -> [String; 2] {
        self.whole.map(|at| whole.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

/// What the chunk of a frame holds.
fn piece(frame: &Frame) -> Value {
    let payload = frame.json();
    let bytes = STANDARD.decode(payload["bytes"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

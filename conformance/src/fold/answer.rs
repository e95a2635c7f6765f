//! What a client has in hand when the reply is over, however it came: whole, or folded from chunks.
//!
//! The forms are those of <https://platform.openai.com/docs/api-reference/chat/object>,
//! <https://platform.openai.com/docs/api-reference/completions/object> and
//! <https://platform.openai.com/docs/api-reference/embeddings/object>.

use serde::Serialize;
use serde_json::Value;

use super::{Vector, messages, responses};
use crate::Surface;

/// A reply in one piece.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// `id`.
    pub id: Option<String>,
    /// `model`.
    pub model: Option<String>,
    /// `created`.
    pub created: Option<i64>,
    /// Text of the first choice.
    pub text: String,
    /// Reasoning text of the first choice, under whichever name the gateway gives it.
    pub reasoning: String,
    /// Signatures over reasoning, and reasoning that the provider hides, wherever the gateway puts them.
    pub signatures: Vec<String>,
    /// Refusal of the first choice.
    pub refusal: String,
    /// Tool calls of the first choice, in order of index.
    pub calls: Vec<Call>,
    /// `finish_reason` of the first choice, as often as one was given; of other surfaces, in `OpenAI`'s words for it.
    pub finish: Vec<String>,
    /// Why it ended, in the surface's own word, where that is another one.
    pub stop: Option<String>,
    /// The stop string that ended it, where the surface tells it.
    pub stop_sequence: Option<String>,
    /// What it is made of, in order, where the surface tells it.
    pub parts: Vec<Part>,
    /// `usage`; of other surfaces, in `OpenAI`'s names, with their own beside them under `own`.
    pub usage: Option<Value>,
    /// How many choices there were.
    pub choices: usize,
    /// The text of each choice, by its index.
    pub texts: Vec<String>,
    /// Vectors, in the order in which they came.
    pub vectors: Vec<Vector>,
}

/// One thing of those that a reply is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// What is thought.
    Reasoning,
    /// What is said, or declined.
    Text,
    /// A tool is called.
    Call,
}

/// A tool call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// `index`, in streams.
    pub index: i64,
    /// `id`.
    pub id: String,
    /// `type`.
    pub kind: String,
    /// `function.name`.
    pub name: String,
    /// `function.arguments`.
    pub arguments: String,
}

impl Answer {
    /// Reads a whole reply, which is what these bytes say.
    pub fn read(surface: Surface, reply: &Value, bytes: &[u8]) -> Self {
        match surface {
            Surface::Messages => messages::whole(reply, bytes),
            Surface::Responses => responses::whole(reply),
            _ => Self::whole(reply),
        }
    }

    /// Reads a chat, a completion, or vectors.
    pub fn whole(reply: &Value) -> Self {
        let mut answer = Self::default();
        answer.chunk(reply);
        answer.vectors = reply["data"].as_array().into_iter().flatten().map(Vector::read).collect();
        answer
    }

    /// Takes one chunk of a stream. A whole reply is one with messages instead of deltas.
    pub fn chunk(&mut self, chunk: &Value) {
        self.head(chunk);
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let index = usize::try_from(choice["index"].as_u64().unwrap_or(0)).unwrap_or(0).min(MOST_CHOICES);
            self.choices = self.choices.max(index + 1);
            self.texts.resize(self.choices, String::new());
            let said = said(choice);
            self.texts[index].push_str(text(said));
            if index == 0 {
                self.message(said);
                self.finish.extend(choice["finish_reason"].as_str().map(str::to_owned));
            }
        }
    }

    fn head(&mut self, object: &Value) {
        self.id = self.id.take().or_else(|| object["id"].as_str().map(str::to_owned));
        self.model = self.model.take().or_else(|| object["model"].as_str().map(str::to_owned));
        self.created = self.created.or_else(|| object["created"].as_i64());
        if !object["usage"].is_null() {
            self.usage = Some(object["usage"].clone());
        }
    }

    /// A message or a delta: the same members. Or a choice of a completion, which has its text itself.
    fn message(&mut self, message: &Value) {
        self.text.push_str(text(message));
        self.refusal.push_str(message["refusal"].as_str().unwrap_or(""));
        self.reason(message);
        for (position, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            self.call(call["index"].as_i64().unwrap_or(position), call);
        }
    }

    /// `reasoning_content` is `DeepSeek`'s name, `reasoning` vLLM's and `OpenRouter`'s; signatures come in `thinking_blocks`
    /// (`LiteLLM`) or `reasoning_details` (`OpenRouter`).
    fn reason(&mut self, message: &Value) {
        let text = message["reasoning_content"].as_str().or_else(|| message["reasoning"].as_str());
        self.reasoning.push_str(text.unwrap_or(""));
        for list in ["thinking_blocks", "reasoning_details"] {
            for block in message[list].as_array().into_iter().flatten() {
                // What a provider hides has data instead of a text and a signature.
                let proof = block["signature"].as_str().or_else(|| block["data"].as_str());
                self.signatures.extend(proof.filter(|proof| !proof.is_empty()).map(str::to_owned));
            }
        }
        self.signatures.extend(message["reasoning_signature"].as_str().map(str::to_owned));
    }

    fn call(&mut self, index: i64, piece: &Value) {
        if !self.calls.iter().any(|call| call.index == index) {
            self.calls.push(Call { index, ..Call::default() });
        }
        let Some(call) = self.calls.iter_mut().find(|call| call.index == index) else { return };
        call.id.push_str(piece["id"].as_str().unwrap_or(""));
        // Official clients take the last one, so that it may come with every piece.
        if let Some(kind) = piece["type"].as_str() {
            kind.clone_into(&mut call.kind);
        }
        call.name.push_str(piece["function"]["name"].as_str().unwrap_or(""));
        call.arguments.push_str(piece["function"]["arguments"].as_str().unwrap_or(""));
    }
}

/// Nobody asks for more choices; a larger index is a mistake that must not cost memory.
const MOST_CHOICES: usize = 1024;

/// What a choice says: its message, its delta, or, in a completion, the choice itself.
pub fn said(choice: &Value) -> &Value {
    let said = ["message", "delta"].into_iter().find_map(|name| choice.get(name));
    said.unwrap_or(choice)
}

/// The text of a message, of a delta, or of a choice of a completion.
pub fn text(said: &Value) -> &str {
    said["content"].as_str().or_else(|| said["text"].as_str()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn chunks_fold_to_what_the_whole_reply_says() {
        let call =
            json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
        let whole = json!({"id": "x", "model": "m", "created": 1, "usage": {"total_tokens": 3}, "choices": [
            {"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": "Hello", "tool_calls": [call]}}]});
        let chunks = [
            json!({"id": "x", "model": "m", "created": 1, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}]}),
            json!({"id": "x", "choices": [{"index": 0, "delta": {"content": "lo"}}]}),
            json!({"id": "x", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}]}}]}),
            json!({"id": "x", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\":"}}]}}]}),
            json!({"id": "x", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}}]}),
            json!({"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}], "usage": null}),
            json!({"id": "x", "choices": [], "usage": {"total_tokens": 3}}),
        ];
        let mut folded = Answer::default();
        for chunk in &chunks {
            folded.chunk(chunk);
        }
        assert_eq!(folded, Answer::whole(&whole));
    }

    #[test]
    fn completions_fold_choice_by_choice() {
        let whole = json!({"id": "x", "model": "m", "created": 1, "choices": [
            {"index": 0, "text": "one", "finish_reason": "stop"}, {"index": 1, "text": "two", "finish_reason": "length"}]});
        let chunks = [
            json!({"id": "x", "model": "m", "created": 1, "choices": [{"index": 1, "text": "tw", "finish_reason": null}]}),
            json!({"id": "x", "choices": [{"index": 0, "text": "one", "finish_reason": null}]}),
            json!({"id": "x", "choices": [{"index": 1, "text": "o", "finish_reason": "length"}]}),
            json!({"id": "x", "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}),
        ];
        let mut folded = Answer::default();
        for chunk in &chunks {
            folded.chunk(chunk);
        }
        assert_eq!(folded, Answer::whole(&whole));
        assert_eq!(folded.texts, ["one", "two"]);
    }
}

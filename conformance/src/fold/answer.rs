//! What a client has in hand when the reply is over, however it came: whole, or folded from chunks.
//!
//! The form is that of <https://platform.openai.com/docs/api-reference/chat/object>.

use serde_json::Value;

/// A chat reply in one piece.
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
    /// `finish_reason` of the first choice, as often as one was given.
    pub finish: Vec<String>,
    /// `usage`.
    pub usage: Option<Value>,
    /// How many choices there were.
    pub choices: usize,
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
    /// Reads a whole reply.
    pub fn whole(reply: &Value) -> Self {
        let choices = reply["choices"].as_array().map_or(&[] as &[Value], Vec::as_slice);
        let mut answer = Self { choices: choices.len(), ..Self::default() };
        answer.head(reply);
        if let Some(choice) = choices.first() {
            answer.message(&choice["message"]);
            answer.finish.extend(choice["finish_reason"].as_str().map(str::to_owned));
        }
        answer
    }

    /// Takes one chunk of a stream.
    pub fn chunk(&mut self, chunk: &Value) {
        self.head(chunk);
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let index = choice["index"].as_u64().unwrap_or(0);
            self.choices = self.choices.max(usize::try_from(index).unwrap_or(0) + 1);
            if index == 0 {
                self.message(&choice["delta"]);
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

    /// A message or a delta: the same members.
    fn message(&mut self, message: &Value) {
        self.text.push_str(message["content"].as_str().unwrap_or(""));
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
        call.kind.push_str(piece["type"].as_str().unwrap_or(""));
        call.name.push_str(piece["function"]["name"].as_str().unwrap_or(""));
        call.arguments.push_str(piece["function"]["arguments"].as_str().unwrap_or(""));
    }
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
}

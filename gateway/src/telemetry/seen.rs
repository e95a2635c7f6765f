//! What of a request and its reply is told of a call whose trace is told, in whichever dialect its client speaks.

use serde::Deserialize;
use serde_json::Value;

/// Bytes of a reply that are looked at: of its beginning, and of its end.
const HEAD: usize = 32 << 10;
const TAIL: usize = 8 << 10;

/// What is kept of a call while it runs.
#[derive(Default)]
pub(crate) struct Seen {
    pub(super) asked: Asked,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Whether there was more between the two.
    is_torn: bool,
}

/// What a client asks for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) max_tokens: Option<u64>,
    pub(super) temperature: Option<f64>,
    pub(super) is_json: bool,
}

/// What its reply says of itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) finish: Vec<String>,
    /// Name and id of the first tool that is called.
    pub(super) tool: Option<(String, Option<String>)>,
}

impl Asked {
    pub(super) fn of(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Request {
            max_tokens: Option<Value>,
            max_completion_tokens: Option<Value>,
            max_output_tokens: Option<Value>,
            temperature: Option<Value>,
            response_format: Option<Value>,
            text: Option<Value>,
        }
        let Ok(request) = serde_json::from_slice::<Request>(body) else { return Self::default() };
        let most = request.max_completion_tokens.or(request.max_tokens).or(request.max_output_tokens);
        let format = request.response_format.or_else(|| request.text?.get("format").cloned());
        let format = format.as_ref().and_then(|format| format["type"].as_str());
        Self {
            max_tokens: most.and_then(|most| most.as_u64()),
            temperature: request.temperature.and_then(|temperature| temperature.as_f64()),
            is_json: format.is_some_and(|format| format.starts_with("json")),
        }
    }
}

impl Seen {
    pub(super) fn give(&mut self, bytes: &[u8]) {
        let room = HEAD - self.head.len();
        let (head, rest) = bytes.split_at(bytes.len().min(room));
        self.head.extend_from_slice(head);
        self.tail.extend_from_slice(rest);
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
            self.is_torn = true;
        }
    }

    /// Reads what was kept.
    pub(super) fn said(&self) -> Said {
        let mut said = Said::default();
        let begin = self.head.trim_ascii_start();
        if begin.first() == Some(&b'{') {
            if self.tail.is_empty()
                && let Ok(reply) = serde_json::from_slice(begin)
            {
                said.read(&reply);
            }
            return said;
        }
        let joined;
        let (head, tail): (&[u8], &[u8]) = if self.is_torn {
            (&self.head, &self.tail)
        } else {
            joined = [&*self.head, &*self.tail].concat();
            (&joined, &[])
        };
        for (index, line) in
            head.split(|byte| *byte == b'\n').chain(tail.split(|byte| *byte == b'\n')).enumerate()
        {
            let Some(data) = line.strip_prefix(b"data:") else { continue };
            // Most events are text, and say nothing else.
            if (index > 4 && !TELLING.iter().any(|mark| memchr(data, mark))) || data.trim_ascii() == b"[DONE]"
            {
                continue;
            }
            if let Ok(event) = serde_json::from_slice(data) {
                said.read(&event);
            }
        }
        said
    }
}

/// Members of events that say more than text.
const TELLING: [&[u8]; 6] =
    [b"\"finish_reason\":\"", b"\"stop_reason\"", b"tool_", b"function_call", b"\"status\"", b"\"error\""];

fn memchr(data: &[u8], mark: &[u8]) -> bool {
    data.windows(mark.len()).any(|window| window == mark)
}

impl Said {
    /// Takes what a reply, or an event of a stream, adds.
    fn read(&mut self, value: &Value) {
        // Anthropic's first event and OpenAI's responses have the reply within.
        for inner in ["message", "response"] {
            if value[inner].is_object() {
                self.read(&value[inner]);
            }
        }
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let is_whole =
            value["object"].is_string() || value["type"] == "message" || value["choices"].is_array();
        if is_whole {
            self.id = self.id.take().or_else(|| text(&value["id"]));
            self.model = self.model.take().or_else(|| text(&value["model"]));
        }
        for choice in value["choices"].as_array().into_iter().flatten() {
            self.finish.extend(text(&choice["finish_reason"]));
            for part in ["message", "delta"] {
                for call in choice[part]["tool_calls"].as_array().into_iter().flatten() {
                    self.call(text(&call["function"]["name"]), text(&call["id"]));
                }
            }
        }
        for stop in [&value["stop_reason"], &value["delta"]["stop_reason"]] {
            self.finish.extend(text(stop));
        }
        let blocks = value["content"].as_array().into_iter().flatten();
        for block in blocks.chain([&value["content_block"]]).filter(|block| block["type"] == "tool_use") {
            self.call(text(&block["name"]), text(&block["id"]));
        }
        if value["object"] == "response" && value["status"] != "in_progress" {
            self.finish.extend(text(&value["status"]));
        }
        let items = value["output"].as_array().into_iter().flatten();
        for item in items.chain([&value["item"]]).filter(|item| item["type"] == "function_call") {
            self.call(text(&item["name"]), text(&item["call_id"]));
        }
    }

    fn call(&mut self, name: Option<String>, id: Option<String>) {
        if self.tool.is_none() {
            self.tool = name.map(|name| (name, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(parts: &[&str]) -> Said {
        let mut seen = Seen::default();
        parts.iter().for_each(|part| seen.give(part.as_bytes()));
        seen.said()
    }

    fn expected(finish: &str, tool: Option<(&str, &str)>) -> Said {
        Said {
            id: Some("i".into()),
            model: Some("m".into()),
            finish: vec![finish.into()],
            tool: tool.map(|(name, id)| (name.to_owned(), Some(id.to_owned()))),
        }
    }

    #[test]
    fn a_reply_is_read_in_each_dialect_whole_or_streamed() {
        let chat = r#"{"id":"i","object":"chat.completion","model":"m","choices":[{"finish_reason":"tool_calls","message":{"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}"#;
        assert_eq!(said(&[chat]), expected("tool_calls", Some(("f", "c"))));
        let text = "data: {\"id\":\"i\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}\n\n";
        let end = "data: {\"id\":\"i\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        assert_eq!(said(&[text, end]), expected("stop", None));
        // So long that its middle is not kept.
        let long: Vec<&str> = std::iter::repeat_n(text, 1000).chain([end]).collect();
        assert_eq!(said(&long), expected("stop", None));
        let message = r#"{"id":"i","type":"message","model":"m","content":[{"type":"tool_use","id":"c","name":"f","input":{}}],"stop_reason":"tool_use"}"#;
        assert_eq!(said(&[message]), expected("tool_use", Some(("f", "c"))));
        let messages = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"i\",\"type\":\"message\",\"model\":\"m\",\"stop_reason\":null}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"f\"}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}\n\n";
        assert_eq!(said(&[messages]), expected("tool_use", Some(("f", "c"))));
        let response = r#"{"id":"i","object":"response","status":"completed","model":"m","output":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}"#;
        assert_eq!(said(&[response]), expected("completed", Some(("f", "c"))));
        let responses = format!(
            "event: response.created\ndata: {{\"type\":\"response.created\",\"response\":{}}}\n\nevent: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{response}}}\n\n",
            response.replace("completed", "in_progress")
        );
        assert_eq!(said(&[&responses]), expected("completed", Some(("f", "c"))));
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for text in
            ["", "{", "data: {\n\n", "\u{0}\u{1}", "data: 7\n\ndata: [1]\n\n", "{\"choices\":7,\"id\":null}"]
        {
            assert_eq!(said(&[text]), Said::default(), "{text}");
        }
    }

    #[test]
    fn what_is_asked_is_read_in_each_dialect() {
        let asked = |body: &str| Asked::of(body.as_bytes());
        let expected = Asked { max_tokens: Some(9), temperature: Some(0.5), is_json: true };
        for body in [
            r#"{"max_tokens":9,"temperature":0.5,"response_format":{"type":"json_object"}}"#,
            r#"{"max_completion_tokens":9,"temperature":0.5,"response_format":{"type":"json_schema","json_schema":{}}}"#,
            r#"{"max_output_tokens":9,"temperature":0.5,"text":{"format":{"type":"json_schema"}}}"#,
        ] {
            assert_eq!(asked(body), expected, "{body}");
        }
        assert_eq!(asked("{\"max_tokens\":\"9\",\"temperature\":[]}"), Asked::default());
        assert_eq!(asked("no"), Asked::default());
    }
}

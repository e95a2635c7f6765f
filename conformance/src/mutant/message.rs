//! A request or a reply in a proxy's hands, with what rewrites are written in.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// The data of the event that ends a stream.
const DONE: &str = "[DONE]";

/// A request or a reply, whole. A stream is here when it is over: no rewrite is about time.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Of a request: method.
    pub method: http::Method,
    /// Of a request: path and query.
    pub path: String,
    /// Of a reply: status.
    pub status: u16,
    /// Without those that are about the connection.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
    /// The body did not end in order.
    pub broken: bool,
}

impl Message {
    /// Whether this is a stream of events.
    pub fn is_stream(&self) -> bool {
        let content_type = self.headers.get("content-type").and_then(|value| value.to_str().ok());
        content_type.is_some_and(|value| value.starts_with("text/event-stream"))
    }

    /// Sets a header, whatever there was under its name.
    pub fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }

    /// Rewrites a body that is one JSON document; any other stays as it is, byte by byte.
    pub fn json(&mut self, edit: impl FnOnce(&mut Value)) {
        let Ok(mut body) = serde_json::from_slice(&self.body) else { return };
        edit(&mut body);
        self.body = body.to_string().into_bytes();
    }

    /// Rewrites the events of a stream: their data, as a text where it is no JSON.
    pub fn events(&mut self, edit: impl FnOnce(&mut Vec<Value>)) {
        if !self.is_stream() {
            return;
        }
        let text = String::from_utf8_lossy(&self.body).replace('\r', "");
        let data = text.split("\n\n").filter_map(data);
        let mut events = data.map(|data| serde_json::from_str(&data).unwrap_or(Value::from(data))).collect();
        edit(&mut events);
        self.body = events.iter().flat_map(render).collect();
    }

    /// Rewrites every chunk of a stream, or the whole reply.
    pub fn objects(&mut self, edit: impl Fn(&mut Value)) {
        if self.is_stream() {
            self.events(|events| events.iter_mut().filter(|event| event.is_object()).for_each(edit));
        } else {
            self.json(edit);
        }
    }

    /// Rewrites what the assistant says: the message of the first choice, or its deltas; in a completion, the choice itself.
    pub fn said(&mut self, edit: impl Fn(&mut Value)) {
        self.objects(|object| {
            let Some(choice) = object["choices"].get_mut(0) else { return };
            match ["delta", "message"].into_iter().find(|name| choice.get(*name).is_some()) {
                Some(name) => edit(&mut choice[name]),
                None => edit(choice),
            }
        });
    }

    /// Rewrites every block of a message: those of its content, or those that events begin and go on with.
    pub fn blocks(&mut self, edit: impl Fn(&mut Value)) {
        self.objects(|object| {
            object["content"].as_array_mut().into_iter().flatten().for_each(&edit);
            for name in ["content_block", "delta"] {
                if object[name].is_object() {
                    edit(&mut object[name]);
                }
            }
        });
    }

    /// Rewrites the text of a body.
    pub fn words(&mut self, edit: impl Fn(&str) -> String) {
        self.body = edit(&String::from_utf8_lossy(&self.body)).into_bytes();
    }

    /// Rewrites every object of a document, or of each event.
    pub fn everywhere(&mut self, edit: impl Fn(&mut Value) + Copy) {
        fn walk(value: &mut Value, edit: impl Fn(&mut Value) + Copy) {
            match value {
                Value::Object(_) => {
                    edit(value);
                    value
                        .as_object_mut()
                        .into_iter()
                        .for_each(|members| members.values_mut().for_each(|one| walk(one, edit)));
                }
                Value::Array(elements) => elements.iter_mut().for_each(|one| walk(one, edit)),
                _ => {}
            }
        }
        self.objects(|object| walk(object, edit));
    }

    /// Rewrites the list of embeddings.
    pub fn vectors(&mut self, edit: impl Fn(&mut Vec<Value>)) {
        self.json(|body| {
            if let Some(vectors) = body["data"].as_array_mut() {
                edit(vectors);
            }
        });
    }

    /// Rewrites every tool call of the assistant, or every piece of one.
    pub fn calls(&mut self, edit: impl Fn(&mut Value)) {
        self.said(|said| said["tool_calls"].as_array_mut().into_iter().flatten().for_each(&edit));
    }

    /// Rewrites every message of the client's request.
    pub fn messages(&mut self, edit: impl FnOnce(&mut Vec<Value>)) {
        self.json(|body| {
            if let Some(messages) = body["messages"].as_array_mut() {
                edit(messages);
            }
        });
    }

    /// Takes a member away from a request or a whole reply.
    pub fn forget(&mut self, member: &str) {
        self.json(|body| remove(body, member));
    }

    /// A request to Bedrock that is rewritten is no longer signed: it comes with an API key instead, which the service
    /// accepts as well. What a mutant breaks is one thing, not two.
    pub fn with_api_key(&mut self) {
        for name in ["authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"] {
            self.headers.remove(name);
        }
        let key = mocks::Credentials::default().key("bedrock").to_owned();
        self.set("authorization", &format!("Bearer {key}"));
    }
}

/// The `data:` lines of one event.
fn data(event: &str) -> Option<String> {
    let lines: Vec<_> = event.lines().filter_map(|line| line.strip_prefix("data:")).collect();
    let lines = lines.into_iter().map(|line| line.strip_prefix(' ').unwrap_or(line));
    let data = lines.collect::<Vec<_>>().join("\n");
    (!data.is_empty()).then_some(data)
}

fn render(event: &Value) -> Vec<u8> {
    let data = event.as_str().map_or_else(|| event.to_string(), str::to_owned);
    // Events that say what they are, are named so.
    let name = event["type"].as_str().map(|name| format!("event: {name}\n")).unwrap_or_default();
    format!("{name}data: {data}\n\n").into_bytes()
}

/// Takes a member away.
pub(super) fn remove(object: &mut Value, member: &str) {
    if let Some(members) = object.as_object_mut() {
        members.remove(member);
    }
}

/// Rewrites a text, where there is one.
pub(super) fn text(value: &mut Value, edit: impl FnOnce(&str) -> String) {
    if let Some(text) = value.as_str() {
        *value = json!(edit(text));
    }
}

/// Rewrites the text of a member, where an object has one.
pub(super) fn said(object: &mut Value, member: &str, edit: impl FnOnce(&str) -> String) {
    if let Some(member) = object.get_mut(member) {
        text(member, edit);
    }
}

/// The event that ends a stream.
pub(super) fn done() -> Value {
    Value::from(DONE)
}

/// Whether this chunk has a finish reason.
pub(super) fn finishes(chunk: &Value) -> bool {
    chunk["choices"][0]["finish_reason"].is_string()
}

/// Whether this event is an error.
pub(super) fn is_error(event: &Value) -> bool {
    event["error"].is_object()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(body: &str) -> Message {
        let mut message = Message { body: body.into(), ..Message::default() };
        message.set("content-type", "text/event-stream; charset=utf-8");
        message
    }

    #[test]
    fn events_are_data_in_order_and_come_back_as_events() {
        let mut message = stream(": hello\n\ndata: {\"a\":1}\r\n\r\ndata: x\ndata: y\n\ndata: [DONE]\n\n");
        message.events(|events| assert_eq!(*events, [json!({"a": 1}), json!("x\ny"), done()]));
        message.events(|events| events.truncate(1));
        assert_eq!(message.body, b"data: {\"a\":1}\n\n");
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        let body = vec![0, 159, 146, 150];
        let mut message = Message { body: body.clone(), ..Message::default() };
        message.json(|body| *body = Value::Null);
        message.events(Vec::clear);
        assert_eq!(message.body, body);
    }

    #[test]
    fn what_is_said_is_found_whole_and_streamed() {
        let mut whole = Message {
            body: json!({"choices": [{"message": {"content": "a"}}]}).to_string().into(),
            ..Message::default()
        };
        let mut parts = stream("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n");
        for message in [&mut whole, &mut parts] {
            message.said(|said| said["content"] = json!("b"));
            assert!(String::from_utf8_lossy(&message.body).contains("\"content\":\"b\""));
        }
        assert!(parts.body.ends_with(b"data: [DONE]\n\n"));
    }
}

//! The marker in a request, by which the provider's requests are found again.

use serde_json::{Value, json};

use super::Scenario;
use crate::Surface;

impl Scenario {
    /// The request with the marker where it asks for it, else behind the last text of the user; and with the padding before that text.
    pub fn marked(&self, marker: &str) -> Value {
        let text = self.request.to_string();
        if text.contains("{{marker}}") {
            let marked = serde_json::from_str(&text.replace("{{marker}}", marker));
            let mut marked = marked.unwrap_or_else(|_| self.request.clone());
            marked.get_mut(self.surface.subject()).map(say_in_tokens);
            return marked;
        }
        let mut request = self.request.clone();
        if let Some(text) = last_text(self.surface, &mut request) {
            let padding = "lorem ipsum ".repeat(self.pad / 12);
            *text = json!(format!("{padding}{} {marker}", text.as_str().unwrap_or_default()));
        }
        request
    }

    /// Whether the request has a place for the marker.
    pub(crate) fn has_place(&self) -> bool {
        self.request.to_string().contains("{{marker}}")
            || last_text(self.surface, &mut self.request.clone()).is_some_and(|text| text.is_string())
    }
}

/// A text amid tokens is said in tokens: the provider's requests are found by it, however little of them the gateway keeps.
fn say_in_tokens(asked: &mut Value) {
    let Some(list) = asked.as_array_mut() else { return };
    list.iter_mut().for_each(say_in_tokens);
    if list.iter().any(Value::is_u64) {
        let said = |one: &Value| one.as_str().map_or_else(|| vec![one.clone()], tokens);
        *list = list.iter().flat_map(said).collect();
    }
}

/// A token a byte: of what is printed, they have the same numbers in every vocabulary of `OpenAI`'s, whichever a gateway reads them by.
fn tokens(text: &str) -> Vec<Value> {
    text.bytes().map(|byte| Value::from(byte.saturating_sub(b'!'))).collect()
}

fn last_text(surface: Surface, request: &mut Value) -> Option<&mut Value> {
    let asked = request.get_mut(surface.subject())?;
    match surface {
        _ if asked.is_string() => Some(asked),
        Surface::Chat | Surface::Messages | Surface::Responses => {
            let mut messages = asked.as_array_mut()?.iter_mut();
            last_part(messages.rfind(|message| message["role"] == "user" && has_text(message))?)
        }
        _ => asked.as_array_mut()?.last_mut().filter(|text| text.is_string()),
    }
}

fn last_part(message: &mut Value) -> Option<&mut Value> {
    if message["content"].is_string() {
        return Some(&mut message["content"]);
    }
    let parts = message["content"].as_array_mut()?;
    Some(&mut parts.iter_mut().rfind(|part| is_text(part))?["text"])
}

/// A turn of results has no text of the user's own.
fn has_text(message: &Value) -> bool {
    let content = &message["content"];
    content.is_string() || content.as_array().is_some_and(|parts| parts.iter().any(is_text))
}

fn is_text(part: &Value) -> bool {
    part["type"] == "text" || part["type"] == "input_text"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    /// A gateway that keeps nothing of a request but its tokens is judged all the same.
    #[test]
    fn amid_tokens_the_marker_is_said_in_tokens() {
        let marker = "[[ts:ab0001/openai.whole/1]]";
        let marked = |id: &str| scenario::find(id).unwrap().marked(marker);
        let said = |list: &Value| {
            let tokens: Option<Vec<u64>> = list.as_array().unwrap().iter().map(Value::as_u64).collect();
            mocks::tokens::decode(tokens.expect("tokens alone").into_iter())
        };
        let one = marked("embeddings.inputs.tokens");
        assert!(said(&one["input"]).ends_with(marker), "{one}");
        let several = marked("completions.prompts.token-lists");
        assert!(said(&several["prompt"][0]).ends_with(marker), "{several}");
        assert!(!said(&several["prompt"][1]).contains(marker), "{several}");
        let texts = marked("embeddings.inputs.several");
        assert!(texts["input"][0].as_str().unwrap().ends_with(marker), "{texts}");
    }
}

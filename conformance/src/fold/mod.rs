//! The client's stream, folded: events with their times → chunks → what a client has in hand at the end.
//!
//! Chats stream as <https://platform.openai.com/docs/api-reference/chat-streaming> has it, completions the same way; the others by
//! events of several kinds, each of which says what it is.

mod answer;
mod messages;
mod responses;
pub mod sse;
mod vector;

use serde_json::Value;

use crate::Surface;

pub use answer::{Answer, Call, Part, said, text};
pub use sse::{Event, Events};
pub use vector::{Form, Vector};

/// The data of the event that ends a stream of chunks.
pub const DONE: &str = "[DONE]";

/// A stream as its client understands it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fold {
    /// The events and what is wrong with their form.
    pub events: Events,
    /// Every chunk, or event that the surface's document knows, with the number of its event.
    pub chunks: Vec<(usize, Value)>,
    /// Every error event, with the number of its event.
    pub errors: Vec<(usize, Value)>,
    /// Events that are neither chunk, error nor end.
    pub strange: Vec<usize>,
    /// What Azure's filters found in the prompt, told before the first chunk, with the number of its event.
    pub prompt_filters: Vec<(usize, Value)>,
    /// Numbers of the chunks that say nothing at all, not even what they are: what is left of Azure's first one without what its
    /// filters found.
    pub blank: Vec<usize>,
    /// Numbers of the events that say that all is said: `[DONE]`, `message_stop`, `response.completed`.
    pub done: Vec<usize>,
    /// Numbers of the events that bring text.
    pub speaking: Vec<usize>,
    /// The chunks together.
    pub answer: Answer,
}

impl Fold {
    /// Folds pieces as they came, each with its time.
    pub fn new<'a>(surface: Surface, pieces: impl IntoIterator<Item = (f64, &'a [u8])>) -> Self {
        let mut fold = Self { events: sse::read(pieces), ..Self::default() };
        if surface.is_conversation() && surface != Surface::Chat {
            fold.read_named(surface);
        } else {
            fold.read_chunks();
        }
        fold
    }

    fn read_chunks(&mut self) {
        for (number, event) in self.events.list.iter().enumerate() {
            if event.data == DONE {
                self.done.push(number);
                continue;
            }
            match serde_json::from_str::<Value>(&event.data) {
                Ok(data) if !data["error"].is_null() => self.errors.push((number, data)),
                Ok(data) if is_prompt_filter(&data) => self.prompt_filters.push((number, data)),
                Ok(data) if is_blank(&data) => {
                    self.blank.push(number);
                    self.chunks.push((number, data));
                }
                Ok(data) if data["choices"].is_array() => {
                    if !text(said(&data["choices"][0])).is_empty() {
                        self.speaking.push(number);
                    }
                    self.chunks.push((number, data));
                }
                _ => self.strange.push(number),
            }
        }
        self.answer = folded(Surface::Chat, self.telling().map(|(_, data)| data));
    }

    /// Events that say in their data what they are.
    fn read_named(&mut self, surface: Surface) {
        let known: Vec<_> = surface.operation().iter().flat_map(specs::Operation::events).collect();
        for (number, event) in self.events.list.iter().enumerate() {
            let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
            let kind = data["type"].as_str().unwrap_or_default();
            match kind {
                "error" | "response.failed" => self.errors.push((number, data)),
                kind if !known.contains(&kind) => self.strange.push(number),
                kind => {
                    if kind == "message_stop" || responses::ENDS.contains(&kind) {
                        self.done.push(number);
                    }
                    if messages::says(&data) || responses::says(&data) {
                        self.speaking.push(number);
                    }
                    self.chunks.push((number, data));
                }
            }
        }
        self.answer = folded(surface, self.chunks.iter().map(|(_, data)| data));
    }

    /// What a client has in hand that raises at an error event, as the official ones do, and reads nothing behind it.
    pub fn before_error(&self, surface: Surface) -> Answer {
        let error = self.errors.first().map_or(usize::MAX, |(number, _)| *number);
        let heard = self.telling().filter(|(number, _)| *number < error);
        folded(surface, heard.map(|(_, data)| data))
    }

    /// Whether an event is no chunk, but what Azure's filters found in the prompt.
    pub fn is_prompt_filter(&self, event: usize) -> bool {
        self.prompt_filters.iter().any(|(number, _)| *number == event)
    }

    /// The chunks that say something.
    pub fn telling(&self) -> impl Iterator<Item = &(usize, Value)> {
        self.chunks.iter().filter(|(number, _)| !self.blank.contains(number))
    }

    /// Whether the stream says of itself that it is complete.
    pub fn is_done(&self) -> bool {
        !self.done.is_empty()
    }

    /// When an event came.
    pub fn at_ms(&self, event: usize) -> Option<f64> {
        self.events.list.get(event).map(|event| event.at_ms)
    }
}

/// Chunks together.
fn folded<'a>(surface: Surface, chunks: impl Iterator<Item = &'a Value>) -> Answer {
    match surface {
        Surface::Messages => messages::folded(chunks),
        Surface::Responses => responses::folded(chunks),
        Surface::Chat | Surface::Completions | Surface::Embeddings => {
            let mut answer = Answer::default();
            chunks.for_each(|chunk| answer.chunk(chunk));
            answer
        }
    }
}

/// As Azure documents it: <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-streaming>.
fn is_prompt_filter(data: &Value) -> bool {
    data["prompt_filter_results"].is_array() && data["choices"].as_array().is_some_and(Vec::is_empty)
}

/// Neither a name nor a choice nor a count.
fn is_blank(data: &Value) -> bool {
    let is_nameless = ["id", "model", "object"].iter().all(|name| data[name] == "");
    is_nameless && data["choices"].as_array().is_some_and(Vec::is_empty) && data["usage"].is_null()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_is_a_chunk_an_error_the_end_or_strange() {
        let text = "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\ndata: {\"choices\":[]}\n\ndata: {\"error\":{\"message\":\"m\"}}\n\ndata: hello\n\ndata: [DONE]\n\n";
        let fold = Fold::new(Surface::Chat, [(0.0, text.as_bytes())]);
        assert_eq!((fold.chunks.len(), fold.errors.len()), (1, 1));
        assert_eq!((fold.strange.as_slice(), fold.done.as_slice()), ([3].as_slice(), [4].as_slice()));
        assert!(fold.is_prompt_filter(0) && !fold.is_prompt_filter(1));
    }

    #[test]
    fn a_blank_chunk_names_no_answer() {
        let text = "data: {\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\",\"choices\":[]}\n\ndata: {\"id\":\"a\",\"created\":1,\"model\":\"m\",\"choices\":[{}]}\n\n";
        let fold = Fold::new(Surface::Chat, [(0.0, text.as_bytes())]);
        assert_eq!(
            (fold.chunks.len(), fold.telling().count(), fold.blank.as_slice()),
            (2, 1, [0].as_slice())
        );
        assert_eq!((fold.answer.id.as_deref(), fold.answer.created), (Some("a"), Some(1)));
    }
}

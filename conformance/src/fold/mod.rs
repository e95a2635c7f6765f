//! The client's stream, folded: events with their times → chunks → what a client has in hand at the end.
//!
//! The form is that of <https://platform.openai.com/docs/api-reference/chat-streaming>; completions stream the same way.

mod answer;
pub mod sse;
mod vector;

use serde_json::Value;

pub use answer::{Answer, Call, said, text};
pub use sse::{Event, Events};
pub use vector::{Form, Vector};

/// The data of the event that ends a stream.
pub const DONE: &str = "[DONE]";

/// A stream as its client understands it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fold {
    /// The events and what is wrong with their form.
    pub events: Events,
    /// Every chunk, with the number of its event.
    pub chunks: Vec<(usize, Value)>,
    /// Every error event, with the number of its event.
    pub errors: Vec<(usize, Value)>,
    /// Events that are neither chunk, error nor `[DONE]`.
    pub strange: Vec<usize>,
    /// What Azure's filters found in the prompt, told before the first chunk, with the number of its event.
    pub prompt_filters: Vec<(usize, Value)>,
    /// Numbers of the `[DONE]` events.
    pub done: Vec<usize>,
    /// The chunks together.
    pub answer: Answer,
}

impl Fold {
    /// Folds pieces as they came, each with its time.
    pub fn new<'a>(pieces: impl IntoIterator<Item = (f64, &'a [u8])>) -> Self {
        let mut fold = Self { events: sse::read(pieces), ..Self::default() };
        for (number, event) in fold.events.list.iter().enumerate() {
            if event.data == DONE {
                fold.done.push(number);
                continue;
            }
            match serde_json::from_str::<Value>(&event.data) {
                Ok(data) if !data["error"].is_null() => fold.errors.push((number, data)),
                Ok(data) if is_prompt_filter(&data) => fold.prompt_filters.push((number, data)),
                Ok(data) if data["choices"].is_array() => {
                    fold.answer.chunk(&data);
                    fold.chunks.push((number, data));
                }
                _ => fold.strange.push(number),
            }
        }
        fold
    }

    /// Whether an event is no chunk, but what Azure's filters found in the prompt.
    pub fn is_prompt_filter(&self, event: usize) -> bool {
        self.prompt_filters.iter().any(|(number, _)| *number == event)
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

/// As Azure documents it: <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-streaming>.
fn is_prompt_filter(data: &Value) -> bool {
    data["prompt_filter_results"].is_array() && data["choices"].as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_is_a_chunk_an_error_the_end_or_strange() {
        let text = "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\ndata: {\"choices\":[]}\n\ndata: {\"error\":{\"message\":\"m\"}}\n\ndata: hello\n\ndata: [DONE]\n\n";
        let fold = Fold::new([(0.0, text.as_bytes())]);
        assert_eq!((fold.chunks.len(), fold.errors.len()), (1, 1));
        assert_eq!((fold.strange.as_slice(), fold.done.as_slice()), ([3].as_slice(), [4].as_slice()));
        assert!(fold.is_prompt_filter(0) && !fold.is_prompt_filter(1));
    }
}

//! Replies to a prompt, whole and token by token, as deltas.
//!
//! The last event holds the whole text once more, and that is how it is known. Marks, such as that of the end, are no text.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure;
use crate::call::{Call, read};
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink, Usage};
use crate::numbered::Numbered;
use crate::wire::Frame;
use crate::{Error, Text};

/// Reads one reply.
pub(super) struct TokenReader {
    /// Tokens of the prompt, where a header counted them.
    counted: Option<u64>,
    begun: bool,
    ended: bool,
    said: bool,
    /// Events that bring a token of the text, which differ in it and in numbers.
    text: Numbered,
}

/// One event.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    token: Option<Token<'a>>,
    generated_text: Option<Text<'a>>,
    details: Option<Details<'a>>,
    error: Option<&'a RawValue>,
    error_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Token<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
    generated_tokens: Option<u64>,
    /// Of streams only.
    input_length: Option<u64>,
    /// Of whole replies, where the prompt's tokens were asked for.
    prefill: Option<Vec<&'a RawValue>>,
}

/// A whole reply.
#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    generated_text: Option<Text<'a>>,
    details: Option<Details<'a>>,
    error: Option<&'a RawValue>,
    error_type: Option<Text<'a>>,
}

impl TokenReader {
    pub(super) fn new(call: &Call) -> Self {
        Self { counted: call.counted, begun: false, ended: false, said: false, text: Numbered::default() }
    }

    fn begin(&mut self, sink: &mut dyn Sink) {
        if !self.begun {
            self.begun = true;
            sink.delta(Delta::Start { id: Text::default(), model: Text::default() });
        }
    }

    fn end(&mut self, details: Option<&Details<'_>>, sink: &mut dyn Sink) {
        self.ended = true;
        let reason = details.and_then(|details| details.finish_reason);
        let is_cut = reason.is_some_and(|reason| reason.is("length"));
        sink.delta(Delta::Finish(if is_cut { Finish::Length } else { Finish::Stop }));
        if let Some(details) = details {
            let prefill =
                details.prefill.as_ref().map(|tokens| tokens.len() as u64).filter(|count| *count > 0);
            let prompt = details.input_length.or(self.counted).or(prefill).unwrap_or_default();
            let completion = details.generated_tokens.unwrap_or_default();
            sink.delta(Delta::Usage(&Usage { prompt, completion, ..Usage::default() }));
        }
        sink.delta(Delta::End);
    }

    fn event(&mut self, data: &[u8], event: &Event<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        if let Some(error) = event.error {
            return Err(Error::Provider(failure::in_stream(error, event.error_type)));
        }
        let Some(token) = &event.token else {
            return Err(Error::Malformed { what: "stream", why: "an event has no token".to_owned() });
        };
        self.begin(sink);
        if !token.special && !token.text.is_empty() {
            self.said = true;
            sink.delta(Delta::Text(token.text));
        }
        if let Some(text) = event.generated_text {
            // A reply in one event, whose token is a mark.
            if !self.said && !text.is_empty() {
                sink.delta(Delta::Text(text));
            }
            self.end(event.details.as_ref(), sink);
        } else if !token.special {
            self.text.learn(data, token.text);
        }
        Ok(())
    }
}

impl Reader for TokenReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        // By the model's address it is a list of one.
        let is_list = body.trim_ascii_start().starts_with(b"[");
        let whole: Whole<'_> = if is_list {
            let [whole] = read::<[Whole<'_>; 1]>("reply", body)?;
            whole
        } else {
            read("reply", body)?
        };
        if let Some(error) = whole.error {
            return Err(Error::Provider(failure::in_stream(error, whole.error_type)));
        }
        let Some(text) = whole.generated_text else {
            return Err(Error::Malformed { what: "reply", why: "it has no generated_text".to_owned() });
        };
        self.begin(sink);
        sink.delta(Delta::Text(text));
        self.end(whole.details.as_ref(), sink);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        // Some who speak so send OpenAI's mark of the end after theirs.
        if data.is_empty() || self.ended || data.starts_with(b"[DONE]") {
            return Ok(());
        }
        if let Some(text) = self.text.text(data) {
            sink.delta(Delta::Text(text));
            return Ok(());
        }
        let event: Event<'_> = read("stream", data)?;
        self.event(data, &event, sink)
    }
}

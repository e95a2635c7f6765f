//! A stream in OpenAI's own dialect: passed through byte by byte, but guarded.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::repair::{Repair, Repaired};
use super::{Quirks, failure, usage};
use crate::delta::{MaybeTier, Tier, Usage};
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text, call};

/// Passes on whole events as they came, looks for errors and the end, and notes the usage.
#[derive(Debug, Default)]
pub struct Relay {
    out: Vec<u8>,
    /// From a finish reason on, until more or the end comes: a reply that is cut has no good end.
    held: Vec<u8>,
    template: Template,
    repair: Option<Repair>,
    usage: Option<Usage>,
    tier: Option<Tier>,
    done: bool,
}

impl Relay {
    /// A stream that has not begun, of a provider with these quirks.
    pub fn new(quirks: &Quirks) -> Self {
        Self { repair: quirks.filters.then(Repair::default), ..Self::default() }
    }

    /// Takes one event.
    pub fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        if self.done {
            return Ok(());
        }
        let data: &[u8] = &frame.data;
        let mut instead = None;
        let hold = if data.starts_with(b"[DONE]") {
            self.done = true;
            false
        } else if data.is_empty() || self.template.text(data).is_some() {
            data.is_empty() && !self.held.is_empty()
        } else {
            let hold = self.look(frame.event, data)?;
            match self.repair.as_mut().map_or(Ok(Repaired::Whole), |repair| repair.chunk(data))? {
                Repaired::Whole => (),
                Repaired::Instead(event) => instead = Some(event),
                Repaired::Ahead(event) => {
                    self.out.extend_from_slice(&event);
                    return Ok(());
                }
            }
            hold
        };
        let event = instead.as_deref().unwrap_or(frame.raw);
        if hold {
            self.held.extend_from_slice(event);
        } else {
            self.release();
            self.out.extend_from_slice(event);
        }
        Ok(())
    }

    fn release(&mut self) {
        self.out.append(&mut self.held);
    }

    /// Takes what came after the last whole event. Some servers forget the empty line after `[DONE]`.
    pub fn rest(&mut self, rest: &[u8]) {
        let rest = rest.trim_ascii();
        if !self.done && matches!(rest, b"data: [DONE]" | b"data:[DONE]") {
            self.done = true;
            self.release();
            self.out.extend_from_slice(rest);
            self.out.extend_from_slice(b"\n\n");
        }
    }

    /// What was passed on. The caller takes it away.
    pub fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Whether `[DONE]` was passed on.
    pub fn done(&self) -> bool {
        self.done
    }

    /// Tokens counted so far.
    pub fn usage(&self) -> Option<Usage> {
        self.usage.map(|usage| Usage { tier: self.tier.or(usage.tier), ..usage })
    }

    /// Looks at an event; tells whether it is to be held until it is known how the reply ends.
    fn look(&mut self, event: &str, data: &[u8]) -> Result<bool, Error> {
        let chunk: Chunk<'_> = call::read("stream", data)?;
        if let Some(error) = chunk.error {
            return Err(Error::Provider(failure::in_stream(error)));
        }
        self.tier = chunk.service_tier.0.or(self.tier);
        let Some(choices) = chunk.choices else {
            // A named event is some extension's; OpenAI's own have no name.
            let why = "an event has no choices".to_owned();
            return if event.is_empty() { Err(Error::Malformed { what: "stream", why }) } else { Ok(false) };
        };
        // Kimi counts in its last choice.
        let counted = chunk.usage.or(choices.last().and_then(|choice| choice.usage));
        if let Some(usage) = counted.and_then(usage::read) {
            self.usage = Some(usage);
        } else if let [
            Choice {
                delta: Some(Piece { content: Some(Content(Some(text))) }),
                text: None,
                finish_reason: None,
                usage: None,
            }
            | Choice { delta: None, text: Some(Content(Some(text))), finish_reason: None, usage: None },
        ] = &choices[..]
        {
            self.template.learn(data, *text, chunk.obfuscation);
        }
        // After the finish only a chunk of the usage follows, which has no choice.
        let finishes = choices.iter().any(|choice| choice.finish_reason.is_some());
        Ok(finishes || choices.is_empty() && !self.held.is_empty())
    }
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    error: Option<&'a RawValue>,
    usage: Option<&'a RawValue>,
    #[serde(default)]
    service_tier: MaybeTier,
    obfuscation: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Option<Piece<'a>>,
    /// Of a completion.
    text: Option<Content<'a>>,
    finish_reason: Option<&'a RawValue>,
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    content: Option<Content<'a>>,
}

/// Text where it is text; other shapes are passed on without a look.
struct Content<'a>(Option<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self(Text::token(json)))
    }
}

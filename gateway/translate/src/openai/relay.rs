//! A stream in OpenAI's own dialect: passed through byte by byte, but guarded.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::repair::{Repair, Repaired};
use super::{ChunkReader, Quirks, failure, usage};
use crate::call::Call;
use crate::chat::Reader;
use crate::delta::{Delta, MaybeTier, Sink, Spoken, Tier, Usage};
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text, call};

/// Passes on whole events as they came, looks for errors and the end, and notes the usage.
#[derive(Default)]
pub struct Relay {
    out: Vec<u8>,
    /// From a finish reason on, until more or the end comes: a reply that is cut has no good end.
    held: Vec<u8>,
    template: Template,
    repair: Option<Repair>,
    usage: Option<Usage>,
    tier: Option<Tier>,
    /// Whether the client did not ask for the usage that the provider was asked for.
    hides: bool,
    /// Whether the event that was looked at last is nothing but that.
    is_count: bool,
    /// Who listens, and by whom it is told what is said.
    ear: Option<(ChunkReader, Box<Spoken>)>,
    done: bool,
}

impl Relay {
    /// A stream that has not begun, of a provider with these quirks.
    pub fn new(quirks: &Quirks, call: &Call) -> Self {
        Self { repair: quirks.filters.then(Repair::default), hides: call.hides_usage, ..Self::default() }
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
        } else if data.is_empty() {
            !self.held.is_empty()
        } else if let Some(text) = self.template.text(data) {
            if let Some((_, spoken)) = &mut self.ear {
                spoken.delta(Delta::Text(text));
            }
            false
        } else {
            let hold = self.look(frame.event, data)?;
            self.hear(frame);
            if self.hides && self.is_count {
                return Ok(());
            }
            match self.repair.as_mut().map_or(Ok(Repaired::Whole), |repair| repair.chunk(data))? {
                Repaired::Whole => (),
                Repaired::Instead(event) => instead = Some(event),
                Repaired::Ahead(event) => {
                    put(&event, self.hides, &mut self.out);
                    return Ok(());
                }
            }
            hold
        };
        let event = instead.as_deref().unwrap_or(frame.raw);
        if !hold {
            self.release();
        }
        let out = if hold { &mut self.held } else { &mut self.out };
        put(event, self.hides, out);
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

    /// Gathers what is said.
    pub fn listen(&mut self, spoken: Box<Spoken>) {
        self.ear = Some((ChunkReader::new(&Call::default()), spoken));
    }

    /// What was said so far.
    pub fn spoken(&mut self) -> Option<Box<Spoken>> {
        self.ear.take().map(|(_, spoken)| spoken)
    }

    /// Listens to an event that is none of nothing but text. What cannot be understood was passed on all the same.
    fn hear(&mut self, frame: &Frame<'_>) {
        if let Some((reader, spoken)) = &mut self.ear {
            let _ = reader.frame(frame, &mut **spoken);
        }
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
        self.is_count = choices.is_empty() && chunk.usage.is_some();
        let finishes = choices.iter().any(|choice| choice.finish_reason.is_some());
        Ok(finishes || choices.is_empty() && !self.held.is_empty())
    }
}

/// Passes an event on. `hides`: as it had been, had nobody asked for usage. What is looked for cannot stand within a string: there,
/// quotes are escaped.
fn put(event: &[u8], hides: bool, out: &mut Vec<u8>) {
    static NONE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NO_USAGE));
    let at = if hides { NONE.find(event) } else { None };
    let (before, after) = at.map_or((event, &[][..]), |at| (&event[..at], &event[at + NO_USAGE.len()..]));
    out.extend_from_slice(before);
    out.extend_from_slice(after);
}

/// How a chunk says that it is not the one that counts.
const NO_USAGE: &[u8] = b",\"usage\":null";

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

//! A stream in OpenAI's own dialect: passed through byte by byte, but guarded.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::repair::{Repair, Repaired};
use super::{ChunkReader, Quirks, failure, usage};
use crate::call::Call;
use crate::chat::Reader;
use crate::delta::{MaybeTier, Spoken, Tier, Usage};
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
    /// What is left out, where the client did not ask for the usage that the provider was asked for.
    hides: Option<Hidden>,
    /// Whether the event that was looked at last is nothing but that.
    is_count: bool,
    /// Who listens, and by whom it is told what is said.
    ear: Option<(ChunkReader, Box<Spoken>)>,
    done: bool,
}

impl Relay {
    /// A stream that has not begun, of a provider with these quirks.
    pub fn new(quirks: &Quirks, call: &Call) -> Self {
        Self {
            repair: quirks.filters.then(Repair::default),
            hides: call.hides_usage.then(Hidden::default),
            ..Self::default()
        }
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
                spoken.text(text);
            }
            false
        } else {
            let hold = self.look(frame)?;
            if self.hides.is_some() && self.is_count {
                return Ok(());
            }
            match self.repair.as_mut().map_or(Ok(Repaired::Whole), |repair| repair.chunk(data))? {
                Repaired::Whole => (),
                Repaired::Instead(event) => instead = Some(event),
                Repaired::Ahead(event) => {
                    put(&event, self.hides.as_mut(), &mut self.out);
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
        put(event, self.hides.as_mut(), out);
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

    /// Listens to an event that was looked at. What cannot be understood was passed on all the same.
    fn hear(&mut self, frame: &Frame<'_>, choices: &[Choice<'_>]) {
        let Some((reader, spoken)) = &mut self.ear else { return };
        let _ = if choices.iter().all(Choice::is_bare) {
            choices.iter().try_for_each(|choice| {
                let finish = choice.finish_reason.and_then(|reason| Text::token(reason.get()));
                reader.bare(choice.index(), choice.said(), finish, &mut **spoken)
            })
        } else {
            reader.frame(frame, &mut **spoken)
        };
    }

    /// Looks at an event; tells whether it is to be held until it is known how the reply ends.
    fn look(&mut self, frame: &Frame<'_>) -> Result<bool, Error> {
        let (event, data) = (frame.event, &*frame.data);
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
        } else if let [choice @ Choice { usage: None, .. }] = &choices[..]
            && !choice.ends()
            && choice.is_bare()
            && let Some(text) = choice.said()
        {
            self.template.learn(data, text, chunk.obfuscation);
        }
        self.hear(frame, &choices);
        // After the finish only a chunk of the usage follows, which has no choice.
        self.is_count = choices.is_empty() && chunk.usage.is_some();
        let finishes = choices.iter().any(Choice::ends);
        Ok(finishes || choices.is_empty() && !self.held.is_empty())
    }
}

/// Passes an event on; with something to hide, as it had been, had nobody asked for usage.
fn put(event: &[u8], hides: Option<&mut Hidden>, out: &mut Vec<u8>) {
    let at = hides.and_then(|hidden| hidden.find(event));
    let (before, after) = at.map_or((event, &[][..]), |at| (&event[..at], &event[at + NO_USAGE.len()..]));
    out.extend_from_slice(before);
    out.extend_from_slice(after);
}

/// Where events say that they are not the one that counts.
#[derive(Default)]
struct Hidden {
    /// So many bytes before their end: mostly, all say it at one place behind their text.
    last: usize,
}

impl Hidden {
    /// What is looked for cannot stand within a string: there, quotes are escaped.
    fn find(&mut self, event: &[u8]) -> Option<usize> {
        static NONE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NO_USAGE));
        let known = event.len().checked_sub(self.last).filter(|at| event[*at..].starts_with(NO_USAGE));
        known.or_else(|| {
            let found = NONE.find(event)?;
            self.last = event.len() - found;
            Some(found)
        })
    }
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
    index: Option<&'a RawValue>,
    delta: Option<Piece<'a>>,
    /// Of some others' whole replies.
    message: Option<&'a RawValue>,
    /// Of a completion.
    text: Option<Content<'a>>,
    finish_reason: Option<&'a RawValue>,
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    content: Option<Content<'a>>,
    refusal: Option<&'a RawValue>,
    reasoning_content: Option<&'a RawValue>,
    reasoning: Option<&'a RawValue>,
    tool_calls: Option<&'a RawValue>,
}

impl<'a> Choice<'a> {
    /// Whether it says no more than [`Self::said`] and why it ends.
    fn is_bare(&self) -> bool {
        let piece = self.delta.as_ref();
        let others =
            piece.map(|piece| [piece.refusal, piece.reasoning_content, piece.reasoning, piece.tool_calls]);
        let is_empty = |value: &RawValue| matches!(value.get(), "\"\"" | "[]");
        let mut texts = piece.and_then(|piece| piece.content.as_ref()).into_iter().chain(&self.text);
        others.into_iter().flatten().flatten().all(is_empty)
            && self.message.is_none()
            && texts.next().is_none_or(|text| text.0.is_some())
            && texts.next().is_none()
    }

    /// Whether it says why it ends; some say an empty reason as long as there is none.
    fn ends(&self) -> bool {
        self.finish_reason.is_some_and(|reason| reason.get() != "\"\"")
    }

    /// Its number; what is none is passed on all the same.
    fn index(&self) -> u32 {
        self.index.and_then(|index| index.get().parse().ok()).unwrap_or_default()
    }

    /// Its text, be it of a chat or of a completion.
    fn said(&self) -> Option<Text<'a>> {
        let content = self.delta.as_ref().and_then(|piece| piece.content.as_ref());
        content.or(self.text.as_ref()).and_then(|content| content.0)
    }
}

/// Text where it is text; other shapes are passed on without a look.
struct Content<'a>(Option<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self(Text::token(json)))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::delta::Named;
    use crate::wire::Kind;

    /// Choices of a chunk: of plain ones, which are told without another look, and of all others.
    fn choices() -> impl Strategy<Value = Value> {
        let delta = prop_oneof![
            "[a-z\"\\\\é]{0,4}".prop_map(|text| json!({"content": text})),
            Just(json!({"role": "assistant", "content": "", "refusal": null})),
            Just(json!({"content": "b", "reasoning": "", "tool_calls": []})),
            Just(json!({"content": "b", "reasoning": "hm"})),
            Just(json!({"reasoning_content": "hm", "content": null})),
            Just(json!({"refusal": "no"})),
            Just(json!({"content": [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": "b"}]})),
            Just(
                json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]})
            ),
            Just(json!({"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]})),
            Just(json!({})),
        ];
        let finish = prop_oneof![
            4 => Just(json!(null)),
            1 => prop::sample::select(&["", "stop", "length", "error"][..]).prop_map(Value::from),
        ];
        let choice = (0..3, delta, finish).prop_map(
            |(index, delta, finish)| json!({"index": index, "delta": delta, "finish_reason": finish}),
        );
        prop::collection::vec(choice, 0..3).prop_map(Value::Array)
    }

    fn told(spoken: &Spoken) -> Value {
        let mut out = Vec::new();
        spoken.write(Named { id: "c", created: 1, model: "m", usage: None }, &mut out);
        serde_json::from_slice(&out).unwrap()
    }

    fn chunk(choices: &Value) -> Vec<u8> {
        json!({"id": "c", "choices": choices}).to_string().into_bytes()
    }

    fn frame(data: &[u8]) -> Frame<'_> {
        Frame { kind: Kind::Event, event: "", data: Cow::Borrowed(data), raw: data }
    }

    #[test]
    fn only_what_ends_is_held() {
        for (reason, is_held) in [(json!(null), false), (json!(""), false), (json!("stop"), true)] {
            let mut relay = Relay::new(&Quirks::CHAT, &Call::default());
            for text in ["a", "b"] {
                let event = chunk(&json!([{"delta": {"content": text}, "finish_reason": reason}]));
                relay.frame(&frame(&event)).unwrap();
                let passed = std::mem::take(relay.out());
                assert_eq!(passed, if is_held { Vec::new() } else { event }, "{reason}");
            }
        }
    }

    #[test]
    fn a_number_that_is_none_is_passed_on() {
        for index in [json!(null), json!(-1), json!("0"), json!(1.5)] {
            let mut relay = Relay::new(&Quirks::CHAT, &Call::default());
            relay.listen(Box::new(Spoken::new(1000)));
            let event = chunk(&json!([{"index": index, "delta": {"content": "hi"}}]));
            assert_eq!(relay.frame(&frame(&event)), Ok(()), "{index}");
            assert_eq!(*relay.out(), event);
            assert_eq!(told(&relay.spoken().unwrap())["choices"][0]["message"]["content"], "hi", "{index}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Who listens to what passes hears what a reader of the whole would tell.
        #[test]
        fn what_is_heard_is_what_is_said(events in prop::collection::vec(choices(), 0..12)) {
            let mut relay = Relay::new(&Quirks::CHAT, &Call::default());
            relay.listen(Box::new(Spoken::new(1000)));
            let (mut reader, mut spoken) = (ChunkReader::new(&Call::default()), Spoken::new(1000));
            for choices in events {
                let data = chunk(&choices);
                let frame = frame(&data);
                relay.frame(&frame).unwrap();
                let _ = reader.frame(&frame, &mut spoken);
            }
            prop_assert_eq!(told(&relay.spoken().unwrap()), told(&spoken));
        }
    }
}

//! Replies in OpenAI's own dialect, whole and streamed, as deltas: for providers that speak it with an accent.
//!
//! <https://platform.openai.com/docs/api-reference/chat-streaming>
//!
//! Where a provider speaks it truly, [`Relay`](super::Relay) passes its bytes through instead. What [`super::piece`]
//! names is told in OpenAI's words here, and so are reasons to stop that are not OpenAI's. A stream is over at `[DONE]`.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::piece::{Called, Choice, Chunk, Content, ContentChunk, Piece, word};
use super::{failure, likelihoods, usage};
use crate::call::{Call, read};
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink, Tier, Usage};
use crate::openai::Problem;
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text};

/// Reads one reply: of a chat, or of a completion.
pub struct ChunkReader {
    /// By which calls are named that have no id.
    id: String,
    begun: bool,
    tier: Option<Tier>,
    current: u32,
    choices: Vec<Progress>,
    /// Events that bring nothing but more of one thing, which nearly all do.
    text: Learned,
    thought: Learned,
    arguments: Learned,
}

/// The shape of events of one kind, and what it belongs to.
#[derive(Default)]
struct Learned {
    template: Template,
    choice: u32,
    /// Of a call's arguments: the index of the call, as it came.
    index: Option<u32>,
}

/// How far one choice has come.
#[derive(Default)]
struct Progress {
    /// The calls so far: the index and the hashed id of each, as they came.
    calls: Vec<(Option<u32>, u64)>,
    /// Number of reasoning blocks that began.
    blocks: u32,
    /// Whether a reasoning block is open, which the next thought goes on with.
    thinks: bool,
    finished: bool,
}

/// The most choices; with more, the order of deltas is broken.
const CHOICES: u32 = 128;

impl ChunkReader {
    /// A reply that has not begun.
    pub fn new(call: &Call) -> Self {
        Self {
            id: call.id.clone(),
            begun: false,
            tier: None,
            current: 0,
            choices: Vec::new(),
            text: Learned::default(),
            thought: Learned::default(),
            arguments: Learned::default(),
        }
    }

    fn chunk(&mut self, chunk: &Chunk<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        if !self.begun {
            self.begun = true;
            let id = word(&chunk.id).unwrap_or_default();
            sink.delta(Delta::Start { id, model: word(&chunk.model).unwrap_or_default() });
        }
        self.tier = chunk.service_tier.0.or(self.tier);
        for choice in chunk.choices.iter().flatten() {
            self.choice(choice, sink)?;
        }
        if let Some(usage) = chunk.usage.and_then(usage::read) {
            sink.delta(Delta::Usage(&Usage { tier: self.tier.or(usage.tier), ..usage }));
        }
        Ok(())
    }

    fn choice(&mut self, choice: &Choice<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        self.turn(choice.index, sink);
        let whole = choice.message.is_some();
        if let Some(entries) = choice.logprobs.as_ref().and_then(|logprobs| logprobs.content.as_ref()) {
            sink.delta(Delta::Logprobs { json: &likelihoods(entries) });
        }
        if let Some(piece) = choice.message.as_ref().or(choice.delta.as_ref()) {
            self.piece(piece, whole, sink);
        }
        if let Some(text) = choice.text {
            self.said(text, sink);
        }
        self.stop(choice.finish_reason, sink)
    }

    /// A choice of a chunk that somebody else read, and that brings nothing but text, or its end.
    pub(super) fn bare(
        &mut self,
        index: u32,
        text: Option<Text<'_>>,
        finish: Option<Text<'_>>,
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        self.turn(index, sink);
        if let Some(text) = text {
            self.said(text, sink);
        }
        self.stop(finish, sink)
    }

    /// What a choice says of its end; some say an empty reason as long as there is none.
    fn stop(&mut self, reason: Option<Text<'_>>, sink: &mut dyn Sink) -> Result<(), Error> {
        match reason.map(Text::plain).as_deref() {
            Some("error") => Err(Error::Provider(Problem::of(502).saying("the model failed to answer"))),
            None | Some("") => Ok(()),
            reason => {
                self.finish(reason, sink);
                Ok(())
            }
        }
    }

    /// Goes on with a choice. Those before it are there, too, though nothing may have come of them yet.
    fn turn(&mut self, index: u32, sink: &mut dyn Sink) {
        let index = index.min(CHOICES);
        while self.choices.len() <= index as usize {
            if let Some(next) = u32::try_from(self.choices.len()).ok().filter(|&next| next > 0) {
                sink.delta(Delta::Choice(next));
                self.current = next;
            }
            self.choices.push(Progress::default());
        }
        if self.current != index {
            self.current = index;
            sink.delta(Delta::Choice(index));
        }
    }

    fn progress(&mut self) -> &mut Progress {
        &mut self.choices[self.current as usize]
    }

    fn piece(&mut self, piece: &Piece<'_>, whole: bool, sink: &mut dyn Sink) {
        if let Some(thought) = piece.thought() {
            self.thought(thought, sink);
        }
        match &piece.content {
            Some(Content::Text(text)) => self.said(*text, sink),
            Some(Content::Chunks(chunks)) => chunks.iter().for_each(|chunk| self.content(chunk, sink)),
            None => (),
        }
        if let Some(refusal) = piece.refusal {
            sink.delta(Delta::Refusal(refusal));
        }
        for called in piece.tool_calls.iter().flatten() {
            self.called(called, whole, sink);
        }
    }

    fn content(&mut self, chunk: &ContentChunk<'_>, sink: &mut dyn Sink) {
        if chunk.is("text") {
            self.said(word(&chunk.text).unwrap_or_default(), sink);
        } else if chunk.is("thinking") {
            match &chunk.thinking {
                Some(Content::Text(text)) => self.thought(*text, sink),
                Some(Content::Chunks(chunks)) => {
                    chunks
                        .iter()
                        .filter_map(|chunk| word(&chunk.text))
                        .for_each(|text| self.thought(text, sink));
                }
                None => (),
            }
            if let Some(signature) = word(&chunk.signature).filter(|text| !text.is_empty()) {
                let block = self.progress().block();
                self.progress().thinks = false;
                sink.delta(Delta::Signature { block, text: signature });
            }
        }
    }

    fn said(&mut self, text: Text<'_>, sink: &mut dyn Sink) {
        if !text.is_empty() {
            self.progress().thinks = false;
            sink.delta(Delta::Text(text));
        }
    }

    fn thought(&mut self, text: Text<'_>, sink: &mut dyn Sink) {
        if !text.is_empty() {
            let block = self.progress().block();
            sink.delta(Delta::Reasoning { block, text });
        }
    }

    /// A call, or more of one that began. In a whole reply each is a call of its own.
    fn called(&mut self, called: &Called<'_>, whole: bool, sink: &mut dyn Sink) {
        let function = &called.function;
        // Mistral's own name for no id is `null`.
        let id = called.id.filter(|id| !id.is_empty() && !id.is("null"));
        let name = function.name.filter(|name| !name.is_empty());
        let begins = id.is_some() || name.is_some();
        let known = if whole { None } else { self.progress().find(called.index, id, begins) };
        let call = known.unwrap_or_else(|| {
            let progress = self.progress();
            progress.calls.push((called.index, id.map(hashed).unwrap_or_default()));
            let call = u32::try_from(progress.calls.len() - 1).unwrap_or(u32::MAX);
            let made = format!("call_{}_{call}", self.id);
            let id = id.unwrap_or(Text::Plain(&made));
            sink.delta(Delta::ToolStart { call, id, name: name.unwrap_or_default() });
            call
        });
        if let Some(json) = function.arguments() {
            sink.delta(Delta::ToolArgs { call, json });
        }
    }

    /// Says why a choice stopped, once. Where there are calls the model waits for them, whatever it says of a stop.
    fn finish(&mut self, reason: Option<&str>, sink: &mut dyn Sink) {
        let progress = self.progress();
        if std::mem::replace(&mut progress.finished, true) {
            return;
        }
        sink.delta(Delta::Finish(match reason {
            Some("length" | "max_tokens" | "model_length") => Finish::Length,
            Some("content_filter") => Finish::ContentFilter,
            Some("tool_calls" | "function_call") => Finish::ToolCalls,
            _ if progress.calls.is_empty() => Finish::Stop,
            _ => Finish::ToolCalls,
        }));
    }

    /// An event whose shape is known.
    fn known(&mut self, data: &[u8], sink: &mut dyn Sink) -> bool {
        if let Some(text) = self.text.template.text(data) {
            self.turn(self.text.choice, sink);
            self.said(text, sink);
        } else if let Some(text) = self.thought.template.text(data) {
            self.turn(self.thought.choice, sink);
            self.thought(text, sink);
        } else if let Some(json) = self.arguments.template.text(data) {
            self.turn(self.arguments.choice, sink);
            let index = self.arguments.index;
            let Some(call) = self.progress().find(index, None, false) else { return false };
            sink.delta(Delta::ToolArgs { call, json });
        } else {
            return false;
        }
        true
    }

    /// Learns the shape of a chunk that brings nothing but more of one thing.
    fn learn(&mut self, data: &[u8], chunk: &Chunk<'_>) {
        let Some([choice @ Choice { message: None, logprobs: None, finish_reason: None, .. }]) =
            chunk.choices.as_deref()
        else {
            return;
        };
        if chunk.usage.is_some() {
            return;
        }
        let only = match (&choice.delta, choice.text) {
            (Some(piece), None) => only(piece),
            (None, Some(text)) => Some((Kind::Text, text, None)),
            _ => None,
        };
        let Some((kind, text, index)) = only else { return };
        let learned = match kind {
            Kind::Text => &mut self.text,
            Kind::Thought => &mut self.thought,
            Kind::Arguments => &mut self.arguments,
        };
        learned.learn(data, text, (choice.index, index), chunk.padding());
    }
}

impl Learned {
    fn learn(&mut self, data: &[u8], text: Text<'_>, of: (u32, Option<u32>), padding: Option<Text<'_>>) {
        self.template.learn(data, text, padding);
        (self.choice, self.index) = of;
    }
}

impl Progress {
    /// The open reasoning block, or a new one.
    fn block(&mut self) -> u32 {
        self.blocks += u32::from(!std::mem::replace(&mut self.thinks, true));
        self.blocks - 1
    }

    /// The call that an entry goes on with. One with another id is a new call, though its index be the same; so is one
    /// that has no index, but a name.
    fn find(&self, index: Option<u32>, id: Option<Text<'_>>, begins: bool) -> Option<u32> {
        let last = match index {
            Some(_) => self.calls.iter().rposition(|(known, _)| *known == index)?,
            None if begins => return None,
            None => self.calls.len().checked_sub(1)?,
        };
        let same = id.is_none_or(|id| hashed(id) == self.calls[last].1);
        u32::try_from(last).ok().filter(|_| same)
    }
}

/// What a piece brings more of.
enum Kind {
    Text,
    Thought,
    Arguments,
}

/// The one string that a piece brings, where it is one.
fn only<'a>(piece: &Piece<'a>) -> Option<(Kind, Text<'a>, Option<u32>)> {
    match (&piece.content, piece.thought(), piece.tool_calls.as_deref().unwrap_or_default(), piece.refusal) {
        (Some(Content::Text(text)), None, [], None) => Some((Kind::Text, *text, None)),
        (Some(Content::Chunks(chunks)), None, [], None) => {
            let [ContentChunk { thinking: Some(Content::Chunks(texts)), signature: None, text: None, .. }] =
                &chunks[..]
            else {
                return None;
            };
            let [text] = &texts[..] else { return None };
            Some((Kind::Thought, word(&text.text).filter(|_| chunks[0].is("thinking"))?, None))
        }
        (None, Some(text), [], None) if piece.reasoning.is_none() || piece.reasoning_content.is_none() => {
            Some((Kind::Thought, text, None))
        }
        (None, None, [called], None) if called.id.is_none() && called.function.name.is_none() => {
            let json = called.function.arguments?.get();
            Some((Kind::Arguments, Text::token(json)?, called.index))
        }
        _ => None,
    }
}

impl Reader for ChunkReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let reply: Chunk<'_> = read("reply", body)?;
        failed(&reply, "reply", body)?;
        let Some(choices) = &reply.choices else {
            return Err(Error::Malformed { what: "reply", why: "it has no choices".to_owned() });
        };
        self.chunk(&reply, sink)?;
        for choice in choices {
            self.turn(choice.index, sink);
            self.finish(None, sink);
        }
        sink.delta(Delta::End);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        if data.is_empty() || self.known(data, sink) {
            return Ok(());
        }
        if data.starts_with(b"[DONE]") {
            sink.delta(Delta::End);
            return Ok(());
        }
        let chunk: Chunk<'_> = read("stream", data)?;
        failed(&chunk, "stream", data)?;
        if chunk.choices.is_none() {
            // A named event is some extension's; OpenAI's own have no name.
            let why = "an event has no choices".to_owned();
            let unnamed = frame.event.is_empty();
            return if unnamed { Err(Error::Malformed { what: "stream", why }) } else { Ok(()) };
        }
        self.chunk(&chunk, sink)?;
        self.learn(data, &chunk);
        Ok(())
    }
}

/// The provider's own error, in OpenAI's place for it, or in Mistral's.
fn failed(chunk: &Chunk<'_>, what: &'static str, data: &[u8]) -> Result<(), Error> {
    if let Some(error) = chunk.error {
        return Err(Error::Provider(failure::in_stream(error)));
    }
    if word(&chunk.object).is_some_and(|object| object.is("error")) {
        return Err(Error::Provider(failure::in_stream(read(what, data)?)));
    }
    Ok(())
}

fn hashed(id: Text<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.plain().hash(&mut hasher);
    hasher.finish()
}

//! Replies of `generateContent`, whole and streamed, as deltas.
//!
//! A stream has no end of its own: the reply is over when each candidate has said why it ended, and nothing more comes.
//! What proves a thought goes to the client where it came from: with a thought, as its signature; with a call, as
//! `extra_content.google.thought_signature`, Google's own name for it in OpenAI's format.

use serde_json::value::RawValue;

use super::failure;
use super::message::{Candidate, FunctionCall, Likelihood, Likelihoods, Part, Reply, Tokens};
use crate::call::{Call, read};
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink};
use crate::json::{Array, Object};
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text};

/// Reads one reply.
pub(super) struct ContentReader {
    /// By which calls are named that have no id.
    id: String,
    begun: bool,
    current: u32,
    choices: Vec<Choice>,
    /// Pieces of text, which differ in it and in the numbers of their usage.
    text: Template,
}

/// What was read of one candidate.
#[derive(Default)]
struct Choice {
    calls: u32,
    blocks: u32,
    /// Whether the last part was a thought, which the next one goes on with.
    thinks: bool,
    finished: bool,
}

impl ContentReader {
    pub(super) fn new(call: &Call) -> Self {
        Self { id: call.id.clone(), begun: false, current: 0, choices: Vec::new(), text: Template::default() }
    }

    fn piece(&mut self, reply: &Reply<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        if let Some(error) = reply.error {
            return Err(Error::Provider(failure::in_stream(error)));
        }
        if !self.begun {
            self.begun = true;
            let id = reply.response_id.unwrap_or_default();
            sink.delta(Delta::Start { id, model: reply.model_version.unwrap_or_default() });
        }
        for candidate in reply.candidates.iter().flatten() {
            self.candidate(candidate, sink)?;
        }
        let blocked = reply.prompt_feedback.as_ref().and_then(|feedback| feedback.block_reason);
        if let Some(reason) = blocked.filter(|_| self.choices.is_empty()) {
            let told = format!("The prompt was blocked: {}", reason.plain());
            sink.delta(Delta::Refusal(Text::Plain(&told)));
            sink.delta(Delta::Finish(Finish::ContentFilter));
            self.choices.push(Choice { finished: true, ..Choice::default() });
        }
        if let Some(tokens) = reply.usage_metadata {
            let tokens: Tokens = read("usage", tokens.get().as_bytes())?;
            if let Some(usage) = tokens.usage() {
                sink.delta(Delta::Usage(&usage));
            }
        }
        Ok(())
    }

    fn candidate(&mut self, candidate: &Candidate<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let index = candidate.index as usize;
        if index > self.choices.len() {
            return Err(Error::Malformed {
                what: "reply",
                why: "its candidates are not in order".to_owned(),
            });
        }
        if index == self.choices.len() {
            self.choices.push(Choice::default());
        }
        if candidate.index != self.current {
            self.current = candidate.index;
            sink.delta(Delta::Choice(candidate.index));
        }
        let choice = &mut self.choices[index];
        if choice.finished {
            return Ok(());
        }
        if let Some(likelihoods) = &candidate.logprobs_result {
            sink.delta(Delta::Logprobs { json: &entries(likelihoods) });
        }
        for part in candidate.content.iter().flat_map(|content| &content.parts) {
            choice.part(&self.id, part, sink);
        }
        if let Some(reason) = candidate.finish_reason {
            choice.finished = true;
            sink.delta(Delta::Finish(finish(&reason.plain(), choice.calls)));
        }
        Ok(())
    }

    /// Whether the only candidate so far says more.
    fn goes_on(&self) -> bool {
        matches!(&self.choices[..], [choice] if !choice.finished)
    }

    /// The first candidate says more.
    fn said(&mut self, text: Text<'_>, sink: &mut dyn Sink) {
        self.choices[0].thinks = false;
        sink.delta(Delta::Text(text));
    }

    fn end(&self, sink: &mut dyn Sink) {
        if !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finished) {
            sink.delta(Delta::End);
        }
    }

    /// Learns the shape of a piece that brings nothing but text of the first candidate.
    fn learn(&mut self, data: &[u8], reply: &Reply<'_>) {
        let Some(
            [Candidate { index: 0, content: Some(content), finish_reason: None, logprobs_result: None }],
        ) = reply.candidates.as_deref()
        else {
            return;
        };
        let [Part { text: Some(text), thought: false, thought_signature: None, function_call: None }] =
            &content.parts[..]
        else {
            return;
        };
        if self.choices.len() == 1 && reply.prompt_feedback.is_none() {
            self.text.learn_counting(data, *text, reply.usage_metadata.map(RawValue::get));
        }
    }
}

impl Choice {
    fn part(&mut self, id: &str, part: &Part<'_>, sink: &mut dyn Sink) {
        if let Some(called) = &part.function_call {
            self.called(id, called, part.thought_signature, sink);
        } else if part.thought {
            self.blocks += u32::from(!self.thinks);
            let block = self.blocks - 1;
            sink.delta(Delta::Reasoning { block, text: part.text.unwrap_or_default() });
            if let Some(signature) = part.thought_signature {
                sink.delta(Delta::Signature { block, text: signature });
            }
        } else {
            if let Some(text) = part.text {
                sink.delta(Delta::Text(text));
            }
            if let Some(signature) = part.thought_signature {
                let block = self.blocks;
                self.blocks += 1;
                sink.delta(Delta::Signature { block, text: signature });
            }
        }
        self.thinks = part.thought && part.thought_signature.is_none();
    }

    /// A call comes whole.
    fn called(
        &mut self,
        id: &str,
        called: &FunctionCall<'_>,
        signature: Option<Text<'_>>,
        sink: &mut dyn Sink,
    ) {
        let call = self.calls;
        self.calls += 1;
        let made = format!("call_{id}_{call}");
        let id = called.id.filter(|id| !id.is_empty()).unwrap_or(Text::Plain(&made));
        sink.delta(Delta::ToolStart { call, id, name: called.name });
        if let Some(signature) = signature {
            let mut extra = Vec::new();
            Object::new(&mut extra).object("google").text("thought_signature", signature);
            let json = String::from_utf8(extra).unwrap_or_default();
            sink.delta(Delta::ToolExtra { call, json: &json });
        }
        if let Some(arguments) = called.args.map(RawValue::get).filter(|&json| json != "{}") {
            sink.delta(Delta::ToolArgs { call, json: Text::Plain(arguments) });
        }
    }
}

impl Reader for ContentReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let reply: Reply<'_> = read("reply", body)?;
        self.piece(&reply, sink)?;
        if self.choices.is_empty() {
            return Err(Error::Malformed { what: "reply", why: "it has no candidates".to_owned() });
        }
        self.end(sink);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        if data.is_empty() {
            return Ok(());
        }
        if let Some(text) = self.text.text(data).filter(|_| self.goes_on()) {
            self.said(text, sink);
            return Ok(());
        }
        let reply: Reply<'_> = read("stream", data)?;
        self.piece(&reply, sink)?;
        self.learn(data, &reply);
        Ok(())
    }

    fn skim(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let Some((text, size)) = self.text.front(bytes).filter(|_| self.goes_on()) else { return 0 };
        self.said(text, sink);
        size
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.end(sink);
    }
}

/// <https://ai.google.dev/api/generate-content#FinishReason>. A call ends with `STOP`.
fn finish(reason: &str, calls: u32) -> Finish {
    match reason {
        "MAX_TOKENS" => Finish::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => Finish::ContentFilter,
        _ if calls > 0 => Finish::ToolCalls,
        _ => Finish::Stop,
    }
}

/// Likelihoods in OpenAI's form.
fn entries(likelihoods: &Likelihoods<'_>) -> String {
    let mut out = Vec::new();
    {
        let mut array = Array::new(&mut out);
        for (at, chosen) in likelihoods.chosen_candidates.iter().enumerate() {
            let mut entry = array.object();
            chosen.write(&mut entry);
            let mut tops = entry.array("top_logprobs");
            let best = likelihoods.top_candidates.get(at);
            best.iter().flat_map(|top| &top.candidates).for_each(|top| top.write(&mut tops.object()));
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

impl Likelihood<'_> {
    fn write(&self, entry: &mut Object<'_>) {
        entry.text("token", self.token);
        entry.raw("logprob", self.log_probability.map_or("0", RawValue::get));
        entry.raw("bytes", "null");
    }
}

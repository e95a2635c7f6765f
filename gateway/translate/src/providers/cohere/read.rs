//! Replies of `/v2/chat`, whole and as named events, as deltas.
//!
//! <https://docs.cohere.com/docs/streaming>
//!
//! Citations come to the client as `citations`, Cohere's own name, once all of them are known.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure;
use super::usage::Usage;
use crate::call::read;
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink};
use crate::json::{Array, Object};
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text};

/// Bytes of citations that are kept while a stream goes on; later ones are left out.
const KEPT: usize = 1 << 20;

/// Reads one reply.
#[derive(Default)]
pub(super) struct EventReader {
    /// The tool calls so far: the index of each in the stream.
    calls: Vec<u32>,
    /// How many reasoning blocks began.
    thoughts: u32,
    /// Citations, one after the other, with commas between them.
    citations: String,
    ended: bool,
    /// Events with text, and with pieces of the arguments of the call whose number stands beside.
    text: Template,
    arguments: (Template, u32),
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    message: Option<&'a RawValue>,
    finish_reason: Option<Text<'a>>,
    usage: Option<Usage>,
    logprobs: Option<Vec<Likelihood<'a>>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<Vec<Content<'a>>>,
    tool_plan: Option<Text<'a>>,
    tool_calls: Option<Vec<ToolCall<'a>>>,
    citations: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    text: Option<Text<'a>>,
    thinking: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    arguments: Option<Text<'a>>,
}

/// How likely the tokens of a piece of text were.
#[derive(Deserialize)]
struct Likelihood<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(default)]
    logprobs: Vec<f64>,
}

/// Any event.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    #[serde(default)]
    index: u32,
    delta: Option<Piece<'a>>,
    logprobs: Option<Likelihood<'a>>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    message: Option<Said<'a>>,
    finish_reason: Option<Text<'a>>,
    usage: Option<Usage>,
    error: Option<Text<'a>>,
}

/// A message as events bring it: one thing at a time. What begins it has empty lists instead.
#[derive(Default, Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    tool_plan: Option<Text<'a>>,
    tool_calls: Option<&'a RawValue>,
    citations: Option<&'a RawValue>,
}

impl Reader for EventReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let whole: Whole<'_> = read("reply", body)?;
        let message = whole.message.map(RawValue::get).unwrap_or_default();
        if let Some(error) = Text::token(message) {
            return Err(Error::Provider(failure::of_reply("ERROR", Some(error))));
        }
        if message.is_empty() {
            return Err(Error::Malformed { what: "reply", why: "it has no message".to_owned() });
        }
        let message: Message<'_> = read("reply", message.as_bytes())?;
        sink.delta(Delta::Start { id: whole.id, model: Text::default() });
        if let Some(likelihoods) = &whole.logprobs {
            sink.delta(Delta::Logprobs { json: &entries(likelihoods) });
        }
        for content in message.content.iter().flatten() {
            self.begin(content);
            self.content(content, sink);
        }
        said(message.tool_plan, sink);
        for (index, call) in (0..).zip(message.tool_calls.iter().flatten()) {
            self.call(index, call, sink);
        }
        message.citations.iter().flatten().for_each(|citation| self.cite(citation));
        self.end(whole.finish_reason, None, whole.usage, sink)
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        if let Some(text) = self.text.text(data) {
            sink.delta(Delta::Text(text));
            return Ok(());
        }
        if let Some(json) = self.arguments.0.text(data) {
            sink.delta(Delta::ToolArgs { call: self.arguments.1, json });
            return Ok(());
        }
        // What follows the last event is `[DONE]`, and comments have no data.
        if self.ended || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let event: Event<'_> = read("stream", data)?;
        let named = event.r#type.map(Text::plain).unwrap_or_default();
        let name = if named.is_empty() { frame.event } else { &*named };
        self.event(name, data, &event, sink)
    }
}

impl EventReader {
    fn event(
        &mut self,
        name: &str,
        data: &[u8],
        event: &Event<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        let nothing = Said::default();
        let message = event.delta.as_ref().and_then(|piece| piece.message.as_ref()).unwrap_or(&nothing);
        match name {
            "message-start" => {
                sink.delta(Delta::Start { id: event.id.unwrap_or_default(), model: Text::default() });
            }
            "content-start" | "content-delta" => {
                let Some(content) = part::<Content<'_>>(message.content)? else { return Ok(()) };
                if name == "content-start" {
                    self.begin(&content);
                }
                if let Some(likelihood) = &event.logprobs {
                    sink.delta(Delta::Logprobs { json: &entries(std::slice::from_ref(likelihood)) });
                } else if let (Some(text), None) = (content.text, content.thinking) {
                    self.text.learn(data, text, None);
                }
                self.content(&content, sink);
            }
            "tool-plan-delta" => {
                if let Some(text) = message.tool_plan {
                    self.text.learn(data, text, None);
                }
                said(message.tool_plan, sink);
            }
            "tool-call-start" => {
                if let Some(call) = part::<ToolCall<'_>>(message.tool_calls)? {
                    self.call(event.index, &call, sink);
                }
            }
            "tool-call-delta" => {
                if let Some(call) = part::<ToolCall<'_>>(message.tool_calls)? {
                    self.arguments(data, event.index, &call, sink);
                }
            }
            "citation-start" => {
                if let Some(citation) = message.citations {
                    self.cite(citation);
                }
            }
            "message-end" => {
                let Some(piece) = &event.delta else { return Err(Error::Truncated) };
                return self.end(piece.finish_reason, piece.error, piece.usage, sink);
            }
            // `content-end`, `tool-call-end`, `citation-end`, and kinds yet to come.
            _ => (),
        }
        Ok(())
    }

    fn begin(&mut self, content: &Content<'_>) {
        if content.thinking.is_some() || content.r#type.is_some_and(|kind| kind.is("thinking")) {
            self.thoughts = self.thoughts.saturating_add(1);
        }
    }

    fn content(&self, content: &Content<'_>, sink: &mut dyn Sink) {
        if let Some(text) = content.thinking.filter(|text| !text.is_empty()) {
            sink.delta(Delta::Reasoning { block: self.thoughts.saturating_sub(1), text });
        }
        said(content.text, sink);
    }

    /// A call that is whole, or that begins in a stream.
    fn call(&mut self, index: u32, call: &ToolCall<'_>, sink: &mut dyn Sink) {
        self.calls.push(index);
        let number = u32::try_from(self.calls.len() - 1).unwrap_or(u32::MAX);
        let function = call.function.as_ref();
        let name = function.and_then(|function| function.name).unwrap_or_default();
        sink.delta(Delta::ToolStart { call: number, id: call.id.unwrap_or_default(), name });
        let arguments = function.and_then(|function| function.arguments);
        if let Some(json) = arguments.filter(|json| !json.is_empty()) {
            sink.delta(Delta::ToolArgs { call: number, json });
        }
    }

    fn arguments(&mut self, data: &[u8], index: u32, call: &ToolCall<'_>, sink: &mut dyn Sink) {
        let known = self.calls.iter().rposition(|&known| known == index);
        let Some(call_number) = known.and_then(|at| u32::try_from(at).ok()) else { return };
        let Some(json) = call.function.as_ref().and_then(|function| function.arguments) else { return };
        self.arguments.0.learn(data, json, None);
        self.arguments.1 = call_number;
        sink.delta(Delta::ToolArgs { call: call_number, json });
    }

    fn cite(&mut self, citation: &RawValue) {
        let citation = citation.get();
        if citation.starts_with('{') && self.citations.len() + citation.len() <= KEPT {
            if !self.citations.is_empty() {
                self.citations.push(',');
            }
            self.citations.push_str(citation);
        }
    }

    fn end(
        &mut self,
        reason: Option<Text<'_>>,
        error: Option<Text<'_>>,
        usage: Option<Usage>,
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        let reason = reason.map(Text::plain).unwrap_or_default();
        if error.is_some() || matches!(&*reason, "ERROR" | "TIMEOUT") {
            return Err(Error::Provider(failure::of_reply(&reason, error)));
        }
        self.ended = true;
        sink.delta(Delta::Finish(match &*reason {
            "MAX_TOKENS" => Finish::Length,
            "TOOL_CALL" => Finish::ToolCalls,
            _ => Finish::Stop,
        }));
        if let Some(usage) = usage.and_then(Usage::told) {
            sink.delta(Delta::Usage(&usage));
        }
        if !self.citations.is_empty() {
            sink.delta(Delta::Extra { name: "citations", json: &format!("[{}]", self.citations) });
        }
        sink.delta(Delta::End);
        Ok(())
    }
}

fn said(text: Option<Text<'_>>, sink: &mut dyn Sink) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        sink.delta(Delta::Text(text));
    }
}

/// One thing out of a message; none where it is a list, as in the event that begins a stream.
fn part<'a, T: Deserialize<'a>>(value: Option<&'a RawValue>) -> Result<Option<T>, Error> {
    match value.map(RawValue::get) {
        Some(json) if json.starts_with('{') => read("stream", json.as_bytes()).map(Some),
        _ => Ok(None),
    }
}

/// Likelihoods in OpenAI's form. Where a piece of text has several tokens, they are told as one, which all of them make likely.
fn entries(likelihoods: &[Likelihood<'_>]) -> String {
    let mut out = Vec::new();
    {
        let mut array = Array::new(&mut out);
        for likelihood in likelihoods {
            let text = likelihood.text.unwrap_or_default();
            let mut entry: Object<'_> = array.object();
            entry.text("token", text);
            let sum: f64 = likelihood.logprobs.iter().sum();
            // JSON has no infinity.
            entry.raw("logprob", &sum.clamp(f64::MIN, f64::MAX).to_string());
            let mut bytes = entry.array("bytes");
            text.plain().bytes().for_each(|byte| crate::json::number(bytes.item(), byte.into()));
            drop(bytes);
            entry.raw("top_logprobs", "[]");
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

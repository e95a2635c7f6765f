//! Replies of `/v1/chat`, whole and as lines, as deltas. The last line has the whole reply.
//!
//! <https://docs.cohere.com/v1/docs/streaming>
//!
//! Citations, documents and searches come to the client under Cohere's own names.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::{Call, read};
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink};
use crate::providers::cohere::generate;
use crate::providers::cohere::usage::Usage;
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text};

/// Reads one reply.
pub(super) struct LineReader {
    /// By which calls are named: they have no ids.
    id: String,
    begun: bool,
    /// Whether any text came.
    spoke: bool,
    /// The tool calls so far: the index of each in the stream.
    calls: Vec<u32>,
    /// Lines with text, and with pieces of the arguments of the call whose number stands beside.
    text: Template,
    arguments: (Template, u32),
}

/// Any line.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    event_type: Option<Text<'a>>,
    generation_id: Option<Text<'a>>,
    text: Option<Text<'a>>,
    tool_call_delta: Option<CallPiece<'a>>,
    tool_calls: Option<Vec<ToolCall<'a>>>,
    finish_reason: Option<Text<'a>>,
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct CallPiece<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(default)]
    index: u32,
    parameters: Option<Text<'a>>,
    text: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    parameters: Option<&'a RawValue>,
}

/// A whole reply.
#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    generation_id: Option<Text<'a>>,
    finish_reason: Option<Text<'a>>,
    tool_calls: Option<Vec<ToolCall<'a>>>,
    meta: Option<Usage>,
    citations: Option<&'a RawValue>,
    documents: Option<&'a RawValue>,
    search_queries: Option<&'a RawValue>,
    search_results: Option<&'a RawValue>,
    /// Where something went wrong, this alone.
    message: Option<Text<'a>>,
}

impl LineReader {
    pub(super) fn new(call: &Call) -> Self {
        Self {
            id: call.id.clone(),
            begun: false,
            spoke: false,
            calls: Vec::new(),
            text: Template::default(),
            arguments: <(Template, u32)>::default(),
        }
    }

    fn begin(&mut self, id: Option<Text<'_>>, sink: &mut dyn Sink) {
        if !self.begun {
            self.begun = true;
            sink.delta(Delta::Start { id: id.unwrap_or_default(), model: Text::default() });
        }
    }

    fn line(&mut self, data: &[u8], line: &Line<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        match &*line.event_type.map(Text::plain).unwrap_or_default() {
            "stream-start" => self.begin(line.generation_id, sink),
            "text-generation" => {
                if let Some(text) = line.text {
                    self.text.learn(data, text, None);
                }
                self.say(line.text, sink);
            }
            "tool-calls-chunk" => {
                self.say(line.text, sink);
                if let Some(piece) = &line.tool_call_delta {
                    self.piece(data, piece, sink);
                }
            }
            "tool-calls-generation" => {
                if !self.spoke {
                    self.say(line.text, sink);
                }
                self.whole_calls(line.tool_calls.as_deref(), sink);
            }
            "stream-end" => {
                let reason = line.finish_reason;
                match &line.response {
                    Some(response) => return self.end(reason.or(response.finish_reason), response, sink),
                    None => return Err(Error::Truncated),
                }
            }
            // Queries, results and citations are told again at the end; kinds yet to come.
            _ => (),
        }
        Ok(())
    }

    fn say(&mut self, text: Option<Text<'_>>, sink: &mut dyn Sink) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.spoke = true;
            sink.delta(Delta::Text(text));
        }
    }

    fn piece(&mut self, data: &[u8], piece: &CallPiece<'_>, sink: &mut dyn Sink) {
        self.say(piece.text, sink);
        if let Some(name) = piece.name {
            self.call(piece.index, name, sink);
        }
        let known = self.calls.iter().rposition(|&known| known == piece.index);
        let Some(call) = known.and_then(|at| u32::try_from(at).ok()) else { return };
        if let Some(json) = piece.parameters {
            self.arguments.0.learn(data, json, None);
            self.arguments.1 = call;
            sink.delta(Delta::ToolArgs { call, json });
        }
    }

    fn call(&mut self, index: u32, name: Text<'_>, sink: &mut dyn Sink) -> u32 {
        let call = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        self.calls.push(index);
        let id = format!("call_{}_{call}", self.id);
        sink.delta(Delta::ToolStart { call, id: Text::Plain(&id), name });
        call
    }

    /// Calls that are whole, unless they came in pieces before.
    fn whole_calls(&mut self, calls: Option<&[ToolCall<'_>]>, sink: &mut dyn Sink) {
        if !self.calls.is_empty() {
            return;
        }
        for (index, tool) in (0..).zip(calls.unwrap_or_default()) {
            let call = self.call(index, tool.name, sink);
            if let Some(json) = tool.parameters.map(RawValue::get).filter(|&json| json != "{}") {
                sink.delta(Delta::ToolArgs { call, json: Text::Plain(json) });
            }
        }
    }

    fn end(
        &mut self,
        reason: Option<Text<'_>>,
        response: &Response<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        let finish = generate::finish(reason, None)?;
        self.begin(response.generation_id, sink);
        if !self.spoke {
            self.say(response.text, sink);
        }
        self.whole_calls(response.tool_calls.as_deref(), sink);
        // A reply that calls tools is complete.
        let calls = finish == Finish::Stop && !self.calls.is_empty();
        sink.delta(Delta::Finish(if calls { Finish::ToolCalls } else { finish }));
        if let Some(usage) = response.meta.and_then(Usage::told) {
            sink.delta(Delta::Usage(&usage));
        }
        for (name, found) in [
            ("citations", response.citations),
            ("documents", response.documents),
            ("search_queries", response.search_queries),
            ("search_results", response.search_results),
        ] {
            if let Some(found) = found.map(RawValue::get).filter(|json| !matches!(*json, "[]" | "null")) {
                sink.delta(Delta::Extra { name, json: found });
            }
        }
        sink.delta(Delta::End);
        Ok(())
    }
}

impl Reader for LineReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let response: Response<'_> = read("reply", body)?;
        match (response.text, response.message) {
            (None, None) => Err(Error::Malformed { what: "reply", why: "it has no text".to_owned() }),
            (None, error) => {
                Err(Error::Provider(crate::providers::cohere::failure::of_reply("ERROR", error)))
            }
            _ => self.end(response.finish_reason, &response, sink),
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        if let Some(text) = self.text.text(data) {
            self.spoke = true;
            sink.delta(Delta::Text(text));
        } else if let Some(json) = self.arguments.0.text(data) {
            sink.delta(Delta::ToolArgs { call: self.arguments.1, json });
        } else if !data.is_empty() {
            self.line(data, &read("stream", data)?, sink)?;
        }
        Ok(())
    }
}

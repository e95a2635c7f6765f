//! Replies of `/api/chat` and `/api/generate`, whole and as lines, as deltas. A whole reply is a last line that says all.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::{Call, read};
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink, Usage};
use crate::openai::{Likelihood, likelihoods};
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text, openai};

/// Reads one reply.
pub(super) struct LineReader {
    /// By which calls are named that have no id.
    id: String,
    begun: bool,
    calls: u32,
    /// Lines that bring text, which differ in it and in their time.
    text: Template,
}

/// One line.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    model: Option<Text<'a>>,
    created_at: Option<Text<'a>>,
    message: Option<Message<'a>>,
    /// Of `/api/generate`.
    response: Option<Text<'a>>,
    /// Of `/api/generate`.
    thinking: Option<Text<'a>>,
    logprobs: Option<Vec<Likelihood<'a>>>,
    #[serde(default)]
    done: bool,
    done_reason: Option<Text<'a>>,
    prompt_eval_count: Option<u64>,
    eval_count: Option<u64>,
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    thinking: Option<Text<'a>>,
    tool_calls: Option<Vec<Called<'a>>>,
}

#[derive(Deserialize)]
struct Called<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    function: Function<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    arguments: Option<&'a RawValue>,
}

impl LineReader {
    pub(super) fn new(call: &Call) -> Self {
        Self { id: call.id.clone(), begun: false, calls: 0, text: Template::default() }
    }

    fn line(&mut self, line: &Line<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        if let Some(error) = line.error {
            return Err(Error::Provider(openai::in_stream(error)));
        }
        if line.message.is_none() && line.response.is_none() && !line.done {
            return Err(Error::Malformed { what: "reply", why: "it has no message".to_owned() });
        }
        if !self.begun {
            self.begun = true;
            sink.delta(Delta::Start { id: Text::default(), model: line.model.unwrap_or_default() });
        }
        let nothing = Message::default();
        let message = line.message.as_ref().unwrap_or(&nothing);
        for thought in [message.thinking, line.thinking].into_iter().flatten() {
            if !thought.is_empty() {
                sink.delta(Delta::Reasoning { block: 0, text: thought });
            }
        }
        if let Some(entries) = &line.logprobs {
            sink.delta(Delta::Logprobs { json: &likelihoods(entries) });
        }
        for text in [message.content, line.response].into_iter().flatten() {
            sink.delta(Delta::Text(text));
        }
        message.tool_calls.iter().flatten().for_each(|call| self.called(call, sink));
        if line.done {
            self.end(line, sink);
        }
        Ok(())
    }

    /// A call comes whole.
    fn called(&mut self, called: &Called<'_>, sink: &mut dyn Sink) {
        let (call, function) = (self.calls, &called.function);
        let made = format!("call_{}_{call}", self.id);
        let id = called.id.filter(|id| !id.is_empty()).unwrap_or(Text::Plain(&made));
        sink.delta(Delta::ToolStart { call, id, name: function.name });
        if let Some(arguments) = function.arguments.map(RawValue::get).filter(|&json| json != "{}") {
            sink.delta(Delta::ToolArgs {
                call,
                json: Text::token(arguments).unwrap_or(Text::Plain(arguments)),
            });
        }
        self.calls = self.calls.saturating_add(1);
    }

    fn end(&self, line: &Line<'_>, sink: &mut dyn Sink) {
        let is_cut = line.done_reason.is_some_and(|reason| reason.is("length"));
        sink.delta(Delta::Finish(match () {
            () if is_cut => Finish::Length,
            () if self.calls > 0 => Finish::ToolCalls,
            () => Finish::Stop,
        }));
        // A count of 0 is left out, as that of a prompt which was cached.
        if line.prompt_eval_count.is_some() || line.eval_count.is_some() {
            let [prompt, completion] =
                [line.prompt_eval_count, line.eval_count].map(Option::unwrap_or_default);
            sink.delta(Delta::Usage(&Usage { prompt, completion, ..Usage::default() }));
        }
        sink.delta(Delta::End);
    }

    /// Learns the shape of a line that brings nothing but text.
    fn learn(&mut self, data: &[u8], line: &Line<'_>) {
        let text = match (&line.message, line.response) {
            (Some(Message { content: Some(text), thinking: None, tool_calls: None }), None) => *text,
            (None, Some(text)) if line.thinking.is_none() => text,
            _ => return,
        };
        if !line.done && line.logprobs.is_none() {
            self.text.learn(data, text, line.created_at);
        }
    }
}

impl Reader for LineReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let line: Line<'_> = read("reply", body)?;
        self.line(&line, sink)?;
        if line.done { Ok(()) } else { Err(Error::Truncated) }
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        if data.is_empty() {
            return Ok(());
        }
        if let Some(text) = self.text.text(data) {
            sink.delta(Delta::Text(text));
            return Ok(());
        }
        let line: Line<'_> = read("stream", data)?;
        self.line(&line, sink)?;
        self.learn(data, &line);
        Ok(())
    }
}

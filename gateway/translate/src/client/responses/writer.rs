//! Writes deltas as a response: as its events, or whole.
//!
//! ```text
//! created, in_progress, (item: added, (part: added, pieces, done)*, done)*, completed | incomplete
//!                                                                       or error, failed
//! ```
//!
//! One item is open at a time, but for calls whose arguments are not complete when the next one begins: they wait for the end,
//! since some providers send the arguments of several calls in turn.
//!
//! <https://platform.openai.com/docs/api-reference/responses-streaming>

use super::echo::Echo;
use super::events::{Events, Pieces, Place};
use super::item::Seal;
use super::likely;
use super::output::{self, COMPLETED, Call, IN_PROGRESS, INCOMPLETE, Item, Kind, Part, Reasoning};
use super::response::Response;
use crate::call;
use crate::delta::{Delta, Finish, Sink, Usage};
use crate::json::Object;
use crate::openai::{Problem, Writer};
use crate::{Error, Text};

/// Bytes of text that one response may have: so memory per stream is bounded.
const MOST: usize = 64 << 20;
/// Room for the text of a part, of a thought, or of arguments: most need no more, and so take memory once.
const ROOM: usize = 4 << 10;

/// Writes one response.
#[derive(Debug)]
pub(super) struct ResponseWriter {
    events: Events,
    response: Response,
    items: Vec<Item>,
    /// What is written to now, besides calls.
    open: Open,
    /// The item of each call.
    calls: Vec<usize>,
    /// What all pieces have in common of the open part, and of the call that is written to.
    pieces: Pieces,
    call_pieces: (Option<usize>, Pieces),
    /// How likely the tokens of the next text are: a JSON array.
    logprobs: String,
    /// Another choice than the first is not asked for, and not told.
    is_other: bool,
    held: usize,
    finish: Option<Finish>,
    is_done: bool,
    kept: Vec<u8>,
}

/// The item that is written to, by its place among all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Open {
    message: Option<usize>,
    /// With the number of the reasoning block.
    thought: Option<(u32, usize)>,
}

impl ResponseWriter {
    /// A stream that has not begun.
    pub(super) fn stream(call: &call::Call) -> Self {
        Self {
            events: Events::default(),
            response: Response::new(call, Echo::read(&call.echo)),
            items: Vec::new(),
            open: Open::default(),
            calls: Vec::new(),
            pieces: Pieces::default(),
            call_pieces: (None, Pieces::default()),
            logprobs: String::new(),
            is_other: false,
            held: 0,
            finish: None,
            is_done: false,
            kept: Vec::new(),
        }
    }

    /// A reply that comes whole.
    pub(super) fn whole(call: &call::Call) -> Self {
        let mut writer = Self::stream(call);
        writer.events.is_silent = true;
        writer
    }

    /// The reply, and what it cost.
    pub(super) fn written(&self) -> Result<(Vec<u8>, Option<Usage>), Error> {
        if !self.is_done {
            return Err(Error::Truncated);
        }
        let mut out = Vec::with_capacity(1024 + 2 * self.held);
        self.response.write(self.status(), &self.items, &mut out);
        Ok((out, self.response.usage))
    }

    /// What the store is to keep.
    pub(super) fn take_kept(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept)
    }

    fn status(&self) -> &'static str {
        match self.finish {
            Some(Finish::Length | Finish::ContentFilter) => INCOMPLETE,
            _ => COMPLETED,
        }
    }

    fn start(&mut self, model: Text<'_>) {
        if !model.is_empty() {
            self.response.model.clear();
            model.write_inner(&mut self.response.model);
        }
        self.begin();
    }

    fn begin(&mut self) {
        if std::mem::replace(&mut self.response.has_begun, true) {
            return;
        }
        for name in ["response.created", "response.in_progress"] {
            self.life(name, IN_PROGRESS);
        }
    }

    /// An event about the response as a whole.
    fn life(&mut self, name: &'static str, status: &'static str) {
        let Self { events, response, items, .. } = self;
        events.add(name, |data| response.write(status, items, data.member("response")));
    }

    fn add(&mut self, prefix: &str, kind: Kind) -> usize {
        let index = self.items.len();
        let id = format!("{prefix}_{}_{index}", self.response.name);
        self.items.push(Item { id, index, status: IN_PROGRESS, kind });
        let (events, item) = (&mut self.events, &self.items[index]);
        events.add("response.output_item.added", |data| {
            data.number("output_index", index as u64);
            item.write(false, data.object("item"));
        });
        index
    }

    /// Ends an item; what is open in it is ended by whoever knows what that is.
    fn end_item(&mut self, index: usize, status: &'static str) {
        let is_sealed = self.response.echo.is_sealed;
        let item = &mut self.items[index];
        item.status = status;
        let item = &*item;
        self.events.add("response.output_item.done", |data| {
            data.number("output_index", index as u64);
            item.write(is_sealed, data.object("item"));
        });
    }

    fn said(&mut self, text: Text<'_>, is_refusal: bool) {
        if text.is_empty() {
            return;
        }
        self.speak(is_refusal);
        let Self { events, items, open, pieces, logprobs, held, .. } = self;
        let Some(part) = open.message.and_then(|at| last_part(&mut items[at])) else { return };
        let before = part.text.len();
        text.write_inner(&mut part.text);
        *held += part.text.len() - before;
        if logprobs.is_empty() {
            events.piece(pieces, text, None);
        } else {
            let brief = likely::tell(logprobs, &mut part.logprobs);
            logprobs.clear();
            events.piece(pieces, text, Some(&brief));
        }
    }

    /// Goes on with a part of this kind, or begins one.
    fn speak(&mut self, is_refusal: bool) {
        if self.open.thought.is_some() {
            self.end_thought();
        }
        let at = match self.open.message {
            Some(at) => at,
            None => {
                self.end_whole_calls();
                let at = self.add("msg", Kind::Message(Vec::new()));
                self.open.message = Some(at);
                at
            }
        };
        let goes_on = last_part(&mut self.items[at]).is_some_and(|part| part.is_refusal == is_refusal);
        if goes_on {
            return;
        }
        self.end_part();
        let Kind::Message(parts) = &mut self.items[at].kind else { return };
        parts.push(Part { is_refusal, text: Vec::with_capacity(ROOM), ..Part::default() });
        let number = parts.len() - 1;
        let (item, events) = (&self.items[at], &mut self.events);
        events.add("response.content_part.added", |data| {
            item.place().write(data);
            data.number("content_index", number as u64);
            part_of(item, number).write(data.object("part"));
        });
        let name = if is_refusal { "response.refusal.delta" } else { "response.output_text.delta" };
        self.pieces.begin(name, &item.place(), Some(("content_index", number)));
    }

    /// Ends the part of the open message that is written to.
    fn end_part(&mut self) {
        let Some(at) = self.open.message else { return };
        let Some(part) = last_part(&mut self.items[at]).filter(|part| !part.is_done) else { return };
        part.is_done = true;
        let item = &self.items[at];
        let Kind::Message(parts) = &item.kind else { return };
        let (number, part) = (parts.len() - 1, &parts[parts.len() - 1]);
        let name = if part.is_refusal { "response.refusal.done" } else { "response.output_text.done" };
        self.events.add(name, |data| {
            item.place().write(data);
            data.number("content_index", number as u64);
            if part.is_refusal {
                output::quoted(data.member("refusal"), &part.text);
            } else {
                output::quoted(data.member("text"), &part.text);
                let all = format!("[{}]", String::from_utf8_lossy(&part.logprobs));
                data.member("logprobs").extend(likely::tell(&all, &mut Vec::new()));
            }
        });
        self.events.add("response.content_part.done", |data| {
            item.place().write(data);
            data.number("content_index", number as u64);
            part.write(data.object("part"));
        });
    }

    fn end_message(&mut self, status: &'static str) {
        self.end_part();
        if let Some(at) = self.open.message.take() {
            self.end_item(at, status);
        }
    }

    fn thought(&mut self, block: u32, text: Text<'_>) {
        if text.is_empty() {
            return;
        }
        let at = match self.open.thought {
            Some((known, at)) if known == block => at,
            _ => {
                self.end_open(COMPLETED);
                self.begin_thought(block)
            }
        };
        let Self { events, items, pieces, held, .. } = self;
        let Item { id, index, kind, .. } = &mut items[at];
        let place = Place { id, index: *index };
        let Kind::Reasoning(reasoning) = kind else { return };
        let (before, is_summary) = (reasoning.text.len(), reasoning.is_summary);
        if before == 0 {
            reasoning.text.reserve(ROOM);
        }
        text.write_inner(&mut reasoning.text);
        *held += reasoning.text.len() - before;
        if before == 0 {
            let (name, number) = part_member(is_summary);
            let added = if is_summary {
                "response.reasoning_summary_part.added"
            } else {
                "response.content_part.added"
            };
            events.add(added, |data| {
                place.write(data);
                data.number(number, 0);
                output::text_part(is_summary, b"", data.object("part"));
            });
            pieces.begin(name, &place, Some((number, 0)));
        }
        events.piece(pieces, text, None);
    }

    fn begin_thought(&mut self, block: u32) -> usize {
        let reasoning = Reasoning { is_summary: self.response.echo.sums_up, ..Reasoning::default() };
        let at = self.add("rs", Kind::Reasoning(reasoning));
        self.open.thought = Some((block, at));
        at
    }

    /// What proves a thought; one that has no text is an item by itself, and interrupts nothing.
    fn proved(&mut self, block: u32, seal: Seal, text: Text<'_>) {
        let at = match self.open.thought {
            Some((known, at)) if known == block => at,
            _ => {
                self.end_thought();
                self.begin_thought(block)
            }
        };
        if let Kind::Reasoning(reasoning) = &mut self.items[at].kind {
            self.held += text.plain().len();
            reasoning.seal(seal, text);
        }
    }

    fn end_thought(&mut self) {
        let Some((_, at)) = self.open.thought.take() else { return };
        let item = &self.items[at];
        let Kind::Reasoning(reasoning) = &item.kind else { return };
        if !reasoning.text.is_empty() {
            let (_, number) = part_member(reasoning.is_summary);
            let names = if reasoning.is_summary {
                ["response.reasoning_summary_text.done", "response.reasoning_summary_part.done"]
            } else {
                ["response.reasoning_text.done", "response.content_part.done"]
            };
            for name in names {
                self.events.add(name, |data| {
                    item.place().write(data);
                    data.number(number, 0);
                    if name == names[0] {
                        output::quoted(data.member("text"), &reasoning.text);
                    } else {
                        reasoning.part(data.object("part"));
                    }
                });
            }
        }
        self.end_item(at, COMPLETED);
    }

    fn called(&mut self, id: Text<'_>, name: Text<'_>) {
        self.end_open(COMPLETED);
        let is_custom = self.response.echo.custom.iter().any(|custom| name.is(custom));
        let (mut call, prefix) = (
            Call { id: Vec::new(), name: Vec::new(), arguments: Vec::with_capacity(ROOM), is_custom },
            if is_custom { "ctc" } else { "fc" },
        );
        id.write_inner(&mut call.id);
        name.write_inner(&mut call.name);
        self.held += call.id.len() + call.name.len();
        let at = self.add(prefix, Kind::Call(call));
        self.calls.push(at);
    }

    fn arguments(&mut self, call: u32, json: Text<'_>) {
        let Some(&at) = self.calls.get(call as usize) else { return };
        // What follows a whole object is none of its arguments.
        if json.is_empty() || !self.items[at].is_open() {
            return;
        }
        let Self { events, items, call_pieces: (current, pieces), held, .. } = self;
        if *current != Some(at) {
            *current = Some(at);
            pieces.begin("response.function_call_arguments.delta", &items[at].place(), None);
        }
        let Kind::Call(call) = &mut items[at].kind else { return };
        let before = call.arguments.len();
        json.write_inner(&mut call.arguments);
        *held += call.arguments.len() - before;
        // A text comes out of its object when that is whole.
        if !call.is_custom {
            events.piece(pieces, json, None);
        }
    }

    /// What belongs to a call goes along as a proof: an item by itself.
    fn extra(&mut self, call: u32, json: &str) {
        let Some(&at) = self.calls.get(call as usize) else { return };
        let Kind::Call(Call { id, .. }) = &self.items[at].kind else { return };
        let mut sealed = Vec::new();
        let mut object = Object::new(&mut sealed);
        output::quoted(object.member("call_id"), id);
        object.raw("extra_content", json);
        drop(object);
        self.held += sealed.len();
        let mut reasoning = Reasoning::default();
        reasoning.seal(Seal::Call, Text::Plain(&String::from_utf8_lossy(&sealed)));
        let at = self.add("rs", Kind::Reasoning(reasoning));
        self.end_item(at, COMPLETED);
    }

    fn end_whole_calls(&mut self) {
        for call in 0..self.calls.len() {
            let at = self.calls[call];
            let is_whole = matches!(&self.items[at].kind, Kind::Call(call) if call.is_whole());
            if self.items[at].is_open() && is_whole {
                self.end_call(at, COMPLETED);
            }
        }
    }

    fn end_call(&mut self, at: usize, status: &'static str) {
        let item = &mut self.items[at];
        let Kind::Call(call) = &mut item.kind else { return };
        let is_bare = call.arguments.is_empty() && status == COMPLETED;
        if is_bare {
            call.arguments.extend_from_slice(b"{}");
        }
        let item = &*item;
        let Kind::Call(call) = &item.kind else { return };
        if call.is_custom {
            let input = call.input();
            if !input.is_empty() {
                self.events.add("response.custom_tool_call_input.delta", |data| {
                    item.place().write(data);
                    data.string("delta", &input);
                });
            }
            self.events.add("response.custom_tool_call_input.done", |data| {
                item.place().write(data);
                data.string("input", &input);
            });
        } else {
            if is_bare {
                self.events.add("response.function_call_arguments.delta", |data| {
                    item.place().write(data);
                    data.string("delta", "{}");
                });
            }
            self.events.add("response.function_call_arguments.done", |data| {
                item.place().write(data);
                output::quoted(data.member("arguments"), &call.arguments);
                output::quoted(data.member("name"), &call.name);
            });
        }
        self.end_item(at, status);
    }

    /// Ends what is written to, and the calls that are whole.
    fn end_open(&mut self, status: &'static str) {
        self.end_thought();
        self.end_message(status);
        self.end_whole_calls();
    }

    fn stop(&mut self, finish: Finish) {
        self.finish = Some(finish);
        let status = self.status();
        if self.items.is_empty() && status == COMPLETED {
            self.speak(false);
        }
        self.end_thought();
        self.end_message(status);
        for call in 0..self.calls.len() {
            let at = self.calls[call];
            if self.items[at].is_open() {
                let is_whole = matches!(&self.items[at].kind, Kind::Call(call) if call.is_whole());
                self.end_call(at, if is_whole { COMPLETED } else { status });
            }
        }
        self.response.incomplete = match finish {
            Finish::Length => Some("max_output_tokens"),
            Finish::ContentFilter => Some("content_filter"),
            Finish::Stop | Finish::ToolCalls => None,
        };
    }

    fn end(&mut self) {
        let status = self.status();
        self.life(if status == COMPLETED { "response.completed" } else { "response.incomplete" }, status);
        self.keep(status);
        self.is_done = true;
    }

    /// What the store gets: all that there is, sealed things too.
    fn keep(&mut self, status: &'static str) {
        let Self { response, items, kept, .. } = self;
        if response.echo.is_stored {
            let is_sealed = std::mem::replace(&mut response.echo.is_sealed, true);
            response.write(status, items, kept);
            response.echo.is_sealed = is_sealed;
        }
    }

    /// Tells the client why the response ends here.
    fn tell(&mut self, problem: &Problem) {
        self.begin();
        let body = problem.body();
        let told = body.strip_prefix(br#"{"error":"#).and_then(|rest| rest.strip_suffix(b"}"));
        self.events.add("error", |data| {
            data.member("error").extend_from_slice(told.unwrap_or(b"null"));
        });
        self.items.retain(|item| !item.is_open());
        self.response.fail(problem);
        self.life("response.failed", "failed");
        self.keep("failed");
    }
}

impl Sink for ResponseWriter {
    fn delta(&mut self, delta: Delta<'_>) {
        match delta {
            Delta::Choice(choice) => self.is_other = choice != 0,
            Delta::Start { model, .. } => self.start(model),
            Delta::Usage(usage) => self.response.usage = Some(usage),
            Delta::Extra { name, json } => self.response.extras.set(name, json),
            Delta::End => self.end(),
            _ if self.is_other => (),
            Delta::Text(text) => self.said(text, false),
            Delta::Refusal(text) => self.said(text, true),
            Delta::Logprobs { json } => json.clone_into(&mut self.logprobs),
            Delta::Reasoning { block, text } => self.thought(block, text),
            Delta::Signature { block, text } => self.proved(block, Seal::Signature, text),
            Delta::Redacted { block, data } => {
                self.end_open(COMPLETED);
                self.proved(block, Seal::Redacted, data);
            }
            Delta::ToolStart { id, name, .. } => self.called(id, name),
            Delta::ToolExtra { call, json } => self.extra(call, json),
            Delta::ToolArgs { call, json } => self.arguments(call, json),
            Delta::Finish(finish) => self.stop(finish),
        }
    }
}

impl Writer for ResponseWriter {
    fn out(&mut self) -> &mut Vec<u8> {
        &mut self.events.out
    }

    fn done(&self) -> bool {
        self.is_done
    }

    fn usage(&self) -> Option<Usage> {
        self.response.usage
    }

    fn sink(&mut self) -> &mut dyn Sink {
        self
    }

    fn fail(&mut self, problem: &Problem) -> bool {
        self.tell(problem);
        true
    }

    fn kept(&mut self) -> Vec<u8> {
        self.take_kept()
    }

    fn check(&self) -> Result<(), Error> {
        if self.held > MOST { Err(Error::TooLarge(MOST)) } else { Ok(()) }
    }
}

/// The part of a message that is written to.
fn last_part(item: &mut Item) -> Option<&mut Part> {
    let Kind::Message(parts) = &mut item.kind else { return None };
    parts.last_mut()
}

fn part_of(item: &Item, number: usize) -> &Part {
    static NONE: Part = Part { is_refusal: false, text: Vec::new(), logprobs: Vec::new(), is_done: false };
    let Kind::Message(parts) = &item.kind else { return &NONE };
    parts.get(number).unwrap_or(&NONE)
}

/// The event that brings a piece of a thought, and the member that counts its parts.
fn part_member(is_summary: bool) -> (&'static str, &'static str) {
    if is_summary {
        ("response.reasoning_summary_text.delta", "summary_index")
    } else {
        ("response.reasoning_text.delta", "content_index")
    }
}

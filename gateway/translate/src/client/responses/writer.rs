//! Writes deltas as a response: as its events, or whole.
//!
//! ```text
//! created, (queued,)? in_progress, (item: added, (part: added, pieces, done)*, done)*, completed | incomplete
//!                                                                       or error, failed
//! ```
//!
//! One item is open at a time, but for calls whose arguments are not complete when the next one begins: they wait for the end,
//! since some providers send the arguments of several calls in turn.
//!
//! <https://platform.openai.com/docs/api-reference/responses-streaming>

mod calls;
mod messages;
mod thoughts;

use super::echo::Echo;
use super::events::{Events, Pieces};
use super::item::Seal;
use super::output::{COMPLETED, IN_PROGRESS, INCOMPLETE, Item, Kind, QUEUED};
use super::response::Response;
use crate::call;
use crate::delta::{Delta, Finish, Sink, Usage};
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

    /// A stream of which so many events are told already.
    pub(super) fn go_on(&mut self, told: u64) {
        self.events.next = told;
        self.response.has_begun = true;
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
        if self.response.echo.in_background {
            self.life("response.created", QUEUED);
            self.life("response.queued", QUEUED);
        } else {
            self.life("response.created", IN_PROGRESS);
        }
        self.life("response.in_progress", IN_PROGRESS);
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
            Delta::Usage(usage) => self.response.usage = Some(*usage),
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

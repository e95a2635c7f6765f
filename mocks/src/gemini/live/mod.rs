//! [The Live API](https://ai.google.dev/api/live): a session by voice or text, over a WebSocket.
//!
//! ```text
//! message ─▶ setup          ─▶ what holds
//!            clientContent  ─▶ conversation ─┐
//!            realtimeInput  ─▶ hearing ──────┴▶ speaking
//!            toolResponse   ─▶ conversation ──▶ speaking
//! ```
//!
//! What is heard is not understood: what stands for it in the conversation, and its transcription, say how long it was. What is said is a
//! tone, fifty milliseconds a token. The mock says nothing of its own accord: a session is never about to end.

mod hearing;
mod speaking;
mod token;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};
use specs::Violation;

use super::{ask, list};
use crate::http::websocket;
use crate::live::voice::Voice;
use crate::live::{Around, Live, Said, What};
use crate::provider::{Call, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;
use crate::store::Shelf;
use token::Lock;

pub(super) use token::{CREATE as CREATE_TOKEN, check as check_token, create as create_token};

/// The paths of the versions that have it; the document describes one of them.
const PATHS: [&str; 5] = [
    "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
    "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent",
    "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
    // With a token instead of a key.
    "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained",
    "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContentConstrained",
];
/// How a session ends whose message makes no sense, as <https://www.rfc-editor.org/rfc/rfc6455#section-7.4> numbers it.
const INVALID: u16 = 1_007;
/// As what a conversation is kept that may go on in another session.
const KEPT: &str = "live_session";
/// The most turns that a conversation keeps.
const TURNS: usize = crate::limits::LIVE_ITEMS;

/// The path under which the document knows this one.
pub(super) fn documented(path: &str) -> Option<&'static str> {
    let known = PATHS.iter().position(|known| *known == path)?;
    Some(PATHS[if known > 2 { 3 } else { 2 }])
}

/// Opens a session.
pub(super) fn open(call: &Call<'_>) -> Result<(Whole, Box<dyn Live>), Failure> {
    let Some(headers) = websocket::accept(call.request, |_| false) else {
        return Err(Failure::new(Kind::InvalidRequest, "This method is spoken to over a WebSocket."));
    };
    let session = Session { lock: token::open(call)?, ..Session::new(call.request.clone(), call.draw) };
    Ok((Whole { status: 101, headers, ..Whole::default() }, Box::new(session)))
}

/// One session.
struct Session {
    request: Request,
    draw: Draw,
    /// Ids that were given.
    given: u64,
    /// What its token holds it to.
    lock: Lock,
    /// Null until it is there.
    setup: Value,
    contents: Vec<Value>,
    voice: Voice,
    /// What was said since somebody began to speak: milliseconds.
    sound: u64,
    /// The client itself says that somebody speaks.
    is_active: bool,
    /// Calls that were not answered yet.
    called: Vec<Value>,
    saying: VecDeque<Said>,
}

impl Session {
    fn new(request: Request, draw: Draw) -> Self {
        Self {
            request,
            draw,
            given: 0,
            lock: Lock::default(),
            setup: Value::Null,
            contents: Vec::new(),
            voice: Voice::default(),
            sound: 0,
            is_active: false,
            called: Vec::new(),
            saying: VecDeque::new(),
        }
    }

    fn id(&mut self, kind: &str) -> String {
        self.given += 1;
        self.draw.text(&format!("{kind} {}", self.given), 16).to_lowercase()
    }

    fn say(&mut self, message: Value) {
        self.saying.push_back(Said::now(message));
    }

    /// Ends the session.
    fn end(&mut self, reason: &str) {
        self.saying.clear();
        // A closing frame has room for 125 bytes.
        let reason: String = reason.chars().filter(char::is_ascii).take(120).collect();
        self.saying.push_back(Said { what: What::End(INVALID, reason), after: Duration::ZERO });
    }

    /// What holds from here on; said once, first.
    fn set_up(&mut self, setup: &Value, around: &Around<'_>) {
        self.setup = self.lock.settle(setup);
        if let Some(handle) = setup["sessionResumption"]["handle"].as_str() {
            match around.shelf().get::<Vec<Value>>(KEPT, handle) {
                Some(contents) => self.contents = contents,
                None => return self.end("Invalid session resumption handle."),
            }
        }
        self.say(json!({ "setupComplete": {} }));
    }

    /// Turns of the conversation; whoever speaks interrupts.
    fn hear_content(&mut self, content: &Value, around: &Around<'_>) {
        self.interrupt();
        for turn in list(&content["turns"]) {
            self.add(turn.clone());
        }
        if content["turnComplete"] == true {
            self.answer(around);
        }
    }

    fn hear_results(&mut self, response: &Value, around: &Around<'_>) {
        let results = list(&response["functionResponses"]);
        self.called.retain(|id| !results.iter().any(|result| result["id"] == *id));
        let parts: Vec<Value> = results.iter().map(|result| json!({ "functionResponse": result })).collect();
        self.add(json!({ "role": "user", "parts": parts }));
        if self.called.is_empty() {
            self.answer(around);
        }
    }

    fn add(&mut self, turn: Value) {
        self.contents.push(turn);
        if self.contents.len() > TURNS {
            self.contents.remove(0);
        }
    }

    /// Keeps the conversation, where another session may go on with it, and tells by which handle.
    fn keep(&mut self, shelf: &Shelf<'_>) -> Option<Value> {
        self.setup.get("sessionResumption")?;
        let handle = self.id("handle");
        shelf.put(KEPT, &handle, &self.contents);
        Some(json!({ "sessionResumptionUpdate": { "newHandle": handle, "resumable": true } }))
    }
}

impl Live for Session {
    fn saying(&mut self) -> &mut VecDeque<Said> {
        &mut self.saying
    }

    /// The service sends its JSON as bytes.
    fn is_binary(&self) -> bool {
        true
    }

    fn hear(&mut self, message: &Value, around: &Around<'_>) {
        match (message.get("setup"), self.setup.is_null()) {
            (Some(setup), true) => return self.set_up(setup, around),
            (Some(_), false) => return self.end("setup must be the first message and only the first"),
            (None, true) => return self.end("setup must be the first message and only the first"),
            (None, false) => (),
        }
        if let Some(content) = message.get("clientContent") {
            self.hear_content(content, around);
        } else if let Some(input) = message.get("realtimeInput") {
            self.hear_input(input, around);
        } else if let Some(response) = message.get("toolResponse") {
            self.hear_results(response, around);
        }
    }

    fn refuse(&mut self, violation: &Violation, message: &Value) {
        let failure = super::refuse::failure(violation, message);
        self.end(failure.message.as_deref().unwrap_or("Request contains an invalid argument."));
    }

    fn wonder(&mut self) {
        self.end("Invalid JSON payload received.");
    }
}

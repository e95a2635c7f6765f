//! OpenAI's [Realtime API](https://platform.openai.com/docs/guides/realtime-websocket): a session by voice or text, as it is since it
//! left beta.
//!
//! ```text
//! message ─▶ session.update            ─▶ settings
//!            conversation.item.*       ─▶ conversation
//!            input_audio_buffer.*      ─▶ hearing (who speaks, since when) ─┬▶ conversation
//!            response.create, .cancel  ─▶ speaking ◀────────────────────────┘
//! ```
//!
//! What is heard is not understood: the transcript of a sound says how long it was. What is said is a tone, fifty milliseconds a
//! token. In a session that only transcribes nothing is said. Sessions that translate, tools that the service runs, calls over SIP and
//! WebRTC are not played.

mod conversation;
mod error;
mod hearing;
mod interruption;
mod secret;
mod settings;
mod speaking;

use std::collections::VecDeque;

use serde_json::{Map, Value, json};
use specs::Violation;

use super::refuse;
use crate::http::websocket;
use crate::live::{Around, Live, Said};
use crate::provider::{Call, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;
use conversation::Conversation;
use hearing::Hearing;
use settings::Settings;

pub(super) use secret::{answer as secret, is_open_to, key};

/// The session.
pub(super) const CONNECT: &str = "connectRealtime";
/// A key for one.
pub(super) const SECRET: &str = "create-realtime-client-secret";
/// The sub-protocol by which browsers speak, beside one that holds their key.
const PROTOCOL: &str = "realtime";

/// Opens a session.
pub(super) fn open(call: &Call<'_>) -> Result<(Whole, Box<dyn Live>), Failure> {
    let Some(headers) = websocket::accept(call.request, |protocol| protocol == PROTOCOL) else {
        let message = format!("{} is spoken to over a WebSocket.", call.request.path);
        return Err(Failure::new(Kind::InvalidRequest, message));
    };
    let mut kept = secret::settings(call);
    if kept.is_none() && call.request.parameter("intent") == Some(settings::TRANSCRIPTION) {
        kept = Some(Settings::of_transcription(&call.draw));
    }
    if let Some(settings) = kept.take_if(|kept| kept.only_transcribes()) {
        let session = Realtime::new(call.request.clone(), call.draw, settings);
        return Ok((Whole { status: 101, headers, ..Whole::default() }, Box::new(session)));
    }
    let model = call.request.parameter("model").map(str::to_owned).or_else(|| kept.as_ref()?.model());
    let Some(model) = model else {
        let failure = Failure::new(Kind::InvalidRequest, "You must provide a model parameter.");
        return Err(Failure { code: Some("missing_model".to_owned()), ..failure });
    };
    if model.contains("transcribe") || model.contains("whisper") {
        let message = format!("Model \"{model}\" is not supported in realtime mode.");
        return Err(Failure {
            code: Some("invalid_model".to_owned()),
            ..Failure::new(Kind::InvalidRequest, message)
        });
    }
    let settings = kept.unwrap_or_else(|| Settings::new(&call.draw, &model));
    let session = Realtime::new(call.request.clone(), call.draw, settings);
    Ok((Whole { status: 101, headers, ..Whole::default() }, Box::new(session)))
}

/// One session.
struct Realtime {
    request: Request,
    draw: Draw,
    /// Ids that were given.
    given: u64,
    settings: Settings,
    conversation: Conversation,
    hearing: Hearing,
    saying: VecDeque<Said>,
}

impl Realtime {
    fn new(request: Request, draw: Draw, settings: Settings) -> Self {
        let mut session = Self {
            request,
            draw,
            given: 0,
            settings,
            conversation: Conversation::default(),
            hearing: Hearing::default(),
            saying: VecDeque::new(),
        };
        session.say("session.created", json!({ "session": session.settings.told() }));
        session
    }

    /// A new id.
    fn id(&mut self, prefix: &str) -> String {
        self.given += 1;
        format!("{prefix}_{}", self.draw.text(&format!("{prefix} {}", self.given), 21))
    }

    /// An event, with its name and an id.
    fn event(&mut self, kind: &str, members: Value) -> Value {
        let mut event = Map::from_iter([
            ("type".to_owned(), kind.into()),
            ("event_id".to_owned(), self.id("event").into()),
        ]);
        if let Value::Object(members) = members {
            event.extend(members);
        }
        event.into()
    }

    /// Says something at once: before what is left of a response.
    fn say(&mut self, kind: &str, members: Value) {
        let message = self.event(kind, members);
        let of_response = |said: &Said| said.message()["type"].as_str().is_some_and(speaking::is_part);
        let at = self.saying.iter().position(of_response).unwrap_or(self.saying.len());
        self.saying.insert(at, Said::now(message));
    }

    /// Says what is wrong with a message.
    fn complain(&mut self, failure: &Failure, message: &Value) {
        let error = error::body(failure, message);
        self.say("error", json!({ "error": error }));
    }
}

impl Live for Realtime {
    fn saying(&mut self) -> &mut VecDeque<Said> {
        &mut self.saying
    }

    fn hear(&mut self, message: &Value, around: &Around<'_>) {
        let kind = message["type"].as_str().unwrap_or_default();
        let done = match kind {
            "response.create" | "response.cancel" if self.settings.only_transcribes() => {
                Err(error::silent(kind))
            }
            "session.update" => self.update(&message["session"]),
            "conversation.item.create" => self.add(message),
            "conversation.item.retrieve" => self.retrieve(message),
            "conversation.item.truncate" => self.truncate(message),
            "conversation.item.delete" => self.delete(message),
            "input_audio_buffer.append" => self.append(message, around),
            "input_audio_buffer.commit" => self.commit(),
            "input_audio_buffer.clear" => {
                self.hearing.clear();
                self.say("input_audio_buffer.cleared", json!({}));
                Ok(())
            }
            "response.create" => self.respond(&message["response"], around),
            "response.cancel" => self.cancel(message),
            // Only WebRTC and SIP have such a buffer.
            _ => Err(error::unsupported(kind)),
        };
        if let Err(failure) = done {
            self.complain(&failure, message);
        }
    }

    fn refuse(&mut self, violation: &Violation, message: &Value) {
        let failure = refuse::failure(violation, message);
        self.complain(&failure, message);
    }

    fn wonder(&mut self) {
        self.complain(&error::not_json(), &Value::Null);
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

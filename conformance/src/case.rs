//! One call of the client and everything that it caused: what checks look at.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::Transcript;
use crate::dialect::{self, Api};
use crate::expected::Expected;
use crate::fold::{Answer, Fold};
use crate::gateway::{Policies, Route};
use crate::meaning::{self, Meaning};
use crate::scenario::Scenario;
use crate::surface::Place;
use crate::{Cell, Mode, Surface};

/// The evidence of one call, with what follows from it.
#[derive(Debug, Clone)]
pub struct Case {
    /// What happens.
    pub scenario: Arc<Scenario>,
    /// Where.
    pub cell: Cell,
    /// The profile's route.
    pub route: Route,
    /// The profile's policies.
    pub policies: Policies,
    /// What the client sent.
    pub sent: Sent,
    /// What it got back.
    pub transcript: Transcript,
    /// What the gateway asked of the provider, in order of arrival.
    pub asked: Vec<Asked>,
    /// The same understood.
    pub seen: Seen,
    /// What the client meant; absent where it sent no request of its surface.
    pub meant: Option<Meaning>,
    /// What the provider was told last.
    pub told: Option<Meaning>,
    /// What the client must get.
    pub expected: Expected,
    /// Whose targets were asked by all calls of the play, in order of arrival.
    pub targets: Vec<String>,
    /// How the gateway ended, where the scenario tells it to.
    pub ending: Option<Ending>,
}

/// How a gateway ended that was told to.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Exit status, as the system says it; absent where it had to be killed.
    pub status: Option<String>,
    /// Whether that status means that all is well.
    pub is_success: bool,
    /// Everything that it wrote while the suite ran.
    pub log: String,
}

/// What the client sent.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// The text by which its upstream requests are found.
    pub marker: String,
    /// Method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// The body as JSON; null where it is none.
    pub json: Value,
    /// The path under which the surface's operation stands, as the route has it.
    pub operation: String,
    /// Replies to what was called before, in order.
    pub before: Vec<Value>,
    /// The client's own key, and the keys of the providers.
    pub secrets: Secrets,
}

/// Texts that must not cross over, nor stand in a report.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// The client's: never goes upstream. Empty where the gateway is one that is given the provider's key with each call.
    pub client: String,
    /// The providers': never reach the client.
    pub upstream: Vec<String>,
    /// What else the client sends that opens something.
    pub others: Vec<String>,
}

/// One request that the provider received. Times are milliseconds since the client's request was sent.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Whose mock.
    pub provider: String,
    /// Operation of its document; empty where there is none at that path.
    pub operation: String,
    /// Method.
    pub method: String,
    /// Path as sent, without the mock's prefix.
    pub path: String,
    /// Headers, keys masked.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// The body as JSON; null where it is none.
    pub json: Value,
    /// What the provider's document says against it.
    pub violations: Vec<specs::Violation>,
    /// Why the credentials were refused.
    pub refused: Option<String>,
    /// Version of the provider's API that the request chose.
    pub version: Option<String>,
    /// When it came.
    pub at_ms: f64,
    /// What was answered.
    pub status: u16,
    /// Headers of the answer.
    pub reply_headers: Vec<(String, String)>,
    /// Body of the answer, as far as it was kept.
    pub reply: Vec<u8>,
    /// Events of the answer: name and time.
    pub events: Vec<(String, f64)>,
    /// The gateway hung up before the end.
    pub aborted: bool,
    /// When the answer ended; absent while it is under way.
    pub finished_ms: Option<f64>,
}

/// What the client understood.
#[derive(Debug, Clone)]
pub enum Seen {
    /// A status of 200 and one JSON document.
    Whole(Value, Answer),
    /// A status of 200 and a stream.
    Stream(Fold),
    /// Another status and a JSON document.
    Error(Value),
    /// Anything else: bytes that are no JSON, or nothing.
    Other,
}

impl Case {
    /// Understands what was seen.
    pub fn new(
        (scenario, cell, route): (Arc<Scenario>, Cell, Route),
        policies: Policies,
        sent: Sent,
        transcript: Transcript,
        asked: Vec<Asked>,
        expected: Expected,
    ) -> Self {
        let surface = cell.surface;
        let seen = Seen::new(surface, &transcript);
        let meant = meaning::of_client(surface, &conversation(&scenario, &sent, &asked));
        let told = told(surface, &asked, meant.as_ref());
        Self {
            scenario,
            cell,
            route,
            policies,
            sent,
            transcript,
            asked,
            seen,
            meant,
            told,
            expected,
            targets: Vec::new(),
            ending: None,
        }
    }

    /// Whether the client asked for a stream.
    pub fn is_stream(&self) -> bool {
        self.cell.mode == Mode::Stream
    }

    /// What the client speaks.
    pub fn surface(&self) -> Surface {
        self.cell.surface
    }

    /// Pointer to what the client's request is about.
    pub fn subject(&self) -> &'static str {
        match self.surface() {
            Surface::Chat | Surface::Messages => "/messages",
            Surface::Completions => "/prompt",
            Surface::Responses | Surface::Embeddings => "/input",
        }
    }

    /// How the provider is asked, or was.
    pub fn api(&self) -> Option<Api> {
        let body = self.asked.last().map_or(&Value::Null, |asked| &asked.json);
        dialect::asked(self.provider(), self.surface(), body)
    }

    /// The provider's dialect.
    pub fn provider(&self) -> &str {
        &self.route.provider
    }

    /// What the client has in hand, where it got a reply.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.seen {
            Seen::Whole(_, answer) => Some(answer),
            Seen::Stream(fold) => Some(&fold.answer),
            Seen::Error(_) | Seen::Other => None,
        }
    }

    /// The error object that the client got: instead of a reply, or inside of a stream.
    pub fn error(&self) -> Option<&Value> {
        match &self.seen {
            Seen::Error(error) => Some(error),
            Seen::Stream(fold) => fold.errors.first().map(|(_, error)| error),
            Seen::Whole(..) | Seen::Other => None,
        }
    }

    /// The sentence of that error, wherever the surface has it.
    pub fn message(&self) -> Option<&str> {
        let error = self.error()?;
        let places = ["/error/message", "/response/error/message", "/message"];
        places.into_iter().find_map(|place| error.pointer(place)?.as_str())
    }

    /// What a part of a whole reply is called on this surface.
    pub fn place(&self, place: Place) -> &'static str {
        self.surface().place(place)
    }
}

/// The client's request, with what it refers to by an id in words, unless the provider is told that id.
fn conversation(scenario: &Scenario, sent: &Sent, asked: &[Asked]) -> Value {
    let id = &sent.json["previous_response_id"];
    if id.is_null() || asked.last().is_none_or(|asked| asked.json["previous_response_id"] == *id) {
        return sent.json.clone();
    }
    let items = |said: &Value| match said {
        Value::String(text) => vec![json!({"role": "user", "content": text})],
        items => items.as_array().cloned().unwrap_or_default(),
    };
    let before = scenario.before.iter().zip(&sent.before);
    let mut input: Vec<Value> = Vec::new();
    for (step, reply) in before {
        let asked = step.request["input"].to_string().replace("{{marker}}", &sent.marker);
        input.extend(items(&serde_json::from_str(&asked).unwrap_or_default()));
        input.extend(items(&reply["output"]));
    }
    input.extend(items(&sent.json["input"]));
    let mut whole = sent.json.clone();
    whole["input"] = input.into();
    whole
}

/// What the provider was told last; of vectors that are asked for one by one, all that it was told.
fn told(surface: Surface, asked: &[Asked], meant: Option<&Meaning>) -> Option<Meaning> {
    let read = |asked: &Asked| meaning::read(&asked.provider, surface, &asked.json);
    let last = read(asked.last()?)?;
    let wanted = meant.map_or(0, |meant| meant.inputs.len());
    if surface != Surface::Embeddings || last.inputs.len() >= wanted {
        return Some(last);
    }
    let inputs = asked.iter().filter_map(read).flat_map(|meaning| meaning.inputs).collect();
    Some(Meaning { inputs, ..last })
}

impl Seen {
    fn new(surface: Surface, transcript: &Transcript) -> Self {
        let content_type = transcript.header("content-type").unwrap_or_default();
        if transcript.status == Some(200) && content_type.starts_with("text/event-stream") {
            let pieces = transcript.pieces.iter().map(|(at_ms, bytes)| (*at_ms, bytes.as_ref()));
            return Self::Stream(Fold::new(surface, pieces));
        }
        let body = transcript.body();
        match serde_json::from_slice::<Value>(&body) {
            Ok(json) if transcript.status == Some(200) => {
                let answer = Answer::read(surface, &json, &body);
                Self::Whole(json, answer)
            }
            Ok(json) => Self::Error(json),
            Err(_) => Self::Other,
        }
    }
}

impl Asked {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

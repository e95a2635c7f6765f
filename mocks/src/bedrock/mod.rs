//! [Amazon Bedrock's Converse and ConverseStream](https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html):
//! signed requests, binary event streams.

mod ask;
mod auth;
mod check;
mod error;
mod frame;
mod refuse;
mod reply;
pub mod sigv4;
mod stream;
mod trace;

use jiff::Timestamp;
use serde_json::Value;
use specs::Violation;

use crate::Credentials;
use crate::answer::{Answer, Ask};
use crate::provider::{self, Call, Denied, Event, Framing, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Bedrock {
    /// The clock by which signatures are judged and replies are dated.
    pub now: fn() -> Timestamp,
}

/// The operation that streams.
const STREAM: &str = "ConverseStream";

impl Provider for Bedrock {
    fn name(&self) -> &'static str {
        "bedrock"
    }

    fn authenticate(&self, request: &Request, credentials: &Credentials) -> Result<(), Box<Denied>> {
        auth::check(request, credentials, (self.now)())
    }

    fn unreadable(&self, _problem: &serde_json::Error) -> Failure {
        let message = "Malformed input request, please reformat your input and try again.";
        let failure = Failure::new(Kind::InvalidRequest, message);
        Failure { code: Some("SerializationException".to_owned()), ..failure }
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        refuse::failure(violation, body)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        check::check(call)
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        ask::read(call)
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let headers = error::headers(&call.draw, (self.now)(), "application/json");
        Whole { status: 200, headers, body: reply::body(call, answer).into() }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let headers = error::headers(&call.draw, (self.now)(), "application/vnd.amazon.eventstream");
        Stream { headers, events: stream::events(call, answer) }
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        error::reply(request, error::headers(draw, (self.now)(), "application/json"), failure)
    }

    fn interruption(&self, _call: &Call<'_>, failure: &Failure) -> Event {
        error::interruption(failure)
    }

    /// No operation is answered this way.
    fn direct(&self, call: &Call<'_>) -> Whole {
        self.error(call.request, &call.draw, &Failure { kind: Some(Kind::NotFound), ..Failure::default() })
    }

    fn framing(&self, _call: &Call<'_>) -> Framing {
        Framing::Binary
    }

    fn malformed(&self, _framing: Framing, event: &Event) -> Event {
        let bytes = frame::malformed(&event.bytes).unwrap_or_else(|| event.bytes.clone());
        Event { name: event.name.clone(), bytes }
    }

    fn bad_checksum(&self, event: &Event) -> Event {
        Event { name: event.name.clone(), bytes: frame::bad_checksum(&event.bytes) }
    }
}

fn documented(method: &str, path: &str) -> Route {
    provider::documented("bedrock", method, path)
}

/// The model that a request's path names: an id, a profile or an ARN, percent-decoded.
fn model(call: &Call<'_>) -> String {
    call.found.and_then(|operation| operation.parameter("modelId")).unwrap_or_default()
}

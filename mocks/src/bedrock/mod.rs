//! [Amazon Bedrock's Converse and ConverseStream](https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html):
//! signed requests, binary event streams. [InvokeModel](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html)
//! in the words of each maker, for text and for vectors; the agents' runtime; [guardrails](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html) by themselves; and [CountTokens](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html).

mod agent;
mod ask;
mod auth;
mod check;
mod count;
mod embedding;
mod error;
mod family;
mod frame;
mod guardrail;
mod images;
mod invocations;
mod invoke;
mod jobs;
mod page;
mod refuse;
mod reply;
mod stream;
mod trace;

use jiff::Timestamp;
use serde_json::Value;
use specs::{Operation, Violation};

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Rank, Ranking, Vectors};
use crate::provider::{self, Call, Denied, Event, Framing, Made, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind, Reply};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Bedrock {
    /// The clock by which signatures are judged and replies are dated.
    pub now: fn() -> Timestamp,
}

/// The operation that streams.
const STREAM: &str = "ConverseStream";
const COUNT: &str = "CountTokens";

impl Provider for Bedrock {
    fn name(&self) -> &'static str {
        "bedrock"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        match documented(method, path) {
            Route::Generate(found)
                if found.id() == invoke::WHOLE && images::variant(&asked(&found)).is_some() =>
            {
                Route::Make(found)
            }
            Route::Generate(found) if found.id() == invoke::WHOLE && !invoke::knows(&asked(&found)) => {
                Route::Embed(found)
            }
            Route::Generate(found) if found.id() == guardrail::APPLY => Route::Make(found),
            Route::Generate(found) if found.id() == invocations::START => Route::Make(found),
            Route::Generate(found) if found.id() == COUNT || invocations::has(found.id()) => {
                Route::Direct(found.id(), Some(found))
            }
            Route::NotFound => match agent::route(method, path) {
                Route::NotFound => jobs::route(method, path),
                route => route,
            },
            route => route,
        }
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        auth::check(request, keys, (self.now)())
    }

    /// In whose words a body of `InvokeModel` is; none is that of vectors.
    fn variant(&self, request: &Request) -> Result<Option<&'static str>, Failure> {
        Ok(match documented(&request.method, &request.path) {
            Route::Generate(found) if matches!(found.id(), invoke::WHOLE | invoke::STREAM) => {
                let id = asked(&found);
                images::variant(&id).or_else(|| invoke::variant(&id, request))
            }
            _ => None,
        })
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
        match call.found.and_then(|found| images::variant(&asked(found))) {
            Some(_) if call.operation == invoke::WHOLE => images::check(call),
            _ if call.operation == guardrail::APPLY => guardrail::check(call),
            _ if agent::has(&call.request.path) => agent::check(call),
            _ if jobs::has(call.operation) => jobs::check(call),
            _ if call.operation == invocations::START => invocations::check(call),
            _ => check::check(call),
        }
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        match call.operation {
            operation if agent::generates(operation) => agent::ask(call),
            _ if is_invoked(call) => invoke::ask(call),
            _ => ask::read(call),
        }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let mut headers = error::headers(&call.draw, (self.now)(), "application/json");
        if agent::generates(call.operation) {
            return Whole { status: 200, headers, body: agent::whole(call, answer).to_string().into() };
        }
        if is_invoked(call) {
            invoke::headers(call, answer, &mut headers);
            return Whole { status: 200, headers, body: invoke::body(call, answer).into() };
        }
        Whole { status: 200, headers, body: reply::body(call, answer).into() }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let mut headers = error::headers(&call.draw, (self.now)(), "application/vnd.amazon.eventstream");
        if agent::generates(call.operation) {
            let events = agent::events(call, answer, &mut headers);
            return Stream { headers, events };
        }
        if is_invoked(call) {
            invoke::headers_of_stream(call, &mut headers);
            return Stream { headers, events: invoke::events(call, answer) };
        }
        Stream { headers, events: stream::events(call, answer) }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        embedding::ask(call)
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        let mut headers = error::headers(&call.draw, (self.now)(), "application/json");
        headers.push(("x-amzn-bedrock-input-token-count".into(), vectors.tokens.to_string().into()));
        Whole { status: 200, headers, body: embedding::body(call, vectors).to_string().into() }
    }

    fn rank<'a>(&self, call: &Call<'a>) -> Rank<'a> {
        agent::rank(call)
    }

    fn ranked(&self, call: &Call<'_>, ranking: &Ranking<'_>) -> Whole {
        let headers = error::headers(&call.draw, (self.now)(), "application/json");
        Whole { status: 200, headers, body: agent::ranked(call, ranking).to_string().into() }
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        error::reply(request, error::headers(draw, (self.now)(), "application/json"), failure)
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        error::interruption(call.operation, failure)
    }

    fn make(&self, call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
        let headers = error::headers(&call.draw, (self.now)(), "application/json");
        let body = match call.operation {
            guardrail::APPLY => guardrail::body(call, reply),
            invocations::START => invocations::start(call, reply),
            _ => images::body(call, reply),
        };
        Ok(Made::Whole(Whole { status: 200, headers, body: body.to_string().into() }))
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        let answer = match call.operation {
            operation if invocations::has(operation) => invocations::answer(call),
            operation if jobs::has(operation) => jobs::answer(call),
            _ => count::tokens(call),
        };
        match answer {
            Ok(body) => {
                let headers = error::headers(&call.draw, (self.now)(), "application/json");
                Whole { status: 200, headers, body: body.to_string().into() }
            }
            Err(failure) => self.error(call.request, &call.draw, &failure),
        }
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

/// Whether a model is asked in its own words.
fn is_invoked(call: &Call<'_>) -> bool {
    matches!(call.operation, invoke::WHOLE | invoke::STREAM)
}

/// The model that a request's path names: an id, a profile or an ARN, percent-decoded.
fn model(call: &Call<'_>) -> String {
    call.found.map(asked).unwrap_or_default()
}

fn asked(operation: &Operation) -> String {
    operation.parameter("modelId").unwrap_or_default()
}

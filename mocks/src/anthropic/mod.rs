//! [Anthropic's Messages](https://docs.claude.com/en/api/messages) in both live versions, batches of them, counting tokens, text
//! completions, and the list of models.

mod ask;
mod batches;
mod check;
mod complete;
mod error;
mod headers;
mod models;
mod refuse;
mod reply;
mod stream;

use serde_json::Value;
use specs::Violation;

use crate::Keys;
use crate::answer::{Answer, Ask};
use crate::provider::{Call, Denied, Event, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Anthropic;

/// The versions of the API that live, by the header `anthropic-version`.
const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];
pub(crate) const COMPLETE: &str = "complete_post";
/// A message.
pub(crate) const MESSAGES: &str = "messages_post";
pub(crate) const COUNT_TOKENS: &str = "messages_count_tokens_post";

impl Provider for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        match crate::provider::documented(self.name(), method, path) {
            Route::Generate(found) => match found.id() {
                COUNT_TOKENS => Route::Direct(COUNT_TOKENS, Some(found)),
                "models_list" => Route::Direct("models_list", Some(found)),
                "models_get" => Route::Direct("models_get", Some(found)),
                id => match batches::named(id) {
                    Some(name) => Route::Direct(name, Some(found)),
                    None => Route::Generate(found),
                },
            },
            route => route,
        }
    }

    /// The key as `x-api-key`, which counts where both are sent, or as a bearer token.
    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        let (key, message) = match (request.header("x-api-key"), request.bearer()) {
            (Some(key), _) => (key, "invalid x-api-key"),
            (None, Some(key)) => (key, "Invalid bearer token"),
            (None, None) => return Err(denied("no key", "x-api-key header is required")),
        };
        if keys.published.accepts(self.name(), key) { Ok(()) } else { Err(denied("unknown key", message)) }
    }

    fn variant(&self, request: &Request) -> Result<Option<&'static str>, Failure> {
        let Some(version) = request.header("anthropic-version") else {
            return Err(Failure::new(Kind::InvalidRequest, "anthropic-version: header is required"));
        };
        match VERSIONS.into_iter().find(|known| *known == version) {
            Some(known) => Ok(Some(known)),
            None => {
                let message = format!("anthropic-version: \"{version}\" is not a valid version");
                Err(Failure::new(Kind::InvalidRequest, message))
            }
        }
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        Failure::new(Kind::InvalidRequest, format!("The request body is not valid JSON: {problem}"))
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        refuse::failure(violation, body)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        if batches::named(call.operation).is_some() {
            return batches::check(call);
        }
        check::check(call)?;
        if call.operation == COMPLETE { complete::check(call.body) } else { Ok(()) }
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        if call.operation == COMPLETE { complete::ask(call) } else { ask::read(call) }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let headers = headers::of_reply(&call.draw, answer.usage, "application/json");
        let body = match call.operation {
            COMPLETE => complete::body(call, answer).to_string().into(),
            _ => reply::body(call, answer).into(),
        };
        Whole { status: 200, headers, body }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let headers = headers::of_reply(&call.draw, answer.usage, "text/event-stream; charset=utf-8");
        let events = match call.operation {
            COMPLETE => complete::events(call, answer),
            _ => stream::events(call, answer),
        };
        Stream { headers, events }
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        error::reply(request, draw, failure)
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        let (_, body) = error::body(&call.draw, failure);
        let event = Event { name: "error".into(), bytes: crate::wire::sse::frame("error", &body) };
        if call.operation == COMPLETE { complete::ended_by_two(event) } else { event }
    }

    fn ping(&self) -> Option<Event> {
        Some(stream::ping())
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        match call.operation {
            COUNT_TOKENS => models::count(call),
            operation if batches::named(operation).is_some() => batches::answer(call),
            _ => models::answer(call),
        }
    }
}

fn denied(reason: &str, message: &str) -> Box<Denied> {
    let failure = Failure::new(Kind::Authentication, message);
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

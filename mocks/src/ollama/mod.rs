//! [Ollama's own API](https://github.com/ollama/ollama/blob/main/docs/api.md): JSON lines by default, and no keys; and beside
//! it the paths that speak OpenAI's dialect.

mod ask;
mod compatible;
mod embedding;
mod error;
mod models;
mod reply;
mod stream;

use serde_json::Value;
use specs::Violation;

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Vectors, arguments};
use crate::provider::{Call, Denied, Event, Framing, Headers, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Ollama;

const CHAT: &str = "chat";
const GENERATE: &str = "generate";
const EMBED: &str = "embed";
const EMBED_ONE: &str = "embedOne";

impl Provider for Ollama {
    fn name(&self) -> &'static str {
        "ollama"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        if compatible::has(path) {
            return compatible::DIALECT.route(method, path);
        }
        match crate::provider::documented(self.name(), method, path) {
            Route::Generate(found) => match found.id() {
                CHAT | GENERATE => Route::Generate(found),
                EMBED | EMBED_ONE => Route::Embed(found),
                "list" => Route::Direct("list", Some(found)),
                "ps" => Route::Direct("ps", Some(found)),
                "show" => Route::Direct("show", Some(found)),
                _ => Route::Direct("version", Some(found)),
            },
            route => route,
        }
    }

    /// Whoever reaches the server may use it.
    fn authenticate(&self, _request: &Request, _keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        Ok(())
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        let what = if problem.is_eof() { "unexpected EOF" } else { "invalid character in request body" };
        Failure::new(Kind::InvalidRequest, what)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        error::refuse(violation, body)
    }

    /// What it does not know it passes over, in either dialect.
    fn tolerates(&self, violation: &Violation) -> bool {
        violation.keyword == "additionalProperties"
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        let Some(model) = call.body["model"].as_str() else { return Ok(()) };
        let is_known = |models: &[String]| models.iter().any(|known| known == model);
        if model.is_empty() {
            return Err(Failure::new(Kind::InvalidRequest, "model is required"));
        }
        if call.models.is_some_and(|models| !is_known(models)) {
            return Err(Failure::new(Kind::NotFound, format!("model '{model}' not found")));
        }
        compatible::check(call)
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        if compatible::has(&call.request.path) { compatible::ask(call) } else { ask::read(call) }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        if compatible::has(&call.request.path) {
            return under_own_headers(call, compatible::DIALECT.whole(call, answer));
        }
        good(call, arguments::settle(call, answer, reply::body(call, answer).to_string()))
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        if compatible::has(&call.request.path) {
            let events = compatible::DIALECT.stream(call, answer).events;
            return Stream { headers: headers(&call.draw, "text/event-stream"), events };
        }
        Stream { headers: headers(&call.draw, "application/x-ndjson"), events: stream::events(call, answer) }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        embedding::ask(call)
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        if compatible::has(&call.request.path) {
            return under_own_headers(call, compatible::DIALECT.vectors(call, vectors));
        }
        good(call, embedding::body(call, vectors).to_string())
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let (status, body) = error::body(request, failure);
        Whole { status, headers: headers(draw, JSON), body: body.into() }
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        let (_, mut body) = error::body(call.request, failure);
        if compatible::has(&call.request.path) {
            return Event { name: "".into(), bytes: crate::wire::sse::frame("", body.as_bytes()) };
        }
        body.push('\n');
        Event { name: "".into(), bytes: body.into() }
    }

    fn framing(&self, call: &Call<'_>) -> Framing {
        if compatible::has(&call.request.path) { Framing::Sse } else { Framing::Lines }
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        if compatible::has(&call.request.path) {
            return under_own_headers(call, compatible::DIALECT.direct(call));
        }
        match models::answer(call) {
            Ok(body) => good(call, body.to_string()),
            Err(failure) => self.error(call.request, &call.draw, &failure),
        }
    }
}

const JSON: &str = "application/json; charset=utf-8";

fn good(call: &Call<'_>, body: String) -> Whole {
    Whole { status: 200, headers: headers(&call.draw, JSON), body: body.into() }
}

/// The same body without what OpenAI's servers say beside it.
fn under_own_headers(call: &Call<'_>, whole: Whole) -> Whole {
    Whole { headers: headers(&call.draw, JSON), ..whole }
}

fn headers(draw: &Draw, content_type: &'static str) -> Headers {
    vec![("content-type".into(), content_type.into()), ("date".into(), draw.http_date().into())]
}

/// Nanoseconds of a step of the work, drawn from the seed.
fn nanoseconds(call: &Call<'_>, step: &str) -> u64 {
    1_000_000 + call.draw.number(step, 900_000_000)
}

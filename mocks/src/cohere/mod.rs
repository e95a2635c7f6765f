//! [Cohere](https://docs.cohere.com/reference/about) in both versions: v2 with named events, v1 with a JSON object a line; vectors and
//! reranking in either.

mod ask;
mod check;
mod cite;
mod embedding;
mod error;
mod models;
mod refuse;
mod reply;
mod rerank;
mod stream;
mod v1;

use serde_json::Value;
use specs::Violation;

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Rank, Ranking, Vectors, arguments};
use crate::provider::{Call, Denied, Event, Framing, Headers, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Cohere;

const CHAT: &str = "chat";
pub(crate) const CHAT_V1: &str = "chatV1";
const GENERATE: &str = "generate";
const EMBED: &str = "embed";
const EMBED_V1: &str = "embedV1";
const RERANK: &str = "rerank";
const RERANK_V1: &str = "rerankV1";

impl Provider for Cohere {
    fn name(&self) -> &'static str {
        "cohere"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        match crate::provider::documented(self.name(), method, path) {
            Route::Generate(found) => match found.id() {
                CHAT | CHAT_V1 | GENERATE => Route::Generate(found),
                EMBED | EMBED_V1 => Route::Embed(found),
                RERANK | RERANK_V1 => Route::Rank(found),
                models::LIST => Route::Direct(models::LIST, Some(found)),
                _ => Route::Direct(models::GET, Some(found)),
            },
            route => route,
        }
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        match request.bearer() {
            None => Err(denied("no bearer key", "no api key supplied")),
            Some(key) if keys.published.accepts(self.name(), key) => Ok(()),
            Some(_) => Err(denied("unknown key", "invalid api token")),
        }
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        Failure::new(Kind::InvalidRequest, format!("invalid json syntax: {problem}"))
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        refuse::failure(violation, body)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        check::check(call)
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        match call.operation {
            CHAT => ask::read(call),
            CHAT_V1 => v1::ask::chat(call),
            _ => v1::ask::generate(call),
        }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        match call.operation {
            CHAT => good(call, reply::body(call, answer).to_string()),
            CHAT_V1 => {
                let answer = v1::own::called(call, answer);
                good(call, arguments::settle(call, &answer, v1::reply::body(call, &answer).to_string()))
            }
            _ => good(call, v1::generate::body(call, answer).to_string()),
        }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let (content_type, events) = match call.operation {
            CHAT if takes_lines(call.request) => (LINES, stream::lines(stream::events(call, answer))),
            CHAT => ("text/event-stream", stream::events(call, answer)),
            CHAT_V1 => (LINES, v1::stream::events(call, &v1::own::called(call, answer))),
            _ => (LINES, v1::generate::events(call, answer)),
        };
        Stream { headers: headers(&call.draw, content_type), events }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        embedding::ask(call)
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        good(call, embedding::body(call, vectors).to_string())
    }

    fn rank<'a>(&self, call: &Call<'a>) -> Rank<'a> {
        rerank::ask(call)
    }

    fn ranked(&self, call: &Call<'_>, ranking: &Ranking<'_>) -> Whole {
        good(call, rerank::body(call, ranking).to_string())
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let (status, body) = error::body(request, draw, failure);
        Whole { status, headers: headers(draw, JSON), body: body.to_string().into() }
    }

    /// There is no event for errors: the last one tells, before its time.
    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        let message = error::message(call.request, failure);
        match call.operation {
            CHAT if takes_lines(call.request) => stream::line(stream::failed(call, &message)),
            CHAT => stream::failed(call, &message),
            CHAT_V1 => v1::stream::failed(call),
            _ => v1::generate::failed(&message),
        }
    }

    fn framing(&self, call: &Call<'_>) -> Framing {
        let is_sse = call.operation == CHAT && !takes_lines(call.request);
        if is_sse { Framing::Sse } else { Framing::Lines }
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        match models::answer(call) {
            Ok(body) => good(call, body.to_string()),
            Err(failure) => self.error(call.request, &call.draw, &failure),
        }
    }
}

/// Whether the client says that it takes JSON, and does not say that it takes events. The document of version 2 knows events only; but
/// version 1 has lines unless events are asked for, and clients that say so, and read lines of either version, are in wide use.
fn takes_lines(request: &Request) -> bool {
    let accepted = request.header("accept").unwrap_or_default();
    accepted.contains(JSON) && !accepted.contains("text/event-stream") && !accepted.contains("*/*")
}

fn denied(reason: &str, message: &str) -> Box<Denied> {
    let failure = Failure::new(Kind::Authentication, message);
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

const JSON: &str = "application/json";
const LINES: &str = "application/stream+json";

fn good(call: &Call<'_>, body: String) -> Whole {
    Whole { status: 200, headers: headers(&call.draw, JSON), body: body.into() }
}

fn headers(draw: &Draw, content_type: &'static str) -> Headers {
    vec![("content-type".into(), content_type.into()), ("date".into(), draw.http_date().into())]
}

/// The items of an array; none where there is no array.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

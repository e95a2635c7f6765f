//! [Mistral's API](https://docs.mistral.ai/api): chat, what stands in the middle of code, embeddings, models.

mod ask;
mod check;
mod embedding;
mod error;
mod logprobs;
mod models;
mod refuse;
mod reply;
mod stream;

use serde_json::Value;
use specs::Violation;

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Vectors};
use crate::provider::{Call, Denied, Event, Headers, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Mistral;

const FIM: &str = "fimCompletion";

impl Provider for Mistral {
    fn name(&self) -> &'static str {
        "mistral"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        match crate::provider::documented(self.name(), method, path) {
            Route::Generate(found) => match found.id() {
                "createEmbeddings" => Route::Embed(found),
                "listModels" => Route::Direct("listModels", Some(found)),
                "retrieveModel" => Route::Direct("retrieveModel", Some(found)),
                _ => Route::Generate(found),
            },
            route => route,
        }
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        let denied = |reason: &str| {
            let failure = Failure { kind: Some(Kind::Authentication), ..Failure::default() };
            Err(Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None }))
        };
        match request.bearer() {
            None => denied("no bearer key"),
            Some(key) if keys.published.accepts(self.name(), key) => Ok(()),
            Some(_) => denied("unknown key"),
        }
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        refuse::unreadable(problem)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        refuse::failure(violation, body)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        check::check(call)
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        if call.operation == FIM { ask::middle(call) } else { ask::chat(call) }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let headers = of_reply(&call.draw, answer.usage.prompt + answer.usage.completion, JSON);
        Whole { status: 200, headers, body: reply::body(call, answer).to_string().into() }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let tokens = answer.usage.prompt + answer.usage.completion;
        let headers = of_reply(&call.draw, tokens, "text/event-stream; charset=utf-8");
        Stream { headers, events: stream::events(call, answer) }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        embedding::ask(call)
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        let body = embedding::body(call, vectors).to_string();
        Whole { status: 200, headers: of_reply(&call.draw, vectors.tokens, JSON), body: body.into() }
    }

    fn error(&self, _request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let (status, body) = error::body(draw, failure);
        let mut headers = plain(draw, JSON);
        if status == 429 {
            headers.push(("x-ratelimit-remaining-req-minute".into(), "0".into()));
            headers.push(("retry-after".into(), "1".into()));
        }
        Whole { status, headers, body: body.to_string().into() }
    }

    fn interruption(&self, _call: &Call<'_>, failure: &Failure) -> Event {
        stream::framed(&error::object(failure).1)
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        match models::answer(call) {
            Ok(body) => {
                Whole { status: 200, headers: plain(&call.draw, JSON), body: body.to_string().into() }
            }
            Err(failure) => self.error(call.request, &call.draw, &failure),
        }
    }
}

const JSON: &str = "application/json";
const REQUESTS: u64 = 300;
const TOKENS: u64 = 2_000_000;

/// Headers of a reply that cost `tokens`, with what is left of the limits.
fn of_reply(draw: &Draw, tokens: u64, content_type: &'static str) -> Headers {
    let used = draw.number("requests", 100) + 1;
    let mut headers = plain(draw, content_type);
    let mut add = |name: &'static str, value: u64| headers.push((name.into(), value.to_string().into()));
    add("x-ratelimit-limit-req-minute", REQUESTS);
    add("x-ratelimit-remaining-req-minute", REQUESTS - used);
    add("x-ratelimit-limit-tokens-minute", TOKENS);
    add("x-ratelimit-remaining-tokens-minute", TOKENS.saturating_sub(tokens));
    add("x-ratelimit-tokens-query-cost", tokens);
    headers
}

/// Headers of any reply.
fn plain(draw: &Draw, content_type: &'static str) -> Headers {
    let id = draw.uuid("correlation");
    vec![
        ("content-type".into(), content_type.into()),
        ("date".into(), draw.http_date().into()),
        ("mistral-correlation-id".into(), id.clone().into()),
        ("x-kong-request-id".into(), id.into()),
        ("access-control-allow-origin".into(), "*".into()),
    ]
}

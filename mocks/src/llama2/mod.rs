//! A server that completes raw prompts of Llama 2's chat models: Kong's
//! [`llama2_format: raw`](https://github.com/Kong/kong/blob/master/kong/llm/drivers/llama2.lua), at any path.

mod ask;
mod error;
mod reply;

use serde_json::Value;
use specs::Violation;

use crate::Keys;
use crate::answer::{Answer, Ask};
use crate::provider::{Call, Denied, Event, Headers, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Llama2;

impl Provider for Llama2 {
    /// As gateways call the form: there are others that servers of Llama 2 speak, which have mocks of their own.
    fn name(&self) -> &'static str {
        "llama2-raw"
    }

    /// Its user chooses the path.
    fn route(&self, method: &str, _path: &str) -> Route {
        crate::provider::documented(self.name(), method, "/")
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        let reason = match request.bearer() {
            Some(key) if keys.published.accepts(self.name(), key) => return Ok(()),
            Some(_) => "unknown key",
            None => "no bearer key",
        };
        let failure = Failure { kind: Some(Kind::Authentication), ..Failure::default() };
        Err(Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None }))
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        Failure::new(Kind::Unprocessable, format!("Failed to parse the request body as JSON: {problem}"))
    }

    fn refuse(&self, violation: &Violation, _body: &Value) -> Failure {
        error::refuse(violation)
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        ask::read(call)
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let body = reply::body(call, answer).to_string();
        Whole { status: 200, headers: headers(&call.draw), body: body.into() }
    }

    /// It has none, and refuses whoever asks for one.
    fn stream(&self, call: &Call<'_>, _answer: &Answer<'_>) -> Stream {
        Stream { headers: headers(&call.draw), events: Vec::new() }
    }

    fn error(&self, _request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let (status, body) = error::body(failure);
        Whole { status, headers: headers(draw), body: body.into() }
    }

    fn interruption(&self, _call: &Call<'_>, failure: &Failure) -> Event {
        Event { name: "".into(), bytes: error::body(failure).1.into() }
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        self.error(call.request, &call.draw, &Failure { kind: Some(Kind::NotFound), ..Failure::default() })
    }
}

fn headers(draw: &Draw) -> Headers {
    vec![("content-type".into(), "application/json".into()), ("date".into(), draw.http_date().into())]
}

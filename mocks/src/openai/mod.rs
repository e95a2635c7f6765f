//! [OpenAI's chat completions](https://platform.openai.com/docs/api-reference/chat), and the list of models.

mod ask;
mod call;
mod check;
mod error;
mod headers;
mod logprobs;
mod models;
mod refuse;
mod reply;
mod stream;

use serde_json::Value;
use specs::Violation;

use crate::Credentials;
use crate::answer::{Answer, Ask};
use crate::provider::{Call, Denied, Event, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Finish, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct OpenAi;

impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        match (method, path, path.strip_prefix("/v1/models/")) {
            ("GET", "/v1/models", _) => Route::Direct("listModels", None),
            ("GET", _, Some(_)) => Route::Direct("retrieveModel", None),
            (_, "/v1/models", _) | (_, _, Some(_)) => Route::Method,
            _ => crate::provider::documented(self.name(), method, path),
        }
    }

    fn authenticate(&self, request: &Request, credentials: &Credentials) -> Result<(), Box<Denied>> {
        let Some(key) = request.bearer() else {
            return Err(denied("no bearer key", error::NO_KEY.to_owned(), None));
        };
        if credentials.accepts(self.name(), key) {
            return Ok(());
        }
        let message = format!(
            "Incorrect API key provided: {}. You can find your API key at https://platform.openai.com/account/api-keys.",
            masked(key)
        );
        Err(denied("unknown key", message, Some("invalid_api_key")))
    }

    fn unreadable(&self, _problem: &serde_json::Error) -> Failure {
        Failure::new(Kind::InvalidRequest, error::NOT_JSON)
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
        let headers = headers::of_reply(&call.draw, answer.usage, "application/json");
        Whole { status: 200, headers, body: reply::body(call, answer).into() }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let headers = headers::of_reply(&call.draw, answer.usage, "text/event-stream; charset=utf-8");
        Stream { headers, events: stream::events(call, answer) }
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        error::reply(request, draw, failure)
    }

    fn interruption(&self, _call: &Call<'_>, failure: &Failure) -> Event {
        let (_, body) = error::body(&Request::default(), failure);
        Event { name: "".into(), bytes: crate::wire::sse::frame("", &body) }
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        models::answer(call)
    }
}

fn denied(reason: &str, message: String, code: Option<&str>) -> Box<Denied> {
    let failure = Failure { code: code.map(str::to_owned), ..Failure::new(Kind::Authentication, message) };
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

/// A key as the service repeats it: its ends, and stars between.
fn masked(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    if chars.len() <= 12 {
        return "*".repeat(chars.len());
    }
    let (head, tail) = (chars[..8].iter(), chars[chars.len() - 4..].iter());
    head.chain(std::iter::repeat_n(&'*', (chars.len() - 12).min(32))).chain(tail).collect()
}

/// Models that reason in silence: they take `max_completion_tokens` only, and no sampling parameters.
fn reasons(model: &str) -> bool {
    let is = |family: &str| {
        model.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let is_chat = model.starts_with("gpt-5") && model.contains("-chat");
    !is_chat && (["o1", "o3", "o4"].iter().any(|family| is(family)) || model.starts_with("gpt-5"))
}

/// Does the request have a tool of this name that takes text instead of JSON?
fn takes_text(body: &Value, name: &str) -> bool {
    let mut tools = body["tools"].as_array().into_iter().flatten();
    tools.any(|tool| tool["type"] == "custom" && tool["custom"]["name"] == name)
}

/// Why an answer ended, in the words of [`finish_reason`](https://platform.openai.com/docs/api-reference/chat/object).
fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence | Finish::Pause | Finish::Malformed => "stop",
        Finish::Length | Finish::Context => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter | Finish::Guardrail => "content_filter",
    }
}

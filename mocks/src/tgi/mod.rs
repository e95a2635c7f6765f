//! [Text Generation Inference](https://huggingface.co/docs/text-generation-inference/reference/api_reference): its own API, and
//! the one after OpenAI's.

mod chat;
mod check;
mod completion;
pub(crate) mod error;
pub(crate) mod generate;
pub(crate) mod headers;
mod info;
mod message;
pub(crate) mod refuse;
mod token;

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
pub struct Tgi;

const CHAT: &str = "chat_completions";
const COMPLETIONS: &str = "completions";
const COMPAT: &str = "compat_generate";
const STREAM: &str = "generate_stream";

/// What is served where the options name no model.
const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";
const VERSION: &str = "3.3.6-dev0";

impl Provider for Tgi {
    fn name(&self) -> &'static str {
        "tgi"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        match crate::provider::documented(self.name(), method, path) {
            Route::Generate(found) => match found.id() {
                CHAT | COMPLETIONS | COMPAT | STREAM | "generate" => Route::Generate(found),
                "tokenize" => Route::Direct("tokenize", Some(found)),
                "get_chat_tokenize" => Route::Direct("get_chat_tokenize", Some(found)),
                "get_model_info" => Route::Direct("get_model_info", Some(found)),
                "openai_get_model_info" => Route::Direct("openai_get_model_info", Some(found)),
                _ => Route::Direct("health", Some(found)),
            },
            route => route,
        }
    }

    /// A server that was started without a key asks for none; so who sends none is let in, and who sends one must know it.
    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        let is_open = request.header("authorization").is_none() || request.method == "GET";
        if is_open || request.bearer().is_some_and(|key| keys.published.accepts(self.name(), key)) {
            return Ok(());
        }
        let failure = Failure { kind: Some(Kind::Authentication), ..Failure::default() };
        Err(Box::new(Denied { failure, reason: "unknown key".to_owned(), canonical_request: None }))
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
        match call.operation {
            CHAT => chat::ask(call),
            COMPLETIONS => completion::ask(call),
            _ => Ask { model: served(call), ..generate::ask(call, call.operation == STREAM) },
        }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let body = match call.operation {
            CHAT => message::body(call, answer),
            COMPLETIONS => completion::body(call, answer),
            COMPAT => Value::Array(vec![generate::reply(call, answer, true)]),
            _ => generate::reply(call, answer, false),
        };
        Whole { status: 200, headers: headers::of_reply(call, answer), body: body.to_string().into() }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let events = match call.operation {
            CHAT => message::events(call, answer),
            COMPLETIONS => completion::events(call, answer),
            COMPAT => generate::events(call, answer, true),
            _ => generate::events(call, answer, false),
        };
        Stream { headers: headers::of_stream(call), events }
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        error::reply(request, draw, failure)
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        error::event(&call.request.path, failure)
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        info::answer(call)
    }
}

/// The one model of this server.
fn served<'a>(call: &Call<'a>) -> &'a str {
    call.models.and_then(|models| models.first()).map_or(MODEL, String::as_str)
}

/// The model that a chat names, where that is not a mere filler.
fn named<'a>(call: &Call<'a>) -> &'a str {
    call.body["model"].as_str().filter(|name| *name != "tgi").unwrap_or_else(|| served(call))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn event(data: &Value) -> Event {
    Event { name: "".into(), bytes: crate::wire::sse::frame("", data.to_string().as_bytes()) }
}

fn done() -> Event {
    Event { name: "[DONE]".into(), bytes: bytes::Bytes::from_static(b"data: [DONE]\n\n") }
}

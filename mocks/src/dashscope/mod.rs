//! [DashScope](https://www.alibabacloud.com/help/en/model-studio/), the API of Alibaba Cloud's Model Studio: chats and vectors in
//! OpenAI's words below `/compatible-mode`, pictures in words of its own below `/api/v1`, in one call or as a task.

mod check;
mod error;
mod models;
mod order;
mod pictures;
mod tasks;

use serde_json::Value;
use specs::Violation;

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Vectors};
use crate::openai::{self, DASHSCOPE as COMPATIBLE};
use crate::provider::{self, Call, Denied, Event, Headers, Made, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind, Reply};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Dashscope;

/// The document of its own API.
const API: &str = "dashscope-aigc";
const NATIVE: &str = "/api/";

const GENERATE: &str = "generate";
const SYNTHESIZE: &str = "synthesize";
const EDIT: &str = "edit";
const LIST: &str = "listTasks";
const CANCEL: &str = "cancelTask";

impl Provider for Dashscope {
    fn name(&self) -> &'static str {
        "dashscope"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        if !is_native(path) {
            return COMPATIBLE.route(method, path);
        }
        // The official client lists tasks with a slash at the end, and without.
        match provider::documented(API, method, path.trim_end_matches('/')) {
            Route::Generate(found) if method == "GET" || found.id() == CANCEL => {
                Route::Direct(found.id(), Some(found))
            }
            Route::Generate(found) => Route::Make(found),
            route => route,
        }
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        if !is_native(&request.path) {
            return COMPATIBLE.authenticate(request, keys);
        }
        let reason = match request.bearer() {
            Some(key) if keys.published.accepts(self.name(), key) => return Ok(()),
            Some(_) => "unknown key",
            None => "no bearer key",
        };
        let failure = Failure { kind: Some(Kind::Authentication), ..Failure::default() };
        Err(Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None }))
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        COMPATIBLE.unreadable(problem)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        if check::is_of_openai(body) { COMPATIBLE.refuse(violation, body) } else { check::failure(violation) }
    }

    fn tolerates(&self, violation: &Violation) -> bool {
        // Both APIs pass over what they do not know.
        COMPATIBLE.tolerates(violation)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        match call.operation {
            GENERATE | SYNTHESIZE | EDIT => check::check(call),
            _ if is_native(&call.request.path) => Ok(()),
            _ => COMPATIBLE.check(call),
        }
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        COMPATIBLE.ask(call)
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        COMPATIBLE.whole(call, answer)
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        COMPATIBLE.stream(call, answer)
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        COMPATIBLE.embed(call)
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        COMPATIBLE.vectors(call, vectors)
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        if !is_native(&request.path) {
            return COMPATIBLE.error(request, draw, failure);
        }
        let (status, body) = error::body(request, draw, failure);
        Whole { status, headers: headers(draw), body: body.to_string().into() }
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        COMPATIBLE.interruption(call, failure)
    }

    fn make(&self, call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
        let body = match call.operation {
            GENERATE => pictures::body(call, reply)?,
            _ => tasks::begin(call, reply),
        };
        Ok(Made::Whole(good(call, &body)))
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        if !is_native(&call.request.path) {
            return COMPATIBLE.direct(call);
        }
        let answered = match call.operation {
            LIST => tasks::list(call),
            CANCEL => tasks::cancel(call),
            _ => Ok(tasks::look(call)),
        };
        match answered {
            Ok(body) => good(call, &body),
            Err(failure) => self.error(call.request, &call.draw, &failure),
        }
    }
}

/// Whether a path belongs to the API in words of its own. Pictures lie at addresses of their own.
fn is_native(path: &str) -> bool {
    path.starts_with(NATIVE) && !openai::is_address(path)
}

fn good(call: &Call<'_>, body: &Value) -> Whole {
    Whole { status: 200, headers: headers(&call.draw), body: body.to_string().into() }
}

fn headers(draw: &Draw) -> Headers {
    vec![
        ("content-type".into(), "application/json".into()),
        ("date".into(), draw.http_date().into()),
        ("x-request-id".into(), draw.uuid("request").into()),
        ("vary".into(), "Origin,Access-Control-Request-Method,Access-Control-Request-Headers".into()),
    ]
}

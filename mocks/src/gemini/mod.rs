//! [The Gemini API](https://ai.google.dev/api/generate-content) under `v1` and `v1beta`: whole, as one JSON array, and as events.

mod ask;
mod batches;
mod check;
mod embedding;
mod error;
mod files;
mod images;
mod live;
mod models;
mod page;
mod refuse;
mod reply;
mod stream;
pub(crate) mod videos;

use serde_json::Value;
use specs::Violation;

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Vectors, arguments};
use crate::cloud::google;
use crate::live::Live;
use crate::provider::{Call, Denied, Event, Framing, Headers, Made, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind, Reply};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Gemini;

pub(crate) use ask::list;
pub(crate) use images::draws;

/// The versions of the API that live.
const VERSIONS: [&str; 3] = ["v1", "v1beta", "v1alpha"];
/// <https://ai.google.dev/gemini-api/docs/oauth>
const SCOPES: [&str; 2] = [google::PLATFORM, "https://www.googleapis.com/auth/generative-language.retriever"];
const STREAM: &str = "streamGenerateContent";
const EMBED: &str = "embedContent";
const BATCH_EMBED: &str = "batchEmbedContents";

impl Provider for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        if let Some(documented) = live::documented(path) {
            return match crate::provider::documented(self.name(), method, documented) {
                Route::Generate(found) => Route::Live(found),
                route => route,
            };
        }
        let below = path.strip_prefix("/upload/").unwrap_or(path).trim_start_matches('/');
        let version = below.split('/').next().unwrap_or_default();
        if !VERSIONS.contains(&version) {
            return Route::NotFound;
        }
        match crate::provider::documented(self.name(), method, path) {
            Route::Generate(found) => match found.id() {
                images::PREDICT | videos::BEGIN => Route::Make(found),
                "generateContent" if found.parameter("model").is_some_and(|model| draws(&model)) => {
                    Route::Make(found)
                }
                "generateContent" | STREAM => Route::Generate(found),
                EMBED | BATCH_EMBED => Route::Embed(found),
                "countTokens" => Route::Direct("countTokens", Some(found)),
                "listModels" => Route::Direct("listModels", Some(found)),
                live::CREATE_TOKEN => Route::Direct(live::CREATE_TOKEN, Some(found)),
                id => {
                    let own = batches::named(id).or_else(|| files::named(id)).or_else(|| videos::named(id));
                    Route::Direct(own.unwrap_or("getModel"), Some(found))
                }
            },
            route => route,
        }
    }

    /// The key as `x-goog-api-key`, or as `key` in the query; or an access token of OAuth.
    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        if let Some(checked) = live::check_token(request, keys) {
            return checked;
        }
        let key = request.header("x-goog-api-key").or_else(|| parameter(request, "key"));
        match key {
            // The address of an upload that goes on is a secret of its own.
            None if request.path.starts_with("/upload/") && parameter(request, "upload_id").is_some() => {
                Ok(())
            }
            None => match request.bearer() {
                Some(token) => {
                    google::check(token, &SCOPES, &keys.issued).map_err(crate::vertex::error::refused)
                }
                None => Err(denied(Kind::Permission, "no key", error::NO_KEY, None)),
            },
            Some(key) if keys.published.accepts(self.name(), key) => Ok(()),
            Some(_) => {
                // The service calls a bad key a bad request.
                let message = "API key not valid. Please pass a valid API key.";
                Err(denied(Kind::InvalidRequest, "unknown key", message, Some("API_KEY_INVALID")))
            }
        }
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        Failure::new(Kind::InvalidRequest, format!("Invalid JSON payload received. {problem}"))
    }

    /// Official clients say of the pieces of a file that they are JSON.
    fn is_bytes(&self, request: &Request) -> bool {
        let is_json =
            request.header("content-type").is_some_and(|media| media.starts_with("application/json"));
        !is_json || parameter(request, "upload_id").is_some()
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        refuse::failure(violation, body)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        check::check(call)?;
        match call.operation {
            videos::BEGIN => videos::check(call),
            EMBED | BATCH_EMBED => embedding::check(call),
            _ => Ok(()),
        }
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        ask::read(call)
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let body = format!("{:#}\n", reply::body(call, answer));
        let body = arguments::settle(call, answer, body);
        Whole { status: 200, headers: headers(&call.draw, JSON), body: body.into() }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let content_type = match self.framing(call) {
            Framing::Sse => "text/event-stream",
            _ => JSON,
        };
        Stream { headers: headers(&call.draw, content_type), events: stream::events(call, answer) }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        embedding::ask(call)
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        good(call, &embedding::body(call, vectors))
    }

    /// On a stream that is an array the error is its only element.
    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let (status, body) = error::body(request, failure);
        let is_array = request.path.ends_with(STREAM) && framing(request) == Framing::Array;
        let body = if is_array { Value::Array(vec![body]) } else { body };
        Whole { status, headers: headers(draw, JSON), body: format!("{body:#}\n").into() }
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        interruption(call, failure, 1)
    }

    fn interrupted(
        &self,
        call: &Call<'_>,
        _answer: &Answer<'_>,
        failure: &Failure,
        after: usize,
    ) -> Vec<Event> {
        vec![interruption(call, failure, after)]
    }

    fn framing(&self, call: &Call<'_>) -> Framing {
        framing(call.request)
    }

    fn live(&self, call: &Call<'_>) -> Result<(Whole, Box<dyn Live>), Failure> {
        live::open(call)
    }

    fn make(&self, call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
        match call.operation {
            videos::BEGIN => Ok(Made::Whole(videos::make(call, reply))),
            _ => Ok(images::make(call, reply)),
        }
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        let answered = match call.operation {
            operation if batches::named(operation).is_some() => batches::answer(call),
            operation if files::named(operation).is_some() => files::answer(call),
            live::CREATE_TOKEN => live::create_token(call).map(|body| good(call, &body)),
            operation if videos::named(operation).is_some() => videos::answer(call),
            _ => models::answer(call).map(|body| good(call, &body)),
        };
        match answered {
            Ok(whole) => whole,
            Err(failure) => self.error(call.request, &call.draw, &failure),
        }
    }
}

fn interruption(call: &Call<'_>, failure: &Failure, after: usize) -> Event {
    let (_, body) = error::body(call.request, failure);
    stream::interruption(framing(call.request), &body, after)
}

/// `alt=sse` asks for events.
fn framing(request: &Request) -> Framing {
    if parameter(request, "alt") == Some("sse") { Framing::Sse } else { Framing::Array }
}

/// A parameter of the query, as sent.
fn parameter<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut pairs = request.query.as_deref()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn denied(kind: Kind, reason: &str, message: &str, code: Option<&str>) -> Box<Denied> {
    let failure = Failure { code: code.map(str::to_owned), ..Failure::new(kind, message) };
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

pub(crate) const JSON: &str = "application/json; charset=UTF-8";

pub(crate) fn good(call: &Call<'_>, body: &Value) -> Whole {
    Whole { status: 200, headers: headers(&call.draw, JSON), body: format!("{body:#}\n").into() }
}

pub(crate) fn headers(draw: &Draw, content_type: &'static str) -> Headers {
    vec![
        ("content-type".into(), content_type.into()),
        ("date".into(), draw.http_date().into()),
        ("server".into(), "scaffolding on HTTPServer2".into()),
        ("vary".into(), "Origin, X-Origin, Referer".into()),
    ]
}

/// Whether it is Vertex AI that is asked: all of its models are below a project.
fn is_vertex(request: &Request) -> bool {
    request.path.contains("/projects/")
}

/// The model that the path names.
fn model(call: &Call<'_>) -> String {
    call.found.and_then(|found| found.parameter("model")).unwrap_or_default()
}

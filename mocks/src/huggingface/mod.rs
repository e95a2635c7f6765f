//! [Hugging Face](https://huggingface.co/docs/inference-providers/index): the router's chats, and HF Inference's completions and
//! vectors, at today's paths and at those of the older host.

mod error;
mod models;
mod vectors;
mod works;

use serde_json::Value;
use specs::{Operation, Violation};

use crate::answer::{Answer, Ask, Embed, Format, Vectors};
use crate::openai::{self, OPENAI, OpenAi};
use crate::provider::{Call, Denied, Event, Headers, Made, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind, Reply};
use crate::seed::Draw;
use crate::{Keys, tgi};

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct HuggingFace;

/// Where those stand that make videos.
const VIDEOS: &str = "/v1/videos";
/// Behind the router are those who speak OpenAI's dialect.
const BEHIND: OpenAi = OpenAi { name: "huggingface", is_open: true, is_aloud: true, ..OPENAI };

impl Provider for HuggingFace {
    fn name(&self) -> &'static str {
        "huggingface"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        match crate::provider::documented(self.name(), method, path) {
            Route::Generate(found) if found.id() == "listModels" => Route::Direct("listModels", Some(found)),
            Route::Generate(found) if found.id().starts_with("featureExtraction") => Route::Embed(found),
            Route::Generate(found) if found.id() == "textGeneration" && is_work(&found) => Route::Make(found),
            Route::Generate(found) if openai::is_work(found.id()) => Route::Make(found),
            Route::Generate(found) if openai::is_direct(found.id()) => Route::Direct(found.id(), Some(found)),
            route => route,
        }
    }

    /// What a model makes says what it is asked in.
    fn variant(&self, request: &Request) -> Result<Option<&'static str>, Failure> {
        Ok(match crate::provider::documented(self.name(), &request.method, &request.path) {
            Route::Generate(found) if found.id() == "textGeneration" => {
                works::variant(&found.parameter("model").unwrap_or_default(), request)
            }
            _ => None,
        })
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        let (reason, message) = match request.bearer() {
            _ if request.method == "GET" && !request.path.starts_with(VIDEOS) => return Ok(()),
            Some(key) if keys.published.accepts(self.name(), key) => return Ok(()),
            Some(_) => ("unknown key", "Invalid username or password."),
            None => ("no bearer key", "Missing authentication: sign in, or send a token."),
        };
        let failure = Failure::new(Kind::Authentication, message);
        Err(Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None }))
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        tgi::refuse::unreadable(problem)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        // A chat has messages, everything else inputs.
        if body.get("inputs").is_some() {
            tgi::refuse::failure(violation, body)
        } else {
            error::refuse(violation)
        }
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        if call.operation == "listModels" || openai::is_direct(call.operation) {
            return Ok(());
        }
        if openai::is_work(call.operation) {
            return BEHIND.check(call);
        }
        let model = asked(call);
        let (name, _) = suffix(&model);
        let is_known = |models: &[String]| models.iter().any(|known| known == name || *known == model);
        if call.models.is_some_and(|models| !is_known(models)) {
            return Err(if is_routed(call) { error::unsupported(&model) } else { error::absent(&model) });
        }
        if is_routed(call)
            && let Some(name) =
                ["parameters", "options", "inputs"].iter().find(|name| call.body.get(**name).is_some())
        {
            // What an older gateway sends here, nobody behind the router takes.
            let message = format!("Extra inputs are not permitted: {name}");
            return Err(Failure::new(Kind::InvalidRequest, message));
        }
        Ok(())
    }

    fn waits(&self, request: &Request, failure: &Failure) -> bool {
        let in_body = || {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            body["options"]["wait_for_model"] == true
        };
        let asks = request.header("x-wait-for-model") == Some("true") || in_body();
        failure.kind() == Kind::NotReady && asks
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        if is_prompt(call) {
            return tgi::generate::ask(call, false);
        }
        let mut ask = BEHIND.ask(call);
        // The official client asks for a schema so, where it knows the address only.
        if let Some(schema) = call.body["response_format"].get("value") {
            ask.format = Format::Schema(schema);
        }
        ask
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let mut headers = headers(&call.draw, call.request, "application/json");
        let body = if is_prompt(call) {
            headers.extend(tgi::headers::of_work(call, answer));
            Value::Array(vec![tgi::generate::reply(call, answer, true)]).to_string().into()
        } else {
            BEHIND.whole(call, &behind(answer)).body
        };
        Whole { status: 200, headers, body }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let events = if is_prompt(call) {
            tgi::generate::events(call, answer, true)
        } else {
            BEHIND.stream(call, &behind(answer)).events
        };
        Stream { headers: headers(&call.draw, call.request, "text/event-stream"), events }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        vectors::ask(call)
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        let headers = headers(&call.draw, call.request, "application/json");
        Whole { status: 200, headers, body: vectors::body(call, vectors).to_string().into() }
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let (status, content_type, body) = error::body(request, failure);
        Whole { status, headers: headers(draw, request, content_type), body: body.into() }
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        if is_prompt(call) {
            let (_, body) = tgi::error::body(failure);
            return Event {
                name: "".into(),
                bytes: crate::wire::sse::frame("", body.to_string().as_bytes()),
            };
        }
        BEHIND.interruption(call, failure)
    }

    fn make(&self, call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
        match openai::is_work(call.operation) {
            true => BEHIND.make(call, reply),
            false => works::make(call, reply),
        }
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        if openai::is_direct(call.operation) {
            return match openai::given(call, &openai::MANNER) {
                Ok(given) => given.whole(|content_type| headers(&call.draw, call.request, content_type)),
                Err(failure) => self.error(call.request, &call.draw, &failure),
            };
        }
        let headers = headers(&call.draw, call.request, "application/json");
        Whole { status: 200, headers, body: models::list(call).to_string().into() }
    }
}

/// Whether the model of a path draws or hears.
fn is_work(found: &Operation) -> bool {
    let model = found.parameter("model").unwrap_or_default();
    works::variant(&model, &Request::default()).is_some()
}

/// A chat by way of the router, which finds by the model's name who is to serve it.
fn is_routed(call: &Call<'_>) -> bool {
    call.operation == "chatCompletion"
}

/// A prompt, in the dialect of the inference server.
fn is_prompt(call: &Call<'_>) -> bool {
    call.operation.starts_with("textGeneration")
}

/// The model that is asked for: of the path, where that has one.
fn asked(call: &Call<'_>) -> String {
    let of_path = call.found.and_then(|found| found.parameter("model"));
    of_path.unwrap_or_else(|| call.body["model"].as_str().unwrap_or_default().to_owned())
}

/// A model's name, and who is to serve it.
fn suffix(model: &str) -> (&str, Option<&str>) {
    model.split_once(':').map_or((model, None), |(name, provider)| (name, Some(provider)))
}

/// The answer as whoever serves it tells it: without its own name after the model's.
fn behind<'a>(answer: &Answer<'a>) -> Answer<'a> {
    let model = suffix(&answer.model).0.to_owned();
    Answer { model: model.into(), ..answer.clone() }
}

fn headers(draw: &Draw, request: &Request, content_type: &'static str) -> Headers {
    let provider = if request.path.starts_with("/v1/") { "groq" } else { "hf-inference" };
    vec![
        ("content-type".into(), content_type.into()),
        ("date".into(), draw.http_date().into()),
        ("x-request-id".into(), draw.uuid("request").into()),
        ("x-inference-provider".into(), provider.into()),
        ("x-powered-by".into(), "huggingface-moon".into()),
        ("access-control-allow-origin".into(), "https://huggingface.co".into()),
    ]
}

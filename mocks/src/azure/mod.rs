//! [Azure OpenAI](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference): OpenAI's dialect with keys, paths and errors of
//! its own, and with what content filters found. The classic API has the deployment in its paths and a version in its query, the
//! [newer one](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/latest) stands at `/openai/v1`.

mod error;
mod filter;
mod kept;
mod models;
mod videos;

use std::borrow::Cow;

use serde_json::Value;
use specs::Violation;

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Vectors};
use crate::cloud;
use crate::openai::{self, OPENAI};
use crate::provider::{self, Call, Denied, Event, Framing, Headers, Made, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind, Reply};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Azure;

/// For whom tokens must be: [the service](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/managed-identity), or what
/// it is a part of.
const AUDIENCES: [&str; 2] = ["https://cognitiveservices.azure.com", "https://ai.azure.com"];
const DEPLOYMENTS: &str = "/openai/deployments/";
const NEWER: &str = "/openai/v1/";

impl Provider for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        if method == "GET" && openai::is_address(path) {
            return Route::Direct(openai::SHOWN, None);
        }
        match provider::documented(self.name(), method, path) {
            Route::Generate(found) if openai_id(found.id()) == openai::EMBEDDING => Route::Embed(found),
            Route::Generate(found) if found.id() == videos::CREATE => Route::Make(found),
            Route::Generate(found) if videos::has(found.id()) => Route::Direct(found.id(), Some(found)),
            Route::Generate(found) if openai::is_work(openai_id(found.id())) => Route::Make(found),
            Route::Generate(found) if openai::is_direct(openai_id(found.id())) => {
                Route::Direct(found.id(), Some(found))
            }
            Route::Generate(found) if found.method() == "GET" => Route::Direct(found.id(), Some(found)),
            route => route,
        }
    }

    /// The key in a header of its own; a token of Entra, or with the newer API the key, as a bearer's.
    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        if request.method == "GET" && openai::is_address(&request.path) {
            return Ok(());
        }
        match (request.header("api-key"), request.bearer()) {
            (Some(key), _) | (None, Some(key)) if keys.published.accepts(self.name(), key) => Ok(()),
            (Some(_), _) => Err(denied("unknown key", error::DENIED)),
            // There, what is no token can only be a key.
            (None, Some(key)) if request.path.starts_with(NEWER) && !key.starts_with("ey") => {
                Err(denied("unknown key", error::DENIED))
            }
            (None, Some(token)) => cloud::azure::check(token, &AUDIENCES, &keys.issued)
                .map_err(|why| denied(why, error::BAD_TOKEN)),
            (None, None) => Err(denied("no key", error::DENIED)),
        }
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        OPENAI.unreadable(problem)
    }

    fn unformed(&self, request: &Request, problem: &str) -> Failure {
        OPENAI.unformed(request, problem)
    }

    fn tolerates(&self, violation: &Violation) -> bool {
        OPENAI.tolerates(violation)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        if violation.pointer == "/purpose" && violation.keyword == "enum" {
            return Failure::new(Kind::InvalidRequest, error::NO_PURPOSE);
        }
        if violation.pointer.is_empty() && violation.expected == "member `model`" {
            return Failure::new(Kind::InvalidRequest, "you must provide a model parameter");
        }
        OPENAI.refuse(violation, body)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        if call.operation == openai::SHOWN {
            return Ok(());
        }
        check_version(call)?;
        if videos::is_meant(&call.request.path) {
            videos::is_deployed(call)?;
        }
        if videos::has(call.operation) {
            return videos::check(call);
        }
        let Some(deployment) = deployment(call) else { return OPENAI.check(&as_openai(call)) };
        if call.models.is_some_and(|models| !models.iter().any(|known| known == deployment)) {
            let failure = Failure::new(Kind::NotFound, error::NO_DEPLOYMENT);
            return Err(Failure { code: Some("DeploymentNotFound".to_owned()), ..failure });
        }
        let mut body = call.body.clone();
        body["model"] = deployment.into();
        OPENAI.check(&Call { body: &body, ..as_openai(call) })
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        let ask = OPENAI.ask(&as_openai(call));
        Ask { model: deployment(call).unwrap_or(ask.model), ..ask }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let Whole { status, body, .. } = OPENAI.whole(&as_openai(call), answer);
        // Of responses the filter says nothing while it finds nothing.
        let body = if call.operation == openai::RESPONSE { body } else { filter::reply(&body) };
        Whole { status, headers: headers(&call.draw, JSON), body }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let Stream { events, .. } = OPENAI.stream(&as_openai(call), answer);
        let events = match (call.operation, answer.late_filter) {
            (openai::RESPONSE, _) => events,
            (_, true) => filter::late_stream(events),
            (_, false) => filter::stream(events),
        };
        Stream { headers: headers(&call.draw, EVENTS), events }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        let call = as_openai(call);
        let embed = OPENAI.embed(&call);
        let Some(model) = deployment(&call) else { return embed };
        Embed { model, dimensions: embed.dimensions.or_else(|| openai::dimensions(model)), ..embed }
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        Whole { headers: headers(&call.draw, JSON), ..OPENAI.vectors(&as_openai(call), vectors) }
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let (status, body) = match () {
            () if kept::is_meant(&request.path) => error::of_kept(failure),
            () if videos::is_meant(&request.path) => error::of_video(failure),
            () => error::body(failure),
        };
        let mut headers = headers(draw, JSON);
        if failure.kind() == Kind::RateLimit {
            headers.push(("retry-after".into(), "1".into()));
            headers.push(("retry-after-ms".into(), "1000".into()));
        }
        Whole { status, headers, body: body.into() }
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        if openai::is_work(openai_id(call.operation)) {
            return OPENAI.interruption(&as_openai(call), failure);
        }
        let (_, body) = error::body(failure);
        Event { name: "".into(), bytes: crate::wire::sse::frame("", body.as_bytes()) }
    }

    fn interrupted(
        &self,
        call: &Call<'_>,
        answer: &Answer<'_>,
        failure: &Failure,
        after: usize,
    ) -> Vec<Event> {
        match call.operation {
            openai::RESPONSE => OPENAI.interrupted(call, answer, failure, after),
            _ => vec![self.interruption(call, failure)],
        }
    }

    fn direct_stream(&self, call: &Call<'_>) -> Option<Result<Stream, Failure>> {
        let call = &as_openai(call);
        if let Some(events) = openai::happening(call, &kept::MANNER) {
            return Some(events.map(|events| Stream { headers: headers(&call.draw, EVENTS), events }));
        }
        let streamed = OPENAI.direct_stream(call)?;
        Some(streamed.map(|stream| Stream { headers: headers(&call.draw, EVENTS), ..stream }))
    }

    fn make(&self, call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
        if call.operation == videos::CREATE {
            return Ok(Made::Whole(videos::make(call, reply)));
        }
        let model = deployment(call);
        let mut body = call.body.clone();
        if let Some(model) = model {
            body["model"] = model.into();
        }
        Ok(match OPENAI.make(&Call { body: &body, ..as_openai(call) }, reply)? {
            Made::Whole(whole) => {
                let kind = whole.headers.into_iter().find(|(name, _)| name == "content-type");
                Made::Whole(Whole { headers: dressed(&call.draw, kind), ..whole })
            }
            Made::Stream(stream) => {
                let kind = stream.headers.into_iter().find(|(name, _)| name == "content-type");
                Made::Stream(Stream { headers: dressed(&call.draw, kind), ..stream })
            }
        })
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        if let Some(shown) = openai::show(call) {
            return shown;
        }
        if videos::has(call.operation) {
            let answered = videos::answer(call);
            return answered.unwrap_or_else(|failure| self.error(call.request, &call.draw, &failure));
        }
        let call = &as_openai(call);
        if openai::is_direct(call.operation) {
            return match openai::given(call, &kept::MANNER) {
                Ok(given) => given.whole(|content_type| headers(&call.draw, content_type)),
                Err(failure) => self.error(call.request, &call.draw, &failure),
            };
        }
        let known = call.models.map(|models| models.iter().map(String::as_str).collect::<Vec<_>>());
        let known = known.unwrap_or_else(|| models::OWN.to_vec());
        let list = match call.operation {
            "Models_List" => models::list(&known, models::base),
            "Deployments_List" => models::list(&known, models::deployment),
            _ => {
                let listed = openai::listed(call, models::OWN);
                return listed.map_or_else(
                    |absent| self.error(call.request, &call.draw, &absent),
                    |body| whole(&call.draw, &body),
                );
            }
        };
        whole(&call.draw, &list)
    }

    fn framing(&self, call: &Call<'_>) -> Framing {
        OPENAI.framing(&as_openai(call))
    }
}

/// The classic API wants a version, which the newer one has none of.
fn check_version(call: &Call<'_>) -> Result<(), Failure> {
    let mut pairs = call.request.query.as_deref().unwrap_or_default().split('&');
    let version = pairs.find_map(|pair| pair.strip_prefix("api-version="));
    match version.filter(|version| !version.is_empty()) {
        None if !call.request.path.starts_with(NEWER) => Err(Failure::new(Kind::NotFound, error::NOTHING)),
        Some(dated)
            if call.request.path.starts_with(NEWER) && !matches!(dated, "v1" | "preview" | "latest") =>
        {
            let failure = Failure::new(Kind::InvalidRequest, error::NO_VERSION);
            Err(Failure { code: Some("BadRequest".to_owned()), ..failure })
        }
        _ => Ok(()),
    }
}

/// The same call as OpenAI names it.
fn as_openai<'a>(call: &Call<'a>) -> Call<'a> {
    Call { operation: openai_id(call.operation), ..*call }
}

fn openai_id(operation: &str) -> &str {
    match operation {
        "ChatCompletions_Create" => openai::CHAT,
        "Completions_Create" => openai::COMPLETION,
        "Embeddings_Create" => openai::EMBEDDING,
        "ImageGenerations_Create" => openai::IMAGE,
        "ImageEdits_Create" => openai::IMAGE_EDIT,
        "Speech_Create" => openai::SPEECH,
        "Transcriptions_Create" => openai::TRANSCRIPTION,
        "Translations_Create" => openai::TRANSLATION,
        other => kept::openai_id(other),
    }
}

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream; charset=utf-8";

fn headers(draw: &Draw, content_type: &'static str) -> Headers {
    vec![
        ("content-type".into(), content_type.into()),
        ("date".into(), draw.http_date().into()),
        ("apim-request-id".into(), draw.uuid("apim").into()),
        ("x-ms-region".into(), "East US".into()),
        ("x-ratelimit-remaining-requests".into(), draw.number("requests", 100).to_string().into()),
    ]
}

/// Azure's headers around what a work is.
fn dressed(draw: &Draw, kind: Option<(Cow<'static, str>, Cow<'static, str>)>) -> Headers {
    let own = headers(draw, JSON).into_iter().filter(|(name, _)| name != "content-type");
    own.chain(kind).collect()
}

fn whole(draw: &Draw, body: &Value) -> Whole {
    Whole { status: 200, headers: headers(draw, JSON), body: body.to_string().into() }
}

/// The deployment that a classic path names; it is the model.
fn deployment<'a>(call: &Call<'a>) -> Option<&'a str> {
    call.request.path.strip_prefix(DEPLOYMENTS)?.split('/').next()
}

fn denied(reason: &str, message: &str) -> Box<Denied> {
    let failure = Failure::new(Kind::Authentication, message);
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

//! [Azure OpenAI](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference): OpenAI's dialect with keys, paths and errors of
//! its own, and with what content filters found. The classic API has the deployment in its paths and a version in its query, the
//! [newer one](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/latest) stands at `/openai/v1`.

mod error;
mod filter;

use serde_json::Value;
use specs::Violation;

use crate::Credentials;
use crate::answer::{Answer, Ask, Embed, Vectors};
use crate::openai::OPENAI;
use crate::provider::{Call, Denied, Event, Framing, Headers, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Azure;

const CLASSIC: &str = "/openai/deployments/";
const NEWER: &str = "/openai/v1";

impl Provider for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    /// Where OpenAI has the same.
    fn route(&self, method: &str, path: &str) -> Route {
        if let Some(rest) = path.strip_prefix(NEWER) {
            return OPENAI.route(method, &format!("/v1{rest}"));
        }
        let deployed = path.strip_prefix(CLASSIC).and_then(|rest| rest.split_once('/'));
        match deployed.filter(|(deployment, _)| !deployment.is_empty()) {
            Some((_, "chat/completions" | "completions" | "embeddings")) => {
                let api = deployed.map_or("", |(_, api)| api);
                OPENAI.route(method, &format!("/v1/{api}"))
            }
            _ => Route::NotFound,
        }
    }

    /// The key in a header of its own; a token of Entra, or with the newer API the key, as a bearer's.
    fn authenticate(&self, request: &Request, credentials: &Credentials) -> Result<(), Box<Denied>> {
        let key = request.header("api-key").or_else(|| request.bearer());
        match key {
            Some(key) if credentials.accepts(self.name(), key) => Ok(()),
            Some(_) => Err(denied("unknown key")),
            None => Err(denied("no key")),
        }
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        OPENAI.unreadable(problem)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        OPENAI.refuse(violation, body)
    }

    /// In the classic API the path names the model.
    fn tolerates(&self, violation: &Violation) -> bool {
        violation.keyword == "required"
            && violation.pointer.is_empty()
            && violation.expected.contains("`model`")
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        let is_classic = call.request.path.starts_with(CLASSIC);
        let version = call.request.query.as_deref().unwrap_or_default().split('&');
        let has_version =
            version.filter_map(|pair| pair.strip_prefix("api-version=")).any(|version| !version.is_empty());
        if is_classic && !has_version {
            return Err(Failure::new(Kind::NotFound, error::NOTHING));
        }
        if !is_classic && call.body.is_object() && call.body.get("model").is_none() {
            return Err(Failure::new(Kind::InvalidRequest, "you must provide a model parameter"));
        }
        if is_classic
            && call.models.is_some_and(|models| !models.iter().any(|known| known == deployment(call)))
        {
            let failure = Failure::new(Kind::NotFound, error::NO_DEPLOYMENT);
            return Err(Failure { code: Some("DeploymentNotFound".to_owned()), ..failure });
        }
        let models = call.models.filter(|_| !is_classic);
        OPENAI.check(&Call { models, ..*call })
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        let ask = OPENAI.ask(call);
        if ask.model.is_empty() { Ask { model: deployment(call), ..ask } } else { ask }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let Whole { status, body, .. } = OPENAI.whole(call, answer);
        Whole { status, headers: headers(&call.draw, JSON), body: filter::reply(&body) }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let Stream { events, .. } = OPENAI.stream(call, answer);
        Stream {
            headers: headers(&call.draw, "text/event-stream; charset=utf-8"),
            events: filter::stream(events),
        }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        let embed = OPENAI.embed(call);
        if embed.model.is_empty() { Embed { model: deployment(call), ..embed } } else { embed }
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        Whole { headers: headers(&call.draw, JSON), ..OPENAI.vectors(call, vectors) }
    }

    fn error(&self, _request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let (status, body) = error::body(failure);
        let mut headers = headers(draw, JSON);
        if failure.kind() == Kind::RateLimit {
            headers.push(("retry-after".into(), "1".into()));
        }
        Whole { status, headers, body: body.into() }
    }

    fn interruption(&self, _call: &Call<'_>, failure: &Failure) -> Event {
        let (_, body) = error::body(failure);
        Event { name: "".into(), bytes: crate::wire::sse::frame("", body.as_bytes()) }
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        Whole { headers: headers(&call.draw, JSON), ..OPENAI.direct(call) }
    }

    fn framing(&self, call: &Call<'_>) -> Framing {
        OPENAI.framing(call)
    }
}

const JSON: &str = "application/json";

fn headers(draw: &Draw, content_type: &'static str) -> Headers {
    vec![
        ("content-type".into(), content_type.into()),
        ("date".into(), draw.http_date().into()),
        ("apim-request-id".into(), draw.uuid("apim").into()),
        ("x-ms-region".into(), "East US".into()),
        ("x-ratelimit-remaining-requests".into(), draw.number("requests", 100).to_string().into()),
    ]
}

/// The deployment that a classic path names.
fn deployment<'a>(call: &Call<'a>) -> &'a str {
    let rest = call.request.path.strip_prefix(CLASSIC).unwrap_or_default();
    rest.split('/').next().unwrap_or_default()
}

fn denied(reason: &str) -> Box<Denied> {
    let failure = Failure::new(Kind::Authentication, error::DENIED);
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

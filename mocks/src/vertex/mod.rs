//! [Vertex AI](https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference): Google's models as the Gemini API
//! has them, below a project and a location; models of [Anthropic](https://docs.claude.com/en/api/claude-on-vertex-ai) and others
//! through `rawPredict`, in their own words; deployed models in
//! [OpenAI's](https://cloud.google.com/vertex-ai/generative-ai/docs/start/openai); and the ranking of Vertex AI Search.

pub(crate) mod error;
mod maker;
mod models;
mod predict;
mod rank;

use std::borrow::Cow;

use serde_json::Value;
use specs::{Operation, Violation};

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Rank, Ranking, Vectors};
use crate::cloud::google;
use crate::gemini;
use crate::provider::{Call, Denied, Event, Framing, Made, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind, Reply};
use crate::seed::Draw;
use maker::Maker;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Vertex;

/// The versions of the API that live.
const VERSIONS: [&str; 2] = ["v1", "v1beta1"];
const PREDICT: &str = "predict";
/// Bodies of `predict` for pictures.
const IMAGEN: &str = "imagen";
/// Anthropic's tokens are counted by a model of this name.
const COUNT_TOKENS: &str = "count-tokens";

impl Provider for Vertex {
    fn name(&self) -> &'static str {
        "vertex"
    }

    fn route(&self, method: &str, path: &str) -> Route {
        let version = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if !VERSIONS.contains(&version) {
            return Route::NotFound;
        }
        let found = match crate::provider::documented(self.name(), method, path) {
            Route::Generate(found) => found,
            Route::NotFound => return rank::route(method, path),
            route => return route,
        };
        match found.id() {
            "generateContent" | PREDICT if draws(&found) => Route::Make(found),
            "embedContent" | "batchEmbedContents" | PREDICT => Route::Embed(found),
            "countTokens" => Route::Direct("countTokens", Some(found)),
            gemini::videos::BEGIN => Route::Make(found),
            id if gemini::videos::named(id).is_some() => Route::Direct(found.id(), Some(found)),
            "listPublisherModels" => Route::Direct(models::LIST, Some(found)),
            "getPublisherModel" => Route::Direct(models::GET, Some(found)),
            "anthropicRawPredict" if found.parameter("model").as_deref() == Some(COUNT_TOKENS) => {
                Route::Direct(COUNT_TOKENS, None)
            }
            _ => Route::Generate(found),
        }
    }

    /// An access token of OAuth.
    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        match request.bearer() {
            Some(token) if keys.published.accepts(self.name(), token) => Ok(()),
            Some(token) => google::check(token, &[google::PLATFORM], &keys.issued).map_err(error::refused),
            None => Err(error::denied("no bearer token", error::NO_TOKEN, "CREDENTIALS_MISSING")),
        }
    }

    fn variant(&self, request: &Request) -> Result<Option<&'static str>, Failure> {
        let is_imagen = request.path.ends_with(":predict") && request.path.contains("/models/imagen");
        Ok(if is_imagen { Some(IMAGEN) } else { Maker::of(&request.path).variant(request) })
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        gemini::Gemini.unreadable(problem)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        Maker::of_document(&violation.document).provider().refuse(violation, body)
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        let maker = Maker::of(&call.request.path);
        let model = model(call);
        let is_known = |models: &[String]| models.contains(&model);
        if maker != Maker::Deployed
            && !model.is_empty()
            && call.models.is_some_and(|models| !is_known(models))
        {
            return Err(Failure::new(Kind::NotFound, error::absent(&call.request.path)));
        }
        match call.operation {
            rank::RANK => return rank::check(call.body),
            PREDICT if call.variant == Some(IMAGEN) => return Ok(()),
            PREDICT => return predict::check(call, &model),
            COUNT_TOKENS => return Ok(()),
            _ => {}
        }
        maker.provider().check(&Call { models: None, ..*call })
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        Maker::of(&call.request.path).provider().ask(call)
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let whole = Maker::of(&call.request.path).provider().whole(call, &named(call, answer));
        Whole { headers: gemini::headers(&call.draw, gemini::JSON), ..whole }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let maker = Maker::of(&call.request.path);
        let stream = maker.provider().stream(call, &named(call, answer));
        if maker == Maker::Google {
            return stream;
        }
        Stream { headers: gemini::headers(&call.draw, "text/event-stream; charset=utf-8"), ..stream }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        if call.operation == PREDICT { predict::ask(call) } else { gemini::Gemini.embed(call) }
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        if call.operation == PREDICT {
            return gemini::good(call, &predict::body(call, vectors));
        }
        gemini::Gemini.vectors(call, vectors)
    }

    fn rank<'a>(&self, call: &Call<'a>) -> Rank<'a> {
        rank::ask(call.body)
    }

    fn ranked(&self, call: &Call<'_>, ranking: &Ranking<'_>) -> Whole {
        gemini::good(call, &rank::body(call.body, ranking))
    }

    /// A maker's own words only for what happens at the maker's: not for keys, quotas and paths.
    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let maker = Maker::of(&request.path);
        if maker.tells(failure.kind()) {
            let whole = maker.provider().error(request, draw, failure);
            return Whole { headers: gemini::headers(draw, gemini::JSON), ..whole };
        }
        gemini::Gemini.error(request, draw, failure)
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        Maker::of(&call.request.path).provider().interruption(call, failure)
    }

    fn interrupted(
        &self,
        call: &Call<'_>,
        answer: &Answer<'_>,
        failure: &Failure,
        after: usize,
    ) -> Vec<Event> {
        Maker::of(&call.request.path).provider().interrupted(call, answer, failure, after)
    }

    fn framing(&self, call: &Call<'_>) -> Framing {
        Maker::of(&call.request.path).provider().framing(call)
    }

    fn make(&self, call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
        gemini::Gemini.make(call, reply)
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        match call.operation {
            COUNT_TOKENS => maker::count(call),
            models::LIST | models::GET => match models::answer(call) {
                Ok(body) => gemini::good(call, &body),
                Err(failure) => self.error(call.request, &call.draw, &failure),
            },
            _ => gemini::Gemini.direct(call),
        }
    }
}

/// Whether a model of Google's makes pictures.
fn draws(found: &Operation) -> bool {
    found.parameter("model").is_some_and(|model| gemini::draws(&model))
}

/// The answer, by the model that the path names where the body names none.
fn named<'a>(call: &Call<'_>, answer: &Answer<'a>) -> Answer<'a> {
    let mut answer = answer.clone();
    if answer.model.is_empty() {
        answer.model = Cow::Owned(model(call));
    }
    answer
}

/// The model that the path names.
fn model(call: &Call<'_>) -> String {
    call.found.and_then(|found| found.parameter("model")).unwrap_or_default()
}

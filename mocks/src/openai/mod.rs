//! [OpenAI's chat completions](https://platform.openai.com/docs/api-reference/chat), completions, embeddings, and the
//! list of models; and those who speak the same dialect, whose differences are data.

mod ask;
mod assistants;
mod audio;
mod batches;
mod call;
mod check;
mod completion;
mod embedding;
mod error;
mod files;
mod headers;
mod images;
mod logprobs;
mod models;
mod realtime;
mod refuse;
mod reply;
mod resource;
mod responses;
mod stream;
mod twins;
mod vector_stores;
mod videos;
mod works;

use serde_json::Value;
use specs::{Operation, Violation};

use crate::Keys;
use crate::answer::{Answer, Ask, Embed, Usage, Vectors};
use crate::live::Live;
use crate::provider::{Call, Denied, Event, Made, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Finish, Kind, Reply};
use crate::seed::Draw;

pub(crate) use embedding::length as dimensions;
pub(crate) use files::md5;
pub(crate) use images::{address_of, is_address, show};
pub(crate) use models::listed;
pub(crate) use resource::{Given, Manner, OWN as MANNER};
pub use twins::{DASHSCOPE, TWINS};
pub(crate) use works::has as is_work;

/// Where a stream tells what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// In a chunk of its own, where that is asked for.
    Asked,
    /// The same; and in its last chunk, where it is not.
    Unasked,
    /// In its last chunk, asked for or not.
    Last,
}

/// The mock of OpenAI, or of one who speaks its dialect.
#[derive(Debug, Clone, Copy)]
pub struct OpenAi {
    /// The name of the mock.
    pub name: &'static str,
    /// What stands before `/v1` in its paths.
    pub base: &'static str,
    /// Whether its paths stand without `/v1` too.
    pub is_unversioned: bool,
    /// The operations that it has, by OpenAI's ids, besides chat and models.
    pub operations: &'static [&'static str],
    /// Whether it keeps files and batches.
    pub is_keeper: bool,
    /// Members of OpenAI's that it answers with 400.
    pub refused: &'static [&'static str],
    /// Whether members that it does not know are passed over; OpenAI answers them with 400.
    pub is_open: bool,
    /// Whether models think aloud, in `reasoning_content`.
    pub is_aloud: bool,
    /// Where a stream tells what it cost.
    pub counts: Counts,
    /// Whether an error is a code and a sentence, and no object.
    pub is_flat: bool,
    /// What is listed where the options name no models.
    pub models: &'static [&'static str],
}

/// OpenAI itself.
pub const OPENAI: OpenAi = OpenAi {
    name: "openai",
    base: "",
    is_unversioned: false,
    operations: &[
        COMPLETION,
        EMBEDDING,
        RESPONSE,
        responses::RETRIEVE,
        responses::DELETE,
        responses::CANCEL,
        responses::INPUT_ITEMS,
        responses::COUNT,
        audio::SPEAK,
        audio::TRANSCRIBE,
        audio::TRANSLATE,
        images::GENERATE,
        images::EDIT,
        images::VARY,
        videos::CREATE,
        videos::EDIT,
        videos::EXTEND,
        videos::REMIX,
        realtime::CONNECT,
        realtime::SECRET,
    ],
    is_keeper: true,
    refused: &[],
    is_open: false,
    is_aloud: false,
    counts: Counts::Asked,
    is_flat: false,
    models: &[
        "gpt-4o",
        "gpt-4o-mini",
        "gpt-4.1",
        "gpt-5",
        "gpt-5-mini",
        "o4-mini",
        "sora-2",
        "text-embedding-3-small",
    ],
};

pub(crate) const CHAT: &str = "createChatCompletion";
pub(crate) const COMPLETION: &str = "createCompletion";
pub(crate) const EMBEDDING: &str = "createEmbedding";
pub(crate) const RESPONSE: &str = responses::CREATE;
pub(crate) const SPEECH: &str = audio::SPEAK;
pub(crate) const TRANSCRIPTION: &str = audio::TRANSCRIBE;
pub(crate) const TRANSLATION: &str = audio::TRANSLATE;
pub(crate) const IMAGE: &str = images::GENERATE;
pub(crate) const IMAGE_EDIT: &str = images::EDIT;
/// A picture that was made, at its address.
pub(crate) const SHOWN: &str = "showPicture";

impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        self.name
    }

    fn route(&self, method: &str, path: &str) -> Route {
        if method == "GET" && is_address(path) {
            return Route::Direct(SHOWN, None);
        }
        let Some(path) = path.strip_prefix(self.base) else { return Route::NotFound };
        let has = |operation: &Operation| {
            let id = operation.id();
            id == CHAT || self.operations.contains(&id) || self.is_keeper && resource::has(id)
        };
        let versioned = (self.is_unversioned && !path.starts_with("/v1/")).then(|| format!("/v1{path}"));
        match crate::provider::documented(self.name, method, versioned.as_deref().unwrap_or(path)) {
            Route::Generate(found) if method == "GET" && found.id() == "listModels" => {
                Route::Direct("listModels", Some(found))
            }
            Route::Generate(found) if method == "GET" && found.id() == "retrieveModel" => {
                Route::Direct("retrieveModel", Some(found))
            }
            Route::Generate(found) if !has(&found) => Route::NotFound,
            Route::Generate(found) if found.id() == realtime::CONNECT => Route::Live(found),
            Route::Generate(found) if found.id() == realtime::SECRET => {
                Route::Direct(found.id(), Some(found))
            }
            Route::Generate(found) if found.id() == EMBEDDING => Route::Embed(found),
            Route::Generate(found) if is_work(found.id()) => Route::Make(found),
            Route::Generate(found) if is_direct(found.id()) => Route::Direct(found.id(), Some(found)),
            route => route,
        }
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        if request.method == "GET" && is_address(&request.path) {
            return Ok(());
        }
        let Some(key) = realtime::key(request).or_else(|| request.bearer()) else {
            return Err(denied("no bearer key", error::NO_KEY.to_owned(), None));
        };
        let of_session = || realtime::is_open_to(request, key, keys.published, self.name);
        if keys.published.accepts(self.name, key) || of_session() {
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

    fn unformed(&self, request: &Request, problem: &str) -> Failure {
        error::unformed(request, problem)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        refuse::failure(violation, body)
    }

    fn tolerates(&self, violation: &Violation) -> bool {
        // Where none is foreseen, an empty body is none.
        let is_nothing = violation.keyword == "content" && violation.got == "an empty object";
        is_nothing || self.is_open && violation.keyword == "additionalProperties"
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        if let Some(name) = self.refused.iter().find(|name| call.body.get(**name).is_some()) {
            return Err(refuse::unknown(name));
        }
        match call.operation {
            operation if responses::has(operation) => responses::check(call, self.is_open),
            operation if is_work(operation) => works::check(call),
            _ => check::check(call),
        }
    }

    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        match call.operation {
            COMPLETION => completion::ask(call),
            RESPONSE => responses::ask(call),
            _ => ask::read(call, self.is_aloud),
        }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole {
        let headers = headers::of_reply(&call.draw, answer.usage, "application/json");
        let body = match call.operation {
            COMPLETION => completion::body(call, answer),
            RESPONSE => responses::body(call, answer),
            _ => reply::body(call, answer, self.is_aloud),
        };
        Whole { status: 200, headers, body: body.into() }
    }

    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream {
        let headers = headers::of_reply(&call.draw, answer.usage, "text/event-stream; charset=utf-8");
        let events = match call.operation {
            COMPLETION => completion::events(call, answer),
            RESPONSE => responses::events(call, answer),
            _ => stream::events(call, answer, self),
        };
        Stream { headers, events }
    }

    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        embedding::ask(call)
    }

    fn vectors(&self, call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
        embedding::reply(call, vectors)
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        let whole = error::reply(request, draw, failure);
        if self.is_flat { error::flat(whole, failure) } else { whole }
    }

    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event {
        if is_work(call.operation) {
            return works::interruption(failure);
        }
        let (_, body) = error::body(&Request::default(), failure);
        Event { name: "".into(), bytes: crate::wire::sse::frame("", &body) }
    }

    fn interrupted(
        &self,
        call: &Call<'_>,
        answer: &Answer<'_>,
        failure: &Failure,
        after: usize,
    ) -> Vec<Event> {
        if call.operation != RESPONSE {
            return vec![self.interruption(call, failure)];
        }
        responses::interrupted(call, answer, &error::enclosed(failure), failure, after)
    }

    fn live(&self, call: &Call<'_>) -> Result<(Whole, Box<dyn Live>), Failure> {
        realtime::open(call)
    }

    fn make(&self, call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
        works::make(call, reply)
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        if let Some(shown) = show(call) {
            return shown;
        }
        if call.operation == realtime::SECRET {
            let headers = headers::plain(&call.draw, "application/json");
            return Whole { status: 200, headers, body: realtime::secret(call).into() };
        }
        if !is_direct(call.operation) {
            return models::answer(call, self.models);
        }
        match given(call, &resource::OWN) {
            Err(failure) => self.error(call.request, &call.draw, &failure),
            Ok(given) => given.whole(|content_type| headers::plain(&call.draw, content_type)),
        }
    }

    fn direct_stream(&self, call: &Call<'_>) -> Option<Result<Stream, Failure>> {
        if let Some(events) = happening(call, &resource::OWN) {
            let headers = headers::plain(&call.draw, "text/event-stream; charset=utf-8");
            return Some(events.map(|events| Stream { headers, events }));
        }
        let wanted =
            call.operation == responses::RETRIEVE && call.request.parameter("stream") == Some("true");
        let headers = || headers::of_reply(&call.draw, Usage::default(), "text/event-stream; charset=utf-8");
        wanted.then(|| Ok(Stream { headers: headers(), events: responses::again(call)? }))
    }
}

/// The events of a run, where they are asked for.
pub(crate) fn happening(call: &Call<'_>, manner: &Manner) -> Option<Result<Vec<Event>, Failure>> {
    assistants::stream(call, manner)
}

/// Is this operation one that no model answers: of responses, or of what is kept?
pub(crate) fn is_direct(operation: &str) -> bool {
    responses::has(operation) && operation != RESPONSE || resource::has(operation)
}

/// The answer to one of these.
pub(crate) fn given(call: &Call<'_>, manner: &Manner) -> Result<Given, Failure> {
    match resource::has(call.operation) {
        true => resource::direct(call, manner),
        false => responses::direct(call).map(Given::Json),
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

//! What a provider is to the rest of the mocks, and which there are.

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::Value;
use specs::{Operation, Violation};

use crate::answer::{Answer, Ask, Embed, Rank, Ranking, Vectors};
use crate::batch::Inner;
use crate::form::Form;
use crate::live::Live;
use crate::request::Request;
use crate::script::{Failure, Kind, Reply};
use crate::seed::Draw;
use crate::store::Shelf;
pub use crate::wire::Framing;
use crate::{
    Keys, anthropic, azure, bedrock, cloud, cohere, dashscope, gemini, huggingface, llama2, mistral, ollama,
    openai, tgi, vertex,
};

/// Every provider of models. The name is also the prefix of its paths on the common port.
pub static ALL: LazyLock<Vec<&'static dyn Provider>> = LazyLock::new(|| {
    let own: Vec<&dyn Provider> = vec![
        &openai::OPENAI,
        &azure::Azure,
        &anthropic::Anthropic,
        &bedrock::Bedrock { now: jiff::Timestamp::now },
        &cohere::Cohere,
        &dashscope::Dashscope,
        &gemini::Gemini,
        &huggingface::HuggingFace,
        &llama2::Llama2,
        &mistral::Mistral,
        &ollama::Ollama,
        &tgi::Tgi,
        &vertex::Vertex,
    ];
    let twins = openai::TWINS.iter().map(|twin| -> &dyn Provider { twin });
    own.into_iter().chain(twins).collect()
});

/// The names of all providers of models; those of what stands beside them are [`cloud::names`].
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|provider| provider.name())
}

/// The mock of this name, of models or of what stands beside them.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Provider> {
    ALL.iter().chain(&cloud::ALL).copied().find(|provider| provider.name() == name)
}

/// One provider's API: it reads requests and renders answers in its own words. It has no state and no chance of its own: what it
/// keeps is on the [`Shelf`] of the call, and chance comes as a [`Draw`].
pub trait Provider: Sync {
    /// The name of its folder, its prefix and its document in `specs`.
    fn name(&self) -> &'static str;

    /// Which operation a request line means. The path is the provider's own, as sent.
    fn route(&self, method: &str, path: &str) -> Route {
        documented(self.name(), method, path)
    }

    /// Which operation a request means, where more of it tells than its line.
    fn find(&self, request: &Request) -> Route {
        self.route(&request.method, &request.path)
    }

    /// Is the key or signature good?
    ///
    /// # Errors
    /// What was wrong, and what the provider says to that.
    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>>;

    /// Which version of the API the request chooses: the name of a variant in `specs`.
    ///
    /// # Errors
    /// The version is missing where it is required, or unknown.
    fn variant(&self, _request: &Request) -> Result<Option<&'static str>, Failure> {
        Ok(None)
    }

    /// What the provider says to a body that is not JSON.
    fn unreadable(&self, problem: &serde_json::Error) -> Failure;

    /// Whether a body is bytes and no JSON, where the operation takes both.
    fn is_bytes(&self, request: &Request) -> bool {
        !request.header("content-type").is_some_and(|media| media.starts_with("application/json"))
    }

    /// What the provider says to a form that cannot be read, or where one is wanted and none came.
    fn unformed(&self, _request: &Request, _problem: &str) -> Failure {
        Failure { kind: Some(Kind::InvalidRequest), ..Failure::default() }
    }

    /// What the provider says to a body that breaks its schema in this place.
    fn refuse(&self, violation: &Violation, body: &Value) -> Failure;

    /// Whether a request that breaks its schema so is answered all the same.
    fn tolerates(&self, _violation: &Violation) -> bool {
        false
    }

    /// The rules that no schema can say.
    ///
    /// # Errors
    /// The first rule that is broken, in the provider's words.
    fn check(&self, _call: &Call<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether the provider holds the request until it can answer, instead of reporting this failure.
    fn waits(&self, _request: &Request, _failure: &Failure) -> bool {
        false
    }

    /// What a request for text asks for, in neutral terms.
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a>;

    /// A whole reply.
    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Whole;

    /// The same as a stream.
    fn stream(&self, call: &Call<'_>, answer: &Answer<'_>) -> Stream;

    /// What a request for vectors asks for, in neutral terms.
    fn embed<'a>(&self, call: &Call<'a>) -> Embed<'a> {
        Embed { model: call.body["model"].as_str().unwrap_or_default(), inputs: Vec::new(), dimensions: None }
    }

    /// The vectors that were asked for.
    fn vectors(&self, call: &Call<'_>, _vectors: &Vectors<'_>) -> Whole {
        self.error(call.request, &call.draw, &Failure { kind: Some(Kind::NotFound), ..Failure::default() })
    }

    /// What a request to put documents in order asks for, in neutral terms.
    fn rank<'a>(&self, _call: &Call<'a>) -> Rank<'a> {
        Rank { query: Cow::Borrowed(""), documents: Vec::new(), most: None }
    }

    /// The order that was asked for.
    fn ranked(&self, call: &Call<'_>, _ranking: &Ranking<'_>) -> Whole {
        self.error(call.request, &call.draw, &Failure { kind: Some(Kind::NotFound), ..Failure::default() })
    }

    /// An error in the provider's own body, with its own status where the failure names none.
    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole;

    /// The provider's own error in mid-stream.
    fn interruption(&self, call: &Call<'_>, failure: &Failure) -> Event;

    /// All that comes where the stream of an answer breaks so after that many events.
    fn interrupted(
        &self,
        call: &Call<'_>,
        _answer: &Answer<'_>,
        failure: &Failure,
        _after: usize,
    ) -> Vec<Event> {
        vec![self.interruption(call, failure)]
    }

    /// An event that means nothing, where the provider has one.
    fn ping(&self) -> Option<Event> {
        None
    }

    /// What begins at [`Route::Live`]: the reply with which it does, a 101, and the session.
    ///
    /// # Errors
    /// The request opens none, in the provider's words.
    fn live(&self, call: &Call<'_>) -> Result<(Whole, Box<dyn Live>), Failure> {
        let message = format!("{} opens no sessions", call.request.path);
        Err(Failure::new(Kind::NotFound, message))
    }

    /// The answer to [`Route::Direct`].
    fn direct(&self, call: &Call<'_>) -> Whole;

    /// The same as a stream, where one is asked for.
    ///
    /// # Errors
    /// What is asked for cannot be streamed, in the provider's words.
    fn direct_stream(&self, _call: &Call<'_>) -> Option<Result<Stream, Failure>> {
        None
    }

    /// The answer to [`Route::Make`], in which a script may have a say; its errors and faults are seen to elsewhere.
    ///
    /// # Errors
    /// What is asked for cannot be made, in the provider's words.
    fn make(&self, call: &Call<'_>, _reply: &Reply) -> Result<Made, Failure> {
        Ok(Made::Whole(self.direct(call)))
    }

    /// How the streams of a call are framed.
    fn framing(&self, _call: &Call<'_>) -> Framing {
        Framing::Sse
    }

    /// The event with a payload that cannot be read, in a frame that is whole.
    fn malformed(&self, framing: Framing, event: &Event) -> Event {
        Event { name: event.name.clone(), bytes: framing.malformed(&event.bytes) }
    }

    /// The event with a wrong checksum; the same event where the framing has none.
    fn bad_checksum(&self, event: &Event) -> Event {
        event.clone()
    }
}

/// Where the provider's document says that a request line leads: every operation of it answers with text.
#[must_use]
pub fn documented(provider: &str, method: &str, path: &str) -> Route {
    let Some(api) = specs::api(provider) else { return Route::NotFound };
    if let Some(operation) = api.operation(method, path) {
        return Route::Generate(operation);
    }
    let other = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let known = other.iter().any(|method| api.operation(method, path).is_some());
    if known { Route::Method } else { Route::NotFound }
}

/// Where a request line leads.
#[derive(Debug, Clone)]
pub enum Route {
    /// Chats and completions: scripts and own answers.
    Generate(Operation),
    /// Embeddings: scripts and own vectors.
    Embed(Operation),
    /// Sound, pictures, videos: scripts' errors and faults, and works of the mock's own.
    Make(Operation),
    /// Documents in order: scripts and own ranking.
    Rank(Operation),
    /// A session over a WebSocket: its messages are what the operation takes, and what it streams.
    Live(Operation),
    /// An operation that the provider answers by itself: its name, and its operation where `specs` knows it.
    Direct(&'static str, Option<Operation>),
    /// The path does not know this method.
    Method,
    /// No such path.
    NotFound,
}

/// A request that passed the checks so far.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// As it came in.
    pub request: &'a Request,
    /// The operation's name.
    pub operation: &'a str,
    /// Path parameters, where `specs` knows the operation.
    pub found: Option<&'a Operation>,
    /// The body as JSON, a form's fields included; null without a body, and where it is neither.
    pub body: &'a Value,
    /// The body as a form, where it is one.
    pub form: Option<&'a Form>,
    /// The version of the API.
    pub variant: Option<&'a str>,
    /// Chance for this request.
    pub draw: Draw,
    /// What the provider keeps.
    pub shelf: Shelf<'a>,
    /// What is accepted, and where what is issued is noted.
    pub keys: Keys<'a>,
    /// The mock itself, for what asks it again.
    pub inner: Inner<'a>,
    /// The models that exist; absent: every model does.
    pub models: Option<&'a [String]>,
}

/// A key or signature that is not good.
#[derive(Debug, Clone)]
pub struct Denied {
    /// What the client is told.
    pub failure: Failure,
    /// What the journal tells.
    pub reason: String,
    /// For signatures: the canonical request that the mock expected to be signed.
    pub canonical_request: Option<String>,
}

/// Names in lower case; without those that HTTP's framing needs.
pub type Headers = Vec<(Cow<'static, str>, Cow<'static, str>)>;

/// A reply in one piece.
#[derive(Debug, Clone, Default)]
pub struct Whole {
    /// HTTP status.
    pub status: u16,
    /// With the content type.
    pub headers: Headers,
    /// JSON, mostly.
    pub body: Bytes,
}

/// What was made.
#[derive(Debug, Clone)]
pub enum Made {
    /// In one piece.
    Whole(Whole),
    /// In many.
    Stream(Stream),
}

/// A reply in many pieces, with status 200.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// With the content type.
    pub headers: Headers,
    /// In order, end marks included.
    pub events: Vec<Event>,
}

/// One event, framed as the provider frames it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// As `specs` names it; empty for unnamed ones.
    pub name: Cow<'static, str>,
    /// The whole frame.
    pub bytes: Bytes,
}

//! Where a request goes, and what became of it.

use crate::openai::Chat;

/// How a provider wants to be shown the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `authorization: Bearer <key>`
    Bearer,
    /// The key alone, in a header of this name.
    Header(&'static str),
    /// Requests signed by AWS's rules.
    SigV4 {
        /// The name the signature is made for.
        service: &'static str,
    },
}

/// Where a request goes, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The provider's own path, percent-encoded, from its `/` on.
    pub path: String,
    /// The host's address, where it is another one of the provider's than that of its models.
    pub base_url: Option<&'static str>,
    /// The query, not encoded yet.
    pub query: Vec<(&'static str, String)>,
    /// What stands before the part of the path that is not always the same, such as the model: `/model/`. A configured
    /// path that has it is cut there, and the rest of this one put behind; one that has not goes before all of this one, or,
    /// where it ends in a version, before that part.
    /// Without an anchor a configured path is whole.
    pub anchor: Option<&'static str>,
    /// How the provider wants to be shown the key.
    pub auth: Auth,
    /// Headers that go with the request, besides `content-type` and the key.
    pub headers: Vec<(&'static str, String)>,
    /// The model that is asked for.
    pub model: String,
    /// The model that the client named, if any.
    pub client_model: Option<String>,
    /// Whether the provider's reply will come as a stream.
    pub stream: bool,
    /// Whether the client itself asked for a stream.
    pub client_stream: bool,
    /// Whether the client gets a stream.
    pub streams: bool,
    /// Whether the client asked for usage at the end of its stream.
    pub include_usage: bool,
    /// Whether the provider is asked for usage, and the client did not.
    pub hides_usage: bool,
    /// Whether the client asked for vectors as base64.
    pub base64: bool,
    /// What the provider cannot be told, as paths into the client's request.
    pub dropped: Vec<String>,
    /// What the reply repeats of the request, in the client's own dialect.
    pub echo: Vec<u8>,
}

impl Target {
    /// A target whose other members are still to be said: no header, a bearer token, nothing dropped.
    pub fn new(path: impl Into<String>, model: String, stream: bool) -> Self {
        Self {
            path: path.into(),
            base_url: None,
            query: Vec::new(),
            anchor: None,
            auth: Auth::Bearer,
            headers: Vec::new(),
            model,
            client_model: None,
            stream,
            client_stream: false,
            streams: stream,
            include_usage: false,
            hides_usage: false,
            base64: false,
            dropped: Vec::new(),
            echo: Vec::new(),
        }
    }

    /// The same with what the client said.
    pub(super) fn of_chat(self, chat: &Chat<'_>) -> Self {
        Self {
            client_model: chat.model.map(|model| model.plain().into_owned()),
            client_stream: chat.stream,
            include_usage: chat.include_usage(),
            ..self
        }
    }
}

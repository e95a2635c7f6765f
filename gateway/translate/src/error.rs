//! Why a call could not be translated, and what the client is told.

use crate::openai::Problem;

/// Why a call could not be translated. Says what and why, and holds no copy of a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The client's request is wrong, or asks for what this provider does not have.
    #[error("{message}")]
    Request {
        /// What is wrong with it.
        message: String,
        /// The member that is wrong, as a path: `messages[2].content`.
        param: Option<String>,
    },
    /// Under `strict`: what could not be carried.
    #[error("this provider cannot carry: {}", .0.join(", "))]
    Dropped(Vec<String>),
    /// The provider's reply is not what its documents say.
    #[error("the provider's {what} cannot be read: {why}")]
    Malformed {
        /// What could not be read.
        what: &'static str,
        /// What was found instead.
        why: String,
    },
    /// One message of the provider's stream is larger than the limit, in bytes.
    #[error("a message of the provider's stream is larger than {0} bytes")]
    TooLarge(usize),
    /// The provider itself reports a failure.
    #[error("{}", .0.message)]
    Provider(Problem),
    /// The provider's stream stopped before its end.
    #[error("the provider's stream ended early")]
    Truncated,
}

impl Error {
    /// A request that is wrong at `param`.
    pub(crate) fn request(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Request { message: message.into(), param: Some(param.into()) }
    }

    /// Neither the client nor the configuration names a model.
    pub(crate) fn no_model() -> Self {
        Self::request("model", "model parameter not found in request, nor in gateway configuration")
    }

    pub(crate) fn malformed(what: &'static str) -> impl Fn(serde_json::Error) -> Self {
        move |why| Self::Malformed { what, why: why.to_string() }
    }

    /// The HTTP status that fits, where the reply has not begun yet.
    pub fn status(&self) -> u16 {
        self.problem().status
    }

    /// OpenAI's error object: `{"error": {"message", "type", "param", "code"}}`.
    pub fn body(&self) -> Vec<u8> {
        self.problem().body()
    }

    /// The same in OpenAI's terms.
    pub fn problem(&self) -> Problem {
        let upstream = |code| Problem { message: self.to_string(), code: Some(code), ..Problem::of(502) };
        match self {
            Self::Request { message, param } => {
                Problem { message: message.clone(), param: param.clone(), ..Problem::of(400) }
            }
            Self::Dropped(names) => Problem {
                message: self.to_string(),
                param: names.first().cloned(),
                code: Some("unsupported_parameter".into()),
                ..Problem::of(400)
            },
            Self::Malformed { .. } => upstream("upstream_malformed".into()),
            Self::TooLarge(_) => upstream("upstream_too_large".into()),
            Self::Truncated => upstream("upstream_truncated".into()),
            Self::Provider(problem) => problem.clone(),
        }
    }
}

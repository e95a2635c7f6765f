//! Why a call failed in the gateway itself, and what its client is told.

use std::time::Duration;

use translate::openai::Problem;

use crate::balancer::{Failure, Out};
use crate::config::{TemplateError, UrlError};

/// One reason. The text is for the client: it names what and why, and never repeats a payload or a key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    // The client's
    #[error("no Route matched with those values")]
    NoRoute,
    #[error("this route translates {0} only, and no other path of that API")]
    NoOperation(&'static str),
    #[error("Response with id '{0}' not found.")]
    NotKept(String),
    #[error("Item with id '{0}' not found.")]
    NoItem(String),
    #[error("Previous response with id '{0}' not found.")]
    PreviousNotKept(String),
    #[error("Previous response with id '{0}' is not complete yet.")]
    PreviousNotOver(String),
    #[error("responses are kept in a store that cannot be asked at the moment")]
    StoreLost,
    #[error("Cannot cancel a synchronous response.")]
    Synchronous,
    #[error(
        "This response cannot be streamed, because it was not created with background=true and stream=true."
    )]
    NotFollowed,
    #[error(
        "This response cannot be streamed here, because another gateway makes it: look at it without stream."
    )]
    FollowedElsewhere,
    #[error("this route keeps no responses, and so makes none in the background")]
    Background,
    #[error("too many responses are being made in the background")]
    Crowded,
    #[error("the gateway was stopped before the response was complete")]
    Stopped,
    #[error("this route takes {} only", .0.join(", "))]
    Method(&'static [&'static str]),
    #[error("please use HTTPS protocol")]
    Plain,
    #[error("this route opens WebSockets, version 13, by GET over HTTP/1.1")]
    NoWebSocket,
    #[error("content-type header does not match request body, or bad JSON formatting")]
    MediaType,
    #[error("request bodies with a content-encoding are not supported")]
    RequestEncoding,
    #[error("request body is larger than the {0} bytes that are allowed here")]
    TooLarge(u64),
    #[error("request body did not arrive within {0:?}")]
    SlowBody(Duration),
    #[error("request body ended early")]
    CutBody,
    #[error("cannot use own model - must be: {0}")]
    OwnModel(String),
    #[error("no target can be found under threshold {0}")]
    TooFar(f64),
    #[error("response streaming is not enabled for this LLM")]
    NoStreaming,
    #[error("Video is not ready yet, use GET /v1/videos/{{video_id}} to check status.")]
    VideoNotReady,
    #[error("no such {0} object: {1}")]
    Absent(&'static str, String),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Url(#[from] UrlError),
    #[error("the request's {0} cannot be part of a request to the upstream server")]
    Unprintable(&'static str),
    #[error(transparent)]
    Translation(#[from] translate::Error),

    // The caller's
    #[error("{message}")]
    Unauthorized { message: &'static str, challenge: String },
    #[error("You cannot consume this service")]
    Denied,
    #[error("this key cannot use the model: {0}")]
    ModelDenied(String),
    #[error("{message}")]
    Limited { status: u16, message: String, kind: &'static str },

    // The gateway's own: why, is in the log
    #[error("LLM request failed before proxying")]
    Identity,

    // The upstream's
    #[error("failure to get a peer from the ring-balancer: {}", reason(.0))]
    NoTarget(Out),
    #[error("cannot connect to the upstream server: {0}")]
    Connect(&'static str),
    #[error("the upstream server is timing out: no connection within {0:?}")]
    ConnectTimeout(Duration),
    #[error("the upstream server is timing out: it did not take the request within {0:?}")]
    WriteTimeout(Duration),
    #[error("the upstream server is timing out: nothing was received for {0:?}")]
    ReadTimeout(Duration),
    #[error("the upstream server is timing out: the call took more than {0:?}")]
    CallTimeout(Duration),
    #[error(
        "an invalid response was received from the upstream server: it closed the connection without a reply"
    )]
    NoReply,
    #[error("an invalid response was received from the upstream server: it ended in the middle")]
    Cut,
    #[error("an invalid response was received from the upstream server: {0}")]
    Framing(&'static str),
    #[error("an invalid response was received from the upstream server: its {0} is too long")]
    ReplyTooLong(&'static str),
    #[error(
        "an invalid response was received from the upstream server: cannot undo its content-encoding {0}"
    )]
    Encoding(String),
    #[error("an invalid response was received from the upstream server: expected {expected}, not {got}")]
    ReplyType { expected: &'static str, got: String },
    #[error("an invalid response was received from the upstream server: no response body found")]
    Empty,
}

/// Whether a request that failed has reached its upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// There was no connection.
    Never,
    /// It was sent, but there is no answer: it may have been done.
    Perhaps,
    /// It was refused.
    Answered,
}

impl Fault {
    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::NoRoute
            | Self::NoOperation(_)
            | Self::Absent(..)
            | Self::NotKept(_)
            | Self::NoItem(_)
            | Self::VideoNotReady => 404,
            Self::Unauthorized { .. } => 401,
            Self::Denied | Self::ModelDenied(_) => 403,
            Self::Limited { status, .. } => *status,
            Self::Method(_) => 405,
            Self::Plain | Self::NoWebSocket => 426,
            Self::SlowBody(_) => 408,
            Self::TooLarge(_) => 413,
            Self::MediaType | Self::RequestEncoding => 415,
            Self::CutBody
            | Self::OwnModel(_)
            | Self::NoStreaming
            | Self::TooFar(_)
            | Self::PreviousNotKept(_)
            | Self::Synchronous
            | Self::NotFollowed
            | Self::FollowedElsewhere
            | Self::PreviousNotOver(_)
            | Self::Background
            | Self::Template(_)
            | Self::Url(_)
            | Self::Unprintable(_) => 400,
            Self::Identity => 500,
            Self::NoTarget(Out { aside: true, .. }) => 429,
            Self::NoTarget(_) | Self::StoreLost | Self::Stopped => 503,
            Self::Crowded => 429,
            Self::Translation(error) => error.status(),
            Self::ConnectTimeout(_) | Self::WriteTimeout(_) | Self::ReadTimeout(_) | Self::CallTimeout(_) => {
                504
            }
            _ => 502,
        }
    }

    /// The same in OpenAI's terms, which those of other dialects follow from.
    pub(crate) fn problem(&self) -> Problem {
        if let Self::Translation(error) = self {
            return error.problem();
        }
        let status = self.status();
        let mut usual = Problem::of(status);
        if let Self::Limited { kind, .. } = self {
            // OpenAI says so of what there is too much.
            usual.kind = (*kind).into();
        }
        Problem {
            status,
            message: self.to_string(),
            param: self.param().map(str::to_owned),
            code: Some(self.code().into()),
            ..usual
        }
    }

    /// How the upstream failed, and whether the request has reached it; `None` where it did not.
    pub(crate) fn failure(&self) -> Option<(Failure, Reached)> {
        Some(match self {
            Self::Connect(_) | Self::Identity => (Failure::Error, Reached::Never),
            Self::ConnectTimeout(_) => (Failure::Timeout, Reached::Never),
            Self::WriteTimeout(_) | Self::ReadTimeout(_) | Self::CallTimeout(_) => {
                (Failure::Timeout, Reached::Perhaps)
            }
            Self::NoReply | Self::Cut => (Failure::Error, Reached::Perhaps),
            Self::Framing(_)
            | Self::ReplyTooLong(_)
            | Self::Encoding(_)
            | Self::ReplyType { .. }
            | Self::Empty => (Failure::InvalidHeader, Reached::Perhaps),
            Self::Translation(error) => match error {
                translate::Error::Request { .. } | translate::Error::Dropped(_) => return None,
                translate::Error::Provider(_) => (Failure::Status(error.status()), Reached::Answered),
                translate::Error::Truncated => (Failure::Error, Reached::Perhaps),
                _ => (Failure::InvalidHeader, Reached::Perhaps),
            },
            _ => return None,
        })
    }

    /// When it is worth asking again, where that is known: whole seconds, at least one.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let Self::NoTarget(Out { wait: Some(wait), .. }) = self else { return None };
        Some(wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX))
    }

    /// The member of the request that is to blame.
    fn param(&self) -> Option<&'static str> {
        match self {
            Self::OwnModel(_) | Self::ModelDenied(_) => Some("model"),
            Self::Absent(..) => Some("id"),
            Self::NoStreaming | Self::NotFollowed | Self::FollowedElsewhere => Some("stream"),
            Self::PreviousNotKept(_) | Self::PreviousNotOver(_) => Some("previous_response_id"),
            Self::NoItem(_) => Some("after"),
            Self::Background => Some("background"),
            _ => None,
        }
    }

    /// A word for programs; also the `outcome` in the log.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoRoute => "route_not_found",
            Self::NoOperation(_) => "operation_not_found",
            Self::Absent(..) | Self::VideoNotReady => "not_found",
            Self::NotKept(_) => "response_not_found",
            Self::StoreLost => "store_unavailable",
            Self::NoItem(_) => "item_not_found",
            Self::PreviousNotKept(_) => "previous_response_not_found",
            Self::Synchronous => "synchronous_response",
            Self::NotFollowed | Self::FollowedElsewhere => "response_not_streamable",
            Self::PreviousNotOver(_) => "previous_response_in_progress",
            Self::Stopped => "gateway_stopped",
            Self::Background => "unsupported_parameter",
            Self::Method(_) => "method_not_allowed",
            Self::Plain => "https_required",
            Self::NoWebSocket => "websocket_required",
            Self::Template(_) | Self::Url(_) | Self::Unprintable(_) => "template_unresolved",
            Self::MediaType | Self::RequestEncoding => "unsupported_media_type",
            Self::TooLarge(_) => "request_too_large",
            Self::SlowBody(_) | Self::CutBody => "request_incomplete",
            Self::Unauthorized { .. } => "invalid_api_key",
            Self::Denied => "permission_denied",
            Self::Limited { .. } | Self::Crowded => "rate_limit_exceeded",
            Self::OwnModel(_) | Self::ModelDenied(_) => "model_not_allowed",
            Self::NoStreaming => "streaming_not_enabled",
            Self::TooFar(_) => "no_target_fits",
            Self::Translation(error) => match error {
                translate::Error::Request { .. } | translate::Error::Dropped(_) => "request_refused",
                translate::Error::Provider(_) => "upstream_error",
                translate::Error::Truncated => "upstream_closed",
                _ => "upstream_invalid_reply",
            },
            Self::Identity => "identity_unavailable",
            Self::NoTarget(Out { aside: true, .. }) => "rate_limit_exceeded",
            Self::NoTarget(_) => "no_healthy_target",
            Self::Connect(_) => "upstream_unreachable",
            Self::ConnectTimeout(_) | Self::WriteTimeout(_) | Self::ReadTimeout(_) | Self::CallTimeout(_) => {
                "upstream_timeout"
            }
            Self::NoReply | Self::Cut => "upstream_closed",
            Self::ReplyTooLong(_) => "upstream_reply_too_long",
            Self::Framing(_) | Self::Encoding(_) | Self::ReplyType { .. } | Self::Empty => {
                "upstream_invalid_reply"
            }
        }
    }
}

fn reason(out: &Out) -> &'static str {
    if out.aside { "all targets asked to be left alone for a while" } else { "no target is healthy" }
}

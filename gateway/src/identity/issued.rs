//! What is had of a cloud, for a while.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use jiff::Timestamp;

use super::Failure;
use crate::aws::Signer;
use crate::config::Secret;

/// What shows an upstream who asks.
#[derive(Clone, PartialEq)]
pub(crate) enum Credential {
    /// Keys that sign requests.
    Keys(Keys),
    /// The value of `Authorization`.
    Token(HeaderValue),
}

/// AWS's keys.
#[derive(Clone, PartialEq)]
pub(crate) struct Keys {
    pub(crate) access_key: String,
    pub(crate) secret_key: Secret,
    pub(crate) session_token: Option<Secret>,
}

/// A credential, where it was found, and how long it is good.
#[derive(Debug, PartialEq)]
pub(crate) struct Issued {
    pub(crate) credential: Credential,
    /// For the log.
    pub(crate) by: &'static str,
    /// `None`: nobody says.
    pub(crate) lasts: Option<Duration>,
}

impl Keys {
    /// Signs with them.
    pub(crate) fn signer(&self, region: String, service: &'static str) -> Signer {
        let token = self.session_token.as_ref().map(|token| token.expose().to_owned());
        Signer::new(self.access_key.clone(), self.secret_key.expose().to_owned(), token, region, service)
    }
}

impl Issued {
    /// An OAuth token, in the form in which it is shown.
    pub(super) fn token(by: &'static str, token: &str, lasts: Option<Duration>) -> Result<Self, Failure> {
        let legal = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let value = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| legal);
        let mut value = value.ok_or(Failure::Garbage { whom: by, what: "a token that is none" })?;
        value.set_sensitive(true);
        Ok(Self { credential: Credential::Token(value), by, lasts })
    }
}

/// From `now` to `then`; nothing, if that has passed.
pub(super) fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}

/// Never the secrets.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keys(_) => "Keys(***)",
            Self::Token(_) => "Token(***)",
        })
    }
}

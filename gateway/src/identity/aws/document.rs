//! The JSON in which containers and instances are told their keys:
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Credential, Failure, Issued, Keys};
use crate::config::Secret;
use crate::identity::issued::until;
use crate::identity::network::Said;

/// Names in the case that servers write them in.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    /// `Success`, of an instance.
    #[serde(alias = "code")]
    pub(super) code: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    #[serde(alias = "SessionToken")]
    token: Option<String>,
    expiration: Option<String>,
}

impl Document {
    /// When they expire, if they say so.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.expiration.as_deref()?.parse().ok()
    }

    /// The keys; `by`: who told them.
    pub(super) fn issued(self, by: &'static str) -> Result<Issued, Failure> {
        let lacks = |what| Failure::Garbage { whom: by, what };
        if self.expiration.is_some() && self.end().is_none() {
            return Err(lacks("credentials whose Expiration is no time"));
        }
        let lasts = self.end().map(|end| until(end, Timestamp::now()));
        let filled = |value: Option<String>| value.filter(|text| !text.is_empty());
        let keys = Keys {
            access_key: filled(self.access_key_id).ok_or(lacks("credentials without AccessKeyId"))?,
            secret_key: filled(self.secret_access_key)
                .map(Secret::new)
                .ok_or(lacks("credentials without SecretAccessKey"))?,
            session_token: filled(self.token).map(Secret::new),
        };
        Ok(Issued { credential: Credential::Keys(keys), by, lasts })
    }
}

/// The server's word for what is wrong.
pub(super) fn code(said: &Said) -> Option<String> {
    said.json::<Document>().ok()?.code
}

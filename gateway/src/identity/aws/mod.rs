//! AWS: keys of the file or of the environment, else those that [the chain](chain) finds; with them, a role may be assumed.
//!
//! Places and their order are those of AWS's own clients:
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>. `credential_process`, SSO and console
//! sessions in profiles are said not to be supported.

mod chain;
mod container;
mod document;
mod ini;
mod instance;
mod profile;
mod sts;

use std::fmt;

use super::network::Network;
use super::{Credential, Failure, Issued, Keys};
use crate::config::{AwsKeys, Surroundings};

/// The name of a session where nobody says one.
const SESSION: &str = "touchstone";

/// Whose keys sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    /// Those of the file, or of the environment.
    pub(crate) keys: Option<AwsKeys>,
    /// Who is meant to sign in the end.
    pub(crate) role: Option<Role>,
    /// Where roles are assumed.
    pub(crate) region: String,
    /// `aws_sts_endpoint_url`.
    pub(crate) sts: Option<String>,
    pub(crate) surroundings: Surroundings,
}

/// A role, and how it is assumed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) session: Option<String>,
    /// What its owner wants to hear.
    pub(crate) external_id: Option<String>,
    /// Of the session.
    pub(crate) seconds: Option<u32>,
}

impl Account {
    pub(super) async fn issue(&self, network: &Network) -> Result<Issued, Failure> {
        let found = match &self.keys {
            Some(keys) => {
                let credential = Credential::Keys(Keys::from(keys));
                Issued { credential, by: "the file or the environment", lasts: None }
            }
            None => self.find(network).await?,
        };
        match &self.role {
            Some(role) => self.assume(&found, role, network).await,
            None => Ok(found),
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.role {
            Some(role) => write!(f, "AWS {}", role.arn),
            None => f.write_str("AWS, by the keys that its own clients find"),
        }
    }
}

impl From<&AwsKeys> for Keys {
    fn from(keys: &AwsKeys) -> Self {
        Self {
            access_key: keys.access_key_id.expose().to_owned(),
            secret_key: keys.secret_access_key.clone(),
            session_token: keys.session_token.clone(),
        }
    }
}

#[cfg(test)]
mod tests;

//! Who is to get a token, as the file and the environment say: two that are equal get the same one.

use std::fmt;

use super::network::Network;
use super::{Failure, Issued, aws, azure, google};
use crate::config::{Auth, Provider};

/// Somebody of one of the clouds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Principal {
    Aws(aws::Account),
    Azure(azure::Account),
    Google(google::Account),
}

impl Principal {
    /// Who shows a token to `provider`; `None`: nobody does, or it is AWS's, where requests are signed.
    pub(crate) fn with_token(provider: Provider, auth: &Auth) -> Option<Self> {
        match provider {
            Provider::Azure if auth.azure.use_managed_identity => {
                Some(Self::Azure(azure::Account::new(&auth.azure, &auth.surroundings)))
            }
            Provider::Gemini if auth.gcp.use_service_account => {
                Some(Self::Google(google::Account::new(&auth.gcp, &auth.surroundings)))
            }
            _ => None,
        }
    }

    /// Where requests are signed for; `None`: a token is shown.
    pub(crate) fn region(&self) -> Option<&str> {
        match self {
            Self::Aws(account) => Some(&account.region),
            Self::Azure(_) | Self::Google(_) => None,
        }
    }

    /// Asks for a credential, of whomever that takes.
    pub(super) async fn issue(&self, network: &Network) -> Result<Issued, Failure> {
        match self {
            Self::Aws(account) => account.issue(network).await,
            Self::Azure(account) => account.issue(network).await,
            Self::Google(account) => account.issue(network).await,
        }
    }
}

/// By its name, and without its secrets.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws(account) => account.fmt(f),
            Self::Azure(account) => account.fmt(f),
            Self::Google(account) => account.fmt(f),
        }
    }
}

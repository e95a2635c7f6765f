//! Google: a service account's key, a user's lasting token, or the machine's own account.
//!
//! <https://google.aip.dev/auth/4110>; the scope is that of all of Google Cloud, as in Kong.

mod assertion;

use std::fmt;

use jiff::Timestamp;
use ring::rand::SystemRandom;

use super::network::{Network, Request, Said, form};
use super::oauth::{self, Token};
use super::{Failure, Issued};
use crate::config::{GcpIdentity, GoogleKey, Surroundings, pair};

const WHOM: &str = "Google's token server";
const METADATA: &str = "Google's metadata server";
/// Where tokens are asked for if neither the file nor the key says otherwise.
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// <https://cloud.google.com/compute/docs/metadata/overview>
const METADATA_HOST: &str = "metadata.google.internal";
const ROOT: &str = "/computeMetadata/v1";
const PATH: &str = "/instance/service-accounts/default/token";
const FLAVOR: &str = "Google";

/// Who asks Google.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    by: By,
    /// `gcp_oauth_token_url`.
    token_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum By {
    Key(GoogleKey),
    /// A key in a file, which may be another one the next time.
    File(String),
    /// The URL of the machine's token.
    Machine(String),
}

impl Account {
    pub(super) fn new(gcp: &GcpIdentity, set: &Surroundings) -> Self {
        let by = match (&gcp.key, set.get("GOOGLE_APPLICATION_CREDENTIALS")) {
            (Some(key), _) => By::Key(key.clone()),
            (None, Some(path)) if gcp.metadata_url.is_none() => By::File(path.to_owned()),
            _ => By::Machine(metadata_url(gcp.metadata_url.as_deref(), set.get("GCE_METADATA_HOST"))),
        };
        Self { by, token_url: gcp.oauth_token_url.clone() }
    }

    pub(super) async fn issue(&self, network: &Network) -> Result<Issued, Failure> {
        match &self.by {
            By::Key(key) => self.exchange(key, network).await,
            By::File(path) => {
                let key = GoogleKey::read(&network.file(path).await?);
                let wrong = |problem| Failure::File { path: path.clone(), why: format!("{problem}") };
                self.exchange(&key.map_err(wrong)?, network).await
            }
            By::Machine(url) => {
                let headers = vec![("metadata-flavor", FLAVOR)];
                let request =
                    Request { whom: METADATA, method: "GET", url, headers, body: None, metadata: true };
                let said = network.ask(request).await?.good(oauth::code)?;
                // Whoever else answers at this address does not say so.
                if said.head.value("metadata-flavor") != Some(FLAVOR) {
                    let what = "a reply that does not say Metadata-Flavor: Google";
                    return Err(Failure::Garbage { whom: METADATA, what });
                }
                issued(&said)
            }
        }
    }

    /// <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>
    async fn exchange(&self, key: &GoogleKey, network: &Network) -> Result<Issued, Failure> {
        let (own, body) = match key {
            GoogleKey::ServiceAccount { email, key_id, private_key, token_uri } => {
                let wrong = || Failure::Settings("the service account's key is no RSA key".to_owned());
                let pair = pair(private_key.expose()).ok_or_else(wrong)?;
                let claims = assertion::Claims {
                    email,
                    key_id: key_id.as_deref(),
                    audience: token_uri.as_deref().unwrap_or(TOKEN_URL),
                    scope: SCOPE,
                    now: Timestamp::now().as_second(),
                };
                let assertion = claims.sign(&pair, &SystemRandom::new()).ok_or_else(wrong)?;
                let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
                (token_uri, form(&[("grant_type", grant), ("assertion", &assertion)]))
            }
            GoogleKey::User { client_id, client_secret, refresh_token, token_uri } => {
                let body = form(&[
                    ("grant_type", "refresh_token"),
                    ("client_id", client_id),
                    ("client_secret", client_secret.expose()),
                    ("refresh_token", refresh_token.expose()),
                ]);
                (token_uri, body)
            }
        };
        let url = self.token_url.as_ref().or(own.as_ref()).map_or(TOKEN_URL, String::as_str);
        issued(&oauth::ask(WHOM, url, body, network).await?)
    }
}

fn issued(said: &Said) -> Result<Issued, Failure> {
    said.json::<Token>()?.issued(said.whom, Timestamp::now())
}

/// Where the machine's token is: at the address of the file, of the environment, or at Google's own.
fn metadata_url(own: Option<&str>, host: Option<&str>) -> String {
    let Some(own) = own else { return format!("http://{}{ROOT}{PATH}", host.unwrap_or(METADATA_HOST)) };
    let own = own.trim_end_matches('/');
    let has_path = own.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    match own {
        _ if own.ends_with("/token") => own.to_owned(),
        _ if has_path => format!("{own}{PATH}"),
        _ => format!("{own}{ROOT}{PATH}"),
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            By::Key(GoogleKey::ServiceAccount { email, .. }) => write!(f, "Google {email}"),
            By::Key(GoogleKey::User { client_id, .. }) => write!(f, "Google {client_id}"),
            By::File(path) => write!(f, "Google, as {path} says"),
            By::Machine(_) => f.write_str("Google, as this machine"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_token_is_where_somebody_says_it_is() {
        let google =
            "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";
        assert_eq!(metadata_url(None, None), google);
        let own = "http://localhost:1/computeMetadata/v1/instance/service-accounts/default/token";
        assert_eq!(metadata_url(None, Some("localhost:1")), own);
        for url in
            ["http://localhost:1", "http://localhost:1/", "http://localhost:1/computeMetadata/v1/", own]
        {
            assert_eq!(metadata_url(Some(url), Some("elsewhere")), own, "{url}");
        }
    }
}

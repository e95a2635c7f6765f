//! What the client sends that opens something: it must not cross over, nor stand in a report.

use std::path::{Path, PathBuf};

use mocks::Credentials;

use crate::case::Secrets;
use crate::client;
use crate::gateway::{Profile, setup};
use crate::places::Places;
use crate::redact::{Redactor, names_credential};

/// The secrets of one request.
pub(super) fn of(headers: &[(String, String)], credentials: &Credentials) -> Secrets {
    let upstream: Vec<String> = credentials.secrets().map(str::to_owned).collect();
    let is_own = |text: &String| !upstream.contains(text);
    let shows = |name: &String| ["authorization", "x-api-key"].contains(&name.as_str());
    let client = headers.iter().find(|(name, _)| shows(name)).map(|(_, value)| bare(value));
    let others = headers.iter().filter(|(name, _)| names_credential(name));
    let others = others.map(|(_, value)| bare(value)).filter(is_own).collect();
    Secrets { client: client.filter(is_own).unwrap_or_default(), upstream, others }
}

/// Everything that a run knows and nobody else should: the mocks' keys, the client's, and what the profile sends or sets under
/// the name of a credential; and where on the machine it is.
pub(super) fn redactor(profile: &Profile, credentials: &Credentials, folder: &Path) -> Redactor {
    let routes = profile.routes.iter().map(|route| &route.headers);
    let environment = profile.start.iter().map(|start| &start.env);
    let named = std::iter::once(&profile.headers).chain(routes).chain(environment).flatten();
    let values = named.filter(|(name, value)| names_credential(name) && !value.contains("{{"));
    let values = values.map(|(_, value)| bare(value));
    let own = credentials.secrets().chain([client::KEY]).map(str::to_owned);
    let sessions = credentials.aws.iter().filter_map(|key| key.session_token.clone());
    let folders = [Some((folder.to_owned(), "{{ workdir }}")), cache(profile)];
    let places = Places::of_user().with(folders.into_iter().flatten());
    Redactor::new(own.chain(sessions).chain(values)).with_places(places)
}

/// As templates name it.
fn cache(profile: &Profile) -> Option<(PathBuf, &'static str)> {
    Some((setup::folder(profile)?, "{{ cache }}"))
}

fn bare(value: &str) -> String {
    value.trim_start_matches("Bearer ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn what_a_header_names_a_credential_is_one() {
        let headers = [
            header("authorization", "Bearer of-the-client"),
            header("x-gateway-api-key", "of-the-gateway"),
            header("x-gateway-aws-secret-access-key", "of-aws"),
            header("x-portkey-provider", "anthropic"),
        ];
        let secrets = of(&headers, &Credentials::default());
        assert_eq!(secrets.client, "of-the-client");
        assert_eq!(secrets.others, ["of-the-client", "of-the-gateway", "of-aws"]);
    }

    #[test]
    fn a_client_that_brings_the_providers_key_has_none_of_its_own() {
        let credentials = Credentials::default();
        let key = credentials.key("openai").to_owned();
        let secrets = of(&[header("authorization", &format!("Bearer {key}"))], &credentials);
        assert_eq!((secrets.client.as_str(), secrets.others.len()), ("", 0));
        assert!(secrets.upstream.contains(&key));
    }
}

//! The profile's templates, filled with the addresses and keys of this run.

use std::path::Path;

use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Value, json};

use super::Upstreams;
use crate::Error;

/// What templates may refer to: `mocks.<provider>.{url,key}`, `aws.*`, `client_key`, `port`, `workdir`, `self`, `closed`, and
/// `cache` where the profile has a setup; where the providers' own hosts are called, `ca`, `ca_bundle`, `hosts`,
/// `mocks.<provider>.host`, and `tls` or `proxy`.
pub(super) struct Variables(Value);

impl Variables {
    pub(super) fn new(
        upstreams: &Upstreams,
        (port, closed): (u16, u16),
        folder: &Path,
        cache: Option<&Path>,
    ) -> Self {
        let keys = &upstreams.credentials;
        let reach = &upstreams.reach;
        let provider = |(name, url): (&String, &String)| {
            let mut known = json!({"url": url, "key": keys.key(name)});
            if let Some(host) = reach.hosts.get(name).and_then(|hosts| hosts.first()) {
                known["host"] = json!(host);
            }
            (name.clone(), known)
        };
        let aws = keys.aws.first().cloned().unwrap_or_default();
        let host = reach.host.as_deref().unwrap_or("127.0.0.1");
        let mut known = json!({
            "mocks": upstreams.urls.iter().map(provider).collect::<serde_json::Map<_, _>>(),
            "aws": {
                "access_key_id": aws.access_key_id,
                "secret_access_key": aws.secret_access_key,
                "region": aws.region,
            },
            "client_key": crate::client::KEY,
            "port": port,
            "closed": format!("http://{host}:{closed}"),
            "workdir": folder.display().to_string(),
            "cache": cache.map(|folder| folder.display().to_string()),
            "self": std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default(),
        });
        let mut add = |name: &str, value: Value| known[name] = value;
        if let Some(trust) = &reach.trust {
            add("ca", json!(trust.ca.display().to_string()));
            add("ca_bundle", json!(trust.bundle.display().to_string()));
            let names = reach.names().map(|(name, address)| json!({"name": name, "address": address}));
            add("hosts", names.collect());
        }
        if let Some(tls) = reach.tls {
            add("tls", json!({"host": host, "port": tls.port()}));
        }
        if let Some(proxy) = &reach.proxy {
            add("proxy", json!(proxy));
        }
        Self(known)
    }

    /// What there is before anything runs: `cache`.
    pub(super) fn of_folder(cache: &Path) -> Self {
        Self(json!({"cache": cache.display().to_string()}))
    }

    /// Fills a template; a name that is not there is an error.
    pub(super) fn render(&self, file: &str, template: &str) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment
            .render_str(template, minijinja::value::Serde(&self.0))
            .map_err(|error| Error::Template { file: file.to_owned(), reason: format!("{error:#}") })
    }
}

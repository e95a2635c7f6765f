//! [The metadata server](https://cloud.google.com/compute/docs/metadata/overview) of Compute Engine, and of all that looks like it: who the machine
//! is, and an access token of its account's.

use serde_json::{Value, json};

use super::{ACCOUNT, METADATA, PLATFORM, PROJECT, identity, issue};
use crate::Keys;
use crate::cloud::service::Service;
use crate::form::pairs;
use crate::provider::{Call, Denied, Headers, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct Metadata;

const NUMBER: &str = "123456789012";
const ZONE: &str = "projects/123456789012/zones/us-central1-a";
/// A token is handed out again until so many seconds before its end, or the last quarter of its time.
const RESERVE: i64 = 300;

impl Service for Metadata {
    fn name(&self) -> &'static str {
        METADATA
    }

    /// A header that no page in a browser can send. Who only looks whether there is such a server need not.
    fn authenticate(&self, request: &Request, _keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        let is_forwarded = request.header("x-forwarded-for").is_some();
        if !is_forwarded && (request.path == "/" || request.header("metadata-flavor") == Some("Google")) {
            return Ok(());
        }
        let why = if is_forwarded {
            "Forwarded requests are refused."
        } else {
            "Missing Metadata-Flavor:Google header."
        };
        let failure = Failure::new(Kind::Permission, why);
        Err(Box::new(Denied { failure, reason: why.to_owned(), canonical_request: None }))
    }

    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure> {
        let account = call.found.and_then(|found| found.parameter("account"));
        if account.is_some_and(|account| account != "default" && account != ACCOUNT) {
            return Err(Failure { kind: Some(Kind::NotFound), ..Failure::default() });
        }
        let query: Vec<(String, String)> =
            pairs(call.request.query.as_deref().unwrap_or_default().as_bytes()).collect();
        let asked = |name: &str| {
            query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
        };
        let is_whole = asked("recursive").eq_ignore_ascii_case("true");
        Ok(match call.operation {
            "getRoot" => text("computeMetadata/\n"),
            "getProjectId" => text(PROJECT),
            "getNumericProjectId" => text(NUMBER),
            "getZone" => text(ZONE),
            "getUniverse" => text("googleapis.com"),
            "listAccounts" if is_whole => json(&json!({ "default": account_of(), ACCOUNT: account_of() })),
            "listAccounts" => text(&format!("default/\n{ACCOUNT}/\n")),
            "getAccount" if is_whole => json(&account_of()),
            "getAccount" => text("aliases\nemail\nidentity\nscopes\ntoken\n"),
            "getAliases" => text("default\n"),
            "getEmail" => text(ACCOUNT),
            "getScopes" => text(&format!("{PLATFORM}\n")),
            "getToken" => json(&token(call, asked("scopes"))),
            _ => match asked("audience") {
                "" => {
                    return Err(Failure::new(Kind::InvalidRequest, "non-empty audience parameter required"));
                }
                audience => text(&identity(&call.keys.issued, audience)),
            },
        })
    }

    fn error(&self, request: &Request, _draw: &Draw, failure: &Failure) -> Whole {
        let own = match failure.kind() {
            Kind::InvalidRequest => 400,
            Kind::Permission | Kind::Authentication => 403,
            Kind::NotFound => 404,
            Kind::Method => 405,
            Kind::RateLimit | Kind::Quota => 429,
            Kind::Overloaded | Kind::Unavailable | Kind::NotReady => 503,
            _ => 500,
        };
        let status = failure.status.unwrap_or(own);
        let path = &request.path;
        let body = match (status, failure.message.as_deref()) {
            (400, Some(message)) => format!("{message}\n"),
            (403, message) => page(
                "403 (Forbidden)",
                &format!(
                    "Your client does not have permission to get URL <code>{path}</code> from this server. {}",
                    message.unwrap_or_default()
                ),
            ),
            (404, _) => page(
                "404 (Not Found)",
                &format!("The requested URL <code>{path}</code> was not found on this server."),
            ),
            (_, message) => page(&status.to_string(), message.unwrap_or("The server could not answer.")),
        };
        Whole { status, headers: headers("text/html; charset=UTF-8"), body: body.into() }
    }
}

fn page(title: &str, sentence: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error {title}!!1</title>\n  <p>{sentence}\n"
    )
}

fn headers(media: &'static str) -> Headers {
    vec![
        ("content-type".into(), media.into()),
        ("metadata-flavor".into(), "Google".into()),
        ("server".into(), "Metadata Server for VM".into()),
        ("x-xss-protection".into(), "0".into()),
        ("x-frame-options".into(), "SAMEORIGIN".into()),
    ]
}

fn text(value: &str) -> Whole {
    Whole { status: 200, headers: headers("application/text"), body: value.to_owned().into() }
}

fn json(value: &Value) -> Whole {
    Whole { status: 200, headers: headers("application/json"), body: value.to_string().into() }
}

fn account_of() -> Value {
    json!({ "aliases": ["default"], "email": ACCOUNT, "scopes": [PLATFORM] })
}

/// A token, the same to all until its time is nearly over; for other scopes than the account's, one of its own.
fn token(call: &Call<'_>, scopes: &str) -> Value {
    const KIND: &str = "google-machine";
    let issued = &call.keys.issued;
    let now = issued.now().as_second();
    let asked = if scopes.is_empty() { PLATFORM } else { scopes };
    let current = issued.shelf().get::<(String, i64)>(KIND, asked);
    let current = current.and_then(|(text, since)| Some((issued.token(&text)?.expires, text, since)));
    let fresh = current.filter(|(expires, _, since)| expires - ((expires - since) / 4).min(RESERVE) > now);
    let (access_token, expires_in) = match fresh {
        Some((expires, text, _)) => (text, expires - now),
        None => {
            let (text, seconds) = issue(issued, &call.draw, asked.split(',').map(str::to_owned).collect());
            issued.shelf().put(KIND, asked, &(&text, now));
            (text, seconds)
        }
    };
    json!({ "access_token": access_token, "expires_in": expires_in, "token_type": "Bearer" })
}

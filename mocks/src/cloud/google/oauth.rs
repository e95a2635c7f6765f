//! [The token endpoint](https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests): a signed assertion, or a
//! refresh token, for an access token.

use serde_json::{Value, json};
use specs::Violation;

use super::{ACCOUNT, OAUTH, PLATFORM, TOKEN_URI, identity, issue};
use crate::cloud::jwt::Jwt;
use crate::cloud::service::Service;
use crate::provider::{Call, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct OAuth;

const ASSERTION: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const REFRESH: &str = "refresh_token";
/// An application of a user's, and what it may renew its tokens with.
const CLIENT: (&str, &str) = ("touchstone.apps.googleusercontent.com", "touchstone-client-secret");
const REFRESH_TOKEN: &str = "1//touchstone-refresh-token";
/// An assertion holds no longer, and clocks may differ by so much.
const HOUR: i64 = 3_600;
const SKEW: i64 = 300;

impl Service for OAuth {
    fn name(&self) -> &'static str {
        OAUTH
    }

    fn unreadable(&self, _problem: &str) -> Failure {
        failure("invalid_request", "Required parameter is missing: grant_type")
    }

    fn refuse(&self, violation: &Violation, _body: &Value) -> Failure {
        let missing = violation.expected.trim_start_matches("member `").trim_end_matches('`');
        failure("invalid_request", &format!("Required parameter is missing: {missing}"))
    }

    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure> {
        let text = |name: &str| call.body[name].as_str().filter(|text| !text.is_empty());
        let needed = |name: &str| {
            let message = format!("Missing required parameter: {name}");
            text(name).ok_or_else(|| failure("invalid_request", &message))
        };
        match needed("grant_type")? {
            ASSERTION => granted(call, needed("assertion")?),
            REFRESH => renewed(call, needed("client_id")?, text("client_secret"), needed("refresh_token")?),
            other => Err(failure("unsupported_grant_type", &format!("Invalid grant_type: {other}"))),
        }
    }

    fn error(&self, _request: &Request, _draw: &Draw, failure: &Failure) -> Whole {
        let (own, code, sentence) = native(failure.kind());
        let code = failure.code.as_deref().unwrap_or(code);
        let own = if code == "invalid_client" || code == "unauthorized_client" { 401 } else { own };
        let message = failure.message.as_deref().unwrap_or(sentence);
        reply(failure.status.unwrap_or(own), &json!({ "error": code, "error_description": message }))
    }
}

fn failure(code: &str, message: &str) -> Failure {
    Failure { code: Some(code.to_owned()), ..Failure::new(Kind::InvalidRequest, message) }
}

fn reply(status: u16, body: &Value) -> Whole {
    let headers = vec![
        ("content-type".into(), "application/json; charset=utf-8".into()),
        ("cache-control".into(), "no-cache, no-store, max-age=0, must-revalidate".into()),
        ("pragma".into(), "no-cache".into()),
        ("server".into(), "scaffolding on HTTPServer2".into()),
    ];
    Whole { status, headers, body: format!("{body:#}").into() }
}

/// What an assertion is exchanged for: an access token for its scopes, or a token that tells its audience who this is.
fn granted(call: &Call<'_>, assertion: &str) -> Result<Whole, Failure> {
    let issued = &call.keys.issued;
    let own = format!("{}{}", call.request.base(), call.request.path);
    let token = verified(assertion, issued.now().as_second(), &own)?;
    let audience = token.text("target_audience");
    if !audience.is_empty() {
        return Ok(reply(200, &json!({ "id_token": identity(issued, audience) })));
    }
    let scopes: Vec<String> = token.text("scope").split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() || !scopes.iter().all(|scope| is_scope(scope)) {
        return Err(failure("invalid_scope", "Invalid OAuth scope or ID token audience provided."));
    }
    let (access_token, expires_in) = issue(issued, &call.draw, scopes);
    Ok(reply(200, &json!({ "access_token": access_token, "expires_in": expires_in, "token_type": "Bearer" })))
}

/// An assertion that the account signed a short while ago, for this endpoint.
fn verified<'a>(assertion: &'a str, now: i64, own: &str) -> Result<Jwt<'a>, Failure> {
    let invalid = |message: &str| Err(failure("invalid_grant", message));
    let Some(token) = Jwt::read(assertion) else { return invalid("Bad Request") };
    if token.text("iss") != ACCOUNT {
        return invalid("Invalid grant: account not found");
    }
    if !token.is_ours() {
        return invalid("Invalid JWT Signature.");
    }
    let (from, until) = (token.time("iat").unwrap_or_default(), token.time("exp").unwrap_or_default());
    let is_short = until.saturating_sub(from) <= HOUR && until > from;
    if !is_short || until <= now || from > now + SKEW {
        return invalid(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
        );
    }
    // A list of audiences is refused, though the standard allows one.
    if ![TOKEN_URI, own].contains(&token.text("aud")) {
        return invalid(&format!("Invalid JWT: Failed audience check. The right audience is {TOKEN_URI}"));
    }
    Ok(token)
}

fn is_scope(scope: &str) -> bool {
    let named = scope.strip_prefix("https://www.googleapis.com/auth/");
    named.is_some_and(|name| !name.is_empty()) || ["openid", "email", "profile"].contains(&scope)
}

/// What a refresh token is exchanged for.
fn renewed(call: &Call<'_>, client: &str, secret: Option<&str>, token: &str) -> Result<Whole, Failure> {
    if client != CLIENT.0 {
        return Err(failure("invalid_client", "The OAuth client was not found."));
    }
    if secret != Some(CLIENT.1) {
        return Err(failure("invalid_client", "Unauthorized"));
    }
    if token != REFRESH_TOKEN {
        return Err(failure("invalid_grant", "Bad Request"));
    }
    let (access_token, expires_in) = issue(&call.keys.issued, &call.draw, vec![PLATFORM.to_owned()]);
    Ok(reply(
        200,
        &json!({ "access_token": access_token, "expires_in": expires_in, "scope": PLATFORM, "token_type": "Bearer" }),
    ))
}

/// What the service says to each kind, where nothing more is known.
fn native(kind: Kind) -> (u16, &'static str, &'static str) {
    match kind {
        Kind::Authentication | Kind::Billing => (400, "invalid_grant", "Invalid grant: account not found"),
        Kind::Permission => (
            401,
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
        ),
        Kind::NotFound | Kind::Method => (404, "not_found", "Not Found"),
        Kind::RateLimit | Kind::Quota => (429, "rate_limit_exceeded", "Rate Limit Exceeded"),
        Kind::Server | Kind::Model => (500, "internal_failure", "Backend Error"),
        Kind::Overloaded | Kind::Unavailable | Kind::NotReady | Kind::Timeout => {
            (503, "temporarily_unavailable", "The service is temporarily unavailable.")
        }
        _ => (400, "invalid_request", "Bad Request"),
    }
}

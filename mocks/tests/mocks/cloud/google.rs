//! Google Cloud: the token endpoint and the metadata server. What needs signatures is asked by Google's own client: `official`.

use mocks::Options;
use mocks::script::{Failure, Kind, Match, Reply, Script};
use serde_json::{Value, json};

use super::ask;
use crate::client;

const FLAVOR: (&str, &str) = ("metadata-flavor", "Google");
const ACCOUNT: &str = "touchstone@touchstone-project.iam.gserviceaccount.com";
const ACCOUNTS: &str = "/computeMetadata/v1/instance/service-accounts/";

async fn machine(mocks: &mocks::Mocks, path: &str, headers: &[(&str, &str)]) -> client::Reply {
    let reply = ask(mocks, "GET", &format!("/google-metadata{path}"), headers, "").await;
    assert_eq!(reply.header("metadata-flavor"), Some("Google"), "{path}");
    if reply.header("content-type") == Some("application/json") {
        let operation = specs::api("google-metadata").unwrap().operation("GET", path).unwrap();
        assert_eq!(operation.reply(reply.status, &reply.json()), [], "{path}");
    }
    reply
}

#[tokio::test]
async fn a_machine_is_told_who_it_is() {
    let mocks = mocks::start().await.unwrap();
    for (path, value) in [
        ("/computeMetadata/v1/project/project-id", "touchstone-project"),
        ("/computeMetadata/v1/project/numeric-project-id", "123456789012"),
        ("/computeMetadata/v1/universe/universe-domain", "googleapis.com"),
        ("/computeMetadata/v1/instance/zone", "projects/123456789012/zones/us-central1-a"),
        (&format!("{ACCOUNTS}default/email"), ACCOUNT),
        (&format!("{ACCOUNTS}{ACCOUNT}/email"), ACCOUNT),
        (&format!("{ACCOUNTS}default/scopes"), "https://www.googleapis.com/auth/cloud-platform\n"),
        (&format!("{ACCOUNTS}default/aliases"), "default\n"),
        (ACCOUNTS, &format!("default/\n{ACCOUNT}/\n")),
    ] {
        let reply = machine(&mocks, path, &[FLAVOR]).await;
        assert_eq!((reply.status, reply.text()), (200, value), "{path}");
        assert_eq!(reply.header("content-type"), Some("application/text"), "{path}");
    }
    let whole = machine(&mocks, &format!("{ACCOUNTS}default/?recursive=true"), &[FLAVOR]).await.json();
    assert_eq!((&whole["aliases"], &whole["email"]), (&json!(["default"]), &json!(ACCOUNT)));
    let all = machine(&mocks, &format!("{ACCOUNTS}?recursive=true"), &[FLAVOR]).await.json();
    assert_eq!(all, json!({ "default": whole, ACCOUNT: whole }));
    // Who only looks whether it is there shows no header, and finds it without a prefix where it says whom it looks for.
    assert_eq!(machine(&mocks, "/", &[]).await.status, 200);
    assert_eq!(ask(&mocks, "GET", "/", &[FLAVOR], "").await.header("metadata-flavor"), Some("Google"));
    assert_eq!(ask(&mocks, "GET", &format!("{ACCOUNTS}default/email"), &[FLAVOR], "").await.text(), ACCOUNT);
}

#[tokio::test]
async fn a_machines_token_is_the_same_until_its_end_is_near() {
    let mocks = mocks::start().await.unwrap();
    let path = format!("{ACCOUNTS}default/token");
    let first = machine(&mocks, &path, &[FLAVOR]).await.json();
    assert_eq!(first["expires_in"], 3_599);
    let again = machine(&mocks, &path, &[FLAVOR]).await.json();
    assert_eq!(again["access_token"], first["access_token"]);
    let narrow = machine(&mocks, &format!("{path}?scopes=openid"), &[FLAVOR]).await.json();
    assert_ne!(narrow["access_token"], first["access_token"]);
    mocks.expire_tokens();
    let new = machine(&mocks, &path, &[FLAVOR]).await.json();
    assert_ne!(new["access_token"], first["access_token"]);
    mocks.limit_tokens(Some(2));
    mocks.expire_tokens();
    assert_eq!(machine(&mocks, &path, &[FLAVOR]).await.json()["expires_in"], 2);
}

#[tokio::test]
async fn who_does_not_say_whom_it_asks_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let path = format!("{ACCOUNTS}default/token");
    for (headers, sentence) in [
        (&[][..], "Missing Metadata-Flavor:Google header."),
        (&[("metadata-flavor", "google")], "Missing Metadata-Flavor:Google header."),
        (&[FLAVOR, ("x-forwarded-for", "203.0.113.7")], "Forwarded requests are refused."),
    ] {
        let reply = machine(&mocks, &path, headers).await;
        assert_eq!((reply.status, reply.header("content-type")), (403, Some("text/html; charset=UTF-8")));
        assert!(reply.text().contains(sentence), "{}", reply.text());
    }
    assert_eq!(machine(&mocks, &format!("{ACCOUNTS}nobody/token"), &[FLAVOR]).await.status, 404);
    assert_eq!(machine(&mocks, "/computeMetadata/v1/instance/nothing", &[FLAVOR]).await.status, 404);
    let blank = machine(&mocks, &format!("{ACCOUNTS}default/identity"), &[FLAVOR]).await;
    assert_eq!((blank.status, blank.text()), (400, "non-empty audience parameter required\n"));
}

async fn token(mocks: &mocks::Mocks, body: &str) -> (u16, Value) {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let reply = ask(mocks, "POST", "/google-oauth/token", &form, body).await;
    let operation = specs::api("google-oauth").unwrap().operation("POST", "/token").unwrap();
    assert_eq!(operation.reply(reply.status, &reply.json()), [], "{}", reply.text());
    (reply.status, reply.json())
}

#[tokio::test]
async fn what_is_no_grant_is_told_so() {
    let mocks = mocks::start().await.unwrap();
    let refresh =
        "grant_type=refresh_token&refresh_token=1//x&client_id=touchstone.apps.googleusercontent.com";
    for (body, status, error, description) in [
        ("", 400, "invalid_request", "Required parameter is missing: grant_type"),
        ("grant_type=password", 400, "unsupported_grant_type", "Invalid grant_type: password"),
        (
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer",
            400,
            "invalid_request",
            "Missing required parameter: assertion",
        ),
        (
            "grant_type=refresh_token&refresh_token=x&client_id=y",
            401,
            "invalid_client",
            "The OAuth client was not found.",
        ),
        (refresh, 401, "invalid_client", "Unauthorized"),
        (&format!("{refresh}&client_secret=touchstone-client-secret"), 400, "invalid_grant", "Bad Request"),
    ] {
        let expected = json!({ "error": error, "error_description": description });
        assert_eq!(token(&mocks, body).await, (status, expected), "{body}");
    }
    let matching = Match { provider: Some("google-oauth".to_owned()), ..Match::default() };
    for (kind, status, error) in
        [(Kind::Permission, 401, "unauthorized_client"), (Kind::Unavailable, 503, "temporarily_unavailable")]
    {
        let failed = Reply::error(Failure { kind: Some(kind), ..Failure::default() });
        mocks.add(Script { matching: matching.clone(), replies: vec![failed] });
        let (told, body) = token(&mocks, "grant_type=refresh_token").await;
        assert_eq!((told, &body["error"]), (status, &json!(error)));
    }
}

#[tokio::test]
async fn the_hosts_of_google_lead_to_them() {
    let mocks = mocks::start_with(Options { proxy: true, ..Options::default() }).await.unwrap();
    let email = format!("http://metadata.google.internal{ACCOUNTS}default/email");
    assert_eq!(ask(&mocks, "GET", &email, &[FLAVOR], "").await.text(), ACCOUNT);
    let email = format!("http://169.254.169.254{ACCOUNTS}default/email");
    assert_eq!(ask(&mocks, "GET", &email, &[FLAVOR], "").await.text(), ACCOUNT);
    assert_eq!(ask(&mocks, "POST", "http://oauth2.googleapis.com/token", &[], "").await.status, 400);
    let key: Value = serde_json::from_str(&mocks.google_service_account()).unwrap();
    assert_eq!(key["token_uri"], format!("{}/token", mocks.url("google-oauth")));
}

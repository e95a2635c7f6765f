//! Azure: Entra's endpoints and managed identities, as they lie on the wire.

use mocks::script::{Failure, Kind, Match, Reply, Script};
use serde_json::{Value, json};

use super::ask;
use crate::client;

const TENANT: &str = "7e57ab1e-0000-4000-8000-000000000001";
const CLIENT: &str = "7e57ab1e-0000-4000-8000-0000000000c1";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn fits(api: &str, method: &str, path: &str, reply: &client::Reply) {
    let operation = specs::api(api).unwrap().operation(method, path).unwrap();
    assert_eq!(operation.reply(reply.status, &reply.json()), [], "{method} {path}: {}", reply.text());
}

async fn token(mocks: &mocks::Mocks, body: &str) -> client::Reply {
    let path = format!("/{TENANT}/oauth2/v2.0/token");
    let reply = ask(mocks, "POST", &format!("/entra{path}"), &[FORM], body).await;
    fits("entra", "POST", &path, &reply);
    reply
}

/// What a token says, without a look at its signature.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let middle = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

#[tokio::test]
async fn a_secret_is_worth_a_token_that_says_whose_it_is() {
    let mocks = mocks::start().await.unwrap();
    let scope = "https%3A%2F%2Fcognitiveservices.azure.com%2F.default";
    let body = format!(
        "grant_type=client_credentials&client_id={CLIENT}&client_secret=entra-touchstone&scope={scope}"
    );
    let reply = token(&mocks, &body).await;
    assert_eq!(reply.status, 200);
    let (told, claims) = (reply.json(), claims(reply.json()["access_token"].as_str().unwrap()));
    assert_eq!((&told["token_type"], &told["expires_in"]), (&json!("Bearer"), &json!(3_599)));
    assert_eq!(
        (&claims["aud"], &claims["appid"]),
        (&json!("https://cognitiveservices.azure.com"), &json!(CLIENT))
    );
    assert_eq!((&claims["tid"], &claims["appidacr"]), (&json!(TENANT), &json!("1")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_599);
    mocks.limit_tokens(Some(3));
    assert_eq!(token(&mocks, &body).await.json()["expires_in"], 3);
}

#[tokio::test]
async fn what_is_refused_has_a_number() {
    let mocks = mocks::start().await.unwrap();
    let known = format!("client_id={CLIENT}&scope=https://ai.azure.com/.default");
    for (body, status, error, number) in [
        (String::new(), 400, "invalid_request", 900_144),
        ("grant_type=client_credentials".to_owned(), 400, "invalid_request", 900_144),
        (format!("grant_type=password&{known}"), 400, "unsupported_grant_type", 70_003),
        (format!("grant_type=client_credentials&{known}"), 401, "invalid_client", 7_000_218),
        (
            format!("grant_type=client_credentials&{known}&client_secret=wrong"),
            401,
            "invalid_client",
            7_000_215,
        ),
        ("grant_type=client_credentials&client_id=x&scope=y".to_owned(), 400, "unauthorized_client", 700_016),
    ] {
        let reply = token(&mocks, &body).await;
        let told = reply.json();
        assert_eq!((reply.status, &told["error"]), (status, &json!(error)), "{body}: {told}");
        assert_eq!(told["error_codes"], json!([number]));
        let description = told["error_description"].as_str().unwrap();
        let trace = told["trace_id"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{number}: ")), "{description}");
        assert!(description.contains(&format!(" Trace ID: {trace} Correlation ID: ")), "{description}");
    }
    let matching = Match { provider: Some("entra".to_owned()), ..Match::default() };
    let failed = Reply::error(Failure { kind: Some(Kind::Unavailable), ..Failure::default() });
    mocks.add(Script { matching, replies: vec![failed] });
    let reply = token(&mocks, &format!("grant_type=client_credentials&{known}")).await;
    assert_eq!((reply.status, &reply.json()["error"]), (503, &json!("temporarily_unavailable")));
}

#[tokio::test]
async fn who_asks_where_the_endpoints_are_is_told_the_mocks_own() {
    let mocks = mocks::start().await.unwrap();
    let path = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
    let reply = ask(&mocks, "GET", &format!("/entra{path}"), &[], "").await;
    fits("entra", "GET", &path, &reply);
    assert_eq!(reply.json()["token_endpoint"], format!("http://mock/entra/{TENANT}/oauth2/v2.0/token"));
    let keys = format!("/{TENANT}/discovery/v2.0/keys");
    fits("entra", "GET", &keys, &ask(&mocks, "GET", &format!("/entra{keys}"), &[], "").await);
    let instance = "/common/discovery/instance";
    fits("entra", "GET", instance, &ask(&mocks, "GET", &format!("/entra{instance}"), &[], "").await);
    let other = ask(&mocks, "GET", "/entra/nobody/v2.0/.well-known/openid-configuration", &[], "").await;
    assert_eq!((other.status, &other.json()["error_codes"]), (400, &json!([90_002])));
}

const METADATA: (&str, &str) = ("metadata", "true");
const MACHINE: &str = "/metadata/identity/oauth2/token?api-version=2018-02-01";
const WANTED: &str = "&resource=https%3A%2F%2Fcognitiveservices.azure.com%2F";

async fn machine(mocks: &mocks::Mocks, path: &str, headers: &[(&str, &str)]) -> client::Reply {
    let reply = ask(mocks, "GET", &format!("/azure-imds{path}"), headers, "").await;
    fits("azure-imds", "GET", path, &reply);
    reply
}

#[tokio::test]
async fn a_machine_has_a_token_of_its_own_and_those_of_others() {
    let mocks = mocks::start().await.unwrap();
    let own = machine(&mocks, &format!("{MACHINE}{WANTED}"), &[METADATA]).await.json();
    assert_eq!(
        (&own["resource"], &own["expires_in"]),
        (&json!("https://cognitiveservices.azure.com/"), &json!("86399"))
    );
    let again = machine(&mocks, &format!("{MACHINE}{WANTED}"), &[("metadata", "True")]).await.json();
    assert_eq!(again["access_token"], own["access_token"]);
    for named in [
        "&client_id=7e57ab1e-0000-4000-8000-0000000000c1",
        "&object_id=7e57ab1e-0000-4000-8000-0000000000d1",
        "&msi_res_id=/subscriptions/7e57ab1e-0000-4000-8000-000000000005/resourceGroups/touchstone/providers/Microsoft.ManagedIdentity/userAssignedIdentities/touchstone",
    ] {
        let other = machine(&mocks, &format!("{MACHINE}{WANTED}{named}"), &[METADATA]).await.json();
        assert_eq!(other["client_id"], CLIENT, "{named}");
    }
    mocks.expire_tokens();
    let new = machine(&mocks, &format!("{MACHINE}{WANTED}"), &[METADATA]).await.json();
    assert_ne!(new["access_token"], own["access_token"]);
}

#[tokio::test]
async fn a_machine_is_refused_in_the_services_own_words() {
    let mocks = mocks::start().await.unwrap();
    let told = |error: &str, description: &str| json!({ "error": error, "error_description": description });
    for (path, headers, expected) in [
        (
            format!("{MACHINE}{WANTED}"),
            &[][..],
            told("bad_request_102", "Required metadata header not specified"),
        ),
        (
            MACHINE.to_owned(),
            &[METADATA],
            told("invalid_request", "Required audience parameter not specified"),
        ),
        (
            format!("{MACHINE}{WANTED}&client_id=x"),
            &[METADATA],
            told("invalid_request", "Identity not found"),
        ),
    ] {
        let reply = machine(&mocks, &path, headers).await;
        assert_eq!((reply.status, reply.json()), (400, expected), "{path}");
    }
    let unversioned =
        machine(&mocks, &format!("/metadata/identity/oauth2/token?x=y{WANTED}"), &[METADATA]).await;
    assert_eq!(unversioned.status, 400);

    let app_service = format!("/msi/token?api-version=2019-08-01{WANTED}");
    let secret = ("x-identity-header", "azure-imds-touchstone");
    let own = machine(&mocks, &app_service, &[secret]).await.json();
    assert_eq!((own.get("expires_in"), own["expires_on"].is_string()), (None, true));
    assert_eq!(machine(&mocks, &app_service, &[METADATA]).await.status, 401);
    let unknown = machine(&mocks, &format!("{app_service}&client_id=x"), &[secret]).await;
    let message =
        "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";
    assert_eq!(unknown.json(), json!({ "statusCode": 400, "message": message }));
}

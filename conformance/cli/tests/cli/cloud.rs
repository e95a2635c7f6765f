//! The bundled gateway as somebody of a cloud: with every kind of identity, in front of the mocks of those who give out keys and
//! tokens, and of the models that take them until they expire.
#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::path::Path;

use mocks::journal::Auth;
use mocks::{Mocks, Options};
use serde_json::{Value, json};

use super::binary::{Server, file};

const ASK: &str = r#"{"messages": [{"role": "user", "content": "Say hello"}]}"#;
const JSON: &str = "content-type: application/json\r\n";

/// Somebody whom a cloud knows.
struct Identity {
    name: &'static str,
    /// Of the plugin.
    auth: Value,
    model: Value,
    env: Vec<(&'static str, String)>,
    /// The mocks that are asked for it.
    asked: &'static [&'static str],
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_identity_is_taken_by_the_models_of_its_cloud() {
    let mocks = mocks::start_with(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for identity in identities(&mocks, folder.path()) {
        let name = identity.name;
        mocks.reset();
        let config = file(folder.path(), "kong.yaml", &kong(&[&identity]).to_string());
        let gateway = start(&config, &identity.env);
        let ask = || gateway.ask("POST", &format!("/{name}"), JSON, ASK);
        let reply = ask();
        assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("chat.completion"), "{name}: {reply}");
        for asked in identity.asked {
            assert!(mocks.journal(None).iter().any(|entry| entry.provider == *asked), "{name}: {asked}");
        }
        strict(&mocks, name, 0);
        // What it has is worth nothing from here on: the call is made once more with another.
        mocks.expire_tokens();
        let reply = ask();
        assert!(reply.starts_with("HTTP/1.1 200"), "{name}: {reply}");
        strict(&mocks, name, usize::from(identity.model["provider"] != "none" && !identity.asked.is_empty()));
        silent(gateway, &mocks, name);
    }
}

/// Nobody broke a rule, and the models refused so many requests for their keys.
fn strict(mocks: &Mocks, name: &str, refused: usize) {
    let entries = mocks.journal(None);
    for entry in &entries {
        assert!(entry.violations.is_empty(), "{name}: {entry:?}");
    }
    let strange: Vec<_> = entries.iter().filter(|entry| entry.auth != Auth::Ok).collect();
    assert_eq!(strange.len(), refused, "{name}: {strange:?}");
}

/// Ends the gateway: none of its secrets is in its log.
fn silent(gateway: Server, mocks: &Mocks, name: &str) {
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0), "{name}: {log}");
    assert!(log.contains("got a token"), "{name}: {log}");
    let published = mocks.credentials().secrets().find(|secret| log.contains(secret));
    assert_eq!(published, None, "{name}: a key is in the log");
    for secret in ["ya29.", "IQoJ", "eyJ", "BEGIN PRIVATE KEY"] {
        assert!(!log.contains(secret), "{name}: {secret} is in the log: {log}");
    }
}

fn start(config: &str, env: &[(&'static str, String)]) -> Server {
    let own = [("HOME", "/nowhere"), ("AWS_REGION", "us-east-1")];
    let env: Vec<(&str, &str)> =
        own.into_iter().chain(env.iter().map(|(name, value)| (*name, &**value))).collect();
    Server::start(&["gateway", "--config", config, "--listen", "127.0.0.1:0", "--threads", "2"], &env)
}

/// A file with a route for each.
fn kong(identities: &[&Identity]) -> Value {
    let route = |identity: &&Identity| {
        let config = json!({ "route_type": "llm/v1/chat", "auth": identity.auth, "model": identity.model });
        let plugins = json!([{ "name": "ai-proxy", "config": config }]);
        json!({ "name": identity.name, "paths": [format!("/{}", identity.name)], "plugins": plugins })
    };
    let routes: Vec<Value> = identities.iter().map(route).collect();
    json!({ "_format_version": "3.0", "services": [{ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes }] })
}

fn identities(mocks: &Mocks, folder: &Path) -> Vec<Identity> {
    let mut all = aws(mocks, folder);
    all.extend(google(mocks, folder));
    all
}

fn aws(mocks: &Mocks, folder: &Path) -> Vec<Identity> {
    let key = &mocks.credentials().aws[0];
    let (id, secret) = (key.access_key_id.clone(), key.secret_access_key.clone());
    let token = file(folder, "web.jwt", &mocks.identity_token("sts.amazonaws.com"));
    let pod = file(folder, "pod.jwt", &mocks.identity_token("pods.eks.amazonaws.com"));
    let profiles = format!(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/deep/mine\nsource_profile = user\n\
         [profile user]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
    );
    let profiles = file(folder, "config", &profiles);
    let sts = ("AWS_ENDPOINT_URL_STS", mocks.url("sts"));
    let bedrock = |options: Value| {
        json!({
            "provider": "bedrock", "name": "us.amazon.nova-lite-v1:0",
            "options": { "upstream_url": mocks.url("bedrock"), "bedrock": options },
        })
    };
    let identity =
        |name, env, asked| Identity { name, auth: json!({}), model: bedrock(json!({})), env, asked };
    let task = "/v2/credentials/touchstone-task";
    vec![
        Identity {
            auth: json!({ "aws_access_key_id": id, "aws_secret_access_key": secret }),
            model: bedrock(json!({
                "aws_assume_role_arn": "arn:aws:iam::123456789012:role/of-the-file",
                "aws_role_session_name": "gateway", "aws_sts_endpoint_url": mocks.url("sts"),
            })),
            ..identity("aws-role", vec![], &["sts"])
        },
        identity(
            "aws-profile",
            vec![("AWS_CONFIG_FILE", profiles), ("AWS_PROFILE", "role".to_owned()), sts.clone()],
            &["sts"],
        ),
        identity(
            "aws-web-identity",
            vec![
                ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
                ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/web".to_owned()),
                sts,
            ],
            &["sts"],
        ),
        identity(
            "aws-task",
            vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}{task}", mocks.url("ecs")))],
            &["ecs"],
        ),
        identity(
            "aws-pod",
            vec![
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v1/credentials", mocks.url("ecs"))),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", pod),
            ],
            &["ecs"],
        ),
        identity("aws-instance", vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", mocks.url("imds"))], &["imds"]),
    ]
}

fn google(mocks: &Mocks, folder: &Path) -> Vec<Identity> {
    let key = mocks.google_service_account();
    let user = json!({
        "type": "authorized_user", "client_id": "touchstone.apps.googleusercontent.com",
        "client_secret": "touchstone-client-secret", "refresh_token": "1//touchstone-refresh-token",
        "token_uri": format!("{}/token", mocks.url("google-oauth")),
    });
    let model = |mock: &str| {
        let mut options = json!({ "upstream_url": mocks.url(mock) });
        if mock == "vertex" {
            options["gemini"] =
                json!({ "api_endpoint": "vertex", "project_id": "p", "location_id": "us-central1" });
        }
        json!({ "provider": "gemini", "name": "gemini-2.5-flash", "options": options })
    };
    let auth = json!({ "gcp_use_service_account": true });
    let identity =
        |name, mock, env, asked| Identity { name, auth: auth.clone(), model: model(mock), env, asked };
    vec![
        Identity {
            auth: json!({ "gcp_use_service_account": true, "gcp_service_account_json": key }),
            ..identity("google-account", "vertex", vec![], &["google-oauth"])
        },
        identity(
            "google-file",
            "gemini",
            vec![("GOOGLE_APPLICATION_CREDENTIALS", file(folder, "key.json", &key))],
            &["google-oauth"],
        ),
        identity("google-user", "vertex", vec![("GCP_SERVICE_ACCOUNT", user.to_string())], &["google-oauth"]),
        identity(
            "google-machine",
            "vertex",
            vec![("GCE_METADATA_HOST", mocks.addr().to_string())],
            &["google-metadata"],
        ),
    ]
}

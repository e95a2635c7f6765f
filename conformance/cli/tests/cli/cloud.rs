//! The bundled gateway as somebody of a cloud: with every kind of identity, in front of the mocks of those who give out keys and
//! tokens, and of the models that take them until they expire.
#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::path::Path;

use mocks::journal::{Auth, Entry};
use mocks::{Mocks, Options};
use serde_json::{Value, json};

use super::binary::{Server, file};

const ASK: &str = r#"{"messages": [{"role": "user", "content": "Say hello"}]}"#;
const JSON: &str = "content-type: application/json\r\n";

/// What the clouds' own clients read, and none of these tests wants read.
const UNSET: [&str; 12] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "GCP_SERVICE_ACCOUNT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "IDENTITY_ENDPOINT",
];

/// Somebody whom a cloud knows.
struct Identity {
    name: &'static str,
    /// Of the plugin.
    auth: Value,
    model: Value,
    env: Vec<(&'static str, String)>,
    /// The mock that is asked for it.
    asked: &'static str,
}

/// A gateway that is somebody in each of several clouds, by one environment.
struct Somebody {
    identities: Vec<Identity>,
    gateway: Server,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_identity_is_taken_by_the_models_of_its_cloud() {
    let mocks = mocks::start_with(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let all = start(groups(&mocks, folder.path()), folder.path());
    for round in 0..2 {
        let before = mocks.journal(None).len();
        let each = all.iter().flat_map(|one| one.identities.iter().map(|identity| (&one.gateway, identity)));
        let each: Vec<_> = each.collect();
        assert!(each.len() > 12);
        for (gateway, identity) in &each {
            ask(gateway, identity);
        }
        for (_, Identity { name, asked, .. }) in &each {
            assert!(mocks.journal(None).iter().any(|entry| entry.provider == *asked), "{name}: {asked}");
        }
        // What had expired was refused once, and the call made again with another.
        let refused = if round == 0 { 0 } else { each.len() };
        strict(&mocks.journal(None)[before..], refused);
        mocks.expire_tokens();
    }
    for Somebody { gateway, .. } in all {
        silent(gateway, &mocks);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_while_keys_and_tokens_expire() {
    let mocks = mocks::start_with(Options { token_seconds: Some(4), ..Options::default() }).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let all = groups(&mocks, folder.path()).into_iter().flatten();
    let short = ["aws-task", "azure-machine", "google-account"];
    let some: Vec<_> = all.filter(|identity| short.contains(&identity.name)).collect();
    assert_eq!(some.len(), short.len());
    let Somebody { identities, gateway } = start(vec![some], folder.path()).remove(0);
    let renewed = |asked| mocks.journal(None).iter().filter(|entry| entry.provider == asked).count() > 2;
    while !identities.iter().all(|identity| renewed(identity.asked)) {
        for identity in &identities {
            ask(&gateway, identity);
        }
    }
    silent(gateway, &mocks);
}

/// One call, which is answered.
fn ask(gateway: &Server, Identity { name, .. }: &Identity) {
    let reply = gateway.ask("POST", &format!("/{name}"), JSON, ASK);
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("chat.completion"), "{name}: {reply}");
}

/// Nobody broke a rule, and so many requests were refused for their keys.
fn strict(entries: &[Entry], refused: usize) {
    for entry in entries {
        assert!(entry.violations.is_empty(), "{entry:?}");
    }
    let strange: Vec<_> = entries.iter().filter(|entry| entry.auth != Auth::Ok).collect();
    assert_eq!(strange.len(), refused, "{strange:#?}");
}

/// Ends the gateway: none of its secrets is in its log.
fn silent(gateway: Server, mocks: &Mocks) {
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("got a token"), "{log}");
    let issued = mocks.issued_secrets();
    assert!(issued.len() > 2, "{issued:?}");
    // How tokens, documents that are signed (JWT) and keys begin: long enough not to be met in an id that was drawn.
    let begin = ["ya29.", "IQoJb3JpZ2luX2Vj", "eyJhbGciOi", "eyJ0eXAiOi", "PRIVATE KEY"];
    let issued = issued.iter().map(String::as_str);
    for secret in mocks.credentials().secrets().chain(issued).chain(begin) {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

/// A gateway for each group, all started at once.
fn start(groups: Vec<Vec<Identity>>, folder: &Path) -> Vec<Somebody> {
    let start = |(number, identities): (usize, Vec<Identity>)| {
        let config = file(folder, &format!("kong-{number}.yaml"), &kong(&identities).to_string());
        // What the machine of the test says of clouds is not meant.
        let own = UNSET
            .map(|name| (name, ""))
            .into_iter()
            .chain([("HOME", "/nowhere"), ("AWS_REGION", "us-east-1")]);
        let env = identities.iter().flat_map(|identity| &identity.env);
        let env: Vec<(&str, &str)> = own.chain(env.map(|(name, value)| (*name, &**value))).collect();
        let arguments = ["gateway", "--config", &config, "--listen", "127.0.0.1:0", "--threads", "2"];
        let gateway = Server::start(&arguments, &env);
        Somebody { identities, gateway }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            groups.into_iter().enumerate().map(|one| scope.spawn(move || start(one))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// A file with a route for each.
fn kong(identities: &[Identity]) -> Value {
    let route = |identity: &Identity| {
        let config = json!({ "route_type": "llm/v1/chat", "auth": identity.auth, "model": identity.model });
        let plugins = json!([{ "name": "ai-proxy", "config": config }]);
        json!({ "name": identity.name, "paths": [format!("/{}", identity.name)], "plugins": plugins })
    };
    let routes: Vec<Value> = identities.iter().map(route).collect();
    json!({ "_format_version": "3.0", "services": [{ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes }] })
}

/// One of each cloud in a group: their environments have nothing to do with each other.
fn groups(mocks: &Mocks, folder: &Path) -> Vec<Vec<Identity>> {
    let mut groups: Vec<Vec<Identity>> = aws(mocks, folder).into_iter().map(|one| vec![one]).collect();
    for (group, one) in groups.iter_mut().zip(google(mocks, folder)) {
        group.push(one);
    }
    for (group, one) in groups.iter_mut().zip(azure(mocks, folder)) {
        group.push(one);
    }
    groups
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
            ..identity("aws-role", vec![], "sts")
        },
        identity(
            "aws-profile",
            vec![("AWS_CONFIG_FILE", profiles), ("AWS_PROFILE", "role".to_owned()), sts.clone()],
            "sts",
        ),
        identity(
            "aws-web-identity",
            vec![
                ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
                ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/web".to_owned()),
                sts,
            ],
            "sts",
        ),
        identity(
            "aws-task",
            vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}{task}", mocks.url("ecs")))],
            "ecs",
        ),
        identity(
            "aws-pod",
            vec![
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v1/credentials", mocks.url("ecs"))),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", pod),
            ],
            "ecs",
        ),
        identity("aws-instance", vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", mocks.url("imds"))], "imds"),
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
            ..identity("google-account", "vertex", vec![], "google-oauth")
        },
        identity(
            "google-file",
            "gemini",
            vec![("GOOGLE_APPLICATION_CREDENTIALS", file(folder, "key.json", &key))],
            "google-oauth",
        ),
        identity("google-user", "vertex", vec![("GCP_SERVICE_ACCOUNT", user.to_string())], "google-oauth"),
        identity(
            "google-machine",
            "vertex",
            vec![("GCE_METADATA_HOST", mocks.addr().to_string())],
            "google-metadata",
        ),
    ]
}

fn azure(mocks: &Mocks, folder: &Path) -> Vec<Identity> {
    const TENANT: &str = "7e57ab1e-0000-4000-8000-000000000001";
    const CLIENT: &str = "7e57ab1e-0000-4000-8000-0000000000c1";
    let options = json!({
        "upstream_url": format!("{}/openai/deployments/gpt-4o/chat/completions", mocks.url("azure")),
        "azure_instance": "mine", "azure_deployment_id": "gpt-4o", "azure_api_version": "2024-10-21",
    });
    let model = json!({ "provider": "azure", "name": "gpt-4o", "options": options });
    let auth = json!({ "azure_use_managed_identity": true });
    let identity = |name, env, asked| Identity { name, auth: auth.clone(), model: model.clone(), env, asked };
    let authority = ("AZURE_AUTHORITY_HOST", mocks.url("entra"));
    let token = file(folder, "azure.jwt", &mocks.identity_token("api://AzureADTokenExchange"));
    let service = format!("{}/msi/token", mocks.url("azure-imds"));
    vec![
        Identity {
            auth: json!({
                "azure_use_managed_identity": true, "azure_tenant_id": TENANT, "azure_client_id": CLIENT,
                "azure_client_secret": "entra-touchstone",
            }),
            ..identity("azure-application", vec![authority.clone()], "entra")
        },
        identity(
            "azure-workload",
            vec![
                authority,
                ("AZURE_TENANT_ID", TENANT.to_owned()),
                ("AZURE_CLIENT_ID", CLIENT.to_owned()),
                ("AZURE_FEDERATED_TOKEN_FILE", token),
            ],
            "entra",
        ),
        identity(
            "azure-service",
            vec![("IDENTITY_ENDPOINT", service), ("IDENTITY_HEADER", "azure-imds-touchstone".to_owned())],
            "azure-imds",
        ),
        identity(
            "azure-machine",
            vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", mocks.url("azure-imds"))],
            "azure-imds",
        ),
        Identity {
            auth: json!({ "azure_use_managed_identity": true, "azure_client_id": CLIENT }),
            ..identity(
                "azure-assigned",
                vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", mocks.url("azure-imds"))],
                "azure-imds",
            )
        },
    ]
}

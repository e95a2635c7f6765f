//! Google: keys, lasting tokens, and the machine's own account.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

/// The key of RFC 7515, appendix A.2.
const PEM: &str = include_str!("../../keys/rfc7515-a2.pem");

fn key(token_uri: &str) -> Value {
    json!({
        "type": "service_account", "project_id": "p", "private_key_id": "key-1", "private_key": PEM,
        "client_email": "me@p.iam.gserviceaccount.com", "client_id": "1", "token_uri": token_uri,
    })
}

/// Gemini, as somebody of Google's; where, is not said.
fn gemini(model: &Server) -> Setup {
    let options = json!({"upstream_url": model.url("")});
    Setup::new("gemini", model.addr)
        .set("/auth", json!({"gcp_use_service_account": true}))
        .set("/model", json!({"provider": "gemini", "name": "m", "options": options}))
}

/// The claims of the assertion that was posted.
fn claims(asked: &Seen) -> Value {
    assert_eq!(asked.form("grant_type").as_deref(), Some("urn:ietf:params:oauth:grant-type:jwt-bearer"));
    let assertion = asked.form("assertion").unwrap();
    let claims = assertion.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn a_service_account_signs_for_its_token() {
    let (model, tokens) = (Server::model(GEMINI).await, tokens().await);
    let json = key(&tokens.url("/token")).to_string();
    let seen = shown(gemini(&model).set("/auth/gcp_service_account_json", json), &model).await;
    assert_eq!(seen.field("authorization"), Some("Bearer token-0"));
    let asked = &tokens.seen()[0];
    assert_eq!(asked.line(), "POST /token");
    let claims = claims(asked);
    assert_eq!(claims["iss"], "me@p.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(claims["aud"], tokens.url("/token"));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
    assert!(claims["iat"].as_i64().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn the_file_may_say_where_tokens_are_and_the_assertion_is_still_for_google() {
    let (model, tokens) = (Server::model(GEMINI).await, tokens().await);
    let google = "https://oauth2.googleapis.com/token";
    let setup = gemini(&model)
        .set("/auth/gcp_service_account_json", key(google).to_string())
        .set("/auth/gcp_oauth_token_url", tokens.url("/own"));
    shown(setup, &model).await;
    let asked = &tokens.seen()[0];
    assert_eq!((asked.line(), &claims(asked)["aud"]), ("POST /own", &json!(google)));
}

#[tokio::test]
async fn keys_are_looked_for_in_kongs_order_and_then_in_googles() {
    let key_of = |tokens: &Server| key(&tokens.url("/token")).to_string();
    let servers = [tokens().await, tokens().await, tokens().await, tokens().await];
    let [own, kongs, googles, _] = &servers;
    let machine = Server::start(|_, _| Some(flavored("of-the-machine", 3600))).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), key_of(googles)).unwrap();
    let env = [
        ("GCP_SERVICE_ACCOUNT", key_of(kongs)),
        ("GOOGLE_APPLICATION_CREDENTIALS", file.path().to_str().unwrap().to_owned()),
        ("GCE_METADATA_HOST", machine.addr.to_string()),
    ];
    let with = |from: usize, model: &Server| Setup { env: env[from..].to_vec(), ..gemini(model) };
    let model = Server::model(GEMINI).await;
    shown(with(0, &model).set("/auth/gcp_service_account_json", key_of(own)), &model).await;
    shown(with(0, &model), &model).await;
    shown(with(1, &model), &model).await;
    assert_eq!(servers.map(|server| server.seen().len()), [1, 1, 1, 0]);
    assert!(machine.seen().is_empty());
    let model = Server::model(GEMINI).await;
    let seen = shown(with(2, &model), &model).await;
    assert_eq!(seen.field("authorization"), Some("Bearer of-the-machine"));
    let asked = &machine.seen()[0];
    assert_eq!(asked.line(), "GET /computeMetadata/v1/instance/service-accounts/default/token");
    assert_eq!(asked.field("metadata-flavor"), Some("Google"));
}

#[tokio::test]
async fn a_user_has_a_token_for_another_that_lasts() {
    let (model, tokens) = (Server::model(GEMINI).await, tokens().await);
    let json = json!({"type": "authorized_user", "client_id": "c", "client_secret": "s&=", "refresh_token": "1//r",
        "token_uri": tokens.url("/token")});
    shown(gemini(&model).env("GCP_SERVICE_ACCOUNT", json.to_string()), &model).await;
    let asked = &tokens.seen()[0];
    let fields = ["grant_type", "client_id", "client_secret", "refresh_token"];
    assert_eq!(fields.map(|name| asked.form(name).unwrap()), ["refresh_token", "c", "s&=", "1//r"]);
}

#[tokio::test]
async fn who_is_not_googles_metadata_server_is_not_believed() {
    let (model, tokens) = (Server::model(GEMINI).await, tokens().await);
    let gateway = gemini(&model).env("GCE_METADATA_HOST", tokens.addr.to_string()).start();
    assert_eq!(chat(&gateway, ASK).await.error(), (500, "identity_unavailable".to_owned()));
    assert!(model.seen().is_empty());
}

#[tokio::test]
async fn a_key_that_is_none_is_told_when_the_file_is_read() {
    let model = Server::model(GEMINI).await;
    let wrong = |setup: Setup| {
        let env =
            |name: &str| setup.env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let errors = Config::parse(&setup.file(), &env).expect_err("it is wrong").to_string();
        let path = "services[0].routes[0].plugins[0].config.auth";
        errors.split_once(path).expect(path).1.to_owned()
    };
    let own = |json: &str| wrong(gemini(&model).set("/auth/gcp_service_account_json", json));
    let mut short = key("https://h/token");
    short["private_key"] = json!("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    let mut lacking = key("https://h/token");
    lacking["client_email"] = json!(null);
    let external = json!({"type": "external_account"});
    for (json, expected) in [
        ("not-secret-but-wrong".to_owned(), "it is not the JSON of a key file"),
        (short.to_string(), "the key file's private_key is not an RSA key of at least 2048 bits in PEM"),
        (lacking.to_string(), "the key file has no client_email"),
        (key("nowhere").to_string(), "the key file's token_uri is not a URL"),
        (external.to_string(), "the key file's type is neither service_account nor authorized_user"),
    ] {
        assert_eq!(own(&json), format!(".gcp_service_account_json: {expected}"));
    }
    assert_eq!(
        wrong(gemini(&model).env("GCP_SERVICE_ACCOUNT", "{}")),
        ": environment variable 'GCP_SERVICE_ACCOUNT': the key file has no private_key"
    );
    assert_eq!(
        wrong(gemini(&model).set("/auth/gcp_metadata_url", "metadata")),
        ".gcp_metadata_url: missing host in url"
    );
}

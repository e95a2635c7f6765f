//! Azure: applications by their secret or a federated token, and managed identities.

use super::*;

/// Azure's OpenAI, as somebody of Entra's.
fn azure(model: &Server) -> Setup {
    let options = json!({"upstream_url": model.url(""), "azure_instance": "i", "azure_deployment_id": "d"});
    Setup::new("azure", model.addr)
        .set("/auth", json!({"azure_use_managed_identity": true}))
        .set("/model", json!({"provider": "azure", "name": "m", "options": options}))
}

const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

#[tokio::test]
async fn an_application_shows_its_secret() {
    let (model, tokens) = (Server::model(ANSWER).await, tokens().await);
    let setup = azure(&model)
        .set("/auth/azure_client_id", "client")
        .set("/auth/azure_client_secret", "s~&=e")
        .set("/auth/azure_tenant_id", "tenant")
        .env("AZURE_AUTHORITY_HOST", tokens.url("/"));
    let seen = shown(setup, &model).await;
    assert_eq!(seen.field("authorization"), Some("Bearer token-0"));
    assert_eq!(seen.field("api-key"), None);
    let asked = &tokens.seen()[0];
    assert_eq!(asked.line(), "POST /tenant/oauth2/v2.0/token");
    let fields = ["grant_type", "client_id", "client_secret", "scope"];
    assert_eq!(
        fields.map(|name| asked.form(name).unwrap()),
        ["client_credentials", "client", "s~&=e", SCOPE]
    );
}

#[tokio::test]
async fn a_federated_token_is_read_anew_from_its_file() {
    let (model, tokens) = (Server::model(ANSWER).await, tokens().await);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "ey.federated\n").unwrap();
    let setup = azure(&model)
        .env("AZURE_AUTHORITY_HOST", tokens.url(""))
        .env("AZURE_CLIENT_ID", "client")
        .env("AZURE_TENANT_ID", "tenant")
        .env("AZURE_FEDERATED_TOKEN_FILE", file.path().to_str().unwrap());
    shown(setup, &model).await;
    let asked = &tokens.seen()[0];
    let fields = ["client_id", "client_assertion_type", "client_assertion", "scope"];
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(fields.map(|name| asked.form(name).unwrap()), ["client", kind, "ey.federated", SCOPE]);
}

#[tokio::test]
async fn a_machine_asks_its_metadata_server() {
    let model = Server::model(ANSWER).await;
    let machine = Server::start(|_, _| {
        // Numbers are strings there.
        let body = json!({"access_token": "of-the-machine", "expires_in": "3599", "expires_on": "4102444800",
            "not_before": "1", "resource": "https://cognitiveservices.azure.com", "token_type": "Bearer"});
        Some(json_reply("200 OK", &body.to_string()))
    })
    .await;
    let setup = azure(&model)
        .set("/auth/azure_client_id", "mine")
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine.url("/"));
    let seen = shown(setup, &model).await;
    assert_eq!(seen.field("authorization"), Some("Bearer of-the-machine"));
    let asked = &machine.seen()[0];
    assert_eq!(
        asked.line(),
        "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcognitiveservices.azure.com\
         &client_id=mine"
    );
    assert_eq!(asked.field("metadata"), Some("true"));
}

#[tokio::test]
async fn an_app_service_has_a_server_and_a_header_of_its_own() {
    let model = Server::model(ANSWER).await;
    let service = Server::start(|_, _| {
        let body =
            json!({"access_token": "of-the-service", "expires_on": "4102444800", "token_type": "Bearer"});
        Some(json_reply("200 OK", &body.to_string()))
    })
    .await;
    let setup = azure(&model)
        .env("IDENTITY_ENDPOINT", service.url("/msi/token"))
        .env("IDENTITY_HEADER", "header-of-the-service");
    let seen = shown(setup, &model).await;
    assert_eq!(seen.field("authorization"), Some("Bearer of-the-service"));
    let asked = &service.seen()[0];
    assert_eq!(
        asked.line(),
        "GET /msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com"
    );
    assert_eq!(asked.field("x-identity-header"), Some("header-of-the-service"));
}

#[tokio::test]
async fn a_clients_own_authorization_wins_only_where_the_file_says_so() {
    let (model, tokens) = (Server::model(ANSWER).await, tokens().await);
    let setup = |overrides: bool| {
        azure(&model)
            .set("/auth/allow_override", overrides)
            .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", tokens.url(""))
    };
    let own = "authorization: Bearer of-the-client\r\napi-key: of-the-client\r\n";
    for (overrides, expected) in [(false, "Bearer token-0"), (true, "Bearer of-the-client")] {
        let gateway = setup(overrides).start();
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", own, ASK).await;
        assert_eq!(client.reply().await.status, 200);
        let seen = model.seen().pop().unwrap();
        assert_eq!((seen.field("authorization"), seen.field("api-key")), (Some(expected), None));
        assert_eq!(seen.head.to_ascii_lowercase().matches("authorization:").count(), 1, "{}", seen.head);
    }
}

#[tokio::test]
async fn a_token_goes_before_a_header_of_its_name_and_beside_others() {
    let (model, tokens) = (Server::model(ANSWER).await, tokens().await);
    for (name, beside) in [("Authorization", None), ("api-key", Some("of-the-file"))] {
        let setup = azure(&model)
            .set("/auth/header_name", name)
            .set("/auth/header_value", "of-the-file")
            .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", tokens.url(""));
        let gateway = setup.start();
        assert_eq!(chat(&gateway, ASK).await.status, 200);
        let seen = model.seen().pop().unwrap();
        assert!(seen.field("authorization").unwrap().starts_with("Bearer token-"), "{}", seen.head);
        assert_eq!(seen.field("api-key"), beside);
    }
}

#[tokio::test]
async fn secrets_are_not_sent_in_the_clear_to_strangers() {
    let model = Server::model(ANSWER).await;
    let setup = azure(&model)
        .set("/auth/azure_client_id", "client")
        .set("/auth/azure_client_secret", "s")
        .set("/auth/azure_tenant_id", "tenant")
        .env("AZURE_AUTHORITY_HOST", "http://elsewhere.example");
    let gateway = setup.start();
    assert_eq!(chat(&gateway, ASK).await.error(), (500, "identity_unavailable".to_owned()));
}

#[tokio::test]
async fn half_of_an_application_is_told_when_the_file_is_read() {
    let model = Server::model(ANSWER).await;
    let setup = azure(&model).set("/auth/azure_client_secret", "s").set("/auth/azure_client_id", "c");
    let errors = Config::parse(&setup.file(), &|_| None).expect_err("it is wrong").to_string();
    assert!(
        errors.contains(
            "must set 'auth.azure_client_id' and 'auth.azure_tenant_id' (or AZURE_CLIENT_ID and AZURE_TENANT_ID in the \
             environment) with 'auth.azure_client_secret'"
        ),
        "{errors}"
    );
}

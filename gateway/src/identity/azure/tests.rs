//! Which identity it is.

use super::*;
use crate::config::{Config, Target};

/// The account of a file whose `auth` is `auth`, in an environment of `variables`.
fn account(auth: &str, variables: &[(&str, &str)]) -> Account {
    let file = format!(
        "_format_version: '3.0'\nservices:\n- url: http://localhost\n  routes:\n  - paths: [/]\n    plugins:\n    \
         - name: ai-proxy\n      config:\n        route_type: llm/v1/chat\n        auth: {auth}\n        model: \
         {{provider: azure, name: m, options: {{azure_instance: i, azure_deployment_id: d}}}}\n"
    );
    let env =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let config = Config::parse(&file, &env).unwrap_or_else(|errors| panic!("{errors}"));
    let auth = &Target::clone(&config.router.routes()[0].plugin.targets[0]).auth;
    Account::new(&auth.azure, &auth.surroundings)
}

const MANAGED: &str = "{azure_use_managed_identity: true}";
const OWN: &str = "{azure_use_managed_identity: true, azure_client_id: own-client, azure_client_secret: s, azure_tenant_id: own-tenant}";
const ENTRA: [(&str, &str); 4] = [
    ("AZURE_CLIENT_ID", "client"),
    ("AZURE_TENANT_ID", "tenant"),
    ("AZURE_CLIENT_SECRET", "secret"),
    ("AZURE_FEDERATED_TOKEN_FILE", "/token"),
];

#[test]
fn what_is_set_decides_who_it_is_and_the_file_goes_before_the_environment() {
    let text = str::to_owned;
    let secret = |tenant, client, secret| By::Secret {
        tenant: text(tenant),
        client: text(client),
        secret: Secret::new(secret),
    };
    assert_eq!(account(OWN, &[]).by, secret("own-tenant", "own-client", "s"));
    assert_eq!(account(OWN, &ENTRA).by, secret("own-tenant", "own-client", "s"));
    assert_eq!(account(MANAGED, &ENTRA).by, secret("tenant", "client", "secret"));
    let federated = [ENTRA[0], ENTRA[1], ENTRA[3]];
    let expected = By::Federated { tenant: text("tenant"), client: text("client"), file: text("/token") };
    assert_eq!(account(MANAGED, &federated).by, expected);
    let service = [("IDENTITY_ENDPOINT", "http://h/token"), ("IDENTITY_HEADER", "x")];
    let expected = |client| By::AppService { url: text("http://h/token"), header: Secret::new("x"), client };
    assert_eq!(account(MANAGED, &service).by, expected(None));
    let mine = "{azure_use_managed_identity: true, azure_client_id: c}";
    assert_eq!(account(mine, &service).by, expected(Some(text("c"))));
    let machine = |host, client| By::Machine { host: text(host), client };
    assert_eq!(account(MANAGED, &[]).by, machine("http://169.254.169.254", None));
    assert_eq!(account(MANAGED, &service[..1]).by, machine("http://169.254.169.254", None));
    let elsewhere = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://h"), ENTRA[0]];
    assert_eq!(account(MANAGED, &elsewhere).by, machine("http://h", Some(text("client"))));
}

#[test]
fn each_cloud_has_a_resource_of_its_own() {
    for (authority, resource) in [
        ("login.microsoftonline.us", "https://cognitiveservices.azure.us"),
        ("https://login.microsoftonline.us/", "https://cognitiveservices.azure.us"),
        ("https://login.chinacloudapi.cn", "https://cognitiveservices.azure.cn"),
        ("https://login.microsoftonline.com", "https://cognitiveservices.azure.com"),
        ("http://127.0.0.1:1", "https://cognitiveservices.azure.com"),
    ] {
        assert_eq!(account(MANAGED, &[("AZURE_AUTHORITY_HOST", authority)]).resource(), resource);
    }
    assert_eq!(account(MANAGED, &[]).authority, "https://login.microsoftonline.com");
}

#[test]
fn a_wish_names_the_identity_if_there_are_several() {
    let plain = "&resource=https%3A%2F%2Fcognitiveservices.azure.com";
    assert_eq!(account(MANAGED, &[]).wish(None), plain);
    assert_eq!(account(MANAGED, &[]).wish(Some("a b")), format!("{plain}&client_id=a%20b"));
}

#[test]
fn secrets_are_not_sent_in_the_clear_to_strangers() {
    for safe in
        ["https://login.microsoftonline.com", "http://127.0.0.1:1", "http://localhost", "http://[::1]:1"]
    {
        assert!(is_safe(safe), "{safe}");
    }
    for unsafe_one in
        ["http://login.microsoftonline.com", "http://10.0.0.1", "http://localhost.example", "/", ""]
    {
        assert!(!is_safe(unsafe_one), "{unsafe_one}");
    }
}

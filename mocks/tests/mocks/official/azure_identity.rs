//! Azure's Python client, with every way of its own to come by access tokens.

use mocks::Options;
use serde_json::{Value, json};

use super::nothing_is_strange;
use super::venv::NEWEST;

/// A part of what the client tells of a refusal.
fn refused(error: &Value, class: &str, text: &str) {
    assert_eq!(error["raised"][0], class, "{error}");
    assert!(error["text"].as_str().unwrap().contains(text), "{error}");
}

const BAD_TOKEN: &str = "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.";

#[tokio::test]
async fn azures_python_client_comes_by_tokens_in_every_way() {
    let tls = Some(([127, 0, 0, 1], 0).into());
    let mocks = mocks::start_with(Options { tls, proxy: true, ..Options::default() }).await.unwrap();
    mocks.add(mocks::Script::new("[[text]]", mocks::script::Reply::text(["Hel", "lo"])));
    let folder = tempfile::tempdir().unwrap();
    let ca = mocks.authority().unwrap().trust(folder.path()).unwrap().ca.display().to_string();
    let base = format!("http://{}", mocks.addr());
    let secure = format!("https://localhost:{}", mocks.tls().unwrap().port());
    let Some(seen) = NEWEST.run_with("azure_identity.py", &[&base, &secure, &ca]).await else { return };
    println!("{seen:#}");
    for case in
        ["by_secret", "by_assertion", "by_workload", "by_machine", "by_chosen_identity", "by_app_service"]
    {
        let told = &seen[case];
        assert_eq!(
            (&told[0], &told[1], &told[3]),
            (&json!("ey"), &json!("Hello"), &json!("Hello")),
            "{case}: {told}"
        );
        let text = told[2].as_str().unwrap_or_default();
        assert!(text.starts_with("Error code: 401") && text.contains(BAD_TOKEN), "{case}: {text}");
    }
    assert_eq!((&seen["found_by_itself"], &seen["by_its_own_host"]), (&json!("Hello"), &json!("Hello")));

    let told = &seen["refused"];
    let failed = |case: &str, text: &str| refused(&told[case], "ClientAuthenticationError", text);
    failed("secret", "AADSTS7000215: Invalid client secret provided.");
    failed(
        "client",
        "AADSTS700016: Application with identifier '7e57ab1e-0000-4000-8000-0000000000ff' was not found",
    );
    failed(
        "scope",
        "AADSTS1002012: The provided value for scope https://cognitiveservices.azure.com/read is not valid.",
    );
    failed("resource", "AADSTS500011: The resource principal named https://nobody.example was not found");
    failed("assertion", "AADSTS50027");
    failed(
        "audience",
        "AADSTS700212: No matching federated identity record found for presented assertion audience 'sts.amazonaws.com'.",
    );
    failed(
        "subject",
        "AADSTS700213: No matching federated identity record found for presented assertion subject 'system:serviceaccount:default:other'.",
    );
    failed("late", "AADSTS700024: Client assertion is not within its valid time range.");
    assert!(told["tenant"]["text"].as_str().unwrap().contains("Unable to get authority configuration"));
    refused(&told["machine"], "CredentialUnavailableError", "Identity not found");
    refused(&told["elsewhere"], "AuthenticationError", BAD_TOKEN);
    refused(&told["key"], "AuthenticationError", BAD_TOKEN);
    nothing_is_strange(&mocks, 0);
}

//! Google's Python clients, with every way of their own to come by access tokens.

use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{nothing_is_strange, played};

/// A part of what the client tells of a refusal.
fn refused(error: &Value, class: &str, text: &str) {
    assert_eq!(error["raised"][0], class, "{error}");
    assert!(error["text"].as_str().unwrap().contains(text), "{error}");
}

#[tokio::test]
async fn googles_python_clients_come_by_tokens_in_every_way() {
    let mocks = played().await;
    let base = format!("http://{}", mocks.addr());
    let Some(seen) = NEWEST.run("google_identity.py", &base).await else { return };
    println!("{seen:#}");
    for case in ["of_account", "of_machine", "of_user"] {
        let told = &seen[case];
        assert_eq!((&told[0], &told[1]), (&json!("ya29."), &json!("Hello")), "{case}: {told}");
        let text = told[2].as_str().unwrap_or_default();
        assert!(
            text.starts_with("401 UNAUTHENTICATED") && text.contains("ACCESS_TOKEN_EXPIRED"),
            "{case}: {text}"
        );
    }
    assert_eq!(seen["renewed"], json!([true, 200]));
    assert_eq!(
        seen["found_by_itself"],
        json!(["google.auth.compute_engine.credentials", "touchstone-project", "Hello"])
    );
    assert_eq!(seen["elsewhere"], "Hello");
    let account = "touchstone@touchstone-project.iam.gserviceaccount.com";
    let identity = json!(["https://a.example", account, "https://accounts.google.com"]);
    assert_eq!(seen["identities"], json!([identity, identity]));
    let scopes = json!(["https://www.googleapis.com/auth/cloud-platform"]);
    assert_eq!(seen["machine"], json!([account, "googleapis.com", scopes]));

    let told = &seen["refused"];
    refused(&told["unknown"], "RefreshError", "invalid_grant: Invalid grant: account not found");
    refused(&told["key"], "RefreshError", "invalid_grant: Invalid JWT Signature.");
    refused(&told["stale"], "RefreshError", "Check your iat and exp values in the JWT claim.");
    refused(
        &told["scope"],
        "RefreshError",
        "invalid_scope: Invalid OAuth scope or ID token audience provided.",
    );
    refused(&told["narrow"], "ClientError", "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    refused(&told["invented"], "ClientError", "ACCESS_TOKEN_TYPE_UNSUPPORTED");
    nothing_is_strange(&mocks, 0);
}

//! AWS's Python client, with every way of its own to come by keys that hold for a time.

use mocks::journal::Auth;
use serde_json::{Value, json};

use super::played;
use super::venv::NEWEST;

const EXPIRED: &str = "The security token included in the request is expired";

/// What the client tells of a refusal: the code, and in the end the sentence.
fn refused(error: &Value, code: &str, sentence: &str) {
    let text = error["text"].as_str().or(error.as_str()).unwrap_or_default();
    assert!(text.contains(&format!("({code}) when calling")) && text.ends_with(sentence), "{error}");
}

#[tokio::test]
async fn awss_python_client_comes_by_keys_in_every_way() {
    let mocks = played().await;
    let base = format!("http://{}", mocks.addr());
    let Some(seen) = NEWEST.run("boto3_identity.py", &base).await else { return };
    println!("{seen:#}");
    let assumed = &seen["assumed"];
    let role = "arn:aws:sts::123456789012:assumed-role/reader/me";
    assert_eq!((&assumed["user"], &assumed["source"]), (&json!(role), &json!("you")));
    assert_eq!(
        (&assumed["who"], &assumed["before"]),
        (&json!([role, "123456789012", true]), &json!("Hello"))
    );
    refused(&assumed["after"], "ExpiredTokenException", EXPIRED);
    refused(&assumed["sts_after"], "ExpiredToken", EXPIRED);

    let user = "arn:aws:iam::123456789012:user/touchstone";
    let own = &seen["by_itself"];
    assert_eq!(own["who"], json!([user, "AIDATOUCHSTONE0000001", "123456789012"]));
    assert_eq!((&own["same"], &own["text"]), (&json!(true), &json!("Hello")));
    refused(&own["again"], "AccessDenied", "Cannot call GetSessionToken with session credentials");

    let not_good = &seen["refused"];
    refused(&not_good["secret"], "SignatureDoesNotMatch", "'\n");
    let invalid = "The security token included in the request is invalid.";
    refused(&not_good["key"], "InvalidClientTokenId", invalid);
    refused(&not_good["token"], "UnrecognizedClientException", invalid);
    let chained =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    refused(&not_good["chained"], "ValidationError", chained);

    assert_eq!(seen["profile"], json!(["assume-role", "Hello"]));
    for (case, method) in [
        ("web_identity", "assume-role-with-web-identity"),
        ("instance", "iam-role"),
        ("container", "container-role"),
        ("pod", "container-role"),
    ] {
        let told = &seen[case];
        assert_eq!(
            (&told[0], &told[1], &told[3]),
            (&json!(method), &json!("Hello"), &json!("ASIA")),
            "{case}"
        );
        refused(&told[2], "ExpiredTokenException", EXPIRED);
    }
    assert_eq!(seen["renewed"], json!([true, "Hello", "Hello"]));
    let journal = mocks.journal(None);
    assert!(journal.iter().all(|entry| entry.violations.is_empty()));
    let good = journal.iter().filter(|entry| entry.provider == "bedrock" && entry.auth == Auth::Ok);
    assert_eq!(good.count(), 9);
}

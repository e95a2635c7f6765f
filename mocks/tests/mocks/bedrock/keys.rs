//! AWS's own client and its keys: what it signs is accepted, and what is refused is told as the service tells it.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Region, Token};
use aws_sdk_bedrockruntime::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use mocks::journal::Auth;
use mocks::{AwsKey, Options};

use super::sdk::{client, user};
use super::{MODEL, connector};

const ARN: &str =
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0";

#[tokio::test]
async fn awss_signature_is_accepted_for_every_form_of_model() {
    let mocks =
        mocks::start_with(Options { ports: [("bedrock".to_owned(), 0)].into(), ..Options::default() })
            .await
            .unwrap();
    let client = client(&mocks, &AwsKey::default());
    for model in [MODEL, ARN, "us.amazon.nova-pro-v1:0", "plain"] {
        client.converse().model_id(model).messages(user("x")).send().await.unwrap();
        client.converse_stream().model_id(model).messages(user("x")).send().await.unwrap();
    }
    let journal = mocks.journal(None);
    assert!(journal.iter().all(|entry| entry.auth == Auth::Ok && entry.violations.is_empty()));
    assert!(
        journal[2].path.contains("arn%3Aaws%3Abedrock") && journal[2].path.contains("%2F"),
        "{}",
        journal[2].path
    );
}

#[tokio::test]
async fn a_session_token_an_api_key_and_http2_are_accepted() {
    let temporary = AwsKey { session_token: Some("a/token+with=signs".to_owned()), ..AwsKey::default() };
    let mut options = Options::default();
    options.credentials.aws = vec![temporary.clone()];
    let mocks = mocks::start_with(options).await.unwrap();
    client(&mocks, &temporary).converse().model_id(MODEL).messages(user("x")).send().await.unwrap();
    let wrong = AwsKey { session_token: Some("another".to_owned()), ..temporary.clone() };
    let error =
        client(&mocks, &wrong).converse().model_id(MODEL).messages(user("x")).send().await.unwrap_err();
    assert_eq!(error.into_service_error().code(), Some("UnrecognizedClientException"));

    let config = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .token_provider(Token::new("bedrock-api-key-touchstone", None))
        .region(Region::new("us-east-1"))
        .endpoint_url(mocks.url("bedrock"))
        .retry_config(RetryConfig::disabled())
        .http_client(connector::http(true));
    let client = Client::from_conf(config.build());
    client.converse().model_id(MODEL).messages(user("x")).send().await.unwrap();
    let last = mocks.journal(None).pop().unwrap();
    assert_eq!((last.http.as_str(), last.auth), ("HTTP/2", Auth::Ok));
    assert!(
        last.headers.iter().any(|(name, value)| name == "authorization" && value.starts_with("Bearer ****"))
    );
}

#[tokio::test]
async fn a_wrong_secret_is_told_what_should_have_been_signed() {
    let mocks = mocks::start().await.unwrap();
    let wrong = AwsKey { secret_access_key: "wrong".to_owned(), ..AwsKey::default() };
    let error =
        client(&mocks, &wrong).converse().model_id(MODEL).messages(user("x")).send().await.unwrap_err();
    let shown = DisplayErrorContext(&error).to_string();
    let error = error.into_service_error();
    assert_eq!(error.code(), Some("InvalidSignatureException"), "{shown}");
    let message = error.message().unwrap();
    assert!(
        message.starts_with("The request signature we calculated does not match the signature you provided.")
    );
    let entry = mocks.journal(None).remove(0);
    let Auth::Refused { reason, canonical_request: Some(canonical) } = entry.auth else {
        panic!("{:?}", entry.auth)
    };
    assert!(message.contains(&format!("should have been\n'{canonical}'\n")));
    assert!(
        canonical
            .starts_with("POST\n/bedrock/model/anthropic.claude-sonnet-4-5-20250929-v1%253A0/converse\n\n")
    );
    assert!(reason.contains("AWS4-HMAC-SHA256\n"));
    assert!(!message.contains("touchstone-secret-access-key"));
}

#[tokio::test]
async fn the_journal_keeps_no_session_token() {
    let temporary = AwsKey { session_token: Some("a-session-token".to_owned()), ..AwsKey::default() };
    let mut options = Options::default();
    options.credentials.aws = vec![temporary.clone()];
    let mocks = mocks::start_with(options).await.unwrap();
    let wrong = AwsKey { secret_access_key: "wrong".to_owned(), ..temporary };
    client(&mocks, &wrong).converse().model_id(MODEL).messages(user("x")).send().await.unwrap_err();
    let entry = mocks.journal(None).remove(0);
    let Auth::Refused { canonical_request: Some(canonical), .. } = &entry.auth else {
        panic!("{:?}", entry.auth)
    };
    assert!(canonical.contains("\nx-amz-security-token:****\n"), "{canonical}");
    assert!(entry.headers.iter().all(|(_, value)| value != "a-session-token"));
}

//! What Bedrock refuses, the mock refuses: keys, signatures, paths and bodies, each in the service's words.

use mocks::journal::Auth;
use mocks::script::{Failure, Kind, Reply, Script};
use mocks::{Mocks, Options};
use serde_json::{Value, json};

use super::{MODEL, converse, path, question, violations};
use crate::client;

/// The exception's name, without its namespace.
fn exception(reply: &client::Reply) -> &str {
    let errortype = reply.header("x-amzn-errortype").unwrap();
    let (name, namespace) = errortype.split_once(':').unwrap();
    assert!(namespace.starts_with("http://internal.amazon.com/coral/com.amazon."), "{errortype}");
    assert_eq!(reply.header("x-amzn-requestid").unwrap().len(), 36);
    name
}

async fn keyed(mocks: &Mocks, authorization: Option<&str>) -> client::Reply {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    let body = question("x").to_string();
    client::exchange(mocks, &client::request("POST", &path(MODEL, false), &headers, body.as_bytes())).await
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let mocks = mocks::start().await.unwrap();
    for (authorization, name, body) in [
        (None, "AccessDeniedException", json!({ "Message": "Authorization header is missing" })),
        (
            Some("Bearer bedrock-api-key-wrong"),
            "AccessDeniedException",
            json!({ "Message": "Authentication failed: Please make sure your API Key is valid." }),
        ),
        (
            Some("Bearer sk-wrong"),
            "AccessDeniedException",
            json!({ "Message": "Invalid API Key format: Must start with pre-defined prefix" }),
        ),
    ] {
        let reply = keyed(&mocks, authorization).await;
        assert_eq!((reply.status, exception(&reply), reply.json()), (403, name, body));
    }
    let reply = keyed(&mocks, Some("Basic c2VjcmV0")).await;
    assert_eq!((reply.status, exception(&reply)), (403, "IncompleteSignatureException"));
    assert!(
        reply.json()["message"]
            .as_str()
            .unwrap()
            .starts_with("Authorization header requires 'Credential' parameter.")
    );
    assert!(!reply.text().contains("c2VjcmV0"), "a foreign secret is not repeated");
    assert_eq!(keyed(&mocks, Some("Bearer bedrock-api-key-touchstone")).await.status, 200);
    let reasons: Vec<Auth> = mocks.journal(None).into_iter().map(|entry| entry.auth).collect();
    assert!(matches!(
        &reasons[..],
        [Auth::Refused { .. }, Auth::Refused { .. }, Auth::Refused { .. }, Auth::Refused { .. }, Auth::Ok]
    ));
}

#[tokio::test]
async fn an_unknown_path_or_method_is_an_unknown_operation() {
    let mocks = mocks::start().await.unwrap();
    for (method, path) in [
        ("POST", "/bedrock/model/x/invent"),
        ("POST", "/bedrock/model/arn:aws:bedrock:us-east-1::foundation-model/x/converse"),
        ("GET", "/bedrock/model/x/converse"),
    ] {
        let reply = client::exchange(&mocks, &client::request(method, path, &[], b"")).await;
        assert_eq!((reply.status, exception(&reply)), (404, "UnknownOperationException"));
        assert_eq!(reply.json()["Output"]["__type"], "com.amazon.coral.service#UnknownOperationException");
    }
}

#[tokio::test]
async fn a_model_is_found_however_its_name_is_encoded() {
    let options = Options {
        models: Some(vec![MODEL.to_owned(), "arn:aws:bedrock:us-east-1:1:x/y".to_owned()]),
        ..Options::default()
    };
    let mocks = mocks::start_with(options).await.unwrap();
    let headers = [("authorization", "Bearer bedrock-api-key-touchstone")];
    for (model, status) in [
        (MODEL.to_owned(), 200),
        (MODEL.replace(':', "%3A"), 200),
        (MODEL.replace(':', "%3a"), 200),
        ("arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ax%2Fy".to_owned(), 200),
        ("arn:aws:bedrock:us-east-1:1:x%2Fy".to_owned(), 200),
        (MODEL.replace(':', "%253A"), 400),
        ("other".to_owned(), 400),
    ] {
        let path = format!("/bedrock/model/{model}/converse");
        let bytes = client::request("POST", &path, &headers, question("x").to_string().as_bytes());
        let reply = client::exchange(&mocks, &bytes).await;
        assert_eq!(reply.status, status, "{model}");
        if status == 400 {
            assert_eq!(reply.json()["message"], "The provided model identifier is invalid.");
        }
    }
}

#[tokio::test]
async fn a_model_encoded_twice_is_none_even_where_every_model_exists() {
    let mocks = mocks::start().await.unwrap();
    let headers = [("authorization", "Bearer bedrock-api-key-touchstone")];
    let path = path(MODEL, false).replace('%', "%25");
    let bytes = client::request("POST", &path, &headers, question("x").to_string().as_bytes());
    let reply = client::exchange(&mocks, &bytes).await;
    assert_eq!((reply.status, exception(&reply)), (400, "ValidationException"));
    assert_eq!(reply.json()["message"], "The provided model identifier is invalid.");
}

/// Each case: what is changed in a good body, the exception, and its message.
const REFUSED: &str = include_str!("refused.json");

#[tokio::test]
async fn a_body_that_breaks_the_rules_is_refused_in_the_services_words() {
    let mocks = mocks::start().await.unwrap();
    let cases: Vec<Value> = serde_json::from_str(REFUSED).unwrap();
    assert!(cases.len() > 20);
    for case in cases {
        let mut body = question("x");
        body.as_object_mut().unwrap().extend(case["change"].as_object().unwrap().clone());
        for stream in [false, true] {
            let reply = converse(&mocks, stream, &body).await;
            assert_eq!(reply.status, 400, "{body} {}", String::from_utf8_lossy(&reply.body));
            assert_eq!(reply.json()["message"], case["message"]);
            assert_eq!(exception(&reply), case["exception"]);
            assert_eq!(violations(stream, &reply), Vec::<String>::new());
        }
    }
    let headers = [("authorization", "Bearer bedrock-api-key-touchstone")];
    let bytes = client::request("POST", &path(MODEL, false), &headers, b"{\"messages\":");
    let reply = client::exchange(&mocks, &bytes).await;
    assert_eq!((reply.status, exception(&reply)), (400, "SerializationException"));
}

#[tokio::test]
async fn every_kind_of_error_has_its_status_and_exception() {
    let mocks = mocks::start().await.unwrap();
    for (kind, status, name) in [
        (Kind::InvalidRequest, 400, "ValidationException"),
        (Kind::ContextLength, 400, "ValidationException"),
        (Kind::Authentication, 403, "UnrecognizedClientException"),
        (Kind::Permission, 403, "AccessDeniedException"),
        (Kind::NotFound, 404, "ResourceNotFoundException"),
        (Kind::Timeout, 408, "ModelTimeoutException"),
        (Kind::TooLarge, 413, "RequestEntityTooLargeException"),
        (Kind::Model, 424, "ModelErrorException"),
        (Kind::RateLimit, 429, "ThrottlingException"),
        (Kind::Quota, 429, "ThrottlingException"),
        (Kind::NotReady, 429, "ModelNotReadyException"),
        (Kind::Server, 500, "InternalServerException"),
        (Kind::Overloaded, 503, "ServiceUnavailableException"),
        (Kind::Unavailable, 503, "ServiceUnavailableException"),
    ] {
        for message in [None, Some("as scripted".to_owned())] {
            let failure = Failure { kind: Some(kind), message: message.clone(), ..Failure::default() };
            mocks.add(Script::new("[[error]]", Reply::error(failure)));
            let reply = converse(&mocks, true, &question("[[error]]")).await;
            assert_eq!((reply.status, exception(&reply)), (status, name));
            let said = reply.json()["message"].as_str().unwrap().to_owned();
            assert!(message.is_none_or(|message| message == said));
            assert_eq!(reply.header("retry-after"), None);
        }
    }
    let expired = Failure {
        code: Some("ExpiredTokenException".to_owned()),
        ..Failure::new(Kind::Authentication, "expired")
    };
    mocks.add(Script::new("[[error]]", Reply::error(expired)));
    let reply = converse(&mocks, false, &question("[[error]]")).await;
    assert_eq!((reply.status, exception(&reply)), (403, "ExpiredTokenException"));
}

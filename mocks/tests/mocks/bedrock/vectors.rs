//! Vectors by `InvokeModel`, in each maker's words, and counted tokens.

use aws_sdk_bedrockruntime::error::ProvideErrorMetadata as _;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{ConverseTokensRequest, CountTokensInput};
use mocks::script::{Failure, Kind, Reply, Script};
use mocks::{AwsKey, Mocks};
use serde_json::{Value, json};

use super::sdk::{client, user};
use super::{MODEL, converse, question};
use crate::judged::{operation, post, refused, whole};

const TITAN: &str = "amazon.titan-embed-text-v2:0";
const PROFILE: &str = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.cohere.embed-v4:0";

fn path(model: &str) -> String {
    format!("/model/{}/invoke", model.replace(':', "%3A").replace('/', "%2F"))
}

async fn embed(mocks: &Mocks, model: &str, body: &Value) -> Value {
    let path = path(model);
    whole(&operation("bedrock", "POST", &path), &post(mocks, "bedrock", &path, body).await)
}

fn length(vector: &Value) -> usize {
    vector.as_array().unwrap().len()
}

#[tokio::test]
async fn titan_makes_one_vector_of_one_text() {
    let mocks = mocks::start().await.unwrap();
    let body = json!({ "inputText": "a ridge at dawn" });
    let reply = embed(&mocks, TITAN, &body).await;
    assert_eq!(
        (length(&reply["embedding"]), reply["inputTextTokenCount"].as_u64().unwrap() > 2),
        (1024, true)
    );
    assert_eq!(reply["embeddingsByType"]["float"], reply["embedding"]);
    let first = embed(&mocks, "amazon.titan-embed-text-v1", &body).await;
    assert_eq!((length(&first["embedding"]), first.get("embeddingsByType")), (1536, None));
    let both = json!({ "inputText": "a", "dimensions": 256, "embeddingTypes": ["binary"] });
    let reply = embed(&mocks, TITAN, &both).await;
    assert_eq!((length(&reply["embedding"]), length(&reply["embeddingsByType"]["binary"])), (256, 256));
    let picture = json!({ "inputImage": "aGk=", "embeddingConfig": { "outputEmbeddingLength": 384 } });
    assert_eq!(length(&embed(&mocks, "amazon.titan-embed-image-v1", &picture).await["embedding"]), 384);
}

#[tokio::test]
async fn cohere_makes_many_vectors_in_the_types_that_are_asked_for() {
    let mocks = mocks::start().await.unwrap();
    let ask = json!({ "texts": ["a", "b"], "input_type": "search_document" });
    let reply = embed(&mocks, "cohere.embed-english-v3", &ask).await;
    assert_eq!((&reply["response_type"], &reply["texts"]), (&json!("embeddings_floats"), &json!(["a", "b"])));
    assert_eq!((length(&reply["embeddings"]), length(&reply["embeddings"][1])), (2, 1024));
    let types = ["float", "int8", "uint8", "binary", "ubinary"];
    let ask = json!({ "texts": ["a"], "input_type": "clustering", "embedding_types": types, "output_dimension": 256, "truncate": "LEFT" });
    let reply = embed(&mocks, PROFILE, &ask).await;
    let lengths = types.map(|kind| length(&reply["embeddings"][kind][0]));
    assert_eq!((&reply["response_type"], lengths), (&json!("embeddings_by_type"), [256, 256, 256, 32, 32]));
}

#[tokio::test]
async fn each_model_refuses_what_is_anothers() {
    let mocks = mocks::start().await.unwrap();
    let cohere = json!({ "texts": ["a"], "input_type": "clustering", "output_dimension": 256 });
    for (model, body, problem) in [
        (TITAN, json!({}), "#: required key [inputImage] not found"),
        (TITAN, json!({ "inputText": 5 }), "#/inputText: expected type: String, found: Integer"),
        (
            TITAN,
            json!({ "inputText": "a", "dimensions": 300 }),
            "#/dimensions: 300 is not a valid enum value",
        ),
        (TITAN, json!({ "inputText": "a", "model": "m" }), "#: extraneous key [model] is not permitted"),
        (TITAN, json!({ "inputText": "" }), "#/inputText: expected minLength: 1, actual: 0"),
        (
            "amazon.titan-embed-text-v1",
            json!({ "inputText": "a", "normalize": true }),
            "#: extraneous key [normalize] is not permitted",
        ),
        ("cohere.embed-english-v3", cohere, "#: extraneous key [output_dimension] is not permitted"),
        (PROFILE, json!({ "texts": ["a"] }), "#: required key [input_type] not found"),
        (
            PROFILE,
            json!({ "texts": ["a"], "input_type": "clustering", "truncate": "END" }),
            "#/truncate: END is not a valid enum value",
        ),
        (PROFILE, json!({ "inputText": "a" }), "#: required key [input_type] not found"),
        ("nobodys.model", json!({ "inputText": "a" }), "#: subject must not be valid against schema"),
    ] {
        let path = path(model);
        let reply = post(&mocks, "bedrock", &path, &body).await;
        let (status, error) = refused(&operation("bedrock", "POST", &path), &reply);
        let message = error["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(problem), "{model} {body}: {message}");
        assert!(reply.header("x-amzn-errortype").unwrap().starts_with("ValidationException:"), "{message}");
    }
}

#[tokio::test]
async fn awss_client_asks_for_vectors_and_types_the_errors() {
    let mocks = mocks::start().await.unwrap();
    let client = client(&mocks, &AwsKey::default());
    for (model, body, at) in [
        (TITAN, json!({ "inputText": "a" }), "/embedding/0"),
        (PROFILE, json!({ "texts": ["a"], "input_type": "clustering" }), "/embeddings/0/0"),
    ] {
        let reply =
            client.invoke_model().model_id(model).body(Blob::new(body.to_string())).send().await.unwrap();
        assert_eq!(reply.content_type, "application/json");
        let reply: Value = serde_json::from_slice(reply.body.as_ref()).unwrap();
        assert!(reply.pointer(at).unwrap().is_f64(), "{reply}");
    }
    let wrong = client.invoke_model().model_id(TITAN).body(Blob::new("{}")).send().await.unwrap_err();
    assert!(wrong.into_service_error().is_validation_exception());
    mocks.add(Script {
        replies: vec![Reply::error(Failure::new(Kind::RateLimit, "slow down"))],
        ..Script::default()
    });
    let slow = client
        .invoke_model()
        .model_id(TITAN)
        .body(Blob::new(r#"{"inputText":"a"}"#))
        .send()
        .await
        .unwrap_err();
    let slow = slow.into_service_error();
    assert_eq!((slow.is_throttling_exception(), slow.message()), (true, Some("slow down")));
}

#[tokio::test]
async fn what_is_counted_is_what_a_reply_says() {
    let mocks = mocks::start().await.unwrap();
    let input = ConverseTokensRequest::builder().messages(user("Which way is north?")).build();
    let client = client(&mocks, &AwsKey::default());
    let counted =
        client.count_tokens().model_id(MODEL).input(CountTokensInput::Converse(input)).send().await.unwrap();
    let reply = converse(&mocks, false, &question("Which way is north?")).await.json();
    assert_eq!(Some(i64::from(counted.input_tokens)), reply["usage"]["inputTokens"].as_i64());
    let path = format!("/model/{}/count-tokens", MODEL.replace(':', "%3A"));
    let count = operation("bedrock", "POST", &path);
    // `{"inputText":"one two three"}`
    let body = json!({ "input": { "invokeModel": { "body": "eyJpbnB1dFRleHQiOiJvbmUgdHdvIHRocmVlIn0=" } } });
    assert_eq!(whole(&count, &post(&mocks, "bedrock", &path, &body).await), json!({ "inputTokens": 3 }));
    let (status, _) = refused(&count, &post(&mocks, "bedrock", &path, &json!({ "input": {} })).await);
    assert_eq!(status, 400);
}

//! Invocations whose answers go to a bucket: begun, looked at, listed.

use aws_sdk_bedrockruntime::types::{
    AsyncInvokeOutputDataConfig, AsyncInvokeS3OutputDataConfig, AsyncInvokeStatus,
};
use aws_smithy_types::Document;
use mocks::{AwsKey, Mocks};
use serde_json::{Value, json};

use super::sdk::client;
use crate::judged::{get, operation, post, refused, whole};

const PATH: &str = "/async-invoke";

async fn started(mocks: &Mocks, token: &str) -> String {
    let output = json!({ "s3OutputDataConfig": { "s3Uri": "s3://films/out" } });
    let body = json!({ "modelId": "amazon.nova-reel-v1:0", "modelInput": { "taskType": "TEXT_VIDEO", "textToVideoParams": { "text": "a hat" } }, "outputDataConfig": output, "clientRequestToken": token });
    let reply = whole(&operation("bedrock", "POST", PATH), &post(mocks, "bedrock", PATH, &body).await);
    reply["invocationArn"].as_str().unwrap().to_owned()
}

async fn looked(mocks: &Mocks, path: &str) -> Value {
    whole(&operation("bedrock", "GET", path), &get(mocks, "bedrock", path).await)
}

fn own(arn: &str) -> String {
    format!("{PATH}/{}", arn.replace(':', "%3A").replace('/', "%2F"))
}

#[tokio::test]
async fn each_look_finds_one_a_step_further() {
    let mocks = mocks::start().await.unwrap();
    let arn = started(&mocks, "a").await;
    let first = looked(&mocks, &own(&arn)).await;
    assert_eq!((&first["status"], first.get("endTime")), (&json!("InProgress"), None));
    let second = looked(&mocks, &own(&arn)).await;
    assert_eq!((&second["status"], &second["submitTime"]), (&json!("Completed"), &first["submitTime"]));
    assert!(second["endTime"].as_str() > second["submitTime"].as_str());
    assert_eq!(started(&mocks, "a").await, arn, "a token begins nothing twice");
    let path = own("arn:aws:bedrock:us-east-1:123456789012:async-invoke/000000000000");
    let (status, body) = refused(&operation("bedrock", "GET", &path), &get(&mocks, "bedrock", &path).await);
    assert!(status == 400 && body["message"].as_str().unwrap().contains("does not exist"), "{body}");
}

#[tokio::test]
async fn lists_have_pages_and_an_order() {
    let mocks = mocks::start().await.unwrap();
    let mut arns = Vec::new();
    for token in ["a", "b", "c"] {
        arns.push(started(&mocks, token).await);
    }
    let listed = |reply: &Value| -> Vec<String> {
        let all = reply["asyncInvokeSummaries"].as_array().unwrap().iter();
        all.map(|one| one["invocationArn"].as_str().unwrap().to_owned()).collect()
    };
    let newest = looked(&mocks, "/async-invoke?maxResults=2").await;
    assert_eq!(listed(&newest), [arns[2].clone(), arns[1].clone()]);
    let rest = format!("/async-invoke?maxResults=2&nextToken={}", newest["nextToken"].as_str().unwrap());
    let rest = looked(&mocks, &rest).await;
    assert_eq!((listed(&rest), rest.get("nextToken")), (vec![arns[0].clone()], None));
    assert_eq!(listed(&looked(&mocks, "/async-invoke?sortOrder=Ascending").await), arns);
    for _ in 0..2 {
        looked(&mocks, &own(&arns[1])).await;
    }
    assert_eq!(listed(&looked(&mocks, "/async-invoke?statusEquals=Completed").await), [arns[1].clone()]);
    for wrong in ["maxResults=0", "nextToken=x"] {
        assert_eq!(get(&mocks, "bedrock", &format!("{PATH}?{wrong}")).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn awss_own_client_begins_one_and_waits() {
    let mocks = mocks::start().await.unwrap();
    let client = client(&mocks, &AwsKey::default());
    let bucket = AsyncInvokeS3OutputDataConfig::builder().s3_uri("s3://films/out").build().unwrap();
    let begun =
        client.start_async_invoke().model_id("twelvelabs.marengo-embed-2-7-v1:0").model_input(Document::Null);
    let output = AsyncInvokeOutputDataConfig::S3OutputDataConfig(bucket);
    let arn = begun.output_data_config(output).send().await.unwrap().invocation_arn;
    for expected in [AsyncInvokeStatus::InProgress, AsyncInvokeStatus::Completed] {
        let found = client.get_async_invoke().invocation_arn(&arn).send().await.unwrap();
        assert_eq!(found.status, expected);
    }
    let listed = client.list_async_invokes().send().await.unwrap();
    assert_eq!(listed.async_invoke_summaries.unwrap()[0].invocation_arn, arn);
    assert!(mocks.journal(None).iter().all(|entry| entry.violations.is_empty()));
}

//! Those who speak OpenAI's responses under their own names: Azure's newer API, xAI.

use mocks::script::{Fault, Interruption, Reply, Script};
use serde_json::{Value, json};

use crate::judged::{get, operation, post, refused, streamed, whole};

const AZURE: &str = "/openai/v1/responses";
const XAI: &str = "/v1/responses";

#[tokio::test]
async fn azure_and_xai_answer_as_openai_does() {
    let mocks = mocks::start().await.unwrap();
    for (provider, path, model) in [("azure", AZURE, "gpt-4o"), ("xai", XAI, "grok-4")] {
        let created = operation(provider, "POST", path);
        let mut body = json!({ "model": model, "input": "hi" });
        let response = whole(&created, &post(&mocks, provider, path, &body).await);
        let own = format!("{path}/{}", response["id"].as_str().unwrap());
        assert_eq!(whole(&operation(provider, "GET", &own), &get(&mocks, provider, &own).await), response);
        body["previous_response_id"] = response["id"].clone();
        body["stream"] = true.into();
        let events = streamed(&created, &post(&mocks, provider, path, &body).await);
        assert_eq!(events.last().unwrap()["response"]["previous_response_id"], response["id"]);
        body["previous_response_id"] = "resp_0".into();
        if provider == "xai" {
            assert_eq!(post(&mocks, provider, path, &body).await.status, 400, "in words of its own");
            continue;
        }
        let (status, error) = refused(&created, &post(&mocks, provider, path, &body).await);
        assert_eq!((status, &error["error"]["code"]), (400, &json!("previous_response_not_found")));
        let (status, error) = refused(
            &operation(provider, "GET", &own),
            &get(&mocks, provider, &format!("{path}/resp_0")).await,
        );
        assert_eq!(
            (status, &error["error"]["message"]),
            (404, &json!("Response with id 'resp_0' not found."))
        );
    }
}

#[tokio::test]
async fn each_keeps_its_own() {
    let mocks = mocks::start().await.unwrap();
    let body = json!({ "model": "gpt-4o", "input": "hi" });
    let response = post(&mocks, "azure", AZURE, &body).await.json();
    let elsewhere = format!("{XAI}/{}", response["id"].as_str().unwrap());
    for provider in ["openai", "xai"] {
        assert_eq!(get(&mocks, provider, &elsewhere).await.status, 404, "{provider}");
    }
}

#[tokio::test]
async fn azure_follows_and_breaks_streams() {
    let mocks = mocks::start().await.unwrap();
    let created = operation("azure", "POST", AZURE);
    let body = json!({ "model": "gpt-4o", "input": "hi", "background": true, "stream": true });
    let events = streamed(&created, &post(&mocks, "azure", AZURE, &body).await);
    let again =
        format!("{AZURE}/{}?stream=true&starting_after=3", events[0]["response"]["id"].as_str().unwrap());
    let followed = streamed(&operation("azure", "GET", &again), &get(&mocks, "azure", &again).await);
    assert_eq!(followed, events[4..]);

    let error = Interruption { after_event: 2, ..Interruption::default() };
    let fault = Fault { error: Some(error), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let body = json!({ "model": "gpt-4o", "input": "[[here]]", "stream": true });
    let events = streamed(&created, &post(&mocks, "azure", AZURE, &body).await);
    let kinds: Vec<&Value> = events[2..].iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["error", "response.failed"]);
}

#[tokio::test]
async fn xai_has_neither_pages_nor_a_background() {
    let mocks = mocks::start().await.unwrap();
    assert_eq!(get(&mocks, "xai", "/v1/responses/resp_0/input_items").await.status, 404);
    assert_eq!(post(&mocks, "xai", "/v1/responses/resp_0/cancel", &json!({})).await.status, 404);
    // Its models are not known by their names, so that what they can do is not judged.
    let body = json!({ "model": "grok-4", "input": "hi", "reasoning": { "effort": "low" }, "search_parameters": {} });
    whole(&operation("xai", "POST", XAI), &post(&mocks, "xai", XAI, &body).await);
}

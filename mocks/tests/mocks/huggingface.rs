//! Hugging Face: the router and HF Inference, held against their document; models that load.

use mocks::script::{Block, Failure, Kind, Reply, Script, Vector};
use mocks::{Mocks, Options};
use serde_json::{Value, json};

use crate::judged::{get, operation, post, post_with, refused, streamed, whole};

const CHAT: &str = "/v1/chat/completions";
const POET: &str = "/hf-inference/models/org/poet";
const VECTORS: &str = "/hf-inference/models/sentence/MiniLM/pipeline/feature-extraction";
const HF: &str = "huggingface";

fn chat(more: &Value) -> Value {
    let mut body =
        json!({ "model": "org/m:groq", "messages": [{ "role": "user", "content": "[[here]] hi" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn told(reply: Reply) -> Mocks {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", reply));
    mocks
}

#[tokio::test]
async fn the_router_answers_as_openai_does() {
    let call = Block::call("call_1", "weather", ["{\"city\":", "\"Paris\"}"]);
    let mocks =
        told(Reply { content: Some(vec![Block::Text("Hm.".into()), call]), ..Reply::default() }).await;
    for path in [CHAT, "/hf-inference/models/org/m/v1/chat/completions"] {
        let operation = operation(HF, "POST", path);
        let reply = whole(&operation, &post(&mocks, HF, path, &chat(&json!({}))).await);
        assert_eq!(reply["model"], "org/m", "who serves it does not know how it was found");
        let choice = &reply["choices"][0];
        assert_eq!(
            (&choice["message"]["content"], &choice["finish_reason"]),
            (&json!("Hm."), &json!("tool_calls"))
        );
        assert_eq!(choice["message"]["tool_calls"][0]["function"]["arguments"], "{\"city\":\"Paris\"}");
        let asked = chat(&json!({ "stream": true, "stream_options": { "include_usage": true } }));
        let events = streamed(&operation, &post(&mocks, HF, path, &asked).await);
        let finish = events.iter().filter_map(|event| event["choices"][0]["finish_reason"].as_str());
        assert_eq!(finish.collect::<Vec<_>>(), ["tool_calls"]);
        assert!(events.last().unwrap()["usage"].is_object());
    }
}

#[tokio::test]
async fn a_model_that_loads_says_so_unless_one_waits_for_it() {
    let loading = Reply::error(Failure { kind: Some(Kind::NotReady), ..Failure::default() });
    let mocks = told(loading).await;
    let asked = json!({ "inputs": "[[here]]" });
    let (status, body) = refused(&operation(HF, "POST", POET), &post(&mocks, HF, POET, &asked).await);
    assert_eq!((status, &body["error"]), (503, &json!("Model org/poet is currently loading")));
    assert!(body["estimated_time"].is_f64());
    let (status, body) = refused(&operation(HF, "POST", VECTORS), &post(&mocks, HF, VECTORS, &asked).await);
    assert_eq!((status, &body["error"]), (503, &json!("Model sentence/MiniLM is currently loading")));

    let key = format!("Bearer {}", mocks.credentials().key(HF));
    for (header, options) in [("true", json!({})), ("false", json!({ "wait_for_model": true }))] {
        let headers = [("authorization", key.as_str()), ("x-wait-for-model", header)];
        let asked = json!({ "inputs": "[[here]]", "options": options });
        whole(&operation(HF, "POST", POET), &post_with(&mocks, HF, POET, &headers, &asked).await);
        whole(&operation(HF, "POST", VECTORS), &post_with(&mocks, HF, VECTORS, &headers, &asked).await);
    }
    let headers = [("authorization", key.as_str()), ("x-wait-for-model", "false")];
    assert_eq!(post_with(&mocks, HF, POET, &headers, &asked).await.status, 503);
}

#[tokio::test]
async fn prompts_are_completed_as_the_inference_server_does() {
    let mocks = told(Reply::text(["Hel", "lo"])).await;
    for path in [POET, "/models/org/poet", "/models/poet"] {
        let operation = operation(HF, "POST", path);
        let mut asked =
            json!({ "inputs": "[[here]]", "parameters": { "return_full_text": false, "details": true } });
        let reply = whole(&operation, &post(&mocks, HF, path, &asked).await);
        assert_eq!(reply[0]["generated_text"], "Hello");
        asked["stream"] = true.into();
        let events = streamed(&operation, &post(&mocks, HF, path, &asked).await);
        assert_eq!(events.last().unwrap()["details"]["finish_reason"], "eos_token");
    }
}

#[tokio::test]
async fn vectors_are_bare_in_the_form_of_the_question_and_the_model() {
    let embeddings = Some(vec![Vector(vec![0.5, 0.25]), Vector(vec![1.0, 0.0])]);
    let mocks = told(Reply { embeddings, ..Reply::default() }).await;
    let ask = async |path: &str, inputs: Value| {
        whole(&operation(HF, "POST", path), &post(&mocks, HF, path, &json!({ "inputs": inputs })).await)
    };
    assert_eq!(ask(VECTORS, json!("[[here]]")).await, json!([0.5, 0.25]));
    assert_eq!(ask(VECTORS, json!(["[[here]]", "b"])).await, json!([[0.5, 0.25], [1.0, 0.0]]));
    assert_eq!(ask(VECTORS, json!(["own"])).await[0].as_array().unwrap().len(), 384);
    let plain = "/pipeline/feature-extraction/google-bert/bert-base-uncased";
    let matrix = ask(plain, json!("one two three")).await;
    let tokens = matrix[0].as_array().unwrap();
    assert!(tokens.len() == 5 && tokens[0].as_array().unwrap().len() == 768, "three words between two marks");
}

#[tokio::test]
async fn each_api_refuses_in_its_own_form() {
    let options = Options { models: Some(vec!["org/m".to_owned()]), ..Options::default() };
    let mocks = mocks::start_with(options).await.unwrap();
    let operation = |path| operation(HF, "POST", path);
    assert_eq!(
        post(&mocks, HF, CHAT, &chat(&json!({}))).await.status,
        200,
        "who serves is no part of the name"
    );
    let (status, body) =
        refused(&operation(CHAT), &post(&mocks, HF, CHAT, &chat(&json!({ "model": "x/y" }))).await);
    assert_eq!((status, &body["error"]["code"]), (400, &json!("model_not_supported")));
    assert!(body["error"]["message"].as_str().unwrap().contains("'x/y' is not supported by any provider"));
    let (status, body) = refused(&operation(POET), &post(&mocks, HF, POET, &json!({ "inputs": "a" })).await);
    assert_eq!((status, &body["error"]), (404, &json!("Model org/poet does not exist")));
    let old = chat(&json!({ "options": { "use_cache": true } }));
    let (status, body) = refused(&operation(CHAT), &post(&mocks, HF, CHAT, &old).await);
    assert!(status == 400 && body["error"]["message"].as_str().unwrap().contains("Extra inputs"), "{body}");
    let (status, body) =
        refused(&operation(CHAT), &post(&mocks, HF, CHAT, &json!({ "model": "org/m" })).await);
    assert_eq!((status, &body["error"]["param"]), (400, &json!("messages")));
    for (headers, told) in
        [(&[][..], "Missing"), (&[("authorization", "Bearer hf_no")][..], "Invalid username")]
    {
        let (status, body) =
            refused(&operation(CHAT), &post_with(&mocks, HF, CHAT, headers, &chat(&json!({}))).await);
        assert!(status == 401 && body["error"].as_str().unwrap().starts_with(told), "{body}");
    }
    whole(&crate::judged::operation(HF, "GET", "/v1/models"), &get(&mocks, HF, "/v1/models").await);
}

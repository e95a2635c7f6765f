//! Generation, vectors, and the list of models.

use serde_json::{Value, json};

use super::{GENERATE, join};
use crate::judged::{get, lines, operation, post, refused, whole};

#[tokio::test]
async fn a_prompt_is_completed_once_or_several_times() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation("cohere", "POST", GENERATE);
    let body =
        json!({ "prompt": "Up", "num_generations": 2, "max_tokens": 3, "return_likelihoods": "GENERATION" });
    let reply = whole(&generate, &post(&mocks, "cohere", GENERATE, &body).await);
    assert_eq!(reply["generations"].as_array().unwrap().len(), 2);
    let generation = &reply["generations"][1];
    assert_eq!((&generation["index"], &generation["finish_reason"]), (&json!(1), &json!("MAX_TOKENS")));
    assert_eq!(generation["token_likelihoods"].as_array().unwrap().len(), 3);
    assert_eq!(reply["meta"]["billed_units"]["output_tokens"], 6);

    let body = json!({ "prompt": "Up", "stream": true });
    let events = lines(&generate, &post(&mocks, "cohere", GENERATE, &body).await);
    let end = events.last().unwrap();
    assert_eq!(end["response"]["generations"][0]["text"], join(&events, "/text"));
}

#[tokio::test]
async fn vectors_come_in_every_type() {
    let mocks = mocks::start().await.unwrap();
    let embed = operation("cohere", "POST", "/v2/embed");
    let types = json!(["float", "int8", "uint8", "binary", "ubinary", "base64"]);
    let body = json!({ "model": "embed-v4.0", "input_type": "search_query", "texts": ["a", "b"], "embedding_types": types, "output_dimension": 256 });
    let reply = whole(&embed, &post(&mocks, "cohere", "/v2/embed", &body).await);
    let length = |name: &str| reply["embeddings"][name][1].as_array().unwrap().len();
    assert_eq!(["float", "int8", "uint8", "binary", "ubinary"].map(length), [256, 256, 256, 32, 32]);
    let first = |name: &str| reply["embeddings"][name][0][0].as_f64().unwrap();
    assert_eq!(first("uint8") - first("int8"), 128.0);
    assert_eq!(first("ubinary") - first("binary"), 128.0);
    let floats = reply["embeddings"]["float"][0].as_array().unwrap();
    let sign = |number: &Value| if number.as_f64().unwrap() > 0.0 { '1' } else { '0' };
    let bits = floats.chunks(8).map(|chunk| chunk.iter().map(sign).collect::<String>());
    let bits: Vec<_> = bits.map(|bits| u8::from_str_radix(&bits, 2).unwrap()).collect();
    assert_eq!(reply["embeddings"]["ubinary"][0], json!(bits), "the first sign is the highest bit");
    // 256 floats of four bytes.
    assert_eq!(reply["embeddings"]["base64"][0].as_str().unwrap().len(), 1368);

    let body = json!({ "model": "embed-v4.0", "input_type": "image", "inputs": [{ "content": [{ "type": "text", "text": "a" }, { "type": "image_url", "image_url": { "url": "data:image/png;base64,aGk=" } }] }] });
    let reply = whole(&embed, &post(&mocks, "cohere", "/v2/embed", &body).await);
    assert_eq!(reply["embeddings"]["float"][0].as_array().unwrap().len(), 1536);

    let embed = operation("cohere", "POST", "/v1/embed");
    let body = json!({ "model": "embed-english-v3.0", "texts": ["a"], "input_type": "classification" });
    let reply = whole(&embed, &post(&mocks, "cohere", "/v1/embed", &body).await);
    assert_eq!(
        (&reply["response_type"], reply["embeddings"][0].as_array().unwrap().len()),
        (&json!("embeddings_floats"), 1024)
    );
    let body = json!({ "model": "embed-english-v3.0", "texts": ["a"] });
    let (status, error) = refused(&embed, &post(&mocks, "cohere", "/v1/embed", &body).await);
    let message = "invalid request: valid input_type must be provided with the provided model";
    assert_eq!((status, &error["message"]), (400, &json!(message)));
}

#[tokio::test]
async fn models_are_listed_in_pages() {
    let mocks = mocks::start().await.unwrap();
    let models = operation("cohere", "GET", "/v1/models");
    let all = whole(&models, &get(&mocks, "cohere", "/v1/models").await);
    let chats = whole(&models, &get(&mocks, "cohere", "/v1/models?endpoint=embed&default_only=true").await);
    assert!(all["models"].as_array().unwrap().len() > 5);
    assert_eq!(chats["models"].as_array().unwrap().len(), 1);
    let page = whole(&models, &get(&mocks, "cohere", "/v1/models?page_size=5").await);
    let rest = format!("/v1/models?page_token={}", page["next_page_token"].as_str().unwrap());
    let rest = whole(&models, &get(&mocks, "cohere", &rest).await);
    let names = |page: &Value| page["models"].as_array().unwrap().clone();
    assert_eq!([names(&page), names(&rest)].concat(), names(&all));
    let one = operation("cohere", "GET", "/v1/models/command-a-03-2025");
    assert_eq!(
        whole(&one, &get(&mocks, "cohere", "/v1/models/command-a-03-2025").await)["context_length"],
        288_000
    );
    assert_eq!(refused(&one, &get(&mocks, "cohere", "/v1/models/x").await).0, 404);
}

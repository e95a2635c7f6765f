//! Hugging Face's client, at the router, at HF Inference and at an inference server.

use mocks::script::{Block, Failure, Kind, Reply, Script};
use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{blocks, nothing_is_strange, played, raised};

#[tokio::test]
async fn hugging_faces_client_understands_all() {
    let mocks = played().await;
    let call = Block::call("0", "weather", ["{\"city\":", "\"Paris\"}"]);
    mocks.add(Script::new("[[one]]", blocks(vec![call])));
    let loading = Failure { kind: Some(Kind::NotReady), ..Failure::default() };
    mocks.add(Script::new("[[loading]]", Reply::error(loading)));
    let urls = [mocks.url("huggingface"), mocks.url("tgi")];
    let arguments = [urls[0].as_str(), &urls[1]];
    let Some(seen) = NEWEST.run_with("huggingface_inference.py", &arguments).await else { return };
    println!("{seen:#}");
    chats(&seen["chats"]);
    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[1], &turn[2]), (&json!("tool_calls"), &json!("weather"), &json!("stop")));
    assert!(turn[3].as_str().unwrap().contains("clear sky"));
    for answer in seen["own_structured_answer"].as_array().unwrap() {
        let answer: Value = serde_json::from_str(answer.as_str().unwrap()).unwrap();
        assert!(answer["n"].is_i64(), "{answer}");
    }
    for place in ["server", "model"] {
        let seen = &seen["prompts"][place];
        assert_eq!((&seen["text"], &seen["details"]), (&json!("Hello"), &json!(["Hello", "eos_token", 7])));
        assert_eq!(seen["pieces"], json!(["Hel", "lo", "<|eot_id|>"]));
        assert_eq!(seen["events"][2], json!(["<|eot_id|>", true, "Hello"]));
        assert_eq!(seen["last"], json!(["eos_token", 20]));
    }
    assert_eq!(seen["vectors"], json!([[384], [2, 384], [1, 6, 768], "float32"]));
    assert!(seen["waited"].as_str().unwrap().contains("mock's answer"), "{}", seen["waited"]);
    errors(&seen["errors"]);
    nothing_is_strange(&mocks, 1);
}

/// Behind the router a call ends with a reason of its own; the server says `stop`, and in a stream nothing.
fn chats(seen: &Value) {
    for (place, finish, streamed) in
        [("router", json!("tool_calls"), json!("tool_calls")), ("server", json!("stop"), Value::Null)]
    {
        let (whole, pieces) = (&seen[place]["whole"], &seen[place]["streamed"]);
        assert_eq!((&whole["text"]["text"], &whole["text"]["finish"]), (&json!("Hello"), &json!("stop")));
        assert_eq!(whole["text"]["usage"], json!([20, 7, 27]));
        assert_eq!(whole["call"]["calls"], json!([["0", "weather", "{\"city\":\"Paris\"}"]]));
        assert_eq!(whole["call"]["finish"], finish);
        assert_eq!(
            (&pieces["text"]["pieces"], &pieces["text"]["finish"]),
            (&json!(["Hel", "lo"]), &json!("stop"))
        );
        assert_eq!(pieces["text"]["usage"], json!([20, 7, 27]));
        let call = &pieces["call"];
        assert_eq!(
            (&call["names"], &call["arguments"]),
            (&json!(["weather"]), &json!("{\"city\":\"Paris\"}"))
        );
        assert_eq!(call["finish"], streamed);
    }
}

fn errors(seen: &Value) {
    let of_server = |name: &str, class: &str, status, text: &str| {
        raised(&seen[name], class, "TextGenerationError", status, text);
    };
    of_server("rate", "OverloadedError", Some(429), "slow down");
    of_server("model", "GenerationError", Some(424), "the model failed");
    of_server("server", "IncompleteGenerationError", Some(500), "broken");
    of_server("invalid", "ValidationError", Some(422), "`temperature` must be strictly positive");
    of_server("late", "ValidationError", None, "`best_of` != 1 is not supported when streaming tokens");
    of_server("middle", "OverloadedError", None, "in the middle");
    let by_status = |name: &str, status, text: &str| {
        raised(&seen[name], "HfHubHTTPError", "HTTPError", Some(status), text);
    };
    by_status("loading", 503, "Model org/poet is currently loading");
    by_status("loading vectors", 503, "Model sentence/MiniLM is currently loading");
    by_status("missing", 404, "no such model");
    by_status("key", 401, "Invalid username or password");
    by_status("server key", 401, "401 Unauthorized");
    raised(&seen["chat middle"], "UnknownError", "TextGenerationError", None, "in the middle");
}

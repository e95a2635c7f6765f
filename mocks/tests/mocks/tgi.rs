//! Text Generation Inference: every route, held against its document; errors where they come from.

use mocks::script::{Block, Failure, Fault, Finish, Interruption, Kind, Reply, Script, Usage};
use serde_json::{Value, json};

use crate::judged::{get, operation, post, post_with, refused, streamed, whole};

const GENERATE: &str = "/generate";
const STREAM: &str = "/generate_stream";
const CHAT: &str = "/v1/chat/completions";
const COMPLETIONS: &str = "/v1/completions";

fn prompt(parameters: &Value) -> Value {
    json!({ "inputs": "[[here]] hi", "parameters": parameters })
}

fn chat(more: &Value) -> Value {
    let mut body = json!({ "model": "tgi", "messages": [{ "role": "user", "content": "[[here]] hi" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn told(reply: Reply) -> mocks::Mocks {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", reply));
    mocks
}

fn hello() -> Reply {
    let usage = Usage { prompt: Some(9), completion: Some(3), ..Usage::default() };
    Reply { usage: Some(usage), ..Reply::text(["Hel", "lo"]) }
}

#[tokio::test]
async fn a_prompt_is_completed_whole_and_token_by_token() {
    let mocks = told(hello()).await;
    let generate = operation("tgi", "POST", GENERATE);
    let reply = whole(&generate, &post(&mocks, "tgi", GENERATE, &prompt(&json!({}))).await);
    assert_eq!(reply, json!({ "generated_text": "Hello" }), "details are told where they are asked for");

    let asked = json!({ "details": true, "decoder_input_details": true, "top_n_tokens": 2, "seed": 7 });
    let answered = post(&mocks, "tgi", GENERATE, &prompt(&asked)).await;
    let reply = whole(&generate, &answered);
    let details = &reply["details"];
    assert_eq!((&details["finish_reason"], &details["seed"]), (&json!("eos_token"), &json!(7)));
    assert_eq!(details["generated_tokens"], 3);
    assert_eq!(details["tokens"].as_array().unwrap().len(), 3, "two pieces and the mark that ends them");
    assert_eq!(details["tokens"][2]["special"], true);
    assert_eq!(details["top_tokens"][0].as_array().unwrap().len(), 2);
    assert!(details["prefill"][0]["logprob"].is_null() && details["prefill"][1]["logprob"].is_number());
    assert_eq!(details["prefill"].as_array().unwrap().len(), 9, "as many as the header says");
    assert_eq!(answered.header("x-prompt-tokens"), Some("9"));
    assert_eq!(answered.header("x-generated-tokens"), Some("3"));

    let answered = post(&mocks, "tgi", STREAM, &prompt(&json!({ "details": true }))).await;
    assert_eq!(answered.header("x-accel-buffering"), Some("no"));
    assert!(!answered.text().contains("[DONE]"));
    let events = streamed(&operation("tgi", "POST", STREAM), &answered);
    let texts: Vec<&str> = events.iter().map(|event| event["token"]["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Hel", "lo", "<|eot_id|>"]);
    let indexes: Vec<&Value> = events.iter().map(|event| &event["index"]).collect();
    assert_eq!(indexes, [&json!(1), &json!(2), &json!(3)]);
    assert!(events[0]["generated_text"].is_null() && events[0]["details"].is_null());
    assert_eq!(events[2]["generated_text"], "Hello");
    let details =
        json!({ "finish_reason": "eos_token", "generated_tokens": 3, "seed": null, "input_length": 9 });
    assert_eq!(events[2]["details"], details);
}

#[tokio::test]
async fn a_text_that_is_cut_has_no_mark_at_its_end() {
    for (finish, reason) in [(Finish::Length, "length"), (Finish::StopSequence, "stop_sequence")] {
        let mocks = told(Reply { finish: Some(finish), ..hello() }).await;
        let answered = post(&mocks, "tgi", STREAM, &prompt(&json!({ "details": true }))).await;
        let events = streamed(&operation("tgi", "POST", STREAM), &answered);
        assert_eq!(events.len(), 2);
        assert_eq!(events[1]["token"]["text"], "lo");
        assert_eq!(events[1]["details"]["finish_reason"], reason);
        let reply =
            whole(&operation("tgi", "POST", CHAT), &post(&mocks, "tgi", CHAT, &chat(&json!({}))).await);
        assert_eq!(reply["choices"][0]["finish_reason"], reason);
    }
}

#[tokio::test]
async fn the_older_path_answers_with_a_list_and_repeats_the_prompt() {
    let mocks = told(hello()).await;
    let compat = operation("tgi", "POST", "/");
    let reply = whole(&compat, &post(&mocks, "tgi", "/", &prompt(&json!({}))).await);
    assert_eq!(reply, json!([{ "generated_text": "[[here]] hiHello" }]));
    let mut asked = prompt(&json!({ "return_full_text": false }));
    let reply = whole(&compat, &post(&mocks, "tgi", "/", &asked).await);
    assert_eq!(reply, json!([{ "generated_text": "Hello" }]));
    asked["stream"] = true.into();
    let events = streamed(&compat, &post(&mocks, "tgi", "/", &asked).await);
    assert_eq!(events.last().unwrap()["generated_text"], "Hello");
}

#[tokio::test]
async fn a_grammar_is_followed_and_several_sequences_are_told() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation("tgi", "POST", GENERATE);
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
    for grammar in [
        json!({ "type": "json", "value": schema }),
        json!({ "type": "json_schema", "value": { "name": "n", "schema": schema } }),
    ] {
        let body = prompt(&json!({ "grammar": grammar, "max_new_tokens": 50 }));
        let reply = whole(&generate, &post(&mocks, "tgi", GENERATE, &body).await);
        let said: Value = serde_json::from_str(reply["generated_text"].as_str().unwrap()).unwrap();
        assert!(said["n"].is_i64(), "{reply}");
    }
    let several = prompt(&json!({ "best_of": 2, "do_sample": true, "details": true }));
    let reply = whole(&generate, &post(&mocks, "tgi", GENERATE, &several).await);
    let others = reply["details"]["best_of_sequences"].as_array().unwrap();
    assert!(others.len() == 1 && others[0]["generated_text"] != reply["generated_text"]);
    assert!(reply["details"]["seed"].is_u64(), "what is sampled has a seed");
}

#[tokio::test]
async fn chats_are_after_openais_form_with_the_servers_own_accent() {
    let mocks = told(hello()).await;
    let operation = operation("tgi", "POST", CHAT);
    let asked = chat(&json!({ "logprobs": true, "top_logprobs": 2 }));
    let reply = whole(&operation, &post(&mocks, "tgi", CHAT, &asked).await);
    assert_eq!((&reply["id"], &reply["model"]), (&json!(""), &json!("meta-llama/Llama-3.1-8B-Instruct")));
    let choice = &reply["choices"][0];
    assert_eq!(choice["message"], json!({ "role": "assistant", "content": "Hello" }));
    assert_eq!(choice["finish_reason"], "stop");
    assert_eq!(choice["logprobs"]["content"][0]["top_logprobs"].as_array().unwrap().len(), 2);
    assert_eq!(reply["usage"], json!({ "prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12 }));

    let asked = chat(&json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let events = streamed(&operation, &post(&mocks, "tgi", CHAT, &asked).await);
    let deltas: Vec<&Value> = events.iter().map(|event| &event["choices"][0]["delta"]).collect();
    let said = |text: &str| json!({ "role": "assistant", "content": text });
    assert_eq!(deltas, [&said("Hel"), &said("lo"), &said(""), &Value::Null]);
    assert_eq!(events[2]["choices"][0]["finish_reason"], "stop");
    assert_eq!(events[3]["usage"]["total_tokens"], 12);
}

#[tokio::test]
async fn calls_come_in_pieces_of_text_and_end_without_a_reason() {
    let call = Block::call("0", "weather", ["{\"city\":", "\"Paris\"}"]);
    let mocks = told(Reply { content: Some(vec![call]), ..Reply::default() }).await;
    let operation = operation("tgi", "POST", CHAT);
    let tools = json!([{ "type": "function", "function": { "name": "weather", "parameters": {} } }]);
    let reply = whole(&operation, &post(&mocks, "tgi", CHAT, &chat(&json!({ "tools": tools }))).await);
    let choice = &reply["choices"][0];
    let function = json!({ "description": null, "name": "weather", "arguments": "{\"city\":\"Paris\"}" });
    let called = json!([{ "id": "0", "type": "function", "function": function }]);
    assert_eq!(choice["message"], json!({ "role": "assistant", "tool_calls": called }));
    assert_eq!(choice["finish_reason"], "stop");

    let asked = chat(&json!({ "tools": tools, "stream": true }));
    let events = streamed(&operation, &post(&mocks, "tgi", CHAT, &asked).await);
    let functions: Vec<&Value> =
        events.iter().map(|event| &event["choices"][0]["delta"]["tool_calls"][0]["function"]).collect();
    let piece = |name: Value, piece: &str| json!({ "name": name, "arguments": piece });
    let pieces = [piece(json!("weather"), "{\"city\":"), piece(Value::Null, "\"Paris\"}")];
    assert_eq!(functions, pieces.iter().collect::<Vec<_>>());
    assert!(events.iter().all(|event| event["choices"][0]["finish_reason"].is_null()));
}

#[tokio::test]
async fn prompts_are_completed_side_by_side() {
    let mocks = told(hello()).await;
    let operation = operation("tgi", "POST", COMPLETIONS);
    let mut asked = json!({ "prompt": ["[[here]] a", "b"], "max_tokens": 5 });
    let reply = whole(&operation, &post(&mocks, "tgi", COMPLETIONS, &asked).await);
    assert_eq!(reply["choices"].as_array().unwrap().len(), 2);
    assert_eq!((&reply["choices"][1]["text"], &reply["choices"][1]["index"]), (&json!("Hello"), &json!(1)));
    asked["prompt"] = json!("[[here]] a");
    asked["stream"] = true.into();
    let events = streamed(&operation, &post(&mocks, "tgi", COMPLETIONS, &asked).await);
    let said: Vec<_> = events
        .iter()
        .map(|event| (&event["choices"][0]["text"], &event["choices"][0]["finish_reason"]))
        .collect();
    let mark = json!("<|eot_id|>");
    assert_eq!(said[1], (&json!("lo"), &json!("")));
    assert_eq!(said[2], (&mark, &json!("eos_token")), "the mark is shown here");
    assert!(events[2]["usage"].is_object() && events[1]["usage"].is_null());
}

#[tokio::test]
async fn errors_have_a_type_and_those_of_streams_are_events() {
    let mocks = mocks::start().await.unwrap();
    for (kind, status, name) in [
        (Kind::Overloaded, 429, "overloaded"),
        (Kind::RateLimit, 429, "overloaded"),
        (Kind::Model, 424, "generation"),
        (Kind::Server, 500, "incomplete_generation"),
        (Kind::InvalidRequest, 422, "validation"),
    ] {
        mocks.add(Script::new("[[here]]", Reply::error(Failure::new(kind, "no"))));
        let (found, body) = refused(
            &operation("tgi", "POST", GENERATE),
            &post(&mocks, "tgi", GENERATE, &prompt(&json!({}))).await,
        );
        assert_eq!((found, body), (status, json!({ "error": "no", "error_type": name })));
    }
    let middle = Interruption { after_event: 1, kind: Some(Kind::Model), message: Some("broken".to_owned()) };
    let fault = Fault { error: Some(middle), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply { fault: Some(fault), ..hello() }));
    let answered = post(&mocks, "tgi", STREAM, &prompt(&json!({}))).await;
    let events = streamed(&operation("tgi", "POST", STREAM), &answered);
    assert_eq!(events[1..], [json!({ "error": "broken", "error_type": "generation" })]);
    let answered = post(&mocks, "tgi", CHAT, &chat(&json!({ "stream": true }))).await;
    let events = streamed(&operation("tgi", "POST", CHAT), &answered);
    assert_eq!(events[1..], [json!({ "error": { "message": "broken", "http_status_code": 422 } })]);
    assert!(answered.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn what_breaks_a_rule_is_told_by_framework_or_server() {
    let mocks = mocks::start().await.unwrap();
    let plain = async |body: &str| {
        let key = format!("Bearer {}", mocks.credentials().key("tgi"));
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        let bytes = crate::client::request("POST", "/tgi/generate", &headers, body.as_bytes());
        let reply = crate::client::exchange(&mocks, &bytes).await;
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
        (reply.status, reply.text().to_owned())
    };
    let (status, text) = plain("{").await;
    assert!(status == 400 && text.starts_with("Failed to parse the request body as JSON: EOF"), "{text}");
    let (status, text) = plain(r#"{"parameters":{}}"#).await;
    assert!(status == 422 && text.contains("missing field `inputs`"), "{text}");
    let (status, text) = plain(r#"{"inputs":"a","parameters":{"stop":"."}}"#).await;
    assert!(status == 422 && text.contains("parameters.stop: invalid type: string \".\""), "{text}");

    let generate = operation("tgi", "POST", GENERATE);
    for (parameters, rule) in [
        (json!({ "temperature": 0 }), "`temperature` must be strictly positive"),
        (json!({ "top_p": 1 }), "`top_p` must be > 0.0 and < 1.0"),
        (json!({ "max_new_tokens": 0 }), "`max_new_tokens` must be strictly positive"),
        (json!({ "stop": ["a", "b", "c", "d", "e"] }), "`stop` supports up to 4 stop sequences. Given: 5"),
        (json!({ "best_of": 2 }), "you must use sampling when `best_of` is > 1"),
        (json!({ "top_n_tokens": 6 }), "`top_n_tokens` must be >= 0 and <= 5. Given: 6"),
    ] {
        let (status, body) = refused(&generate, &post(&mocks, "tgi", GENERATE, &prompt(&parameters)).await);
        let error = format!("Input validation error: {rule}");
        assert_eq!((status, body), (422, json!({ "error": error, "error_type": "validation" })));
    }
    let likely = chat(&json!({ "logprobs": true, "top_logprobs": 6 }));
    let (status, body) = refused(&operation("tgi", "POST", CHAT), &post(&mocks, "tgi", CHAT, &likely).await);
    assert_eq!((status, &body["error_type"]), (422, &json!("validation")));
    let late = post(&mocks, "tgi", STREAM, &prompt(&json!({ "best_of": 2 }))).await;
    let events = streamed(&operation("tgi", "POST", STREAM), &late);
    assert_eq!(events[0]["error_type"], "validation", "a stream that has begun has no other status");
    let tools = json!([{ "type": "function", "function": { "name": "f", "arguments": {} } }]);
    let both = json!({ "tools": tools, "response_format": { "type": "json", "value": {} } });
    let (_, body) = refused(&operation("tgi", "POST", CHAT), &post(&mocks, "tgi", CHAT, &chat(&both)).await);
    assert_eq!(body["error_type"], "tool_error");
}

#[tokio::test]
async fn a_key_is_not_needed_but_a_wrong_one_is_refused_without_a_word() {
    let mocks = mocks::start().await.unwrap();
    let asked = prompt(&json!({ "max_new_tokens": 2 }));
    assert_eq!(post_with(&mocks, "tgi", GENERATE, &[], &asked).await.status, 200);
    let reply = post_with(&mocks, "tgi", GENERATE, &[("authorization", "Bearer no")], &asked).await;
    assert_eq!((reply.status, reply.body.len()), (401, 0));
    let reply = post(&mocks, "tgi", "/nowhere", &asked).await;
    assert_eq!((reply.status, reply.body.len()), (404, 0));
}

#[tokio::test]
async fn the_server_tells_of_itself() {
    let mocks = mocks::start().await.unwrap();
    for path in ["/info", "/v1/models"] {
        whole(&operation("tgi", "GET", path), &get(&mocks, "tgi", path).await);
    }
    for path in ["/health", "/"] {
        let reply = get(&mocks, "tgi", path).await;
        assert_eq!((reply.status, reply.body.len()), (200, 0), "{path}");
    }
    let tokens = whole(
        &operation("tgi", "POST", "/tokenize"),
        &post(&mocks, "tgi", "/tokenize", &json!({ "inputs": "Up is north" })).await,
    );
    let joined: String =
        tokens.as_array().unwrap().iter().map(|token| token["text"].as_str().unwrap()).collect();
    assert_eq!((joined.as_str(), &tokens[2]["stop"]), ("Up is north", &json!(11)));
    let reply = whole(
        &operation("tgi", "POST", "/chat_tokenize"),
        &post(&mocks, "tgi", "/chat_tokenize", &chat(&json!({}))).await,
    );
    assert!(reply["templated_text"].as_str().unwrap().contains("[[here]] hi"));
}

//! Llama 2's raw form: one text in, the same text and its end out, at whatever path.

use mocks::script::{Block, Failure, Finish, Kind, Reply, Script, Usage};
use serde_json::{Value, json};

use crate::judged::{get, operation, post, post_with, refused, whole};

const PROVIDER: &str = "llama2-raw";
const PROMPT: &str =
    "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nUp? [/INST] Down. </s><s>[INST] [[here]] And left? [/INST]";

fn ask(parameters: &Value) -> Value {
    json!({ "inputs": PROMPT, "parameters": parameters })
}

fn generated(reply: &Value) -> &str {
    reply["data"][0]["generated_text"].as_str().unwrap()
}

#[tokio::test]
async fn a_prompt_is_repeated_and_completed_at_any_path() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation(PROVIDER, "POST", "/");
    let usage = Usage { prompt: Some(20), completion: Some(7), ..Usage::default() };
    let said = Reply {
        content: Some(vec![Block::Text(["Ri", "ght."].into())]),
        usage: Some(usage),
        ..Reply::default()
    };
    mocks.add(Script::new("[[here]]", said));
    for path in ["/", "/generate", "/my/own/llama?by=day"] {
        let reply = whole(&generate, &post(&mocks, PROVIDER, path, &ask(&json!({ "stream": false }))).await);
        assert_eq!(generated(&reply), format!("{PROMPT} Right."), "{path}");
        let usage = json!({ "prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27 });
        assert_eq!(reply["usage"], usage);
        assert!(reply["data"][0].get("details").is_none());
    }
}

#[tokio::test]
async fn an_own_answer_is_about_what_the_user_said_last_and_keeps_its_limit() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation(PROVIDER, "POST", "/");
    let asked = ask(&json!({ "max_new_tokens": 3, "details": true }));
    let reply = whole(&generate, &post(&mocks, PROVIDER, "/", &asked).await);
    assert_eq!(
        reply["data"][0]["details"],
        json!({ "finish_reason": "length", "generated_tokens": 3 }),
        "{reply}"
    );
    let reply = whole(&generate, &post(&mocks, PROVIDER, "/", &ask(&json!({}))).await);
    let said = generated(&reply).strip_prefix(PROMPT).unwrap();
    assert!(said.contains("And left?") && !said.contains("brief") && !said.contains("Down"), "{said}");
}

#[tokio::test]
async fn why_it_ended_is_told_where_it_is_asked_for() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation(PROVIDER, "POST", "/");
    for (finish, reason) in [
        (Finish::Length, "length"),
        (Finish::StopSequence, "stop_sequence"),
        (Finish::Stop, "eos_token"),
        (Finish::ContentFilter, "eos_token"),
    ] {
        mocks.add(Script::new("[[here]]", Reply { finish: Some(finish), ..Reply::text(["So."]) }));
        let asked = ask(&json!({ "details": true, "stop": ["END"] }));
        let reply = whole(&generate, &post(&mocks, PROVIDER, "/", &asked).await);
        assert_eq!(reply["data"][0]["details"]["finish_reason"], reason);
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_a_sentence() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation(PROVIDER, "POST", "/");
    for (body, sentence) in [
        (json!({ "prompt": "Up?" }), "missing field `inputs`"),
        (json!({ "inputs": "" }), "`inputs` cannot be empty"),
        (json!({ "inputs": "Up?", "parameters": { "stream": true } }), "this server does not stream"),
        (json!({ "inputs": "Up?", "parameters": { "max_new_tokens": "many" } }), "must be integer"),
    ] {
        let (status, error) = refused(&generate, &post(&mocks, PROVIDER, "/", &body).await);
        assert_eq!((status, &error["error_type"]), (422, &json!("validation")));
        assert!(error["error"].as_str().unwrap().contains(sentence), "{error}");
    }
    let (status, _) = refused(&generate, &get(&mocks, PROVIDER, "/").await);
    assert_eq!(status, 405);
}

#[tokio::test]
async fn failures_of_a_script_have_the_servers_own_words_and_statuses() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation(PROVIDER, "POST", "/");
    for (kind, status, word) in [
        (Kind::RateLimit, 429, "overloaded"),
        (Kind::Model, 424, "generation"),
        (Kind::Server, 500, "incomplete_generation"),
        (Kind::ContextLength, 400, "validation"),
        (Kind::NotReady, 503, "unavailable"),
    ] {
        let failure = Failure { kind: Some(kind), ..Failure::default() };
        mocks.add(Script::new("[[here]]", Reply::error(failure)));
        let (got, error) = refused(&generate, &post(&mocks, PROVIDER, "/", &ask(&json!({}))).await);
        assert_eq!((got, &error["error_type"]), (status, &json!(word)));
        assert!(!error["error"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn only_a_known_key_opens_it() {
    let mocks = mocks::start().await.unwrap();
    for headers in [
        &[][..],
        &[("authorization", "Bearer another")],
        &[("authorization", "Basic bGxhbWEyLXRvdWNoc3RvbmU=")],
    ] {
        let reply = post_with(&mocks, PROVIDER, "/", headers, &ask(&json!({}))).await;
        let (status, error) = refused(&operation(PROVIDER, "POST", "/"), &reply);
        assert_eq!((status, &error["error_type"]), (401, &json!("authentication")), "{headers:?}");
    }
}

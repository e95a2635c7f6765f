//! Where each provider is called, on each route, and what comes back in a framing of its own.

use super::*;

/// A call of one route: what the upstream gets, what the client gets.
async fn exchange(
    setup: impl FnOnce(Setup) -> Setup,
    provider: &str,
    ask: &str,
    reply: &[u8],
) -> (upstream::Call, client::Reply) {
    let upstream = Upstream::listen().await;
    let gateway = setup(Setup::new(provider, upstream.addr)).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ask).await;
    let mut call = upstream.call().await;
    call.write(reply).await;
    let answer = client.reply().await;
    (call, answer)
}

const PROMPT: &str = r#"{"model":"m","prompt":"Hello"}"#;
const INPUT: &str = r#"{"model":"m","input":"Hello","encoding_format":"base64"}"#;

#[tokio::test]
async fn each_route_has_its_own_path() {
    let own = [
        ("openai", "llm/v1/completions", PROMPT, "/v1/completions"),
        ("openai", "llm/v1/embeddings", INPUT, "/v1/embeddings"),
        ("ollama", "llm/v1/chat", ASK, "/api/chat"),
        ("ollama", "llm/v1/completions", PROMPT, "/api/generate"),
        ("ollama", "llm/v1/embeddings", INPUT, "/api/embed"),
        ("bedrock", "llm/v1/completions", PROMPT, "/model/m/converse"),
        ("databricks", "llm/v1/chat", ASK, "/serving-endpoints/v1/chat/completions"),
        ("dashscope", "llm/v1/embeddings", INPUT, "/compatible-mode/v1/embeddings"),
        ("xai", "llm/v1/chat", ASK, "/v1/chat/completions"),
    ];
    for (provider, route_type, ask, path) in own {
        let setup = |setup: Setup| setup.set("/route_type", route_type);
        let (call, _) = exchange(setup, provider, ask, &json_reply("500 Oops", "{}")).await;
        assert!(call.head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{provider}: {}", call.head);
    }
}

#[tokio::test]
async fn azure_has_its_deployment_in_the_path_and_its_version_in_the_query() {
    let options = |setup: Setup| {
        setup
            .set("/model/options/azure_instance", "i")
            .set("/model/options/azure_deployment_id", "gpt 4")
            .set("/model/options/azure_api_version", "2024-10-21")
            .set("/auth", json!({"header_name": "api-key", "header_value": KEY}))
    };
    let (call, reply) = exchange(options, "azure", ASK, &json_reply("200 OK", ANSWER)).await;
    let line = "POST /openai/deployments/gpt%204/chat/completions?api-version=2024-10-21 HTTP/1.1\r\n";
    assert!(call.head.starts_with(line), "{}", call.head);
    assert_eq!((call.field("api-key"), reply.status), (Some(KEY), 200));
    let newer = |setup| options(setup).set("/model/options/azure_api_version", "preview");
    let (call, _) = exchange(newer, "azure", ASK, &json_reply("200 OK", ANSWER)).await;
    let line = "POST /openai/v1/chat/completions?api-version=preview HTTP/1.1\r\n";
    assert!(call.head.starts_with(line), "{}", call.head);
}

#[tokio::test]
async fn lines_come_back_as_events() {
    let line = |content: &str, done: bool| {
        json!({"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": content}, "done": done, "done_reason": "stop", "eval_count": 1}).to_string() + "\n"
    };
    let body = line("Hel", false) + &line("lo", false) + &line("", true);
    let reply = whole("200 OK\r\ncontent-type: application/x-ndjson", &body);
    let (call, answer) = exchange(|setup| setup, "ollama", ASK_STREAM, &reply).await;
    assert_eq!(call.field("accept"), Some("application/x-ndjson"));
    let text = answer.text();
    assert!(text.contains(r#""content":"Hel""#) && text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn vectors_come_back_in_the_form_that_was_asked_for() {
    let body = r#"{"model":"m","embeddings":[[0.5,-0.25]],"prompt_eval_count":2}"#;
    let setup = |setup: Setup| setup.set("/route_type", "llm/v1/embeddings");
    let (_, answer) = exchange(setup, "ollama", INPUT, &json_reply("200 OK", body)).await;
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(answer["data"][0]["embedding"], "AAAAPwAAgL4=");
    assert_eq!(answer["usage"]["total_tokens"], 2);
}

#[tokio::test]
async fn a_prompt_goes_through_a_chat_where_there_is_nothing_else() {
    let body = r#"{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}"#;
    let setup = |setup: Setup| setup.set("/route_type", "llm/v1/completions");
    let (call, answer) = exchange(setup, "bedrock", PROMPT, &json_reply("200 OK", body)).await;
    let asked: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(asked["messages"], json!([{"role": "user", "content": [{"text": "Hello"}]}]));
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!((&answer["object"], &answer["choices"][0]["text"]), (&json!("text_completion"), &json!("Hi")));
}

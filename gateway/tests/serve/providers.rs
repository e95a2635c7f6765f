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
        ("cohere", "llm/v1/chat", ASK, "/v2/chat"),
        ("cohere", "llm/v1/completions", PROMPT, "/v1/generate"),
        ("cohere", "llm/v1/embeddings", INPUT, "/v2/embed"),
        ("anthropic", "llm/v1/completions", PROMPT, "/v1/messages"),
        ("ollama", "llm/v1/chat", ASK, "/api/chat"),
        ("ollama", "llm/v1/completions", PROMPT, "/api/generate"),
        ("ollama", "llm/v1/embeddings", INPUT, "/api/embed"),
        ("bedrock", "llm/v1/completions", PROMPT, "/model/m/converse"),
        ("databricks", "llm/v1/chat", ASK, "/serving-endpoints/v1/chat/completions"),
        ("dashscope", "llm/v1/embeddings", INPUT, "/compatible-mode/v1/embeddings"),
        ("xai", "llm/v1/chat", ASK, "/v1/chat/completions"),
        ("cerebras", "llm/v1/chat", ASK, "/v1/chat/completions"),
        ("deepseek", "llm/v1/chat", ASK, "/v1/chat/completions"),
        ("kimi", "llm/v1/chat", ASK, "/v1/chat/completions"),
        ("vercel", "llm/v1/embeddings", INPUT, "/v1/embeddings"),
        ("vllm", "llm/v1/completions", PROMPT, "/v1/completions"),
        ("mistral", "llm/v1/chat", ASK, "/v1/chat/completions"),
        ("mistral", "llm/v1/completions", PROMPT, "/v1/chat/completions"),
        ("mistral", "llm/v1/embeddings", INPUT, "/v1/embeddings"),
        ("gemini", "llm/v1/chat", ASK, "/v1beta/models/m:generateContent"),
        ("gemini", "llm/v1/chat", ASK_STREAM, "/v1beta/models/m:streamGenerateContent?alt=sse"),
        ("gemini", "llm/v1/embeddings", INPUT, "/v1beta/models/m:batchEmbedContents"),
        ("huggingface", "llm/v1/chat", ASK, "/v1/chat/completions"),
        ("huggingface", "llm/v1/completions", PROMPT, "/hf-inference/models/m"),
        ("huggingface", "llm/v1/embeddings", INPUT, "/hf-inference/models/m/pipeline/feature-extraction"),
    ];
    for (provider, route_type, ask, path) in own {
        let setup = |setup: Setup| setup.set("/route_type", route_type);
        let (call, _) = exchange(setup, provider, ask, &json_reply("500 Oops", "{}")).await;
        assert!(call.head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{provider}: {}", call.head);
    }
}

#[tokio::test]
async fn a_model_that_knows_no_messages_completes_a_text() {
    let older =
        |setup: Setup| setup.set("/route_type", "llm/v1/completions").set("/model/name", "claude-2.1");
    let reply = json_reply(
        "200 OK",
        r#"{"type":"completion","id":"compl_1","completion":" Hi.","stop_reason":"stop_sequence","model":"claude-2.1"}"#,
    );
    let (call, answer) = exchange(older, "anthropic", r#"{"prompt":"Hello"}"#, &reply).await;
    assert!(call.head.starts_with("POST /v1/complete HTTP/1.1\r\n"), "{}", call.head);
    assert_eq!((call.field("x-api-key"), call.field("anthropic-version")), (Some(KEY), Some("2023-06-01")));
    let asked: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(
        (&asked["prompt"], &asked["max_tokens_to_sample"]),
        (&json!("\n\nHuman: Hello\n\nAssistant:"), &json!(256))
    );
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!((&answer["choices"][0]["text"], &answer["usage"]), (&json!(" Hi."), &Value::Null));
}

#[tokio::test]
async fn a_raw_server_of_llama2_is_asked_at_its_users_own_path_and_never_for_a_stream() {
    let raw = |setup: Setup| setup.set("/model/options/llama2_format", "raw");
    let here = |setup| {
        let setup = raw(setup);
        let url = setup.plugin["model"]["options"]["upstream_url"].as_str().unwrap().to_owned();
        setup.set("/model/options/upstream_url", format!("{url}/my/llama"))
    };
    let reply = json_reply("200 OK", r#"{"data":[{"generated_text":"<s>[INST] Hello [/INST] Hi."}]}"#);
    let (call, answer) = exchange(here, "llama2", ASK, &reply).await;
    assert!(call.head.starts_with("POST /my/llama HTTP/1.1\r\n"), "{}", call.head);
    let asked: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(
        asked,
        json!({"inputs": "<s>[INST] Hello [/INST]", "parameters": {"details": true, "stream": false}})
    );
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!((&answer["choices"][0]["message"]["content"], &answer["model"]), (&json!("Hi."), &json!("m")));
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
async fn vertex_has_a_place_and_a_maker_for_each_model() {
    let google = json!({"api_endpoint": "e", "project_id": "p", "location_id": "l"});
    let mut deployed = google.clone();
    deployed["endpoint_id"] = "12".into();
    let mut openapi = google.clone();
    openapi["endpoint_id"] = "openapi".into();
    let (chat, vectors) = ("llm/v1/chat", "llm/v1/embeddings");
    for (options, route_type, model, ask, path) in [
        (&google, chat, "gemini-2.5-flash", ASK, "publishers/google/models/gemini-2.5-flash:generateContent"),
        (
            &google,
            chat,
            "gemini-2.5-flash",
            ASK_STREAM,
            "publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        ),
        (
            &google,
            chat,
            "claude-sonnet-4-5@20250929",
            ASK_STREAM,
            "publishers/anthropic/models/claude-sonnet-4-5%4020250929:streamRawPredict",
        ),
        (&google, chat, "codestral-2", ASK, "publishers/mistralai/models/codestral-2:rawPredict"),
        (
            &google,
            vectors,
            "text-embedding-005",
            INPUT,
            "publishers/google/models/text-embedding-005:predict",
        ),
        (&deployed, chat, "m", ASK, "endpoints/12/chat/completions"),
        (&openapi, chat, "google/gemini-2.5-flash", ASK, "endpoints/openapi/chat/completions"),
    ] {
        let setup = |setup: Setup| {
            setup
                .set("/route_type", route_type)
                .set("/model/name", model)
                .set("/model/options/gemini", options.clone())
        };
        let ask = ask.replace(r#""model":"m","#, "");
        let (call, _) = exchange(setup, "gemini", &ask, &json_reply("500 Oops", "{}")).await;
        let line = format!("POST /v1/projects/p/locations/l/{path} HTTP/1.1\r\n");
        assert!(call.head.starts_with(&line), "{}", call.head);
        assert_eq!(call.field("authorization"), Some(&*format!("Bearer {KEY}")));
        let asked: Value = serde_json::from_slice(&call.body).unwrap();
        let named = path.contains("mistralai") || path.contains("openapi");
        assert_eq!(asked.get("model").is_some(), named, "{asked}");
    }
}

/// Version 1 has another path, another body and other streams; a configured path is whole.
#[tokio::test]
async fn cohere_is_asked_in_the_version_that_is_configured() {
    let v1 = |setup: Setup| setup.set("/model/options/cohere", json!({"api_version": "v1"}));
    let line = |event: Value| event.to_string() + "\n";
    let body = [
        line(json!({"is_finished": false, "event_type": "stream-start", "generation_id": "g1"})),
        line(json!({"is_finished": false, "event_type": "text-generation", "text": "Hello"})),
        line(
            json!({"is_finished": true, "event_type": "stream-end", "finish_reason": "COMPLETE", "response": {"text": "Hello"}}),
        ),
    ];
    let reply = whole("200 OK\r\ncontent-type: application/stream+json", body.concat());
    let (call, answer) = exchange(v1, "cohere", ASK_STREAM, &reply).await;
    assert!(call.head.starts_with("POST /v1/chat HTTP/1.1\r\n"), "{}", call.head);
    let asked: Value = serde_json::from_slice(&call.body).unwrap();
    assert!(asked["message"].is_string() && asked.get("messages").is_none(), "{asked}");
    let text = answer.text();
    assert!(text.contains(r#""content":"Hello""#) && text.ends_with("data: [DONE]\n\n"), "{text}");

    let setup = |setup: Setup| {
        let options = json!({"embedding_input_type": "search_query"});
        setup.set("/route_type", "llm/v1/embeddings").set("/model/options/cohere", options)
    };
    let (call, _) = exchange(setup, "cohere", INPUT, &json_reply("500 Oops", "{}")).await;
    let asked: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(asked["input_type"], "search_query");
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

#[tokio::test]
async fn vectors_of_bedrock_are_asked_of_the_model_and_signed() {
    let setup = |setup: Setup| {
        setup.set("/route_type", "llm/v1/embeddings").set("/model/name", "amazon.titan-embed-text-v2:0").set(
            "/model/options/bedrock",
            json!({"aws_region": "us-east-1", "embeddings_normalize": true, "performance_config_latency": "optimized"}),
        )
    };
    let ask = r#"{"input":"Hello"}"#;
    let reply = json_reply("200 OK", r#"{"embedding":[0.5],"inputTextTokenCount":2}"#);
    let (call, answer) = exchange(setup, "bedrock", ask, &reply).await;
    assert!(
        call.head.starts_with("POST /model/amazon.titan-embed-text-v2%3A0/invoke HTTP/1.1\r\n"),
        "{}",
        call.head
    );
    assert!(
        call.field("authorization").unwrap().contains("/us-east-1/bedrock/aws4_request"),
        "{}",
        call.head
    );
    assert_eq!(call.field("x-amzn-bedrock-performanceconfig-latency"), Some("optimized"));
    let asked: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(asked, json!({"inputText": "Hello", "normalize": true}));
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(answer["model"], "amazon.titan-embed-text-v2:0");
}

#[tokio::test]
async fn tokens_that_only_a_header_counts_are_told() {
    let setup =
        |setup: Setup| setup.set("/route_type", "llm/v1/embeddings").set("/model/name", "cohere.embed-v4:0");
    let head = "200 OK\r\ncontent-type: application/json\r\nX-Amzn-Bedrock-Input-Token-Count: 4";
    let reply = whole(head, r#"{"id":"e","response_type":"embeddings_floats","embeddings":[[0.5]]}"#);
    let (call, answer) = exchange(setup, "bedrock", r#"{"input":"Hello"}"#, &reply).await;
    let asked: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(asked, json!({"texts": ["Hello"], "input_type": "classification"}));
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(answer["usage"], json!({"prompt_tokens": 4, "total_tokens": 4}));
}

#[tokio::test]
async fn a_key_in_the_query_stands_beside_the_providers_own_parameters() {
    let setup = |setup: Setup| {
        setup.set("/auth", json!({"param_name": "key", "param_value": "a&b", "param_location": "query"}))
    };
    let body = "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hi\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":1,\"totalTokenCount\":2}}\n\n";
    let (call, answer) =
        exchange(setup, "gemini", ASK_STREAM, &whole("200 OK\r\ncontent-type: text/event-stream", body))
            .await;
    assert!(
        call.head.starts_with("POST /v1beta/models/m:streamGenerateContent?alt=sse&key=a%26b HTTP/1.1\r\n"),
        "{}",
        call.head
    );
    assert_eq!((call.field("authorization"), call.field("x-goog-api-key")), (None, None));
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
}

#[tokio::test]
async fn a_stream_is_read_as_its_media_type_says() {
    let body = r#"[{"candidates":[{"content":{"role":"model","parts":[{"text":"Hel"}]}}]},
{"candidates":[{"content":{"role":"model","parts":[{"text":"lo"}]},"finishReason":"STOP"}]}]"#;
    let array = whole("200 OK\r\ncontent-type: application/json; charset=UTF-8", body);
    let (call, answer) = exchange(|setup| setup, "gemini", ASK_STREAM, &array).await;
    assert_eq!(call.field("accept"), Some("text/event-stream"));
    let text = answer.text();
    assert!(text.contains(r#""content":"lo""#) && text.ends_with("data: [DONE]\n\n"), "{text}");
    let strange = whole("200 OK\r\ncontent-type: text/html", "<html>");
    let (_, answer) = exchange(|setup| setup, "gemini", ASK_STREAM, &strange).await;
    assert_eq!(answer.status, 502);
}

#[tokio::test]
async fn a_server_of_hugging_face_is_asked_where_the_tag_says_that_it_is_one() {
    let tgi = |setup: Setup| setup.tagged("touchstone-format:tgi").set("/route_type", "llm/v1/completions");
    let reply = whole(
        "200 OK\r\ncontent-type: application/json\r\nX-Prompt-Tokens: 4",
        r#"{"generated_text":"Hi","details":{"finish_reason":"length","generated_tokens":2,"seed":null,"prefill":[],"tokens":[]}}"#,
    );
    let (call, answer) = exchange(tgi, "huggingface", PROMPT, &reply).await;
    assert!(call.head.starts_with("POST /generate HTTP/1.1\r\n"), "{}", call.head);
    let answer: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(answer["usage"], json!({"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}));

    // A configured address that ends in the one is good for the other.
    let here = |setup: Setup| {
        let setup = tgi(setup);
        let url = setup.plugin["model"]["options"]["upstream_url"].as_str().unwrap().to_owned();
        setup.set("/model/options/upstream_url", format!("{url}/mine/generate"))
    };
    let event = |text: &str, last: &str| {
        format!(
            "data: {{\"index\":1,\"token\":{{\"id\":1,\"text\":\"{text}\",\"logprob\":-0.5,\"special\":false}},{last}}}\n\n"
        )
    };
    let body = event("Hel", "\"generated_text\":null,\"details\":null")
        + &event("lo", "\"generated_text\":\"Hello\",\"details\":null");
    let stream = whole("200 OK\r\ncontent-type: text/event-stream", &body);
    let ask = r#"{"model":"m","prompt":"Hello","stream":true}"#;
    let (call, answer) = exchange(here, "huggingface", ask, &stream).await;
    assert!(call.head.starts_with("POST /mine/generate_stream HTTP/1.1\r\n"), "{}", call.head);
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());

    let options = json!({"use_cache": false, "wait_for_model": true});
    let setup = |setup: Setup| setup.set("/model/options/huggingface", options);
    let (call, _) = exchange(setup, "huggingface", ASK, &json_reply("500 Oops", "{}")).await;
    assert_eq!((call.field("x-use-cache"), call.field("x-wait-for-model")), (Some("false"), Some("true")));
}

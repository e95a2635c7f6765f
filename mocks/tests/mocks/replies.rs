//! The mocks' own answers hold to the providers' documents, and mean the same whole and streamed.

use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::ask::{Question, questions};
use crate::client::{self, Reply, chat};
use crate::fold;

/// What a provider's document says against a reply.
pub(crate) fn violations(
    provider: &str,
    version: Option<&str>,
    reply: &Reply,
    streamed: bool,
) -> Vec<String> {
    let path = client::path(provider).trim_start_matches('/').trim_start_matches(provider);
    let operation = specs::api(provider).unwrap().operation("POST", path).unwrap();
    let operation = version.and_then(|version| operation.variant(version)).unwrap_or(operation);
    let mut found = Vec::new();
    if streamed {
        let mut sequence = operation.sequence().unwrap();
        for (name, data) in reply.events() {
            let name = if data == "[DONE]" { "[DONE]".to_owned() } else { name };
            found.extend(operation.event(&name, &data));
            found.extend(sequence.event(&name, &data));
        }
        found.extend(sequence.end());
    } else {
        found = operation.reply(reply.status, &reply.json());
    }
    found.iter().map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_own_answer_holds_to_the_document_whole_and_streamed(questions in proptest::collection::vec(questions(), 4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mocks = mocks::start().await.unwrap();
            for question in &questions {
                for provider in crate::TEXT {
                    judge(&mocks, provider, question).await?;
                }
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}

async fn judge(mocks: &mocks::Mocks, provider: &str, question: &Question) -> Result<(), TestCaseError> {
    let mut said = Vec::new();
    for stream in [false, true] {
        let body = question.body(provider, stream);
        let mut headers = client::headers(provider);
        headers.retain(|(name, _)| *name != "anthropic-version");
        headers.push(("anthropic-version", question.version()));
        let bytes = client::request("POST", client::path(provider), &headers, body.to_string().as_bytes());
        let reply = client::exchange(mocks, &bytes).await;
        prop_assert_eq!(reply.status, 200, "{} {}", body, reply.text());
        let found = violations(provider, Some(question.version()), &reply, stream);
        prop_assert!(found.is_empty(), "{:#?}\n{}\n{}", found, body, reply.text());
        said.push(if stream { fold::stream(provider, &reply) } else { fold::whole(provider, &reply) });
    }
    let (whole, streamed) = (&said[0], &said[1]);
    prop_assert_eq!(whole.len(), streamed.len());
    for (whole, streamed) in whole.iter().zip(streamed) {
        let calls = |said: &fold::Said| {
            said.calls.iter().map(|(_, name, input)| (name.clone(), input.clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(&whole.text, &streamed.text);
        prop_assert_eq!(&whole.finish, &streamed.finish);
        prop_assert_eq!(calls(whole), calls(streamed));
        fits(question, whole)?;
    }
    Ok(())
}

/// What is called fits the tool's schema, and JSON that was asked for fits its own, unless the limit cut it.
fn fits(question: &Question, said: &fold::Said) -> Result<(), TestCaseError> {
    for (_, name, input) in &said.calls {
        let (_, schema) = question.tools().find(|(known, _)| known == name).expect("a tool that was given");
        prop_assert!(jsonschema::is_valid(schema, input), "{} {}", schema, input);
    }
    if let (Some(schema), true, false) = (question.schema(), said.calls.is_empty(), question.is_bounded()) {
        let value: Value =
            serde_json::from_str(&said.text).map_err(|problem| TestCaseError::fail(problem.to_string()))?;
        prop_assert!(jsonschema::is_valid(schema, &value), "{} {}", schema, value);
    }
    Ok(())
}

fn ask(provider: &str, more: &Value) -> Value {
    let mut body = match provider {
        "openai" => json!({ "model": "gpt-4o" }),
        _ => json!({ "model": "claude-sonnet-5", "max_tokens": 300 }),
    };
    body["messages"] = json!([{ "role": "user", "content": "What is the weather in Paris?" }]);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_tool_is_called_with_what_the_question_names() {
    let mocks = mocks::start().await.unwrap();
    let schema =
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    for provider in crate::TEXT {
        let tools = match provider {
            "openai" => json!([
                { "type": "function", "function": { "name": "clock", "parameters": schema } },
                { "type": "function", "function": { "name": "get_weather", "parameters": schema } }
            ]),
            _ => {
                json!([{ "name": "clock", "input_schema": schema }, { "name": "get_weather", "input_schema": schema }])
            }
        };
        let reply = chat(&mocks, provider, &ask(provider, &json!({ "tools": tools }))).await;
        let said = fold::whole(provider, &reply).remove(0);
        assert_eq!(said.calls.len(), 1, "{provider}");
        assert_eq!(said.calls[0].1, "get_weather");
        assert_eq!(said.calls[0].2, json!({ "city": "Paris" }));
    }
}

#[tokio::test]
async fn a_schema_that_asks_for_more_than_memory_holds_is_answered_all_the_same() {
    let mocks = mocks::start().await.unwrap();
    let again = json!({ "$ref": "#" });
    let items = json!({ "type": "array", "minItems": 1_000_000, "items": again });
    let many =
        (0..200).map(|number| (format!("m{number}"), again.clone())).collect::<serde_json::Map<_, _>>();
    for schema in [
        json!({ "type": "object", "allOf": [again, again, again] }),
        json!({ "type": "object", "anyOf": [again, again], "properties": many }),
        json!({ "type": "object", "properties": { "a": items }, "required": ["a"] }),
        json!({ "type": "object", "properties": { "a": { "type": "string", "minLength": 4_000_000_000_u64 } } }),
        json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "(((a{999}){999}){999}|b){999}" } } }),
        json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "(?:){4000000000}" } } }),
    ] {
        let tools = json!([{ "type": "function", "function": { "name": "f", "parameters": schema } }]);
        let reply = chat(&mocks, "openai", &ask("openai", &json!({ "tools": tools }))).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.body.len() < 8 << 20, "{} bytes", reply.body.len());
        assert_eq!(fold::whole("openai", &reply)[0].calls.len(), 1);
    }
}

#[tokio::test]
async fn a_custom_tool_of_openais_is_called_with_text() {
    let mocks = mocks::start().await.unwrap();
    let tools = json!([{ "type": "custom", "custom": { "name": "shell" } }]);
    let choices = [
        json!({ "type": "custom", "custom": { "name": "shell" } }),
        json!({ "type": "allowed_tools", "allowed_tools": { "mode": "required", "tools": tools } }),
    ];
    for choice in choices {
        for stream in [false, true] {
            let body = ask("openai", &json!({ "tools": tools, "tool_choice": choice, "stream": stream }));
            let reply = chat(&mocks, "openai", &body).await;
            if !stream {
                // The published schema of chunks has no word for these calls; what is streamed is what clients reported.
                assert_eq!(
                    violations("openai", None, &reply, stream),
                    Vec::<String>::new(),
                    "{}",
                    reply.text()
                );
            }
            let said = if stream { fold::stream("openai", &reply) } else { fold::whole("openai", &reply) };
            assert_eq!(said[0].calls[0].1, "shell");
            assert_eq!(said[0].calls[0].2, json!("What is the weather in Paris?"));
        }
    }
}

#[tokio::test]
async fn limits_and_stops_end_an_answer_where_they_say() {
    let mocks = mocks::start().await.unwrap();
    for (provider, limit, stop, reasons) in [
        ("openai", json!({ "max_tokens": 3 }), json!({ "stop": "said" }), ["length", "stop"]),
        (
            "anthropic",
            json!({ "max_tokens": 3 }),
            json!({ "stop_sequences": ["said"] }),
            ["max_tokens", "stop_sequence"],
        ),
    ] {
        let cut = chat(&mocks, provider, &ask(provider, &limit)).await;
        let said = fold::whole(provider, &cut).remove(0);
        assert_eq!((said.text.as_str(), said.finish.as_str()), ("This is a", reasons[0]), "{provider}");
        let usage = &cut.json()["usage"];
        let counted = usage["completion_tokens"].as_u64().or(usage["output_tokens"].as_u64());
        assert_eq!(counted, Some(3));

        let stopped = chat(&mocks, provider, &ask(provider, &stop)).await;
        let said = fold::whole(provider, &stopped).remove(0);
        assert_eq!((said.text.as_str(), said.finish.as_str()), ("This is a mock's answer. You ", reasons[1]));
    }
}

#[tokio::test]
async fn the_same_seed_and_requests_give_the_same_bytes() {
    let (one, other) = (mocks::start().await.unwrap(), mocks::start().await.unwrap());
    let different = mocks::start_with(mocks::Options { seed: 1, ..mocks::Options::default() }).await.unwrap();
    for provider in crate::TEXT {
        for stream in [false, true] {
            let body = ask(provider, &json!({ "stream": stream }));
            let mut replies = Vec::new();
            for _ in 0..2 {
                let (a, b) = (chat(&one, provider, &body).await, chat(&other, provider, &body).await);
                assert_eq!((&a.headers, &a.body), (&b.headers, &b.body));
                replies.push(a);
            }
            assert_ne!(replies[0].body, replies[1].body, "a repeated request has an id of its own");
            assert_ne!(replies[0].body, chat(&different, provider, &body).await.body);
        }
    }
}

#[tokio::test]
async fn models_are_listed_and_tokens_counted() {
    let mocks = mocks::start().await.unwrap();
    for (provider, member) in [("openai", "object"), ("anthropic", "type")] {
        let path = format!("/{provider}/v1/models");
        let list =
            client::exchange(&mocks, &client::request("GET", &path, &client::headers(provider), b"")).await;
        assert_eq!(list.status, 200);
        let id = list.json()["data"][0]["id"].as_str().unwrap().to_owned();
        let one = client::exchange(
            &mocks,
            &client::request("GET", &format!("{path}/{id}"), &client::headers(provider), b""),
        )
        .await;
        assert_eq!(one.json()[member], "model");
        let none = client::exchange(
            &mocks,
            &client::request("GET", &format!("{path}/none"), &client::headers(provider), b""),
        )
        .await;
        assert_eq!(none.status, 404);
    }
    let mut body = ask("anthropic", &json!({}));
    let whole = chat(&mocks, "anthropic", &body).await.json();
    body.as_object_mut().unwrap().remove("max_tokens");
    let count = |body: &Value| {
        let path = "/anthropic/v1/messages/count_tokens";
        client::request("POST", path, &client::headers("anthropic"), body.to_string().as_bytes())
    };
    let counted = client::exchange(&mocks, &count(&body)).await;
    assert_eq!(counted.json(), json!({ "input_tokens": whole["usage"]["input_tokens"] }));
    body["messages"] = json!([]);
    let refused = client::exchange(&mocks, &count(&body)).await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].clone()),
        (400, json!("invalid_request_error"))
    );
}

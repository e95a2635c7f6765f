//! The mocks' own answers hold to the providers' documents.

use serde_json::{Value, json};

use crate::client::{Reply, chat};

/// What a provider's document says against a reply.
pub(crate) fn violations(provider: &str, reply: &Reply, streamed: bool) -> Vec<String> {
    let path = match provider {
        "openai" => "/v1/chat/completions",
        _ => "/v1/messages",
    };
    let operation = specs::api(provider).unwrap().operation("POST", path).unwrap();
    let mut found = Vec::new();
    if !streamed {
        found = operation.reply(reply.status, &reply.json());
    } else {
        let mut sequence = operation.sequence().unwrap();
        for (name, data) in reply.events() {
            let name = if data == "[DONE]" { "[DONE]".to_owned() } else { name };
            found.extend(operation.event(&name, &data));
            found.extend(sequence.event(&name, &data));
        }
        found.extend(sequence.end());
    }
    found.iter().map(ToString::to_string).collect()
}

fn question(provider: &str, stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": "What is the weather in Paris?" }]);
    match provider {
        "openai" => json!({ "model": "gpt-4o", "messages": messages, "stream": stream }),
        _ => json!({ "model": "claude-sonnet-5", "max_tokens": 200, "messages": messages, "stream": stream }),
    }
}

#[tokio::test]
async fn an_own_answer_holds_to_the_document_whole_and_streamed() {
    let mocks = mocks::start().await.unwrap();
    for provider in crate::TEXT {
        for stream in [false, true] {
            let reply = chat(&mocks, provider, &question(provider, stream)).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(
                violations(provider, &reply, stream),
                Vec::<String>::new(),
                "{provider} {}",
                reply.text()
            );
            assert!(reply.text().contains("weather"));
        }
    }
}

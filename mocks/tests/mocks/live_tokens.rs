//! Tokens for Gemini's live sessions.

use jiff::{SignedDuration, Timestamp};
use mocks::Mocks;
use serde_json::{Value, json};

use crate::judged::{self, post_with, refused, whole};
use crate::line::Line;

const PATH: &str =
    "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained";
const TOKENS: &str = "/v1alpha/auth_tokens";

async fn asked(mocks: &Mocks, body: &Value) -> crate::client::Reply {
    let key = mocks.credentials().key("gemini").to_owned();
    post_with(mocks, "gemini", TOKENS, &[("x-goog-api-key", &key)], body).await
}

async fn made(mocks: &Mocks, body: &Value) -> String {
    let token = whole(&judged::operation("gemini", "POST", TOKENS), &asked(mocks, body).await);
    token["name"].as_str().unwrap().to_owned()
}

/// A session that a token opens, with this setup.
async fn begun(mocks: &Mocks, token: &str, setup: &Value) -> Result<Line, (u16, Value)> {
    let query = format!("?access_token={token}");
    let mut line = Line::open(mocks, "gemini", PATH, &query, &[]).await?;
    line.say(&json!({ "setup": setup })).await;
    assert_eq!(line.next().await, Some(json!({ "setupComplete": {} })));
    Ok(line)
}

/// Whether the model answers aloud.
async fn is_aloud(line: &mut Line) -> bool {
    line.say(&json!({ "clientContent": { "turns": [{ "role": "user", "parts": [{ "text": "Hello" }] }], "turnComplete": true } })).await;
    let mut aloud = false;
    loop {
        let message = line.next().await.expect("a message");
        aloud |= message.pointer("/serverContent/modelTurn/parts/0/inlineData").is_some();
        if message.pointer("/serverContent/turnComplete").is_some() {
            return aloud;
        }
    }
}

fn setup(modality: &str) -> Value {
    json!({ "model": "models/gemini-live", "generationConfig": { "responseModalities": [modality] } })
}

#[tokio::test]
async fn a_token_opens_as_many_sessions_as_it_says() {
    let mocks = mocks::start().await.unwrap();
    for (body, uses) in [(json!({}), 1), (json!({ "uses": 2 }), 2), (json!({ "uses": 0 }), 5)] {
        let token = made(&mocks, &body).await;
        for _ in 0..uses {
            begun(&mocks, &token, &setup("TEXT")).await.unwrap();
        }
        let more = begun(&mocks, &token, &setup("TEXT")).await;
        assert_eq!(more.err().map(|(status, _)| status), (uses < 5).then_some(401), "{body}");
    }
    assert_eq!(begun(&mocks, "auth_tokens/nobodys", &setup("TEXT")).await.err().unwrap().0, 401);
    let token = made(&mocks, &json!({})).await;
    mocks.expire_tokens();
    assert_eq!(begun(&mocks, &token, &setup("TEXT")).await.err().unwrap().0, 401);
}

#[tokio::test]
async fn what_a_token_locks_its_client_cannot_change() {
    let mocks = mocks::start().await.unwrap();
    for (mask, aloud) in [
        (None, false),
        (Some("model"), true),
        (Some("generationConfig.responseModalities"), false),
        (Some("generation_config.response_modalities,model"), false),
        (Some("generationConfig.temperature"), true),
    ] {
        let mut body = json!({ "bidiGenerateContentSetup": setup("TEXT") });
        if let Some(mask) = mask {
            body["fieldMask"] = mask.into();
        }
        let token = made(&mocks, &body).await;
        let mut line = begun(&mocks, &token, &setup("AUDIO")).await.unwrap();
        assert_eq!(is_aloud(&mut line).await, aloud, "{mask:?}");
    }
    // What is locked, and not said, the client cannot say either.
    let body = json!({ "bidiGenerateContentSetup": { "model": "models/gemini-live" }, "fieldMask": "generationConfig.responseModalities" });
    let token = made(&mocks, &body).await;
    let mut line = begun(&mocks, &token, &setup("AUDIO")).await.unwrap();
    assert!(!is_aloud(&mut line).await);
}

#[tokio::test]
async fn times_of_a_token_are_near() {
    let mocks = mocks::start().await.unwrap();
    let away = |hours: i64| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    made(&mocks, &json!({ "expireTime": away(1), "newSessionExpireTime": away(19) })).await;
    for body in [
        json!({ "expireTime": away(21) }),
        json!({ "newSessionExpireTime": away(-1) }),
        json!({ "expireTime": "soon" }),
    ] {
        let (status, _) = refused(&judged::operation("gemini", "POST", TOKENS), &asked(&mocks, &body).await);
        assert_eq!(status, 400, "{body}");
    }
    let none = post_with(&mocks, "gemini", TOKENS, &[], &json!({})).await;
    assert_eq!(none.status, 403);
}

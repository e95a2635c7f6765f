//! The official Python clients drive the mocks. They must take every reply, event and error that the mocks send.

mod anthropic;
mod anthropic_batches;
mod azure;
mod azure_identity;
mod boto3;
mod boto3_guardrail;
mod boto3_identity;
mod boto3_jobs;
mod boto3_videos;
mod cohere;
mod dashscope;
mod genai;
mod genai_batches;
mod genai_videos;
mod google_identity;
mod hosts;
mod huggingface;
mod mistral;
mod native_works;
mod ollama;
mod openai;
mod openai_assistants;
mod openai_files;
mod openai_videos;
mod venv;

use mocks::Mocks;
use mocks::script::{
    Block, Cut, Event, Failure, Fault, Finish, Interruption, Kind, Pieces, Reasoning, Reply, Script, Usage,
};
use serde_json::Value;

/// Mocks that know the markers of all clients' scripts.
async fn played() -> Mocks {
    let mocks = mocks::start().await.unwrap();
    let text = || Reply { usage: Some(usage()), ..Reply::text(["Hel", "lo"]) };
    let thought = |redacted| {
        let reasoning =
            Reasoning { text: ["Let ", "me"].into(), signature: Some("c2ln".to_owned()), redacted };
        blocks(vec![Block::Reasoning(reasoning), Block::Text("So.".into())])
    };
    let middle = Interruption {
        after_event: 3,
        kind: Some(Kind::Overloaded),
        message: Some("in the middle".to_owned()),
    };
    let cut = Cut { after_event: Some(3), ..Cut::default() };
    let fault = |fault| text().with_fault(fault);
    for (marker, reply) in [
        ("text", text()),
        (
            "calls",
            blocks(vec![
                Block::call("call_1", "weather", ["{\"city\":", "\"Paris\"}"]),
                Block::call("call_2", "now", Pieces::default()),
            ]),
        ),
        ("think", thought(None)),
        ("hidden", thought(Some("aGlkZGVu".to_owned()))),
        ("refusal", blocks(vec![Block::Refusal("I can't".into())])),
        ("blocked", Reply { finish: Some(Finish::ContentFilter), ..blocks(Vec::new()) }),
        ("rate", Reply::error(Failure::new(Kind::RateLimit, "slow down"))),
        ("server", Reply::error(Failure::new(Kind::Server, "broken"))),
        ("overloaded", Reply::error(Failure::new(Kind::Overloaded, "too much"))),
        ("model", Reply::error(Failure::new(Kind::Model, "the model failed"))),
        ("denied", Reply::error(Failure::new(Kind::Permission, "not yours"))),
        ("missing", Reply::error(Failure::new(Kind::NotFound, "no such model"))),
        ("middle", fault(Fault { error: Some(middle), ..Fault::default() })),
        ("cut", fault(Fault { cut: Some(cut), ..Fault::default() })),
        ("checksum", fault(Fault { bad_checksum: Some(Event { event: 2 }), ..Fault::default() })),
    ] {
        mocks.add(Script::new(format!("[[{marker}]]"), reply));
    }
    mocks
}

fn blocks(content: Vec<Block>) -> Reply {
    Reply { content: Some(content), usage: Some(usage()), ..Reply::default() }
}

fn usage() -> Usage {
    Usage { prompt: Some(20), completion: Some(7), cached: Some(8), cache_write: Some(2), reasoning: Some(3) }
}

/// An exception that a client raised: its most special class, one that it must also be, its HTTP status, a part of its text.
fn raised(error: &Value, class: &str, also: &str, status: Option<u64>, text: &str) {
    let classes: Vec<&str> =
        error["raised"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert_eq!(classes.first(), Some(&class), "{error}");
    assert!(classes.contains(&also), "{error}");
    assert_eq!(error["status"].as_u64(), status, "{error}");
    assert!(error["text"].as_str().unwrap().contains(text), "{error}");
}

/// Nothing that the clients sent by themselves breaks the providers' rules. Requests that are refused on purpose are.
fn nothing_is_strange(mocks: &Mocks, refused_on_purpose: usize) {
    let strange: Vec<_> =
        mocks.journal(None).into_iter().filter(|entry| !entry.violations.is_empty()).collect();
    assert_eq!(strange.len(), refused_on_purpose, "{strange:?}");
}

/// Every reply that a provider's mock gave so far is as its document says, streams event by event.
fn every_reply_fits(mocks: &Mocks, provider: &str) {
    every_reply_fits_of(mocks, provider, 50);
}

/// The same, of more than so many.
fn every_reply_fits_of(mocks: &Mocks, provider: &str, least: usize) {
    let api = specs::api(provider).unwrap();
    let mut judged = 0;
    for entry in mocks.journal(None) {
        let path = entry.path.strip_prefix(&format!("/{provider}")).unwrap();
        let Some(operation) = api.operation(&entry.method, path) else { continue };
        let body = String::from_utf8(entry.reply.body.bytes()).unwrap_or_default();
        let media = entry.reply.headers.iter().find(|(name, _)| name == "content-type");
        let media = media.map(|(_, value)| value.as_str()).unwrap_or_default();
        if media.starts_with("application/json") {
            let json = serde_json::from_str(&body).unwrap();
            assert_eq!(operation.reply(entry.reply.status, &json), [], "{} {path}: {json:#}", entry.method);
        } else if media.starts_with("text/event-stream") {
            let mut sequence = operation.sequence().unwrap();
            for (name, data) in crate::client::events(&body) {
                assert_eq!(operation.event(&name, &data), [], "{path}: {name} {data:#}");
                assert_eq!(sequence.event(&name, &data), [], "{path}: {name} {data:#}");
            }
            assert_eq!(sequence.end(), [], "{path}: {body}");
        }
        judged += 1;
    }
    assert!(judged > least, "{judged}");
}

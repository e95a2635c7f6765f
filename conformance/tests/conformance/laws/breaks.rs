//! Breaks and errors: what a client learns of them, and whose mistake they are.

use conformance::case::Asked;
use conformance::check::Verdict;
use serde_json::{Value, json};

use super::evidence::{Evidence, chunk, header};
use super::judge;

fn error() -> Value {
    json!({"error": {"message": "no", "type": "t", "param": null, "code": null}})
}

fn word(word: &str) -> Value {
    chunk(&json!({"content": word}), None)
}

fn is_broken(id: &str, evidence: &Evidence) -> bool {
    matches!(judge(id, &evidence.case()), Err(Verdict::Broken(_)))
}

/// `OpenAI`'s clients raise at an error event: what the gateway says behind it, they never hear.
#[test]
fn what_comes_behind_an_error_event_is_not_heard() {
    let end = chunk(&json!({}), Some("stop"));
    let told = [word("Once "), error(), word("time "), end.clone()];
    let untold = [word("Once "), word("time "), end];
    for id in ["chat.fault.prefix", "chat.fault.no-finish"] {
        let stream =
            |events: &[Value]| Evidence::stream("chat.faults.malformed-event", "openai", Value::Null, events);
        assert_eq!(judge(id, &stream(&told).case()), Ok(()), "{id}");
        assert!(is_broken(id, &stream(&untold)), "{id}, with no error");
    }
    let order = Evidence::stream("chat.text.plain", "openai", Value::Null, &told);
    assert_eq!(judge("chat.stream.order", &order.case()), Ok(()));
    assert!(is_broken("chat.stream.no-errors", &order));
}

/// What is called JSON and is none, no client takes for an answer; a page of a proxy some do.
#[test]
fn a_body_that_is_no_json_is_seen_to_be_none() {
    let mut evidence = Evidence::whole("chat.faults.malformed-whole", "openai", Value::Null, &Value::Null);
    for body in ["{\"id\":\"chatcmpl-1\",\"obj", ""] {
        evidence.body = body.to_owned();
        assert_eq!(judge("chat.fault.visible", &evidence.case()), Ok(()), "{body:?}");
        assert!(is_broken("chat.fault.bad-gateway", &evidence), "{body:?}");
    }
    evidence.headers = header("content-type", "text/html");
    assert!(is_broken("chat.fault.visible", &evidence));
}

/// A key that the gateway brings is the gateway's to mend; one that the client brought is the client's.
#[test]
fn the_gateways_own_key_may_be_its_own_fault() {
    let judged = |scenario: &'static str, status: u16, key: &str| {
        let mut evidence = Evidence::whole(scenario, "anthropic", Value::Null, &error());
        evidence.status = status;
        let mut case = evidence.case();
        key.clone_into(&mut case.sent.secrets.client);
        judge("chat.error.status", &case)
    };
    for scenario in ["chat.errors.authentication", "chat.errors.permission", "chat.errors.billing"] {
        assert_eq!(judged(scenario, 502, "sk-own"), Ok(()), "{scenario}");
        assert!(judged(scenario, 502, "").is_err(), "{scenario} of the client's key");
    }
    // Either is tried again.
    assert_eq!(judged("chat.errors.conflict", 502, ""), Ok(()));
    for scenario in ["chat.errors.conflict", "chat.errors.rate-limit"] {
        assert!(judged(scenario, 400, "sk-own").is_err(), "{scenario}");
    }
    assert!(judged("chat.errors.rate-limit", 502, "sk-own").is_err());
}

/// What the provider refused because the gateway made it wrong is no reply that went missing, nor anything that vanished.
#[test]
fn a_request_made_wrong_is_told_as_that() {
    let wrong = specs::Violation {
        pointer: "/messages/0/content/1".into(),
        keyword: "const".into(),
        expected: "a picture".into(),
        got: "a sound".into(),
        document: String::new(),
    };
    let evidence = |scenario: &'static str| {
        let mut evidence = Evidence::whole(scenario, "anthropic", Value::Null, &error());
        let asked = evidence.asked.pop().expect("one");
        evidence.status = 502;
        evidence.asked = vec![Asked { status: 400, violations: vec![wrong.clone()], ..asked }];
        evidence
    };
    let mut lost = evidence("chat.messages.empty-assistant");
    let verdict = judge("chat.reply.ok", &lost.case());
    assert!(matches!(verdict, Err(Verdict::Untestable(_))), "{verdict:?}");
    lost.asked[0].violations.clear();
    assert!(is_broken("chat.reply.ok", &lost), "the provider refused what is right");
    let verdict = judge("chat.request.audio.never-silent", &evidence("chat.content.audio").case());
    let Err(Verdict::Broken(found)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(found[0].pointer, wrong.pointer);
}

//! Whole replies, errors and refusals.

use conformance::check::Verdict;
use conformance::report::model::End;
use serde_json::{Value, json};

use super::evidence::{Evidence, PROVIDER_KEY, header};
use super::{Break, each_break_is_caught, judge};

fn edit(evidence: &mut Evidence, pointer: &str, value: &Value) {
    let mut body: Value = serde_json::from_str(&evidence.body).expect("JSON");
    *body.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value.clone();
    evidence.body = body.to_string();
}

fn usage() -> Value {
    json!({"prompt_tokens": 150, "completion_tokens": 6, "total_tokens": 156, "prompt_tokens_details": {"cached_tokens": 100}})
}

/// `chat.usage.cached-whole`.
fn reply() -> Evidence {
    let reply = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "the-model",
        "choices": [{"index": 0, "logprobs": null, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Known, too.", "refusal": null}}],
        "usage": usage(),
    });
    Evidence::whole("chat.usage.cached-whole", "anthropic", json!({"model": "the-model"}), &reply)
}

#[test]
fn each_break_of_a_reply_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.reply.ok", |it| it.end = End::Truncated),
        ("chat.reply.ok", |it| it.status = 206),
        ("chat.reply.content-type", |it| it.headers = header("content-type", "text/event-stream-not")),
        ("chat.reply.schema", |it| edit(it, "/choices/0/message/refusal", &json!(false))),
        ("chat.reply.nullables", |it| it.body = it.body.replace("\"refusal\":null", "\"x\":null")),
        ("chat.reply.text", |it| edit(it, "/choices/0/message/content", &json!("\nKnown, too."))),
        ("chat.reply.id", |it| edit(it, "/id", &json!(""))),
        ("chat.reply.created", |it| edit(it, "/created", &json!(0))),
        ("chat.reply.model", |it| edit(it, "/model", &Value::Null)),
        ("chat.reply.finish", |it| edit(it, "/choices/0/finish_reason", &json!("length"))),
        ("chat.reply.finish.known", |it| edit(it, "/choices/0/finish_reason", &json!("end_turn"))),
        ("chat.usage.present", |it| edit(it, "/usage", &json!("no usage data returned from upstream"))),
        ("chat.usage.total", |it| edit(it, "/usage/prompt_tokens", &json!(10))),
        ("chat.usage.cache-included", |it| edit(it, "/usage/prompt_tokens", &json!(10))),
        ("chat.usage.cached", |it| edit(it, "/usage/prompt_tokens_details", &json!({}))),
        ("chat.usage.completion", |it| edit(it, "/usage/completion_tokens", &json!(7))),
        ("chat.security.upstream-key-hidden", |it| it.headers.extend(header("x-key", PROVIDER_KEY))),
        ("chat.security.no-cookies", |it| it.headers.extend(header("set-cookie", "a=b"))),
    ];
    each_break_is_caught(&reply(), breaks, Evidence::case);
}

/// `chat.errors.rate-limit`.
fn error() -> Evidence {
    let body =
        json!({"error": {"message": "slow down", "type": "rate_limit_error", "param": null, "code": null}});
    let mut evidence =
        Evidence::whole("chat.errors.rate-limit", "anthropic", json!({"model": "the-model"}), &body);
    evidence.status = 429;
    evidence.headers.extend(header("retry-after", "7"));
    evidence
}

#[test]
fn each_break_of_an_error_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.error.status", |it| it.status = 502),
        ("chat.error.status", |it| it.status = 200),
        ("chat.error.object", |it| it.body = it.body.replace("\"code\":null,", "")),
        ("chat.error.object", |it| it.body = r#"{"type":"error","error":"slow down"}"#.into()),
        ("chat.error.content-type", |it| it.headers[0].1 = "text/event-stream".into()),
        ("chat.error.message", |it| edit(it, "/error/message", &json!("All variants failed"))),
        ("chat.error.retry-after", |it| drop(it.headers.pop())),
    ];
    each_break_is_caught(&error(), breaks, Evidence::case);
}

/// A crash in place of the provider's error is one mistake: it is no JSON, so is not called so, and does not say when to come back.
#[test]
fn a_crash_is_told_of_by_its_status_and_its_form() {
    let mut crash = error();
    (crash.status, crash.body) = (500, "Internal Server Error".into());
    crash.headers = header("content-type", "text/plain");
    let judged = |id: &str| judge(id, &crash.case());
    assert!(matches!(judged("chat.error.status"), Err(Verdict::Broken(_))));
    assert!(matches!(judged("chat.error.object"), Err(Verdict::Broken(_))));
    assert_eq!(judged("chat.error.content-type"), Err(Verdict::NotHere));
    assert!(matches!(judged("chat.error.retry-after"), Err(Verdict::Untestable(_))));
}

/// That there is no id is told where ids are judged, and not once more by the document.
#[test]
fn what_has_no_name_is_told_of_once() {
    for member in ["id", "created", "model"] {
        let mut nameless = reply();
        edit(&mut nameless, &format!("/{member}"), &Value::Null);
        assert!(matches!(judge(&format!("chat.reply.{member}"), &nameless.case()), Err(Verdict::Broken(_))));
        assert_eq!(judge("chat.reply.schema", &nameless.case()), Ok(()), "{member}");
    }
}

/// `chat.parameters.several-choices-refused`.
fn refusal() -> Evidence {
    let body = json!({"error": {"message": "only one choice: `n` must be 1", "type": "invalid_request_error", "param": "n", "code": null}});
    let mut evidence =
        Evidence::whole("chat.parameters.several-choices-refused", "bedrock", Value::Null, &body);
    evidence.status = 400;
    evidence.asked.clear();
    evidence
}

#[test]
fn each_break_of_a_refusal_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.refusal.status", |it| it.status = 500),
        ("chat.request.n-refused", |it| it.status = 200),
        ("chat.refusal.object", |it| it.body = r#"{"error":{"message":"no"}}"#.into()),
        ("chat.refusal.not-called", |it| it.asked = reply().asked),
        ("chat.refusal.says-why", |it| edit(it, "/error/message", &json!("bad request"))),
    ];
    each_break_is_caught(&refusal(), breaks, Evidence::case);
}

/// A gateway that passes on what came leaves it to the provider to refuse; one that changed it has judged.
#[test]
fn what_is_passed_on_as_it_came_is_the_providers_to_refuse() {
    let mut passed = refusal();
    let sent = passed.case().sent;
    passed.asked = reply().asked;
    (passed.asked[0].body, passed.asked[0].json, passed.asked[0].status) = (sent.body, sent.json, 400);
    assert_eq!(judge("chat.refusal.not-called", &passed.case()), Err(Verdict::NotHere));
    passed.asked[0].status = 200;
    assert!(matches!(judge("chat.refusal.not-called", &passed.case()), Err(Verdict::Broken(_))));
}

/// A silence from the start: `chat.faults.silent`.
#[test]
fn a_silent_provider_is_a_504_and_is_hung_up_on() {
    let body = json!({"error": {"message": "silence", "type": "server_error", "param": null, "code": null}});
    let mut good = Evidence::whole("chat.faults.silent", "openai", json!({"model": "the-model"}), &body);
    good.status = 504;
    good.asked[0].aborted = true;
    let breaks: &[Break<Evidence>] = &[
        ("chat.fault.timeout-status", |it| it.status = 200),
        ("chat.fault.bad-gateway", |it| it.status = 404),
        ("chat.fault.stall-cancelled", |it| it.asked[0].aborted = false),
        ("chat.fault.visible", |it| it.status = 200),
        ("chat.fault.error-object", |it| it.body = "<html>".into()),
    ];
    each_break_is_caught(&good, breaks, Evidence::case);
    // What nobody can see to be broken is told of by that alone.
    good.status = 200;
    assert!(matches!(judge("chat.fault.bad-gateway", &good.case()), Err(Verdict::Untestable(_))));
}

#[test]
fn a_requirement_that_cannot_be_judged_is_untestable_and_no_pass() {
    let mut nothing = reply();
    nothing.asked.clear();
    nothing.body.clear();
    for id in [
        "chat.request.valid",
        "chat.request.once",
        "chat.request.system.kept",
        "chat.reply.text",
        "chat.stream.sse",
    ] {
        let verdict = judge(id, &nothing.case());
        assert!(matches!(verdict, Err(Verdict::Untestable(_))), "{id}: {verdict:?}");
    }
}

/// What Gemini's filter blocked is not returned, but for what a stream has said before; others return what there is.
#[test]
fn what_a_filter_blocked_need_not_be_said_where_the_provider_withholds_it() {
    let said = |provider, text: &str| {
        let mut evidence = reply();
        edit(&mut evidence, "/choices/0/message/content", &json!(text));
        edit(&mut evidence, "/choices/0/finish_reason", &json!("content_filter"));
        let evidence = Evidence { scenario: "chat.finish.content-filter", provider, ..evidence };
        judge("chat.reply.text", &evidence.case())
    };
    assert_eq!((said("gemini", ""), said("openai", "I")), (Ok(()), Ok(())));
    assert!(said("gemini", "I").is_err() && said("openai", "").is_err());
}

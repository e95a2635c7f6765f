//! Streams: form, order, ends, and replies that break.

use conformance::check::Verdict;
use conformance::report::model::End;
use serde_json::{Value, json};

use super::evidence::{Evidence, PROVIDER_KEY, chunk};
use super::{Break, each_break_is_caught, judge};

fn edit(evidence: &mut Evidence, from: &str, to: &str) {
    assert!(evidence.body.contains(from), "{from}\n{}", evidence.body);
    evidence.body = evidence.body.replacen(from, to, 1);
}

fn each_chunk(evidence: &mut Evidence, change: fn(&mut Value)) {
    let lines = evidence.body.lines().map(|line| {
        let Some(mut chunk) =
            line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Value>(data).ok())
        else {
            return line.to_owned();
        };
        change(&mut chunk);
        format!("data: {chunk}")
    });
    evidence.body = lines.map(|line| line + "\n").collect();
}

fn call(index: u64, delta: &Value) -> Value {
    let mut call = delta.clone();
    call["index"] = json!(index);
    chunk(&json!({"tool_calls": [call]}), None)
}

/// Text, then a call: `chat.tools.text-and-calls`.
fn calls() -> Evidence {
    let weather = json!({"type": "function", "function": {"name": "weather", "description": "Tells the weather of a city", "parameters": {}}});
    let events = [
        chunk(&json!({"role": "assistant", "content": ""}), None),
        chunk(&json!({"content": "Let me "}), None),
        chunk(&json!({"content": "look."}), None),
        call(
            0,
            &json!({"id": "call_t", "type": "function", "function": {"name": "weather", "arguments": ""}}),
        ),
        call(0, &json!({"function": {"arguments": "{\"city\":\"Paris\"}"}})),
        chunk(&json!({}), Some("tool_calls")),
    ];
    Evidence::stream(
        "chat.tools.text-and-calls",
        "openai",
        json!({"stream": true, "model": "the-model", "tools": [weather]}),
        &events,
    )
}

#[test]
fn each_break_of_a_stream_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.stream.content-type", |it| it.headers[0].1 = "text/plain".into()),
        ("chat.stream.sse", |it| edit(it, "\n\ndata: [DONE]\n\n", "\n\ndata: [DONE]\n")),
        ("chat.stream.sse", |it| edit(it, "data: {", "{")),
        ("chat.stream.unnamed", |it| edit(it, "data: {", "event: chunk\ndata: {")),
        ("chat.stream.chunk", |it| edit(it, "chat.completion.chunk", "chat.completion")),
        ("chat.stream.chunk", |it| edit(it, "\"index\":0,", "")),
        ("chat.stream.one-id", |it| edit(it, "\"created\":1,", "")),
        ("chat.stream.nullables", |it| edit(it, "\"finish_reason\":null", "\"x\":null")),
        ("chat.stream.order", |it| {
            let again = chunk(&json!({}), None);
            edit(it, "data: [DONE]", &format!("data: {again}\n\ndata: [DONE]"));
        }),
        ("chat.stream.one-id", |it| edit(it, "chatcmpl-1", "chatcmpl-2")),
        ("chat.stream.role-first", |it| edit(it, "\"role\":\"assistant\"", "\"role\":null")),
        ("chat.stream.role-once", |it| {
            edit(it, "{\"content\":\"Let me", "{\"role\":\"assistant\",\"content\":\"Let me");
        }),
        ("chat.stream.no-errors", |it| {
            edit(it, "data: [DONE]", "data: {\"error\":{\"message\":\"m\"}}\n\ndata: [DONE]");
        }),
        ("chat.reply.text", |it| edit(it, "Let me ", "Let ")),
        ("chat.reply.finish", |it| {
            edit(it, "\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"stop\"");
        }),
        ("chat.reply.finish.known", |it| {
            edit(it, "\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"tool_use\"");
        }),
        ("chat.reply.tools.calls", |it| edit(it, "\"id\":\"call_t\"", "\"id\":\"call_u\"")),
        ("chat.reply.tools.arguments", |it| edit(it, "Paris", "Rome")),
        ("chat.reply.tools.arguments.json", |it| edit(it, "Paris\\\"}", "Paris")),
        ("chat.reply.tools.ids", |it| edit(it, "\"id\":\"call_t\"", "\"id\":\"\"")),
        ("chat.reply.tools.first-piece", |it| edit(it, "\"type\":\"function\"", "\"type\":null")),
        ("chat.reply.tools.finish", |it| {
            edit(it, "\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"stop\"");
        }),
        ("chat.reply.tools.indexes", |it| {
            each_chunk(it, |chunk| {
                if let Some(index) = chunk.pointer_mut("/choices/0/delta/tool_calls/0/index") {
                    *index = json!(1);
                }
            });
        }),
        ("chat.security.upstream-key-hidden", |it| edit(it, "look.", PROVIDER_KEY)),
        ("chat.usage.stream.unasked", |it| {
            edit(
                it,
                "data: [DONE]",
                "data: {\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":{}}\n\ndata: [DONE]",
            );
        }),
    ];
    each_break_is_caught(&calls(), breaks, Evidence::case);
}

/// Text with usage asked for: `chat.usage.asked`.
fn with_usage() -> Evidence {
    let usage = json!({"prompt_tokens": 21, "completion_tokens": 4, "total_tokens": 25});
    let mut events = [
        chunk(&json!({"role": "assistant", "content": ""}), None),
        chunk(&json!({"content": "Not "}), None),
        chunk(&json!({"content": "much."}), None),
        chunk(&json!({}), Some("stop")),
        chunk(&json!({}), None),
    ];
    for event in &mut events {
        event["usage"] = Value::Null;
    }
    events[4]["choices"] = json!([]);
    events[4]["usage"] = usage;
    Evidence::stream("chat.usage.asked", "openai", json!({"stream": true, "model": "the-model"}), &events)
}

#[test]
fn each_break_of_the_end_of_a_stream_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.stream.done-once", |it| edit(it, "data: [DONE]\n\n", "data: [DONE]\n\ndata: [DONE]\n\n")),
        ("chat.stream.done-once", |it| edit(it, "data: [DONE]\n\n", "")),
        ("chat.stream.done-last", |it| {
            edit(it, "data: [DONE]\n\n", "data: [DONE]\n\ndata: {\"choices\":[]}\n\n");
        }),
        ("chat.reply.finish.known", |it| {
            edit(it, "\"finish_reason\":\"tool_calls\"", "\"finish_reason\":null");
        }),
        ("chat.stream.finish-once", |it| {
            edit(it, "\"finish_reason\":null", "\"finish_reason\":\"tool_calls\"");
        }),
        ("chat.stream.nothing-after-finish", |it| {
            edit(it, "\"finish_reason\":null", "\"finish_reason\":\"stop\"");
        }),
        ("chat.reply.ok", |it| it.end = End::Truncated),
    ];
    each_break_is_caught(&calls(), breaks, Evidence::case);
}

/// As OpenAI's clients read it; that it should rather be absent is a SHOULD of its own.
/// What is left of Azure's first chunk without what its filters found is one mistake, and told once.
#[test]
fn a_blank_chunk_is_told_of_once() {
    let mut evidence = calls();
    let blank = r#"{"id":"","object":"","created":0,"model":"","choices":[]}"#;
    evidence.body = format!("data: {blank}\n\n{}", evidence.body);
    let verdict = judge("chat.stream.chunk", &evidence.case());
    let Err(Verdict::Broken(found)) = verdict else { panic!("{verdict:?}") };
    let told: Vec<_> = found.iter().map(|one| (one.pointer.as_str(), one.actual.as_str())).collect();
    assert_eq!(told, [("event 0 /object", "\"\"")]);
    for id in ["id", "created", "model"]
        .map(|member| format!("chat.reply.{member}"))
        .iter()
        .map(String::as_str)
        .chain([
            "chat.stream.order",
            "chat.stream.one-id",
            "chat.stream.role-first",
            "chat.usage.stream.unasked",
        ])
    {
        assert_eq!(judge(id, &evidence.case()), Ok(()), "{id}");
    }
}

#[test]
fn a_member_that_is_null_begins_nothing() {
    let mut evidence = calls();
    edit(&mut evidence, "{\"content\":\"Let me", "{\"role\":null,\"content\":\"Let me");
    edit(&mut evidence, "{\"function\":{\"arguments\":\"{", "{\"id\":null,\"function\":{\"arguments\":\"{");
    let judged = |id: &str| judge(id, &evidence.case());
    assert_eq!(judged("chat.stream.order"), Ok(()));
    assert!(judged("chat.stream.nullables").is_err());
}

#[test]
fn each_break_of_usage_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.usage.present", |it| each_chunk(it, |chunk| chunk["usage"] = Value::Null)),
        ("chat.usage.total", |it| edit(it, ":25", ":26")),
        ("chat.usage.prompt", |it| edit(it, ":21", ":20")),
        ("chat.usage.completion", |it| edit(it, "\"completion_tokens\":4", "\"completion_tokens\":5")),
        ("chat.usage.stream.shape", |it| {
            edit(it, "\"choices\":[]", "\"choices\":[{\"index\":0,\"delta\":{}}]");
        }),
        ("chat.usage.stream.last", |it| edit(it, "data: [DONE]", "data: {\"choices\":[]}\n\ndata: [DONE]")),
        ("chat.usage.stream.null-before", |it| edit(it, ",\"usage\":null", "")),
    ];
    each_break_is_caught(&with_usage(), breaks, Evidence::case);
}

/// What a chunk lacks is told where chunks are judged, be it Azure's, which tells what its filters found later.
#[test]
fn a_chunk_that_lacks_a_member_is_not_out_of_order_too() {
    let mut evidence = calls();
    each_chunk(&mut evidence, |chunk| {
        let choice = &mut chunk["choices"][0];
        if choice["delta"]["role"].is_string() {
            choice.as_object_mut().unwrap().remove("index");
        }
    });
    let found =
        json!({"id": "", "choices": [{"index": 0, "finish_reason": null, "content_filter_results": {}}]});
    edit(&mut evidence, "data: [DONE]", &format!("data: {found}\n\ndata: [DONE]"));
    let judged = |id: &str| judge(id, &evidence.case());
    assert_eq!(judged("chat.stream.order"), Ok(()));
    assert!(matches!(judged("chat.stream.chunk"), Err(Verdict::Broken(_))));
}

/// A chunk that ends without a place for what is said ends all the same.
#[test]
fn an_end_that_lacks_a_text_is_an_end() {
    let chunk = |choice: Value| json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "the-model", "choices": [choice]});
    let events = [
        chunk(json!({"index": 0, "text": "dark.", "logprobs": null, "finish_reason": null})),
        chunk(json!({"index": 0, "finish_reason": "stop"})),
    ];
    let asked = json!({"stream": true, "model": "the-model", "prompt": "A touchstone is"});
    let evidence = Evidence::stream("completions.text.plain", "openai", asked, &events);
    let judged = |id: &str| judge(id, &evidence.case());
    assert_eq!(judged("completions.stream.order"), Ok(()));
    assert!(matches!(judged("completions.stream.chunk"), Err(Verdict::Broken(_))));
}

#[test]
fn what_is_missing_is_told_once() {
    let untestable = |evidence: &Evidence, id: &str| {
        let verdict = judge(id, &evidence.case());
        assert!(matches!(verdict, Err(Verdict::Untestable(_))), "{id}: {verdict:?}");
    };
    let mut free = with_usage();
    each_chunk(&mut free, |chunk| chunk["usage"] = Value::Null);
    for id in ["total", "prompt", "completion", "stream.shape", "stream.last", "stream.null-before"] {
        untestable(&free, &format!("chat.usage.{id}"));
    }
    let mut silent = calls();
    each_chunk(&mut silent, |chunk| {
        if let Some(delta) = chunk["choices"][0]["delta"].as_object_mut() {
            delta.remove("tool_calls");
        }
    });
    assert!(matches!(judge("chat.reply.tools.calls", &silent.case()), Err(Verdict::Broken(_))));
    for id in
        ["arguments", "arguments.json", "indexes", "ids", "first-piece", "parallel-apart", "no-arguments"]
    {
        untestable(&silent, &format!("chat.reply.tools.{id}"));
    }
}

#[test]
fn a_tool_that_was_never_offered_is_missed_only_where_it_was_left_out() {
    let said =
        [chunk(&json!({"role": "assistant", "content": "No."}), None), chunk(&json!({}), Some("stop"))];
    let asked = json!({"stream": true, "model": "the-model", "messages": []});
    let evidence = Evidence::stream("chat.tools.own-call", "openai", asked, &said);
    let verdict = judge("chat.reply.tools.finish", &evidence.case());
    assert!(matches!(verdict, Err(Verdict::Untestable(_))), "{verdict:?}");
}

/// <https://api-docs.deepseek.com/api/create-chat-completion>: no chunk of its own, asked for or not.
#[test]
fn who_counts_with_the_finish_reason_is_handed_on_as_it_is() {
    let with = |provider: &'static str| {
        let mut evidence = with_usage();
        evidence.provider = provider;
        let mut last = chunk(&json!({}), Some("stop"));
        last["usage"] = json!({"prompt_tokens": 21, "completion_tokens": 4, "total_tokens": 25});
        let first = chunk(&json!({"role": "assistant", "content": "Not much."}), None);
        evidence.body = super::evidence::sse(&[first, last]);
        judge("chat.usage.stream.shape", &evidence.case())
    };
    assert_eq!(with("deepseek"), Ok(()));
    assert!(matches!(with("openai"), Err(Verdict::Broken(_))));
}

/// A stream that the provider cut, told by an error event: `chat.faults.cut-stream`.
fn cut() -> Evidence {
    let error = json!({"error": {"message": "the provider hung up", "type": "upstream_error", "param": null, "code": null}});
    let events = [
        chunk(&json!({"role": "assistant", "content": "Once "}), None),
        chunk(&json!({"content": "upon "}), None),
        error,
    ];
    let mut evidence =
        Evidence::stream("chat.faults.cut-stream", "anthropic", json!({"stream": true}), &events);
    evidence.body = evidence.body.replace("data: [DONE]\n\n", "");
    evidence
}

#[test]
fn each_way_to_hide_a_break_is_caught() {
    let hide = |it: &mut Evidence| each_chunk(it, |chunk| drop(chunk["error"].take()));
    let breaks: &[Break<Evidence>] = &[
        ("chat.fault.never-done", |it| {
            each_chunk(it, |chunk| drop(chunk["error"].take()));
            it.body.push_str("data: [DONE]\n\n");
        }),
        ("chat.fault.done-after-error", |it| it.body.push_str("data: [DONE]\n\n")),
        ("chat.fault.no-finish", |it| {
            let finish = chunk(&json!({}), Some("stop"));
            edit(it, "data: {\"error\"", &format!("data: {finish}\n\ndata: {{\"error\""));
        }),
        ("chat.fault.visible", hide),
        ("chat.fault.error-event", hide),
        ("chat.fault.error-object", |it| edit(it, "\"param\":null,", "")),
        ("chat.fault.prefix", |it| edit(it, "upon ", "a time ")),
        ("chat.fault.prompt", |it| it.end = End::TimedOut),
    ];
    each_break_is_caught(&cut(), breaks, Evidence::case);
}

#[test]
fn a_connection_that_breaks_too_is_a_visible_error() {
    let mut evidence = cut();
    each_chunk(&mut evidence, |chunk| drop(chunk["error"].take()));
    evidence.end = End::Reset;
    assert_eq!(judge("chat.fault.visible", &evidence.case()), Ok(()));
}

/// An event that no client can read is the break itself, and what stands behind it is read by nobody.
#[test]
fn a_garbled_event_that_is_passed_on_is_visible() {
    let mut evidence = cut();
    let good = evidence.body.clone();
    evidence.body = format!("{good}data: {{\"id\":\n\ndata: [DONE]\n\n");
    evidence.end = End::Complete;
    for id in ["chat.fault.done-after-error", "chat.fault.no-finish", "chat.fault.prefix"] {
        assert_eq!(judge(id, &evidence.case()), Err(Verdict::NotHere), "{id}");
    }
    assert_eq!(judge("chat.fault.visible", &evidence.case()), Ok(()));
    // What can be read, and says nothing, stops nobody.
    evidence.body = format!("{good}data: {{\"id\":1}}\n\ndata: [DONE]\n\n");
    assert!(matches!(judge("chat.fault.done-after-error", &evidence.case()), Err(Verdict::Broken(_))));
}

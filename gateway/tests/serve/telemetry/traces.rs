//! Spans: those of calls, and of their tries below them.

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};

use super::collector::{Collector, Named, named};
use super::{PARENT, TRACE, USAGE, hex, one, setup};
use crate::serve::client::Client;
use crate::serve::port::Port;
use crate::serve::upstream::{DONE, Upstream, event};
use crate::serve::{ANSWER, ASK, ASK_STREAM, KEY, Setup, chat, json_reply, metrics, plugin};

fn traces(collector: &Collector) -> Value {
    json!({"traces_endpoint": format!("http://{}/v1/traces", collector.addr), "queue": {"max_coalescing_delay": 0}})
}

fn traceparent(head: &str) -> Vec<&str> {
    let mut lines = head.lines().filter_map(|line| line.strip_prefix("traceparent: "));
    let parent = lines.next().expect("a traceparent").split('-').collect();
    assert_eq!(lines.next(), None, "one of them");
    parent
}

fn attribute(span: &Span, name: &str) -> Option<String> {
    named(&span.attributes).get(name).cloned()
}

/// What is told of one call of [`ANSWER`] that asks for 64 tokens at 0.5.
const TOLD: [(&str, &str); 17] = [
    ("gen_ai.operation.name", "chat"),
    ("gen_ai.output.type", "text"),
    ("gen_ai.provider.name", "openai"),
    ("gen_ai.request.max_tokens", "64"),
    ("gen_ai.request.model", "m"),
    ("gen_ai.request.temperature", "0.5"),
    ("gen_ai.response.finish_reasons", "[stop]"),
    ("gen_ai.response.id", "chatcmpl-1"),
    ("gen_ai.response.model", "m"),
    ("gen_ai.usage.input_tokens", "1"),
    ("gen_ai.usage.output_tokens", "2"),
    ("http.response.status_code", "200"),
    ("kong.gen_ai.llm.cost", "3.3e-5"),
    ("kong.gen_ai.request.mode", "oneshot"),
    ("kong.request.id", "call-1"),
    ("kong.route.name", "chat"),
    ("kong.service.name", "ai"),
];

#[tokio::test]
async fn a_call_is_a_span_of_the_clients_trace_with_its_tries_below_it() {
    let (upstream, mut collector) = (Upstream::listen().await, Collector::new().await);
    let mut telemetry = traces(&collector);
    telemetry["headers"] = json!({"x-key": "of-the-collector"});
    telemetry["resource_attributes"] = json!({"deployment.environment": "test"});
    telemetry["http_response_header_for_traceid"] = json!("x-trace");
    let gateway = setup(&upstream, telemetry).start();
    let fields =
        format!("traceparent: 00-{TRACE}-{PARENT}-01\r\ntracestate: a=b\r\nx-request-id: call-1\r\n");
    let ask =
        r#"{"model":"m","max_tokens":64,"temperature":0.5,"messages":[{"role":"user","content":"Hello"}]}"#;
    let (reply, head) = one(&upstream, &gateway, &fields, ask).await;
    assert_eq!((reply.status, reply.field("x-trace")), (200, Some(TRACE)));

    let spans = collector.spans(2).await;
    assert_eq!(spans.len(), 2);
    let (resource, call) = &spans[0];
    let expected = [
        ("deployment.environment", "test"),
        ("service.name", "touchstone"),
        ("service.version", env!("CARGO_PKG_VERSION")),
    ];
    for (name, value) in expected {
        assert_eq!(resource[name], value, "{name}");
    }
    assert_eq!(resource["service.instance.id"].len(), 32);
    assert_eq!((hex(&call.trace_id).as_str(), hex(&call.parent_span_id).as_str()), (TRACE, PARENT));
    assert_eq!((call.name.as_str(), call.kind()), ("kong.gen_ai", SpanKind::Server));
    assert_eq!((call.trace_state.as_str(), call.flags), ("a=b", 0x301));
    let expected: Named = TOLD.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(named(&call.attributes), expected, "and no message, as the file asks for none");
    assert_eq!(call.status, None);

    let attempt = &spans[1].1;
    assert_eq!((attempt.name.as_str(), attempt.kind()), ("chat m", SpanKind::Client));
    assert_eq!((&attempt.trace_id, &attempt.parent_span_id), (&call.trace_id, &call.span_id));
    assert_eq!(attribute(attempt, "server.address").as_deref(), Some("127.0.0.1"));
    assert_eq!(attribute(attempt, "server.port"), Some(upstream.addr.port().to_string()));
    assert_eq!(attribute(attempt, "http.response.status_code").as_deref(), Some("200"));
    assert!(call.start_time_unix_nano <= attempt.start_time_unix_nano);
    assert!(attempt.start_time_unix_nano <= attempt.end_time_unix_nano);
    assert_eq!(attempt.end_time_unix_nano, call.end_time_unix_nano);
    assert_eq!(traceparent(&head), ["00", TRACE, hex(&attempt.span_id).as_str(), "01"]);
    assert!(head.contains("tracestate: a=b\r\n"), "{head}");
    for (_, span) in &spans {
        assert!(!format!("{span:?}").contains(KEY));
    }
}

#[tokio::test]
async fn a_try_that_failed_is_told_as_one_that_did() {
    let gone = Port::new();
    let (busy, last, mut collector) =
        (Upstream::listen().await, Upstream::listen().await, Collector::new().await);
    let targets = [("mistral", gone.addr()), ("deepseek", busy.addr), ("xai", last.addr)]
        .map(|(provider, addr)| plugin(provider, &format!("http://{addr}")));
    let balancer = json!({"retries": 2, "failover_criteria": ["error", "http_429"]});
    let gateway = Setup::among(&targets, &balancer).beside("opentelemetry", traces(&collector)).start();
    let answers = async {
        let mut call = busy.call().await;
        call.write(json_reply("429 Slow Down", "{}")).await;
        let first = call.head.clone();
        let mut call = last.call().await;
        call.write(json_reply("200 OK", ANSWER)).await;
        (first, call.head.clone())
    };
    let (reply, (first, second)) = tokio::join!(chat(&gateway, ASK), answers);
    assert_eq!(reply.status, 200);
    let spans: Vec<Span> = collector.spans(4).await.into_iter().map(|(_, span)| span).collect();
    let told = |span: &Span| {
        let of = |name| attribute(span, name).unwrap_or_default();
        (of("gen_ai.provider.name"), of("http.response.status_code"), of("error.type"))
    };
    let triple = |provider: &str, status: &str, error: &str| {
        (provider.to_owned(), status.to_owned(), error.to_owned())
    };
    assert_eq!(told(&spans[0]), triple("x_ai", "200", ""));
    assert_eq!(told(&spans[1]), triple("mistral_ai", "", "error"));
    assert_eq!(told(&spans[2]), triple("deepseek", "429", "http_429"));
    assert_eq!(told(&spans[3]), triple("x_ai", "200", ""));
    let failed = |span: &Span| span.status.as_ref().map(|status| (status.code, status.message.clone()));
    assert_eq!(
        spans.iter().map(failed).collect::<Vec<_>>(),
        [None, Some((2, "error".to_owned())), Some((2, "http_429".to_owned())), None]
    );
    for span in &spans[1..] {
        assert_eq!((&span.parent_span_id, &span.trace_id), (&spans[0].span_id, &spans[0].trace_id));
    }
    for (before, after) in spans[1..].iter().zip(&spans[2..]) {
        assert!(before.end_time_unix_nano <= after.start_time_unix_nano + 1_000);
    }
    assert_eq!(spans[0].parent_span_id, Vec::<u8>::new());
    assert_eq!(traceparent(&first)[2], hex(&spans[2].span_id));
    assert_eq!(traceparent(&second)[2], hex(&spans[3].span_id));
}

#[tokio::test]
async fn streams_tools_and_messages_are_told() {
    let (upstream, mut collector) = (Upstream::listen().await, Collector::new().await);
    let gateway = setup(&upstream, traces(&collector))
        .set("/logging", json!({"log_statistics": true, "log_payloads": true}))
        .start();
    let tool = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\n";
    let end = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n";
    let answer = async {
        let mut call = upstream.call().await;
        call.begin_stream().await;
        for part in [event("Hi").as_str(), tool, end, USAGE, DONE] {
            call.chunk(part).await;
        }
        call.end_stream().await;
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK_STREAM), answer);
    assert!(reply.text().ends_with(DONE));
    let told = named(&collector.spans(2).await[0].1.attributes);
    for (name, value) in [
        ("gen_ai.response.finish_reasons", "[tool_calls]"),
        ("gen_ai.response.id", "chatcmpl-1"),
        ("gen_ai.tool.name", "weather"),
        ("gen_ai.tool.call.id", "call_1"),
        ("gen_ai.tool.type", "function"),
        ("gen_ai.usage.input_tokens", "10"),
        ("gen_ai.usage.output_tokens", "4"),
        ("kong.gen_ai.request.mode", "stream"),
        ("gen_ai.input.messages", r#"[{"role":"user","content":"Hello"}]"#),
    ] {
        assert_eq!(told.get(name).map(String::as_str), Some(value), "{name}");
    }
    // What was said in a stream is told as one reply.
    let output: Value = serde_json::from_str(&told["gen_ai.output.messages"]).unwrap();
    let call =
        json!({"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}});
    let message = json!({"role": "assistant", "content": "Hi", "tool_calls": [call]});
    assert_eq!(output["choices"], json!([{"index": 0, "message": message, "finish_reason": "tool_calls"}]));
}

#[tokio::test]
async fn errors_are_told_and_the_clients_own_are_no_failing_of_the_gateway() {
    let (upstream, mut collector) = (Upstream::listen().await, Collector::new().await);
    let gateway = setup(&upstream, traces(&collector)).start();
    let told = async |collector: &mut Collector, spans| {
        let call = collector.spans(spans).await.swap_remove(0).1;
        (attribute(&call, "error.type"), call.status.map(|status| status.code))
    };
    assert_eq!(chat(&gateway, "{").await.status, 400);
    assert_eq!(told(&mut collector, 1).await, (Some("request_refused".to_owned()), None));
    let slow = json_reply("503 No", "{}");
    let answer = async { upstream.call().await.write(&slow).await };
    assert_eq!(tokio::join!(chat(&gateway, ASK), answer).0.status, 503);
    assert_eq!(told(&mut collector, 2).await, (Some("upstream_error".to_owned()), Some(2)));
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    call.chunk(event("Hi")).await;
    client.seen().await;
    drop(client);
    call.gone().await;
    assert_eq!(told(&mut collector, 2).await, (Some("client_gone".to_owned()), Some(2)));
}

#[tokio::test]
async fn who_is_not_to_be_traced_is_not_and_upstreams_are_told_so() {
    let (upstream, mut collector) = (Upstream::listen().await, Collector::new().await);
    let unsampled = format!("traceparent: 00-{TRACE}-{PARENT}-00\r\n");
    let sampled = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n");
    for (change, fields, flags, id) in [
        (json!({}), &unsampled, "00", Some(TRACE)),
        (json!({"sampling_rate": 0}), &sampled, "00", Some(TRACE)),
        (
            json!({"sampling_rate": 0, "sampling_strategy": "parent_probability_fallback"}),
            &sampled,
            "01",
            Some(TRACE),
        ),
        (json!({"propagation": {"inject": ["w3c"]}}), &sampled, "01", None),
    ] {
        let mut telemetry = traces(&collector);
        telemetry.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let gateway = setup(&upstream, telemetry).start();
        let (reply, head) = one(&upstream, &gateway, fields, ASK).await;
        assert_eq!(reply.status, 200);
        let parent = traceparent(&head);
        assert_eq!((parent[3], parent[1] == TRACE), (flags, id.is_some()), "{change}");
        if flags == "01" {
            assert_eq!(collector.spans(2).await.len(), 2);
        }
        gateway.shutdown().await;
    }
    let mut telemetry = traces(&collector);
    telemetry["propagation"] = json!({"extract": ["w3c"]});
    let gateway = setup(&upstream, telemetry).start();
    let (_, head) = one(&upstream, &gateway, &sampled, ASK).await;
    assert_eq!(traceparent(&head)[2], PARENT, "what the client says goes on as it is");
    assert_eq!(hex(&collector.spans(2).await[0].1.parent_span_id), PARENT);
}

#[tokio::test]
async fn spans_wait_for_a_collector_that_does_not_take_them_yet_and_hold_up_no_call() {
    let (upstream, mut collector) = (Upstream::listen().await, Collector::answering(&[503, 429, 200]).await);
    let gateway = setup(&upstream, traces(&collector)).start();
    assert_eq!(one(&upstream, &gateway, "", ASK).await.0.status, 200);
    let first = collector.next().await;
    let (second, third) = (collector.next().await, collector.next().await);
    assert_eq!([&second.1, &third.1], [&first.1, &first.1], "the same spans, until they are taken");

    // Nobody listens at all, and there is room for one span.
    let gone = Port::new();
    let telemetry = json!({"traces_endpoint": format!("http://{}/v1/traces", gone.addr()),
        "queue": {"max_batch_size": 1, "max_entries": 1, "max_coalescing_delay": 0, "max_retry_time": 600, "initial_retry_delay": 600}});
    let gateway = setup(&upstream, telemetry).watched().start();
    let before = metrics::read::look(&gateway, "/status.json", "").await.json();
    for _ in 0..5 {
        assert_eq!(one(&upstream, &gateway, "", ASK).await.0.status, 200);
    }
    let lost = |told: &Value| told["telemetry"]["dropped"].as_u64().unwrap();
    let mut clock = tokio::time::interval(std::time::Duration::from_millis(5));
    loop {
        clock.tick().await;
        let told = metrics::read::look(&gateway, "/status.json", "").await.json();
        // Ten spans: one is on its way, and one waits.
        if lost(&told) >= lost(&before) + 8 {
            break;
        }
    }
}

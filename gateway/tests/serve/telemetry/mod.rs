//! Traces and metrics, as a collector gets them.

mod collector;

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Histogram, Metric, Sum};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};

use super::client::Client;
use super::upstream::{DONE, Upstream, event};
use super::{ANSWER, ASK, ASK_STREAM, Setup, chat, json_reply, plugin};
use collector::{Collector, Named, named};

/// That of the recommendation's own examples.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const USAGE: &str = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,\"total_tokens\":14}}\n\n";

fn traces(collector: &Collector) -> Value {
    json!({"traces_endpoint": format!("http://{}/v1/traces", collector.addr), "queue": {"max_coalescing_delay": 0}})
}

fn setup(upstream: &Upstream, telemetry: Value) -> Setup {
    Setup::new("openai", upstream.addr)
        .set("/logging", json!({"log_statistics": true}))
        .set("/model/options/input_cost", 3)
        .set("/model/options/output_cost", 15)
        .beside("opentelemetry", telemetry)
}

/// One whole call, and what its upstream got.
async fn one(
    upstream: &Upstream,
    gateway: &gateway::Gateway,
    fields: &str,
    ask: &str,
) -> (super::client::Reply, String) {
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", fields, ask).await;
    let mut call = upstream.call().await;
    call.write(json_reply("200 OK", ANSWER)).await;
    let head = call.head.clone();
    (client.reply().await, head)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
        assert!(!format!("{span:?}").contains(super::KEY));
    }
}

#[tokio::test]
async fn a_try_that_failed_is_told_as_one_that_did() {
    let gone = Upstream::listen().await.addr;
    let (busy, last, mut collector) =
        (Upstream::listen().await, Upstream::listen().await, Collector::new().await);
    let targets = [("mistral", gone), ("deepseek", busy.addr), ("xai", last.addr)]
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
    client.head().await;
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
    let gone = Upstream::listen().await.addr;
    let telemetry = json!({"traces_endpoint": format!("http://{gone}/v1/traces"),
        "queue": {"max_batch_size": 1, "max_entries": 1, "max_coalescing_delay": 0, "max_retry_time": 600, "initial_retry_delay": 600}});
    let gateway = setup(&upstream, telemetry).watched().start();
    let before = super::metrics::read::look(&gateway, "/status.json", "").await.json();
    for _ in 0..5 {
        assert_eq!(one(&upstream, &gateway, "", ASK).await.0.status, 200);
    }
    let lost = |told: &Value| told["telemetry"]["dropped"].as_u64().unwrap();
    let mut clock = tokio::time::interval(std::time::Duration::from_millis(5));
    loop {
        clock.tick().await;
        let told = super::metrics::read::look(&gateway, "/status.json", "").await.json();
        // Ten spans: one is on its way, and one waits.
        if lost(&told) >= lost(&before) + 8 {
            break;
        }
    }
}

fn points(metric: &Metric) -> Vec<(Named, Number)> {
    let Some(Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })) = &metric.data else {
        panic!("{metric:?} is no sum")
    };
    assert_eq!(*aggregation_temporality, AggregationTemporality::Cumulative as i32);
    assert!(is_monotonic);
    let point = data_points.iter().map(|point| {
        assert!(point.start_time_unix_nano < point.time_unix_nano);
        (named(&point.attributes), point.value.unwrap())
    });
    point.collect()
}

fn measured(metric: &Metric) -> Vec<(Named, u64, Vec<f64>)> {
    let Some(Data::Histogram(Histogram { data_points, aggregation_temporality })) = &metric.data else {
        panic!("{metric:?} is no histogram")
    };
    assert_eq!(*aggregation_temporality, AggregationTemporality::Cumulative as i32);
    let point = data_points.iter().map(|point| {
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
        assert!(point.sum.unwrap() >= 0.0);
        (named(&point.attributes), point.count, point.explicit_bounds.clone())
    });
    point.collect()
}

/// Two whole calls, a stream, and one that its provider refuses.
async fn traffic(upstream: &Upstream, gateway: &gateway::Gateway) {
    for _ in 0..2 {
        let (reply, head) = one(upstream, gateway, "", ASK).await;
        assert_eq!((reply.status, head.contains("traceparent")), (200, false), "no traces are asked for");
    }
    let answer = async {
        let mut call = upstream.call().await;
        call.begin_stream().await;
        call.chunk(event("Hi")).await;
        call.chunk(format!("{}{USAGE}{DONE}", event(" there"))).await;
        call.end_stream().await;
    };
    let (reply, ()) = tokio::join!(chat(gateway, ASK_STREAM), answer);
    assert!(reply.text().ends_with(DONE));
    let slow = json_reply("429 Slow Down", "{}");
    let answer = async { upstream.call().await.write(&slow).await };
    assert_eq!(tokio::join!(chat(gateway, ASK), answer).0.status, 429);
}

fn labels(mode: &str, more: &[(&str, &str)]) -> Named {
    let own = [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "m"),
        ("gen_ai.response.model", "m"),
        ("kong.gen_ai.request.mode", mode),
        ("kong.workspace.name", "default"),
    ];
    own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Tokens and money of those calls.
fn sums(metrics: &BTreeMap<String, Metric>) {
    let token = |mode, kind| labels(mode, &[("gen_ai.token.type", kind)]);
    let mut usage = points(&metrics["gen_ai.client.token.usage"]);
    usage.sort_by(|a, b| a.0.cmp(&b.0));
    let mut expected = [("oneshot", [2, 4, 6]), ("stream", [10, 4, 14])]
        .map(|(mode, counts)| {
            let kinds = ["input", "output", "total"].into_iter().zip(counts);
            kinds.map(|(kind, count)| (token(mode, kind), Number::AsInt(count))).collect::<Vec<_>>()
        })
        .concat();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(usage, expected);
    let costs: Vec<_> = points(&metrics["kong.gen_ai.llm.cost"])
        .into_iter()
        .map(|(_, cost)| match cost {
            Number::AsDouble(cost) => (cost * 1e9).round(),
            Number::AsInt(_) => panic!("money is no whole number"),
        })
        .collect();
    assert_eq!(costs, [66_000.0, 90_000.0]);
}

#[tokio::test]
async fn metrics_are_the_conventions_and_add_up() {
    let (upstream, mut collector) = (Upstream::listen().await, Collector::new().await);
    let telemetry = json!({"metrics": {"endpoint": format!("http://{}/v1/metrics", collector.addr), "enable_ai_metrics": true,
        "enable_latency_metrics": true, "enable_request_metrics": true, "push_interval": 3600}});
    let gateway = setup(&upstream, telemetry).start();
    traffic(&upstream, &gateway).await;
    // What is counted until then goes out with the end.
    let (metrics, ()) = tokio::join!(collector.metrics(), gateway.shutdown());

    let names: Vec<_> = metrics.values().map(|metric| (metric.name.as_str(), metric.unit.as_str())).collect();
    assert_eq!(
        names,
        [
            ("gen_ai.client.operation.duration", "s"),
            ("gen_ai.client.token.usage", "{token}"),
            ("gen_ai.server.request.duration", "s"),
            ("gen_ai.server.time_per_output_token", "s"),
            ("gen_ai.server.time_to_first_token", "s"),
            ("kong.gen_ai.llm.cost", "{cost}"),
        ]
    );
    let mut failed = labels("oneshot", &[("error.type", "upstream_error")]);
    // Nobody answered that could say who he is.
    failed.remove("gen_ai.response.model");
    for name in ["gen_ai.client.operation.duration", "gen_ai.server.request.duration"] {
        let bounds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
        let mut found = measured(&metrics[name]);
        found.sort_by_key(|(labels, ..)| labels.contains_key("error.type"));
        let all = |labels: Named, count| (labels, count, bounds.to_vec());
        assert_eq!(
            found,
            [all(labels("oneshot", &[]), 2), all(labels("stream", &[]), 1), all(failed.clone(), 1)]
        );
    }
    let first = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
    let first = (labels("stream", &[]), 1, first.to_vec());
    assert_eq!(measured(&metrics["gen_ai.server.time_to_first_token"]), [first]);
    let each = &measured(&metrics["gen_ai.server.time_per_output_token"])[0];
    assert_eq!(each.2, [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5]);
    sums(&metrics);
}

#[tokio::test]
async fn metrics_go_out_again_and_again_and_lose_nothing_to_a_collector_that_was_away() {
    let (upstream, mut collector) = (Upstream::listen().await, Collector::answering(&[503, 200]).await);
    let telemetry = json!({"metrics": {"endpoint": format!("http://{}/v1/metrics", collector.addr), "enable_ai_metrics": true,
        "push_interval": 0.05}});
    let gateway = setup(&upstream, telemetry).start();
    let mut last = 0;
    for calls in 1..=3 {
        assert_eq!(one(&upstream, &gateway, "", ASK).await.0.status, 200);
        while last < calls {
            let metrics = collector.metrics().await;
            assert!(
                !metrics.contains_key("gen_ai.server.request.duration"),
                "the file asks for no latencies"
            );
            let found = measured(&metrics["gen_ai.client.operation.duration"]);
            assert!(found[0].1 >= last, "sums never shrink");
            last = found[0].1;
        }
    }
    assert_eq!(last, 3);
}

#[tokio::test]
async fn the_environment_switches_telemetry_on_where_the_file_says_nothing() {
    let (upstream, mut collector) = (Upstream::listen().await, Collector::new().await);
    let setup = Setup::new("openai", upstream.addr)
        .set("/logging", json!({"log_statistics": true}))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}/", collector.addr))
        .env("OTEL_METRICS_EXPORTER", "none")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b, x-other=c+d")
        .env("OTEL_RESOURCE_ATTRIBUTES", "service.name=no,team=ai")
        .env("OTEL_SERVICE_NAME", "edge")
        .env("OTEL_BSP_SCHEDULE_DELAY", "0")
        .env("OTEL_TRACES_SAMPLER", "parentbased_always_off");
    let gateway = setup.start();
    assert_eq!(one(&upstream, &gateway, "", ASK).await.0.status, 200);
    let sampled = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n");
    assert_eq!(one(&upstream, &gateway, &sampled, ASK).await.0.status, 200);
    let (head, body) = collector.next().await;
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("x-key: a b\r\n") && head.contains("x-other: c+d\r\n"), "{head}");
    let request: opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest =
        prost::Message::decode(&*body).unwrap();
    let of_resource = &request.resource_spans[0];
    let resource = named(&of_resource.resource.as_ref().unwrap().attributes);
    assert_eq!((resource["service.name"].as_str(), resource["team"].as_str()), ("edge", "ai"));
    assert_eq!(hex(&of_resource.scope_spans[0].spans[0].trace_id), TRACE, "the other one was not sampled");
}

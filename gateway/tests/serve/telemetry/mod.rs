//! Traces and metrics, as a collector gets them.

mod collector;
mod metrics;
mod traces;

use serde_json::{Value, json};

use super::client::{Client, Reply};
use super::upstream::Upstream;
use super::{ANSWER, ASK, Setup, json_reply};
use collector::{Collector, named};

/// That of the recommendation's own examples.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
/// The last event of a stream, which says what it took.
const USAGE: &str = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,\"total_tokens\":14}}\n\n";

fn setup(upstream: &Upstream, telemetry: Value) -> Setup {
    Setup::new("openai", upstream.addr)
        .set("/logging", json!({"log_statistics": true}))
        .set("/model/options/input_cost", 3)
        .set("/model/options/output_cost", 15)
        .beside("opentelemetry", telemetry)
}

/// One whole call, and what its upstream got.
async fn one(upstream: &Upstream, gateway: &gateway::Gateway, fields: &str, ask: &str) -> (Reply, String) {
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

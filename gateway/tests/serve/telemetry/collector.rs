//! A collector: takes what is sent over OTLP/HTTP, and reads it with OpenTelemetry's own types.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use crate::serve::upstream::{Call, Upstream};

pub(super) struct Collector {
    pub(super) addr: SocketAddr,
    calls: UnboundedReceiver<(String, Vec<u8>)>,
    task: JoinHandle<()>,
}

/// Attributes as text, by name; what is no text is as Rust shows it.
pub(super) type Named = BTreeMap<String, String>;

impl Collector {
    /// One that answers with each of these, and with the last one from then on.
    pub(super) async fn answering(statuses: &'static [u16]) -> Self {
        let upstream = Upstream::listen().await;
        let addr = upstream.addr;
        let (heard, calls) = unbounded_channel();
        let task = tokio::spawn(async move {
            let mut statuses = statuses.iter().copied().peekable();
            loop {
                let mut call: Option<Call> = Some(upstream.call().await);
                while let Some(mut one) = call {
                    let status = statuses.next_if(|_| true).unwrap_or(*statuses.peek().unwrap_or(&200));
                    let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
                    heard.send((one.head.clone(), one.body.clone())).unwrap();
                    one.write(reply).await;
                    call = one.next().await;
                }
            }
        });
        Self { addr, calls, task }
    }

    pub(super) async fn new() -> Self {
        Self::answering(&[200]).await
    }

    /// The next request: its head and its body.
    pub(super) async fn next(&mut self) -> (String, Vec<u8>) {
        let next = tokio::time::timeout(Duration::from_secs(60), self.calls.recv());
        next.await.expect("something is sent").expect("the collector runs")
    }

    /// The next spans, at least so many, each with its resource.
    pub(super) async fn spans(&mut self, least: usize) -> Vec<(Named, Span)> {
        let mut spans = Vec::new();
        while spans.len() < least {
            let (head, body) = self.next().await;
            assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
            assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
            for of_resource in ExportTraceServiceRequest::decode(&*body).unwrap().resource_spans {
                let resource = named(&of_resource.resource.unwrap().attributes);
                for of_scope in of_resource.scope_spans {
                    assert_eq!(of_scope.scope.unwrap().name, "touchstone");
                    spans.extend(of_scope.spans.into_iter().map(|span| (resource.clone(), span)));
                }
            }
        }
        spans
    }

    /// The next metrics, by name.
    pub(super) async fn metrics(&mut self) -> BTreeMap<String, Metric> {
        let (head, body) = self.next().await;
        assert!(head.starts_with("POST /v1/metrics HTTP/1.1\r\n"), "{head}");
        let request = ExportMetricsServiceRequest::decode(&*body).unwrap();
        let scopes = request.resource_metrics.into_iter().flat_map(|of_resource| of_resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| scope.metrics);
        metrics.map(|metric| (metric.name.clone(), metric)).collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) fn named(attributes: &[KeyValue]) -> Named {
    let pairs = attributes.iter().map(|pair| (pair.key.clone(), shown(pair.value.as_ref())));
    let named: Named = pairs.collect();
    assert_eq!(named.len(), attributes.len(), "each once: {attributes:?}");
    named
}

fn shown(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(count)) => count.to_string(),
        Some(Value::DoubleValue(number)) => format!("{number:?}"),
        Some(Value::ArrayValue(list)) => {
            let texts: Vec<_> = list.values.iter().map(|value| shown(Some(value))).collect();
            format!("[{}]", texts.join(","))
        }
        other => format!("{other:?}"),
    }
}

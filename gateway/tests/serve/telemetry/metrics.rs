//! Metrics: what calls took and cost, summed.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Histogram, Metric, Sum};
use serde_json::json;

use super::collector::{Collector, Named, named};
use super::{USAGE, one, setup};
use crate::serve::upstream::{DONE, Upstream, event};
use crate::serve::{ASK, ASK_STREAM, chat, json_reply};

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

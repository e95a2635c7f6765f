//! What Prometheus is told after calls that the test has made: each number is known beforehand.

pub(super) mod read;

use serde_json::json;

use super::client::Client;
use super::port::Port;
use super::upstream::{DONE, Upstream, event};
use super::{ANSWER, ASK, ASK_STREAM, Setup, chat, json_reply, plugin};
use read::{Samples, after, look, read, read_by_python};

/// A chunk with what a stream of OpenAI's took, and its end.
const USAGE: &str = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,\"total_tokens\":14}}\n\n";

fn everything() -> serde_json::Value {
    json!({"ai_metrics": true, "status_code_metrics": true, "latency_metrics": true, "bandwidth_metrics": true,
        "upstream_health_metrics": true})
}

/// A gateway that tells everything of one priced target.
fn telling(upstream: &Upstream) -> Setup {
    Setup::new("openai", upstream.addr)
        .set("/logging", json!({"log_statistics": true}))
        .set("/model/options/input_cost", 3)
        .set("/model/options/output_cost", 15)
        .beside("prometheus", everything())
        .watched()
}

fn stream() -> String {
    format!("{}{}{USAGE}{DONE}", event("Hi"), event(" there"))
}

/// The samples of families whose numbers do not depend on time, nor on what other gateways of this process lose.
fn counts(samples: &Samples) -> Vec<(&str, f64)> {
    let timeless = |name: &&String| {
        !["_bucket{", "_sum{", "_count{", "timestamp", "start_time", "connections", "records_dropped"]
            .iter()
            .any(|part| name.contains(part))
    };
    samples.keys().filter(timeless).map(|name| (name.as_str(), samples[name])).collect()
}

#[tokio::test]
async fn calls_are_counted_by_what_became_of_them() {
    let upstream = Upstream::listen().await;
    let gateway = telling(&upstream).start();
    let asked = traffic(&upstream, &gateway).await;
    let text = after(&gateway, 7).await;
    let samples = read(&text);
    let found = counts(&samples);
    let expected = EXPECTED.replace("$MODEL", MODEL).replace("$TARGET", TARGET);
    let expected = expected.replace("$VERSION", env!("CARGO_PKG_VERSION"));
    let expected: Vec<_> = expected.trim().lines().map(|line| line.rsplit_once(' ').unwrap()).collect();
    let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for ((name, found), (_, expected)) in found.iter().zip(&expected) {
        let expected = match *expected {
            "ASKED" => asked,
            "GIVEN" => {
                // Both replies and the stream, and the words of errors.
                assert!(*found > 2.0 * length(ANSWER) + length(&stream()), "{found}");
                *found
            }
            number => number.parse().unwrap(),
        };
        assert!((found - expected).abs() < 1e-12, "{name} is {found}, not {expected}");
    }
    histograms(&samples);
}

const MODEL: &str = r#"ai_model="m",ai_provider="openai",cache_status="",consumer="",embeddings_model="",embeddings_provider="""#;
const TARGET: &str = r#"ai_model="m",ai_provider="openai",route="chat",service="ai""#;

/// Two whole replies of 1 + 2 tokens, a stream of 10 + 4, a refusal of the provider's, one of ours, a path without a route, and a
/// client that leaves a stream, which its provider had begun all the same: 7 and the 1 that it got are counted here. A million tokens
/// cost 3 and 15.
const EXPECTED: &str = r#"
kong_ai_llm_cost_total{$MODEL,request_mode="oneshot",vector_db="",workspace="default"} 0.000066
kong_ai_llm_cost_total{$MODEL,request_mode="stream",vector_db="",workspace="default"} 0.000126
kong_ai_llm_requests_total{$MODEL,request_mode="oneshot",vector_db="",workspace="default"} 2
kong_ai_llm_requests_total{$MODEL,request_mode="stream",vector_db="",workspace="default"} 2
kong_ai_llm_tokens_total{$MODEL,token_type="completion_tokens",vector_db="",workspace="default"} 9
kong_ai_llm_tokens_total{$MODEL,token_type="prompt_tokens",vector_db="",workspace="default"} 19
kong_ai_llm_tokens_total{$MODEL,token_type="total_tokens",vector_db="",workspace="default"} 28
kong_bandwidth_bytes{consumer="",direction="egress",route="chat",service="ai",workspace="default"} GIVEN
kong_bandwidth_bytes{consumer="",direction="ingress",route="chat",service="ai",workspace="default"} ASKED
kong_http_requests_total{code="200",consumer="",route="chat",service="ai",source="service",workspace="default"} 4
kong_http_requests_total{code="400",consumer="",route="chat",service="ai",source="kong",workspace="default"} 1
kong_http_requests_total{code="429",consumer="",route="chat",service="ai",source="service",workspace="default"} 1
kong_upstream_target_health{address="",state="healthy",subsystem="http",target="0",upstream="chat"} 1
kong_upstream_target_health{address="",state="unhealthy",subsystem="http",target="0",upstream="chat"} 0
touchstone_background_responses 0
touchstone_build_info{version="$VERSION"} 1
touchstone_calls_in_flight 0
touchstone_calls_total{outcome="client_gone",route="chat",service="ai"} 1
touchstone_calls_total{outcome="done",route="chat",service="ai"} 3
touchstone_calls_total{outcome="request_refused",route="chat",service="ai"} 1
touchstone_calls_total{outcome="route_not_found",route="",service=""} 1
touchstone_calls_total{outcome="upstream_error",route="chat",service="ai"} 1
touchstone_kept_bytes 0
touchstone_kept_responses 0
touchstone_spans_dropped_total 0
touchstone_target_calls_in_flight{$TARGET,target="0"} 0
touchstone_target_state{$TARGET,state="healthy",target="0"} 1
touchstone_target_state{$TARGET,state="probing",target="0"} 0
touchstone_target_state{$TARGET,state="set_aside",target="0"} 0
touchstone_target_state{$TARGET,state="unhealthy",target="0"} 0
"#;

fn length(text: &str) -> f64 {
    f64::from(u32::try_from(text.len()).unwrap())
}

/// Seven calls, and how long what they asked was.
async fn traffic(upstream: &Upstream, gateway: &gateway::Gateway) -> f64 {
    let whole = json_reply("200 OK", ANSWER);
    for _ in 0..2 {
        let answer = async { upstream.call().await.write(&whole).await };
        assert_eq!(tokio::join!(chat(gateway, ASK), answer).0.status, 200);
    }
    let answer = async {
        let mut call = upstream.call().await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        call.write(format!("{head}{}", stream())).await;
        call.close().await;
    };
    let (reply, ()) = tokio::join!(chat(gateway, ASK_STREAM), answer);
    assert!(reply.text().ends_with(DONE));
    let slow = json_reply("429 Slow Down", "{}");
    let answer = async { upstream.call().await.write(&slow).await };
    assert_eq!(tokio::join!(chat(gateway, ASK), answer).0.status, 429);
    assert_eq!(chat(gateway, "{").await.status, 400);
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/elsewhere", "", ASK).await;
    assert_eq!(client.reply().await.status, 404);

    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let mut call = upstream.call().await;
    // In one piece, so that what comes first is not only the head.
    let begun = event("Hi");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    call.write(format!("{head}{:x}\r\n{begun}\r\n", begun.len())).await;
    client.seen().await;
    drop(client);
    call.gone().await;
    3.0 * length(ASK) + 2.0 * length(ASK_STREAM) + 1.0
}

/// How many durations each histogram has of the calls above.
fn histograms(samples: &Samples) {
    let model = r#"ai_model="m",ai_provider="openai",cache_status="",consumer="",embeddings_model="",embeddings_provider="",le="+Inf""#;
    let route = r#"le="+Inf",route="chat",service="ai""#;
    for (name, count) in [
        (format!(r#"kong_request_latency_ms_bucket{{{route},workspace="default"}}"#), 6.0),
        (format!(r#"kong_kong_latency_ms_bucket{{{route},workspace="default"}}"#), 6.0),
        // Neither of the one that was refused here nor of the one whose client left.
        (format!(r#"kong_upstream_latency_ms_bucket{{{route},workspace="default"}}"#), 4.0),
        (format!(r#"touchstone_added_latency_seconds_bucket{{{route}}}"#), 6.0),
        (
            format!(
                r#"kong_ai_llm_provider_latency_ms_bucket{{{model},request_mode="oneshot",vector_db="",workspace="default"}}"#
            ),
            3.0,
        ),
        (
            format!(
                r#"kong_ai_llm_provider_latency_ms_bucket{{{model},request_mode="stream",vector_db="",workspace="default"}}"#
            ),
            1.0,
        ),
        (
            r#"touchstone_time_to_first_token_seconds_bucket{ai_model="m",ai_provider="openai",le="+Inf",route="chat",service="ai"}"#.to_owned(),
            2.0,
        ),
        (
            r#"touchstone_time_per_output_token_seconds_bucket{ai_model="m",ai_provider="openai",le="+Inf",route="chat",service="ai"}"#.to_owned(),
            1.0,
        ),
    ] {
        assert_eq!(samples.get(&name), Some(&count), "{name}");
    }
    let bounds = |family: &str| {
        let prefix = format!("{family}_bucket{{");
        let own = samples
            .keys()
            .filter(|name| name.starts_with(&prefix) && !name.contains(r#"request_mode="stream""#));
        let bound = |name: &String| {
            name.split("le=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap()
        };
        let mut bounds: Vec<_> = own.map(bound).filter(|bound| bound.is_finite()).collect();
        bounds.sort_by(f64::total_cmp);
        bounds
    };
    // As Kong's exporter has them.
    let provider = [250, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 10_000, 30_000, 60_000];
    assert_eq!(bounds("kong_ai_llm_provider_latency_ms"), provider.map(f64::from));
    let upstream = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];
    assert_eq!(bounds("kong_upstream_latency_ms"), upstream.map(f64::from));
    assert_eq!(bounds("kong_request_latency_ms"), upstream.map(f64::from));
    let kong = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];
    assert_eq!(bounds("kong_kong_latency_ms"), kong.map(f64::from));
}

#[tokio::test]
async fn prometheus_own_client_reads_the_same_from_both_formats() {
    let upstream = Upstream::listen().await;
    let hostile = "a \"b\"\\\nc é";
    let gateway = telling(&upstream)
        .set(
            "/model",
            json!({"provider": "openai", "options": {"upstream_url": format!("http://{}", upstream.addr)}}),
        )
        .start();
    let whole = json_reply("200 OK", ANSWER);
    let ask = json!({"model": hostile, "messages": [{"role": "user", "content": "Hello"}]}).to_string();
    let answer = async { upstream.call().await.write(&whole).await };
    assert_eq!(tokio::join!(chat(&gateway, &ask), answer).0.status, 200);
    let text = after(&gateway, 1).await;
    let open = look(&gateway, "/metrics", "accept: application/openmetrics-text\r\n").await;
    assert_eq!(
        open.field("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let plain = look(&gateway, "/metrics", "").await;
    assert_eq!(plain.field("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let Some(by_python) = read_by_python(&text, "text").await else { return };
    // It gives counters their ending where Kong has forgotten it, and OpenMetrics insists.
    let open = read_by_python(open.text(), "openmetrics").await.expect("it was there a moment ago");
    let lasting = |samples: &Samples| {
        let lasting = samples.iter().filter(|(name, _)| *name != "touchstone_client_connections");
        lasting.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>()
    };
    assert_eq!(lasting(&by_python), lasting(&open));
    let requests = by_python.keys().find(|name| name.starts_with("kong_ai_llm_requests_total")).unwrap();
    assert!(requests.contains(&format!("ai_model={hostile:?}")), "{requests}");
    assert_eq!(by_python.len(), read(&text.replace(r"\n", " ")).len());
}

#[tokio::test]
async fn what_clients_choose_makes_no_series_without_end() {
    let upstream = Upstream::listen().await;
    let gateway = telling(&upstream)
        .set(
            "/model",
            json!({"provider": "openai", "options": {"upstream_url": format!("http://{}", upstream.addr)}}),
        )
        .start();
    let answer = async {
        let mut call = upstream.call().await;
        loop {
            call.write(json_reply("200 OK", &ANSWER.replace(r#""model":"m""#, r#""model":"same""#))).await;
            let Some(next) = call.next().await else { return };
            call = next;
        }
    };
    let calls = async {
        let mut client = Client::connect(gateway.addr()).await;
        for number in 0..300 {
            let long = "x".repeat(1000);
            let ask = ASK.replacen("\"m\"", &format!("\"m{number}{long}\""), 1);
            assert_eq!(client.chat(&ask).await.status, 200);
        }
    };
    tokio::select! {
        () = calls => (),
        () = answer => panic!("the gateway closed its connection"),
    }
    let samples = read(&after(&gateway, 300).await);
    let requests: Vec<_> =
        samples.iter().filter(|(name, _)| name.starts_with("kong_ai_llm_requests_total")).collect();
    assert_eq!(requests.len(), 200, "199 models beside what they say that they are, and all others");
    let others: Vec<_> = requests.iter().filter(|(name, _)| name.contains("ai_model=\"other\"")).collect();
    assert_eq!(others.iter().map(|(_, count)| **count).collect::<Vec<_>>(), [101.0]);
    assert_eq!(requests.iter().map(|(_, count)| **count).sum::<f64>(), 300.0);
    assert!(requests.iter().all(|(name, _)| name.len() < 400));
}

#[tokio::test]
async fn tries_that_were_followed_by_others_are_counted_by_reason() {
    let gone = Port::new();
    let (busy, last) = (Upstream::listen().await, Upstream::listen().await);
    let targets =
        [("mistral", gone.addr()), ("deepseek", busy.addr), ("openai", last.addr)].map(|(provider, addr)| {
            let mut target = plugin(provider, &format!("http://{addr}"));
            target["logging"] = json!({"log_statistics": true});
            target
        });
    let criteria = ["error", "http_429", "non_idempotent"];
    let balancer = json!({"algorithm": "round-robin", "retries": 2, "failover_criteria": criteria});
    let gateway = Setup::among(&targets, &balancer).beside("prometheus", everything()).watched().start();
    let (slow, whole) = (json_reply("429 Slow Down", "{}"), json_reply("200 OK", ANSWER));
    let answers = async {
        busy.call().await.write(&slow).await;
        last.call().await.write(&whole).await;
    };
    assert_eq!(tokio::join!(chat(&gateway, ASK), answers).0.status, 200);
    let samples = read(&after(&gateway, 1).await);
    let retries: Vec<_> = samples
        .iter()
        .filter(|(name, _)| name.contains("_retries_") || name.contains("_failovers_"))
        .map(|(name, count)| (name.as_str(), *count))
        .collect();
    let of = |family, provider, reason| {
        format!(
            r#"touchstone_{family}_total{{ai_provider="{provider}",reason="{reason}",route="chat",service="ai"}}"#
        )
    };
    let expected = [
        of("failovers", "deepseek", "http_429"),
        of("failovers", "mistral", "error"),
        of("retries", "deepseek", "http_429"),
        of("retries", "mistral", "error"),
    ];
    assert_eq!(retries, expected.each_ref().map(|name| (name.as_str(), 1.0)));
}

#[tokio::test]
async fn nothing_is_told_of_routes_without_the_plugin() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr)
        .set("/logging", json!({"log_statistics": true}))
        .watched()
        .start();
    let whole = json_reply("200 OK", ANSWER);
    let answer = async { upstream.call().await.write(&whole).await };
    assert_eq!(tokio::join!(chat(&gateway, ASK), answer).0.status, 200);
    let text = look(&gateway, "/metrics", "").await.text().to_owned();
    let names: std::collections::BTreeSet<_> = read(&text).into_keys().collect();
    assert!(!names.iter().any(|name| name.starts_with("kong_") || name.contains("route=")), "{names:?}");
    assert!(names.contains("touchstone_calls_in_flight"));
}

#[tokio::test]
async fn what_operators_see_is_not_at_the_clients_address() {
    let upstream = Upstream::listen().await;
    let gateway = telling(&upstream).start();
    for path in ["/metrics", "/status", "/status.json"] {
        let mut client = Client::connect(gateway.addr()).await;
        client.write(&format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n\r\n")).await;
        assert_eq!(client.reply().await.status, 404, "{path}");
        assert_eq!(look(&gateway, path, "").await.status, 200, "{path}");
    }
    for path in ["/status/live", "/status/ready"] {
        let mut client = Client::connect(gateway.addr()).await;
        client.write(&format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n\r\n")).await;
        assert_eq!(client.reply().await.text(), r#"{"status":"ok"}"#, "{path}");
        assert_eq!(look(&gateway, path, "").await.text(), r#"{"status":"ok"}"#, "{path}");
    }
    assert_eq!(look(&gateway, "/chat", "").await.status, 404);
}

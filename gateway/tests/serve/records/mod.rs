//! Records of calls, in files and at servers, whatever those do.

mod receiver;

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::log::{Log, fields};
use super::upstream::{Call, DONE, anthropic, event};
use super::*;
use receiver::{Does, Receiver};

/// An upstream that answers every call at once, by what it asks for.
async fn answering() -> SocketAddr {
    let upstream = Upstream::listen().await;
    let addr = upstream.addr;
    tokio::spawn(async move {
        loop {
            let socket = upstream.accept().await;
            tokio::spawn(async move {
                let mut call = Call::read(socket).await;
                while let Some(mut asked) = call.take() {
                    let text = String::from_utf8_lossy(&asked.body).into_owned();
                    if text.contains("refuse") {
                        asked.write(json_reply("429 Slow Down", "{}")).await;
                    } else if text.contains(r#""stream":true"#) {
                        asked.begin_stream().await;
                        asked.chunk(event("Hi")).await;
                        if text.contains("cut") {
                            return asked.close().await;
                        }
                        asked.chunk(DONE).await;
                        asked.end_stream().await;
                    } else {
                        asked.write(json_reply("200 OK", ANSWER)).await;
                    }
                    call = asked.next().await;
                }
            });
        }
    });
    addr
}

/// Records that were lost on their way to a place, as the log tells, and why.
fn dropped(log: &Log, to: &str) -> (u64, Vec<String>) {
    let lines = log.all(|line| line["message"] == "log records dropped" && line["to"] == to);
    let count = lines.iter().map(|line| line["dropped"].as_u64().unwrap()).sum();
    (count, lines.iter().map(|line| line["error"].as_str().unwrap().to_owned()).collect())
}

fn ids(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["request"]["id"].as_str().unwrap()).collect()
}

async fn ask(client: &mut Client, id: &str) {
    client.post("/chat", &fields(id), ASK).await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn a_server_gets_kongs_object_for_each_call() {
    let receiver = Receiver::start(|_| Does::Takes).await;
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("anthropic", upstream.addr)
        .set("/logging", json!({"log_statistics": true}))
        .set("/model/options/input_cost", 3)
        .set("/model/options/output_cost", 15)
        .beside("http-log", json!({"http_endpoint": receiver.url(), "headers": {"x-own": "mine"}}))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    client
        .post("/chat?a=b%20c&a=d", &fields("record-1"), &ASK_STREAM.replacen('{', r#"{"seed":1,"#, 1))
        .await;
    let mut call = upstream.call().await;
    call.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_9\r\n\r\n").await;
    call.write(anthropic(&["Hi"])).await;
    call.close().await;
    let reply = client.reply().await;
    let records = receiver.wait(1).await;
    let record = &records[0];
    let expected = json!({
        "/request/id": "record-1", "/request/method": "POST", "/request/uri": "/chat?a=b%20c&a=d",
        "/request/url": "http://gateway/chat?a=b%20c&a=d", "/request/querystring/a": ["b c", "d"], "/request/size": ASK_STREAM.len() + 9,
        "/request/headers/host": "gateway", "/request/headers/authorization": "REDACTED",
        "/response/status": 200, "/response/size": reply.body.len(), "/response/headers/x-kong-llm-model": "anthropic/m",
        "/upstream_uri": "/v1/messages", "/upstream_status": "200", "/source": "upstream", "/client_ip": "127.0.0.1",
        "/route/name": "chat", "/service/name": "ai",
        "/tries/0/ip": "127.0.0.1", "/tries/0/port": upstream.addr.port(),
        "/touchstone/outcome": "done", "/touchstone/dropped": "seed", "/touchstone/upstream_request_id": "req_9",
        "/ai/proxy/meta/provider_name": "anthropic", "/ai/proxy/meta/request_model": "m",
        "/ai/proxy/meta/response_model": "claude", "/ai/proxy/meta/request_mode": "stream",
        "/ai/proxy/usage/prompt_tokens": 5, "/ai/proxy/usage/completion_tokens": 7, "/ai/proxy/usage/total_tokens": 12,
        "/ai/proxy/usage/cost": 0.00012, "/ai/proxy/tried_targets/0/host": "127.0.0.1",
    });
    for (pointer, value) in expected.as_object().unwrap() {
        assert_eq!(record.pointer(pointer), Some(value), "{pointer} in {record:#}");
    }
    for number in
        ["/started_at", "/latencies/kong", "/latencies/proxy", "/latencies/request", "/latencies/receive"]
    {
        assert!(record.pointer(number).is_some_and(Value::is_u64), "{number} in {record:#}");
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    assert!(now - u128::from(record["started_at"].as_u64().unwrap()) < 60_000);
    for time in [
        "/ai/proxy/meta/llm_latency",
        "/ai/proxy/usage/time_to_first_token",
        "/ai/proxy/usage/time_per_token",
    ] {
        assert!(record.pointer(time).is_some_and(Value::is_f64), "{time} in {record:#}");
    }
    let head = receiver.heads.lock().unwrap()[0].to_ascii_lowercase();
    assert!(head.starts_with("post /logs http/1.1\r\n"), "{head}");
    for field in ["content-type: application/json\r\n", "x-own: mine\r\n", "host: 127.0.0.1:"] {
        assert!(head.contains(field), "{field} in {head}");
    }
}

/// Kong runs the plugins that hold everywhere for them, too.
#[tokio::test]
async fn a_call_that_no_route_takes_is_told_where_all_are() {
    let (all, own) = (Receiver::start(|_| Does::Takes).await, Receiver::start(|_| Does::Takes).await);
    let everywhere = json!([{"name": "http-log", "config": {"http_endpoint": all.url()}}]);
    let gateway = Setup::new("openai", answering().await)
        .beside("http-log", json!({"http_endpoint": own.url()}))
        .member("plugins", everywhere)
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    ask(&mut client, "taken").await;
    client.post("/nowhere?key=hidden", &fields("lost"), ASK).await;
    assert_eq!(client.reply().await.status, 404);
    client.write("DELETE /chat HTTP/1.1\r\nhost: gateway\r\nx-request-id: odd\r\n\r\n").await;
    assert_eq!(client.reply().await.status, 405);
    let records = all.wait(1).await;
    assert_eq!(ids(&records), ["lost"]);
    assert_eq!(
        ids(&own.wait(2).await),
        ["taken", "odd"],
        "the route's own plugin holds in place of the other"
    );
    let lost = &records[0];
    assert_eq!((&lost["response"]["status"], &lost["request"]["method"]), (&json!(404), &json!("POST")));
    assert_eq!((lost.get("route"), lost.get("service"), lost.get("ai")), (None, None, None), "{lost:#}");
    assert_eq!(lost["upstream_status"], "");
    assert_eq!(lost["tries"], json!([]));
    assert!(!lost.to_string().contains("hidden"), "{lost:#}");
}

#[tokio::test]
async fn no_record_shows_a_key() {
    let receiver = Receiver::start(|_| Does::Takes).await;
    let upstream = answering().await;
    let gateway = Setup::new("openai", upstream)
        .set("/auth", json!({"header_name": "x-own-key", "header_value": KEY, "param_name": "secret", "param_value": KEY, "param_location": "query"}))
        .set("/logging", json!({"log_statistics": true, "log_payloads": true}))
        .beside("http-log", json!({"http_endpoint": receiver.url()}))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    let names = [
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "apikey",
        "x-goog-api-key",
        "cookie",
        "x-own-key",
    ];
    let shown: String = names.iter().map(|name| format!("{name}: {KEY}\r\n")).collect();
    client.post(&format!("/chat?key={KEY}&secret={KEY}&api%5Fkey={KEY}&apikey={KEY}"), &shown, ASK).await;
    assert_eq!(client.reply().await.status, 200);
    let record = &receiver.wait(1).await[0];
    assert!(!record.to_string().contains(KEY), "{record:#}");
    for name in names {
        assert_eq!(record["request"]["headers"][name], "REDACTED", "{name}");
    }
    assert_eq!(
        record["request"]["uri"],
        "/chat?key=REDACTED&secret=REDACTED&api%5Fkey=REDACTED&apikey=REDACTED"
    );
    assert_eq!(record["request"]["querystring"]["api_key"], "REDACTED");
    let upstream_uri = record["upstream_uri"].as_str().unwrap();
    assert_eq!(upstream_uri, "/v1/chat/completions");
}

#[tokio::test]
async fn what_is_not_wanted_is_not_in_a_record() {
    let receiver = Receiver::start(|_| Does::Takes).await;
    let gateway = Setup::new("openai", answering().await)
        .beside("http-log", json!({"http_endpoint": receiver.url()}))
        .start();
    ask(&mut Client::connect(gateway.addr()).await, "record-plain").await;
    let record = &receiver.wait(1).await[0];
    assert_eq!((&record["response"]["status"], record.get("ai")), (&json!(200), None), "{record:#}");
}

#[tokio::test]
async fn records_come_in_batches_and_in_their_order() {
    let receiver = Receiver::start(|_| Does::Takes).await;
    let queue = json!({"max_batch_size": 4, "max_coalescing_delay": 3600});
    let gateway = Setup::new("openai", answering().await)
        .beside("http-log", json!({"http_endpoint": receiver.url(), "queue": queue}))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    let all: Vec<String> = (0..10).map(|number| format!("batch-{number}")).collect();
    for id in &all {
        ask(&mut client, id).await;
    }
    receiver.wait(8).await;
    drop(client);
    // The last two wait for more, up to the end.
    gateway.shutdown().await;
    let records = receiver.records();
    assert_eq!(ids(&records), all.iter().map(String::as_str).collect::<Vec<_>>());
    let sizes: Vec<usize> =
        receiver.taken.lock().unwrap().iter().map(|body| body.as_array().unwrap().len()).collect();
    assert_eq!(sizes, [4, 4, 2]);
}

#[tokio::test]
async fn a_server_that_refuses_or_dies_gets_the_same_again() {
    let does = [Does::Refuses, Does::Dies, Does::Takes, Does::Refuses, Does::Takes];
    let receiver = Receiver::start(move |number| does[number.min(4)]).await;
    let gateway = Setup::new("openai", answering().await)
        .beside("http-log", json!({"http_endpoint": receiver.url()}))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    for id in ["again-1", "again-2"] {
        ask(&mut client, id).await;
    }
    assert_eq!(ids(&receiver.wait(2).await), ["again-1", "again-2"]);
    assert_eq!(receiver.seen.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_server_that_sleeps_holds_up_no_call_and_what_is_lost_is_told() {
    let log = Log::shared();
    let receiver = Receiver::start(|_| Does::Sleeps).await;
    let queue = json!({"max_entries": 5, "max_retry_time": 0, "initial_retry_delay": 0.001});
    let gateway = Setup::new("openai", answering().await)
        .limits(|limits| limits.drain = Duration::from_millis(100))
        .beside("http-log", json!({"http_endpoint": receiver.url(), "timeout": 100_000, "queue": queue}))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    ask(&mut client, "asleep-0").await;
    receiver.wait_seen(1).await;
    for number in 1..20 {
        ask(&mut client, &format!("asleep-{number}")).await;
    }
    drop(client);
    gateway.shutdown().await;
    assert!(receiver.records().is_empty());
    let (dropped, errors) = dropped(log, &receiver.addr.to_string());
    assert_eq!(
        dropped, 20,
        "one on its way, five that wait, fourteen for which there was no room: {errors:?}"
    );
}

#[tokio::test]
async fn a_file_gets_a_line_for_each_call_and_the_last_of_them_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.log");
    let gateway = Setup::new("openai", answering().await)
        .set("/logging", json!({"log_statistics": true, "log_payloads": true}))
        .beside("file-log", json!({"path": path}))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    let all: Vec<String> = (0..50).map(|number| format!("file-{number}")).collect();
    for id in &all {
        ask(&mut client, id).await;
    }
    drop(client);
    gateway.shutdown().await;
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ids(&lines), all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(lines[0]["ai"]["proxy"]["payload"], json!({"request": ASK, "response": ANSWER}));
    assert_eq!(lines[0]["ai"]["proxy"]["usage"]["total_tokens"], 3);
}

#[tokio::test]
async fn a_full_disk_holds_up_no_call_and_is_told() {
    let log = Log::shared();
    let gateway =
        Setup::new("openai", answering().await).beside("file-log", json!({"path": "/dev/full"})).start();
    let mut client = Client::connect(gateway.addr()).await;
    for number in 0..20 {
        ask(&mut client, &format!("full-{number}")).await;
    }
    drop(client);
    gateway.shutdown().await;
    let (dropped, errors) = dropped(log, "/dev/full");
    assert_eq!(dropped, 20, "{errors:?}");
    assert!(errors.iter().all(|error| error.contains("No space left")), "{errors:?}");
}

/// Calls of every fate: whole and streamed, refused by us and by the provider, cut, given up.
#[tokio::test]
async fn a_thousand_calls_are_a_thousand_records() {
    const CALLS: usize = 1000;
    let receiver = Receiver::start(|number| match number % 7 {
        3 => Does::Refuses,
        5 => Does::Dies,
        _ => Does::Takes,
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.log");
    let queue = json!({"max_batch_size": 64, "max_coalescing_delay": 0.01});
    let mut setup = Setup::new("openai", answering().await)
        .set("/logging", json!({"log_statistics": true}))
        .beside("http-log", json!({"http_endpoint": receiver.url(), "queue": queue}))
        .beside("file-log", json!({"path": path}));
    setup.threads = 2;
    let gateway = setup.start();
    let addr = gateway.addr();
    let calls = (0..10).map(|worker| async move {
        for number in (worker..CALLS).step_by(10) {
            let mut client = Client::connect(addr).await;
            let id = format!("mixed-{number}");
            let (body, leaves) = match number % 6 {
                0 => (ASK.to_owned(), false),
                1 => (ASK_STREAM.to_owned(), false),
                2 => (ASK.replace("Hello", "refuse"), false),
                3 => ("{".to_owned(), false),
                4 => (ASK_STREAM.replace("Hello", "cut"), false),
                _ => (ASK_STREAM.to_owned(), true),
            };
            client.post("/chat", &fields(&id), &body).await;
            if leaves {
                client.head().await;
            } else {
                client.reply().await;
            }
        }
    });
    futures_util::future::join_all(calls).await;
    gateway.shutdown().await;
    let expected: std::collections::BTreeSet<String> =
        (0..CALLS).map(|number| format!("mixed-{number}")).collect();
    let records = receiver.records();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (place, records) in [("the server", records), ("the file", lines)] {
        let got: std::collections::BTreeSet<String> = ids(&records).into_iter().map(str::to_owned).collect();
        assert_eq!((records.len(), &got), (CALLS, &expected), "{place}");
        // Of a call that is given up it is not known how much of its stream came.
        let counted = |fate: &[usize]| {
            let of = |record: &&Value| {
                let number: usize = record["request"]["id"].as_str().unwrap()[6..].parse().unwrap();
                fate.contains(&(number % 6))
            };
            let tokens = |record: &Value| record.pointer("/ai/proxy/usage/total_tokens")?.as_u64();
            records.iter().filter(of).filter_map(tokens).sum::<u64>()
        };
        let calls = |fate: usize| (0..CALLS).filter(|number| number % 6 == fate).count() as u64;
        assert_eq!(counted(&[0]), 3 * calls(0), "{place}: what the provider says");
        // Seven of the prompt and one of the reply, counted here.
        assert_eq!(counted(&[1, 4]), 8 * (calls(1) + calls(4)), "{place}: what it does not say");
        assert_eq!(counted(&[2, 3]), 0, "{place}: what failed");
    }
}

//! One configuration after the other: no call is lost on the way, and none is answered by two.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::sync::Notify;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::upstream::{DONE, event};
use super::*;

/// A server that answers with its own name and the model that it is asked for.
async fn server(name: &'static str) -> MockServer {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let says = format!("{name} {}", asked["model"].as_str().unwrap());
        ResponseTemplate::new(200).set_body_raw(ANSWER.replace("Hi", &says), "application/json")
    };
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

fn config(setup: &Setup) -> Config {
    Config::parse(&setup.file(), &|_| None).unwrap()
}

/// Calls of the model that is configured, whatever that is.
const ANY: &str = r#"{"messages":[{"role":"user","content":"Hello"}]}"#;

fn said(reply: &client::Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_call_fails_and_each_is_of_one_configuration() {
    const CONNECTIONS: usize = 20;
    const CALLS: usize = 100;
    const RELOADS: usize = 20;
    let (one, two) = (server("one").await, server("two").await);
    let setup =
        |server: &MockServer, model: &str| Setup::new("openai", *server.address()).set("/model/name", model);
    let (first, second) = (setup(&one, "1"), setup(&two, "2"));
    let configs = [config(&first), config(&second)];
    let gateway = Setup { threads: 2, ..first }.start();
    let (done, progress) = (AtomicUsize::new(0), Notify::new());
    let seen = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let calls = (0..CONNECTIONS).map(|_| async {
        let mut client = Client::connect(gateway.addr()).await;
        for _ in 0..CALLS {
            let reply = client.chat(ANY).await;
            let known = [("one 1", "openai/1"), ("two 2", "openai/2")];
            let got = (said(&reply), reply.field("x-kong-llm-model").unwrap());
            let of = known.iter().position(|(said, model)| got.0 == *said && got.1 == *model);
            seen[of.unwrap_or_else(|| panic!("{got:?}"))].fetch_add(1, Ordering::Relaxed);
            done.fetch_add(1, Ordering::Relaxed);
            progress.notify_one();
        }
    });
    let reloads = async {
        for turn in 1..=RELOADS {
            // Spread over all of the calls.
            while done.load(Ordering::Relaxed) < turn * CONNECTIONS * CALLS / (RELOADS + 2) {
                progress.notified().await;
            }
            gateway.reload(configs[turn % 2].clone()).await;
            let next = said(&chat(&gateway, ANY).await);
            assert_eq!(next, ["one 1", "two 2"][turn % 2], "the next call is by the new one");
        }
    };
    tokio::join!(join_all(calls), reloads);
    let seen = seen.map(AtomicUsize::into_inner);
    assert_eq!(seen[0] + seen[1], CONNECTIONS * CALLS);
    assert!(seen.iter().all(|count| *count > CALLS), "both were there for long: {seen:?}");
}

#[tokio::test]
async fn a_stream_goes_on_as_it_began() {
    let (one, two) = (Upstream::listen().await, server("two").await);
    let first = Setup::new("openai", one.addr);
    let next = config(&Setup::new("openai", *two.address()));
    let gateway = first.start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let mut call = one.call().await;
    call.begin_stream().await;
    call.chunk(event("before ")).await;
    assert_eq!(client.head().await.status, 200);
    while !client.line().await.contains("before") {}
    gateway.reload(next).await;
    assert_eq!(said(&chat(&gateway, ASK).await), "two m");
    call.chunk(format!("{}{DONE}", event("after"))).await;
    call.end_stream().await;
    while !client.line().await.contains("after") {}
    while client.line().await != "0\r\n" {}
    assert_eq!(client.line().await, "\r\n");
    assert_eq!(said(&client.chat(ASK).await), "two m", "the same connection");
}

#[tokio::test]
async fn a_route_may_come_and_go() {
    let one = server("one").await;
    let setup = || Setup::new("openai", *one.address());
    let gateway = setup().start();
    let without = Config::parse(r#"{"_format_version": "3.0"}"#, &|_| None).unwrap();
    gateway.reload(without).await;
    assert_eq!(chat(&gateway, ASK).await.error(), (404, "route_not_found".to_owned()));
    gateway.reload(config(&setup())).await;
    assert_eq!(said(&chat(&gateway, ASK).await), "one m");
}

/// A target that failed is left alone though the file changes, for its name and settings are the same.
#[tokio::test]
async fn what_is_known_of_targets_lives_on() {
    let (bad, good) = (Upstream::listen().await, server("good").await);
    let plugin = |address: &SocketAddr| plugin("openai", &format!("http://{address}"));
    let balancer =
        json!({"max_fails": 1, "fail_timeout": 60_000, "failover_criteria": ["http_500"], "retries": 1});
    let setup = |targets: &[Value]| Setup::among(targets, &balancer);
    let targets = [plugin(&bad.addr), plugin(good.address())];
    let gateway = setup(&targets).start();
    let failing = async {
        let mut call = bad.call().await;
        call.write(json_reply("500 No", "{}")).await;
    };
    let calls = async {
        for _ in 0..2 {
            assert_eq!(said(&chat(&gateway, ASK).await), "good m");
        }
    };
    tokio::join!(failing, calls);
    // The same plugin; another one with the same target; and the same again.
    let more = [targets[0].clone(), targets[1].clone(), plugin(good.address())];
    for targets in [&targets[..], &more, &targets] {
        gateway.reload(config(&setup(targets))).await;
        for _ in 0..4 {
            assert_eq!(said(&chat(&gateway, ASK).await), "good m");
        }
    }
    let asked = tokio::time::timeout(std::time::Duration::from_millis(50), bad.accept()).await;
    assert!(asked.is_err(), "it is asked again");
}

/// A client comes back to what it was told before the file changed.
#[tokio::test]
async fn what_is_kept_for_clients_lives_on() {
    let one = server("one").await;
    let setup = |tokens: u32| {
        Setup::new("mistral", *one.address())
            .set("/route_type", "llm/v1/responses")
            .set("/model/options/max_tokens", tokens)
    };
    let gateway = setup(5).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat/v1/responses", "", r#"{"model":"m","input":"Hello"}"#).await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    gateway.reload(config(&setup(6))).await;
    client.write(&format!("GET /chat/v1/responses/{id} HTTP/1.1\r\nhost: gateway\r\n\r\n")).await;
    let again = client.reply().await;
    assert_eq!((again.status, again.json()["id"].as_str()), (200, Some(&*id)), "{}", again.text());
}

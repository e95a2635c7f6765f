//! How much a caller may have: requests and tokens in windows of time, told in headers, refused in the client's words.

use std::time::Duration;

use super::*;

/// A window that no test outlasts.
const HOUR: u64 = 3_600;

fn tokens(limit: u64) -> Value {
    json!({"llm_providers": [{"name": "openai", "limit": [limit], "window_size": [HOUR]}], "window_type": "fixed"})
}

fn consumers() -> Value {
    json!([
        {"username": "ann", "keyauth_credentials": [{"key": "sk-ann"}]},
        {"username": "bob", "keyauth_credentials": [{"key": "sk-bob"}]},
    ])
}

async fn ask(gateway: &Gateway, fields: &str, body: &str) -> client::Reply {
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &format!("content-type: application/json\r\n{fields}"), body).await;
    client.reply().await
}

/// Answers so many calls, each with the same.
async fn serve(upstream: &Upstream, calls: usize, reply: &[u8]) {
    for _ in 0..calls {
        let mut call = upstream.call().await;
        call.write(reply).await;
    }
}

/// One call that gets through, its upstream's reply, and the client's.
async fn through(
    upstream: &Upstream,
    gateway: &Gateway,
    fields: &str,
    body: &str,
    reply: &[u8],
) -> client::Reply {
    let mut asking = std::pin::pin!(ask(gateway, fields, body));
    let mut call = tokio::select! {
        reply = &mut asking => panic!("{}: {}", reply.status, reply.text()),
        call = upstream.call() => call,
    };
    call.write(reply).await;
    let answer = asking.await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// What is left as soon as it is as expected, asked for again and again: what nobody waits for is counted behind the reply. A question
/// costs two tokens.
async fn settled(upstream: &Upstream, gateway: &Gateway, is_expected: impl Fn(u64) -> bool) -> Option<u64> {
    let begun = std::time::Instant::now();
    for number in 1.. {
        let reply = through(upstream, gateway, "", ASK, &answer(1, 1)).await;
        let left: u64 = reply.field("x-ai-ratelimit-remaining-hour-openai").unwrap().parse().unwrap();
        if is_expected(left + 2 * (number - 1)) {
            return Some(left);
        }
        if begun.elapsed() > Duration::from_secs(20) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}

/// A good answer that took so many tokens.
fn answer(prompt: u64, completion: u64) -> Vec<u8> {
    let usage = json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion});
    let mut body: Value = serde_json::from_str(ANSWER).unwrap();
    body["usage"] = usage;
    json_reply("200 OK", &body.to_string())
}

#[tokio::test]
async fn requests_are_counted_and_told() {
    let upstream = Upstream::listen().await;
    let settings = json!({"hour": 2, "day": 9});
    let gateway = Setup::new("openai", upstream.addr).beside("rate-limiting", settings).start();
    let theirs = "200 OK\r\nx-ratelimit-remaining-requests: 9999\r\nx-ratelimit-limit-tokens: 9999";
    let first = through(&upstream, &gateway, "", ASK, &json_reply(theirs, ANSWER)).await;
    for (name, value) in [
        ("x-ratelimit-limit-hour", "2"),
        ("x-ratelimit-remaining-hour", "1"),
        ("x-ratelimit-limit-day", "9"),
        ("x-ratelimit-remaining-day", "8"),
        ("ratelimit-limit", "2"),
        ("ratelimit-remaining", "1"),
        ("x-ratelimit-limit-requests", "2"),
        ("x-ratelimit-remaining-requests", "1"),
    ] {
        assert_eq!(first.field(name), Some(value), "{name}");
    }
    assert_eq!(
        first.field("x-ratelimit-limit-tokens"),
        None,
        "the provider's own are those of the gateway's key"
    );
    let reset: u64 = first.field("ratelimit-reset").unwrap().parse().unwrap();
    assert!((1..=HOUR).contains(&reset), "{reset}");
    assert!(first.field("x-ratelimit-reset-requests").unwrap().ends_with('s'));
    through(&upstream, &gateway, "", ASK, &json_reply("200 OK", ANSWER)).await;

    let refused = chat(&gateway, ASK).await;
    assert_eq!(refused.error(), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!(refused.json()["error"]["message"], "API rate limit exceeded");
    assert_eq!(refused.json()["error"]["type"], "requests");
    assert_eq!(refused.field("x-ratelimit-remaining-hour"), Some("0"));
    assert_eq!(refused.field("x-ratelimit-remaining-day"), Some("7"), "a refused call takes nothing");
    let wait: u64 = refused.field("retry-after").unwrap().parse().unwrap();
    assert!((1..=HOUR).contains(&wait), "{wait}");
}

#[tokio::test]
async fn of_many_at_once_exactly_the_limit_passes() {
    let upstream = Upstream::listen().await;
    let mut setup = Setup::new("openai", upstream.addr).beside("rate-limiting", json!({"day": 50}));
    setup.threads = 4;
    let gateway = setup.start();
    let clients = (0..200).map(|_| chat(&gateway, ASK));
    let reply = json_reply("200 OK", ANSWER);
    let (replies, ()) = tokio::join!(futures_util::future::join_all(clients), serve(&upstream, 50, &reply));
    let count = |status| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(200), count(429)), (50, 150));
}

#[tokio::test]
async fn each_caller_has_counters_of_their_own() {
    let upstream = Upstream::listen().await;
    let good = json_reply("200 OK", ANSWER);
    let setup = |limit_by: &str| {
        let mut settings = json!({"hour": 1, "limit_by": limit_by});
        if limit_by == "header" {
            settings["header_name"] = json!("x-team");
        }
        let setup = Setup::new("openai", upstream.addr).member("consumers", consumers());
        setup.beside("key-auth", json!({})).beside("rate-limiting", settings).start()
    };
    for (limit_by, first, second, is_apart) in [
        ("consumer", "apikey: sk-ann\r\n", "apikey: sk-bob\r\n", true),
        ("credential", "apikey: sk-ann\r\n", "apikey: sk-bob\r\n", true),
        ("header", "apikey: sk-ann\r\nx-team: a\r\n", "apikey: sk-ann\r\nx-team: b\r\n", true),
        ("ip", "apikey: sk-ann\r\n", "apikey: sk-bob\r\nx-forwarded-for: 192.0.2.1\r\n", false),
        ("service", "apikey: sk-ann\r\n", "apikey: sk-bob\r\n", false),
    ] {
        let gateway = setup(limit_by);
        through(&upstream, &gateway, first, ASK, &good).await;
        assert_eq!(ask(&gateway, first, ASK).await.status, 429, "{limit_by}");
        if is_apart {
            through(&upstream, &gateway, second, ASK, &good).await;
        } else {
            assert_eq!(ask(&gateway, second, ASK).await.status, 429, "{limit_by}");
        }
    }
}

#[tokio::test]
async fn the_file_says_how_a_call_is_refused() {
    let upstream = Upstream::listen().await;
    let settings = json!({"hour": 1, "error_code": 503, "error_message": "come back later", "hide_client_headers": true});
    let gateway = Setup::new("openai", upstream.addr).beside("rate-limiting", settings).start();
    let first = through(&upstream, &gateway, "", ASK, &json_reply("200 OK", ANSWER)).await;
    let refused = chat(&gateway, ASK).await;
    assert_eq!((refused.status, refused.json()["error"]["message"].as_str()), (503, Some("come back later")));
    for name in ["x-ratelimit-limit-hour", "ratelimit-limit", "x-ratelimit-limit-requests", "retry-after"] {
        assert_eq!((first.field(name), refused.field(name)), (None, None), "{name}");
    }
}

#[tokio::test]
async fn clients_of_anthropic_are_refused_in_its_words() {
    let upstream = Upstream::listen().await;
    let setup = Setup::new("openai", upstream.addr).set("/llm_format", "anthropic");
    let gateway = setup.beside("rate-limiting", json!({"hour": 1})).start();
    let body = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}"#;
    through(&upstream, &gateway, "", body, &json_reply("200 OK", ANSWER)).await;
    let refused = chat(&gateway, body).await;
    assert_eq!(refused.message_error(), (429, "rate_limit_error".to_owned()));
    assert!(refused.field("retry-after").is_some());
}

#[tokio::test]
async fn a_consumers_own_limit_goes_before_the_routes() {
    let upstream = Upstream::listen().await;
    let good = json_reply("200 OK", ANSWER);
    let mut people = consumers();
    people[0]["plugins"] = json!([{"name": "rate-limiting", "config": {"hour": 2}}]);
    people[1]["groups"] = json!([{"name": "gold"}]);
    let groups = json!([{"name": "gold", "plugins": [{"name": "rate-limiting", "config": {"hour": 3}}]}]);
    let setup =
        Setup::new("openai", upstream.addr).member("consumers", people).member("consumer_groups", groups);
    let gateway = setup.beside("key-auth", json!({})).beside("rate-limiting", json!({"hour": 1})).start();
    for (fields, limit) in [("apikey: sk-ann\r\n", "2"), ("apikey: sk-bob\r\n", "3")] {
        let reply = through(&upstream, &gateway, fields, ASK, &good).await;
        assert_eq!(reply.field("x-ratelimit-limit-hour"), Some(limit));
    }
}

#[tokio::test]
async fn tokens_count_when_they_are_known() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("openai", upstream.addr).beside("ai-rate-limiting-advanced", tokens(100)).start();
    let first = through(&upstream, &gateway, "", ASK, &answer(20, 50)).await;
    for (name, value) in [
        ("x-ai-ratelimit-limit-hour-openai", "100"),
        ("x-ai-ratelimit-remaining-hour-openai", "30"),
        ("x-ratelimit-limit-tokens", "100"),
        ("x-ratelimit-remaining-tokens", "30"),
    ] {
        assert_eq!(first.field(name), Some(value), "{name}");
    }
    through(&upstream, &gateway, "", ASK, &answer(20, 50)).await;
    let refused = chat(&gateway, ASK).await;
    assert_eq!(refused.error(), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!(refused.json()["error"]["message"], "AI token rate limit exceeded for provider(s): openai");
    assert_eq!(refused.json()["error"]["type"], "tokens");
    assert_eq!(refused.field("x-ai-ratelimit-remaining-hour-openai"), Some("0"));
    for name in [
        "retry-after",
        "x-ai-ratelimit-retry-after",
        "x-ai-ratelimit-reset",
        "x-ai-ratelimit-reset-hour-openai",
    ] {
        let wait: u64 = refused.field(name).expect(name).parse().unwrap();
        assert!((1..=HOUR).contains(&wait), "{name}: {wait}");
    }
}

#[tokio::test]
async fn what_a_running_call_may_use_is_held_and_what_it_did_not_use_is_given_back() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("openai", upstream.addr).beside("ai-rate-limiting-advanced", tokens(1_000)).start();
    let long = ASK.replace("\"messages\"", "\"max_tokens\":900,\"messages\"");
    let during = async {
        let mut call = upstream.call().await;
        let other = chat(&gateway, &long).await;
        assert_eq!(other.status, 429, "both might take more than there is");
        call.write(&answer(10, 10)).await;
    };
    let (reply, ()) = tokio::join!(ask(&gateway, "", &long), during);
    assert_eq!((reply.status, reply.field("x-ai-ratelimit-remaining-hour-openai")), (200, Some("980")));
    let after = through(&upstream, &gateway, "", &long, &answer(10, 10)).await;
    assert_eq!(after.field("x-ai-ratelimit-remaining-hour-openai"), Some("960"));
}

#[tokio::test]
async fn a_call_that_fails_costs_nothing() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("openai", upstream.addr).beside("ai-rate-limiting-advanced", tokens(1_000)).start();
    let failure =
        json_reply("500 No", r#"{"error":{"message":"x","type":"server_error","param":null,"code":null}}"#);
    let (reply, ()) = tokio::join!(chat(&gateway, ASK), serve(&upstream, 1, &failure));
    assert_eq!((reply.status, reply.field("x-ai-ratelimit-remaining-hour-openai")), (500, Some("1000")));
}

#[tokio::test]
async fn streams_count_when_they_end_and_when_their_client_leaves() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("openai", upstream.addr).beside("ai-rate-limiting-advanced", tokens(10_000)).start();
    let chunk = |rest: &str| {
        format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",{rest}}}\n\n"
        )
    };
    let start =
        chunk(r#""choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]"#);
    let end = chunk(r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#)
        + &chunk(r#""choices":[],"usage":{"prompt_tokens":100,"completion_tokens":200,"total_tokens":300}"#)
        + "data: [DONE]\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let serving = async {
        let mut call = upstream.call().await;
        call.write(format!("{head}{start}{end}")).await;
        call.close().await;
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK_STREAM), serving);
    assert!(reply.complete && reply.text().ends_with("data: [DONE]\n\n"), "{}", reply.text());

    // The next call is told what is left: all of the stream counts.
    let next = through(&upstream, &gateway, "", ASK, &answer(1, 1)).await;
    assert_eq!(next.field("x-ai-ratelimit-remaining-hour-openai"), Some("9698"));

    // A client that asks for much and leaves in the middle does not keep it.
    let long = ASK_STREAM.replace("\"messages\"", "\"max_tokens\":600,\"messages\"");
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "content-type: application/json\r\n", &long).await;
    let mut call = upstream.call().await;
    call.write(format!("{head}{start}")).await;
    assert_eq!(client.head().await.status, 200);
    drop(client);
    call.gone().await;
    // It got something, and so paid for something, if not at once: nothing would be 9,696, and all that was held 9,096.
    let left = settled(&upstream, &gateway, |left| (9_400..=9_694).contains(&left)).await;
    assert!(left.is_some(), "{left:?}");
}

#[tokio::test]
async fn what_a_provider_does_not_count_is_counted_here() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("openai", upstream.addr).beside("ai-rate-limiting-advanced", tokens(10_000)).start();
    let mut body: Value = serde_json::from_str(ANSWER).unwrap();
    body.as_object_mut().unwrap().remove("usage");
    body["choices"][0]["message"]["content"] = "one two three four five ".repeat(20).into();
    through(&upstream, &gateway, "", ASK, &json_reply("200 OK", &body.to_string())).await;
    let left = settled(&upstream, &gateway, |left| (9_700..=9_920).contains(&left)).await;
    assert!(left.is_some(), "{left:?}");
}

#[tokio::test]
async fn policies_count_for_those_whom_they_match() {
    let upstream = Upstream::listen().await;
    let settings = json!({"policies": [
        {"match": [{"type": "consumer", "key": "username", "values": ["ann"]}], "limits": [{"limit": 10, "window_size": HOUR}], "window_type": "fixed"},
        {"match": [{"type": "model", "partition_by": true, "values": ["m"]}, {"type": "consumer", "values": ["bob"]}],
            "limits": [{"limit": 100, "window_size": 90, "tokens_count_strategy": "completion_tokens"}], "window_type": "fixed"},
        {"limits": [{"limit": 5, "window_size": HOUR}]},
    ]});
    let setup =
        Setup::new("openai", upstream.addr).member("consumers", consumers()).beside("key-auth", json!({}));
    let gateway = setup.beside("ai-rate-limiting-advanced", settings).start();
    let ann = through(&upstream, &gateway, "apikey: sk-ann\r\n", ASK, &answer(6, 5)).await;
    assert_eq!(ann.field("x-ai-ratelimit-remaining-hour-policy-1"), Some("0"));
    assert_eq!(
        ann.field("x-ai-ratelimit-limit-hour-policy-3"),
        None,
        "the last one is for who is in no other"
    );
    let bob = through(&upstream, &gateway, "apikey: sk-bob\r\n", ASK, &answer(60, 5)).await;
    assert_eq!(bob.field("x-ai-ratelimit-remaining-90-policy-2"), Some("95"));
    let refused = ask(&gateway, "apikey: sk-ann\r\n", ASK).await;
    assert_eq!(refused.json()["error"]["message"], "AI token rate limit exceeded for provider(s): policy-1");
}

#[tokio::test]
async fn money_is_counted_by_the_prices_of_the_file() {
    let upstream = Upstream::listen().await;
    let settings = json!({
        "llm_providers": [{"name": "openai", "limit": [1], "window_size": [HOUR]}], "window_type": "fixed", "tokens_count_strategy": "cost",
    });
    let setup = Setup::new("openai", upstream.addr).set("/model/options/input_cost", 2.5);
    let gateway =
        setup.set("/model/options/output_cost", 10).beside("ai-rate-limiting-advanced", settings).start();
    // (1,000 × 2.5 + 1,000 × 10) / 1,000,000
    let reply = through(&upstream, &gateway, "", ASK, &answer(1_000, 1_000)).await;
    assert_eq!(reply.field("x-ai-ratelimit-remaining-hour-openai"), Some("0.9875"));
    assert_eq!(reply.field("x-ratelimit-limit-tokens"), None, "money is no token");
}

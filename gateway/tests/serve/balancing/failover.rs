//! When a call goes to another target, and when it does not.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::*;

/// The answer where the first target does `deed` and the second is well; the words of the second are `well`.
async fn between(deed: Does, criteria: Value) -> String {
    // Who is well answers in time however slow the machine is; nobody else is waited for.
    let patience = if matches!(deed, Does::Hangs) { 2_000 } else { 60_000 };
    let (first, second) = (Server::doing([deed]).await, Server::saying("well").await);
    let balancer = json!({"failover_criteria": criteria, "retries": 1, "read_timeout": patience});
    let gateway = before(&[&first, &second], &balancer);
    let answer = words(&chat(&gateway, ASK).await);
    assert_eq!((first.asked(), second.asked()), (1, usize::from(answer == "well")), "{criteria}");
    answer
}

#[tokio::test]
async fn a_status_leads_on_where_the_file_names_it() {
    for (status, line) in [
        (403, "403 Forbidden"),
        (404, "404 Not Found"),
        (429, "429 Too Many Requests"),
        (500, "500 Internal Server Error"),
        (502, "502 Bad Gateway"),
        (503, "503 Service Unavailable"),
        (504, "504 Gateway Timeout"),
    ] {
        let named = format!("http_{status}");
        // Refused is not done: whether the request may be sent twice does not matter.
        assert_eq!(between(refuses(line), json!([named])).await, "well");
        assert_eq!(between(refuses(line), json!([named, "non_idempotent"])).await, "well");
        let all = ["http_403", "http_404", "http_429", "http_500", "http_502", "http_503", "http_504"];
        let others: Vec<&str> = all.into_iter().filter(|other| *other != named).collect();
        let answer = between(refuses(line), json!(others)).await;
        assert!(answer.starts_with(&status.to_string()), "{answer}");
    }
}

#[tokio::test]
async fn a_fault_of_the_clients_leads_nowhere() {
    let all = json!([
        "error",
        "timeout",
        "invalid_header",
        "non_idempotent",
        "http_403",
        "http_404",
        "http_429",
        "http_500",
        "http_502",
        "http_503",
        "http_504"
    ]);
    for line in ["400 Bad Request", "401 Unauthorized", "413 Payload Too Large", "422 Unprocessable Entity"] {
        let answer = between(refuses(line), all.clone()).await;
        assert!(answer.starts_with(&line[..3]), "{answer}");
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_asked_again_only_where_the_file_allows() {
    let junk = || Does::Says(b"this is no reply\r\n\r\n".to_vec());
    let page = || Does::Says(whole("200 OK\r\ncontent-type: text/html\r\nconnection: close", "<p>"));
    let cut = || {
        Does::Says(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{".to_vec(),
        )
    };
    let silent = || Does::Says(Vec::new());
    for (criterion, deed, code) in [
        ("error", silent(), "502 upstream_closed"),
        ("error", cut(), "502 upstream_closed"),
        ("timeout", Does::Hangs, "504 upstream_timeout"),
        ("invalid_header", junk(), "502 upstream_invalid_reply"),
        ("invalid_header", page(), "502 upstream_invalid_reply"),
    ] {
        assert_eq!(between(deed.clone(), json!([criterion, "non_idempotent"])).await, "well", "{criterion}");
        assert_eq!(between(deed.clone(), json!([criterion])).await, code);
        let other = if criterion == "error" { "timeout" } else { "error" };
        assert_eq!(between(deed, json!([other, "non_idempotent"])).await, code);
    }
}

#[tokio::test]
async fn who_cannot_be_reached_is_left_for_another() {
    let (gone, server) = (Port::new(), Server::saying("well").await);
    let targets = [plugin("openai", &format!("http://{}", gone.addr())), server.target("openai")];
    // By default: `error` and `timeout`.
    let gateway = Setup::among(&targets, &json!({"retries": 1})).start();
    assert_eq!(ask(&gateway, 4).await, ["well"; 4]);
    // Not where the file does not want it, nor where there is no try left.
    for balancer in [json!({"failover_criteria": ["timeout"]}), json!({"retries": 0})] {
        let gateway = Setup::among(&targets, &balancer).start();
        assert_eq!(ask(&gateway, 2).await, ["502 upstream_unreachable", "well"]);
    }
}

#[tokio::test]
async fn each_target_is_asked_before_any_is_asked_again() {
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(Server::doing([refuses("503 Service Unavailable")]).await);
    }
    let all: Vec<&Server> = servers.iter().collect();
    let gateway = before(&all, &json!({"failover_criteria": ["http_503"], "retries": 4}));
    assert_eq!(ask(&gateway, 1).await, ["503 refused"]);
    let mut asked: Vec<usize> = servers.iter().map(Server::asked).collect();
    asked.sort_unstable();
    assert_eq!(asked, [1, 2, 2]);
}

#[tokio::test]
async fn the_request_is_translated_anew_for_each_provider() {
    let first = Server::doing([refuses("529 Overloaded")]).await;
    let second = Upstream::listen().await;
    let targets = [first.target("openai"), plugin("anthropic", &format!("http://{}", second.addr))];
    let gateway = Setup::among(&targets, &json!({"failover_criteria": ["http_500"], "retries": 1})).start();
    // 529 is none of those that can be named.
    assert!(ask(&gateway, 1).await[0].starts_with("529"), "not a criterion");
    let answer = async {
        let mut call = second.call().await;
        assert!(call.head.starts_with("POST /v1/messages "), "{}", call.head);
        assert!(call.field("x-api-key").is_some() && call.field("authorization").is_none());
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(body["messages"][0]["content"][0]["text"], "Hello");
        assert_eq!(body["max_tokens"], 256);
        let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": null,
            "content": [{"type": "text", "text": "from another"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 3, "output_tokens": 2}});
        call.write(status("200 OK", &message.to_string())).await;
        call.close().await;
    };
    let first = Server::doing([refuses("500 Internal Server Error")]).await;
    let targets = [first.target("openai"), targets[1].clone()];
    let gateway = Setup::among(&targets, &json!({"failover_criteria": ["http_500"], "retries": 1})).start();
    let (reply, ()) = tokio::join!(chat(&gateway, ASK), answer);
    assert_eq!(words(&reply), "from another");
    assert_eq!(reply.field("x-kong-llm-model"), Some("anthropic/m"));
}

#[tokio::test]
async fn a_429_sets_its_target_aside_for_as_long_as_it_says() {
    let limited = |wait: &str| {
        let line = format!("429 Too Many Requests\r\n{wait}");
        vec![refuses(&line), says("first")]
    };
    let criteria = json!({"failover_criteria": ["http_429"], "retries": 1});
    let first = Server::doing(limited("retry-after: 60")).await;
    let second = Server::saying("second").await;
    let gateway = before(&[&first, &second], &criteria);
    assert_eq!(ask(&gateway, 5).await, ["second"; 5]);
    assert_eq!(first.asked(), 1);
    // Without a time, it is only left for this one call.
    let first = Server::doing(limited("x-other: 60")).await;
    let gateway = before(&[&first, &second], &criteria);
    let answers = ask(&gateway, 5).await;
    assert!(answers[0] == "second" && answers[1..].contains(&"first".to_owned()), "{answers:?}");
    // After its time it is asked again.
    let first = Server::doing(limited("retry-after-ms: 300")).await;
    let gateway = before(&[&first, &second], &criteria);
    let start = Instant::now();
    assert_eq!(ask(&gateway, 1).await, ["second"]);
    while ask(&gateway, 1).await[0] != "first" {}
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn where_all_want_to_be_left_alone_the_client_is_told_until_when() {
    let line = "429 Too Many Requests\r\nretry-after: 60";
    let (first, second) = (Server::doing([refuses(line)]).await, Server::doing([refuses(line)]).await);
    let gateway = before(&[&first, &second], &json!({"failover_criteria": ["http_429"], "retries": 5}));
    // The provider's own word, once all were asked.
    let reply = chat(&gateway, ASK).await;
    assert_eq!((reply.status, reply.field("retry-after")), (429, Some("60")));
    // And then the gateway's, without asking any.
    let reply = chat(&gateway, ASK).await;
    assert_eq!(reply.error(), (429, "rate_limit_exceeded".to_owned()));
    let wait: u64 = reply.field("retry-after").unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert!(reply.text().contains("failure to get a peer from the ring-balancer"));
    assert_eq!((first.asked(), second.asked()), (1, 1));
}

#[tokio::test]
async fn an_outage_of_all_is_not_multiplied() {
    let (first, second) = (
        Server::doing([refuses("503 Service Unavailable")]).await,
        Server::doing([refuses("503 Service Unavailable")]).await,
    );
    let gateway = before(&[&first, &second], &json!({"failover_criteria": ["http_503"], "retries": 5}));
    let start = Instant::now();
    let calls = 200;
    let replies = join_all((0..calls).map(|_| chat(&gateway, ASK))).await;
    assert!(replies.iter().all(|reply| reply.status == 503));
    let asked = first.asked() + second.asked();
    // Each call once, a hundred more in ten seconds, and nothing for what is not answered: not six times as many.
    let tens = usize::try_from(start.elapsed().as_secs() / 10).unwrap() + 1;
    assert!(asked <= calls + 100 * tens, "{asked}");
    assert!(asked >= calls + 100, "{asked}");
}

#[tokio::test]
async fn calls_that_another_target_answers_take_nothing_of_the_budget() {
    let (first, second) =
        (Server::doing([refuses("503 Service Unavailable")]).await, Server::saying("well").await);
    let gateway = before(&[&first, &second], &json!({"failover_criteria": ["http_503"], "retries": 1}));
    for _ in 0..30 {
        let replies = join_all((0..10).map(|_| chat(&gateway, ASK))).await;
        assert!(replies.iter().all(|reply| words(reply) == "well"));
    }
    assert!(first.asked() >= 100, "{} of 300", first.asked());
}

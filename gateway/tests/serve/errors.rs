//! Every way in which an upstream fails, and what the client is told.

use std::time::Duration;

use tokio::net::TcpListener;

use super::port::Port;
use super::*;

#[tokio::test]
async fn a_providers_error_keeps_its_status_and_its_limits() {
    let body =
        r#"{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#;
    let head = "429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 7\r\nx-ratelimit-remaining-requests: 0\
                \r\nset-cookie: a=b\r\nx-internal: secret";
    for ask in [ASK, ASK_STREAM] {
        let reply = call(|setup| setup, ask, whole(head, body)).await;
        assert_eq!(reply.error(), (429, "rate_limit_exceeded".to_owned()));
        assert_eq!(reply.json()["error"]["message"], "slow down");
        assert_eq!(
            (reply.field("retry-after"), reply.field("x-ratelimit-remaining-requests")),
            (Some("7"), Some("0"))
        );
        assert_eq!((reply.field("set-cookie"), reply.field("x-internal")), (None, None));
    }
}

#[tokio::test]
async fn a_providers_error_is_told_in_openais_words() {
    let body =
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#;
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("anthropic", upstream.addr).start();
    let answer = async { upstream.call().await.write(json_reply("529 Overloaded", body)).await };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK), answer);
    assert_eq!(reply.json()["error"]["message"], "Overloaded");
    assert!(reply.status >= 500 && reply.json()["error"]["type"].is_string(), "{}", reply.text());
}

#[tokio::test]
async fn an_error_without_a_readable_body_is_an_error_all_the_same() {
    for body in ["", "<html>Bad Gateway</html>", "{"] {
        let reply = call(|setup| setup, ASK, whole("503 Down\r\ncontent-type: text/html", body)).await;
        assert_eq!(reply.status, 503, "{}", reply.text());
        assert!(reply.json()["error"]["message"].is_string());
        assert!(!reply.text().contains("html"));
    }
    let unread = whole("500 No\r\ncontent-type: application/json\r\ncontent-encoding: br", "???");
    assert_eq!(call(|setup| setup, ASK, unread).await.status, 500);
}

#[tokio::test]
async fn a_status_that_is_neither_good_nor_bad_is_a_bad_gateway() {
    for status in ["302 Found\r\nlocation: http://elsewhere/", "101 Switching Protocols", "304 Not Modified"]
    {
        let reply = call(|setup| setup, ASK, format!("HTTP/1.1 {status}\r\n\r\n")).await;
        assert_eq!((reply.status, reply.field("location")), (502, None), "{status}");
        assert!(reply.json()["error"]["message"].is_string());
    }
    let nothing = call(|setup| setup, ASK, "HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(nothing.error(), (502, "upstream_invalid_reply".to_owned()));
}

#[tokio::test]
async fn what_is_no_reply_is_a_bad_gateway() {
    let html = whole("200 OK\r\ncontent-type: text/html", "<html>login</html>");
    let brotli = whole("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: br", "???");
    let gzip = whole("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip", "not gzip");
    let cut = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n", "y".repeat(70_000));
    let cases: &[(&str, &[u8], &str)] = &[
        ("html", &html, "upstream_invalid_reply"),
        ("an empty body", &json_reply("200 OK", ""), "upstream_invalid_reply"),
        ("another coding", &brotli, "upstream_invalid_reply"),
        ("broken gzip", &gzip, "upstream_invalid_reply"),
        (
            "a stream",
            &whole("200 OK\r\ncontent-type: text/event-stream", "data: {}\n\n"),
            "upstream_malformed",
        ),
        ("no JSON", &json_reply("200 OK", "nope"), "upstream_malformed"),
        ("cut JSON", &json_reply("200 OK", &ANSWER[..60]), "upstream_malformed"),
        ("a cut body", cut.as_bytes(), "upstream_closed"),
        ("a cut head", b"HTTP/1.1 200 OK\r\ncontent-ty", "upstream_closed"),
        ("nothing", b"", "upstream_closed"),
        ("garbage", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "upstream_invalid_reply"),
        (
            "two lengths",
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
            "upstream_invalid_reply",
        ),
        ("an endless head", long.as_bytes(), "upstream_reply_too_long"),
    ];
    for (what, wire, code) in cases {
        let reply = call(|setup| setup, ASK, wire).await;
        assert_eq!(reply.error(), (502, (*code).to_owned()), "{what}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_stream_of_another_type_is_refused_before_it_begins() {
    // What is JSON may be a whole reply; but this is none.
    for (kind, code) in [("text/html", "upstream_invalid_reply"), ("application/json", "upstream_malformed")]
    {
        let reply =
            call(|setup| setup, ASK_STREAM, whole(&format!("200 OK\r\ncontent-type: {kind}"), "{}")).await;
        assert_eq!(reply.error(), (502, code.to_owned()));
    }
}

#[tokio::test]
async fn a_reply_that_is_too_long_is_not_read_on() {
    let body = ANSWER.replace("Hi", &"x".repeat(5000));
    let reply =
        call(|setup| setup.limits(|limits| limits.reply_bytes = 4000), ASK, json_reply("200 OK", &body))
            .await;
    assert_eq!(reply.error(), (502, "upstream_reply_too_long".to_owned()));
}

#[tokio::test]
async fn a_server_that_is_down_is_a_bad_gateway() {
    let down = Port::new();
    let gateway = Setup::new("openai", down.addr()).start();
    let reply = chat(&gateway, ASK).await;
    assert_eq!(reply.error(), (502, "upstream_unreachable".to_owned()));
    assert!(reply.text().contains("connection refused"), "{}", reply.text());
}

#[tokio::test]
async fn a_server_without_an_address_is_a_bad_gateway() {
    let nowhere = "http://nowhere.invalid/";
    let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap())
        .set("/model/options/upstream_url", nowhere)
        .start();
    assert_eq!(chat(&gateway, ASK).await.error(), (502, "upstream_unreachable".to_owned()));
}

#[tokio::test]
async fn a_server_that_says_nothing_times_out() {
    for (name, body) in
        [("read_timeout", ""), ("read_timeout", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")]
    {
        let upstream = Upstream::listen().await;
        let gateway = Setup::new("openai", upstream.addr).service(name, 50).start();
        let answer = async {
            let mut call = upstream.call().await;
            call.write(body).await;
            call.gone().await;
        };
        let (reply, ()) = tokio::join!(chat(&gateway, ASK), answer);
        assert_eq!(reply.error(), (504, "upstream_timeout".to_owned()));
    }
}

#[tokio::test]
async fn a_server_that_takes_nothing_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = Setup::new("openai", listener.local_addr().unwrap())
        .set("/max_request_body_size", 64 << 20)
        .service("write_timeout", 50)
        .start();
    let ask = ASK.replace("Hello", &"x".repeat(16 << 20));
    assert_eq!(chat(&gateway, &ask).await.error(), (504, "upstream_timeout".to_owned()));
}

#[tokio::test]
async fn the_whole_call_is_bounded() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("openai", upstream.addr).limits(|limits| limits.call = Duration::from_millis(50)).start();
    // It may be over before the upstream has heard of it.
    let reply = chat(&gateway, ASK).await;
    assert_eq!(reply.error(), (504, "upstream_timeout".to_owned()));
    assert!(reply.text().contains("the call took more than 50ms"), "{}", reply.text());
}

#[tokio::test]
async fn an_early_refusal_is_heard_before_all_is_sent() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).set("/max_request_body_size", 64 << 20).start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    drop(upstream);
    let gateway_to =
        Setup::new("openai", listener.local_addr().unwrap()).set("/max_request_body_size", 64 << 20).start();
    drop(gateway);
    let ask = ASK.replace("Hello", &"x".repeat(8 << 20));
    let answer = async {
        use tokio::io::AsyncWriteExt;
        let (mut socket, _) = listener.accept().await.unwrap();
        // Nothing of the request is read.
        let refusal = r#"{"error":{"message":"too long","type":"invalid_request_error","param":null,"code":"string_too_long"}}"#;
        socket.write_all(&json_reply("413 Too Large", refusal)).await.unwrap();
        socket
    };
    let (reply, _socket) = tokio::join!(chat(&gateway_to, &ask), answer);
    assert_eq!((reply.status, &reply.json()["error"]["message"]), (413, &json!("too long")));
}

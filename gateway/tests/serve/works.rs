//! Pictures of a provider that takes its time over them, and lets them lie at addresses.

use std::time::Duration;

use super::*;

const DRAW: &str = r#"{"prompt":"a hat","response_format":"b64_json"}"#;
const PENDING: &str = r#"{"output":{"task_id":"t-1","task_status":"PENDING"},"request_id":"r"}"#;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A route for pictures of this model, and a client that has asked for one.
async fn asked(upstream: &Upstream, model: &str, change: impl FnOnce(Setup) -> Setup) -> (Gateway, Client) {
    let setup = Setup::new("dashscope", upstream.addr)
        .set("/route_type", "image/v1/images/generations")
        .set("/model/name", model)
        .limits(|limits| limits.look = Duration::from_millis(1));
    let gateway = change(setup).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "content-type: application/json\r\n", DRAW).await;
    (gateway, client)
}

fn done(status: &str, more: &str) -> String {
    format!(r#"{{"output":{{"task_id":"t-1","task_status":"{status}"{more}}},"request_id":"r"}}"#)
}

fn picture(address: &str) -> Vec<u8> {
    json_reply("200 OK", &done("SUCCEEDED", &format!(r#","results":[{{"url":"{address}"}}]"#)))
}

fn png(status: &str) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-type: image/png\r\ncontent-length: {}\r\n\r\n", PNG.len());
    [head.as_bytes(), PNG].concat()
}

#[tokio::test]
async fn a_task_is_looked_at_until_it_is_over_and_its_picture_looked_up() {
    let upstream = Upstream::listen().await;
    let (_gateway, mut client) = asked(&upstream, "wan2.2-t2i-flash", |setup| setup).await;
    let mut call = upstream.call().await;
    assert!(
        call.head.starts_with("POST /api/v1/services/aigc/text2image/image-synthesis HTTP/1.1\r\n"),
        "{}",
        call.head
    );
    assert_eq!(call.field("x-dashscope-async"), Some("enable"));
    call.write(json_reply("200 OK", PENDING)).await;
    let address = format!("http://{}/generated/a.png?Expires=1&Signature=x%2B", upstream.addr);
    for reply in
        [json_reply("200 OK", PENDING), json_reply("200 OK", &done("RUNNING", "")), picture(&address)]
    {
        call = call.next().await.unwrap();
        assert!(call.head.starts_with("GET /api/v1/tasks/t-1 HTTP/1.1\r\n"), "{}", call.head);
        assert_eq!(call.field("authorization"), Some(&*format!("Bearer {KEY}")));
        call.write(reply).await;
    }
    let mut call = call.next().await.unwrap();
    assert!(
        call.head.starts_with("GET /generated/a.png?Expires=1&Signature=x%2B HTTP/1.1\r\n"),
        "{}",
        call.head
    );
    assert!(
        !call.head.contains(KEY) && call.field("authorization").is_none(),
        "no key goes to an address: {}",
        call.head
    );
    call.write(png("200 OK")).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, &reply.json()["data"][0]["b64_json"]), (200, &json!("iVBORw0KGgo=")));
}

#[tokio::test]
async fn a_task_lies_beside_the_path_that_is_configured() {
    for path in ["/proxy", "/proxy/api/v1", "/proxy/api/v1/services/aigc/text2image/image-synthesis"] {
        let upstream = Upstream::listen().await;
        let url = format!("http://{}{path}", upstream.addr);
        let place = |setup: Setup| setup.set("/model/options/upstream_url", url);
        let (_gateway, mut client) = asked(&upstream, "wan2.2-t2i-flash", place).await;
        let mut call = upstream.call().await;
        let own = "POST /proxy/api/v1/services/aigc/text2image/image-synthesis ";
        assert!(call.head.starts_with(own), "{path}: {}", call.head);
        call.write(json_reply("200 OK", PENDING)).await;
        let mut call = call.next().await.unwrap();
        assert!(call.head.starts_with("GET /proxy/api/v1/tasks/t-1 "), "{path}: {}", call.head);
        call.write(json_reply("200 OK", &done("FAILED", r#","code":"InternalError","message":"so it is""#)))
            .await;
        let (status, _) = client.reply().await.error();
        assert_eq!(status, 502, "{path}");
    }
}

#[tokio::test]
async fn nothing_is_looked_up_where_its_provider_keeps_none() {
    for address in [
        "http://169.254.169.254/latest/meta-data/",
        "http://a.aliyuncs.com/a.png",
        "https://evilaliyuncs.com/a.png",
        "ftp://a.aliyuncs.com/a.png",
        "/a.png",
        "no address",
    ] {
        let upstream = Upstream::listen().await;
        let (_gateway, mut client) = asked(&upstream, "wan2.2-t2i-flash", |setup| setup).await;
        upstream.call().await.write(picture(address)).await;
        let reply = client.reply().await;
        assert_eq!(reply.status, 502, "{address}: {}", reply.text());
        assert!(reply.text().contains("cannot be read"), "{address}: {}", reply.text());
    }
}

#[tokio::test]
async fn what_cannot_be_looked_up_fails_the_call() {
    let page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nno".to_vec();
    for (reply, status) in [(png("404 Not Found"), 502), (png("302 Found"), 502), (page, 502)] {
        let upstream = Upstream::listen().await;
        let (_gateway, mut client) = asked(&upstream, "qwen-image", |setup| setup).await;
        let mut call = upstream.call().await;
        call.write(picture(&format!("http://{}/a.png", upstream.addr))).await;
        call.next().await.unwrap().write(&reply).await;
        assert_eq!(client.reply().await.status, status, "{}", String::from_utf8_lossy(&reply));
    }
    // All of them together are no larger than one reply may be.
    let upstream = Upstream::listen().await;
    let (_gateway, mut client) =
        asked(&upstream, "qwen-image", |setup| setup.limits(|limits| limits.reply_bytes = 200)).await;
    let mut call = upstream.call().await;
    let two = format!(
        r#"{{"output":{{"results":[{{"url":"http://{0}/a.png"}},{{"url":"http://{0}/b.png"}}]}}}}"#,
        upstream.addr
    );
    call.write(json_reply("200 OK", &two)).await;
    let large = |size: usize| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: {size}\r\n\r\n{}",
            "x".repeat(size)
        )
    };
    let mut call = call.next().await.unwrap();
    call.write(large(150)).await;
    call.next().await.unwrap().write(large(51)).await;
    assert_eq!(client.reply().await.status, 502);
}

#[tokio::test]
async fn a_task_that_never_ends_ends_with_the_call() {
    let upstream = Upstream::listen().await;
    let soon = |setup: Setup| setup.limits(|limits| limits.call = Duration::from_secs(1));
    let (_gateway, mut client) = asked(&upstream, "wan2.2-t2i-flash", soon).await;
    let answers = async {
        let mut call = Some(upstream.call().await);
        while let Some(mut now) = call {
            now.write(json_reply("200 OK", PENDING)).await;
            call = now.next().await;
        }
        // The gateway has let go; its client may hear of it a moment later.
        std::future::pending::<()>().await;
    };
    let reply = tokio::select! {
        reply = client.reply() => reply,
        () = answers => unreachable!("it waits for ever"),
    };
    assert_eq!(reply.status, 504, "{}", reply.text());
}

#[tokio::test]
async fn an_error_amid_a_task_is_the_clients() {
    let upstream = Upstream::listen().await;
    let (_gateway, mut client) = asked(&upstream, "wan2.2-t2i-flash", |setup| setup).await;
    let mut call = upstream.call().await;
    call.write(json_reply("200 OK", PENDING)).await;
    let error = r#"{"code":"Throttling.RateQuota","message":"slow down","request_id":"r"}"#;
    call.next().await.unwrap().write(json_reply("429 Too Many Requests", error)).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (429, &json!("rate_limit_exceeded")));
}

//! Responses that nobody waits for: queued, in progress, and then complete, failed or cancelled; and streams that are taken up again.

use std::time::Duration;

use super::log::Log;
use super::turns::{get, message, stream};
use super::vectors::until;
use super::*;

const JSON: &str = "content-type: application/json\r\n";

async fn start(setup: impl FnOnce(Setup) -> Setup) -> (Upstream, Gateway, Client) {
    let upstream = Upstream::listen().await;
    let made = Setup::new("anthropic", upstream.addr).set("/route_type", "llm/v1/responses");
    let gateway = setup(made).start();
    let client = Client::connect(gateway.addr()).await;
    (upstream, gateway, client)
}

/// Asks for a response in the background; its first word.
async fn leave(client: &mut Client) -> Value {
    client.post("/chat/v1/responses", JSON, r#"{"input":"a","background":true}"#).await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn id(response: &Value) -> &str {
    response["id"].as_str().unwrap()
}

/// The response once it is over.
async fn over(client: &mut Client, id: &str) -> Value {
    let mut found = Value::Null;
    until("the response is over", async || {
        found = get(client, "GET", id, "").await.json();
        !matches!(found["status"].as_str(), Some("queued" | "in_progress"))
    })
    .await;
    found
}

/// The names of events, and their numbers.
fn told(text: &str) -> (Vec<String>, Vec<u64>) {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.map(|data| serde_json::from_str::<Value>(data).unwrap());
    events
        .map(|event| (event["type"].as_str().unwrap().to_owned(), event["sequence_number"].as_u64().unwrap()))
        .unzip()
}

#[tokio::test]
async fn what_nobody_waits_for_is_made_all_the_same() {
    let (upstream, gateway, mut client) = start(|setup| setup).await;
    let queued = leave(&mut client).await;
    assert_eq!((&queued["status"], &queued["background"]), (&json!("queued"), &json!(true)));
    assert_eq!((&queued["output"], &queued["usage"]), (&json!([]), &Value::Null));
    drop(client);
    let mut call = upstream.call().await;
    let mut client = Client::connect(gateway.addr()).await;
    let begun = get(&mut client, "GET", id(&queued), "").await.json();
    let mut expected = queued.clone();
    expected["status"] = "in_progress".into();
    assert_eq!(begun, expected);
    let follow = json!({ "input": "so?", "previous_response_id": id(&queued) });
    client.post("/chat/v1/responses", JSON, &follow.to_string()).await;
    let refused = client.reply().await;
    assert_eq!(refused.error(), (400, "previous_response_in_progress".to_owned()));
    let text = format!("Previous response with id '{}' is not complete yet.", id(&queued));
    assert_eq!(refused.json()["error"]["message"], text);

    call.write(message("Hi")).await;
    let done = over(&mut client, id(&queued)).await;
    assert_eq!((&done["status"], &done["created_at"]), (&json!("completed"), &queued["created_at"]));
    assert_eq!(done["output"][1]["content"][0]["text"], "Hi");
    assert_eq!(done["usage"]["output_tokens"], 2);
    let cancelled =
        get(&mut client, "POST", &format!("{}/cancel", id(&queued)), "content-length: 0\r\n").await;
    assert_eq!(cancelled.json(), done, "what is over is left alone");
    let followed = get(&mut client, "GET", &format!("{}?stream=true", id(&queued)), "").await;
    assert_eq!(followed.error(), (400, "response_not_streamable".to_owned()));
}

#[tokio::test]
async fn what_it_took_is_told_once_it_is_over() {
    let log = Log::shared();
    let (upstream, _gateway, mut client) =
        start(|setup| setup.set("/logging", json!({ "log_statistics": true }))).await;
    let fields = format!("{JSON}x-request-id: background-1\r\n");
    client.post("/chat/v1/responses", &fields, r#"{"input":"a","background":true}"#).await;
    let queued = client.reply().await;
    assert_eq!(queued.field("x-request-id"), Some("background-1"));
    upstream.call().await.write(message("Hi")).await;
    let line = log.line("background-1").await;
    assert_eq!(
        (&line["ai.proxy.usage.completion_tokens"], &line["status"]),
        (&json!(2), &json!(200)),
        "{line}"
    );
    over(&mut client, id(&queued.json())).await;
    let lines = log.all(|line| line["request_id"] == "background-1");
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[tokio::test]
async fn what_the_client_did_wrong_it_is_told_at_once() {
    let (_upstream, _gateway, mut client) = start(|setup| setup).await;
    for (body, param) in [
        (json!({ "input": "a", "background": true, "store": false }), "store"),
        (json!({ "input": "a", "background": true, "tools": [{ "type": "web_search" }] }), "tools[0]"),
        (
            json!({ "input": "a", "background": true, "previous_response_id": "resp_x" }),
            "previous_response_id",
        ),
    ] {
        client.post("/chat/v1/responses", JSON, &body.to_string()).await;
        let refused = client.reply().await;
        assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!(param)), "{body}");
    }
    let (_upstream, _gateway, mut client) = start(|setup| setup.tagged("touchstone-store:false")).await;
    client.post("/chat/v1/responses", JSON, r#"{"input":"a","background":true}"#).await;
    let refused = client.reply().await;
    assert_eq!(refused.error(), (400, "unsupported_parameter".to_owned()));
    let text = "this route keeps no responses, and so makes none in the background";
    assert_eq!(refused.json()["error"]["message"], text);
}

#[tokio::test]
async fn what_the_provider_refuses_has_failed() {
    let (upstream, _gateway, mut client) = start(|setup| setup).await;
    let queued = leave(&mut client).await;
    let error = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#;
    upstream.call().await.write(json_reply("429 Too Many Requests", error)).await;
    let failed = over(&mut client, id(&queued)).await;
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["error"], json!({ "code": "rate_limit_exceeded", "message": "slow down" }));
    let queued = leave(&mut client).await;
    upstream.call().await.reset();
    let failed = over(&mut client, id(&queued)).await;
    assert_eq!((&failed["status"], &failed["error"]["code"]), (&json!("failed"), &json!("server_error")));
}

#[tokio::test]
async fn what_is_cancelled_or_deleted_is_stopped() {
    let (upstream, _gateway, mut client) = start(|setup| setup).await;
    let queued = leave(&mut client).await;
    let call = upstream.call().await;
    let path = format!("{}/cancel", id(&queued));
    for _ in 0..2 {
        let cancelled = get(&mut client, "POST", &path, "content-length: 0\r\n").await.json();
        assert_eq!((&cancelled["status"], &cancelled["id"]), (&json!("cancelled"), &queued["id"]));
    }
    call.gone().await;
    assert_eq!(get(&mut client, "GET", id(&queued), "").await.json()["status"], "cancelled");
    let queued = leave(&mut client).await;
    let call = upstream.call().await;
    assert_eq!(get(&mut client, "DELETE", id(&queued), "").await.json()["deleted"], true);
    call.gone().await;
    assert_eq!(get(&mut client, "GET", id(&queued), "").await.status, 404);
}

#[tokio::test]
async fn a_stream_is_taken_up_again_where_it_was_lost() {
    let (upstream, gateway, mut client) = start(|setup| setup).await;
    client.post("/chat/v1/responses", JSON, r#"{"input":"a","background":true,"stream":true}"#).await;
    let mut call = upstream.call().await;
    assert_eq!(client.head().await.field("content-type"), Some("text/event-stream; charset=utf-8"));
    let events = stream("Hi");
    let (first, rest) = events.split_at(events.find("event: content_block_stop").unwrap());
    call.begin_stream().await;
    call.chunk(first).await;
    let mut created = String::new();
    while !created.contains("response.in_progress") {
        created.push_str(&client.line().await);
    }
    let data = created.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let response = serde_json::from_str::<Value>(data).unwrap()["response"].take();
    assert_eq!(response["status"], "queued");
    // The client is lost, the stream is not.
    drop(client);
    let mut client = Client::connect(gateway.addr()).await;
    client
        .write(&format!(
            "GET /chat/v1/responses/{}?stream=true&starting_after=2 HTTP/1.1\r\nhost: g\r\n\r\n",
            id(&response)
        ))
        .await;
    client.head().await;
    call.chunk(rest).await;
    call.end_stream().await;
    let mut later = String::new();
    while !later.contains("event: response.completed") {
        later.push_str(&client.line().await);
    }
    let mut client = Client::connect(gateway.addr()).await;
    let all = get(&mut client, "GET", &format!("{}?stream=true", id(&response)), "").await;
    let (names, numbers) = told(all.text());
    assert_eq!(names[..3], ["response.created", "response.queued", "response.in_progress"]);
    assert_eq!(names.last().unwrap(), "response.completed");
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    assert!(
        later.contains(r#""sequence_number":3,"#) && !later.contains(r#""sequence_number":2,"#),
        "{later}"
    );
    for after in [0, 3, numbers.len() - 2, numbers.len() - 1, numbers.len() + 7] {
        let path = format!("{}?stream=true&starting_after={after}", id(&response));
        let (_, again) = told(get(&mut client, "GET", &path, "").await.text());
        assert_eq!(again, numbers[(after + 1).min(numbers.len())..]);
    }
    let refused =
        get(&mut client, "GET", &format!("{}?stream=true&starting_after=x", id(&response)), "").await;
    assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!("starting_after")));
    let done = over(&mut client, id(&response)).await;
    let last = all.text().trim_end().rsplit_once("data: ").unwrap().1;
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["response"], done);
    // A thought and what proves it are not told to who does not ask for it.
    assert!(!all.text().contains(".c2ln"));
}

#[tokio::test]
async fn a_stream_that_fails_says_so() {
    let (upstream, _gateway, mut client) = start(|setup| setup).await;
    client.post("/chat/v1/responses", JSON, r#"{"input":"a","background":true,"stream":true}"#).await;
    let error = r#"{"type":"error","error":{"type":"api_error","message":"broken"}}"#;
    upstream.call().await.write(json_reply("500 Internal Server Error", error)).await;
    let reply = client.reply().await;
    let (names, numbers) = told(reply.text());
    let expected =
        ["response.created", "response.queued", "response.in_progress", "error", "response.failed"];
    assert_eq!((names, numbers), (expected.map(str::to_owned).to_vec(), vec![0, 1, 2, 3, 4]));
    assert!(reply.text().contains(r#""message":"broken""#));
}

#[tokio::test]
async fn there_are_no_more_at_once_than_may_be() {
    let (upstream, _gateway, mut client) = start(|setup| setup.limits(|limits| limits.background = 1)).await;
    let queued = leave(&mut client).await;
    let mut call = upstream.call().await;
    client.post("/chat/v1/responses", JSON, r#"{"input":"a","background":true}"#).await;
    let refused = client.reply().await;
    assert_eq!(refused.error(), (429, "rate_limit_exceeded".to_owned()));
    let text = "too many responses are being made in the background";
    assert_eq!(refused.json()["error"]["message"], text);
    call.write(message("Hi")).await;
    over(&mut client, id(&queued)).await;
    let path = "/chat/v1/responses";
    until("there is room again", async || {
        client.post(path, JSON, r#"{"input":"a","background":true}"#).await;
        client.reply().await.status == 200
    })
    .await;
}

#[tokio::test]
async fn what_takes_too_long_has_failed() {
    let limits = |limits: &mut Limits| limits.background_for = Duration::from_secs(3);
    let (upstream, _gateway, mut client) = start(|setup| setup.limits(limits)).await;
    let queued = leave(&mut client).await;
    let call = upstream.call().await;
    let failed = over(&mut client, id(&queued)).await;
    assert_eq!(failed["status"], "failed");
    assert!(failed["error"]["message"].as_str().unwrap().contains("more than 3s"), "{failed}");
    call.gone().await;
}

#[tokio::test]
async fn a_stream_that_tells_too_much_says_that_it_failed() {
    let (upstream, _gateway, mut client) =
        start(|setup| setup.limits(|limits| limits.reply_bytes = 10_000)).await;
    client.post("/chat/v1/responses", JSON, r#"{"input":"a","background":true,"stream":true}"#).await;
    let mut call = upstream.call().await;
    let events = stream(&"x".repeat(10_000));
    call.begin_stream().await;
    call.chunk(&events[..events.find("event: content_block_stop").unwrap()]).await;
    let reply = client.reply().await;
    let (names, numbers) = told(reply.text());
    assert_eq!(names[names.len() - 2..], ["error", "response.failed"], "{names:?}");
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    let last = reply.text().trim_end().rsplit_once("data: ").unwrap().1;
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(over(&mut client, id(&last["response"])).await, last["response"]);
    call.gone().await;
}

mod shared {
    use super::super::databases::Redis;
    use super::super::kept;
    use super::*;

    #[tokio::test]
    async fn another_gateway_sees_how_far_it_is_and_stops_it() {
        let Some(redis) = Redis::start() else { return };
        let upstream = Upstream::listen().await;
        let (_one, mut mine) = kept::start(&redis, &upstream, |_| ()).await;
        let (_other, mut theirs) = kept::start(&redis, &upstream, |_| ()).await;
        let queued = leave(&mut mine).await;
        let mut call = upstream.call().await;
        assert_eq!(get(&mut theirs, "GET", id(&queued), "").await.json()["status"], "in_progress");
        let followed = get(&mut theirs, "GET", &format!("{}?stream=true", id(&queued)), "").await;
        assert_eq!(followed.error(), (400, "response_not_streamable".to_owned()));
        let text = "This response cannot be streamed here, because another gateway makes it: look at it without stream.";
        assert_eq!(followed.json()["error"]["message"], text);
        call.write(message("Hi")).await;
        assert_eq!(over(&mut theirs, id(&queued)).await["status"], "completed");

        let queued = leave(&mut mine).await;
        let call = upstream.call().await;
        let path = format!("{}/cancel", id(&queued));
        let cancelled = get(&mut theirs, "POST", &path, "content-length: 0\r\n").await.json();
        assert_eq!(cancelled["status"], "cancelled");
        call.gone().await;
        assert_eq!(get(&mut mine, "GET", id(&queued), "").await.json()["status"], "cancelled");
    }

    #[tokio::test]
    async fn what_is_still_coming_when_the_gateway_goes_is_made() {
        let Some(redis) = Redis::start() else { return };
        let upstream = Upstream::listen().await;
        let (_other, mut theirs) = kept::start(&redis, &upstream, |_| ()).await;
        let (one, mut mine) = kept::start(&redis, &upstream, |_| ()).await;
        let body = r#"{"input":"a","background":true}"#;
        let head = format!("{JSON}expect: 100-continue\r\ncontent-length: {}\r\n", body.len());
        mine.write(&format!("POST /chat/v1/responses HTTP/1.1\r\nhost: gateway\r\n{head}\r\n")).await;
        assert_eq!(mine.head().await.status, 100);
        let mut gone = Client::connect(one.addr()).await;
        let going = tokio::spawn(one.shutdown());
        gone.gone().await;
        mine.write(body).await;
        let queued = mine.reply().await.json();
        let mut call = upstream.call().await;
        call.write(message("Hi")).await;
        going.await.unwrap();
        assert_eq!(get(&mut theirs, "GET", id(&queued), "").await.json()["status"], "completed");
    }

    #[tokio::test]
    async fn a_gateway_that_goes_waits_for_it_or_ends_it() {
        let Some(redis) = Redis::start() else { return };
        let upstream = Upstream::listen().await;
        let (_other, mut theirs) = kept::start(&redis, &upstream, |_| ()).await;
        let (one, mut mine) = kept::start(&redis, &upstream, |_| ()).await;
        let queued = leave(&mut mine).await;
        let mut call = upstream.call().await;
        let going = tokio::spawn(one.shutdown());
        mine.gone().await;
        assert_eq!(get(&mut theirs, "GET", id(&queued), "").await.json()["status"], "in_progress");
        call.write(message("Hi")).await;
        going.await.unwrap();
        assert_eq!(get(&mut theirs, "GET", id(&queued), "").await.json()["status"], "completed");

        let brief = |limits: &mut Limits| limits.drain = Duration::from_millis(100);
        let (one, mut mine) = kept::start(&redis, &upstream, brief).await;
        let queued = leave(&mut mine).await;
        let call = upstream.call().await;
        one.shutdown().await;
        call.gone().await;
        let failed = get(&mut theirs, "GET", id(&queued), "").await.json();
        assert_eq!(failed["status"], "failed");
        let text = "the gateway was stopped before the response was complete";
        assert_eq!(failed["error"]["message"], text);
    }
}

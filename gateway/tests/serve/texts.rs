//! Every text in which the gateway itself refuses a call or gives one up, to the letter.

mod held;

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::*;

/// A request whose upstream is not there, and what its client is told.
struct Refused {
    setup: fn(Setup) -> Setup,
    head: &'static str,
    fields: &'static str,
    body: &'static str,
    status: u16,
    text: &'static str,
}

const JSON: &str = "content-type: application/json\r\n";
const HI: &str = r#"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#;

fn same(setup: Setup) -> Setup {
    setup
}

fn to_responses(setup: Setup) -> Setup {
    let anthropic = plugin("anthropic", "http://127.0.0.1:1");
    Setup { plugin: anthropic, ..setup }.set("/route_type", "llm/v1/responses")
}

fn without_model(mut setup: Setup) -> Setup {
    setup.plugin["model"].as_object_mut().unwrap().remove("name");
    setup
}

fn to_azure(setup: Setup) -> Setup {
    let options = json!({"azure_instance": "$(headers.x-i)", "azure_deployment_id": "d"});
    let model = json!({"provider": "azure", "name": "m", "options": options});
    Setup { plugin: json!({"route_type": "llm/v1/chat", "model": model}), ..setup }
}

const REFUSED: &[Refused] = &[
    Refused {
        setup: same,
        head: "POST /elsewhere",
        fields: JSON,
        body: HI,
        status: 404,
        text: "no Route matched with those values",
    },
    Refused {
        setup: same,
        head: "GET /chat",
        fields: "",
        body: "",
        status: 405,
        text: "this route takes POST only",
    },
    Refused {
        setup: same,
        head: "POST /chat",
        fields: "content-type: text/plain\r\n",
        body: HI,
        status: 415,
        text: "content-type header does not match request body, or bad JSON formatting",
    },
    Refused {
        setup: same,
        head: "POST /chat",
        fields: "content-encoding: gzip\r\n",
        body: HI,
        status: 415,
        text: "request bodies with a content-encoding are not supported",
    },
    Refused {
        setup: |setup| setup.set("/max_request_body_size", 10),
        head: "POST /chat",
        fields: JSON,
        body: HI,
        status: 413,
        text: "request body is larger than the 10 bytes that are allowed here",
    },
    Refused {
        setup: same,
        head: "POST /chat",
        fields: JSON,
        body: r#"{"model":"o","messages":[{"role":"user","content":"Hi"}]}"#,
        status: 400,
        text: "cannot use own model - must be: m",
    },
    Refused {
        setup: without_model,
        head: "POST /chat",
        fields: JSON,
        body: r#"{"messages":[{"role":"user","content":"Hi"}]}"#,
        status: 400,
        text: "model parameter not found in request, nor in gateway configuration",
    },
    Refused {
        setup: |setup| setup.set("/response_streaming", "deny"),
        head: "POST /chat",
        fields: JSON,
        body: r#"{"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#,
        status: 400,
        text: "response streaming is not enabled for this LLM",
    },
    Refused {
        setup: |setup| setup.set("/model/name", "$(query_params.m)"),
        head: "POST /chat",
        fields: JSON,
        body: HI,
        status: 400,
        text: "query_params key m was not provided",
    },
    Refused {
        setup: |setup| setup.set("/model/options/upstream_url", "http://$(headers.x-h)/"),
        head: "POST /chat",
        fields: "x-h: a/..\r\n",
        body: HI,
        status: 400,
        text: "headers key x-h cannot be part of an address",
    },
    Refused {
        setup: |setup| setup.set("/route_type", "realtime/v1/realtime"),
        head: "GET /chat/v1/realtime",
        fields: "",
        body: "",
        status: 426,
        text: "this route opens WebSockets, version 13, by GET over HTTP/1.1",
    },
    Refused {
        setup: |setup| setup.set("/llm_format", "anthropic"),
        head: "POST /chat/v1/messages/count_tokens",
        fields: JSON,
        body: HI,
        status: 404,
        text: "this route translates /v1/messages only, and no other path of that API",
    },
    Refused {
        setup: to_responses,
        head: "GET /chat/v1/responses/resp_1",
        fields: "",
        body: "",
        status: 404,
        text: "Response with id 'resp_1' not found.",
    },
    Refused {
        setup: to_responses,
        head: "POST /chat/v1/responses",
        fields: JSON,
        body: r#"{"input":"Hi","previous_response_id":"resp_1"}"#,
        status: 400,
        text: "Previous response with id 'resp_1' not found.",
    },
    Refused {
        setup: to_responses,
        head: "POST /chat/v1/responses",
        fields: JSON,
        body: r#"{"input":"Hi","background":true,"store":false}"#,
        status: 400,
        text: "what is made in the background is stored: 'store' must not be false",
    },
    Refused {
        setup: |setup| to_responses(setup).set("/route_type", "llm/v1/files"),
        head: "GET /chat/v1/files/file-1",
        fields: "",
        body: "",
        status: 404,
        text: "no such File object: file-1",
    },
    Refused {
        setup: same,
        head: "POST /chat",
        fields: JSON,
        body: "",
        status: 400,
        text: "the request cannot be read: EOF while parsing a value at line 1 column 0",
    },
    Refused {
        setup: same,
        head: "POST /chat",
        fields: JSON,
        body: "{",
        status: 400,
        text: "the request cannot be read: EOF while parsing an object at line 1 column 1",
    },
    Refused {
        setup: same,
        head: "POST /chat",
        fields: JSON,
        body: r#"{"messages":[]}"#,
        status: 400,
        text: "messages must be a list that holds at least one message",
    },
    Refused {
        setup: same,
        head: "POST /chat",
        fields: JSON,
        body: r#"{"prompt":"Hi"}"#,
        status: 400,
        text: "messages must be a list that holds at least one message",
    },
    Refused {
        setup: to_azure,
        head: "POST /chat",
        fields: "x-i: a/b\r\n",
        body: HI,
        status: 400,
        text: "the request's address cannot be part of a request to the upstream server",
    },
    Refused {
        setup: same,
        head: "POST /chat",
        fields: JSON,
        body: HI,
        status: 502,
        text: "cannot connect to the upstream server: connection refused",
    },
    Refused {
        setup: |setup| setup.set("/route_type", "llm/v1/files"),
        head: "GET /chat/files/..%2fx",
        fields: "",
        body: "",
        status: 400,
        text: "this is no path of this API",
    },
];

async fn send(gateway: &Gateway, head: &str, fields: &str, body: &str) -> client::Reply {
    let mut client = Client::connect(gateway.addr()).await;
    let length = body.len();
    client
        .write(&format!("{head} HTTP/1.1\r\nhost: gateway\r\n{fields}content-length: {length}\r\n\r\n{body}"))
        .await;
    client.reply().await
}

/// Sees that this is the whole text, in OpenAI's shape, unless the client speaks Anthropic's dialect.
fn told(reply: &client::Reply, status: u16, text: &str) {
    assert_eq!((reply.status, reply.json()["error"]["message"].as_str()), (status, Some(text)));
    let kind = if status < 500 { "invalid_request_error" } else { "server_error" };
    assert!(reply.json()["type"] == "error" || reply.json()["error"]["type"] == kind, "{}", reply.text());
}

#[tokio::test]
async fn a_request_is_refused_in_these_words() {
    for Refused { setup, head, fields, body, status, text } in REFUSED {
        let gateway = setup(Setup::new("openai", "127.0.0.1:1".parse().unwrap())).start();
        told(&send(&gateway, head, fields, body).await, *status, text);
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_told_of() {
    let start = || Setup::new("openai", "127.0.0.1:1".parse().unwrap());
    let gateway = start().limits(|limits| limits.body = Duration::from_millis(50)).start();
    let head = "POST /chat HTTP/1.1\r\nhost: gateway\r\ncontent-length: 50\r\n\r\n{";
    let mut client = Client::connect(gateway.addr()).await;
    client.write(head).await;
    told(&client.reply().await, 408, "request body did not arrive within 50ms");
    let gateway = start().start();
    let mut client = Client::connect(gateway.addr()).await;
    client.write(head).await;
    client.socket.shutdown().await.unwrap();
    told(&client.reply().await, 400, "request body ended early");
}

#[tokio::test]
async fn a_reply_that_is_none_is_given_up_in_these_words() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n", "y".repeat(70_000)).into_bytes();
    let large = json_reply("200 OK", &ANSWER.replace("Hi", &"x".repeat(5000)));
    for (wire, text) in [
        (
            whole("200 OK\r\ncontent-type: text/html", "<html>"),
            "an invalid response was received from the upstream server: expected application/json, not text/html",
        ),
        (
            whole("200 OK\r\ncontent-encoding: br", "???"),
            "an invalid response was received from the upstream server: cannot undo its content-encoding br",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(),
            "an invalid response was received from the upstream server: it ended in the middle",
        ),
        (long, "an invalid response was received from the upstream server: its head is too long"),
        (large, "an invalid response was received from the upstream server: its body is too long"),
        (
            Vec::new(),
            "an invalid response was received from the upstream server: it closed the connection without a reply",
        ),
        (
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(),
            "an invalid response was received from the upstream server: its reply is not HTTP/1",
        ),
        (
            json_reply("200 OK", ""),
            "an invalid response was received from the upstream server: no response body found",
        ),
    ] {
        let reply = call(|setup| setup.limits(|limits| limits.reply_bytes = 4000), ASK, wire).await;
        told(&reply, 502, text);
    }
}

#[tokio::test]
async fn an_upstream_that_takes_its_time_is_given_up_in_these_words() {
    let upstream = Upstream::listen().await;
    let waiting = async |setup: Setup, ask: &str| {
        let gateway = setup.start();
        let holding = async {
            let socket = upstream.accept().await;
            std::future::pending::<()>().await;
            drop(socket);
        };
        tokio::select! { reply = chat(&gateway, ask) => reply, () = holding => unreachable!() }
    };
    let setup = || Setup::new("openai", upstream.addr).service("retries", 0);
    let reply = waiting(setup().service("read_timeout", 50), ASK).await;
    told(&reply, 504, "the upstream server is timing out: nothing was received for 50ms");
    let reply = waiting(setup().limits(|limits| limits.call = Duration::from_millis(50)), ASK).await;
    told(&reply, 504, "the upstream server is timing out: the call took more than 50ms");
    let long = ASK.replace("Hello", &"x".repeat(24 << 20));
    let large = setup().set("/max_request_body_size", 32 << 20).service("write_timeout", 50);
    told(
        &waiting(large, &long).await,
        504,
        "the upstream server is timing out: it did not take the request within 50ms",
    );
    // To connect is to shake hands as well.
    let secure = setup().set("/model/options/upstream_url", format!("https://{}", upstream.addr));
    let reply = waiting(secure.service("connect_timeout", 50), ASK).await;
    told(&reply, 504, "the upstream server is timing out: no connection within 50ms");
}

#[tokio::test]
async fn who_has_no_target_left_is_told_why() {
    let down = plugin("openai", "http://127.0.0.1:1");
    let balancer = json!({"max_fails": 1, "fail_timeout": 60_000, "retries": 0});
    let gateway = Setup::among(&[down], &balancer).start();
    told(&chat(&gateway, ASK).await, 502, "cannot connect to the upstream server: connection refused");
    let text = "failure to get a peer from the ring-balancer: no target is healthy";
    told(&chat(&gateway, ASK).await, 503, text);
}

#[tokio::test]
async fn what_cannot_be_done_with_a_kept_response_is_said() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("anthropic", upstream.addr).set("/route_type", "llm/v1/responses").start();
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": "Hi" }], "stop_sequence": null, "usage": { "input_tokens": 1, "output_tokens": 2 },
    });
    let answer = async { upstream.call().await.write(json_reply("200 OK", &message.to_string())).await };
    let asked = send(&gateway, "POST /chat/v1/responses", JSON, r#"{"model":"m","input":"Hi"}"#);
    let (reply, ()) = tokio::join!(asked, answer);
    let at = format!("/chat/v1/responses/{}", reply.json()["id"].as_str().unwrap());
    for (head, status, text) in [
        (format!("POST {at}/cancel"), 400, "Cannot cancel a synchronous response."),
        (
            format!("GET {at}?stream=true"),
            400,
            "This response cannot be streamed, because it was not created with background=true and stream=true.",
        ),
        (format!("GET {at}/input_items?after=item_1"), 404, "Item with id 'item_1' not found."),
    ] {
        told(&send(&gateway, &head, "", "").await, status, text);
    }
}

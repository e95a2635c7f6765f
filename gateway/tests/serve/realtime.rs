//! Realtime sessions: the key, the model and the limits are the gateway's, every message is not.

use futures_util::{SinkExt, StreamExt};
use http::HeaderMap;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

use super::log::Log;
use super::*;

type Socket = WebSocketStream<TcpStream>;

/// What a provider's server is asked with.
struct Asked {
    path: String,
    headers: HeaderMap,
}

/// Opens a session through the gateway, with these fields besides those of the handshake.
async fn open(
    gateway: &Gateway,
    path: &str,
    fields: &[(&'static str, &str)],
) -> Result<(Socket, HeaderMap), Box<http::Response<Option<Vec<u8>>>>> {
    let mut request = format!("ws://{}/chat{path}", gateway.addr()).into_client_request().unwrap();
    for (name, value) in fields {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let socket = TcpStream::connect(gateway.addr()).await.unwrap();
    match client_async(request, socket).await {
        Ok((socket, response)) => Ok((socket, response.headers().clone())),
        Err(Error::Http(response)) => Err(response),
        Err(error) => panic!("{error}"),
    }
}

/// The provider's side of the next session; of the sub-protocols it takes `realtime`.
async fn answer(upstream: &Upstream) -> (Socket, Asked) {
    let mut asked = None;
    #[expect(clippy::result_large_err, reason = "the library says so")]
    let take = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let headers = request.headers().clone();
        let offered = headers.get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
        if offered.is_some_and(|offered| offered.split(", ").any(|one| one == "realtime")) {
            response.headers_mut().insert("sec-websocket-protocol", "realtime".parse().unwrap());
        }
        asked = Some(Asked { path: request.uri().to_string(), headers });
        Ok(response)
    };
    let socket = accept_hdr_async(upstream.accept().await, take).await.unwrap();
    (socket, asked.unwrap())
}

fn setup(upstream: &Upstream) -> Setup {
    Setup::new("openai", upstream.addr)
        .set("/route_type", "realtime/v1/realtime")
        .set("/logging", json!({"log_statistics": true}))
}

/// A session with both of its ends in hand.
async fn session(change: impl FnOnce(Setup) -> Setup, id: &str) -> (Gateway, Socket, Socket) {
    let upstream = Upstream::listen().await;
    let gateway = change(setup(&upstream)).start();
    let fields = [("x-request-id", id)];
    let (client, (server, _)) = tokio::join!(open(&gateway, "/v1/realtime", &fields), answer(&upstream));
    (gateway, client.unwrap().0, server)
}

/// The code and the reason with which it is closed; messages before that are passed over. Reads to the end, and so answers.
async fn closed(socket: &mut Socket) -> (u16, String) {
    let mut end = (1006, String::new());
    while let Some(Ok(message)) = socket.next().await {
        end = match message {
            Message::Close(Some(CloseFrame { code, reason })) => (code.into(), reason.to_string()),
            Message::Close(None) => (1005, String::new()),
            _ => end,
        };
    }
    end
}

#[tokio::test]
async fn every_message_passes_as_it_is() {
    let (_gateway, mut client, mut server) = session(|setup| setup, "realtime-pass").await;
    let large = "é".repeat(1 << 20);
    for message in [
        Message::text("{\"type\" : \"session.update\",\n \"odd\": 1e400}"),
        Message::binary([0, 159, 146, 150].as_slice()),
        Message::text(""),
        Message::text(large),
    ] {
        client.send(message.clone()).await.unwrap();
        assert_eq!(server.next().await.unwrap().unwrap(), message);
        server.send(message.clone()).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), message);
    }
}

#[tokio::test]
async fn the_upstream_sees_the_gateways_key_and_no_other() {
    let upstream = Upstream::listen().await;
    let gateway = setup(&upstream).start();
    let fields = [
        ("authorization", "Bearer of-the-client"),
        ("openai-beta", "realtime=v1"),
        ("sec-websocket-protocol", "realtime, openai-insecure-api-key.of-the-client"),
        ("cookie", "of-the-client"),
        ("sec-websocket-extensions", "permessage-deflate"),
    ];
    let asking = open(&gateway, "/v1/realtime?voice=alloy", &fields);
    let (client, (_server, asked)) = tokio::join!(asking, answer(&upstream));
    assert_eq!(asked.path, "/v1/realtime?model=m&voice=alloy");
    assert_eq!(asked.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(asked.headers["openai-beta"], "realtime=v1");
    assert_eq!(asked.headers["sec-websocket-protocol"], "realtime");
    assert!(!format!("{:?}", asked.headers).contains("of-the-client"), "{:?}", asked.headers);
    assert!(!asked.headers.contains_key("sec-websocket-extensions"));
    let (_, headers) = client.unwrap();
    assert_eq!(headers["sec-websocket-protocol"], "realtime");
    assert_eq!(headers["x-kong-llm-model"], "openai/m");
    assert!(headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn azure_is_asked_at_its_own_paths() {
    for (version, path) in [
        (None, "/openai/realtime?api-version=2024-10-01-preview&deployment=d"),
        (Some("v1"), "/openai/v1/realtime?model=d"),
    ] {
        let upstream = Upstream::listen().await;
        let mut made = setup(&upstream).set("/model/provider", "azure");
        made = made.set("/model/name", "d").set("/model/options/azure_instance", "i");
        made = made.set("/model/options/azure_deployment_id", "d");
        made = made.set("/model/options/azure_api_version", version.unwrap_or("2024-10-01-preview"));
        let gateway = made.start();
        let (client, (_, asked)) = tokio::join!(open(&gateway, "", &[]), answer(&upstream));
        assert!(client.is_ok());
        assert_eq!(asked.path, path);
    }
}

#[tokio::test]
async fn a_model_of_the_clients_own_is_refused() {
    let upstream = Upstream::listen().await;
    let gateway = setup(&upstream).start();
    let refused = open(&gateway, "/v1/realtime?model=other", &[]).await.unwrap_err();
    assert_eq!(refused.status(), 400);
    let body: Value = serde_json::from_slice(refused.body().as_ref().unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "model_not_allowed");
}

#[tokio::test]
async fn what_opens_no_websocket_is_told_so() {
    let upstream = Upstream::listen().await;
    let gateway = setup(&upstream).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.write("GET /chat/v1/realtime HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
    let reply = client.reply().await;
    assert_eq!(reply.error(), (426, "websocket_required".to_owned()));
    assert_eq!(
        (reply.field("upgrade"), reply.field("sec-websocket-version")),
        (Some("websocket"), Some("13"))
    );
    client.post("/chat/v1/realtime", "", "{}").await;
    assert_eq!(client.reply().await.error(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn an_upstreams_refusal_is_told_in_openais_words() {
    let upstream = Upstream::listen().await;
    let gateway = setup(&upstream).start();
    let body =
        r#"{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#;
    for (reply, status, code) in [
        (json_reply("401 Unauthorized", body), 401, "invalid_api_key"),
        (json_reply("200 OK", "{}"), 502, "upstream_invalid_reply"),
        (
            b"HTTP/1.1 101 Y\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n"
                .to_vec(),
            502,
            "upstream_invalid_reply",
        ),
    ] {
        let answer = async {
            let mut call = upstream.call().await;
            call.write(&reply).await;
            call.close().await;
        };
        let (refused, ()) = tokio::join!(open(&gateway, "/v1/realtime", &[]), answer);
        let refused = refused.unwrap_err();
        assert_eq!(refused.status(), status);
        let body: Value = serde_json::from_slice(refused.body().as_ref().unwrap()).unwrap();
        assert_eq!(body["error"]["code"], code);
    }
}

#[tokio::test]
async fn a_farewell_reaches_the_other_side() {
    for code in [1000, 1008, 4000] {
        let farewell = || Some(CloseFrame { code: code.into(), reason: "enough".into() });
        let (_gateway, mut client, mut server) = session(|setup| setup, "realtime-bye").await;
        server.send(Message::Close(farewell())).await.unwrap();
        assert_eq!(closed(&mut client).await, (code, "enough".to_owned()));
        let (_gateway, mut client, mut server) = session(|setup| setup, "realtime-bye").await;
        client.send(Message::Close(farewell())).await.unwrap();
        assert_eq!(closed(&mut server).await, (code, "enough".to_owned()));
    }
    let (_gateway, mut client, mut server) = session(|setup| setup, "realtime-bye").await;
    server.send(Message::Close(None)).await.unwrap();
    assert_eq!(closed(&mut client).await.0, 1005);
}

#[tokio::test]
async fn whoever_breaks_off_is_reported_to_the_other_side() {
    let (_gateway, mut client, server) = session(|setup| setup, "realtime-cut").await;
    drop(server);
    assert_eq!(closed(&mut client).await.0, 1011);
    let (_gateway, client, mut server) = session(|setup| setup, "realtime-cut").await;
    drop(client);
    assert_eq!(closed(&mut server).await.0, 1001);
}

#[tokio::test]
async fn a_message_may_be_so_long_and_no_longer() {
    let small = |setup: Setup| setup.limits(|limits| limits.message_bytes = 1000);
    let (_gateway, mut client, mut server) = session(small, "realtime-long").await;
    client.send(Message::text("x".repeat(1000))).await.unwrap();
    assert_eq!(server.next().await.unwrap().unwrap().len(), 1000);
    client.send(Message::text("x".repeat(1001))).await.unwrap();
    assert_eq!(closed(&mut client).await.0, 1009);
    assert_eq!(closed(&mut server).await.0, 1001);
}

#[tokio::test]
async fn silence_and_length_have_their_bounds() {
    let short = std::time::Duration::from_millis(50);
    for idle in [true, false] {
        let bound = |setup: Setup| {
            setup.limits(|limits| if idle { limits.session_idle = short } else { limits.session = short })
        };
        let (_gateway, mut client, mut server) = session(bound, "realtime-idle").await;
        let ((code, _), (other, _)) = tokio::join!(closed(&mut client), closed(&mut server));
        assert_eq!((code, other), (1001, 1001));
    }
}

#[tokio::test]
async fn a_gateway_that_goes_away_says_so() {
    let (gateway, mut client, mut server) = session(|setup| setup, "realtime-drain").await;
    let ends = async { tokio::join!(closed(&mut client), closed(&mut server)) };
    let ((), ((code, _), (other, _))) = tokio::join!(gateway.shutdown(), ends);
    assert_eq!((code, other), (1001, 1001));
}

#[tokio::test]
async fn all_that_a_session_costs_is_logged() {
    let log = Log::shared();
    let (_gateway, mut client, mut server) = session(|setup| setup, "realtime-cost").await;
    for (input, output) in [(10, 20), (35, 5)] {
        let usage = json!({"input_tokens": input, "output_tokens": output, "total_tokens": input + output,
            "input_token_details": {"cached_tokens": 1}});
        let done = json!({"type": "response.done", "response": {"usage": usage}}).to_string();
        server.send(Message::text(done)).await.unwrap();
        client.next().await.unwrap().unwrap();
    }
    client.close(Some(CloseFrame { code: 1000.into(), reason: "".into() })).await.unwrap();
    let line = log.line("realtime-cost").await;
    assert_eq!(line["ai.proxy.meta.request_mode"], "realtime");
    assert_eq!(line["ai.proxy.meta.request_model"], "m");
    assert_eq!(line["ai.proxy.usage.input_tokens"], 45);
    assert_eq!(line["ai.proxy.usage.output_tokens"], 25);
    assert_eq!(line["ai.proxy.usage.input_tokens_details.cached_tokens"], 2);
    assert_eq!((&line["status"], &line["outcome"]), (&json!(101), &json!("done")), "{line}");
    assert_eq!(line["websocket.close_code"], 1000);
}

/// Gemini's Live API, for Gemini's own clients.
async fn live(log_id: &str) -> (Gateway, Socket, Socket, Asked) {
    let upstream = Upstream::listen().await;
    let made = Setup::new("gemini", upstream.addr).set("/llm_format", "gemini");
    let auth = json!({"param_name": "key", "param_value": KEY, "param_location": "query"});
    let gateway = made.set("/auth", auth).set("/logging", json!({"log_statistics": true})).start();
    let path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=client";
    let fields = [("x-request-id", log_id)];
    let (client, (server, asked)) = tokio::join!(open(&gateway, path, &fields), answer(&upstream));
    (gateway, client.unwrap().0, server, asked)
}

#[tokio::test]
async fn geminis_own_sessions_pass_too() {
    let log = Log::shared();
    let (_gateway, mut client, mut server, asked) = live("realtime-live").await;
    let path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
    assert_eq!(asked.path, format!("{path}?key={KEY}"));
    client.send(Message::text(r#"{"setup":{"model":"models/m"}}"#)).await.unwrap();
    assert!(server.next().await.unwrap().unwrap().is_text());
    let turn = r#"{"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":3,"responseTokenCount":4,"totalTokenCount":7}}"#;
    server.send(Message::binary(turn.as_bytes())).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap().into_data(), turn.as_bytes());
    client.close(None).await.unwrap();
    let line = log.line("realtime-live").await;
    assert_eq!(line["ai.proxy.usage.total_tokens"], 7, "{line}");
}

#[tokio::test]
async fn the_model_of_a_live_session_is_the_files() {
    let (_gateway, mut client, mut server, _) = live("realtime-model").await;
    client.send(Message::text(r#"{"setup":{"model":"models/other"}}"#)).await.unwrap();
    assert_eq!(closed(&mut client).await.0, 1008);
    assert_eq!(closed(&mut server).await.0, 1001);
}

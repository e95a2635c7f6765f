//! Whole calls, with each provider on the other side.

use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::upstream::{DONE, anthropic};
use super::*;

async fn answering(server: &MockServer, template: ResponseTemplate) {
    Mock::given(method("POST")).respond_with(template).expect(1).mount(server).await;
}

#[tokio::test]
async fn openai_gets_and_gives_its_own_bytes() {
    let server = MockServer::start().await;
    let expected = json!({"model": "m", "messages": [{"role": "user", "content": "Hello"}]});
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", format!("Bearer {KEY}")))
        .and(header("content-type", "application/json"))
        .and(body_json(&expected))
        .respond_with(ResponseTemplate::new(200).set_body_raw(ANSWER, "application/json"))
        .expect(1)
        .mount(&server)
        .await;
    let gateway = Setup::new("openai", *server.address()).start();
    let reply = chat(&gateway, ASK).await;
    assert_eq!((reply.status, reply.text()), (200, ANSWER));
    assert_eq!(reply.field("content-type"), Some("application/json"));
    assert_eq!(reply.field("x-kong-llm-model"), Some("openai/m"));
    assert_eq!(reply.field("x-touchstone-dropped"), None);
}

#[tokio::test]
async fn anthropic_is_translated_both_ways() {
    let server = MockServer::start().await;
    let answer = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "stop_reason": "end_turn",
        "stop_sequence": null, "content": [{"type": "text", "text": "Hi"}],
        "usage": {"input_tokens": 3, "output_tokens": 4},
    });
    Mock::given(method("POST"))
        .and(path("/v1/messages"))
        .and(header("x-api-key", KEY))
        .and(header("anthropic-version", "2023-06-01"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(&server)
        .await;
    let gateway = Setup::new("anthropic", *server.address()).start();
    let reply = chat(&gateway, ASK).await;
    let body = reply.json();
    assert_eq!((reply.status, &body["choices"][0]["message"]["content"]), (200, &json!("Hi")));
    assert_eq!(body["usage"]["total_tokens"], 7);
    let sent: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    assert_eq!((&sent["max_tokens"], &sent["model"]), (&json!(256), &json!("m")));
}

#[tokio::test]
async fn bedrock_is_signed_as_aws_would() {
    let server = MockServer::start().await;
    let answer = json!({
        "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}}, "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}, "metrics": {"latencyMs": 1},
    });
    answering(&server, ResponseTemplate::new(200).set_body_json(answer)).await;
    let model = "arn:aws:bedrock:us-east-1:1:inference-profile/us.nova:0";
    let gateway = Setup::new("bedrock", *server.address()).set("/model/name", model).start();
    let reply = chat(&gateway, &ASK.replace("\"m\"", &format!("\"{model}\""))).await;
    assert_eq!((reply.status, &reply.json()["choices"][0]["message"]["content"]), (200, &json!("Hi")));
    let request = &server.received_requests().await.unwrap()[0];
    let encoded = model.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(request.url.path(), format!("/model/{encoded}/converse"));
    assert_eq!(request.headers["authorization"], signed_by_aws(request));
}

/// The `authorization` that AWS's own signer makes for a request that came.
fn signed_by_aws(request: &wiremock::Request) -> String {
    use aws_credential_types::Credentials;
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4::SigningParams;

    let value = |name: &str| request.headers[name].to_str().unwrap();
    let time: jiff::civil::DateTime =
        jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", value("x-amz-date")).unwrap();
    let identity = Credentials::new("AKIATOUCHSTONE000001", KEY, None, None, "test").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("bedrock")
        .time(time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().into())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let headers = ["host", "content-type"].map(|name| (name, value(name)));
    let url = format!("http://{}{}", value("host"), request.url.path());
    let body = SignableBody::Bytes(&request.body);
    let request = SignableRequest::new("POST", url, headers.into_iter(), body).unwrap();
    let (instructions, _) = sign(request, &params.into()).unwrap().into_parts();
    let mut fields = instructions.headers();
    fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization")).unwrap().1.to_owned()
}

#[tokio::test]
async fn a_stream_that_lies_ready_is_translated_to_its_done() {
    let server = MockServer::start().await;
    let texts: Vec<String> = (0..200).map(|index| format!("{index} ")).collect();
    let wire = anthropic(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    answering(&server, ResponseTemplate::new(200).set_body_raw(wire, "text/event-stream")).await;
    let gateway = Setup::new("anthropic", *server.address()).start();
    let reply = chat(&gateway, ASK_STREAM).await;
    assert_eq!(reply.content(), texts.concat());
    assert!(reply.complete && reply.text().ends_with(DONE));
}

#[tokio::test]
async fn what_cannot_be_carried_is_named() {
    let server = MockServer::start().await;
    let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "end_turn",
        "stop_sequence": null, "content": [], "usage": {"input_tokens": 1, "output_tokens": 1}});
    answering(&server, ResponseTemplate::new(200).set_body_json(answer)).await;
    let gateway = Setup::new("anthropic", *server.address()).start();
    let ask = ASK.replacen('{', r#"{"seed":7,"logit_bias":{"1":2},"#, 1);
    let reply = chat(&gateway, &ask).await;
    let dropped: Vec<_> = reply.field("x-touchstone-dropped").unwrap().split(", ").collect();
    assert!(dropped.contains(&"seed") && dropped.contains(&"logit_bias"), "{dropped:?}");
}

#[tokio::test]
async fn gzip_of_a_whole_reply_is_undone() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(ANSWER.as_bytes()).unwrap();
    let head = "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip";
    let reply = call(|setup| setup, ASK, whole(head, gzip.finish().unwrap())).await;
    assert_eq!((reply.status, reply.text(), reply.field("content-encoding")), (200, ANSWER, None));
}

#[tokio::test]
async fn interim_replies_are_passed_over() {
    let early = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let wire = [early.as_bytes(), &json_reply("200 OK", ANSWER)].concat();
    assert_eq!(call(|setup| setup, ASK, wire).await.text(), ANSWER);
}

#[tokio::test]
async fn a_reply_without_a_length_is_read_to_its_end() {
    let wire = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{ANSWER}");
    assert_eq!(call(|setup| setup, ASK, wire).await.text(), ANSWER);
    let (front, back) = ANSWER.split_at(100);
    let chunks = format!("{:x}\r\n{front}\r\n{:X}\r\n{back}\r\n0\r\n\r\n", front.len(), back.len());
    let wire = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
    assert_eq!(call(|setup| setup, ASK, wire).await.text(), ANSWER);
}

//! Calls that pass through, and what of them may be asked elsewhere.

use super::*;

/// Targets of a route type that passes through.
fn targets(servers: &[&Server], route_type: &str) -> Vec<Value> {
    let target = |server: &&Server| {
        let mut target = server.target("openai");
        target["route_type"] = json!(route_type);
        target
    };
    servers.iter().map(target).collect()
}

async fn post(gateway: &Gateway, path: &str, kind: &str, body: &str) -> Reply {
    let mut client = Client::connect(gateway.addr()).await;
    client.post(path, &format!("content-type: {kind}\r\n"), body).await;
    client.reply().await
}

const JSON: &str = "application/json";
const SPEECH: &str = r#"{"model":"m","input":"a","voice":"alloy"}"#;

#[tokio::test]
async fn a_body_that_is_here_is_sent_to_another() {
    let good = || Does::Says(whole("200 OK\r\ncontent-type: audio/mpeg\r\nconnection: close", "sound"));
    for deed in [Does::Says(Vec::new()), refuses("503 Service Unavailable")] {
        let (first, second) = (Server::doing([deed]).await, Server::doing([good()]).await);
        let balancer = json!({"failover_criteria": ["error", "http_503", "non_idempotent"], "retries": 1});
        let gateway = Setup::among(&targets(&[&first, &second], "audio/v1/audio/speech"), &balancer).start();
        let reply = post(&gateway, "/chat/v1/audio/speech", JSON, SPEECH).await;
        assert_eq!((reply.status, reply.text()), (200, "sound"));
        assert_eq!((first.asked(), second.asked()), (1, 1));
    }
}

#[tokio::test]
async fn a_body_that_flows_is_sent_to_another_as_long_as_nobody_was_reached() {
    let gone = Port::new();
    let second = Server::doing([Does::Says(status("200 OK", r#"{"ok":true}"#))]).await;
    let mut targets = targets(&[&second, &second], "preserve");
    targets[0]["model"]["options"]["upstream_url"] = json!(format!("http://{}", gone.addr()));
    let gateway = Setup::among(&targets, &json!({"retries": 1})).start();
    for _ in 0..2 {
        let reply = post(&gateway, "/chat/anything", "application/octet-stream", "bytes").await;
        assert_eq!((reply.status, reply.text()), (200, r#"{"ok":true}"#));
    }
    assert_eq!(second.asked(), 2);
}

#[tokio::test]
async fn a_body_that_flowed_to_one_is_not_there_for_another() {
    let (first, second) = (
        Server::doing([refuses("503 Service Unavailable")]).await,
        Server::doing([Does::Says(status("200 OK", "{}"))]).await,
    );
    let balancer = json!({"failover_criteria": ["http_503", "error", "non_idempotent"], "retries": 1});
    let gateway = Setup::among(&targets(&[&first, &second], "preserve"), &balancer).start();
    let reply = post(&gateway, "/chat/anything", "application/octet-stream", "bytes").await;
    assert_eq!(reply.status, 503);
    assert_eq!((first.asked(), second.asked()), (1, 0));
}

#[tokio::test]
async fn what_is_kept_is_found_where_it_is() {
    let (first, second) = (
        Server::doing([Does::Says(status("200 OK", r#"{"id":"file-1"}"#))]).await,
        Server::doing([Does::Says(status("200 OK", r#"{"id":"other"}"#))]).await,
    );
    let gateway = Setup::among(&targets(&[&first, &second], "llm/v1/files"), &json!({"retries": 3})).start();
    for _ in 0..4 {
        let mut client = Client::connect(gateway.addr()).await;
        client.write("GET /chat/v1/files/file-1 HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
        assert_eq!(client.reply().await.text(), r#"{"id":"file-1"}"#);
    }
    assert_eq!((first.asked(), second.asked()), (4, 0));
}

#[tokio::test]
async fn a_stream_of_a_providers_own_goes_on_at_another() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let well = super::super::upstream::anthropic(&["well"]);
    let ask = r#"{"model":"m","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;
    for broken in ["", "event: message_start\ndata: {\"type\":\"mess"] {
        let (first, second) = (
            Server::doing([Does::Says(format!("{head}{broken}").into_bytes())]).await,
            Server::doing([Does::Says(format!("{head}{well}").into_bytes())]).await,
        );
        let targets = [first.target("anthropic"), second.target("anthropic")];
        let balancer = json!({"failover_criteria": ["error", "non_idempotent"], "retries": 1});
        let gateway = Setup::among(&targets, &balancer).set("/llm_format", "anthropic").start();
        let reply = post(&gateway, "/chat/v1/messages", JSON, ask).await;
        assert_eq!((reply.status, reply.text()), (200, &*well), "{broken}");
        assert_eq!((first.asked(), second.asked()), (1, 1));
    }
}

#[tokio::test]
async fn pictures_are_made_elsewhere_and_in_that_ones_own_way() {
    // OpenAI's way fails, Gemini's own is translated.
    let first = Server::doing([refuses("500 Internal Server Error")]).await;
    let second = Upstream::listen().await;
    let mut targets = [first.target("openai"), plugin("gemini", &format!("http://{}", second.addr))];
    for target in &mut targets {
        target["route_type"] = json!("image/v1/images/generations");
        target["model"]["name"] = json!("imagen-4.0-generate-001");
    }
    let balancer = json!({"failover_criteria": ["http_500"], "retries": 1});
    let gateway = Setup::among(&targets, &balancer).start();
    let answer = async {
        let mut call = second.call().await;
        assert!(call.head.contains("/models/imagen-4.0-generate-001:predict"), "{}", call.head);
        let made = json!({"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": "aGk="}]});
        call.write(status("200 OK", &made.to_string())).await;
        call.close().await;
    };
    let ask = r#"{"model":"imagen-4.0-generate-001","prompt":"a cat"}"#;
    let (reply, ()) = tokio::join!(post(&gateway, "/chat/v1/images/generations", JSON, ask), answer);
    assert_eq!((reply.status, reply.json()["data"][0]["b64_json"].as_str()), (200, Some("aGk=")));
    assert_eq!(first.asked(), 1);
}

#[tokio::test]
async fn a_model_that_a_body_or_a_path_names_leads_to_its_target() {
    let servers = [
        Server::doing([Does::Says(status("200 OK", r#"{"n":1}"#))]).await,
        Server::doing([Does::Says(status("200 OK", r#"{"n":2}"#))]).await,
    ];
    let mut speech = targets(&[&servers[0], &servers[1]], "audio/v1/audio/speech");
    speech[1]["model"]["name"] = json!("other");
    let gateway = Setup::among(&speech, &json!({"retries": 0})).start();
    for _ in 0..2 {
        let ask = SPEECH.replace(r#""m""#, r#""other""#);
        assert_eq!(post(&gateway, "/chat/v1/audio/speech", JSON, &ask).await.text(), r#"{"n":2}"#);
        assert_eq!(post(&gateway, "/chat/v1/audio/speech", JSON, SPEECH).await.text(), r#"{"n":1}"#);
    }
    let mut native = servers.each_ref().map(|server| server.target("gemini"));
    native[1]["model"]["name"] = json!("other");
    let gateway = Setup::among(&native, &json!({"retries": 0})).set("/llm_format", "gemini").start();
    let ask = r#"{"contents":[{"role":"user","parts":[{"text":"a"}]}]}"#;
    for _ in 0..2 {
        for (model, answer) in [("other", r#"{"n":2}"#), ("m", r#"{"n":1}"#)] {
            let path = format!("/chat/v1beta/models/{model}:generateContent");
            assert_eq!(post(&gateway, &path, JSON, ask).await.text(), answer);
        }
    }
}

//! Videos whose provider has them in a form of its own: what goes up, what is refused here, and what is fetched from elsewhere.

use super::*;

const JSON: &str = "content-type: application/json\r\n";
const ARN: &str = "arn:aws:bedrock:us-east-1:123456789012:async-invoke/0a1b2c3d4e5f";

/// A gateway before Bedrock, and before the S3 that the environment names.
async fn reel() -> (Upstream, Upstream, Gateway, Client) {
    let (upstream, s3) = (Upstream::listen().await, Upstream::listen().await);
    let mut setup = Setup::new("bedrock", upstream.addr)
        .set("/route_type", "video/v1/videos/generations")
        .set("/model/name", "amazon.nova-reel-v1:1")
        .set("/model/options/bedrock/video_output_s3_uri", "s3://films/out");
    setup.plugin["model"]["options"].as_object_mut().unwrap().remove("max_tokens");
    setup.env.push(("AWS_ENDPOINT_URL_S3", format!("http://{}/store", s3.addr)));
    let gateway = setup.start();
    let client = Client::connect(gateway.addr()).await;
    (upstream, s3, gateway, client)
}

/// Begins a video, and says its id.
async fn begun(upstream: &Upstream, client: &mut Client, body: &str) -> (Value, String) {
    client.post("/chat/videos", JSON, body).await;
    let mut call = upstream.call().await;
    assert!(call.head.starts_with("POST /async-invoke HTTP/1.1\r\n"), "{}", call.head);
    assert!(call.head.contains("/us-east-1/bedrock/aws4_request"), "{}", call.head);
    let sent = serde_json::from_slice(&call.body).unwrap();
    call.write(json_reply("200 OK", &json!({ "invocationArn": ARN }).to_string())).await;
    call.close().await;
    let reply = client.reply().await;
    let video: Value = serde_json::from_str(reply.text()).unwrap();
    assert_eq!((reply.status, &video["status"]), (200, &json!("queued")));
    (sent, video["id"].as_str().unwrap().to_owned())
}

async fn looked(upstream: &Upstream, status: &str) {
    let mut call = upstream.call().await;
    let path = "/async-invoke/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aasync-invoke%2F0a1b2c3d4e5f";
    assert!(call.head.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{}", call.head);
    let found = json!({
        "invocationArn": ARN,
        "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-reel-v1:1",
        "status": status,
        "submitTime": "2026-01-01T00:00:00Z",
        "outputDataConfig": { "s3OutputDataConfig": { "s3Uri": "s3://films/out" } },
    });
    call.write(json_reply("200 OK", &found.to_string())).await;
    call.close().await;
}

async fn send(client: &mut Client, method: &str, path: &str) {
    client.write(&format!("{method} {path} HTTP/1.1\r\nhost: g\r\ncontent-length: 0\r\n\r\n")).await;
}

#[tokio::test]
async fn a_video_is_fetched_from_where_it_was_left() {
    let (upstream, s3, _gateway, mut client) = reel().await;
    let ask = r#"{"prompt":"a hat","seconds":"12","extra_body":{"seed":7}}"#;
    let (sent, id) = begun(&upstream, &mut client, ask).await;
    let config = json!({ "durationSeconds": 12, "dimension": "1280x720", "fps": 24, "seed": 7 });
    assert_eq!(sent["modelInput"]["videoGenerationConfig"], config);
    assert_eq!(sent["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"], "s3://films/out");

    send(&mut client, "GET", &format!("/chat/videos/{id}/content")).await;
    looked(&upstream, "InProgress").await;
    let early = client.reply().await;
    let text = "Video is not ready yet, use GET /v1/videos/{video_id} to check status.";
    assert_eq!((early.status, early.text().contains(text)), (404, true), "{}", early.text());

    send(&mut client, "GET", &format!("/chat/videos/{id}/content")).await;
    looked(&upstream, "Completed").await;
    let mut call = s3.call().await;
    let path = "GET /store/films/out/0a1b2c3d4e5f/output.mp4 HTTP/1.1\r\n";
    assert!(call.head.starts_with(path), "{}", call.head);
    assert!(call.head.contains("/us-east-1/s3/aws4_request"), "{}", call.head);
    // The hash of nothing, by SHA-256.
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(call.field("x-amz-content-sha256"), Some(nothing));
    call.write("HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 4\r\n\r\nfilm").await;
    call.close().await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.field("content-type"), reply.text()), (200, Some("video/mp4"), "film"));

    send(&mut client, "DELETE", &format!("/chat/videos/{id}")).await;
    looked(&upstream, "Completed").await;
    let mut call = s3.call().await;
    assert!(call.head.starts_with("DELETE /store/films/out/0a1b2c3d4e5f/output.mp4 "), "{}", call.head);
    call.write("HTTP/1.1 204 No Content\r\n\r\n").await;
    let reply = client.reply().await;
    let gone: Value = serde_json::from_str(reply.text()).unwrap();
    assert_eq!(gone, json!({ "id": id, "object": "video.deleted", "deleted": true }));
}

#[tokio::test]
async fn what_is_no_video_is_refused_without_asking_anybody() {
    let (_upstream, _s3, _gateway, mut client) = reel().await;
    for (method, path, status) in [
        ("GET", "/chat/videos/video_0", 400),
        ("GET", "/chat/videos/video_Li4KbQoxeDEKMQox", 400),
        ("GET", "/chat/videos", 400),
        ("POST", "/chat/videos/edits", 404),
        ("POST", "/chat/videos/video_0/remix", 404),
        ("GET", "/chat/videos/a%2f..%2fb", 400),
    ] {
        send(&mut client, method, path).await;
        let reply = client.reply().await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
    }
    for (body, param) in [
        (r#"{"prompt":""}"#, "prompt"),
        (r#"{"prompt":"a hat","seconds":"x"}"#, "seconds"),
        (r#"{"prompt":"a hat","size":"large"}"#, "size"),
        (
            r#"{"prompt":"a hat","input_reference":{"image_url":"https://a.example/b.png"}}"#,
            "input_reference",
        ),
        (r#"{"prompt":"a hat","model":"amazon.nova-canvas-v1:0"}"#, "model"),
    ] {
        client.post("/chat/videos", JSON, body).await;
        let reply = client.reply().await;
        let error: Value = serde_json::from_str(reply.text()).unwrap();
        assert_eq!((reply.status, &error["error"]["param"]), (400, &json!(param)), "{body}: {error}");
    }
}

#[tokio::test]
async fn a_list_comes_in_the_providers_order_or_not_at_all() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("azure", upstream.addr)
        .set("/route_type", "video/v1/videos/generations")
        .set("/model/name", "sora")
        .set("/model/options/azure_instance", "i")
        .set("/model/options/azure_deployment_id", "sora")
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    for order in ["", "&order=desc"] {
        send(&mut client, "GET", &format!("/chat/videos?limit=5{order}")).await;
        let mut call = upstream.call().await;
        let line = "GET /openai/v1/video/generations/jobs?api-version=preview&limit=5 ";
        assert!(call.head.starts_with(line), "{}", call.head);
        call.write(json_reply("200 OK", r#"{"object":"list","data":[],"has_more":false}"#)).await;
        call.close().await;
        assert_eq!(client.reply().await.json()["data"], json!([]));
    }
    send(&mut client, "GET", "/chat/videos?order=asc").await;
    let refused = client.reply().await;
    assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!("order")));
}

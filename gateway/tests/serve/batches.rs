//! Batches whose provider has them in a form of its own: what is kept here, for whom, and what is refused.

use super::*;

const FORM: &str = "content-type: multipart/form-data; boundary=x-y\r\n";
const JSON: &str = "content-type: application/json\r\n";
const CREATE: &str = r#""endpoint":"/v1/chat/completions","completion_window":"24h"}"#;
const BATCH: &str = r#"{"id":"msgbatch_01","type":"message_batch","processing_status":"in_progress","request_counts":{"processing":1,"succeeded":0,"errored":0,"canceled":0,"expired":0},"created_at":"2023-11-14T22:13:20Z","expires_at":"2023-11-15T22:13:20Z","ended_at":null,"cancel_initiated_at":null,"archived_at":null,"results_url":null}"#;

/// A gateway with routes for files and for batches, each with the keys that are given: `/<key>/files`, `/<key>/batches`.
fn gateway(upstream: &Upstream, keys: &[&str], change: impl FnOnce(&mut Limits)) -> Gateway {
    let config = |key: &str| {
        let mut config = plugin("anthropic", &format!("http://{}", upstream.addr));
        config["auth"]["header_value"] = key.into();
        config
    };
    started(keys, &config, &[], change)
}

/// The same with what is configured for each key, and in what environment.
fn started(
    keys: &[&str],
    config: &dyn Fn(&str) -> Value,
    env: &[(&str, String)],
    change: impl FnOnce(&mut Limits),
) -> Gateway {
    let route = |key: &str, name: &str| {
        let mut config = config(key);
        config["route_type"] = format!("llm/v1/{name}").into();
        config["max_request_body_size"] = 0.into();
        let plugins = json!([{ "name": "ai-proxy", "config": config }]);
        json!({ "name": format!("{key}-{name}"), "paths": [format!("/{key}/{name}")], "plugins": plugins })
    };
    let routes: Vec<Value> =
        keys.iter().flat_map(|key| [route(key, "files"), route(key, "batches")]).collect();
    let service = json!({ "name": "ai", "host": "localhost", "routes": routes });
    let file = json!({ "_format_version": "3.0", "services": [service] }).to_string();
    let set = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let config = Config::parse(&file, &set).unwrap_or_else(|errors| panic!("{errors}"));
    let mut limits = Limits::default();
    change(&mut limits);
    let listen = "127.0.0.1:0".parse().unwrap();
    // What one thread keeps, another one finds.
    let settings = Settings {
        listen,
        status: None,
        threads: 2,
        trust: None,
        tls: None,
        file: None,
        egress: Egress::default(),
        limits,
    };
    Gateway::start(config, settings).unwrap()
}

fn form(purpose: &str, file: &str) -> String {
    let part = |name: &str, value: &str| {
        format!("--x-y\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    format!("{}{}--x-y--\r\n", part("purpose", purpose), part("file", file))
}

fn line(text: &str) -> String {
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": text }] });
    json!({ "custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body }).to_string()
}

async fn upload(client: &mut Client, key: &str, form: &str) -> client::Reply {
    client.post(&format!("/{key}/files"), FORM, form).await;
    client.reply().await
}

async fn send(client: &mut Client, method: &str, path: &str) -> client::Reply {
    client.write(&format!("{method} {path} HTTP/1.1\r\nhost: g\r\ncontent-length: 0\r\n\r\n")).await;
    client.reply().await
}

fn id(reply: &client::Reply) -> String {
    let body: Value = serde_json::from_str(reply.text()).unwrap();
    body["id"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

#[tokio::test]
async fn a_file_becomes_the_body_of_a_batch() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, &["mine"], |_| ());
    let mut client = Client::connect(gateway.addr()).await;
    let file = id(&upload(&mut client, "mine", &form("batch", &line("Hello"))).await);

    let mut other = Client::connect(gateway.addr()).await;
    let body = format!(r#"{{"input_file_id":"{file}",{CREATE}"#);
    other.post("/mine/batches", JSON, &body).await;
    let mut call = upstream.call().await;
    assert!(call.head.starts_with("POST /v1/messages/batches HTTP/1.1\r\n"), "{}", call.head);
    assert_eq!(
        (call.field("x-api-key"), call.field("anthropic-version")),
        (Some("mine"), Some("2023-06-01"))
    );
    let sent: Value = serde_json::from_slice(&call.body).unwrap();
    let request = &sent["requests"][0];
    assert_eq!((&request["custom_id"], &request["params"]["max_tokens"]), (&json!("a"), &json!(256)));
    call.write(json_reply("200 OK", BATCH)).await;
    // Another thread has connections of its own: so the next call comes over a new one, whoever takes it.
    call.close().await;
    let reply = other.reply().await;
    let batch: Value = serde_json::from_str(reply.text()).unwrap();
    assert_eq!((&batch["id"], &batch["input_file_id"]), (&json!("batch_msgbatch_01"), &json!(file)));

    client.write("GET /mine/batches?limit=7&after=batch_msgbatch_02 HTTP/1.1\r\nhost: g\r\n\r\n").await;
    let mut call = upstream.call().await;
    assert!(
        call.head.starts_with("GET /v1/messages/batches?limit=7&after_id=msgbatch_02 HTTP/1.1\r\n"),
        "{}",
        call.head
    );
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    call.write(json_reply("529 Overloaded", error)).await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 503);
    assert!(reply.text().contains("Overloaded"), "{}", reply.text());
}

#[tokio::test]
async fn what_is_kept_is_for_those_with_the_same_key() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, &["mine", "yours"], |_| ());
    let mut client = Client::connect(gateway.addr()).await;
    let file = id(&upload(&mut client, "mine", &form("batch", "{}")).await);
    assert_eq!(send(&mut client, "GET", &format!("/mine/files/{file}/content")).await.text(), "{}");
    for (method, path) in [
        ("GET", format!("/yours/files/{file}")),
        ("GET", format!("/yours/files/{file}/content")),
        ("DELETE", format!("/yours/files/{file}")),
    ] {
        assert_eq!(send(&mut client, method, &path).await.status, 404, "{method} {path}");
    }
    let listed = send(&mut client, "GET", "/yours/files").await;
    assert!(listed.text().contains(r#""data":[]"#), "{}", listed.text());
    client.post("/yours/batches", JSON, &format!(r#"{{"input_file_id":"{file}",{CREATE}"#)).await;
    assert_eq!(client.reply().await.status, 404);
}

#[tokio::test]
async fn what_is_kept_has_a_bound() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, &["mine"], |limits| {
        limits.files_bytes = 100;
        limits.body_bytes = 1_000;
    });
    let mut client = Client::connect(gateway.addr()).await;
    let first = id(&upload(&mut client, "mine", &form("batch", &"x".repeat(60))).await);
    let second = id(&upload(&mut client, "mine", &form("batch", &"y".repeat(60))).await);
    assert_eq!(
        send(&mut client, "GET", &format!("/mine/files/{first}")).await.status,
        404,
        "the oldest went"
    );
    assert_eq!(send(&mut client, "GET", &format!("/mine/files/{second}")).await.status, 200);
    assert_eq!(upload(&mut client, "mine", &form("batch", &"x".repeat(101))).await.status, 413);
    let mut client = Client::connect(gateway.addr()).await;
    assert_eq!(upload(&mut client, "mine", &form("batch", &"x".repeat(1_000))).await.status, 413);
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_the_provider_hears_of_it() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, &["mine"], |_| ());
    let mut client = Client::connect(gateway.addr()).await;
    for (path, fields, body, status) in [
        ("/mine/files", JSON, "{}", 415),
        ("/mine/files", FORM, "no form", 400),
        ("/mine/files", FORM, "--x-y--\r\n", 400),
        ("/mine/files", FORM, &*form("fine-tune", "{}"), 400),
        ("/mine/files", "content-type: multipart/form-data\r\n", "", 400),
        ("/mine/files/file-1", JSON, "{}", 404),
        ("/mine/batches", FORM, "{}", 415),
        ("/mine/batches", JSON, "{", 400),
        ("/mine/batches", JSON, "{}", 400),
        ("/mine/batches", JSON, &format!(r#"{{"input_file_id":"file-1",{CREATE}"#), 404),
        ("/mine/batches/msgbatch_01/cancel", JSON, "{}", 400),
        ("/mine/batches/batch_1/results", JSON, "{}", 404),
    ] {
        client.post(path, fields, body).await;
        let reply = client.reply().await;
        assert_eq!(reply.status, status, "{path} {body}: {}", reply.text());
        assert!(reply.text().contains(r#""type":"invalid_request_error""#), "{}", reply.text());
    }
    for (method, path, status) in [
        ("GET", "/mine/files/file-1", 404),
        ("DELETE", "/mine/files/file-1", 404),
        ("DELETE", "/mine/files/file-msgbatch_01-output", 400),
        ("GET", "/mine/files?limit=0", 400),
        ("GET", "/mine/files?after=file-1", 404),
        ("GET", "/mine/batches?limit=101", 400),
        ("GET", "/mine/batches?after=..", 400),
        ("GET", "/mine/batches/batch_..", 400),
        ("GET", "/mine/batches/batch_a%2fb", 400),
        ("DELETE", "/mine/batches/batch_1", 404),
        ("PUT", "/mine/batches", 405),
    ] {
        let reply = send(&mut client, method, path).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text());
    }
}

/// A gateway in front of Bedrock whose models are at one place, and its buckets at another.
fn bedrock(models: &Upstream, buckets: &Upstream) -> Gateway {
    let config = |key: &str| {
        let mut config = plugin("bedrock", &format!("http://{}", models.addr));
        let bedrock = &mut config["model"]["options"]["bedrock"];
        if key != "nowhere" {
            bedrock["batch_bucket_prefix"] = "s3://a-bucket/in/".into();
            bedrock["batch_role_arn"] = "arn:aws:iam::123456789012:role/batches".into();
        }
        if key == "bearer" {
            config["auth"] =
                json!({ "header_name": "Authorization", "header_value": format!("Bearer {KEY}") });
        }
        config
    };
    let env = [("AWS_ENDPOINT_URL_S3", format!("http://{}/below", buckets.addr))];
    started(&["mine", "nowhere", "bearer"], &config, &env, |_| ())
}

async fn ask(gateway: &Gateway, key: &str) -> client::Reply {
    let mut client = Client::connect(gateway.addr()).await;
    let file = id(&upload(&mut client, key, &form("batch", &line("Hello"))).await);
    client.post(&format!("/{key}/batches"), JSON, &format!(r#"{{"input_file_id":"{file}",{CREATE}"#)).await;
    client.reply().await
}

#[tokio::test]
async fn lines_go_into_a_bucket_before_their_job_is_made() {
    let (models, buckets) = (Upstream::listen().await, Upstream::listen().await);
    let gateway = bedrock(&models, &buckets);
    let served = async {
        let mut call = buckets.call().await;
        let line = call.head.lines().next().unwrap().to_owned();
        assert!(line.starts_with("PUT /below/a-bucket/in/touchstone-"), "{line}");
        assert!(line.ends_with("/input.jsonl HTTP/1.1"), "{line}");
        let signature = call.field("authorization").unwrap();
        assert!(signature.contains("/us-east-1/s3/aws4_request"), "{signature}");
        assert!(
            signature.contains("SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date"),
            "{signature}"
        );
        let record: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(record["recordId"], "a");
        assert_eq!(record["modelInput"]["messages"][0]["content"][0]["text"], "Hello");
        call.write(whole("200 OK", "")).await;
        let place = line.split(' ').nth(1).unwrap().trim_start_matches("/below/").to_owned();

        let mut call = models.call().await;
        assert!(call.head.starts_with("POST /model-invocation-job HTTP/1.1"), "{}", call.head);
        assert!(call.field("authorization").unwrap().contains("/us-east-1/bedrock/aws4_request"));
        let job: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(job["inputDataConfig"]["s3InputDataConfig"]["s3Uri"], format!("s3://{place}"));
        assert_eq!((&job["modelId"], &job["modelInvocationType"]), (&json!("m"), &json!("Converse")));
        let made = r#"{"jobArn":"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdef012345"}"#;
        call.write(json_reply("200 OK", made)).await;
    };
    let (reply, ()) = tokio::join!(ask(&gateway, "mine"), served);
    let batch: Value = serde_json::from_str(reply.text()).unwrap();
    assert_eq!((&batch["id"], &batch["status"]), (&json!("batch_abcdef012345"), &json!("validating")));
}

#[tokio::test]
async fn lines_without_a_job_do_not_stay() {
    let (models, buckets) = (Upstream::listen().await, Upstream::listen().await);
    let gateway = bedrock(&models, &buckets);
    let served = async {
        let mut call = buckets.call().await;
        let path = call.head.split(' ').nth(1).unwrap().to_owned();
        call.write(whole("200 OK", "")).await;
        let refused = r#"{"message":"The role cannot be assumed."}"#;
        models
            .call()
            .await
            .write(json_reply("400 Bad Request\r\nx-amzn-errortype: ValidationException", refused))
            .await;
        let mut call = upstream::Call::read(call.socket).await.unwrap();
        assert!(call.head.starts_with(&format!("DELETE {path} HTTP/1.1")), "{}", call.head);
        call.write(whole("204 No Content", "")).await;
    };
    let (reply, ()) = tokio::join!(ask(&gateway, "mine"), served);
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("The role cannot be assumed."), "{}", reply.text());
}

#[tokio::test]
async fn a_bucket_that_takes_nothing_is_told_of() {
    let (models, buckets) = (Upstream::listen().await, Upstream::listen().await);
    let gateway = bedrock(&models, &buckets);
    let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    let served = async { buckets.call().await.write(whole("403 Forbidden", denied)).await };
    let (reply, ()) = tokio::join!(ask(&gateway, "mine"), served);
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("answers AccessDenied: Access Denied"), "{}", reply.text());
    let reply = ask(&gateway, "nowhere").await;
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("batch_bucket_prefix"), "{}", reply.text());
    let reply = ask(&gateway, "bearer").await;
    assert_eq!(reply.status, 500, "a key for models is not shown to buckets");
    assert!(reply.text().contains("identity_unavailable"), "{}", reply.text());
}

//! Files whose provider has them in a form of its own: uploads that flow in pieces, what the provider says of them, and what is refused.

use tokio::net::TcpStream;

use super::upstream::Call;
use super::*;

const FORM: &str = "content-type: multipart/form-data; boundary=x-y\r\n";
/// A piece of these tests' uploads.
const PIECE: usize = 1_000;
const ADDRESS: &str = "HTTP/1.1 200 OK\r\nx-goog-upload-url: https://elsewhere.example/upload/v1beta/files?key=theirs&upload_id=u-1&upload_protocol=resumable\r\nx-goog-upload-status: active\r\ncontent-length: 0\r\n\r\n";
const TOOK: &str = "HTTP/1.1 200 OK\r\nx-goog-upload-status: active\r\ncontent-length: 0\r\n\r\n";
const HIDDEN: &str = r#"{"error":{"code":403,"message":"You do not have permission to access the File a or it may not exist.","status":"PERMISSION_DENIED"}}"#;

const QUOTA: &str = r#"{"error":{"code":429,"message":"Quota exceeded.","status":"RESOURCE_EXHAUSTED"}}"#;

fn gateway(upstream: &Upstream, tag: Option<&'static str>) -> Gateway {
    let mut config = plugin("gemini", &format!("http://{}", upstream.addr));
    config["route_type"] = "llm/v1/files".into();
    config["max_request_body_size"] = 0.into();
    config["auth"] = json!({ "header_name": "x-goog-api-key", "header_value": KEY });
    let limits = Limits { piece_bytes: PIECE, body_bytes: 5_000, upload_bytes: 20_000, ..Limits::default() };
    let setup = Setup { limits, ..Setup::with("ai-proxy", config) };
    tag.into_iter().fold(setup, Setup::tagged).start()
}

fn part(name: &str, value: &str) -> String {
    let file = if name == "file" { "; filename=\"a.txt\"\r\nContent-Type: text/plain" } else { "" };
    format!("--x-y\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
}

fn form(parts: &[(&str, &str)]) -> String {
    parts.iter().map(|(name, value)| part(name, value)).collect::<String>() + "--x-y--\r\n"
}

fn file(name: &str, more: &Value) -> Value {
    let mut file = json!({
        "name": format!("files/{name}"),
        "displayName": "a.txt",
        "mimeType": "text/plain",
        "sizeBytes": "5",
        "createTime": "2023-11-14T22:13:20Z",
        "expirationTime": "2023-11-16T22:13:20Z",
        "uri": format!("https://generativelanguage.googleapis.com/v1beta/files/{name}"),
        "state": "ACTIVE",
        "source": "UPLOADED",
    });
    file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    file
}

/// What an upstream was asked.
#[derive(Default)]
struct Served {
    /// Each by method, path, command and offset.
    lines: Vec<[String; 4]>,
    bodies: Vec<Vec<u8>>,
    /// Where the next one comes.
    socket: Option<TcpStream>,
}

impl Served {
    /// Takes so many requests on one connection; names the file as it was told.
    async fn take(&mut self, upstream: &Upstream, calls: usize) {
        for _ in 0..calls {
            let socket = match self.socket.take() {
                Some(socket) => socket,
                None => upstream.accept().await,
            };
            let mut call = Call::read(socket).await.expect("the next one, on the same connection");
            assert_eq!(call.field("x-goog-api-key"), Some(KEY));
            let field = |name: &str| call.field(name).unwrap_or_default().to_owned();
            let mut line = call.head.split(' ').map(str::to_owned);
            let (method, path) = (line.next().unwrap(), line.next().unwrap());
            let command = field("x-goog-upload-command");
            self.lines.push([method, path, command.clone(), field("x-goog-upload-offset")]);
            self.bodies.push(call.body.clone());
            match &*command {
                "start" => call.write(ADDRESS).await,
                "upload, finalize" => {
                    let started: Value = serde_json::from_slice(&self.bodies[0]).unwrap();
                    let name = started["file"]["name"].as_str().unwrap().strip_prefix("files/").unwrap();
                    let body = json!({ "file": file(name, &json!({})) }).to_string();
                    call.write(json_reply("200 OK", &body)).await;
                }
                _ => call.write(TOOK).await,
            }
            self.socket = Some(call.socket);
        }
    }
}

/// An upload at once, which takes so many requests upstream.
async fn uploaded(
    gateway: &Gateway,
    upstream: &Upstream,
    form: &str,
    calls: usize,
) -> (client::Reply, Served) {
    let mut served = Served::default();
    let (reply, ()) = tokio::join!(upload(gateway, form), served.take(upstream, calls));
    (reply, served)
}

/// One of which the end comes when a piece of the file is upstream already; then that takes one request more.
async fn slowly(gateway: &Gateway, upstream: &Upstream, form: &str) -> (client::Reply, Served) {
    let mut client = Client::connect(gateway.addr()).await;
    let (first, rest) = form.split_at(form.find("xxx").unwrap() + PIECE + 10);
    let length = form.len();
    let head = format!("POST /chat/files HTTP/1.1\r\nhost: g\r\n{FORM}content-length: {length}\r\n\r\n");
    client.write(&(head + first)).await;
    let mut served = Served::default();
    served.take(upstream, 2).await;
    client.write(rest).await;
    served.take(upstream, 1).await;
    (client.reply().await, served)
}

async fn upload(gateway: &Gateway, form: &str) -> client::Reply {
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat/files", FORM, form).await;
    client.reply().await
}

async fn send(client: &mut Client, method: &str, path: &str) -> client::Reply {
    client.write(&format!("{method} /chat{path} HTTP/1.1\r\nhost: g\r\ncontent-length: 0\r\n\r\n")).await;
    client.reply().await
}

fn line(command: &str, offset: &str) -> [String; 4] {
    let path = match command {
        "start" => "/upload/v1beta/files",
        _ => "/upload/v1beta/files?upload_id=u-1&upload_protocol=resumable",
    };
    ["POST", path, command, offset].map(str::to_owned)
}

#[tokio::test]
async fn a_short_file_goes_in_one_piece_whatever_stands_first_in_its_form() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, None);
    for parts in [[("purpose", "vision"), ("file", "Hello")], [("file", "Hello"), ("purpose", "vision")]] {
        let form = form(&parts);
        let (reply, served) = uploaded(&gateway, &upstream, &form, 2).await;
        assert_eq!(served.lines, [line("start", ""), line("upload, finalize", "0")]);
        assert_eq!(served.bodies[1], b"Hello");
        let asked: Value = serde_json::from_slice(&served.bodies[0]).unwrap();
        assert_eq!(asked["file"]["displayName"], "a.txt");
        let body = reply.json();
        let id = body["id"].as_str().unwrap();
        assert!(id.starts_with("file-vision-"), "{id}");
        let expected = json!({
            "id": id, "object": "file", "bytes": 5, "created_at": 1_700_000_000, "expires_at": 1_700_172_800,
            "filename": "a.txt", "purpose": "vision", "status": "processed", "status_details": null,
        });
        assert_eq!((reply.status, body), (200, expected));
    }
}

#[tokio::test]
async fn a_long_file_goes_piece_by_piece_while_it_comes() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, None);
    let mut client = Client::connect(gateway.addr()).await;
    let whole = form(&[("purpose", "user_data"), ("file", &"x".repeat(2 * PIECE + 500))]);
    let (first, rest) = whole.split_at(whole.len() - 1_000);
    let length = whole.len();
    let head = format!("POST /chat/files HTTP/1.1\r\nhost: g\r\n{FORM}content-length: {length}\r\n\r\n");
    client.write(&(head + first)).await;
    let mut call = upstream.call().await;
    assert_eq!(call.field("x-goog-upload-header-content-type"), Some("text/plain"));
    assert_eq!(call.field("x-goog-upload-header-content-length"), None, "nobody knows it yet");
    call.write(ADDRESS).await;
    let mut served = Served { socket: Some(call.socket), bodies: vec![call.body], ..Served::default() };
    served.take(&upstream, 1).await;
    assert_eq!(served.bodies[1], "x".repeat(PIECE).into_bytes(), "before the client has sent all");
    client.write(rest).await;
    served.take(&upstream, 2).await;
    assert_eq!(served.lines, [line("upload", "0"), line("upload", "1000"), line("upload, finalize", "2000")]);
    assert_eq!((served.bodies[2].len(), served.bodies[3].len()), (PIECE, 500));
    let reply = client.reply().await;
    assert_eq!((reply.status, &reply.json()["purpose"]), (200, &json!("user_data")));
}

#[tokio::test]
async fn what_nobody_is_told_is_named_or_refused() {
    let upstream = Upstream::listen().await;
    let parts = [
        ("purpose", "vision"),
        ("expires_after[anchor]", "created_at"),
        ("expires_after[seconds]", "3600"),
        ("file", "x"),
    ];
    let loose = gateway(&upstream, None);
    let form = form(&parts);
    let (reply, _) = uploaded(&loose, &upstream, &form, 2).await;
    assert_eq!((reply.status, reply.field("x-touchstone-dropped")), (200, Some("expires_after")));
    // A name is given before the form says what the file is for.
    let long = self::form(&[("file", &"x".repeat(1_500)), ("purpose", "vision")]);
    let (reply, _) = slowly(&loose, &upstream, &long).await;
    assert_eq!((reply.status, reply.field("x-touchstone-dropped")), (200, Some("purpose")));
    assert_eq!(reply.json()["purpose"], "vision");

    let strict = gateway(&upstream, Some("touchstone-strict:true"));
    let reply = upload(&strict, &form).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!("unsupported_parameter")));
}

#[tokio::test]
async fn what_breaks_off_leaves_no_file() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, None);
    let file = "x".repeat(1_500);
    let whole = form(&[("purpose", "vision"), ("file", &file)]);
    for (form, status, text) in [
        (whole.trim_end_matches("--\r\n").to_owned(), 400, "ends in the middle"),
        (form(&[("file", &file)]), 400, "'purpose'"),
        (form(&[("file", &file), ("purpose", "none")]), 400, "'none' is not one of"),
        (form(&[("file", &file), ("purpose", "batch")]), 400, "before the file"),
    ] {
        let (reply, served) = slowly(&gateway, &upstream, &form).await;
        assert_eq!(served.lines, [line("start", ""), line("upload", "0"), line("cancel", "")]);
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.text().contains(text), "{}", reply.text());
    }
    // More than it said at first: only the bytes tell.
    let long = format!("{}{}", part("purpose", "vision"), part("file", &"x".repeat(25_000)));
    let chunked = format!(
        "POST /chat/files HTTP/1.1\r\nhost: g\r\n{FORM}transfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    let sent = async {
        let mut client = Client::connect(gateway.addr()).await;
        client.write(&chunked).await;
        client.reply().await
    };
    let served = async {
        let mut call = upstream.call().await;
        while call.field("x-goog-upload-command") != Some("cancel") {
            call.write(if call.field("x-goog-upload-command") == Some("start") { ADDRESS } else { TOOK })
                .await;
            call = Call::read(call.socket).await.unwrap();
        }
        call.write(TOOK).await;
    };
    let (reply, ()) = tokio::join!(sent, served);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (413, &json!("request_too_large")));
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_the_provider_hears_of_it() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, None);
    let long = "x".repeat(21_000);
    for (form, status, text) in [
        ("no form".to_owned(), 400, "its boundary is not in it"),
        (form(&[]), 400, "Missing required parameter: 'purpose'."),
        (form(&[("purpose", "vision")]), 400, "Missing required parameter: 'file'."),
        (form(&[("file", "x")]), 400, "Missing required parameter: 'purpose'."),
        (
            form(&[("purpose", "anything"), ("file", "x")]),
            400,
            "'anything' is not one of ['assistants', 'batch',",
        ),
        (form(&[("purpose", "vision"), ("file", &long)]), 413, "20000 bytes"),
        (form(&[("purpose", "batch"), ("file", &long[..6_000])]), 413, "5000 bytes"),
    ] {
        let reply = upload(&gateway, &form).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(text), "{message}");
    }
    let mut client = Client::connect(gateway.addr()).await;
    for (method, path, status) in [
        ("GET", "/files/file-A", 404),
        ("DELETE", "/files/file-a_b", 404),
        ("GET", "/files/..", 400),
        ("GET", "/files?limit=0", 400),
        ("GET", "/files/file-a/other", 404),
        ("DELETE", "/files", 404),
        ("PUT", "/files/file-a", 405),
    ] {
        let reply = send(&mut client, method, path).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text());
    }
}

/// A call that takes the upstream so many answers, on one connection.
async fn answered(
    client: &mut Client,
    upstream: &Upstream,
    (method, path): (&str, &str),
    answers: &[Vec<u8>],
) -> client::Reply {
    let served = async {
        let mut socket = upstream.accept().await;
        for answer in answers {
            let mut call = Call::read(socket).await.unwrap();
            call.write(answer).await;
            socket = call.socket;
        }
    };
    tokio::join!(send(client, method, path), served).0
}

#[tokio::test]
async fn what_the_provider_says_is_told_in_openais_words() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, None);
    let mut client = Client::connect(gateway.addr()).await;
    let hidden = || json_reply("403 Forbidden", HIDDEN);
    let busy = || json_reply("429 Too Many Requests", QUOTA);
    for (method, path, answer, status, text) in [
        ("GET", "/files/file-a", hidden(), 404, "no such File object: file-a"),
        ("DELETE", "/files/file-a", hidden(), 404, "no such File object: file-a"),
        ("GET", "/files/file-a", busy(), 429, "Quota exceeded."),
        ("GET", "/files", busy(), 429, "Quota exceeded."),
        ("GET", "/files/file-a", json_reply("200 OK", "{\"files\":1}"), 502, "cannot be read"),
        ("DELETE", "/files/file-a", json_reply("200 OK", "{}"), 200, "\"deleted\":true"),
    ] {
        let reply = answered(&mut client, &upstream, (method, path), &[answer]).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text());
        assert!(reply.text().contains(text), "{method} {path}: {}", reply.text());
    }
    let form = form(&[("purpose", "vision"), ("file", "x")]);
    for (answer, status, text) in [(busy(), 429, "Quota exceeded."), (TOOK.into(), 502, "it has no address")]
    {
        let refuse = async { upstream.call().await.write(answer).await };
        let (reply, ()) = tokio::join!(upload(&gateway, &form), refuse);
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.text().contains(text), "{}", reply.text());
    }
}

#[tokio::test]
async fn what_is_in_a_file_is_given_where_the_provider_made_it() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, None);
    let mut client = Client::connect(gateway.addr()).await;
    let uploaded = json_reply("200 OK", &file("mine", &json!({})).to_string());
    let made = || json_reply("200 OK", &file("made", &json!({ "source": "GENERATED" })).to_string());
    let path = ("GET", "/files/file-mine/content");
    let reply = answered(&mut client, &upstream, path, &[uploaded]).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("Not allowed to download files of purpose: user_data"), "{}", reply.text());
    let path = ("GET", "/files/file-made/content");
    let hello = whole("200 OK\r\ncontent-type: text/plain", "Hello");
    let reply = answered(&mut client, &upstream, path, &[made(), hello]).await;
    assert_eq!((reply.status, reply.text(), reply.field("content-type")), (200, "Hello", Some("text/plain")));
    let reply = answered(&mut client, &upstream, path, &[made(), json_reply("403 Forbidden", HIDDEN)]).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn files_that_are_here_and_there_are_one_list() {
    let upstream = Upstream::listen().await;
    let gateway = gateway(&upstream, None);
    let kept = upload(&gateway, &form(&[("purpose", "batch"), ("file", "{}")])).await.json();
    let here = kept["id"].as_str().unwrap().to_owned();
    let at = |name: &str, time: &str| file(name, &json!({ "createTime": time }));
    let first = json!({ "files": [at("newest", "2199-01-01T00:00:00Z"), at("c", "2020-01-03T00:00:00Z")], "nextPageToken": "p 2" });
    let second = json!({ "files": [at("b", "2020-01-02T00:00:00Z"), at("a", "2020-01-01T00:00:00Z")] });
    let mut client = Client::connect(gateway.addr()).await;
    for (query, pages, expected, has_more) in [
        ("", 2, vec!["file-newest", &here, "file-c", "file-b", "file-a"], false),
        ("?limit=2", 1, vec!["file-newest", &here], true),
        ("?limit=2&after=file-c", 2, vec!["file-b", "file-a"], false),
        ("?order=asc&limit=2", 2, vec!["file-a", "file-b"], true),
        ("?order=asc&after=file-c", 2, vec![&here, "file-newest"], false),
        ("?purpose=batch", 2, vec![&here], false),
        ("?purpose=user_data&limit=1", 1, vec!["file-newest"], true),
        ("?after=file-none", 2, vec![], false),
    ] {
        let served = async {
            let mut call = upstream.call().await;
            assert!(call.head.starts_with("GET /v1beta/files?pageSize=100 "), "{}", call.head);
            call.write(json_reply("200 OK", &first.to_string())).await;
            if pages > 1 {
                call = Call::read(call.socket).await.unwrap();
                assert!(
                    call.head.starts_with("GET /v1beta/files?pageSize=100&pageToken=p%202 "),
                    "{}",
                    call.head
                );
                call.write(json_reply("200 OK", &second.to_string())).await;
            }
            call.close().await;
        };
        let path = format!("/files{query}");
        let (reply, ()) = tokio::join!(send(&mut client, "GET", &path), served);
        if query.ends_with("none") {
            assert_eq!(reply.status, 404, "{}", reply.text());
            continue;
        }
        let body = reply.json();
        let ids: Vec<&str> =
            body["data"].as_array().unwrap().iter().map(|file| file["id"].as_str().unwrap()).collect();
        assert_eq!((ids, &body["has_more"]), (expected, &json!(has_more)), "{query}");
    }
}

//! The journal, the admin paths, and the wire below: keep-alive, pipelines, chunked requests, HTTP/1.0, HTTP/2.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mocks::journal::Auth;
use mocks::script::{Cut, Fault, Reply, Script, Usage};
use mocks::{JournalLimits, Mocks, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{self, chat};
use crate::fold;
use crate::scripts::question;

#[tokio::test]
async fn an_entry_tells_all_and_no_secret() {
    let mocks = mocks::start().await.unwrap();
    let body = question("anthropic", "[[j]]", true);
    let seen = chat(&mocks, "anthropic", &body).await;
    let entry = mocks.journal(Some("[[j]]")).remove(0);
    assert_eq!(
        (entry.provider.as_str(), entry.operation.as_str(), entry.http.as_str()),
        ("anthropic", "messages_post", "HTTP/1.1")
    );
    assert_eq!((entry.method.as_str(), entry.path.as_str()), ("POST", "/anthropic/v1/messages"));
    assert_eq!((entry.auth.clone(), entry.variant.as_deref()), (Auth::Ok, Some("2023-06-01")));
    assert_eq!(
        (entry.body_json.as_ref(), entry.body.text().map(str::to_owned)),
        (Some(&body), Some(body.to_string()))
    );
    assert_eq!((entry.reply.status, entry.reply.body.text()), (200, Some(seen.text())));
    assert!(entry.finished_ms.unwrap() >= entry.started_ms && !entry.aborted);
    let names: Vec<&str> = entry.reply.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, seen.events().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
    assert_eq!(entry.reply.events.last().unwrap().end, seen.body.len());
    let text = serde_json::to_string(&entry).unwrap();
    assert!(!text.contains("sk-ant-touchstone") && text.contains("****tone"));
    assert_eq!(serde_json::from_str::<mocks::Entry>(&text).unwrap(), entry);
}

#[tokio::test]
async fn the_journal_is_bounded_in_entries_and_bytes() {
    let journal = JournalLimits { entries: 3, bytes: 1 << 20, reply_bytes: 50 };
    let mocks = mocks::start_with(Options { journal, ..Options::default() }).await.unwrap();
    for number in 0..5 {
        chat(&mocks, "openai", &question("openai", &format!("[[{number}]]"), false)).await;
    }
    let entries = mocks.journal(None);
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [3, 4, 5]);
    assert!(entries[0].reply.truncated);
    assert_eq!(entries[0].reply.body.bytes().len(), 50);
    let journal = JournalLimits { bytes: 1_000, ..JournalLimits::default() };
    let mocks = mocks::start_with(Options { journal, ..Options::default() }).await.unwrap();
    for _ in 0..5 {
        chat(&mocks, "openai", &question("openai", "", false)).await;
    }
    assert!(mocks.journal(None).len() < 3);
}

async fn admin(
    mocks: &Mocks,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> client::Reply {
    client::exchange(mocks, &client::request(method, &format!("/__mock/{path}"), headers, body.as_bytes()))
        .await
}

#[tokio::test]
async fn the_admin_paths_do_what_the_library_does() {
    let mocks = mocks::start().await.unwrap();
    assert_eq!(admin(&mocks, "GET", "ready", &[], "").await.json()["ready"], true);
    let script = json!({ "match": { "contains": "[[ä]]" }, "replies": [{ "content": [{ "text": "set" }] }] });
    assert_eq!(admin(&mocks, "POST", "scripts", &[], &script.to_string()).await.status, 201);
    let yaml = "- match: { contains: other }\n  replies: [{ content: [{ text: yaml }] }]\n";
    assert_eq!(
        admin(&mocks, "POST", "scripts", &[("content-type", "application/yaml")], yaml).await.status,
        201
    );
    assert_eq!(admin(&mocks, "GET", "scripts", &[], "").await.json()[0], script);
    for (marker, text) in [("[[ä]]", "set"), ("other", "yaml")] {
        let said = chat(&mocks, "openai", &question("openai", marker, false)).await;
        assert_eq!(fold::whole("openai", &said)[0].text, text);
    }
    let journal = admin(&mocks, "GET", "journal?marker=%5B%5B%C3%A4%5D%5D", &[], "").await.json();
    assert_eq!(journal.as_array().unwrap().len(), 1);
    let refused = admin(&mocks, "POST", "scripts", &[], r#"{"replies":[{"colour":1}]}"#).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("colour"));
    admin(&mocks, "DELETE", "scripts?marker=other", &[], "").await;
    assert_eq!(admin(&mocks, "GET", "scripts", &[], "").await.json().as_array().unwrap().len(), 1);
    assert_eq!(admin(&mocks, "POST", "reset", &[], "").await.status, 200);
    assert_eq!(admin(&mocks, "GET", "scripts", &[], "").await.json(), json!([]));
    assert_eq!(admin(&mocks, "GET", "journal", &[], "").await.json(), json!([]));
    assert_eq!(admin(&mocks, "PUT", "reset", &[], "").await.status, 405);
    assert_eq!(admin(&mocks, "GET", "nothing", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_provider_has_a_port_of_its_own_at_its_own_paths() {
    let ports = [("openai".to_owned(), 0)].into();
    let mocks = mocks::start_with(Options { ports, ..Options::default() }).await.unwrap();
    let addr = mocks.ports()["openai"];
    assert_eq!(mocks.url("openai"), format!("http://{addr}"));
    assert_eq!(mocks.url("anthropic"), format!("http://{}/anthropic", mocks.addr()));
    let body = question("openai", "", false).to_string();
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request =
        client::request("POST", "/v1/chat/completions", &client::headers("openai"), body.as_bytes());
    stream.write_all(&request).await.unwrap();
    assert_eq!(client::read(&mut stream, &mut Vec::new()).await.status, 200);
    let unknown = Options { ports: [("nobody".to_owned(), 0)].into(), ..Options::default() };
    assert!(mocks::start_with(unknown).await.is_err_and(|problem| problem.to_string().contains("nobody")));
}

#[tokio::test]
async fn requests_in_a_row_and_in_advance_are_answered_in_order() {
    let mocks = mocks::start().await.unwrap();
    let one = |marker: &str| {
        let body = question("openai", marker, marker.ends_with('s')).to_string();
        client::request("POST", client::path("openai"), &client::headers("openai"), body.as_bytes())
    };
    let mut stream = TcpStream::connect(mocks.addr()).await.unwrap();
    stream.write_all(&[one("a"), one("bs"), one("c")].concat()).await.unwrap();
    let mut raw = Vec::new();
    for marker in ["a", "bs", "c"] {
        let reply = client::read(&mut stream, &mut raw).await;
        let said = if marker.ends_with('s') {
            fold::stream("openai", &reply)
        } else {
            fold::whole("openai", &reply)
        };
        assert!(said[0].text.ends_with(&format!("Hello {marker}")));
    }
}

#[tokio::test]
async fn a_request_in_chunks_and_in_single_bytes_is_read() {
    let mocks = mocks::start().await.unwrap();
    let body = question("openai", "chunks", false).to_string();
    let (head, tail) = body.split_at(10);
    let mut bytes = format!(
        "POST {} HTTP/1.1\r\nhost: m\r\nauthorization: Bearer sk-touchstone\r\n",
        client::path("openai")
    );
    bytes += &format!(
        "expect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\na;x=y\r\n{head}\r\n{:X}\r\n{tail}\r\n0\r\nt: v\r\nu: w\r\n\r\n",
        tail.len()
    );
    bytes += &String::from_utf8(client::request("GET", "/__mock/ready", &[], b"")).unwrap();
    let mut stream = TcpStream::connect(mocks.addr()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in bytes.as_bytes() {
        stream.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut raw = Vec::new();
    let reply = client::read(&mut stream, &mut raw).await;
    assert!(fold::whole("openai", &reply)[0].text.contains("chunks"));
    let next = client::read(&mut stream, &mut raw).await;
    assert_eq!(next.json()["ready"], true, "nothing of the first request is left over");
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_no_chunks_and_the_end_of_the_connection() {
    let mocks = mocks::start().await.unwrap();
    let body = question("openai", "old", true).to_string();
    let bytes = client::request("POST", client::path("openai"), &client::headers("openai"), body.as_bytes());
    let bytes = String::from_utf8(bytes).unwrap().replace("HTTP/1.1", "HTTP/1.0");
    let reply = client::exchange(&mocks, bytes.as_bytes()).await;
    assert_eq!((reply.header("transfer-encoding"), reply.header("connection")), (None, Some("close")));
    assert!(fold::stream("openai", &reply)[0].text.contains("old"));
}

#[tokio::test]
async fn what_is_no_http_or_too_large_is_refused() {
    let mocks = mocks::start().await.unwrap();
    assert_eq!(client::exchange(&mocks, b"nonsense\r\n\r\n").await.status, 400);
    let large =
        format!("POST {} HTTP/1.1\r\ncontent-length: 999999999999\r\n\r\n", client::path("anthropic"));
    let reply = client::exchange(&mocks, large.as_bytes()).await;
    assert_eq!((reply.status, reply.json()["error"]["type"].as_str().unwrap()), (413, "request_too_large"));
}

/// Sends one request over HTTP/2 with prior knowledge.
async fn http2(mocks: &Mocks, body: &Value) -> (u16, Result<Vec<u8>, hyper::Error>) {
    let stream = TcpStream::connect(mocks.addr()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driving = tokio::spawn(connection);
    let mut request = http::Request::post(format!("http://{}{}", mocks.addr(), client::path("openai")));
    for (name, value) in client::headers("openai") {
        request = request.header(name, value);
    }
    let reply =
        sender.send_request(request.body(Full::<bytes::Bytes>::from(body.to_string())).unwrap()).await;
    let outcome = match reply {
        Ok(reply) => {
            (reply.status().as_u16(), reply.into_body().collect().await.map(|body| body.to_bytes().to_vec()))
        }
        Err(problem) => (0, Err(problem)),
    };
    driving.abort();
    outcome
}

#[tokio::test]
async fn http_2_with_prior_knowledge_gives_the_same_bytes_and_cuts_by_reset() {
    let (one, other) = (mocks::start().await.unwrap(), mocks::start().await.unwrap());
    for stream in [false, true] {
        let body = question("openai", "", stream);
        let (status, bytes) = http2(&one, &body).await;
        assert_eq!((status, bytes.unwrap()), (200, chat(&other, "openai", &body).await.body));
    }
    let entry = &one.journal(None)[1];
    assert_eq!((entry.http.as_str(), entry.aborted, entry.finished_ms.is_some()), ("HTTP/2", false, true));
    for (after_byte, status) in [(Some(20), 200), (None, 0)] {
        let cut = Cut { after_byte, ..Cut::default() };
        one.add(Script::new(
            "[[cut]]",
            Reply::text(["t"]).with_fault(Fault { cut: Some(cut), ..Fault::default() }),
        ));
        let (seen, bytes) = http2(&one, &question("openai", "[[cut]]", true)).await;
        assert_eq!((seen, bytes.is_err()), (status, true));
    }
}

#[tokio::test]
async fn a_client_that_resets_a_stream_of_http_2_is_noticed() {
    let mocks = mocks::start().await.unwrap();
    let fault = Fault { between_ms: Some(3_600_000), ..Fault::default() };
    mocks.add(Script::new("[[h2]]", Reply::text(["a", "b"]).with_fault(fault)));
    let body = question("openai", "[[h2]]", true);
    let asking = http2(&mocks, &body);
    let seen = mocks.journal_when(Some("[[h2]]"), |entries| {
        entries.first().is_some_and(|entry| entry.reply.events.len() == 1)
    });
    tokio::select! {
        _ = asking => panic!("the stream pauses for an hour"),
        _ = seen => {}
    }
    let gone = mocks.journal_when(Some("[[h2]]"), |entries| entries[0].aborted);
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("noticed at once");
}

#[tokio::test]
async fn shutdown_ends_connections_of_tasks_and_of_threads() {
    for threads in [0, 2] {
        let mocks = mocks::start_with(Options { threads, ..Options::default() }).await.unwrap();
        let addr = mocks.addr();
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let request = client::request("GET", "/__mock/ready", &[], b"");
        stream.write_all(&request).await.unwrap();
        assert_eq!(client::read(&mut stream, &mut Vec::new()).await.status, 200);
        tokio::time::timeout(Duration::from_secs(20), mocks.shutdown()).await.expect("quiet soon");
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
        assert!(TcpStream::connect(addr).await.is_err());
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_however_many_threads_share_it() {
    for threads in [0, 1, 2] {
        let first = mocks::start_with(Options { threads, ..Options::default() }).await.unwrap();
        for threads in [0, 2] {
            let again = Options { threads, listen: first.addr(), ..Options::default() };
            let problem = mocks::start_with(again).await.err().expect("taken").to_string();
            assert!(problem.contains(&first.addr().to_string()), "{problem}");
        }
    }
}

#[tokio::test]
async fn it_is_quiet_once_a_client_reads_no_further_or_has_all() {
    let mocks = mocks::start().await.unwrap();
    // More than kernels keep on the way.
    let reply = Reply::text(vec!["0123456789abcdef".repeat(2_048); 1_000]);
    let usage = Some(Usage { prompt: Some(1), completion: Some(1), ..Usage::default() });
    mocks.add(Script::new("[[slow]]", Reply { usage, ..reply }));
    let body = question("openai", "[[slow]]", true).to_string();
    let mut stream = TcpStream::connect(mocks.addr()).await.unwrap();
    let request =
        client::request("POST", client::path("openai"), &client::headers("openai"), body.as_bytes());
    stream.write_all(&request).await.unwrap();
    let mut piece = vec![0; 64 << 10];
    assert!(stream.read(&mut piece).await.unwrap() > 0, "it has begun");
    mocks.quiet("[[slow]]", Duration::from_millis(500)).await;
    let entry = mocks.journal(Some("[[slow]]")).remove(0);
    assert!(entry.finished_ms.is_none() && !entry.aborted, "it is kept waiting");
    let read_on = async { while stream.read(&mut piece).await.unwrap() > 0 {} };
    tokio::select! {
        () = mocks.quiet("[[slow]]", Duration::from_secs(15)) => {}
        () = read_on => panic!("the connection stays"),
    }
    let entry = mocks.journal(Some("[[slow]]")).remove(0);
    assert!(entry.finished_ms.is_some() && !entry.aborted, "it is over");
}

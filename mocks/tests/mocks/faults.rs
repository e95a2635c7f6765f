//! Each fault, seen in the bytes on the socket.

use std::io::Read as _;
use std::time::Duration;

use mocks::script::{Block, Cut, Event, Failure, Fault, How, Interruption, Kind, Reply, Script, Stall};
use mocks::{Mocks, tokens};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{self, Reply as Seen, chat};
use crate::fold;
use crate::scripts::question;

const MARKER: &str = "[[fault]]";
const PIECES: [&str; 3] = ["Grüße, ", "漢字 ", "🎉!"];

/// What a client sees of a text in three pieces under a fault.
async fn seen(provider: &str, stream: bool, fault: Fault) -> Seen {
    let mocks = with(Reply::text(PIECES).with_fault(fault)).await;
    chat(&mocks, provider, &question(provider, MARKER, stream)).await
}

async fn with(reply: Reply) -> Mocks {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new(MARKER, reply));
    mocks
}

fn text(provider: &str, seen: &Seen) -> String {
    fold::stream(provider, seen).remove(0).text
}

#[tokio::test]
async fn without_a_fault_every_event_is_an_http_chunk() {
    for provider in crate::TEXT {
        let seen = seen(provider, true, Fault::default()).await;
        assert!(seen.complete && !seen.reset);
        assert_eq!(seen.chunks.len(), seen.events().len());
        assert!(seen.chunks.iter().all(|chunk| chunk.ends_with(b"\n\n")));
        assert_eq!(text(provider, &seen), PIECES.concat());
    }
}

#[tokio::test]
async fn a_cut_behind_a_byte_or_an_event_is_exact() {
    for provider in crate::TEXT {
        let whole = seen(provider, true, Fault::default()).await;
        for how in [How::Fin, How::Rst] {
            for count in [0, 1, 57, whole.body.len() - 1] {
                let cut = Cut { after_byte: Some(count), how, ..Cut::default() };
                let seen = seen(provider, true, Fault { cut: Some(cut), ..Fault::default() }).await;
                assert_eq!((seen.status, seen.complete, seen.reset), (200, false, how == How::Rst));
                assert_eq!(seen.body.len(), count, "{provider} {how:?}");
            }
            let cut = Cut { after_event: Some(2), how, ..Cut::default() };
            let seen = seen(provider, true, Fault { cut: Some(cut), ..Fault::default() }).await;
            assert_eq!((seen.events().len(), seen.complete, seen.reset), (2, false, how == How::Rst));
        }
    }
}

#[tokio::test]
async fn a_whole_reply_is_cut_too_and_one_without_a_place_never_begins() {
    let cut = |cut| Fault { cut: Some(cut), ..Fault::default() };
    let seen_half = seen("openai", false, cut(Cut { after_event: Some(1), ..Cut::default() })).await;
    let announced: usize = seen_half.header("content-length").unwrap().parse().unwrap();
    assert_eq!((seen_half.body.len(), seen_half.complete), (announced / 2, false));
    for how in [How::Fin, How::Rst] {
        let nothing = seen("openai", true, cut(Cut { how, ..Cut::default() })).await;
        assert_eq!((nothing.status, nothing.reset), (0, how == How::Rst));
    }
}

#[tokio::test]
async fn one_byte_a_write_cuts_inside_of_characters_and_changes_nothing() {
    for provider in crate::TEXT {
        let plain = seen(provider, true, Fault::default()).await;
        let torn = seen(provider, true, Fault { write_bytes: Some(1), ..Fault::default() }).await;
        assert!(torn.chunks.iter().all(|chunk| chunk.len() == 1));
        assert!(torn.chunks.iter().any(|chunk| std::str::from_utf8(chunk).is_err()), "a character is torn");
        assert_eq!(torn.chunks.len(), plain.body.len());
        assert_eq!(torn.body, plain.body);
    }
}

#[tokio::test]
async fn several_events_share_a_write() {
    for provider in crate::TEXT {
        let plain = seen(provider, true, Fault::default()).await;
        let together = seen(provider, true, Fault { events_per_write: Some(3), ..Fault::default() }).await;
        assert_eq!(together.body, plain.body);
        assert_eq!(together.chunks.len(), plain.chunks.len().div_ceil(3));
    }
}

#[tokio::test]
async fn odd_but_legal_forms_of_events_mean_the_same() {
    let forms = [
        Fault { crlf: true, ..Fault::default() },
        Fault { comments: true, ..Fault::default() },
        Fault { pings: true, ..Fault::default() },
        Fault { multiline: true, ..Fault::default() },
        Fault {
            crlf: true,
            comments: true,
            pings: true,
            multiline: true,
            write_bytes: Some(7),
            ..Fault::default()
        },
    ];
    for provider in crate::TEXT {
        for fault in &forms {
            let seen = seen(provider, true, fault.clone()).await;
            assert_eq!(text(provider, &seen), PIECES.concat(), "{provider} {fault:?} {}", seen.text());
            assert_eq!(seen.text().contains("\r\n"), fault.crlf);
            assert_eq!(
                seen.text().replace("\r\n", "").contains('\n'),
                !fault.crlf,
                "no line end of the other kind"
            );
            let data_lines = seen.text().lines().filter(|line| line.starts_with("data:")).count();
            assert_eq!(data_lines > seen.events().len(), fault.multiline);
            let comments = seen.text().lines().filter(|line| line.starts_with(": comment")).count();
            assert!(comments >= PIECES.len() || !fault.comments);
            let pings =
                seen.text().lines().filter(|line| line.contains("ping") && !line.contains("data")).count();
            assert_eq!(pings >= PIECES.len(), fault.pings, "{}", seen.text());
        }
    }
}

#[tokio::test]
async fn a_malformed_event_is_no_json_and_the_rest_is_whole() {
    for provider in crate::TEXT {
        let fault = Fault { malformed: Some(Event { event: 2 }), ..Fault::default() };
        let seen = seen(provider, true, fault).await;
        let broken: Vec<bool> =
            seen.events().iter().map(|(_, data)| data.is_string() && data != "[DONE]").collect();
        assert!(broken[1] && broken.iter().filter(|broken| **broken).count() == 1, "{broken:?}");
    }
    let whole =
        seen("openai", false, Fault { malformed: Some(Event { event: 1 }), ..Fault::default() }).await;
    assert!(whole.complete && serde_json::from_slice::<Value>(&whole.body).is_err());
}

#[tokio::test]
async fn the_providers_own_error_ends_the_stream() {
    let place =
        Interruption { after_event: 3, kind: Some(Kind::Overloaded), message: Some("too much".into()) };
    let fault = Fault { error: Some(place), ..Fault::default() };
    let openai = seen("openai", true, fault.clone()).await.events();
    assert_eq!(openai.len(), 4);
    assert_eq!(openai[3].1["error"]["message"], "too much");
    assert_eq!(openai[3].1["error"]["type"], "server_error");
    let anthropic = seen("anthropic", true, fault.clone()).await.events();
    assert_eq!((anthropic.len(), anthropic[3].0.as_str()), (4, "error"));
    assert_eq!(anthropic[3].1["error"], json!({ "type": "overloaded_error", "message": "too much" }));
    let whole = seen("anthropic", false, fault).await;
    assert_eq!(whole.status, 529);
}

#[tokio::test]
async fn gzip_is_flushed_with_every_event() {
    for provider in crate::TEXT {
        for stream in [false, true] {
            let seen = seen(provider, stream, Fault { gzip: true, ..Fault::default() }).await;
            assert_eq!(seen.header("content-encoding"), Some("gzip"));
            let mut text = String::new();
            flate2::read::GzDecoder::new(&seen.body[..]).read_to_string(&mut text).unwrap();
            let said = Seen { body: text.into_bytes(), ..seen.clone() };
            let said = if stream { fold::stream(provider, &said) } else { fold::whole(provider, &said) };
            assert_eq!(said[0].text, PIECES.concat());
            if stream {
                let mut first = Vec::new();
                let mut decoder = flate2::write::GzDecoder::new(&mut first);
                std::io::Write::write_all(&mut decoder, &seen.chunks[0]).unwrap();
                std::io::Write::flush(&mut decoder).unwrap();
                drop(decoder);
                assert!(first.ends_with(b"\n\n"), "the first chunk is a whole event by itself");
            }
        }
    }
}

#[tokio::test]
async fn other_bodies_and_heads_over_the_same_reply() {
    for stream in [false, true] {
        let html = seen("openai", stream, Fault { html: true, status: Some(502), ..Fault::default() }).await;
        assert_eq!((html.status, html.header("content-type")), (502, Some("text/html")));
        assert!(html.text().starts_with("<html>"));
        let empty = seen("openai", stream, Fault { empty: true, ..Fault::default() }).await;
        assert_eq!((empty.status, empty.body.len(), empty.complete), (200, 0, true));
        let raw = seen("openai", stream, Fault { body: Some("{\"a\":".into()), ..Fault::default() }).await;
        assert_eq!(raw.text(), "{\"a\":");
        let kind =
            seen("openai", stream, Fault { content_type: Some("text/plain".into()), ..Fault::default() })
                .await;
        assert_eq!(kind.header("content-type"), Some("text/plain"));
    }
}

#[tokio::test]
async fn a_stall_is_silent_until_the_client_goes_and_the_journal_knows() {
    for (place, events) in [(Some(2), 2), (Some(0), 0), (None, 0)] {
        let mocks = with(
            Reply::text(PIECES)
                .with_fault(Fault { stall: Some(Stall { after_event: place }), ..Fault::default() }),
        )
        .await;
        let body = question("openai", MARKER, true).to_string();
        let bytes =
            client::request("POST", client::path("openai"), &client::headers("openai"), body.as_bytes());
        let mut stream = TcpStream::connect(mocks.addr()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let sent = mocks.journal_when(Some(MARKER), |entries| {
            entries.first().is_some_and(|entry| {
                entry.reply.events.iter().filter(|event| event.at_ms > 0.0).count() >= events
            })
        });
        let entries = tokio::time::timeout(Duration::from_secs(20), sent).await.unwrap();
        assert_eq!((entries[0].finished_ms, entries[0].aborted), (None, false));
        drop(stream);
        let gone = mocks
            .journal_when(Some(MARKER), |entries| entries[0].aborted && entries[0].finished_ms.is_some());
        let entries = tokio::time::timeout(Duration::from_secs(20), gone).await.expect("noticed at once");
        assert_eq!(entries[0].reply.events.len(), events);
    }
}

#[tokio::test]
async fn a_client_that_leaves_in_a_pause_is_noticed() {
    let fault = Fault { between_ms: Some(3_600_000), ..Fault::default() };
    let mocks = with(Reply::text(PIECES).with_fault(fault)).await;
    let body = question("anthropic", MARKER, true).to_string();
    let bytes =
        client::request("POST", client::path("anthropic"), &client::headers("anthropic"), body.as_bytes());
    let mut stream = TcpStream::connect(mocks.addr()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    drop(stream);
    let gone = mocks.journal_when(Some(MARKER), |entries| entries.first().is_some_and(|entry| entry.aborted));
    let entries = tokio::time::timeout(Duration::from_secs(20), gone).await.expect("noticed at once");
    assert_eq!(entries[0].reply.events.len(), 1);
}

#[tokio::test]
async fn pauses_are_where_they_are_asked_for() {
    let fault =
        Fault { latency_ms: Some(40), first_token_ms: Some(50), between_ms: Some(20), ..Fault::default() };
    let mocks = with(Reply::text(PIECES).with_fault(fault)).await;
    chat(&mocks, "openai", &question("openai", MARKER, true)).await;
    let entry = mocks.journal(Some(MARKER)).remove(0);
    let events = &entry.reply.events;
    // A timer may be late, never early: only lower bounds say something.
    assert!(events[0].at_ms - entry.started_ms >= 89.0);
    assert!(events.windows(2).all(|pair| pair[1].at_ms - pair[0].at_ms >= 19.0));
}

#[tokio::test]
async fn an_error_is_said_in_the_providers_words_with_its_status() {
    let kinds = [
        (Kind::RateLimit, (429, "requests", json!("rate_limit_exceeded")), (429, "rate_limit_error")),
        (Kind::Quota, (429, "insufficient_quota", json!("insufficient_quota")), (402, "billing_error")),
        (
            Kind::ContextLength,
            (400, "invalid_request_error", json!("context_length_exceeded")),
            (400, "invalid_request_error"),
        ),
        (Kind::Server, (500, "server_error", Value::Null), (500, "api_error")),
        (Kind::Overloaded, (503, "server_error", Value::Null), (529, "overloaded_error")),
        (Kind::Timeout, (504, "server_error", Value::Null), (504, "timeout_error")),
        (Kind::Permission, (403, "invalid_request_error", Value::Null), (403, "permission_error")),
    ];
    for (kind, openai, anthropic) in kinds {
        let mocks = with(Reply::error(Failure::new(kind, "said"))).await;
        let seen = chat(&mocks, "openai", &question("openai", MARKER, true)).await;
        let error = &seen.json()["error"];
        assert_eq!(
            (seen.status, error["type"].as_str().unwrap(), &error["code"]),
            (openai.0, openai.1, &openai.2)
        );
        assert_eq!((&error["message"], &error["param"]), (&json!("said"), &Value::Null));
        assert_eq!(crate::replies::violations("openai", None, &seen, false), Vec::<String>::new());
        let seen = chat(&mocks, "anthropic", &question("anthropic", MARKER, true)).await;
        let body = seen.json();
        assert_eq!((seen.status, body["error"]["type"].as_str().unwrap()), anthropic);
        assert_eq!(body["request_id"].as_str(), seen.header("request-id"));
        assert_eq!(crate::replies::violations("anthropic", None, &seen, false), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_large_stream_and_a_large_reply_arrive_whole_at_a_slow_client() {
    let pieces: Vec<String> = (0..5_000).map(|number| format!("{number} ")).collect();
    let mocks = with(Reply {
        content: Some(vec![Block::Text(mocks::script::Pieces(pieces.clone()))]),
        ..Reply::default()
    })
    .await;
    for stream in [true, false] {
        let body = question("openai", MARKER, stream).to_string();
        let bytes =
            client::request("POST", client::path("openai"), &client::headers("openai"), body.as_bytes());
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        socket.connect(&mocks.addr().into()).unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut slow = TcpStream::from_std(socket.into()).unwrap();
        slow.write_all(&bytes).await.unwrap();
        let seen = client::read(&mut slow, &mut Vec::new()).await;
        let said = if stream { fold::stream("openai", &seen) } else { fold::whole("openai", &seen) };
        assert_eq!(said[0].text, pieces.concat());
        assert!(tokens::count(&said[0].text) > 5_000);
    }
}

//! Replies byte for byte: what a script says in bytes is what the client reads, cut where the script cuts it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mocks::script::{How, Match, Raw, RawPiece, Reply, Script};
use serde_json::json;

use crate::client::{chat, exchange, request};
use crate::scripts::question;

const MARKER: &str = "[[raw]]";

fn raw(yaml: &str) -> Raw {
    let script = format!("replies: [{{ raw: {yaml} }}]");
    Script::from_yaml(&script).unwrap().remove(0).replies.remove(0).raw.unwrap()
}

async fn seen(raw: Raw) -> crate::client::Reply {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new(MARKER, Reply::raw(raw)));
    chat(&mocks, "anthropic", &question("anthropic", MARKER, true)).await
}

#[tokio::test]
async fn a_body_is_what_the_script_says_with_its_own_headers_only() {
    let text =
        seen(raw(r#"{ status: 218, headers: { content-type: text/plain, X-Own: a }, text: "not {json" }"#))
            .await;
    assert_eq!((text.status, text.text(), text.complete), (218, "not {json", true));
    let names: Vec<&str> = text.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-own", "content-type", "content-length"]);
    let bytes = [0_u8, 255, 10, 13, 0];
    let binary = seen(raw(&format!("{{ base64: {} }}", STANDARD.encode(bytes)))).await;
    assert_eq!(binary.body, bytes);
    let nothing = seen(raw("{ status: 204 }")).await;
    assert_eq!((nothing.status, nothing.body.len(), nothing.complete), (204, 0, true));
}

#[tokio::test]
async fn every_piece_is_an_http_chunk_unless_a_length_was_announced() {
    let pieces = "pieces: [{ text: 'da' }, { after_ms: 3, text: \"ta: 1\\n\\n\" }, { base64: /w== }]";
    let chunked = seen(raw(&format!("{{ {pieces} }}"))).await;
    assert_eq!(chunked.chunks, [b"da".to_vec(), b"ta: 1\n\n".to_vec(), vec![255]]);
    assert!(chunked.complete);
    let counted = seen(raw(&format!("{{ headers: {{ content-length: '10' }}, {pieces} }}"))).await;
    assert_eq!((counted.chunks.len(), counted.body.len(), counted.complete), (0, 10, true));
}

#[tokio::test]
async fn a_cut_reply_never_ends_in_order() {
    for (cut, how) in [("fin", How::Fin), ("rst", How::Rst)] {
        let chunked = seen(raw(&format!("{{ pieces: [{{ text: half }}], cut: {cut} }}"))).await;
        assert_eq!(
            (chunked.body.as_slice(), chunked.complete, chunked.reset),
            (&b"half"[..], false, how == How::Rst)
        );
        let short =
            seen(raw(&format!("{{ headers: {{ content-length: '99' }}, text: half, cut: {cut} }}"))).await;
        assert_eq!((short.body.as_slice(), short.complete), (&b"half"[..], false));
    }
}

/// A recording may be of a path that the mock does not serve.
#[tokio::test]
async fn bytes_answer_where_nobody_else_could() {
    let mocks = mocks::start().await.unwrap();
    let reply = Reply::raw(Raw { text: Some("[]".into()), ..raw("{}") });
    let matching = |path: &str| Match { path: Some(path.into()), ..Match::default() };
    for path in ["/v1/responses/9", "/v1/models"] {
        mocks.add(Script { matching: matching(path), replies: vec![reply.clone()] });
    }
    mocks.add(Script { matching: Match::default(), replies: vec![Reply::text(["for chats only"])] });
    let headers = [("authorization", "Bearer sk-touchstone")];
    for (path, said) in [("/v1/responses/9", Some("[]")), ("/v1/models", Some("[]")), ("/v1/nowhere", None)] {
        let seen = exchange(&mocks, &request("GET", &format!("/openai{path}"), &headers, b"")).await;
        assert_eq!(
            (seen.status == 200, said),
            (said.is_some(), said.filter(|said| seen.text() == *said)),
            "{path}"
        );
    }
    let seen = chat(&mocks, "openai", &question("openai", "x", false)).await;
    assert_eq!(seen.json()["choices"][0]["message"]["content"], "for chats only", "nothing was used up");
}

#[tokio::test]
async fn the_journal_tells_when_each_piece_went_out() {
    let mocks = mocks::start().await.unwrap();
    let three = raw("{ pieces: [{ text: a }, { after_ms: 2, text: b }, { text: c }] }");
    mocks.add(Script::new(MARKER, Reply::raw(three)));
    chat(&mocks, "openai", &question("openai", MARKER, true)).await;
    let entry = mocks.journal(Some(MARKER)).remove(0);
    let ends: Vec<usize> = entry.reply.events.iter().map(|event| event.end).collect();
    assert_eq!((ends, entry.violations.len()), (vec![1, 2, 3], 0));
}

#[test]
fn what_cannot_be_sent_is_refused_when_it_is_read() {
    for (yaml, said) in [
        ("replies: [{ raw: { text: a }, model: m }]", "`raw` stands alone"),
        ("replies: [{}, { raw: { text: a, pieces: [{ text: b }] } }]", "replies[1]: `raw` has more than one"),
        ("replies: [{ raw: { status: 101 } }]", "`raw.status` 101"),
        ("replies: [{ raw: { headers: { transfer-encoding: chunked } } }]", "`transfer-encoding`"),
        ("replies: [{ raw: { headers: { content-length: many } } }]", "`content-length`"),
        ("replies: [{ raw: { pieces: [{ after_ms: 1 }] } }]", "`raw.pieces[0]` needs one"),
        ("replies: [{ raw: { pieces: [{ base64: 'é' }] } }]", "`base64` that is none"),
    ] {
        let problem = Script::from_yaml(yaml).unwrap_err();
        assert!(problem.contains(said), "{yaml}: {problem}");
    }
    assert!(Script::from_json(&json!({"replies": [{"raw": {"status": 9}}]}).to_string()).is_err());
}

#[test]
fn scripts_are_read_from_a_folder_too() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Script::read(folder.path()).unwrap_err().contains("no scripts there"));
    for (name, said) in [
        ("b.yaml", "replies: [{ model: b }]"),
        ("a.json", r#"[{"replies": [{"model": "a"}]}]"#),
        ("c.txt", "?"),
    ] {
        std::fs::write(folder.path().join(name), said).unwrap();
    }
    let models: Vec<_> = Script::read(folder.path())
        .unwrap()
        .into_iter()
        .filter_map(|script| script.replies[0].model.clone())
        .collect();
    assert_eq!(models, ["a", "b"]);
}

#[test]
fn bytes_are_written_as_text_where_they_are_one() {
    for bytes in [&b"plain"[..], "grün".as_bytes(), &[200, 1]] {
        let piece = RawPiece::new(7, bytes);
        assert_eq!(
            (piece.bytes().as_ref(), piece.text.is_some()),
            (bytes, std::str::from_utf8(bytes).is_ok())
        );
    }
}

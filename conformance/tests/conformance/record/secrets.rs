//! Nothing secret is in any byte that is written, wherever it stood.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::client::{Client, Target};
use conformance::record::{Options, Recorder};
use mocks::Script;
use mocks::script::{Raw, Reply};
use serde_json::{Value, json};

use super::{MARKER, PATIENCE, ask, files, form, record, replay};

/// Where each stands is its name.
const SECRETS: [(&str, &str); 16] = [
    ("bearer", "sk-live-T0pS3cr3tK3yOfTheClient"),
    ("query key", "AIzaSyQueryKey0123456789abcdefghijklm"),
    ("query signature", "5f3a9c0e7b1d5f3a9c0e7b1d"),
    ("cookie", "c00kieOfTheClient"),
    ("session token", "IQoJb3JpZ2luX2VjSessionToken+/=="),
    ("api key header", "Own-Key-Header-42"),
    ("body member", "p4ssphrase in (plain) words"),
    ("nested member", "tok_N3sted"),
    ("reply cookie", "s3ssionOfTheProvider"),
    ("organization", "acme-holdings-3"),
    ("organization id", "org-AbCdEfGhIjKlMnOpQrStUv"),
    ("in a text", "AKIAIOSFODNN7EXAMPLE"),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fwpM"),
    ("account", "123456789012"),
    ("the user's own", "CUST-7788-99"),
    ("basic password", "b4sicPassword"),
];

fn secret(name: &str) -> &'static str {
    SECRETS.into_iter().find(|(known, _)| *known == name).expect("a secret").1
}

/// Every text in what was written: as it is, and what its base64 says.
fn written(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for file in files(folder) {
        let text = std::fs::read_to_string(&file).expect("a text");
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c)));
        let decoded = words.filter(|word| word.len() >= 8).filter_map(|word| STANDARD.decode(word).ok());
        let decoded: Vec<String> =
            decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
        texts.push((file.display().to_string(), text));
        texts.extend(decoded.into_iter().map(|text| (format!("{} (decoded)", file.display()), text)));
    }
    texts
}

fn assert_clean(folder: &std::path::Path, secrets: &[&str]) {
    let texts = written(folder);
    assert!(!texts.is_empty());
    for secret in secrets {
        for (place, text) in &texts {
            assert!(!text.contains(secret), "{secret} is in {place}: {text}");
        }
    }
}

/// A reply of a provider that tells more than it should.
fn echo() -> Raw {
    let echo = json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        "organization": secret("organization id"), "api_key": secret("nested member"),
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "refusal": null, "content": format!(
            "You sent {} and {}; mine is {}, {} and arn:aws:iam::{}:role/x",
            secret("bearer"), secret("api key header"), secret("in a text"), secret("jwt"), secret("account"))}}]});
    let headers = [
        ("content-type", "application/json"),
        ("set-cookie", &format!("sid={}; Path=/; HttpOnly", secret("reply cookie"))),
        ("openai-organization", secret("organization")),
        ("x-request-id", &format!("req-of-{}", secret("organization"))),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Raw {
        status: 200,
        headers,
        text: Some(echo.to_string()),
        ..serde_json::from_value(json!({})).expect("defaults")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_that_is_written_has_a_secret() {
    let mocks = mocks::start().await.unwrap();
    let raw = echo();
    mocks.add(Script::new(MARKER, Reply::raw(raw)));
    let folder = tempfile::tempdir().unwrap();
    let redact = vec![r"CUST-[0-9-]+".to_owned()];
    let options = Options { redact, ..Options::new("openai", mocks.url("openai"), folder.path()) };
    // The mock takes its own key only, so that its refusal is recorded as well.
    let recorder = Recorder::start(options).await.unwrap();
    let basic = format!("Basic {}", STANDARD.encode(format!("admin:{}", secret("basic password"))));
    for key in [format!("Bearer {}", secret("bearer")), "Bearer sk-touchstone".to_owned(), basic] {
        let mut body =
            (form("openai").question)(false, &format!("I am {} {MARKER}", secret("the user's own")));
        body["metadata"] = json!({"password": secret("body member"), "client_secret": secret("nested member"), "note": secret("session token")});
        let target = Target {
            method: "POST".to_owned(),
            path: format!(
                "{}?key={}&sig={}",
                form("openai").path(false),
                secret("query key"),
                secret("query signature")
            ),
            headers: [
                ("content-type", "application/json"),
                ("authorization", &key),
                ("cookie", &format!("a=1; session={}", secret("cookie"))),
                ("x-amz-security-token", secret("session token")),
                ("x-api-key", secret("api key header")),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            body: body.to_string().into(),
            ..Target::default()
        };
        Client::new(&recorder.url()).unwrap().call(&target, PATIENCE).await;
    }
    recorder.written(3).await;
    recorder.shutdown().await;
    assert_eq!(files(&folder.path().join("exchanges")).len(), 3);
    assert_clean(folder.path(), &SECRETS.map(|(_, secret)| secret));
    assert_clean(folder.path(), &["sk-touchstone\"", "Bearer sk"]);
    // What is no secret stays, and what was taken out is told by its place.
    let evidence: Value =
        serde_json::from_str(&std::fs::read_to_string(&files(&folder.path().join("exchanges"))[1]).unwrap())
            .unwrap();
    assert_eq!(evidence["reply"]["status"], 200);
    assert!(evidence["reply"]["pieces"][0]["data"].as_str().unwrap().contains("You sent "), "{evidence:#}");
    let removed = evidence["removed"].to_string();
    for place in [
        "request header authorization",
        "request header cookie",
        "query key",
        "reply header set-cookie",
        "request body",
        "reply body",
    ] {
        assert!(removed.contains(place), "{place}: {removed}");
    }
}

/// Masks keep lengths: what is replayed has the same bytes but for the secret, and binary frames have right checksums.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_binary_stream_is_masked_and_the_stream_stays_whole() {
    let secret = secret("in a text");
    let folder = tempfile::tempdir().unwrap();
    let seen = record(
        folder.path(),
        "bedrock",
        true,
        Reply::text([format!("The key is {secret}"), ", they say.".to_owned()]),
    )
    .await;
    assert!(String::from_utf8_lossy(&seen.body()).contains(secret), "the client has it all");
    assert_clean(folder.path(), &[secret]);
    let again = replay(&folder.path().join("bytes"), "bedrock", true).await;
    assert_eq!(again.body().len(), seen.body().len());
    let script = std::fs::read_to_string(&files(&folder.path().join("scripts"))[0]).unwrap();
    assert!(script.contains(&"*".repeat(secret.len())) && script.contains(", they say."), "{script}");
    // Recorded once more, its frames are read: they would not be with wrong checksums.
    let mocks = mocks::start().await.unwrap();
    Script::read(&folder.path().join("bytes")).unwrap().into_iter().for_each(|script| mocks.add(script));
    let second = tempfile::tempdir().unwrap();
    let recorder =
        Recorder::start(Options::new("bedrock", mocks.url("bedrock"), second.path())).await.unwrap();
    ask(&recorder.url(), "bedrock", true, &format!("Is it gold? {MARKER}")).await;
    recorder.written(1).await;
    recorder.shutdown().await;
    let read = std::fs::read_to_string(&files(&second.path().join("scripts"))[0]).unwrap();
    assert!(read.contains(", they say.") && !read.contains("cannot be read"), "{read}");
}

/// Where it lies in several events no search of the bytes finds it: nothing is kept then.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_pieces_is_not_kept_at_all() {
    for provider in ["openai", "anthropic", "gemini", "ollama", "bedrock"] {
        let folder = tempfile::tempdir().unwrap();
        let (head, tail) = secret("in a text").split_at(9);
        record(folder.path(), provider, true, Reply::text([head, tail])).await;
        assert_eq!(files(folder.path()), Vec::<std::path::PathBuf>::new(), "{provider}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_searched_is_not_kept() {
    for (coding, body) in [("br", STANDARD.encode([11_u8, 2, 128])), ("gzip", STANDARD.encode(b"no gzip"))] {
        let headers = [("content-type", "application/json"), ("content-encoding", coding)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let raw = Raw { headers, base64: Some(body.clone()), ..serde_json::from_value(json!({})).unwrap() };
        let folder = tempfile::tempdir().unwrap();
        let seen = record(folder.path(), "openai", false, Reply::raw(raw)).await;
        assert_eq!(STANDARD.encode(seen.body()), body, "the client has it all");
        let written = files(folder.path());
        assert_eq!(written.len(), 1, "evidence without the bytes: {written:?}");
        let text = std::fs::read_to_string(&written[0]).unwrap();
        assert!(text.contains("not kept") && !text.contains(&body), "{text}");
    }
    // What can be unpacked is.
    let folder = tempfile::tempdir().unwrap();
    let gzip = mocks::script::Fault { gzip: true, ..mocks::script::Fault::default() };
    record(folder.path(), "openai", false, Reply::text([secret("in a text")]).with_fault(gzip)).await;
    assert_clean(folder.path(), &[secret("in a text")]);
    assert!(std::fs::read_to_string(&files(&folder.path().join("scripts"))[0]).unwrap().contains("********"));
}

#[test]
fn a_pattern_that_is_none_is_said() {
    let error = conformance::record::Redactor::new(&["(".to_owned()]).unwrap_err();
    assert!(error.to_string().contains("is no regular expression") && error.exit_code() == 2, "{error}");
}

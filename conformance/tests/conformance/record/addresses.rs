//! Where calls are sent on to: plain and by TLS, with a path, by a host of its own; and what is no address.

use std::path::PathBuf;

use conformance::Error;
use conformance::record::{Options, Recorder};
use mocks::Script;
use mocks::script::Reply;

use super::{MARKER, ask, files};

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_reached_by_tls_where_its_certificate_is_trusted() {
    let authority = std::sync::Arc::new(mocks::Authority::new().expect("a certificate"));
    let tls = Some("127.0.0.1:0".parse().expect("an address"));
    let mocks = mocks::start_with(mocks::Options {
        tls,
        authority: Some(authority.clone()),
        ..mocks::Options::default()
    });
    let mocks = mocks.await.expect("a port");
    mocks.add(Script::new(MARKER, Reply::text(["by TLS"])));
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).expect("a file");
    let address = format!("https://localhost:{}", mocks.tls().expect("it listens").port());
    for (ca, status) in [(Some(ca), 200), (None, 502)] {
        let out = folder.path().join(status.to_string());
        let options = Options { ca, ..Options::new("openai", format!("{address}/openai"), &out) };
        let recorder = Recorder::start(options).await.expect("a port");
        let seen = ask(&recorder.url(), "openai", true, MARKER).await;
        recorder.written(1).await;
        recorder.shutdown().await;
        assert_eq!(seen.status, Some(status), "{}", String::from_utf8_lossy(&seen.body()));
        let evidence = std::fs::read_to_string(&files(&out.join("exchanges"))[0]).expect("evidence");
        assert_eq!(evidence.contains("TLS: "), status == 502, "{evidence}");
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_said_before_it_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = |to: &str| Options::new("openai", to, folder.path());
    let nowhere = options("http://127.0.0.1:9");
    let table = [
        (options("ftp://x"), "neither https:// nor http://"),
        (options("https://"), "is no address"),
        (options("http://user:pass@x"), "without user"),
        (options("http://x/?key=1"), "without user, query"),
        (Options { provider: "nobody".to_owned(), ..nowhere.clone() }, "no provider `nobody`"),
        (Options { name: "Not A Word".to_owned(), ..nowhere.clone() }, "no word of an id"),
        (Options { redact: vec!["[".to_owned()], ..nowhere.clone() }, "no regular expression"),
    ];
    for (options, said) in table {
        let Err(error) = Recorder::start(options).await else { panic!("{said}") };
        assert!(error.to_string().contains(said) && error.exit_code() == 2, "{error}");
    }
    let ca = Options { ca: Some(PathBuf::from("/nowhere.pem")), ..options("https://x") };
    assert!(matches!(Recorder::start(ca).await, Err(Error::File { .. })));
}

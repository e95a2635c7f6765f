//! Laws of profiles: how a gateway is started and found.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use conformance::gateway::{Gateway, Profile, Reach, Source, Upstreams};

fn profile(start: &str) -> Profile {
    let text = format!(
        "apiVersion: touchstone/v1
kind: GatewayProfile
implementation: {{ organization: Nobody, project: a gateway, url: '', version: '1', contact: [] }}
start: {start}
routes: []
"
    );
    Profile::parse("sample", &text).expect("a profile")
}

async fn start(profile: &Profile, folder: &Path) -> Result<Gateway, conformance::Error> {
    let upstreams =
        Upstreams { urls: [].into(), credentials: mocks::Credentials::default(), reach: Reach::default() };
    Gateway::start(profile, &Source::Profile, &upstreams, folder).await
}

/// Something that knows no path.
fn somebody() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Whether the other side still listens is its own affair.
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        }
    });
    address
}

#[tokio::test]
async fn a_gateway_that_chooses_its_own_port_is_found_where_it_says() {
    let address = somebody();
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!("printf http://{address}/ > address; echo >> address; exec sleep 60");
    let profile = profile(&format!("{{ command: [sh, -c, '{script}'], address: address }}"));
    let gateway = start(&profile, folder.path()).await.expect("any answer will do");
    assert_eq!(gateway.url, format!("http://{address}"));
    gateway.shutdown().await.expect("it runs to the end");
}

#[tokio::test]
async fn a_gateway_that_says_no_address_is_never_ready() {
    let folder = tempfile::tempdir().expect("a folder");
    let silent = profile("{ command: [sleep, '60'], address: address, readyMs: 50 }");
    let error = tokio::time::timeout(Duration::from_secs(20), start(&silent, folder.path())).await;
    let error = error.expect("its patience ends").expect_err("no address");
    assert!(error.to_string().contains("no address"), "{error}");
    let ended = profile("{ command: ['true'], address: address }");
    let error = start(&ended, folder.path()).await.expect_err("it ended");
    assert!(error.to_string().contains("it ended"), "{error}");
}

/// What was never run is said to be so wherever its results may stand.
#[test]
fn a_profile_that_was_not_run_says_so_in_every_report() {
    let reason = "it runs on the moon only";
    let mut report = super::report::sample::sample();
    let told = |report: &conformance::Report| {
        [
            conformance::report::terminal::render(report, Default::default()),
            conformance::report::markdown::render(report),
            serde_json::to_string(report).expect("JSON"),
        ]
    };
    assert!(told(&report).iter().all(|text| !text.contains(reason)));
    report.implementation.unverified = Some(reason.to_owned());
    for text in told(&report) {
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn every_bundled_profile_is_listed_with_its_version_and_whether_it_was_run() {
    let text = conformance::gateways().expect("they parse");
    for name in Profile::bundled() {
        let profile = Profile::load(name).expect("it parses");
        let from = text.find(&format!("{name} ")).unwrap_or_else(|| panic!("{name} is not listed"));
        let line = text[from..].lines().next().unwrap_or_default();
        assert!(line.contains(&profile.implementation.version), "{line}");
        let reason = &profile.implementation.unverified;
        assert!(reason.as_ref().is_none_or(|reason| text.contains(reason)), "{name}");
        let listed = conformance::gateways_json().expect("they parse");
        let entry = listed.as_array().into_iter().flatten().find(|entry| entry["name"] == *name);
        let entry = entry.unwrap_or_else(|| panic!("{name} is not in the data"));
        assert_eq!(entry["routes"].as_array().map(Vec::len), Some(profile.routes.len()));
        assert_eq!(entry["implementation"]["unverified"].as_str(), reason.as_deref());
    }
}

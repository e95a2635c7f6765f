//! Laws of profiles: how a gateway is started and found.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use conformance::gateway::{Gateway, Profile, Source, Upstreams};

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
    let upstreams = Upstreams { urls: [].into(), credentials: mocks::Credentials::default() };
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

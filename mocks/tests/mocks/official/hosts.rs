//! Clients whose hosts are fixed: a proxy leads them to the mocks, by the mocks' own TLS.

use mocks::Options;
use mocks::journal::Auth;
use mocks::script::{Reply, Script};
use serde_json::json;

use super::venv::NEWEST;

#[tokio::test]
async fn official_clients_with_their_own_hosts_reach_the_mocks() {
    let mocks = mocks::start_with(Options { proxy: true, ..Options::default() }).await.unwrap();
    mocks.add(Script::new("[[text]]", Reply::text(["Hel", "lo"])));
    let folder = tempfile::tempdir().unwrap();
    let trust = mocks.authority().unwrap().trust(folder.path()).unwrap();
    let (proxy, ca) = (format!("http://{}", mocks.addr()), trust.ca.display().to_string());
    let Some(seen) = NEWEST.run_with("fixed_hosts.py", &[&proxy, &ca]).await else { return };
    println!("{seen:#}");
    assert_eq!(seen["openai_text"], json!(["https://api.openai.com/v1/", "Hello"]));
    assert_eq!(seen["anthropic_text"], json!(["https://api.anthropic.com", "Hello"]));
    assert_eq!(seen["bedrock_text"], json!(["https://bedrock-runtime.us-east-1.amazonaws.com", "Hello"]));
    assert_eq!(seen["elsewhere"]["raised"][0], "ProxyError");
    let asked = mocks.journal(Some("[[text]]"));
    let asked: Vec<_> = asked.iter().map(|entry| (entry.provider.as_str(), &entry.auth)).collect();
    assert_eq!(asked, [("openai", &Auth::Ok), ("anthropic", &Auth::Ok), ("bedrock", &Auth::Ok)]);
    let refused = mocks.journal(None).into_iter().find_map(|entry| entry.refused.map(|_| entry.path));
    assert_eq!(refused.as_deref(), Some("telemetry.example.com:443"));
}

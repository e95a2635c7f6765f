//! `touchstone mock` and `touchstone gateway` as processes.

use super::binary::{Server, file, told};
use super::port::Port;

const ASK: &str = r#"{"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello [[here]]"}]}"#;
const KEY: &str = "authorization: Bearer sk-touchstone\r\ncontent-type: application/json\r\n";

#[test]
fn a_mock_answers_as_its_script_says_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let script = file(
        folder.path(),
        "script.yaml",
        "match: { contains: \"[[here]]\" }\nreplies:\n  - content: [{ text: scripted }]\n",
    );
    let mock = Server::start(&["mock", "--listen", "127.0.0.1:0", "--script", &script], &[]);
    let reply = mock.ask("POST", "/openai/v1/chat/completions", KEY, ASK);
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("\"scripted\""), "{reply}");
    let refused = mock.ask("POST", "/openai/v1/chat/completions", "", ASK);
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    let journal = mock.ask("GET", "/__mock/journal", "", "");
    assert!(journal.contains("[[here]]") && !journal.contains("sk-touchstone"), "keys are masked: {journal}");
    assert_eq!(mock.terminate().0, Some(0));
}

#[test]
fn a_mock_with_a_file_goes_on_where_it_was_ended() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state").display().to_string();
    let start = || Server::start(&["mock", "--listen", "127.0.0.1:0", "--state", &state], &[]);
    let ask = "{\"model\": \"gpt-4o\", \"input\": \"hi\"}";
    let mock = start();
    let created = mock.ask("POST", "/openai/v1/responses", KEY, ask);
    let id = created.split("\"id\":\"").find(|rest| rest.starts_with("resp_")).expect("an id");
    let path = format!("/openai/v1/responses/{}", &id[..id.find('"').unwrap()]);
    assert_eq!(mock.terminate().0, Some(0));
    let mock = start();
    let kept = mock.ask("GET", &path, KEY, "");
    assert!(kept.starts_with("HTTP/1.1 200"), "{kept}");
    mock.ask("POST", "/__mock/reset", "", "");
    assert_eq!(mock.terminate().0, Some(0));
    let forgotten = start().ask("GET", &path, KEY, "");
    assert!(forgotten.starts_with("HTTP/1.1 404"), "{forgotten}");
}

#[test]
fn health_is_asked_by_the_binary_itself() {
    let mock = Server::start(&["mock", "--listen", "127.0.0.1:0"], &[]);
    let ready = format!("http://{}/__mock/ready", mock.address);
    let (code, said, _) = told(&["health", &ready]);
    assert_eq!((code, said.trim()), (Some(0), "healthy"));
    let (code, _, error) = told(&["health", &format!("http://{}/__mock/nothing", mock.address)]);
    assert!(code == Some(1) && error.contains("404"), "{error}");
    assert_eq!(mock.terminate().0, Some(0));
    let (code, _, error) = told(&["health", &ready]);
    assert!(code == Some(1) && error.contains("does not answer"), "{error}");
}

#[test]
fn a_mock_as_a_proxy_leads_to_its_hosts_alone_and_says_whom_to_trust() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca");
    let listen = ["mock", "--listen", "127.0.0.1:0", "--proxy", "--tls", "127.0.0.1:0"];
    let mock = Server::start(&[listen.as_slice(), &["--ca", ca.to_str().unwrap()]].concat(), &[]);
    let reply = mock.ask("POST", "http://api.openai.com/v1/chat/completions", KEY, ASK);
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    for (method, target) in [("GET", "http://example.com/"), ("CONNECT", "example.com:443")] {
        let refused = mock.ask(method, target, "", "");
        assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("nothing leaves"), "{refused}");
    }
    let (_, said) = mock.terminate();
    for part in
        ["ca.pem", "bundle.pem", "HTTPS_PROXY=http://127.0.0.1:", "api.anthropic.com", "https://127.0.0.1:"]
    {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let ca = std::fs::read_to_string(ca.join("ca.pem")).unwrap();
    assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"), "{ca}");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let body = |seed: &str| {
        let mock = Server::start(&["mock", "--listen", "127.0.0.1:0", "--seed", seed], &[]);
        let reply = mock.ask("POST", "/openai/v1/chat/completions", KEY, ASK);
        reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
    };
    assert_eq!(body("7"), body("7"));
    assert_ne!(body("7"), body("8"), "ids follow the seed");
}

#[test]
fn a_broken_script_is_told_with_its_file_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let script = file(folder.path(), "broken.yaml", "replies:\n  - colour: blue\n");
    let (code, _, said) = told(&["mock", "--listen", "127.0.0.1:0", "--script", &script]);
    assert_eq!(code, Some(2));
    assert!(said.contains("broken.yaml") && said.contains("colour"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let mock = Server::start(&["mock", "--listen", "127.0.0.1:0"], &[]);
    let (code, _, said) = told(&["mock", "--listen", &mock.address]);
    assert_eq!(code, Some(2));
    assert!(said.contains(&mock.address), "{said}");
}

#[test]
fn a_gateway_translates_and_ends_when_told_and_its_log_holds_no_key() {
    let mock = Server::start(&["mock", "--listen", "127.0.0.1:0"], &[]);
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "kong.yaml", &kong(&mock.address, "upstream_url"));
    let gateway = Server::start(
        &["gateway", "--config", &config, "--listen", "127.0.0.1:0", "--threads", "1"],
        &[("KEY", "sk-ant-touchstone")],
    );
    let reply = gateway.ask(
        "POST",
        "/chat",
        "content-type: application/json\r\n",
        &ASK.replace("gpt-4o", "claude-sonnet-4-5"),
    );
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("\"chat.completion\""), "{reply}");
    assert!(!reply.contains("sk-ant-touchstone"));
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("\"status\":200") && !log.contains("sk-ant-touchstone"), "{log}");
}

#[test]
fn operators_look_at_an_address_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "kong.yaml", &kong("127.0.0.1:9", "upstream_url"));
    let port = Port::new();
    let free = port.addr().to_string();
    let mut gateway = Server::start(
        &["gateway", "--config", &config, "--listen", "127.0.0.1:0", "--status-listen", &free],
        &[("KEY", "sk-ant-touchstone")],
    );
    let reply = gateway.ask("GET", "/status.json", "", "");
    assert!(reply.starts_with("HTTP/1.1 404"), "not where clients call: {reply}");
    gateway.address = free;
    let reply = gateway.ask("GET", "/status.json", "", "");
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("kong.yaml"), "{reply}");
    assert!(!reply.contains("sk-ant-touchstone"));
    let (code, said, _) = told(&["gateway", "--config", &config, "--status-listen", "nowhere"]);
    assert_eq!((code, said.as_str()), (Some(2), ""));
}

#[test]
fn a_file_is_judged_without_being_served() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(folder.path(), "good.yaml", &kong("127.0.0.1:9", "upstream_url"));
    let judge = |path: &str| {
        let output = super::binary::command(&["gateway", "--config", path, "--check"])
            .env("KEY", "k")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(judge(&good), (Some(0), String::new()));
    let bad = file(folder.path(), "bad.yaml", &kong("127.0.0.1:9", "upstream_ulr"));
    let (code, said) = judge(&bad);
    assert_eq!(code, Some(2));
    assert!(said.contains("upstream_ulr") && said.contains("upstream_url"), "{said}");
}

/// One route to Anthropic's mock, with the address in this option.
fn kong(mock: &str, option: &str) -> String {
    format!(
        r#"_format_version: "3.0"
services:
  - name: ai
    url: http://127.0.0.1:9
    routes:
      - name: chat
        paths: [/chat]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              auth: {{ header_name: x-api-key, header_value: "${{KEY}}" }}
              model:
                provider: anthropic
                name: claude-sonnet-4-5
                options: {{ anthropic_version: "2023-06-01", {option}: "http://{mock}/anthropic/v1/messages" }}
"#
    )
}

//! `touchstone gateway`: its files, its limits, and what it says of them.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use super::binary::{Server, command, file, told};

#[test]
fn a_first_file_is_written_and_never_over_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kong.yaml").display().to_string();
    let (code, said, _) = told(&["gateway", "--init", &path]);
    assert!(code == Some(0) && said.contains("--check"), "{said}");
    let (code, said, error) = told(&["gateway", "--config", &path, "--check"]);
    assert_eq!(code, Some(0), "{error}");
    for part in
        ["all well, 1 route\n", "openai: /openai", "plugins: ai-proxy", "openai gpt-5-mini (llm/v1/chat)"]
    {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let (code, schema, _) = told(&["gateway", "--schema"]);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert!(code == Some(0) && schema["properties"]["services"].is_object(), "{schema}");
    std::fs::write(&path, "mine").unwrap();
    let (code, _, error) = told(&["gateway", "--init", &path]);
    assert!(code != Some(0) && error.contains("--force"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(told(&["gateway", "--init", &path, "--force"]).0, Some(0));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("# yaml-language-server: $schema="));
}

#[test]
fn a_key_is_told_as_a_file_may_hold_it() {
    let hashed = |text: &str| {
        let mut asked = command(&["gateway", "--hash-key"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        asked.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = asked.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    // Of `abc`: FIPS 180-2, B.1.
    let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
    for text in ["abc", "abc\n", "abc\r\n"] {
        assert_eq!(hashed(text), (true, abc.to_owned()));
    }
    for text in ["", "\n", "abc\ndef\n"] {
        assert_eq!(hashed(text), (false, String::new()), "{text:?}");
    }
}

#[test]
fn what_a_file_holds_is_told_to_programs() {
    let folder = tempfile::tempdir().unwrap();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../gateway/examples");
    let (code, said, error) =
        told(&["gateway", "--config", &format!("{examples}/start.yaml"), "--check", "--json"]);
    assert_eq!(code, Some(0), "{error}");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["ok"], true);
    let target = json!({ "provider": "openai", "model": "gpt-5-mini", "route_type": "llm/v1/chat" });
    let route = json!({
        "name": "openai", "service": "models", "paths": ["/openai"], "methods": [], "plugins": ["ai-proxy"],
        "targets": [target],
    });
    assert_eq!(said["routes"], json!([route]));

    let bad = file(folder.path(), "bad.yaml", "_format_version: \"3.0\"\nservice: []\n");
    let (code, said, _) = told(&["gateway", "--config", &bad, "--check", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["ok"], &said["file"]), (Some(2), &json!(false), &json!(bad)));
    let error = &said["errors"][0];
    assert_eq!((&error["line"], &error["column"], &error["path"]), (&json!(2), &json!(1), &json!("service")));
    assert!(error["problem"].as_str().unwrap().contains("services"), "{error}");
}

#[test]
fn limits_are_the_operators_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "kong.yaml", gateway());
    let arguments = ["gateway", "--config", &config, "--listen", "127.0.0.1:0", "--max-body", "1k"];
    let server = Server::start(&arguments, &[("TOUCHSTONE_MAX_HEAD", "16KiB")]);
    let json = "content-type: application/json\r\n";
    let large = server.ask("POST", "/openai", json, &"x".repeat(1025));
    assert!(large.starts_with("HTTP/1.1 413 ") && large.contains("1024 bytes"), "{large}");
    let head = format!("x: {}\r\n", "y".repeat(20 << 10));
    assert!(server.ask("POST", "/openai", &head, "").starts_with("HTTP/1.1 431 "));
    for wrong in [["--max-body", "1.5M"], ["--call-timeout", "soon"], ["--tls-cert", "chain.pem"]] {
        let (code, _, error) = told(&["gateway", "--config", &config, wrong[0], wrong[1]]);
        assert!(code == Some(2) && error.contains(wrong[0].trim_start_matches('-')), "{error}");
    }
}

/// The file of the first route, and nothing else.
fn gateway() -> &'static str {
    r#"{"_format_version": "3.0", "services": [{"name": "s", "host": "localhost", "routes": [{"name": "openai",
        "paths": ["/openai"], "plugins": [{"name": "ai-proxy", "config": {"route_type": "llm/v1/chat", "max_request_body_size": 0,
        "model": {"provider": "openai", "name": "m"}}}]}]}]}"#
}

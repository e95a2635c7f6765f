//! `touchstone repro`: a check of a report again, by hand.

use std::path::Path;
use std::process::{Command, Output};

const KEY: &str = "chat.reply.finish@chat.finish.length@openai.chat/anthropic/whole";

fn touchstone(arguments: &[&str], folder: &Path) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_touchstone"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn a_check_is_kept_as_a_folder_that_the_tools_read() {
    let folder = tempfile::tempdir().unwrap();
    touchstone(&["test", "--select", KEY, "--evidence", "all", "--report", "."], folder.path());
    touchstone(&["repro", "report.json", KEY, "--save", "kept"], folder.path());
    let kept = folder.path().join("kept");
    let read = |name: &str| {
        std::fs::read_to_string(kept.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let scripts = mocks::Script::read(&kept.join("script.yaml")).unwrap();
    assert_eq!(scripts.len(), 1);
    touchstone(&["gateway", "--config", "kept/kong.yaml", "--check"], folder.path());
    let request: serde_json::Value = serde_json::from_str(&read("request.json")).unwrap();
    assert_eq!(request["max_tokens"], 16);
    assert!(read("curl.sh").contains("@request.json"));
    assert!(read("README.md").contains("touchstone mock --listen 127.0.0.1:9000 --script script.yaml"));
    let syntax = Command::new("sh").args(["-n", "curl.sh"]).current_dir(&kept).status().unwrap();
    assert!(syntax.success());
}

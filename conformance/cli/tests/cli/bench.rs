//! `touchstone bench`: what is counted, written and said, and how it ends. No figure is asserted: the machine is shared.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::binary::{Server, command, file, told, touchstone};
use super::port::Port;

/// A gateway that sends every call to a place where nobody listens.
const PROFILE: &str = "apiVersion: touchstone/v1
kind: GatewayProfile
implementation: { organization: Test, project: wrong, url: \"\", version: \"1\", contact: [] }
render: [{ template: kong.yaml.j2, to: kong.yaml }]
start:
  command: [\"{{ self }}\", gateway, --config, \"{{ workdir }}/kong.yaml\", --listen, \"127.0.0.1:{{ port }}\"]
  ready: /status/ready
  readyMs: 60000
routes: [{ name: openai, provider: openai, path: /chat, model: m, upstreamModel: m }]
";
const KONG: &str = "_format_version: \"3.0\"
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
              auth: { header_name: Authorization, header_value: Bearer sk-touchstone }
              model: { provider: openai, options: { upstream_url: \"{{ closed }}/v1/chat/completions\" } }
";

/// The report, once it is valid by the published schema.
fn report(folder: &Path) -> Value {
    let text = std::fs::read(folder.join("bench.json")).expect("it is written");
    let report: Value = serde_json::from_slice(&text).expect("it is JSON");
    let schema: Value = serde_json::from_str(conformance::bench::model::SCHEMA).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let wrong: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    report
}

#[test]
fn a_quick_look_measures_everybody_at_everything() {
    let folder = tempfile::tempdir().unwrap();
    // Shorter than quick is by itself: here only counts matter.
    let short = ["--duration", "0.1", "--repeat", "1", "--rate", "100", "--concurrency", "4"];
    let output = touchstone(
        &[&["bench", "--quick", "--report", folder.path().to_str().unwrap()][..], &short].concat(),
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(output.stderr, b"", "progress is for terminals");
    let report = report(folder.path());
    let names: Vec<_> =
        report["subjects"].as_array().unwrap().iter().map(|subject| &subject["name"]).collect();
    assert!(
        names.first().is_some_and(|name| *name == "direct")
            && names.last().is_some_and(|name| *name == "touchstone")
    );
    let ids: Vec<_> =
        report["trials"].as_array().unwrap().iter().map(|trial| trial["id"].as_str().unwrap()).collect();
    let of = |provider: &str| {
        ["whole/c4", "whole/r100", "stream/c4", "paced/c4"].map(|load| format!("{provider}/{load}"))
    };
    assert_eq!(ids, [of("openai"), of("anthropic")].concat());
    for trial in report["trials"].as_array().unwrap() {
        let results = trial["results"].as_array().unwrap();
        assert_eq!(results.len(), names.len(), "everybody is measured: {}", trial["id"]);
        for run in results.iter().flat_map(|result| result["runs"].as_array().unwrap()) {
            assert_eq!((&run["wrong"], &run["reason"]), (&Value::from(0), &Value::Null), "{run}");
            let [sent, reached, unfinished] =
                ["sent", "reached", "unfinished"].map(|name| run[name].as_u64().unwrap());
            // Where the machine stood still, a call may have come no further than to the gateway.
            let expected = sent - unfinished..=sent;
            assert!(sent >= 4 && expected.contains(&reached), "every call reaches the provider, once: {run}");
        }
    }
    assert!(said.contains("of direct") && said.contains("openai → anthropic, whole, 4 at once"), "{said}");
}

#[test]
fn who_answers_wrongly_is_not_measured() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "profile.yaml", PROFILE);
    file(folder.path(), "kong.yaml.j2", KONG);
    let gateway = folder.path().to_str().unwrap();
    let (code, said, _) =
        told(&["bench", "--quick", "--gateway", gateway, "--against", "direct", "--report", gateway]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("✗") && said.contains("openai/whole: status 5"), "{said}");
    let report = report(folder.path());
    assert_eq!(report["trials"], Value::Array(vec![]));
    let refused = report["refused"].as_array().unwrap();
    let wrong = |provider: &str| {
        refused.iter().filter(|one| one["provider"] == provider && one["wrong"] == true).count()
    };
    assert_eq!(
        (wrong("openai"), wrong("anthropic"), refused.len()),
        (3, 0, 6),
        "what is not claimed is not wrong"
    );
}

#[test]
fn a_gateway_that_runs_already_is_measured_too() {
    let folder = tempfile::tempdir().unwrap();
    let port = Port::new();
    let mocks = port.addr().to_string();
    let upstream = format!("http://{mocks}/openai/v1/chat/completions");
    let config =
        file(folder.path(), "kong.yaml", &KONG.replace("{{ closed }}/v1/chat/completions", &upstream));
    let gateway =
        Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0", "--threads", "1"], &[]);
    let routes =
        "routes: [{ name: openai, provider: openai, path: /chat, model: gpt-4o, upstreamModel: gpt-4o }]\n";
    let head = PROFILE.split_once("render:").unwrap().0;
    file(folder.path(), "profile.yaml", &format!("{head}{routes}"));
    let (url, profile) = (format!("http://{}", gateway.address), folder.path().to_str().unwrap());
    let quick = ["bench", "--quick", "--duration", "0.1", "--against", "direct", "--provider", "openai"];
    let (code, said, _) = told(
        &[&quick[..], &["--gateway", profile, "--url", &url, "--mocks", &mocks, "--report", profile]]
            .concat(),
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("not available"), "{said}");
    let report = report(folder.path());
    assert_eq!(report["subjects"][1]["startMs"], Value::Null);
    assert_eq!(report["trials"].as_array().unwrap().len(), 4);
}

#[test]
fn ended_early_it_ends_its_children_and_writes_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(&["bench", "--duration", "30", "--report", folder.path().to_str().unwrap()])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    let children = || {
        let found = Command::new("ps").args(["-o", "pid=", "--ppid", &pid]).output().unwrap();
        String::from_utf8(found.stdout).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    // `ps` is not its child, so what is found is a gateway.
    let started = loop {
        let found = children();
        if !found.is_empty() {
            break found;
        }
        assert!(child.try_wait().unwrap().is_none(), "it goes on until it is told to end");
    };
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(report(folder.path())["interrupted"], true);
    let alive = |pid: &String| {
        Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status().unwrap().success()
    };
    assert!(!started.iter().any(alive), "its gateways have ended");
    // Whoever they started themselves would still be in a folder of theirs.
    let left = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let left = left.filter_map(|process| std::fs::read_link(process.path().join("cwd")).ok());
    let left: Vec<_> = left.filter(|cwd| cwd.starts_with(folder.path())).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_cannot_be_measured_is_2_and_what_never_comes_up_is_3() {
    for wrong in [
        ["bench", "--gateway", "nobody"],
        ["bench", "--against", "nobody"],
        ["bench", "--concurrency", "0"],
        ["bench", "--duration", "-1"],
        ["bench", "--url", "http://192.0.2.1:80"],
        ["bench", "--provider", "nobody"],
    ] {
        let (code, _, said) = told(&wrong);
        assert_eq!(code, Some(2), "{wrong:?}: {said}");
        assert!(!said.is_empty(), "{wrong:?} says why");
    }
    let folder = tempfile::tempdir().unwrap();
    let text = "apiVersion: touchstone/v1\nkind: GatewayProfile\nimplementation: { organization: Test, project: none, url: \"\", version: \"1\", contact: [] }\nstart: { command: [\"false\"], ready: / }\nroutes: []\n";
    file(folder.path(), "profile.yaml", text);
    // Its log stays, so that somebody can read why.
    let output = command(&["bench", "--gateway", folder.path().to_str().unwrap()])
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let log = said.lines().find_map(|line| line.strip_prefix("its log: ")).unwrap();
    assert!(Path::new(log).is_file(), "{said}");
}

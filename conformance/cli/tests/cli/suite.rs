//! `touchstone test`, `list`, `explain` and `diff`: what is written, what is said, and the exit codes.

use std::path::Path;

use serde_json::Value;

use super::binary::{command, file, told, touchstone};

#[test]
fn the_bundled_gateway_passes_and_the_report_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let output = touchstone(&["test", "--quick", "--report", report.to_str().unwrap()]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains('\u{1b}'), "colour is for terminals");
    assert_eq!(output.stderr, b"", "progress is for terminals");
    for name in ["report.json", "report.html", "junit.xml", "summary.md"] {
        let text = std::fs::read_to_string(report.join(name)).unwrap();
        for secret in [
            "sk-touchstone",
            "sk-ant-touchstone",
            "touchstone-secret-access-key",
            "bedrock-api-key-touchstone",
        ] {
            assert!(!text.contains(secret), "{secret} is in {name}");
        }
    }
    let json: Value = serde_json::from_slice(&std::fs::read(report.join("report.json")).unwrap()).unwrap();
    assert!(json["summary"]["pass"].as_u64().unwrap() > 1_000);
    assert_eq!(json["summary"]["fail"], 0);
}

#[test]
fn json_on_standard_output_is_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said, _) =
        told(&["test", "--select", "chat.text.plain", "--json", "--report", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(0));
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["kind"], "ConformanceReport");
}

#[test]
fn surfaces_and_providers_are_asked_for_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().to_str().unwrap();
    let plain = ["test", "--select", "*.{text,vectors}.{plain,one}", "--json", "--report", report];
    let only = ["--surface", "embeddings", "--provider", "gemini", "--provider", "ollama"];
    let (code, said, _) = told(&[plain.as_slice(), only.as_slice()].concat());
    assert_eq!(code, Some(0));
    let report: Value = serde_json::from_str(&said).unwrap();
    let cells: Vec<_> =
        report["cells"].as_array().unwrap().iter().map(|cell| cell["id"].as_str().unwrap()).collect();
    assert_eq!(cells, ["openai.embeddings/gemini/whole", "openai.embeddings/ollama/whole"]);
    assert_eq!(report["environment"]["surfaces"][0], "openai.embeddings");
}

#[test]
fn what_was_called_wrongly_is_2() {
    for wrong in [
        ["test", "--gateway", "nobody"],
        ["test", "--select", "nothing-has-this-name"],
        ["test", "--surface", "audio"],
        ["test", "--provider", "nobody"],
        ["test", "--provider=openai", "--provider=opnai"],
        ["test", "--jobs", "0"],
        ["test", "--colour", "blue"],
        ["diff", "there-is-no.json", "nor-this.json"],
        ["explain", "chat.stream.done-lst", "--"],
    ] {
        let (code, _, said) = told(&wrong);
        assert_eq!(code, Some(2), "{wrong:?}: {said}");
        assert!(!said.is_empty(), "{wrong:?} says why");
    }
}

#[test]
fn a_gateway_that_ends_at_once_is_3() {
    let folder = tempfile::tempdir().unwrap();
    profile(folder.path(), "command: [\"false\"]\n  ready: /ready");
    let (code, _, said) = told(&["test", "--gateway", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("did not come up"), "{said}");
}

#[test]
fn a_gateway_that_never_gets_ready_is_3() {
    let folder = tempfile::tempdir().unwrap();
    profile(folder.path(), "command: [sleep, \"60\"]\n  ready: /ready\n  readyMs: 200");
    let (code, _, said) = told(&["test", "--gateway", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(3), "{said}");
}

#[test]
fn a_regression_is_1() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    let (code, ..) = told(&["test", "--select", "chat.text.plain", "--report", old.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    let old = old.join("report.json");
    let mut report: Value = serde_json::from_slice(&std::fs::read(&old).unwrap()).unwrap();
    report["alike"][0]["status"] = "fail".into();
    let new = file(folder.path(), "new.json", &report.to_string());
    let (code, said, _) = told(&["diff", old.to_str().unwrap(), &new]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("pass → fail"), "{said}");
    let (code, ..) = told(&["diff", &new, old.to_str().unwrap()]);
    assert_eq!(code, Some(0), "a repair is no regression");
}

#[test]
fn an_unknown_id_is_told_its_nearest() {
    let (_, said, _) = told(&["explain", "chat.stream.done-last"]);
    assert!(said.contains("[DONE]") && said.contains("source"), "{said}");
    let (_, _, said) = told(&["explain", "chat.stream.done-lst"]);
    assert!(said.contains("did you mean `chat.stream.done-last`?"), "{said}");
}

#[test]
fn whoever_stops_reading_is_no_error() {
    use std::process::Stdio;
    let mut child = command(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn every_command_explains_itself_by_examples() {
    for name in [
        "test", "list", "explain", "repro", "diff", "matrix", "selftest", "bench", "mock", "record",
        "gateway",
    ] {
        let (code, said, _) = told(&[name, "--help"]);
        assert_eq!(code, Some(0), "{name}");
        assert!(said.contains("Example") && said.contains(&format!("touchstone {name}")), "{name}: {said}");
    }
}

/// A gateway of one route that is started so.
fn profile(folder: &Path, start: &str) {
    let text = format!(
        "apiVersion: touchstone/v1\nkind: GatewayProfile\nimplementation: {{ organization: Test, project: none, url: \"\", version: \"1\", contact: [] }}\n\
         start:\n  {start}\nroutes:\n  - {{ name: openai, provider: openai, path: /v1/chat/completions, model: m, upstreamModel: m }}\nfeatures: []\n"
    );
    file(folder, "profile.yaml", &text);
}

#[test]
fn scenarios_of_ones_own_are_played_listed_and_explained() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/scenarios");
    let report = tempfile::tempdir().unwrap();
    let only = ["--scenarios", folder, "--select", "own", "--report", report.path().to_str().unwrap()];
    let (code, said, _) = told(&[&["test"], only.as_slice()].concat());
    assert_eq!(code, Some(0), "{said}");
    let (_, said, _) = told(&["list", "--scenarios", folder, "shop"]);
    assert!(said.contains("0 requirements") && said.contains("5 scenarios"), "{said}");
    let (_, said, _) = told(&["explain", "--scenarios", folder, "chat.shop.busy"]);
    assert!(said.contains("scenario.error") && said.contains("shop.yaml"), "{said}");
    let (_, said, _) = told(&["list", "--schema"]);
    assert!(serde_json::from_str::<Value>(&said).unwrap()["$defs"]["scenario"].is_object());
    let wrong = file(report.path(), "wrong.yaml", "group: g\nscenarios: [{ id: chat.a.b, titel: t }]\n");
    let (code, _, said) = told(&["test", "--scenarios", &wrong]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("wrong.yaml:2:29: unknown field `titel`") && said.contains("did you mean `title`"),
        "{said}"
    );
}

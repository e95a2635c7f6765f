//! `action.yml`: the step that others call in their CI, run as their runner runs it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde::Deserialize;

#[derive(Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    runs: Runs,
}

#[derive(Deserialize)]
struct Input {
    description: String,
}

#[derive(Deserialize)]
struct Runs {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    id: String,
    #[serde(default)]
    run: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

fn action() -> Action {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../action.yml");
    serde_saphyr::from_str(&std::fs::read_to_string(path).expect("it is there")).expect("YAML")
}

/// Runs the step that tests, with these inputs; gives how it ended and what it put out.
fn run(folder: &Path, inputs: &[(&str, &str)]) -> (Output, String) {
    let action = action();
    let step = action.runs.steps.iter().find(|step| step.id == "test").expect("the step that tests");
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).expect("a folder of the test's own");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_touchstone"), bin.join("touchstone"))
        .expect("nothing is there");
    let out = folder.join("out");
    let mut command = Command::new("bash");
    // As GitHub's runners call it.
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &step.run]).current_dir(folder);
    command.env("GITHUB_OUTPUT", &out).env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    for name in step.env.keys() {
        let value = inputs.iter().find(|(input, _)| input == name).map_or("", |(_, value)| value);
        command.env(name, value);
    }
    command.env("BINARY", folder);
    let output = command.output().expect("bash runs");
    (output, std::fs::read_to_string(out).unwrap_or_default())
}

#[test]
fn a_gateway_that_keeps_its_word_passes_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = [
        ("GATEWAY", "touchstone"),
        ("REPORT", "reports/touchstone"),
        ("ARGUMENTS", "--provider openai --select chat.text.plain"),
    ];
    let (output, out) = run(folder.path(), &inputs);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(out, "exit-code=0\n");
    assert!(folder.path().join("reports/touchstone/report.json").is_file());
}

#[test]
fn what_a_caller_gives_stays_data_and_a_failure_fails_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = [("GATEWAY", "nobody; touch pwned"), ("REPORT", "r"), ("ARGUMENTS", "$(touch pwned) *")];
    let (output, out) = run(folder.path(), &inputs);
    assert_eq!((output.status.code(), out.as_str()), (Some(2), "exit-code=2\n"));
    assert!(!folder.path().join("pwned").exists());
}

#[test]
fn every_input_is_described_and_reaches_a_step_by_its_environment() {
    let action = action();
    let used: Vec<_> = action.runs.steps.iter().flat_map(|step| step.env.values()).collect();
    for (name, input) in &action.inputs {
        assert!(!input.description.is_empty(), "{name} has no description");
        let reference = format!("${{{{ inputs.{name} }}}}");
        assert!(name == "artifact" || used.iter().any(|value| **value == reference), "{name} is not used");
    }
    for step in &action.runs.steps {
        assert!(!step.run.contains("${{"), "a value is pasted into a script: {}", step.run);
    }
}

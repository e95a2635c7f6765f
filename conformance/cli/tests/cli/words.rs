//! What the binary says of itself: version, completions, manual, the list of what the suite asks.

use serde_json::Value;

use super::binary::told;

#[test]
fn the_version_names_the_suite_so_that_reports_can_be_compared() {
    let (code, long, _) = told(&["--version"]);
    assert_eq!(code, Some(0));
    let digest = &conformance::suite().digest;
    assert!(long.contains(env!("CARGO_PKG_VERSION")) && long.contains(digest), "{long}");
    let (_, short, _) = told(&["-V"]);
    assert_eq!(short.trim(), concat!("touchstone ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_shell_gets_a_script_that_knows_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, _) = told(&["completions", shell]);
        assert_eq!(code, Some(0), "{shell}");
        for word in ["selftest", "repro", "explain", "quick"] {
            assert!(script.contains(word), "{shell} cannot complete {word}");
        }
    }
    assert_eq!(told(&["completions", "tcsh"]).0, Some(2));
}

#[test]
fn a_shell_reads_its_script() {
    let folder = tempfile::tempdir().unwrap();
    let (_, script, _) = told(&["completions", "bash"]);
    let file = super::binary::file(folder.path(), "touchstone.bash", &script);
    let Ok(status) = std::process::Command::new("bash").args(["-n", &file]).status() else {
        println!("skipped: no bash");
        return;
    };
    assert!(status.success(), "bash does not read its own completions");
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("man1");
    assert_eq!(told(&["man", "--to", &to.display().to_string()]).0, Some(0));
    for page in ["touchstone.1", "touchstone-test.1", "touchstone-mock.1", "touchstone-gateway.1"] {
        let text = std::fs::read_to_string(to.join(page)).expect(page);
        assert!(text.contains(".TH"), "{page} is no page of a manual");
    }
    let (code, page, _) = told(&["man"]);
    assert!(code == Some(0) && page.contains("selftest"), "{page}");
}

#[test]
fn the_list_as_data_has_everything_that_holds_up_a_requirement() {
    let (code, text, _) = told(&["list", "--json", "chat.stream.done-last"]);
    assert_eq!(code, Some(0));
    let list: Value = serde_json::from_str(&text).expect("JSON");
    let [requirement] = list["requirements"].as_array().expect("a list").as_slice() else {
        panic!("one requirement has this id: {list}");
    };
    assert_eq!(requirement["level"], "MUST");
    for member in ["scenarios", "mutants"] {
        assert!(!requirement[member].as_array().expect("a list").is_empty(), "no {member}: {requirement}");
    }
    assert!(requirement["source"].as_str().is_some_and(|source| source.starts_with("https://")));
}

#[test]
fn a_requirement_is_explained_with_its_source_its_scenarios_and_what_it_catches() {
    let (code, text, _) = told(&["explain", "chat.stream.done-last"]);
    assert_eq!(code, Some(0));
    for part in ["MUST", "source    https://", "judged on", "catches", "chat.text.plain"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let (code, _, error) = told(&["explain", "chat.stream.done-first"]);
    assert!(code == Some(2) && error.contains("did you mean `chat.stream.done-last`"), "{error}");
}

//! `touchstone init` and `touchstone test --dry-run`.

use super::binary::told;

#[test]
fn a_new_profile_can_be_rehearsed_at_once_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine").display().to_string();
    let (code, said, _) = told(&["init", &mine]);
    assert!(code == Some(0) && said.contains("profile.yaml"), "{said}");
    let (code, said, error) = told(&["test", "--gateway", &mine, "--dry-run"]);
    assert_eq!(code, Some(0), "{error}");
    for part in ["my gateway 0.0.0: ", "openai.chat/anthropic/stream", "not claimed: ", "skipped: "] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let (code, _, error) = told(&["init", &mine]);
    assert!(code == Some(4) && error.contains("is there already"), "{error}");
}

#[test]
fn a_rehearsal_names_expectations_that_can_never_come_true() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    told(&["init", &mine.display().to_string()]);
    let profile = mine.join("profile.yaml");
    let text = std::fs::read_to_string(&profile).unwrap();
    let text = text.replace("expected: []", "expected: [{ id: chat.no.such.thing, reason: misspelt }]");
    std::fs::write(&profile, text).unwrap();
    let (code, said, _) = told(&["test", "--gateway", &mine.display().to_string(), "--dry-run"]);
    assert!(code == Some(0) && said.contains("no check of this run: chat.no.such.thing"), "{said}");
}

//! Laws of expected failures: how a file of them is read, and how it is brought up to date with what was seen.

use conformance::baseline::{self, Baseline};
use conformance::gateway::known;
use conformance::report::model::{Check, Status};

use crate::report::sample::sample;

const FILE: &str = "# What this gateway is known to do wrong.

# Streams.
- reason: The last chunk has a choice.
  link: https://example.com/1
  id: [chat.usage.stream.shape@*, chat.usage.stream.last@*]
- reason: It depends.
  sometimes: true
  id: chat.stream.timely

# Not judged in every run.
- reason: Texts are cut.
  id: chat.reply.text@chat.text.long@*
";

fn check(id: &str, scenario: &str, cell: &str, status: Status) -> Check {
    let it = || Some("it".to_owned());
    let (id, scenario, cell) = (id.to_owned(), scenario.to_owned(), cell.to_owned());
    Check { id, scenario, cell, status, pointer: it(), expected: it(), actual: it(), notes: Vec::new() }
}

fn update(text: &str, checks: &[Check]) -> Baseline {
    let report = conformance::Report { checks: checks.to_vec(), ..sample() };
    baseline::update("expected.yaml", text, &[report]).expect("a file")
}

const CHAT: [&str; 2] = ["openai.chat/openai/stream", "openai.chat/gemini/stream"];

#[test]
fn a_file_has_one_glob_or_several_for_a_reason() {
    let known = known::parse("expected.yaml", FILE).expect("it parses");
    let all: Vec<_> = known.iter().flat_map(known::Known::expectations).collect();
    assert_eq!(all.len(), 4);
    assert_eq!(
        (all[1].id.as_str(), all[1].link.as_deref()),
        ("chat.usage.stream.last@*", Some("https://example.com/1"))
    );
    assert!(all[2].sometimes && !all[3].sometimes);
    assert_eq!(known::parse("expected.yaml", "# nothing yet\n").expect("it parses"), []);
    assert!(known::parse("expected.yaml", "- reason: no id\n").is_err());
}

#[test]
fn what_still_fails_stays_as_it_is_written() {
    let failed = [
        check("chat.usage.stream.shape", "chat.usage.asked", CHAT[0], Status::Xfail),
        check("chat.usage.stream.last", "chat.usage.asked", CHAT[0], Status::Fail),
    ];
    let baseline = update(FILE, &failed);
    assert_eq!((baseline.text.as_str(), baseline.kept), (FILE, 4));
    assert!(baseline.added.is_empty() && baseline.dropped.is_empty());
}

#[test]
fn what_holds_again_is_dropped_unless_it_only_sometimes_fails() {
    let seen = [
        check("chat.usage.stream.shape", "chat.usage.asked", CHAT[0], Status::Xfail),
        check("chat.usage.stream.last", "chat.usage.asked", CHAT[0], Status::Xpass),
        check("chat.stream.timely", "chat.text.plain", CHAT[0], Status::Pass),
        check("chat.reply.text", "chat.text.long", CHAT[0], Status::Pass),
        // It fails no run, and so keeps no entry alive.
        check("chat.reply.text", "chat.text.long", CHAT[1], Status::Warn),
    ];
    let baseline = update(FILE, &seen);
    assert_eq!(baseline.dropped, ["chat.usage.stream.last@*", "chat.reply.text@chat.text.long@*"]);
    assert!(
        baseline.text.contains("  link: \"https://example.com/1\"\n  id: \"chat.usage.stream.shape@*\"\n")
    );
    assert!(baseline.text.contains("chat.stream.timely") && !baseline.text.contains("Not judged"));
    let again = update(&baseline.text, &seen);
    assert_eq!((again.text, again.dropped), (baseline.text, vec![]));
}

#[test]
fn a_run_of_a_part_drops_only_what_it_calls_stale() {
    let seen = vec![
        check("chat.usage.stream.last", "chat.usage.asked", CHAT[0], Status::Xpass),
        check("chat.reply.text", "chat.text.long", CHAT[0], Status::Pass),
    ];
    let mut report = conformance::Report { checks: seen, ..sample() };
    report.environment.quick = true;
    report.expectations.stale.clear();
    let update = |report: &conformance::Report| {
        baseline::update("expected.yaml", FILE, std::slice::from_ref(report)).expect("a file").dropped
    };
    assert_eq!(update(&report), Vec::<String>::new());
    let all = known::parse("expected.yaml", FILE).expect("it parses");
    report.expectations.stale = all.iter().flat_map(known::Known::expectations).skip(1).take(1).collect();
    assert_eq!(update(&report), ["chat.usage.stream.last@*"]);
}

#[test]
fn what_is_new_is_covered_by_few_globs_and_nothing_that_holds_is() {
    let id = "chat.reply.finish";
    let mut seen: Vec<_> = ["a", "b", "c"].map(|scenario| check(id, scenario, CHAT[1], Status::Fail)).into();
    seen.extend(["a", "b"].map(|scenario| check(id, scenario, CHAT[0], Status::Pass)));
    seen.push(check(id, "c", CHAT[0], Status::Fail));
    let baseline = update("", &seen);
    assert_eq!(baseline.added, ["chat.reply.finish@*@openai.chat/gemini/*", "chat.reply.finish@c@*"]);
    let known = known::parse("expected.yaml", &baseline.text).expect("what is written can be read");
    assert!(known[0].reason.contains("expected it, got it"), "{}", known[0].reason);
    assert_eq!(update(&baseline.text, &seen).text, baseline.text);
}

#[test]
fn what_follows_from_a_failure_needs_no_entry() {
    let seen = [
        check("chat.reply.ok", "a", CHAT[0], Status::Fail),
        check("chat.reply.text", "a", CHAT[0], Status::Untestable),
        check("chat.reply.text", "b", CHAT[0], Status::Untestable),
        check("chat.reply.ok", "b", CHAT[0], Status::Pass),
        check("chat.reply.nullables", "b", CHAT[0], Status::Warn),
    ];
    let baseline = update("", &seen);
    assert_eq!(baseline.added, ["chat.reply.ok@a@*", "chat.reply.text@*"]);
}

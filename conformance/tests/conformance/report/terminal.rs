//! The report on a terminal.

use conformance::report::terminal::{Style, render};

use super::sample::sample;

#[test]
fn a_terminal_tells_every_status() {
    insta::assert_snapshot!(render(&sample(), Style::default()));
}

#[test]
fn colour_is_only_there_when_asked_for() {
    assert!(!render(&sample(), Style::default()).contains('\u{1b}'));
    assert!(render(&sample(), Style { colour: true, ..Style::default() }).contains("\u{1b}[31m"));
}

#[test]
fn what_a_gateway_sent_cannot_drive_the_terminal() {
    let mut report = sample();
    for check in &mut report.checks {
        check.actual = check.actual.take().map(|_| "\u{1b}]0;owned\u{7}\r\n".to_owned());
    }
    let text = render(&report, Style::default());
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
}

#[test]
fn beyond_the_most_failures_are_counted_only() {
    let text = render(&sample(), Style { most: 1, ..Style::default() });
    assert!(text.contains("more: see the report"), "{text}");
}

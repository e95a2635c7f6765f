//! What holds for any file.

use gateway::config::Config;
use proptest::prelude::*;

use super::{env, here};

fn words() -> impl Strategy<Value = String> {
    let words: Vec<&str> = "_format_version: '3.0' services: routes: plugins: name: ai-proxy config: model: options: provider: \
                            openai paths: - [ ] { } , ~ null true 1 -1 1e400 .nan &a *a << : # ' \" | > ${A} ${ {vault://env/ \
                            $(headers.x) ? ! !!str --- ... tags: headers: url: http:// /a ~/( \t"
        .split(' ')
        .collect();
    let word = prop_oneof![
        4 => prop::sample::select(words).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
        2 => Just("\n".to_owned()),
        2 => Just("  ".to_owned()),
        2 => Just(" ".to_owned()),
    ];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

/// The example with one line replaced, moved or cut.
fn broken() -> impl Strategy<Value = String> {
    let text = std::fs::read_to_string(here("examples/kong.yaml")).unwrap();
    let lines = text.lines().count();
    (0..lines, 0..lines, "\\PC{0,12}", 0..4).prop_map(move |(one, other, noise, how)| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        match how {
            0 => lines[one] = noise,
            1 => lines.swap(one, other),
            2 => lines[one].push_str(&noise),
            _ => drop(lines.remove(one)),
        }
        lines.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_panics(text in prop_oneof![words(), broken(), "\\PC*"]) {
        if let Err(errors) = Config::parse(&text, &env(&[("A", "x")])) {
            prop_assert!(!errors.all().is_empty());
            prop_assert_eq!(errors.to_string().lines().count(), errors.all().len());
        }
    }

    #[test]
    fn any_path_finds_a_route_or_none(path in "(/|%|%2F|%2e|\\.|a|ä|\\PC){0,12}", host in "\\PC{0,8}") {
        let config = super::parse(&super::file("{route_type: llm/v1/chat, model: {provider: openai}}")).unwrap();
        let _ = config.router.find("POST", Some(&host), &path, &http::HeaderMap::new());
    }
}

#[test]
fn a_name_with_a_line_break_stays_on_one_line() {
    let errors = super::parse("? |\n  a\n  \u{85}\n: 1").unwrap_err().to_string();
    assert!(errors.lines().any(|line| line.ends_with(r"a\n\u{85}\n: unknown field")), "{errors}");
}

#[test]
fn deep_nesting_is_an_error() {
    for open in ["[", "{a: ", "- "] {
        assert!(super::parse(&open.repeat(100_000)).is_err());
    }
}

#[test]
fn aliases_that_grow_without_end_are_an_error() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(super::parse(&text).is_err());

    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..1000 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(super::parse(&text).is_err());
}

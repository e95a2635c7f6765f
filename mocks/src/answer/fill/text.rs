//! A string of a format, a pattern, or a length.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value};

/// A string that fits.
pub(super) fn fill(members: &Map<String, Value>, topic: &str, name: &str, nth: usize) -> String {
    let bound = |key: &str| {
        members.get(key).and_then(Value::as_u64).map(|bound| usize::try_from(bound).unwrap_or(LONG))
    };
    let (low, high) = (bound("minLength").unwrap_or(0).min(LONG), bound("maxLength").unwrap_or(usize::MAX));
    let of = |key: &str| members.get(key).and_then(Value::as_str);
    if let Some(text) = of("pattern").and_then(|pattern| matching(pattern, low)) {
        return text;
    }
    if let Some(text) = of("format").and_then(|format| formatted(format, nth)) {
        return text;
    }
    let text = plain(topic, name, nth);
    let length = text.chars().count();
    match () {
        () if length < low => text.chars().cycle().take(low).collect(),
        () if length > high => text.chars().take(high).collect(),
        () => text,
    }
}

/// Strings are not made longer than this.
const LONG: usize = 100_000;

/// A name from the question, such as a city, else the member's own name.
pub(super) fn plain(topic: &str, name: &str, nth: usize) -> String {
    let mut names = topic.split_inclusive(char::is_whitespace).scan(true, |starts, word| {
        let begins = std::mem::replace(starts, word.trim_end().ends_with(['.', '!', '?', ':']));
        Some((begins, word.trim_matches(|char: char| !char.is_alphanumeric())))
    });
    let is_name =
        |word: &str| word.chars().next().is_some_and(char::is_uppercase) && word.chars().count() > 1;
    let found =
        names.by_ref().filter(|(begins, word)| !begins && is_name(word)).map(|(_, word)| word).nth(nth);
    match (found, name, nth) {
        (Some(word), _, _) => word.to_owned(),
        (None, "", 0) => "text".to_owned(),
        (None, "", nth) => format!("text {}", nth + 1),
        (None, name, 0) => name.to_owned(),
        (None, name, nth) => format!("{name} {}", nth + 1),
    }
}

/// The formats of JSON Schema that a model meets.
fn formatted(format: &str, nth: usize) -> Option<String> {
    let day = nth % 28 + 1;
    Some(match format {
        "date" => format!("2026-01-{day:02}"),
        "date-time" => format!("2026-01-{day:02}T12:00:00Z"),
        "time" => "12:00:00Z".to_owned(),
        "duration" => format!("P{day}D"),
        "email" | "idn-email" => format!("someone{nth}@example.com"),
        "hostname" | "idn-hostname" => format!("host{nth}.example.com"),
        "ipv4" => format!("192.0.2.{day}"),
        "ipv6" => format!("2001:db8::{day}"),
        "uri" | "url" | "iri" => format!("https://example.com/{nth}"),
        "uri-reference" | "iri-reference" => format!("/{nth}"),
        "uuid" => format!("00000000-0000-4000-a000-{nth:012}"),
        "json-pointer" => format!("/{nth}"),
        "regex" => ".*".to_owned(),
        _ => return None,
    })
}

/// A short text that a pattern matches, repeated parts up to `low` times; nothing where the pattern is past this crate.
fn matching(pattern: &str, low: usize) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, low, &mut text);
    Some(text)
}

fn write(hir: &Hir, low: usize, text: &mut String) {
    if text.len() > LONG {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(member(class)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            let wish = u32::try_from(low).unwrap_or(u32::MAX).clamp(1, most.max(1));
            for _ in 0..wish.max(repetition.min).min(most) {
                let length = text.len();
                write(&repetition.sub, low, text);
                // What adds nothing would add nothing a billion times.
                if text.len() == length {
                    break;
                }
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, low, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, low, text)),
        HirKind::Alternation(parts) => parts.iter().take(1).for_each(|part| write(part, low, text)),
    }
}

/// A letter of the class, where it has one, else a digit, else its first.
fn member(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let within =
        |wish: char| ranges.iter().any(|(start, end)| (*start..=*end).contains(&wish)).then_some(wish);
    within('a')
        .or_else(|| within('A'))
        .or_else(|| within('1'))
        .or_else(|| ranges.first().map(|(start, _)| *start))
}

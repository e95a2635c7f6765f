//! The state of a gateway as one HTML page that needs nothing else: no script, no network, no fonts, no images.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use askama::Template;

use super::view::{RouteView, View};
use crate::metrics::Percentiles;

/// Renders the page; `refresh`: seconds after which a browser asks again.
pub(super) fn render(view: &View, refresh: Option<u16>) -> String {
    let page = Page { view, refresh, style: STYLE };
    page.render().expect("a string takes every write")
}

/// What all pages of Touchstone look alike in, and what is this one's.
const STYLE: &str = concat!(include_str!("../../../conformance/style/base.css"), include_str!("page.css"));

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'v> {
    view: &'v View,
    refresh: Option<u16>,
    style: &'static str,
}

impl Page<'_> {
    fn targets(&self) -> usize {
        self.view.routes.iter().map(|route| route.targets.len()).sum()
    }

    fn out(&self) -> usize {
        let targets = self.view.routes.iter().flat_map(|route| &route.targets);
        targets.filter(|target| target.state != "healthy").count()
    }

    fn tokens(&self) -> u64 {
        self.view.routes.iter().flat_map(|route| &route.targets).map(|target| target.tokens.total).sum()
    }
}

/// `route` of `service`, as far as they have names.
fn title(route: &RouteView) -> &str {
    route.name.as_deref().or(route.service.as_deref()).unwrap_or("a route without a name")
}

/// `1,234,567`.
fn number(number: impl Borrow<u64>) -> String {
    let digits = number.borrow().to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `3 d 4 h`, `5 min`: the two largest units.
fn span(seconds: &u64) -> String {
    let parts = [
        ("d", seconds / 86_400),
        ("h", seconds / 3_600 % 24),
        ("min", seconds / 60 % 60),
        ("s", seconds % 60),
    ];
    let from = parts.iter().position(|(_, count)| *count > 0).unwrap_or(3);
    let parts = parts[from..].iter().take(2).filter(|(_, count)| *count > 0 || from == 3);
    parts.map(|(unit, count)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// `12.3 ms`, `4.56 s`.
fn millis(millis: &f64) -> String {
    match *millis {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 99_950.0 => format!("{:.1} s", ms / 1e3),
        ms => format!("{:.0} s", ms / 1e3),
    }
}

fn times(times: &Option<Percentiles>) -> String {
    let Some(times) = times else { return "–".to_owned() };
    [times.p50, times.p90, times.p99].map(|time| millis(&time)).join(" · ")
}

fn errors(errors: &BTreeMap<&'static str, u64>) -> String {
    let mut errors: Vec<_> = errors.iter().collect();
    errors.sort_by(|a, b| b.1.cmp(a.1));
    errors.iter().map(|(kind, count)| format!("{kind} {}", number(**count))).collect::<Vec<_>>().join(", ")
}

/// A sum in the unit of the file's prices.
fn money(cost: &f64) -> String {
    let places = if *cost < 1.0 { 6 } else { 2 };
    let text = format!("{cost:.places$}");
    if *cost < 1.0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// How a state looks, and is marked for whoever sees no colours.
fn tone(state: &str) -> (&'static str, &'static str) {
    match state {
        "healthy" => ("pass", "●"),
        "probing" | "set_aside" => ("warn", "◐"),
        _ => ("fail", "○"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 7, 999, 1_000, 1_234_567].map(number), ["0", "7", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 59, 60, 3_661, 86_400, 90_000].map(|seconds| span(&seconds)),
            ["0 s", "59 s", "1 min", "1 h 1 min", "1 d", "1 d 1 h"]
        );
        assert_eq!(
            [0.04, 9.9, 9.96, 999.4, 999.6, 12_340.0, 240_000.0].map(|ms| millis(&ms)),
            ["0.0 ms", "9.9 ms", "10 ms", "999 ms", "1.0 s", "12.3 s", "240 s"]
        );
        assert_eq!([0.0, 0.000_12, 0.5, 12.0].map(|cost| money(&cost)), ["0", "0.00012", "0.5", "12.00"]);
    }
}

//! Badges: what shields.io reads (<https://shields.io/badges/endpoint-badge>), and pictures of our own that need nobody.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::{Entry, file_name};
use crate::report::model::{Check, Report, Status};
use crate::requirement::Level;

/// One badge.
pub(super) struct Badge {
    /// Where it lies: `litellm`, `litellm/anthropic`.
    pub(super) path: String,
    label: String,
    message: String,
    colour: Colour,
}

/// A colour by shields.io's name, and as we paint it.
type Colour = (&'static str, &'static str);

/// One for the gateway, and one for each of its providers that something was judged of.
pub(super) fn all(Entry { slug, report }: &Entry) -> Vec<Badge> {
    let project = &report.implementation.project;
    let mut by_provider: BTreeMap<&str, Vec<&Check>> = BTreeMap::new();
    let providers: HashMap<&str, &str> =
        report.cells.iter().map(|cell| (cell.id.as_str(), cell.cell.provider.as_str())).collect();
    for check in &report.checks {
        if let Some(provider) = providers.get(check.cell.as_str()) {
            by_provider.entry(provider).or_default().push(check);
        }
    }
    let whole = report.checks.iter().collect::<Vec<_>>();
    let own = badge(slug.clone(), format!("{project} conformance"), report, &whole);
    let parts = by_provider.iter().filter_map(|(provider, checks)| {
        badge(format!("{slug}/{}", file_name(provider)), format!("{project} · {provider}"), report, checks)
    });
    own.into_iter().chain(parts).collect()
}

/// The share of the requirements that hold wherever they were judged, of each provider; a SHOULD counts no more than a
/// warning does. Nothing where nothing was judged.
fn badge(path: String, label: String, report: &Report, checks: &[&Check]) -> Option<Badge> {
    let binds =
        |check: &&&Check| report.requirement(&check.id).is_some_and(|known| known.level != Level::Should);
    let mut holds: HashMap<(&str, &str), bool> = HashMap::new();
    for check in
        checks.iter().filter(|check| !matches!(check.status, Status::Skip | Status::Blocked)).filter(binds)
    {
        let provider = check.cell.split('/').nth(1).unwrap_or_default();
        let held = matches!(check.status, Status::Pass | Status::Xpass);
        *holds.entry((&check.id, provider)).or_insert(true) &= held;
    }
    if holds.is_empty() {
        return None;
    }
    // Rounded down: 100 % is all of them.
    let percent = holds.values().filter(|holds| **holds).count() * 100 / holds.len();
    let colour = match percent {
        100 => ("brightgreen", "#2e7d4f"),
        95.. => ("green", "#4c7a2f"),
        85.. => ("yellow", "#8a6700"),
        70.. => ("orange", "#a85400"),
        _ => ("red", "#b3261e"),
    };
    Some(Badge { path, label, message: format!("{percent} %"), colour })
}

impl Badge {
    /// What shields.io asks for.
    pub(super) fn endpoint(&self) -> String {
        json!({"schemaVersion": 1, "label": self.label, "message": self.message, "color": self.colour.0})
            .to_string()
    }

    /// The picture.
    pub(super) fn svg(&self) -> String {
        let (label, message) = (escape(&self.label), escape(&self.message));
        let (left, right) = (width(&self.label), width(&self.message));
        let all = left + right;
        let (middle_left, middle_right, colour) = (left / 2, left + right / 2, self.colour.1);
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{all}" height="20" role="img" aria-label="{label}: {message}"><title>{label}: {message}</title><clipPath id="r"><rect width="{all}" height="20" rx="4"/></clipPath><g clip-path="url(#r)"><rect width="{left}" height="20" fill="#33363d"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/></g><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="{middle_left}" y="14">{label}</text><text x="{middle_right}" y="14">{message}</text></g></svg>
"##
        )
    }
}

/// Pixels that a text takes with its margins, roughly: Verdana's letters at this size are seven wide in the mean.
fn width(text: &str) -> usize {
    text.chars().count() * 7 + 12
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

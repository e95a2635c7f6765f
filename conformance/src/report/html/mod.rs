//! The report as one HTML file that needs nothing else: no network, no fonts, no images.
//!
//! The page is an empty house with the report's JSON inside; `report.js` furnishes it. Text from the wire is only ever
//! set as text, never as markup.

use std::io;

use askama::Template;

use super::model::Report;

/// Renders the page.
///
/// # Errors
/// None that a report of ours can cause: only a template that fails to write.
pub fn render(report: &Report) -> io::Result<String> {
    let page =
        Page { title: title(report), lead: lead(report), data: embed(report)?, style: STYLE, code: CODE };
    page.render().map_err(io::Error::other)
}

#[derive(Template)]
#[template(path = "report.html", whitespace = "preserve")]
struct Page {
    title: String,
    /// What the run says, for whoever reads without scripts.
    lead: String,
    data: String,
    style: &'static str,
    code: &'static str,
}

fn title(report: &Report) -> String {
    format!("{} · Touchstone", report.implementation.project)
}

fn lead(report: &Report) -> String {
    let counts = report.summary.statistics;
    format!(
        "{} of {} checks pass, {} fail or are stale, {} warn, {} fail as expected, {} are not claimed.",
        counts.pass,
        counts.total(),
        counts.unexpected(),
        counts.warn,
        counts.xfail,
        counts.skip
    )
}

/// JSON that may stand inside a `script` element: whatever could end the element is escaped, which JSON allows
/// inside strings, and `<` occurs nowhere else.
fn embed(report: &Report) -> io::Result<String> {
    Ok(serde_json::to_string(report)?.replace('<', "\\u003c"))
}

const STYLE: &str = include_str!("report.css");
const CODE: &str = include_str!("report.js");

//! The report as one HTML file that needs nothing else: no network, no fonts, no images.
//!
//! The page is an empty house with the report's JSON inside, packed; `report.js` unpacks it and furnishes the house. Text from the wire is only ever
//! set as text, never as markup.

use std::io;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Keep;
use super::model::Report;
use super::written::Document;

/// Renders the page.
///
/// # Errors
/// None that a report of ours can cause: only a template that fails to write.
pub fn render(report: &Report, keep: Keep) -> io::Result<String> {
    let page = Page {
        title: title(report),
        lead: lead(report),
        data: embed(report, keep)?,
        style: STYLE,
        code: CODE,
    };
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

/// The report's JSON as gzip in base64: a tenth of it, and nothing in it can end the element that it stands in.
fn embed(report: &Report, keep: Keep) -> io::Result<String> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut packed, &Document::new(report, keep.of_page(report)))?;
    Ok(STANDARD.encode(packed.finish()?))
}

const STYLE: &str = include_str!("report.css");
const CODE: &str = include_str!("report.js");

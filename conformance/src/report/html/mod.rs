//! The report as one HTML file that needs nothing else: no network, no fonts, no images.
//!
//! The page is an empty house with the report's JSON inside, packed; scripts unpack it and furnish the house. Text from the
//! wire is only ever set as text, never as markup. Styles and scripts stand beside this file, one part a file.

use std::io;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::Keep;
use super::model::Report;
use super::written::Document;

/// Renders the page with everything inside.
///
/// # Errors
/// None that a report of ours can cause: only a template that fails to write.
pub fn render(report: &Report, keep: Keep) -> io::Result<String> {
    page(report, &Document::new(report, keep.of_page(report)), "", "")
}

/// Renders the page of a site: without evidence, which is in the folder at this address, and with a link to where all
/// gateways are.
pub(super) fn of_site(report: &Report, evidence: &str, home: &str) -> io::Result<String> {
    page(report, &Document::new(report, Vec::new()), evidence, home)
}

fn page(report: &Report, document: &Document<'_>, evidence: &str, home: &str) -> io::Result<String> {
    let page = Page {
        title: title(report),
        lead: lead(report),
        data: pack(document)?,
        evidence,
        home,
        style: [BASE, STYLE].concat(),
        code: CODE.concat(),
    };
    page.render().map_err(io::Error::other)
}

#[derive(Template)]
#[template(path = "report.html", whitespace = "preserve")]
struct Page<'a> {
    title: String,
    /// What the run says, for whoever reads without scripts.
    lead: String,
    data: String,
    /// The folder of evidence; empty where it is in the page: `evidence/litellm`.
    evidence: &'a str,
    /// The page of all gateways; empty where there is none.
    home: &'a str,
    style: String,
    code: String,
}

fn title(report: &Report) -> String {
    format!("{} · Touchstone", report.implementation.project)
}

fn lead(report: &Report) -> String {
    let counts = report.summary.statistics;
    let unverified = match &report.implementation.unverified {
        Some(_) => " The profile is written from documents, and was not run by its authors.",
        None => "",
    };
    let rest = [
        (counts.unexpected(), "fail or are stale"),
        (counts.warn, "warn"),
        (counts.xfail, "fail as expected"),
        (counts.blocked, "could not be judged for that"),
        (counts.skip, "are not claimed"),
    ];
    let rest = rest.into_iter().filter(|(count, _)| *count > 0);
    let rest: String = rest.map(|(count, words)| format!(", {count} {words}")).collect();
    format!("{} of {} checks pass{rest}.{unverified}", counts.pass, counts.total())
}

/// JSON as gzip in base64: a tenth of it, and nothing in it can end the element that it stands in.
pub(super) fn pack(document: &impl Serialize) -> io::Result<String> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut packed, document)?;
    Ok(STANDARD.encode(packed.finish()?))
}

pub(super) const BASE: &str = concat!(include_str!("../../../style/base.css"), include_str!("base.css"));
pub(super) const STYLE: &str = include_str!("report.css");
/// In the order in which they need each other.
const CODE: [&str; 10] = [
    DOM,
    FOUND,
    include_str!("data.js"),
    LOAD,
    include_str!("overview.js"),
    include_str!("findings.js"),
    include_str!("grid.js"),
    WIRE,
    include_str!("detail.js"),
    include_str!("page.js"),
];
pub(super) const DOM: &str = include_str!("dom.js");
pub(super) const FOUND: &str = include_str!("found.js");
pub(super) const LOAD: &str = include_str!("load.js");
pub(super) const SITE: &str = include_str!("site.js");
pub(super) const SITE_STYLE: &str = include_str!("site.css");
pub(super) const WIRE: &str = include_str!("wire.js");

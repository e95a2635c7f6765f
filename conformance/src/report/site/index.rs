//! The first page: what every report says of each requirement, counted by provider.

use std::collections::{BTreeMap, HashMap};
use std::io;

use askama::Template;
use serde::Serialize;

use super::Entry;
use crate::report::html;
use crate::report::model::{Report, Source, Statistics};
use crate::requirement::Level;

/// Renders the page.
pub(super) fn render(entries: &[Entry]) -> io::Result<String> {
    let page = Page {
        lead: lead(entries),
        data: html::pack(&index(entries))?,
        style: [html::BASE, html::STYLE, html::SITE_STYLE].concat(),
        code: [html::DOM, html::FOUND, html::LOAD, html::WIRE, html::SITE].concat(),
    };
    page.render().map_err(io::Error::other)
}

#[derive(Template)]
#[template(path = "site.html", whitespace = "preserve")]
struct Page {
    lead: String,
    data: String,
    style: String,
    code: String,
}

fn lead(entries: &[Entry]) -> String {
    let mut digests: Vec<&str> = entries.iter().map(|entry| entry.report.suite.digest.as_str()).collect();
    digests.sort_unstable();
    digests.dedup();
    match digests.as_slice() {
        [_, _, ..] => format!(
            "{} gateways. Their reports come from {} different suites: what only one was asked says nothing of the others.",
            entries.len(),
            digests.len()
        ),
        _ => format!("{} gateways, asked the same questions.", entries.len()),
    }
}

#[derive(Serialize)]
struct Index<'a> {
    providers: Vec<&'a str>,
    requirements: Vec<Asked<'a>>,
    gateways: Vec<Gateway<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    id: &'a str,
    group: &'a str,
    level: Level,
    sentence: &'a str,
    source: &'a Source,
}

#[derive(Serialize)]
struct Gateway<'a> {
    slug: &'a str,
    project: &'a str,
    version: &'a str,
    started: &'a str,
    /// Why its profile was not run by its authors.
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<&'a str>,
    /// Places of requirements, and for each provider, by its place, the counts in the order of the statuses.
    results: Results,
}

fn index(entries: &[Entry]) -> Index<'_> {
    let mut providers: Vec<&str> = Vec::new();
    let mut requirements: Vec<Asked<'_>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for Entry { report, .. } in entries {
        for cell in &report.cells {
            let provider = cell.cell.provider.as_str();
            if !providers.contains(&provider) {
                providers.push(provider);
            }
        }
        for one in &report.requirements {
            places.entry(&one.id).or_insert_with(|| {
                requirements.push(Asked {
                    id: &one.id,
                    group: &one.group,
                    level: one.level,
                    sentence: &one.sentence,
                    source: &one.source,
                });
                requirements.len() - 1
            });
        }
    }
    let gateway = |Entry { slug, report }: &'_ Entry| (slug.clone(), results(report, &places, &providers));
    let counted: Vec<_> = entries.iter().map(gateway).collect();
    let gateways = entries.iter().zip(counted).map(|(Entry { slug, report }, (_, results))| Gateway {
        slug,
        project: &report.implementation.project,
        version: &report.implementation.version,
        started: &report.environment.started,
        unverified: report.implementation.unverified.as_deref(),
        results,
    });
    Index { gateways: gateways.collect(), providers, requirements }
}

/// Counts by requirement and provider.
type Results = Vec<(usize, Vec<Counted>)>;
type Counted = (usize, [usize; 9]);

fn results(report: &Report, places: &HashMap<&str, usize>, providers: &[&str]) -> Results {
    let mut counts: BTreeMap<usize, BTreeMap<usize, Statistics>> = BTreeMap::new();
    let by_cell: HashMap<&str, usize> = report
        .cells
        .iter()
        .filter_map(|cell| {
            let is_its = |provider: &&str| *provider == cell.cell.provider;
            Some((cell.id.as_str(), providers.iter().position(is_its)?))
        })
        .collect();
    for check in &report.checks {
        let place = (places.get(check.id.as_str()), by_cell.get(check.cell.as_str()));
        if let (Some(requirement), Some(provider)) = place {
            counts.entry(*requirement).or_default().entry(*provider).or_default().count(check.status);
        }
    }
    let numbers = |of: Statistics| {
        [of.pass, of.fail, of.warn, of.xfail, of.xpass, of.skip, of.untestable, of.error, of.blocked]
    };
    let row = |(requirement, parts): (usize, BTreeMap<usize, Statistics>)| {
        (requirement, parts.into_iter().map(|(provider, of)| (provider, numbers(of))).collect())
    };
    counts.into_iter().map(row).collect()
}

//! Several reports as a static site: gateways by requirements, a page a gateway, badges. It works from a disk, too.
//!
//! ```text
//! index.html                           gateways by providers, requirements by gateways
//! gateways/<gateway>.html              the report of one, without its evidence
//! findings/<gateway>/<requirement>.js  what was found, loaded when someone asks
//! evidence/<gateway>/<scenario>.js     what was seen on the wire, loaded when someone asks
//! reports/<gateway>.json               the reports themselves
//! badges/<gateway>.json, .svg          for READMEs; and badges/<gateway>/<provider>.json, .svg
//! ```

mod badge;
mod index;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::model::{Evidence, Report, Status};
use super::{Keep, files, html};
use crate::Error;

/// One gateway of a site.
#[derive(Debug)]
pub struct Entry {
    /// Its name in addresses.
    pub slug: String,
    /// What was said of it.
    pub report: Report,
}

/// Reads reports: files, and folders with a `report.json` in them or in folders below. Where two are of the same profile, the
/// later ones get a number.
///
/// # Errors
/// [`Error::File`], [`Error::Parse`], and [`Error::Nothing`] where a folder has none.
pub fn read(places: &[PathBuf]) -> Result<Vec<Entry>, Error> {
    let mut entries: Vec<Entry> = Vec::new();
    for place in places {
        for path in reports_in(place)? {
            let report = files::read(&path)?;
            let name = slug(&report);
            let is_taken = |slug: &str| entries.iter().any(|entry| entry.slug == slug);
            let numbered = (2..).map(|number| format!("{name}-{number}"));
            let slug = std::iter::once(name.clone()).chain(numbered).find(|slug| !is_taken(slug));
            entries.push(Entry { slug: slug.unwrap_or(name), report });
        }
    }
    Ok(entries)
}

/// Folders within folders that are searched.
const DEPTH: usize = 3;

fn reports_in(place: &Path) -> Result<Vec<PathBuf>, Error> {
    if !place.is_dir() {
        return Ok(vec![place.to_owned()]);
    }
    let mut found = Vec::new();
    search(place, DEPTH, &mut found)?;
    if found.is_empty() {
        return Err(Error::Nothing(format!("report.json in {}", place.display())));
    }
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::File { path: folder.to_owned(), source };
    let report = folder.join("report.json");
    if report.is_file() {
        found.push(report);
        return Ok(());
    }
    let mut folders = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            folders.insert(path);
        }
    }
    folders.iter().filter(|_| depth > 0).try_for_each(|folder| search(folder, depth - 1, found))
}

/// The profile's name, or the project's where a gateway was judged that ran already; fit for a file and an address.
fn slug(report: &Report) -> String {
    let profile = &report.environment.profile;
    let name = if profile == "url" { &report.implementation.project } else { profile };
    file_name(name)
}

/// Small letters, digits, hyphens and dots; never a name that leads to another folder.
fn file_name(text: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let words: String = text.chars().map(plain).collect();
    let words = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    if words.is_empty() { "gateway".to_owned() } else { words }
}

/// Writes the site into a folder, which is made where there is none. Gives back how many files it has.
///
/// # Errors
/// [`Error::File`].
pub fn write(entries: &[Entry], folder: &Path) -> Result<usize, Error> {
    let mut site = Site { folder, files: 0 };
    let page = |path: &str| {
        let path = folder.join(path);
        move |source| Error::File { path, source }
    };
    site.put("index.html", &index::render(entries).map_err(page("index.html"))?)?;
    for entry in entries {
        let Entry { slug, report } = entry;
        let name = format!("gateways/{slug}.html");
        let text =
            html::of_site(report, &format!("evidence/{slug}"), "../index.html").map_err(page(&name))?;
        site.put(&name, &text)?;
        let name = format!("reports/{slug}.json");
        site.put(&name, &files::text(report, Keep::All).map_err(page(&name))?)?;
        site.findings(entry)?;
        site.evidence(entry)?;
        for badge in badge::all(entry) {
            site.put(&format!("badges/{}.json", badge.path), &badge.endpoint())?;
            site.put(&format!("badges/{}.svg", badge.path), &badge.svg())?;
        }
    }
    Ok(site.files)
}

struct Site<'a> {
    folder: &'a Path,
    files: usize,
}

impl Site<'_> {
    fn put(&mut self, path: &str, text: &str) -> Result<(), Error> {
        let path = self.folder.join(path);
        let failed = |source| Error::File { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(&path, text).map_err(failed)?;
        self.files += 1;
        Ok(())
    }

    /// A script that assigns a value under its own address: what a page from a disk may load.
    fn assign(&mut self, folder: &str, name: &str, value: &impl Serialize) -> Result<(), Error> {
        let path = format!("{folder}/{}.js", file_part(name));
        let key = format!("{folder}/{name}");
        let failed =
            |error: serde_json::Error| Error::File { path: self.folder.join(&path), source: error.into() };
        let key = serde_json::to_string(&key).map_err(failed)?;
        let value = serde_json::to_string(value).map_err(failed)?;
        self.put(&path, &format!("(globalThis.touchstone ??= {{}})[{key}] = {value};\n"))
    }

    fn findings(&mut self, Entry { slug, report }: &Entry) -> Result<(), Error> {
        type Content<'a> =
            (Status, &'a Option<String>, &'a Option<String>, &'a Option<String>, &'a Vec<String>);
        let kept: BTreeSet<(&str, &str)> =
            report.evidence.iter().map(|seen| (seen.scenario.as_str(), seen.cell.as_str())).collect();
        let mut by_requirement: BTreeMap<&str, BTreeMap<Content<'_>, Places<'_>>> = BTreeMap::new();
        for check in report.checks.iter().filter(|check| !check.is_quiet()) {
            let content = (check.status, &check.pointer, &check.expected, &check.actual, &check.notes);
            let found = by_requirement.entry(&check.id).or_default();
            let is_kept = kept.contains(&(check.scenario.as_str(), check.cell.as_str()));
            found.entry(content).or_default().push((&check.scenario, &check.cell, is_kept));
        }
        for (requirement, found) in by_requirement {
            let found = found.into_iter().map(|((status, pointer, expected, actual, notes), places)| Found {
                status,
                pointer,
                expected,
                actual,
                notes,
                places,
            });
            self.assign(&format!("findings/{slug}"), requirement, &found.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn evidence(&mut self, Entry { slug, report }: &Entry) -> Result<(), Error> {
        let mut by_scenario: BTreeMap<&str, Vec<&Evidence>> = BTreeMap::new();
        for seen in &report.evidence {
            by_scenario.entry(&seen.scenario).or_default().push(seen);
        }
        for (scenario, seen) in by_scenario {
            self.assign(&format!("evidence/{slug}"), scenario, &seen)?;
        }
        Ok(())
    }
}

/// Scenarios and cells, and whether the evidence is there.
type Places<'a> = Vec<(&'a str, &'a str, bool)>;

/// What was found about a requirement, and wherever it was found.
#[derive(Serialize)]
struct Found<'a> {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: &'a Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: &'a Vec<String>,
    places: Places<'a>,
}

/// An id as a file name, as `load.js` has it too: ids of the suite stay as they are, whatever else is in a report cannot
/// lead out of the folder.
fn file_part(id: &str) -> String {
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' };
    let name: String = id.chars().map(plain).collect();
    if name.starts_with('.') { format!("_{name}") } else { name }
}

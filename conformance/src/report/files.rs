//! Writes every form of the report into a folder.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::model::{API_VERSION, Report};
use super::written::Document;
use super::{Keep, ctrf, html, junit, markdown};
use crate::Error;

/// Writes `report.json`, `report.html`, `junit.xml`, `ctrf.json` and `summary.md` with the evidence that is to be kept, and gives back
/// their paths.
///
/// # Errors
/// [`Error::File`], where one cannot be written.
pub fn write(report: &Report, keep: Keep, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let json = folder.join("report.json");
    let ctrf = folder.join("ctrf.json");
    let (page, tests) = (folder.join("report.html"), folder.join("junit.xml"));
    let files = [
        (json.clone(), text(report, keep).map_err(failed(&json))?),
        (page.clone(), html::render(report, keep).map_err(failed(&page))?),
        (tests.clone(), junit::render(report).map_err(failed(&tests))?),
        (ctrf.clone(), ctrf::render(report).map_err(failed(&ctrf))?),
        (folder.join("summary.md"), markdown::render(report)),
    ];
    for (path, text) in &files {
        std::fs::write(path, text).map_err(failed(path))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// What stands in `report.json`.
///
/// # Errors
/// None that a report of ours can cause.
pub fn text(report: &Report, keep: Keep) -> std::io::Result<String> {
    serde_json::to_string(&Document::new(report, keep.of(report))).map_err(std::io::Error::other)
}

/// Reads a `report.json`.
///
/// # Errors
/// [`Error::File`] or [`Error::Parse`].
pub fn read(path: &Path) -> Result<Report, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    let failed = |reason: String| Error::Parse { file: path.display().to_string(), reason };
    let head: Head = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    if head.api_version != API_VERSION {
        let sentence = "a report of another version, which runs of this version write as";
        return Err(failed(format!("{}: {sentence} {API_VERSION}", head.api_version)));
    }
    serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
}

/// What must be known of a report before it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: String,
}

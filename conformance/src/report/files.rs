//! Writes every form of the report into a folder.

use std::path::{Path, PathBuf};

use super::model::Report;
use super::{html, junit, markdown};
use crate::Error;

/// Writes `report.json`, `report.html`, `junit.xml` and `summary.md`, and gives back their paths.
///
/// # Errors
/// [`Error::File`], where one cannot be written.
pub fn write(report: &Report, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let json = folder.join("report.json");
    let (page, tests) = (folder.join("report.html"), folder.join("junit.xml"));
    let text = serde_json::to_string(report).map_err(std::io::Error::other).map_err(failed(&json))?;
    let files = [
        (json, text),
        (page.clone(), html::render(report).map_err(failed(&page))?),
        (tests.clone(), junit::render(report).map_err(failed(&tests))?),
        (folder.join("summary.md"), markdown::render(report)),
    ];
    for (path, text) in &files {
        std::fs::write(path, text).map_err(failed(path))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Reads a `report.json`.
///
/// # Errors
/// [`Error::File`] or [`Error::Parse`].
pub fn read(path: &Path) -> Result<Report, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    serde_json::from_str(&text)
        .map_err(|error| Error::Parse { file: path.display().to_string(), reason: error.to_string() })
}

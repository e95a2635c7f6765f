//! A benchmark's files.

use std::path::{Path, PathBuf};

use super::model::Bench;
use super::page;
use crate::Error;

/// Writes `bench.json` and `bench.html` into a folder, and gives back their paths.
///
/// # Errors
/// [`Error::File`], where one cannot be written.
pub fn write(bench: &Bench, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let json = folder.join("bench.json");
    let text = serde_json::to_string_pretty(bench).map_err(std::io::Error::other).map_err(failed(&json))?;
    let page = folder.join("bench.html");
    let html = page::render(bench).map_err(failed(&page))?;
    let files = [(json, text), (page, html)];
    for (path, text) in &files {
        std::fs::write(path, text).map_err(failed(path))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

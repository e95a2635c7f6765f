//! Scripts from text: one, or a list of them.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{Reply, Script};

impl Script {
    /// Reads scripts from a file of YAML or JSON, or from all such files of a folder, in the order of their names.
    ///
    /// # Errors
    /// One sentence that names the file, and what is wrong where.
    pub fn read(path: &Path) -> Result<Vec<Self>, String> {
        if path.is_dir() {
            return files(path)?
                .iter()
                .map(|file| Self::read(file))
                .collect::<Result<Vec<_>, _>>()
                .map(|all| all.concat());
        }
        let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
        let text = std::fs::read_to_string(path).map_err(|problem| named(&problem))?;
        let scripts = if path.extension().is_some_and(|extension| extension == "json") {
            Self::from_json(&text)
        } else {
            Self::from_yaml(&text)
        };
        scripts.map_err(|problem| named(&problem))
    }

    /// Reads YAML.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn from_yaml(text: &str) -> Result<Vec<Self>, String> {
        // Not an untagged enum: its errors name no field.
        let is_list = text.lines().any(|line| line.starts_with('-') && !line.starts_with("---"));
        let scripts = if is_list {
            serde_saphyr::from_str(text)
        } else {
            serde_saphyr::from_str(text).map(|script| vec![script])
        };
        scripts.map_err(|problem| problem.to_string()).and_then(judged)
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// What is wrong, with the name of the field.
    pub fn from_json(text: &str) -> Result<Vec<Self>, String> {
        let value: Value = serde_json::from_str(text).map_err(|problem| problem.to_string())?;
        let scripts = match value {
            Value::Array(scripts) => scripts,
            script => vec![script],
        };
        let read = |script: Value| Self::deserialize(script).map_err(|problem| problem.to_string());
        scripts.into_iter().map(read).collect::<Result<_, _>>().and_then(judged)
    }
}

/// The scripts, where nothing is wrong with their replies.
fn judged(scripts: Vec<Script>) -> Result<Vec<Script>, String> {
    let replies = scripts.iter().flat_map(|script| script.replies.iter().enumerate());
    let flaw = |(number, reply): (usize, &Reply)| Some(format!("replies[{number}]: {}", reply.flaw()?));
    match replies.filter_map(flaw).next() {
        Some(flaw) => Err(flaw),
        None => Ok(scripts),
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let named = |problem: std::io::Error| format!("{}: {problem}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(named)?;
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| Ok(entry?.path())).collect();
    let is_script = |path: &PathBuf| {
        path.extension().is_some_and(|kind| ["yaml", "yml", "json"].iter().any(|known| kind == *known))
    };
    let mut files: Vec<PathBuf> = paths.map_err(named)?.into_iter().filter(is_script).collect();
    files.sort();
    if files.is_empty() { Err(format!("{}: no scripts there", folder.display())) } else { Ok(files) }
}

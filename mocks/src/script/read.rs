//! Scripts from text: one, or a list of them.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::Script;

impl Script {
    /// Reads scripts from a file of YAML or JSON.
    ///
    /// # Errors
    /// One sentence that names the file, and what is wrong where.
    pub fn read(path: &Path) -> Result<Vec<Self>, String> {
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
        scripts.map_err(|problem| problem.to_string())
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
        scripts.into_iter().map(read).collect()
    }
}

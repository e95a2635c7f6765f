//! The folders of `specs/cases`, each of which shows one thing by its files.

use std::fmt;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde_json::Value;
use translate::providers::{self, Provider};

use crate::case::CaseOptions;

/// One folder of `specs/cases/<route>/<provider>/<case>`.
pub(crate) struct Folder {
    pub(crate) route: String,
    pub(crate) provider: &'static Provider,
    /// What the case is called.
    pub(crate) name: String,
    path: PathBuf,
}

impl Folder {
    /// Every case of a route, of every provider.
    pub(crate) fn all(route: &str) -> Vec<Self> {
        let of = |(provider, path): (String, PathBuf)| {
            let known = providers::by_id(&provider).unwrap_or_else(|| panic!("{provider} is no provider"));
            let one = move |(name, path)| Self { route: route.to_owned(), provider: known, name, path };
            folders(&path).into_iter().map(one)
        };
        let cases: Vec<Self> = folders(&cases().join(route)).into_iter().flat_map(of).collect();
        assert!(cases.len() > 5, "only {} cases of {route} were found", cases.len());
        cases
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.path.join(file).exists()
    }

    pub(crate) fn read(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.path.join(file)).ok()
    }

    pub(crate) fn json(&self, file: &str) -> Option<Value> {
        self.read(file)
            .map(|text| serde_json::from_str(&text).unwrap_or_else(|why| panic!("{self}/{file}: {why}")))
    }

    pub(crate) fn options(&self) -> CaseOptions {
        let text = self.read("options.json");
        text.map(|text| serde_json::from_str(&text).unwrap_or_else(|why| panic!("{self}: {why}")))
            .unwrap_or_default()
    }

    /// Whether this case shows a provider that does not keep to its own documents.
    pub(crate) fn is_broken(&self) -> bool {
        self.name.starts_with("broken-")
    }
}

/// A folder, and what its provider translates such by.
pub(crate) struct Case<D> {
    pub(crate) dialect: D,
    folder: Folder,
}

impl<D> Case<D> {
    /// Every case of a route, of every provider; each must have a dialect of it.
    pub(crate) fn every(route: &str, dialect: fn(&'static Provider) -> Option<D>) -> Vec<Self> {
        let of = |folder: Folder| {
            let dialect = dialect(folder.provider).unwrap_or_else(|| panic!("{folder}: no {route} there"));
            Self { dialect, folder }
        };
        Folder::all(route).into_iter().map(of).collect()
    }
}

impl<D> Deref for Case<D> {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.folder
    }
}

impl<D> fmt::Display for Case<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.folder.fmt(f)
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.route, self.provider.id(), self.name)
    }
}

/// The routes of which there are cases.
pub(crate) fn routes() -> Vec<String> {
    folders(&cases()).into_iter().map(|(name, _)| name).collect()
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/cases")
}

/// Folders by name, in order.
fn folders(parent: &Path) -> Vec<(String, PathBuf)> {
    let mut folders: Vec<(String, PathBuf)> = fs::read_dir(parent)
        .unwrap_or_else(|why| panic!("{}: {why}", parent.display()))
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_case_says_where_it_comes_from() {
    for case in routes().iter().flat_map(|route| Folder::all(route)) {
        let source = case.read("SOURCE").unwrap_or_else(|| panic!("{case} says nothing"));
        assert_eq!(source.trim().lines().count(), 1, "{case}");
    }
}

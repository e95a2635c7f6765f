//! The configuration file, read again when it changes.
//!
//! It is looked at once a second: its size, its times and where it lies on the disk, through whatever links lead there. So a file that is
//! written in place, one that an editor puts in the place of the old one, and a link that is turned, as Kubernetes turns those of a
//! `ConfigMap`, are all seen. What changed must rest for another second, so that nothing half written is read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use crate::config::{Config, Errors};

/// The value of an environment variable.
pub type Variable = fn(&str) -> Option<String>;

/// A configuration file, and a mark of what it said last.
pub struct File {
    path: PathBuf,
    variable: Variable,
    said: Vec<u8>,
}

impl File {
    /// Reads a file, YAML or JSON.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn open(path: impl Into<PathBuf>, variable: Variable) -> Result<(Self, Config), Errors> {
        let path = path.into();
        let text = Config::text(&path)?;
        let config = Config::parse(&text, &variable).map_err(|errors| errors.in_file(&path))?;
        Ok((Self { path, variable, said: mark(&text) }, config))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it again. `None`: it says what it said.
    pub(crate) fn read(&mut self) -> Result<Option<Config>, Errors> {
        let text = Config::text(&self.path)?;
        let said = mark(&text);
        if said == self.said {
            return Ok(None);
        }
        let config = Config::parse(&text, &self.variable).map_err(|errors| errors.in_file(&self.path))?;
        self.said = said;
        Ok(Some(config))
    }
}

/// It may hold keys, which need not be kept twice.
fn mark(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// Looks whether files change.
pub(crate) struct Watch {
    files: Vec<(PathBuf, Option<Look>)>,
    changes: bool,
}

/// What a file looks like, without being read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look([i64; 7]);

impl Watch {
    pub(crate) fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let files = paths.into_iter().map(|path| {
            let look = Look::at(&path);
            (path, look)
        });
        Self { files: files.collect(), changes: false }
    }

    /// Whether one of the files has changed, and rests again: two looks that are the same, after one that is not.
    pub(crate) fn look(&mut self) -> bool {
        let mut rests = true;
        for (path, known) in &mut self.files {
            let look = Look::at(path);
            rests &= look == *known;
            *known = look;
        }
        let changed = rests && self.changes;
        self.changes = !rests;
        changed
    }
}

impl Look {
    /// `None`: there is none that could be read.
    fn at(path: &Path) -> Option<Self> {
        let size = |metadata: &Metadata| i64::try_from(metadata.size()).unwrap_or(i64::MAX);
        let place = |number: u64| i64::from_ne_bytes(number.to_ne_bytes());
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self([
            place(metadata.dev()),
            place(metadata.ino()),
            size(&metadata),
            metadata.mtime(),
            metadata.mtime_nsec(),
            // Whoever may read it counts as well.
            metadata.ctime(),
            metadata.ctime_nsec(),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// How many looks it takes to see a change.
    fn seen(watch: &mut Watch) -> Option<usize> {
        (1..=5).find(|_| watch.look())
    }

    #[test]
    fn every_way_to_change_a_file_is_seen_once_it_rests() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "one").unwrap();
        symlink("file", path("link")).unwrap();
        let mut watch = Watch::new([path("link")]);
        assert_eq!(seen(&mut watch), None, "nothing happened");

        fs::write(path("file"), "three").unwrap();
        assert_eq!(seen(&mut watch), Some(2), "written in place");
        fs::write(path("next"), "three").unwrap();
        fs::rename(path("next"), path("file")).unwrap();
        assert_eq!(seen(&mut watch), Some(2), "put in its place");
        fs::write(path("other"), "three").unwrap();
        symlink("other", path("turned")).unwrap();
        fs::rename(path("turned"), path("link")).unwrap();
        assert_eq!(seen(&mut watch), Some(2), "a link that was turned");
        fs::remove_file(path("other")).unwrap();
        assert_eq!(seen(&mut watch), Some(2), "removed");
        assert_eq!(seen(&mut watch), None);

        for turn in 0..5 {
            fs::write(path("other"), "x".repeat(turn + 1)).unwrap();
            assert!(!watch.look(), "it is still being written");
        }
        assert!(watch.look() && !watch.look());
    }

    #[test]
    fn what_says_the_same_is_not_read_as_new() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kong.yaml");
        let text = r#"{"_format_version": "3.0"}"#;
        fs::write(&path, text).unwrap();
        let (mut file, _) = File::open(&path, |_| None).unwrap();
        assert!(matches!(file.read(), Ok(None)));
        fs::write(&path, r#"{"_format_version": "9.0"}"#).unwrap();
        assert!(file.read().is_err());
        fs::write(&path, text).unwrap();
        assert!(matches!(file.read(), Ok(None)), "it is what is served");
        fs::write(&path, r#"{"_format_version": "3.0", "services": []}"#).unwrap();
        assert!(matches!(file.read(), Ok(Some(_))));
        fs::remove_file(&path).unwrap();
        assert!(file.read().unwrap_err().to_string().contains("kong.yaml"));
    }
}

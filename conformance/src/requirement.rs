//! A requirement: one sentence that binds a gateway, with the place where it is written.
//!
//! They live in `conformance/requirements/<surface>/*.yaml`, one file a group. An id is never reused for another sentence.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::scenario::Outcome;
use crate::{Error, Mode, Surface, embedded, surface};

/// One sentence that binds a gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// `chat.request.tools.parallel-results-merged`.
    pub id: String,
    /// How much it binds.
    pub level: Level,
    /// The requirement.
    pub sentence: String,
    /// Address of the page or document that says so.
    pub source: String,
    /// Day on which that was read, or the traffic seen.
    pub date: String,
    /// The group it is shown under; from the file.
    #[serde(skip)]
    pub group: String,
    /// What the client speaks where it binds: by words; else as the file says; else by the id. None: whatever it speaks.
    #[serde(default, deserialize_with = "surface::words")]
    pub surfaces: Vec<Surface>,
    /// Judged on every scenario that ends like this, without being named there.
    #[serde(default)]
    pub every: Vec<Outcome>,
    /// Binds in this mode only.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Binds for these providers only; empty means all.
    #[serde(default)]
    pub providers: Vec<String>,
    /// Binds a gateway whose profile declares this feature.
    #[serde(default)]
    pub feature: Option<String>,
    /// Members of the client's request that it is about: where they are refused openly it is judged all the same.
    #[serde(default)]
    pub about: Vec<String>,
}

/// How much a requirement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// The provider's text, or the form the client was promised, leaves no choice.
    Must,
    /// There may be reasons to do otherwise; a failure is a warning.
    Should,
    /// No text says it; traffic shows it.
    Observed,
}

/// All requirements, in the order of files and lines.
///
/// # Panics
/// Never in a build that passed its tests: the files are part of the binary.
pub fn all() -> &'static [Requirement] {
    static ALL: LazyLock<Vec<Requirement>> = LazyLock::new(|| {
        let parsed: Result<Vec<_>, Error> =
            embedded::REQUIREMENTS.iter().map(|(name, text)| parse(name, text)).collect();
        parsed.expect("embedded requirements are tested").into_iter().flatten().collect()
    });
    &ALL
}

/// The requirement with this id.
pub fn find(id: &str) -> Option<&'static Requirement> {
    all().iter().find(|requirement| requirement.id == id)
}

/// Reads one file of requirements.
///
/// # Errors
/// [`Error::Parse`] with line and column.
pub fn parse(file: &str, text: &str) -> Result<Vec<Requirement>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        group: String,
        #[serde(default, deserialize_with = "surface::words")]
        surfaces: Vec<Surface>,
        requirements: Vec<Requirement>,
    }
    let parsed: File = serde_saphyr::from_str(text)
        .map_err(|error| Error::Parse { file: file.to_owned(), reason: error.to_string() })?;
    let mut requirements = parsed.requirements;
    for requirement in &mut requirements {
        requirement.group.clone_from(&parsed.group);
        if !requirement.id.starts_with(ANYWHERE) {
            let surface = Surface::of_id(&requirement.id).ok_or_else(|| nowhere(file, &requirement.id))?;
            if requirement.surfaces.is_empty() {
                requirement.surfaces =
                    if parsed.surfaces.is_empty() { vec![surface] } else { parsed.surfaces.clone() };
            }
        }
    }
    Ok(requirements)
}

/// Ids of requirements that a scenario states itself, on any surface.
const ANYWHERE: &str = "scenario.";

/// An id must begin with the word of a surface.
pub(crate) fn nowhere(file: &str, id: &str) -> Error {
    Error::Parse {
        file: file.to_owned(),
        reason: format!("`{id}` does not begin with the word of a surface"),
    }
}

impl Requirement {
    /// Whether it binds where this provider is asked.
    pub fn is_for(&self, provider: &str) -> bool {
        self.providers.is_empty() || self.providers.iter().any(|bound| bound == provider)
    }

    /// Whether it binds a client that speaks this.
    pub fn is_on(&self, surface: Surface) -> bool {
        self.surfaces.is_empty() || self.surfaces.contains(&surface)
    }
}

impl Level {
    /// As it stands in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Observed => "OBSERVED",
        }
    }
}

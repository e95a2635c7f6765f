//! A scenario: what the client asks, what the provider answers, what goes wrong. Data only.
//!
//! They live in `conformance/scenarios/<surface>/*.yaml`, one file a theme. The provider's answer is a script of the mocks, in
//! neutral terms, so one scenario is played to every provider.

mod expect;
mod marker;
mod own;
mod place;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use mocks::script::{Block, Pieces, Reply};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::requirement::nowhere;
use crate::{Error, Mode, Surface, dialect, embedded};

pub use expect::{Counts, EachProvider, Expect, ExpectedCall, ExpectedError, Members};
pub use own::Own;

/// The JSON Schema of a file of scenarios, for editors and for those who write them with programs.
pub const SCHEMA: &str = include_str!("../scenario.schema.json");

/// One thing that happens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// `chat.tools.parallel-calls`.
    pub id: String,
    /// One sentence.
    pub title: String,
    /// The group it is shown under; from the file.
    #[serde(skip)]
    pub group: String,
    /// What the client speaks; from the id.
    #[serde(skip)]
    pub surface: Surface,
    /// What the client may speak besides, as words; a chat that does not say it is played wherever one has words for it.
    #[serde(default, deserialize_with = "crate::surface::words")]
    pub surfaces: Vec<Surface>,
    /// On other surfaces than its own it is played to these providers only; none means all.
    #[serde(default)]
    pub elsewhere: Vec<String>,
    /// The file it was read from, where it is the user's own and not the suite's.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Providers it is played to; none means all that the profile has.
    #[serde(default)]
    pub providers: Vec<String>,
    /// Dialects it is not played to: their providers are asked with whatever the client says, and answer for themselves.
    #[serde(default)]
    pub except: Vec<String>,
    /// Routes of the profile it is played on, instead of the providers' own ones.
    #[serde(default)]
    pub routes: Vec<String>,
    /// Also played on the other routes that a profile has for these providers: other versions, other credentials.
    #[serde(default)]
    pub variants: bool,
    /// Whole, streamed, or both; none means all that the surface has.
    #[serde(default)]
    pub modes: Vec<Mode>,
    /// Features that the profile must declare.
    #[serde(default)]
    pub features: Vec<String>,
    /// Part of the quick form.
    #[serde(default)]
    pub quick: bool,
    /// The protocol allows what happens here, but no provider is known to do it: what fails is a warning.
    #[serde(default)]
    pub lenient: bool,
    /// The client's request, without `stream` and mostly without `model`: the harness adds them.
    #[serde(default)]
    pub request: Value,
    /// The request is about what it leaves out: nothing that a route adds to requests is added to this one.
    #[serde(default)]
    pub bare: bool,
    /// Calls before the one that is judged, in order: `{{id}}` in what follows is the id of the last reply.
    #[serde(default)]
    pub before: Vec<Before>,
    /// A request that is none of this surface at all, instead of `request`.
    #[serde(default)]
    pub raw: Option<Raw>,
    /// So many bytes of text before the last user text.
    #[serde(default)]
    pub pad: usize,
    /// What the provider answers; empty means the mock's own sensible answer.
    #[serde(default)]
    pub replies: Vec<Reply>,
    /// What a target of one provider answers, instead of `replies`, where the route has several.
    #[serde(default)]
    pub at: BTreeMap<String, Vec<Reply>>,
    /// A long text as the first reply's content.
    #[serde(default)]
    pub fill: Option<Fill>,
    /// How the client behaves.
    #[serde(default)]
    pub client: Behaviour,
    /// How it must end for the client.
    #[serde(default)]
    pub outcome: Outcome,
    /// Requirements judged besides those that bind every such scenario.
    #[serde(default)]
    pub judges: Vec<String>,
    /// What cannot be derived from request and reply.
    #[serde(default)]
    pub expect: Expect,
}

/// How a scenario must end for the client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// With the provider's answer.
    #[default]
    Reply,
    /// With the provider's error, before any answer.
    Error,
    /// The provider's answer breaks off or cannot be read: with an error, whatever came before.
    Broken,
    /// Nobody listens at the provider's address: with an error.
    Unreachable,
    /// The gateway refuses by itself; the provider is never called.
    Refused,
    /// Either with the answer or refused: both are honest.
    Either,
    /// The client goes away.
    Left,
    /// With something else than an answer: what was asked is about one. Only what the scenario names is judged.
    Other,
}

/// A request in the raw.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// `POST` unless said otherwise.
    #[serde(default)]
    pub method: Option<String>,
    /// Instead of the route's own path.
    #[serde(default)]
    pub path: Option<String>,
    /// Behind the route's own path: `/{{id}}`.
    #[serde(default)]
    pub below: Option<String>,
    /// The bytes.
    #[serde(default)]
    pub body: String,
}

/// A call that makes what the judged one is about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// As that of a scenario.
    #[serde(default)]
    pub request: Value,
    /// Instead of `request`.
    #[serde(default)]
    pub raw: Option<Raw>,
    /// Streamed, and not whole.
    #[serde(default)]
    pub stream: bool,
    /// What follows is called as soon as this one's reply has begun. The client leaves it when the judged call is over.
    #[serde(default)]
    pub aside: bool,
    /// Milliseconds to wait, instead of a call.
    #[serde(default)]
    pub wait_ms: Option<u64>,
}

/// A long text.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// How many pieces.
    pub pieces: usize,
    /// How many bytes each.
    pub bytes: usize,
}

/// How the client behaves.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// Stops reading after so many events, and leaves when it is seen whether the gateway reads on.
    pub pause: Option<Pause>,
    /// Leaves after so many events.
    pub leave_after: Option<usize>,
    /// Once so many events are there, the gateway is told to end (SIGTERM). Such a scenario is played after all others.
    pub terminate_after: Option<usize>,
    /// So many calls at once, each with its own text.
    pub parallel: Option<usize>,
    /// Which key it shows where it is not its own.
    pub key: Option<Key>,
}

/// A key that is not the client's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    /// None at all.
    None,
    /// One that nobody gave out.
    Unknown,
}

/// A client that stops reading.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// After so many events.
    pub after: usize,
    /// At most so long. It is over as soon as the provider has sent all, or could send nothing for a while.
    pub ms: u64,
}

/// All scenarios, in the order of files and lines.
///
/// # Panics
/// Never in a build that passed its tests: the files are part of the binary.
pub fn all() -> &'static [Arc<Scenario>] {
    static ALL: LazyLock<Vec<Arc<Scenario>>> = LazyLock::new(|| {
        let parsed: Result<Vec<_>, Error> =
            embedded::SCENARIOS.iter().map(|(name, text)| parse(name, text)).collect();
        parsed.expect("embedded scenarios are tested").into_iter().flatten().map(Arc::new).collect()
    });
    &ALL
}

/// The scenario with this id.
pub fn find(id: &str) -> Option<&'static Arc<Scenario>> {
    all().iter().find(|scenario| scenario.id == id)
}

/// Reads one file of scenarios.
///
/// # Errors
/// [`Error::Parse`] with line and column.
pub fn parse(file: &str, text: &str) -> Result<Vec<Scenario>, Error> {
    let parsed = File::read(text)
        .map_err(|error| Error::Parse { file: file.to_owned(), reason: error.to_string() })?;
    parsed.settled().map_err(|id| nowhere(file, &id))
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    group: String,
    scenarios: Vec<Scenario>,
}

impl File {
    fn read(text: &str) -> Result<Self, serde_saphyr::Error> {
        serde_saphyr::from_str(text)
    }

    /// Its scenarios with what follows from their ids; or the id that begins with no surface.
    fn settled(self) -> Result<Vec<Scenario>, String> {
        let mut scenarios = self.scenarios;
        for scenario in &mut scenarios {
            scenario.group.clone_from(&self.group);
            scenario.surface = Surface::of_id(&scenario.id).ok_or_else(|| scenario.id.clone())?;
            scenario.settle_surfaces();
            if scenario.modes.is_empty() {
                scenario.modes = scenario.surface.modes().to_vec();
            }
            if let Some(fill) = scenario.fill {
                fill.put_into(&mut scenario.replies);
            }
        }
        Ok(scenarios)
    }
}

impl Scenario {
    /// Its own surface comes first. What a chat asks may have no words elsewhere, and a path of its own is nobody else's.
    fn settle_surfaces(&mut self) {
        let is_own = |raw: &Raw| raw.path.is_some() || raw.below.is_some() || raw.method.is_some();
        let wanted = match (self.surface, self.surfaces.is_empty()) {
            (Surface::Chat, true) if self.expect.says_upstream() => Vec::new(),
            (Surface::Chat, true) if !self.raw.as_ref().is_some_and(is_own) => {
                Surface::CONVERSATIONS.to_vec()
            }
            _ => std::mem::take(&mut self.surfaces),
        };
        let has_words = |surface: &Surface| self.request.is_null() || surface.write(&self.request).is_some();
        self.surfaces =
            wanted.into_iter().filter(|surface| *surface != self.surface && has_words(surface)).collect();
        self.surfaces.insert(0, self.surface);
    }

    /// Its request in the words of a surface.
    pub fn asked_on(&self, surface: Surface, request: &Value) -> Value {
        let written = if surface == self.surface { None } else { surface.write(request) };
        written.unwrap_or_else(|| request.clone())
    }

    /// Whether it is played to this provider on a surface, where the profile has it there.
    pub fn is_on(&self, surface: Surface, provider: &str) -> bool {
        let is_here = surface == self.surface || self.elsewhere.is_empty();
        self.surfaces.contains(&surface)
            && self.is_for(provider)
            && (is_here || self.elsewhere.iter().any(|known| known == provider))
    }

    /// Whether it is played to this provider, where the profile has it.
    pub fn is_for(&self, provider: &str) -> bool {
        let dialect = dialect::of(provider).map_or(provider, |dialect| dialect.provider);
        !self.except.iter().any(|known| known == dialect)
            && (self.providers.is_empty() || self.providers.iter().any(|known| known == provider))
    }

    /// The providers that it is played to, as far as the judge knows them on its surface.
    pub fn known_providers(&self) -> impl Iterator<Item = &'static str> {
        let here = dialect::ALL.iter().filter(|dialect| dialect.api(self.surface).is_some());
        here.map(|dialect| dialect.provider).filter(|provider| self.is_for(provider))
    }

    /// Every place that it is played at, as far as the judge knows the providers: surface, provider, mode.
    pub fn known_places(&self) -> impl Iterator<Item = (Surface, &'static str, Mode)> {
        let providers = || dialect::ALL.iter().map(|dialect| (dialect, dialect.provider));
        let cells = self
            .surfaces
            .iter()
            .flat_map(move |surface| providers().map(move |(dialect, name)| (*surface, dialect, name)));
        let known = cells
            .filter(|(surface, dialect, name)| dialect.api(*surface).is_some() && self.is_on(*surface, name));
        known.flat_map(|(surface, _, name)| self.modes.iter().map(move |mode| (surface, name, *mode)))
    }

    /// The provider's first reply that is neither an error nor repeated: what the client shall get in the end.
    pub fn reply(&self) -> Option<&Reply> {
        self.replies.last()
    }
}

impl Fill {
    fn put_into(self, replies: &mut Vec<Reply>) {
        let pieces = (0..self.pieces).map(|n| piece(n, self.bytes)).collect();
        if replies.is_empty() {
            replies.push(Reply::default());
        }
        replies[0].content = Some(vec![Block::Text(Pieces(pieces))]);
    }
}

/// A piece that no other piece of the same text equals, so that a lost or doubled one shows. In words, as texts are:
/// tokenizers take very long over very long ones.
fn piece(n: usize, bytes: usize) -> String {
    let mut text = format!("{n}:");
    while text.len() + 1 < bytes {
        let is_gap = text.len() % WORD == 0;
        let letter = char::from(b'a' + u8::try_from((n + text.len()) % 26).expect("below 26"));
        text.push(if is_gap { ' ' } else { letter });
    }
    text.push(' ');
    text
}

/// Letters of a word, and the gap behind it.
const WORD: usize = 8;

//! The user's own scenarios: folders of files of the same form as the suite's, judged strictly before anything is played.
//!
//! The form is documented in `conformance/scenarios/README.md`; `conformance/scenario.schema.json` has it for editors.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::place::{Member, Place, Places};
use super::{File, Outcome, Scenario};
use crate::run::binds;
use crate::text::did_you_mean;
use crate::{Error, Mode, Surface, dialect, requirement};

/// Scenarios that are not the suite's.
#[derive(Debug, Clone, Default)]
pub struct Own {
    scenarios: Vec<Arc<Scenario>>,
    /// Where they come from, as it was given.
    folders: Vec<PathBuf>,
    /// The bytes of all files, told apart by their order.
    texts: Vec<String>,
}

/// No file of scenarios that people write is longer.
const MOST_BYTES: u64 = 64 << 20;

impl Own {
    /// Reads every `.yaml` and `.yml` file in these folders and those below them, in the order of their names. A file may
    /// be given instead of a folder.
    ///
    /// # Errors
    /// [`Error::Scenarios`], with everything that is wrong in all of them; [`Error::NoScenarios`].
    pub fn read(folders: &[PathBuf]) -> Result<Self, Error> {
        let mut own = Self { folders: folders.to_vec(), ..Self::default() };
        let mut problems = Vec::new();
        for folder in folders {
            let files = files(folder)?;
            if files.is_empty() {
                return Err(Error::NoScenarios(folder.clone()));
            }
            for file in files {
                own.take(&file, &mut problems)?;
            }
        }
        if problems.is_empty() { Ok(own) } else { Err(Error::Scenarios { problems }) }
    }

    /// The scenarios, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Scenario>> {
        self.scenarios.iter()
    }

    /// The scenario with this id.
    pub fn find(&self, id: &str) -> Option<&Arc<Scenario>> {
        self.iter().find(|scenario| scenario.id == id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.scenarios.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.scenarios.is_empty()
    }

    /// The folders as they were given.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The texts of all files.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    fn take(&mut self, file: &Path, problems: &mut Vec<String>) -> Result<(), Error> {
        let failed = |source| Error::File { path: file.to_owned(), source };
        if std::fs::metadata(file).map_err(failed)?.len() > MOST_BYTES {
            problems.push(format!("{}: longer than {MOST_BYTES} bytes", file.display()));
            return Ok(());
        }
        let text = std::fs::read_to_string(file).map_err(failed)?;
        match File::read(&text) {
            Err(error) => problems.push(unreadable(file, &error)),
            Ok(parsed) => self.judge(file, parsed, &text, problems),
        }
        self.texts.push(text);
        Ok(())
    }

    fn judge(&mut self, file: &Path, parsed: File, text: &str, problems: &mut Vec<String>) {
        let places = Places::of(text);
        let known = |own: &Self, id: &str| {
            let suite = super::find(id).map(|_| "of the suite".to_owned());
            suite.or_else(|| own.find(id)?.file.as_ref().map(|file| format!("in {}", file.display())))
        };
        let ids: Vec<String> = parsed.scenarios.iter().map(|scenario| scenario.id.clone()).collect();
        let say = |number: usize, member: Member, problem: String| {
            let place = places.scenarios.get(number).map(|place: &Place| place.at(member));
            let place = place.map_or(String::new(), |at| format!(":{}:{}", at.line(), at.column()));
            format!("{}{place}: {problem}", file.display())
        };
        if let Some(number) = ids.iter().position(|id| Surface::of_id(id).is_none()) {
            let words = Surface::ALL.map(|surface| format!("`{}.`", surface.word())).join(", ");
            let problem = format!("`{}` must begin with what the client speaks: {words}", ids[number]);
            problems.push(say(number, Member::Id, problem));
            return;
        }
        for (number, scenario) in parsed.settled().unwrap_or_default().into_iter().enumerate() {
            if let Some(place) = known(self, &scenario.id) {
                let problem =
                    format!("there is a scenario `{}` {place}: give this one another id", scenario.id);
                problems.push(say(number, Member::Id, problem));
            }
            problems.extend(flaws(&scenario).into_iter().map(|(member, flaw)| say(number, member, flaw)));
            self.scenarios.push(Arc::new(Scenario { file: Some(file.to_owned()), ..scenario }));
        }
    }
}

/// The files of a folder and those below it, but hidden ones.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::File { path: folder.to_owned(), source };
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "yaml" || kind == "yml") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The reader's own sentence, with the place in front as everywhere, and the word that was meant.
fn unreadable(file: &Path, error: &serde_saphyr::Error) -> String {
    let place = error.location().map_or(String::new(), |at| format!(":{}:{}", at.line(), at.column()));
    let said = error.without_snippet().to_string();
    let said = said.split(" at line ").next().unwrap_or(&said).trim();
    let said =
        said.split_once(": ").filter(|(head, _)| head.starts_with("line ")).map_or(said, |(_, rest)| rest);
    let unknown = said.starts_with("unknown ").then(|| said.split('`').nth(1)).flatten();
    let known = said.split_once("expected one of ").map_or("", |(_, known)| known).split([',', ' ', '`']);
    let meant = unknown.and_then(|unknown| did_you_mean(unknown, known.filter(|word| !word.is_empty())));
    format!("{}{place}: {said}{}", file.display(), meant.unwrap_or_default())
}

/// What is wrong with a scenario, and where.
fn flaws(scenario: &Scenario) -> Vec<(Member, String)> {
    let mut flaws = Vec::new();
    names(scenario, &mut flaws);
    request(scenario, &mut flaws);
    for (number, reply) in scenario.replies.iter().enumerate() {
        flaws.extend(reply.flaw().map(|flaw| (Member::Reply(number), flaw)));
    }
    if scenario.outcome == Outcome::Error && !scenario.replies.iter().any(mocks::script::Reply::fails) {
        let flaw = "the outcome is an error, and no reply is one: give one of them an `error`";
        flaws.push((Member::Id, flaw.to_owned()));
    }
    // A name that is wrong explains it already.
    if flaws.is_empty() {
        unplayed(scenario, &mut flaws);
    }
    flaws
}

/// A scenario, and each requirement that it names, is judged in at least one cell of those that the judge knows.
fn unplayed(scenario: &Scenario, flaws: &mut Vec<(Member, String)>) {
    if !scenario.routes.is_empty() {
        return;
    }
    if scenario.known_places().next().is_none() {
        let flaw = format!("it is played nowhere: none of its providers is known on {}", scenario.surface);
        flaws.push((Member::Id, flaw));
        return;
    }
    for (number, id) in scenario.judges.iter().enumerate() {
        let judges = |(surface, provider, mode): (Surface, &str, Mode)| {
            requirement::find(id)
                .is_some_and(|requirement| binds(requirement, scenario, surface, provider, mode))
        };
        if !scenario.known_places().any(judges) {
            let flaw = format!(
                "`{id}` binds in none of the providers and modes that this is played in: see `touchstone explain {id}`"
            );
            flaws.push((Member::Judges(number), flaw));
        }
    }
}

fn names(scenario: &Scenario, flaws: &mut Vec<(Member, String)>) {
    for (number, id) in scenario.judges.iter().enumerate() {
        let known = requirement::all()
            .iter()
            .filter(|known| scenario.surfaces.iter().any(|surface| known.is_on(*surface)));
        if known.clone().any(|known| known.id == *id) {
            continue;
        }
        let flaw = match requirement::find(id) {
            Some(_) => format!("`{id}` binds another surface than {}", scenario.surface),
            None => {
                let meant = did_you_mean(id, known.map(|known| known.id.as_str()));
                format!(
                    "no requirement `{id}`{}",
                    meant.unwrap_or_else(|| ": `touchstone list` has them all".to_owned())
                )
            }
        };
        flaws.push((Member::Judges(number), flaw));
    }
    let unknown = |name: &str| {
        let known = || dialect::ALL.iter().map(|dialect| dialect.provider);
        let is_known = known().any(|known| known == name) || mocks::provider::find(name).is_some();
        (!is_known)
            .then(|| format!("no provider `{name}`{}", did_you_mean(name, known()).unwrap_or_default()))
    };
    let named = |names: &[String], member: fn(usize) -> Member| {
        let flaws =
            names.iter().enumerate().filter_map(|(number, name)| Some((member(number), unknown(name)?)));
        flaws.collect::<Vec<_>>()
    };
    flaws.extend(named(&scenario.providers, Member::Provider));
    flaws.extend(named(&scenario.except, Member::Except));
    let expected = scenario.expect.finish.by.keys().chain(scenario.expect.upstream.by.keys());
    flaws.extend(expected.filter_map(|name| Some((Member::Expect, unknown(name)?))));
    for (number, mode) in scenario.modes.iter().enumerate() {
        if !scenario.surface.modes().contains(mode) {
            let flaw = format!("{} has no mode `{}`", scenario.surface, mode.name());
            flaws.push((Member::Mode(number), flaw));
        }
    }
}

/// A request is one of its surface, unless the scenario is about one that is not, and has a place for the marker.
fn request(scenario: &Scenario, flaws: &mut Vec<(Member, String)>) {
    if scenario.raw.is_some() {
        return;
    }
    let subject = scenario.surface.subject();
    if scenario.request.is_null() {
        let flaw = format!("no `request`: give one with `{subject}`, or `raw` with the bytes to send");
        flaws.push((Member::Request, flaw));
        return;
    }
    if !scenario.has_place() {
        let flaw = format!(
            "the request has no text of the user's at the end of `{subject}`, by which the provider's request could be \
             found: put `{{{{marker}}}}` into some text that reaches the provider"
        );
        flaws.push((Member::Request, flaw));
    }
    if matches!(scenario.outcome, Outcome::Refused | Outcome::Either) {
        return;
    }
    let Some(operation) = scenario.surface.operation() else { return };
    let mut request = scenario.marked("[[ts:0]]");
    if request["model"].is_null() {
        request["model"] = json!("m");
    }
    if scenario.modes.contains(&Mode::Stream) {
        request["stream"] = json!(true);
    }
    for violation in operation.request(&request) {
        let flaw = format!(
            "the request is none of {}: {}: expected {}, got {}; where that is the point, the outcome is `refused` or `either`",
            scenario.surface, violation.pointer, violation.expected, violation.got
        );
        flaws.push((Member::Request, flaw));
    }
}

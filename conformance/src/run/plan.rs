//! Which scenario is played in which cell, and what is judged there.

use std::collections::BTreeSet;
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Options;
use crate::gateway::{Profile, Route, Streaming};
use crate::requirement::{self, Requirement};
use crate::scenario::{self, Scenario};
use crate::{Cell, Error, Mode, Surface, text};

/// Everything that is going to happen.
pub(crate) struct Plan {
    pub(crate) plays: Vec<Planned>,
}

/// One scenario in one cell.
pub(crate) struct Planned {
    pub(crate) scenario: Arc<Scenario>,
    /// Number of the scenario, for the marker.
    pub(crate) ordinal: usize,
    pub(crate) cell: Cell,
    /// Absent where the profile has no such route.
    pub(crate) route: Option<Route>,
    /// What is judged and told.
    pub(crate) requirements: Vec<&'static Requirement>,
    /// The same, and what is judged besides: what is chosen may follow from what is not.
    pub(super) judged: Vec<&'static Requirement>,
    /// What is not judged, and why.
    pub(crate) skipped: Vec<(&'static Requirement, String)>,
}

/// What [`super::play`] is given.
pub(crate) struct Play {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) ordinal: usize,
    pub(crate) cell: Cell,
    pub(crate) route: Route,
}

impl Plan {
    pub(crate) fn new(profile: &Profile, options: &Options, owns_gateway: bool) -> Result<Self, Error> {
        let select = Select::new(&options.select)?;
        check_providers(profile, options)?;
        let mut plays = Vec::new();
        for (ordinal, scenario) in scenario::all().iter().chain(options.scenarios.iter()).enumerate() {
            if options.quick && !scenario.quick {
                continue;
            }
            let candidates = candidates(scenario);
            for surface in &scenario.surfaces {
                let here = routes(scenario, *surface, profile).into_iter();
                // In short, one route a provider says enough of what is said twice.
                let is_repeated = options.quick && *surface != scenario.surface;
                let here =
                    here.filter(|(_, route)| !(is_repeated && route.is_some_and(|route| route.variant)));
                for (name, route) in here.filter(|(name, route)| options.asks_for(*surface, name, *route)) {
                    for mode in &scenario.modes {
                        let cell = Cell { surface: *surface, provider: name.clone(), mode: *mode };
                        let planned =
                            Planned::new((scenario, ordinal), (cell, route), profile, &select, &candidates);
                        plays.extend(planned.map(|planned| planned.unless_foreign(owns_gateway)));
                    }
                }
            }
        }
        if plays.iter().all(|play| play.requirements.is_empty()) {
            return Err(Error::Nothing(asked(options)));
        }
        Ok(Self { plays })
    }
}

/// A name that is nobody's is told, lest the run be green for having left it out.
fn check_providers(profile: &Profile, options: &Options) -> Result<(), Error> {
    let routes = profile.routes.iter().flat_map(|route| [route.name.as_str(), route.provider.as_str()]);
    let mut known: BTreeSet<&str> = routes.collect();
    for name in mocks::provider::names() {
        known.insert(name);
    }
    let Some(name) = options.providers.iter().find(|name| !known.contains(name.as_str())) else {
        return Ok(());
    };
    let nearest = text::did_you_mean(name, known).unwrap_or_default();
    Err(Error::NoProvider { name: name.clone(), nearest })
}

/// What was asked for, in the words of the command line.
fn asked(options: &Options) -> String {
    let surfaces = options.surfaces.iter().map(|surface| format!("--surface {}", surface.word()));
    let providers = options.providers.iter().map(|name| format!("--provider {name}"));
    options.select.iter().cloned().chain(surfaces).chain(providers).collect::<Vec<_>>().join(", ")
}

/// The routes that a scenario is played on when the client speaks this, by name. One that the profile has not got is missed on the
/// scenario's own surface.
fn routes<'a>(scenario: &Scenario, here: Surface, profile: &'a Profile) -> Vec<(String, Option<&'a Route>)> {
    if !scenario.routes.is_empty() {
        let routes = scenario.routes.iter().map(|name| (name.clone(), profile.route(here, name)));
        return routes.filter(|(_, route)| here == scenario.surface || route.is_some()).collect();
    }
    // A provider that the profile does not have there is not claimed, which the report says once.
    let own = profile.on(here).filter(|route| profile.is_own(route));
    let variants = profile.on(here).filter(|route| route.variant);
    let variants = variants.filter(|_| scenario.variants);
    let played = own.chain(variants).filter(|route| scenario.is_on(here, &route.provider));
    played.map(|route| (route.name.clone(), Some(route))).collect()
}

impl Planned {
    fn new(
        (scenario, ordinal): (&Arc<Scenario>, usize),
        (cell, route): (Cell, Option<&Route>),
        profile: &Profile,
        select: &Select,
        candidates: &[&'static Requirement],
    ) -> Option<Self> {
        let (surface, mode, name) = (cell.surface, cell.mode, cell.provider.clone());
        let provider =
            route.map_or_else(|| name.split('-').next().unwrap_or(&name), |route| route.provider.as_str());
        let mut planned = Self {
            scenario: Arc::clone(scenario),
            ordinal,
            cell,
            route: route.cloned(),
            requirements: vec![],
            judged: vec![],
            skipped: vec![],
        };
        // A stream that the gateway does not claim to finish is not judged as an answer.
        let is_cut = planned.ends_gateway() && profile.lacks(&["graceful-shutdown".to_owned()]).is_some();
        let is_chosen = select.has_play(scenario, &planned.cell);
        for requirement in candidates.iter().copied() {
            if is_cut && !scenario.judges.contains(&requirement.id) {
                continue;
            }
            if !binds(requirement, scenario, surface, provider, mode) {
                continue;
            }
            let is_chosen = is_chosen || select.has(requirement, scenario, &planned.cell);
            match planned.reason_to_skip(requirement, profile) {
                Some(reason) if is_chosen => planned.skipped.push((requirement, reason)),
                Some(_) => {}
                None => {
                    planned.judged.push(requirement);
                    planned.requirements.extend(is_chosen.then_some(requirement));
                }
            }
        }
        (!planned.requirements.is_empty() || !planned.skipped.is_empty()).then_some(planned)
    }

    fn reason_to_skip(&self, requirement: &Requirement, profile: &Profile) -> Option<String> {
        let Some(route) = &self.route else {
            return Some(format!("the profile has no route `{}`", self.cell.provider));
        };
        match route.streaming {
            Streaming::No if self.cell.mode == Mode::Stream => {
                return Some(format!("the route `{}` does not stream", route.name));
            }
            // Of what happens in the middle of the provider's stream.
            Streaming::Made if self.scenario.modes == [Mode::Stream] => {
                return Some(format!("the route `{}` makes its streams of whole replies", route.name));
            }
            _ => (),
        }
        let feature = requirement.feature.as_slice();
        let needed = self.scenario.features.iter().chain(feature);
        if let Some(lacking) = needed.into_iter().find(|feature| route.without.contains(feature)) {
            return Some(format!("the route `{}` has not got the feature `{lacking}`", route.name));
        }
        let lacking = profile.lacks(&self.scenario.features).or_else(|| profile.lacks(feature))?;
        Some(format!("the profile does not declare the feature `{lacking}`"))
    }

    /// A gateway that somebody else started is not ours to end.
    fn unless_foreign(mut self, owns_gateway: bool) -> Self {
        if self.ends_gateway() && !owns_gateway {
            let reason = "the gateway is not the suite's to end";
            self.judged.clear();
            self.skipped
                .extend(self.requirements.drain(..).map(|requirement| (requirement, reason.to_owned())));
        }
        self
    }

    /// Whether nothing can be played afterwards.
    pub(crate) fn ends_gateway(&self) -> bool {
        self.scenario.client.terminate_after.is_some()
    }

    /// Whether it is told what became of a requirement.
    pub(super) fn tells(&self, requirement: &str) -> bool {
        // Mostly all is chosen.
        self.judged.len() == self.requirements.len()
            || self.requirements.iter().any(|chosen| chosen.id == requirement)
    }

    /// `<scenario>@<cell>`.
    pub(crate) fn id(&self) -> String {
        format!("{}@{}", self.scenario.id, self.cell)
    }

    pub(crate) fn play(&self, route: &Route) -> Play {
        Play {
            scenario: Arc::clone(&self.scenario),
            ordinal: self.ordinal,
            cell: self.cell.clone(),
            route: route.clone(),
        }
    }
}

/// The requirements that have something to say about a scenario in some cell.
fn candidates(scenario: &Scenario) -> Vec<&'static Requirement> {
    requirement::all().iter().filter(|requirement| concerns(requirement, scenario)).collect()
}

fn concerns(requirement: &Requirement, scenario: &Scenario) -> bool {
    requirement.every.contains(&scenario.outcome)
        || scenario.judges.contains(&requirement.id)
        || scenario.states(&requirement.id)
}

/// Whether a requirement has something to say about a scenario in a cell.
pub(crate) fn binds(
    requirement: &Requirement,
    scenario: &Scenario,
    surface: Surface,
    provider: &str,
    mode: Mode,
) -> bool {
    if !requirement.is_on(surface) {
        return false;
    }
    requirement.is_for(provider)
        && requirement.mode.is_none_or(|bound| bound == mode)
        && concerns(requirement, scenario)
}

/// The word of `--select` for the user's own scenarios.
const OWN: &str = "own";

/// The globs of `--select`.
struct Select(Option<GlobSet>);

impl Select {
    fn new(globs: &[String]) -> Result<Self, Error> {
        if globs.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let failed =
                |error: globset::Error| Error::Glob { glob: glob.clone(), reason: error.to_string() };
            set.add(GlobBuilder::new(glob).build().map_err(failed)?);
        }
        let failed =
            |error: globset::Error| Error::Glob { glob: globs.join(", "), reason: error.to_string() };
        Ok(Self(Some(set.build().map_err(failed)?)))
    }

    /// Whether all that is judged in a play is chosen.
    fn has_play(&self, scenario: &Scenario, cell: &Cell) -> bool {
        let Some(set) = &self.0 else { return true };
        let cell = cell.to_string();
        [&scenario.id, &scenario.group, &cell].into_iter().any(|name| set.is_match(name))
            || (scenario.file.is_some() && set.is_match(OWN))
            || set.is_match(format!("{}@{cell}", scenario.id))
    }

    /// Whether one requirement is, in a play that is not.
    fn has(&self, requirement: &Requirement, scenario: &Scenario, cell: &Cell) -> bool {
        let Some(set) = &self.0 else { return true };
        [&requirement.id, &requirement.group].into_iter().any(|name| set.is_match(name))
            || set.is_match(format!("{}@{}@{cell}", requirement.id, scenario.id))
    }
}

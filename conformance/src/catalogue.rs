//! What the suite asks, for people: the list of everything, and one thing explained.

use std::fmt::Write as _;

use serde_json::json;

use crate::gateway::{Profile, Route};
use crate::requirement::{self, Requirement};
use crate::run::{binds, suite_with};
use crate::scenario::{self, Outcome, Own, Scenario};
use crate::traceability::{self, Trace};
use crate::{Error, Mode, Surface, mutant};

/// One line for each requirement and scenario whose id contains the words, in the order of the files; the user's own
/// scenarios come last.
pub fn list(words: &[String], own: &Own) -> String {
    let wanted = |id: &str, group: &str| is_wanted(words, id, group);
    let mut text = String::new();
    let requirements: Vec<_> =
        requirement::all().iter().filter(|requirement| wanted(&requirement.id, &requirement.group)).collect();
    let scenarios: Vec<_> = scenario::all()
        .iter()
        .chain(own.iter())
        .filter(|scenario| wanted(&scenario.id, &scenario.group))
        .collect();
    line(&mut text, format_args!("{} requirements", requirements.len()));
    for requirement in requirements {
        line(
            &mut text,
            format_args!("  {:<8} {:<44} {}", requirement.level.name(), requirement.id, requirement.sentence),
        );
    }
    line(&mut text, format_args!("\n{} scenarios", scenarios.len()));
    for scenario in scenarios {
        line(&mut text, format_args!("  {:<53} {}", scenario.id, scenario.title));
    }
    text
}

/// The same as data: for each requirement its sentence, its source, its scenarios and the mutants that it must catch.
pub fn list_json(words: &[String], own: &Own) -> serde_json::Value {
    let requirements = requirement::all().iter().zip(traceability::traceability());
    let requirements = requirements.filter(|(one, _)| is_wanted(words, &one.id, &one.group));
    let entry = |(one, trace): (&Requirement, Trace)| {
        json!({
            "id": one.id, "level": one.level, "group": one.group, "sentence": one.sentence, "source": one.source,
            "date": one.date, "scenarios": trace.scenarios, "mutants": trace.mutants,
        })
    };
    let requirements: Vec<_> = requirements.map(entry).collect();
    let scenarios =
        scenario::all().iter().chain(own.iter()).filter(|one| is_wanted(words, &one.id, &one.group));
    let scenarios: Vec<_> =
        scenarios.map(|one| json!({ "id": one.id, "group": one.group, "title": one.title })).collect();
    json!({ "suite": suite_with(own), "requirements": requirements, "scenarios": scenarios })
}

/// One line for each bundled profile: its version, the providers that it claims on each surface, and whether it was run by
/// those who wrote it.
///
/// # Errors
/// Those of [`Profile::load`].
pub fn gateways() -> Result<String, Error> {
    let mut text = String::new();
    for name in Profile::bundled() {
        let profile = Profile::load(name)?;
        let implementation = &profile.implementation;
        line(&mut text, format_args!("{name:<18} {} {}", implementation.project, implementation.version));
        for surface in Surface::ALL {
            let routes: Vec<_> = profile.on(surface).map(|route| route.name.as_str()).collect();
            if !routes.is_empty() {
                line(&mut text, format_args!("  {:<18} {}", surface.word(), routes.join(", ")));
            }
        }
        if let Some(reason) = &implementation.unverified {
            line(&mut text, format_args!("  {:<18} {reason}", "not run here"));
        }
    }
    Ok(text)
}

/// The same as data.
///
/// # Errors
/// Those of [`Profile::load`].
pub fn gateways_json() -> Result<serde_json::Value, Error> {
    let entry = |name| {
        let profile = Profile::load(name)?;
        let route = |route: &Route| {
            json!({
                "name": route.name, "surface": route.surface, "provider": route.provider, "model": route.upstream_model,
                "variant": route.variant, "streaming": route.streaming,
            })
        };
        let routes: Vec<_> = profile.routes.iter().map(route).collect();
        let implementation = &profile.implementation;
        Ok(
            json!({ "name": name, "implementation": implementation, "features": profile.features, "routes": routes }),
        )
    };
    Profile::bundled().map(entry).collect::<Result<Vec<_>, Error>>().map(serde_json::Value::from)
}

/// Whether all words are in the id, or one of them is the group.
fn is_wanted(words: &[String], id: &str, group: &str) -> bool {
    words.iter().all(|word| id.contains(word.as_str()) || group == word)
}

/// Everything about one requirement or one scenario, the user's own among them.
///
/// # Errors
/// [`Error::Unknown`], with the nearest id.
pub fn explain(id: &str, own: &Own) -> Result<String, Error> {
    if let Some(requirement) = requirement::find(id) {
        return Ok(explain_requirement(requirement, own));
    }
    if let Some(scenario) = scenario::find(id).or_else(|| own.find(id)) {
        return Ok(explain_scenario(scenario));
    }
    let known = requirement::all()
        .iter()
        .map(|known| &known.id)
        .chain(scenario::all().iter().chain(own.iter()).map(|known| &known.id));
    let nearest =
        known.max_by_key(|known| alike(known, id)).map(|known| format!("; did you mean `{known}`?"));
    Err(Error::Unknown { id: id.to_owned(), nearest: nearest.unwrap_or_default() })
}

fn explain_requirement(requirement: &Requirement, own: &Own) -> String {
    let mut text = String::new();
    line(
        &mut text,
        format_args!("{} ({}, group {})", requirement.id, requirement.level.name(), requirement.group),
    );
    line(&mut text, format_args!("\n  {}", requirement.sentence));
    line(&mut text, format_args!("\n  source    {} (read {})", requirement.source, requirement.date));
    let surfaces: Vec<_> = requirement.surfaces.iter().map(|surface| surface.name()).collect();
    if !surfaces.is_empty() {
        line(&mut text, format_args!("  spoken    {}", surfaces.join(", ")));
    }
    if !requirement.providers.is_empty() {
        line(&mut text, format_args!("  providers {}", requirement.providers.join(", ")));
    }
    if let Some(mode) = requirement.mode {
        line(&mut text, format_args!("  mode      {}", mode.name()));
    }
    if let Some(feature) = &requirement.feature {
        line(&mut text, format_args!("  feature   {feature}"));
    }
    line(&mut text, format_args!("\n  judged on"));
    for scenario in
        scenario::all().iter().chain(own.iter()).filter(|scenario| is_judged(requirement, scenario))
    {
        line(&mut text, format_args!("    {:<44} {}", scenario.id, scenario.title));
    }
    line(&mut text, format_args!("\n  catches"));
    for mutant in mutant::all().filter(|mutant| mutant.requirement == requirement.id) {
        line(&mut text, format_args!("    {:<44} {}", mutant.id, mutant.breaks));
    }
    text
}

fn explain_scenario(scenario: &Scenario) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("{} (group {})", scenario.id, scenario.group));
    line(&mut text, format_args!("\n  {}", scenario.title));
    if let Some(file) = &scenario.file {
        line(&mut text, format_args!("\n  written   in {}", file.display()));
    }
    let modes: Vec<_> = scenario.modes.iter().map(|mode| mode.name()).collect();
    let places = match scenario.routes.as_slice() {
        [] => scenario.known_providers().collect::<Vec<_>>(),
        routes => routes.iter().map(String::as_str).collect(),
    };
    line(&mut text, format_args!("\n  played    {}; {}", places.join(", "), modes.join(" and ")));
    let surfaces: Vec<_> = scenario.surfaces.iter().map(|surface| surface.name()).collect();
    let elsewhere = match scenario.elsewhere.as_slice() {
        [] => String::new(),
        few => format!("; beyond {} to {}", scenario.surface, few.join(", ")),
    };
    line(&mut text, format_args!("  spoken    {}{elsewhere}", surfaces.join(", ")));
    line(&mut text, format_args!("  must end  {}", ending(scenario.outcome)));
    if !scenario.request.is_null() {
        line(&mut text, format_args!("\n  client asks\n{}", indented(&scenario.request)));
    }
    if let Some(replies) =
        serde_json::to_value(&scenario.replies).ok().filter(|_| !scenario.replies.is_empty())
    {
        line(&mut text, format_args!("\n  provider answers\n{}", indented(&replies)));
    }
    line(&mut text, format_args!("\n  judged by"));
    for requirement in requirement::all().iter().filter(|requirement| is_judged(requirement, scenario)) {
        line(&mut text, format_args!("    {:<8} {}", requirement.level.name(), requirement.id));
    }
    text
}

/// In at least one of the scenario's cells.
pub(crate) fn is_judged(requirement: &Requirement, scenario: &Scenario) -> bool {
    if scenario.routes.is_empty() {
        let mut places = scenario.known_places();
        return places.any(|(surface, provider, mode)| binds(requirement, scenario, surface, provider, mode));
    }
    let mut providers = scenario.routes.iter().map(|route| route.split('-').next().unwrap_or(route));
    let binds = |provider: &str, mode: Mode| binds(requirement, scenario, scenario.surface, provider, mode);
    providers.any(|provider| scenario.modes.iter().any(|mode| binds(provider, *mode)))
}

fn ending(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Reply => "with the provider's answer",
        Outcome::Error => "with the provider's error",
        Outcome::Broken => "with an error, for the provider's answer breaks",
        Outcome::Unreachable => "with an error, for nobody listens",
        Outcome::Refused => "refused by the gateway itself",
        Outcome::Either => "answered or refused",
        Outcome::Left => "by the client, which goes away",
        Outcome::Other => "with what it asks for, which is no answer",
    }
}

fn indented(json: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(json).unwrap_or_default();
    crate::text::short(&text, 4000).lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// How many of the id's words another one has.
fn alike(known: &str, id: &str) -> usize {
    let words = |text: &str| text.split(['.', '-', '@']).map(str::to_owned).collect::<Vec<_>>();
    let known = words(known);
    words(id).iter().filter(|word| known.contains(word)).count()
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

//! What a profile claims, held against what the suite knows: mistakes that would make it judge less than its author thinks.

use std::collections::HashSet;

use globset::Glob;

use super::{Profile, Route, Start};
use crate::requirement;
use crate::scenario;
use crate::{Surface, dialect, text};

/// Every mistake, in one sentence each.
pub(super) fn mistakes(profile: &Profile) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut wrong = |mistake: String| mistakes.push(mistake);
    if profile.api_version != "touchstone/v1" {
        wrong(format!("apiVersion is touchstone/v1, not `{}`", profile.api_version));
    }
    if profile.kind != "GatewayProfile" {
        wrong(format!("kind is GatewayProfile, not `{}`", profile.kind));
    }
    profile.start.iter().flat_map(Start::mistakes).for_each(&mut wrong);
    for host in profile.tls.hosts.iter().filter(|host| mocks::hosts::provider(host).is_none()) {
        wrong(format!("tls.hosts: no provider has the host `{host}`"));
    }
    let features = features();
    // A word that is like no other may be one of the user's own scenarios.
    let unknown = |names: &[String]| {
        let odd = names.iter().filter(|name| !features.contains(&name.as_str()));
        let meant = odd.filter_map(|name| Some((name, text::nearest(name, features.iter().copied())?)));
        meant.map(|(name, near)| format!("no feature `{name}`; did you mean `{near}`?")).collect::<Vec<_>>()
    };
    unknown(&profile.features).into_iter().for_each(&mut wrong);
    let mut seen = HashSet::new();
    for route in &profile.routes {
        let place = |mistake: String| format!("route `{}`: {mistake}", route.name);
        if !seen.insert((route.surface, route.name.as_str())) {
            wrong(place(format!("there are two of this name on {}", route.surface)));
        }
        provider(route).map(place).into_iter().for_each(&mut wrong);
        if !route.path.starts_with('/') {
            wrong(place(format!("the path `{}` does not begin with a slash", route.path)));
        }
        unknown(&route.without).into_iter().map(place).for_each(&mut wrong);
    }
    for expectation in &profile.expected {
        if let Err(error) = Glob::new(&expectation.id) {
            wrong(format!("expected: {error}"));
        }
        if expectation.reason.trim().is_empty() {
            wrong(format!("expected `{}`: without a reason it is not known but hidden", expectation.id));
        }
    }
    mistakes
}

/// The suite must know the provider, and play it on that surface.
fn provider(route: &Route) -> Option<String> {
    let Some(dialect) = dialect::of(&route.provider) else {
        let known: Vec<&str> = mocks::provider::names().collect();
        return Some(format!("no provider `{}`{}", route.provider, nearest(&route.provider, &known)));
    };
    let missing = || {
        let surfaces = Surface::ALL.into_iter().filter(|surface| dialect.api(*surface).is_some());
        let surfaces: Vec<_> = surfaces.map(|surface| surface.to_string()).collect();
        format!("the suite plays {} on {}, not on {}", route.provider, surfaces.join(", "), route.surface)
    };
    dialect.api(route.surface).is_none().then(missing)
}

/// The words that requirements and scenarios ask for.
fn features() -> Vec<&'static str> {
    let scenarios = scenario::all().iter().flat_map(|scenario| &scenario.features);
    let requirements = requirement::all().iter().filter_map(|requirement| requirement.feature.as_ref());
    let mut features: Vec<_> = scenarios.chain(requirements).map(String::as_str).collect();
    features.sort_unstable();
    features.dedup();
    features
}

/// `; did you mean …?` for what is near, else all that there is.
fn nearest(name: &str, known: &[&str]) -> String {
    text::did_you_mean(name, known.iter().copied())
        .unwrap_or_else(|| format!(": there are {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "
apiVersion: touchstone/v1
kind: GatewayProfile
implementation: { project: mine }
features: [tools]
routes:
  - { name: openai, provider: openai, path: /v1/chat/completions, upstreamModel: m }
";

    fn told(profile: &str) -> String {
        Profile::parse("mine", profile).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn the_bundled_profiles_are_sound() {
        for name in Profile::bundled() {
            assert!(Profile::load(name).is_ok(), "{name}: {:?}", Profile::load(name).err());
        }
    }

    #[test]
    fn a_sound_profile_has_no_mistakes() {
        assert_eq!(told(SOUND), "");
    }

    #[test]
    fn what_the_suite_does_not_know_is_told_with_what_it_knows() {
        for (from, to, mistake) in [
            ("provider: openai", "provider: opnai", "did you mean `openai`?"),
            ("provider: openai", "provider: nobody", "there are openai, "),
            ("features: [tools]", "features: [tool]", "no feature `tool`; did you mean `tools`?"),
            ("path: /v1", "path: v1", "does not begin with a slash"),
            (
                "upstreamModel: m",
                "upstreamModel: m, without: [image]",
                "no feature `image`; did you mean `images`?",
            ),
            (
                "upstreamModel: m",
                "upstreamModel: m, surface: openai.embeddings, provider: openai",
                "duplicate",
            ),
            ("touchstone/v1", "touchstone/v9", "apiVersion is touchstone/v1"),
            ("kind: GatewayProfile", "kind: Gateway", "kind is GatewayProfile"),
        ] {
            let told = told(&SOUND.replace(from, to));
            assert!(told.contains(mistake), "{to}: {told}");
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let two = format!(
            "{SOUND}  - {{ name: openai, provider: openai, path: /a, upstreamModel: m }}\n  - {{ name: claude, provider: anthropic, \
             surface: openai.embeddings, path: /b, upstreamModel: m }}\nexpected:\n  - {{ id: 'a[', reason: '' }}\n"
        );
        let told = told(&two);
        for mistake in [
            "two of this name on openai.chat",
            "plays anthropic on openai.chat",
            "expected: ",
            "not known but hidden",
        ] {
            assert!(told.contains(mistake), "{mistake}: {told}");
        }
    }
}

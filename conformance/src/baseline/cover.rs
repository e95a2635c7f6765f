//! Few globs for many failures of one requirement: each covers failures and nothing that holds.

use std::collections::BTreeSet;

use super::{covers, matcher};
use crate::report::model::Check;

/// Globs that cover all of `failed` and none of `passed`, checks of one requirement; the widest first.
pub(super) fn cover(failed: &[&Check], passed: &[&Check]) -> Vec<String> {
    let mut left: Vec<&Check> = failed.to_vec();
    let mut globs = Vec::new();
    while let Some(first) = left.first().copied() {
        let widest = candidates(&left).into_iter().filter_map(|glob| {
            let matcher = matcher(&glob).ok()?;
            let holds = passed.iter().any(|check| covers(&matcher, check));
            let met = left.iter().filter(|check| covers(&matcher, check)).count();
            (!holds && met > 0).then_some((met, glob, matcher))
        });
        // Of equals the first: they come from wide to narrow.
        let best = widest.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let Some((_, glob, matcher)) = best else {
            // Only where the check's own key is no glob of itself.
            globs.push(globset::escape(&first.key()));
            left.remove(0);
            continue;
        };
        left.retain(|check| !covers(&matcher, check));
        globs.push(glob);
    }
    globs
}

/// What may cover some of these, from wide to narrow.
fn candidates(failed: &[&Check]) -> Vec<String> {
    let Some(first) = failed.first() else { return Vec::new() };
    let id = globset::escape(&first.id);
    let every = |of: fn(&Check) -> Option<String>| -> BTreeSet<String> {
        failed.iter().filter_map(|check| of(check)).collect()
    };
    let modes = every(|check| cell(check).map(|(surface, _, mode)| format!("{surface}/*/{mode}")));
    let providers =
        every(|check| cell(check).map(|(surface, provider, _)| format!("{surface}/{provider}/*")));
    let cells = every(|check| Some(check.cell.clone()));
    let scenarios = every(|check| Some(check.scenario.clone()));
    let mut globs = vec![format!("{id}@*")];
    globs.extend(modes.iter().chain(&providers).chain(&cells).map(|cell| format!("{id}@*@{cell}")));
    for scenario in &scenarios {
        globs.push(format!("{id}@{scenario}@*"));
        let ends = modes.iter().chain(&providers).chain(&cells);
        globs.extend(ends.map(|cell| format!("{id}@{scenario}@{cell}")));
    }
    globs
}

/// Surface, provider and mode.
fn cell(check: &Check) -> Option<(&str, &str, &str)> {
    let (surface, rest) = check.cell.split_once('/')?;
    let (provider, mode) = rest.rsplit_once('/')?;
    Some((surface, provider, mode))
}

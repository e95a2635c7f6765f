//! What to say about a value that fits no branch of a union: what is wrong by the branch that it means to be.
//!
//! A branch is *ruled out* when the value is of another JSON type than it, or when a member that names the branch
//! (`type: "image_url"`, `role: "user"`: a `const` or one-valued `enum`, or what is one in another branch) has another
//! value. Of the branches left, the one that declares most of the value's members is meant; of those, the one that finds
//! least wrong. Where several are as good and each lacks one member only, the answer is those members. Where every branch
//! is ruled out, the one that has most of its names right is meant; if there is no such one, the answer is the list of
//! what the branches would have taken.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use crate::document::members;
use crate::explain::{Judged, alternatives, one_of};
use crate::violation::{Violation, names, show};

/// Appends what is wrong by the branch that is meant. `context` has one list of errors a branch.
pub(crate) fn explain(
    judged: &Judged<'_>,
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    found: &mut Vec<Violation>,
) {
    let here = error.instance_path().as_str();
    let union = judged.document(error);
    let value = judged.value(here);

    let tags = tags(here, context);
    let open = context
        .iter()
        .enumerate()
        .filter(|(_, errors)| !errors.iter().any(|error| rules_out(here, &tags, error)));
    let ranked = open.map(|(branch, errors)| {
        let declared = declared(judged, &format!("{union}/{branch}"), value);
        ((Reverse(declared), errors.len()), errors)
    });
    let ranked: Vec<_> = ranked.collect();
    let Some((rank, meant)) = ranked.iter().min_by_key(|(rank, _)| *rank) else {
        match named(judged, &union, context.len(), value, &tags) {
            Some(branch) => context[branch].iter().for_each(|error| judged.explain(error, found)),
            None => found.push(none_left(judged, error, context, &tags)),
        }
        return;
    };
    let tied: Vec<_> = ranked.iter().filter(|(other, _)| other == rank).collect();
    let lacking: BTreeSet<_> = tied.iter().filter_map(|(_, errors)| lacks(here, errors)).collect();
    if tied.len() > 1 && !lacking.is_empty() && tied.iter().all(|(_, errors)| lacks(here, errors).is_some()) {
        let expected = match lacking.len() {
            1 => format!("member {}", names(lacking.into_iter())),
            _ => format!("one of the members {}", names(lacking.into_iter())),
        };
        found.push(judged.violation(error, expected, show(value)));
        return;
    }
    for error in *meant {
        judged.explain(error, found);
    }
}

/// The members that name branches: those that have one value only in some branch that the value is not of.
fn tags<'a>(here: &str, context: &'a [Vec<ValidationError<'static>>]) -> BTreeSet<&'a str> {
    let single = |error: &&ValidationError<'_>| match error.kind() {
        Kind::Constant { .. } => true,
        Kind::Enum { options } => options.as_array().is_some_and(|options| options.len() == 1),
        _ => false,
    };
    let errors = context.iter().flatten().filter(single);
    errors.filter_map(|error| member(here, error.instance_path().as_str())).collect()
}

/// Whether an error says that the value was never meant for the branch.
fn rules_out(here: &str, tags: &BTreeSet<&str>, error: &ValidationError<'_>) -> bool {
    let at = error.instance_path().as_str();
    match error.kind() {
        Kind::Type { .. } => at == here,
        Kind::Constant { .. } => at == here || member(here, at).is_some(),
        Kind::Enum { .. } => at == here || member(here, at).is_some_and(|name| tags.contains(name)),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            at == here && context.iter().all(|errors| errors.iter().any(|error| rules_out(here, tags, error)))
        }
        _ => false,
    }
}

/// The one member that a branch lacks, if that is all that is wrong.
fn lacks<'a>(here: &str, errors: &'a [ValidationError<'static>]) -> Option<&'a str> {
    match errors {
        [error] if error.instance_path().as_str() == here => match error.kind() {
            Kind::Required { property } => property.as_str(),
            _ => None,
        },
        _ => None,
    }
}

/// The segment by which `at` lies right below `here`.
fn member<'a>(here: &str, at: &'a str) -> Option<&'a str> {
    at.strip_prefix(here)?.strip_prefix('/').filter(|rest| !rest.contains('/'))
}

/// The one branch that has more of its names right than any other.
fn named(
    judged: &Judged<'_>,
    union: &str,
    branches: usize,
    value: &Value,
    tags: &BTreeSet<&str>,
) -> Option<usize> {
    let right = |branch: &usize| {
        let pointer = format!("{union}/{branch}");
        tags.iter()
            .filter(|tag| value.get(tag).is_some_and(|name| takes(judged, &pointer, tag, name)))
            .count()
    };
    let best = (0..branches).map(|branch| right(&branch)).max().filter(|best| *best > 0)?;
    let mut all = (0..branches).filter(|branch| right(branch) == best);
    all.next().filter(|_| all.next().is_none())
}

/// Whether a branch names itself so: by a `const`, or by one of an `enum`.
fn takes(judged: &Judged<'_>, schema: &str, tag: &str, name: &Value) -> bool {
    let rule = judged.rule(schema);
    if let Some(pointer) = rule["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        return takes(judged, pointer, tag, name);
    }
    let of = &rule["properties"][tag];
    of.get("const") == Some(name) || of["enum"].as_array().is_some_and(|names| names.contains(name))
}

/// Every branch is ruled out: by a member that names it, if there are such, else by its type.
fn none_left(
    judged: &Judged<'_>,
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    tags: &BTreeSet<&str>,
) -> Violation {
    let here = error.instance_path().as_str();
    let mut taken = Vec::new();
    let mut names = Vec::new();
    let mut tag = None;
    for error in flatten(here, context, tags) {
        match member(here, error.instance_path().as_str()) {
            Some(name) if tag.is_none() || tag == Some(name) => {
                tag = Some(name);
                names.extend(alternatives(error.kind()));
            }
            Some(_) => {}
            None => taken.extend(alternatives(error.kind())),
        }
    }
    let Some(tag) = tag else {
        return judged.violation(error, one_of(unique(taken)), show(judged.value(here)));
    };
    let pointer = format!("{here}/{tag}");
    let got = show(judged.value(&pointer));
    Violation { pointer, ..judged.violation(error, one_of(unique(names)), got) }
}

/// The errors that rule branches out, unions within unions included.
fn flatten<'a>(
    here: &str,
    context: &'a [Vec<ValidationError<'static>>],
    tags: &BTreeSet<&str>,
) -> Vec<&'a ValidationError<'static>> {
    let mut flat = Vec::new();
    for errors in context {
        for error in errors.iter().filter(|error| rules_out(here, tags, error)) {
            match error.kind() {
                Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                    flat.extend(flatten(here, context, tags));
                }
                _ => flat.push(error),
            }
        }
    }
    flat
}

fn unique(words: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    words.into_iter().filter(|word| seen.insert(word.clone())).collect()
}

/// How many of a value's members a branch declares.
fn declared(judged: &Judged<'_>, branch: &str, value: &Value) -> usize {
    members(value).filter(|(name, _)| declares(judged, branch, name)).count()
}

fn declares(judged: &Judged<'_>, schema: &str, name: &str) -> bool {
    let rule = judged.rule(schema);
    if let Some(pointer) = rule["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        return declares(judged, pointer, name);
    }
    let parts = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| {
        let count = rule[keyword].as_array().map_or(0, Vec::len);
        (0..count).map(move |part| format!("{schema}/{keyword}/{part}"))
    });
    rule["properties"].get(name).is_some() || parts.into_iter().any(|part| declares(judged, &part, name))
}

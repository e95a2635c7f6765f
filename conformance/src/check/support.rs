//! What checks are written with.

use std::fmt::Display;

use serde_json::Value;

use super::Judged;
use crate::Surface;
use crate::case::{Asked, Case, Seen};
use crate::dialect;
use crate::fold::{Answer, Fold};
use crate::meaning::{self, Difference, Facet};
use crate::report::model::End;
use crate::scenario::Outcome;
use crate::text::{self, json, short};

/// What a check says that does not say that all is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The requirement does not hold; at least one finding.
    Broken(Vec<Finding>),
    /// What had to happen first did not happen.
    Untestable(String),
    /// The requirement has nothing to say about this case.
    NotHere,
}

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which side of the gateway.
    pub side: Side,
    /// JSON pointer, or the name of what it is about.
    pub pointer: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

/// A side of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Between client and gateway.
    Client,
    /// Between gateway and provider.
    Upstream,
}

impl Finding {
    /// Side and pointer.
    pub fn place(&self) -> String {
        let side = match self.side {
            Side::Client => "client",
            Side::Upstream => "upstream",
        };
        format!("{side} {}", self.pointer)
    }
}

/// The longest that a finding quotes.
const QUOTE: usize = 600;

pub(super) fn finding(side: Side, pointer: &str, expected: impl Display, actual: impl Display) -> Finding {
    Finding {
        side,
        pointer: pointer.to_owned(),
        expected: short(&expected.to_string(), QUOTE),
        actual: short(&actual.to_string(), QUOTE),
    }
}

/// Broken, on the client's side.
pub(super) fn client<T>(pointer: &str, expected: impl Display, actual: impl Display) -> Result<T, Verdict> {
    Err(Verdict::Broken(vec![finding(Side::Client, pointer, expected, actual)]))
}

/// Broken, on the provider's side.
pub(super) fn upstream<T>(pointer: &str, expected: impl Display, actual: impl Display) -> Result<T, Verdict> {
    Err(Verdict::Broken(vec![finding(Side::Upstream, pointer, expected, actual)]))
}

/// Holds, unless there are findings.
pub(super) fn unless(findings: Vec<Finding>) -> Judged {
    if findings.is_empty() { Ok(()) } else { Err(Verdict::Broken(findings)) }
}

/// The client's side must have this value here.
pub(super) fn equal(pointer: &str, expected: &str, actual: &str) -> Judged {
    if expected == actual {
        Ok(())
    } else {
        client(pointer, quoted(expected, actual), quoted(actual, expected))
    }
}

/// A text quoted, from shortly before the place where it leaves the other one.
fn quoted(text: &str, other: &str) -> String {
    if text.len() <= QUOTE / 2 {
        return json(text);
    }
    let same = text.bytes().zip(other.bytes()).take_while(|(left, right)| left == right).count();
    let mut from = same.saturating_sub(40);
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    format!("({} bytes) … {}", text.len(), json(&short(&text[from..], QUOTE / 2)))
}

/// The last request that the provider received.
pub(super) fn asked(case: &Case) -> Result<&Asked, Verdict> {
    case.asked.last().ok_or_else(|| Verdict::Untestable("the gateway never called the provider".to_owned()))
}

/// What the client has in hand.
pub(super) fn answer(case: &Case) -> Result<&Answer, Verdict> {
    case.answer().ok_or_else(|| Verdict::Untestable(format!("the client got no reply: {}", got(case))))
}

/// The stream that the client got.
pub(super) fn fold(case: &Case) -> Result<&Fold, Verdict> {
    match &case.seen {
        Seen::Stream(fold) => Ok(fold),
        _ => Err(Verdict::Untestable(format!("the client got no stream: {}", got(case)))),
    }
}

/// The client got no reply at all: the gateway refused, which a scenario may leave open.
pub(super) fn unless_refused(case: &Case) -> Judged {
    if is_refused(case)? { Err(Verdict::NotHere) } else { Ok(()) }
}

/// The client's request was refused, and the provider not called; servers that check their input by a schema say 422, and to a model
/// that nobody has 404: <https://platform.openai.com/docs/guides/error-codes>. Where a scenario leaves it open, the gateway may also hand
/// on what the provider then refuses: the client's request, and no mistake of the gateway's own, which is broken.
pub(super) fn is_refused(case: &Case) -> Result<bool, Verdict> {
    let names_model = case.scenario.request["model"].is_string();
    let is_told = match case.transcript.status {
        Some(400 | 422) => true,
        Some(404) => names_model,
        _ => false,
    };
    match case.asked.last() {
        None => Ok(is_told),
        Some(asked) if case.scenario.outcome == Outcome::Either && (400..500).contains(&asked.status) => {
            unless(own_mistakes(case, asked))?;
            Ok(is_told)
        }
        Some(_) => Ok(false),
    }
}

/// Untestable where the provider refused what the gateway made wrong, before it came to what the scenario has it say: that mistake is
/// told where requests are judged, and nothing follows from it for how errors and breaks are handed on.
pub(super) fn played(case: &Case) -> Judged {
    let Some(asked) = case.asked.last().filter(|asked| (400..500).contains(&asked.status)) else {
        return Ok(());
    };
    match own_mistakes(case, asked).first() {
        None => Ok(()),
        Some(Finding { pointer, expected, actual, .. }) => {
            let mistake = format!("{pointer}: expected {expected}, got {actual}");
            Err(Verdict::Untestable(format!(
                "the provider refused the gateway's own request instead ({mistake})"
            )))
        }
    }
}

/// Why a provider refused a request, as far as the client did not say it so: a path, a key, or a member that the gateway made.
fn own_mistakes(case: &Case, asked: &Asked) -> Vec<Finding> {
    let mut found = Vec::new();
    if asked.operation.is_empty() {
        let place = format!("{} {}", asked.method, asked.path);
        found.push(finding(Side::Upstream, "path", format!("an operation of {}", case.provider()), place));
    }
    found.extend(asked.refused.iter().map(|why| finding(Side::Upstream, "credentials", "accepted", why)));
    let own = asked.violations.iter().filter(|violation| !is_passed_on(case, asked, &violation.pointer));
    found.extend(own.map(|found| finding(Side::Upstream, &found.pointer, &found.expected, &found.got)));
    found
}

/// Whether what stands there is what the client said in the same place; of the whole, all but the model, which is the gateway's to choose.
fn is_passed_on(case: &Case, asked: &Asked, pointer: &str) -> bool {
    let there = |json: &Value| {
        let mut there = json.pointer(pointer)?.clone();
        if let Some(whole) = there.as_object_mut().filter(|_| pointer.is_empty()) {
            whole.remove("model");
        }
        Some(there)
    };
    there(&asked.json).is_some_and(|told| there(&case.sent.json) == Some(told))
}

/// What the client got, in a few words.
pub(super) fn got(case: &Case) -> String {
    let transcript = &case.transcript;
    let end = match transcript.end {
        End::Complete => "",
        End::Truncated => ", cut off",
        End::Reset => ", reset",
        End::TimedOut => ", never ended",
        End::Left => ", left by the client",
        End::Refused => ", no HTTP",
    };
    let body = transcript.body();
    let body = text::line(&short(&String::from_utf8_lossy(&body), 240));
    match transcript.status {
        Some(status) if body.is_empty() => format!("status {status}{end}: no body"),
        Some(status) => format!("status {status}{end}: {body}"),
        None => format!("no reply{end}: {}", transcript.reason),
    }
}

/// `400 or 422`.
pub(super) fn either(statuses: &[u16]) -> String {
    statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// Where what the provider was told differs from what the client meant.
pub(super) fn differences(case: &Case) -> Result<Vec<Difference>, Verdict> {
    asked(case)?;
    let (Some(meant), Some(told)) = (&case.meant, &case.told) else {
        return Err(Verdict::Untestable("the request upstream cannot be read".to_owned()));
    };
    let (mut meant, mut told) = (meant.clone(), told.clone());
    if let Some(dialect) = dialect::of(case.provider()) {
        if !dialect.mixes {
            meant = meant.beside();
        }
        if !dialect.keeps_ids {
            (meant, told) = (meant.numbered(), told.numbered());
        }
        if !dialect.names_calls && told.has_nameless_calls() {
            (meant, told) = (meant.in_order(), told.in_order());
        }
        if !dialect.closes {
            (meant, told) = (meant.open(), told.open());
        }
    }
    if case.surface() == Surface::Responses {
        (meant, told) = (meant.unproven(), told.unproven());
    }
    let mut found = meaning::compare(&meant, &told);
    // What is said and what is asked have one name on each surface.
    let subject = case.surface().subject();
    for difference in found.iter_mut().filter(|one| SUBJECTS.contains(&one.member.as_str())) {
        difference.pointer = difference.pointer.replacen(&difference.member, subject, 1);
        subject.clone_into(&mut difference.member);
    }
    Ok(found)
}

/// Members that ask, by whichever name.
const SUBJECTS: [&str; 2] = ["messages", "input"];

/// This facet of the client's request must have reached the provider, where its dialect has words for it.
pub(super) fn carried(case: &Case, facet: Facet) -> Judged {
    if case.api().is_some_and(|api| api.lacks(facet)) {
        return carried_or_named(case, facet);
    }
    if is_refused(case)? {
        return client("status", "an answer, for the provider knows the member", got(case));
    }
    let found = differences(case)?;
    unless(found.into_iter().filter(|difference| difference.facet == facet).map(as_finding).collect())
}

/// The same, where the gateway may instead refuse, or name the member among those that it dropped.
pub(super) fn carried_or_named(case: &Case, facet: Facet) -> Judged {
    unless_refused(case)?;
    let found = differences(case)?;
    let lost = found.into_iter().filter(|difference| difference.facet == facet);
    unless(
        lost.filter(|difference| !(difference.absent && is_named(case, &difference.member)))
            .map(as_finding)
            .collect(),
    )
}

pub(super) fn as_finding(difference: Difference) -> Finding {
    finding(Side::Upstream, &difference.pointer, difference.expected, difference.actual)
}

/// Whether the gateway says that it dropped this member.
pub(super) fn is_named(case: &Case, member: &str) -> bool {
    let Some(header) = &case.policies.dropped_header else { return false };
    let names = case.transcript.header(&header.to_lowercase()).unwrap_or_default();
    let is_it = |word: &str| word == member || case.surface().names(member).contains(&word);
    names.split(',').any(|name| {
        let name = name.trim().trim_start_matches('/');
        is_it(name) || name.split(['.', '/', '[']).any(is_it)
    })
}

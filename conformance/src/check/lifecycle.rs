//! The end of a gateway that is told to end.

use super::support::{answer, client, got, upstream};
use super::{Check, Judged, Verdict};
use crate::case::{Case, Ending};
use crate::report::model::End;
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.lifecycle.drain", drain),
    ("chat.lifecycle.exit", exit),
    ("chat.lifecycle.no-keys-in-log", no_keys_in_log),
];

fn ending(case: &Case) -> Result<&Ending, Verdict> {
    case.ending
        .as_ref()
        .ok_or_else(|| Verdict::Untestable(format!("the gateway was never told to end: {}", got(case))))
}

/// What has begun is finished: all of the text, and a good end.
fn drain(case: &Case) -> Judged {
    ending(case)?;
    let text = &answer(case)?.text;
    if case.transcript.end == End::Complete && *text == case.expected.text {
        Ok(())
    } else {
        client("reply", format!("all of it: {}", json(&case.expected.text)), got(case))
    }
}

/// By itself, within the profile's patience, and not as a failure.
fn exit(case: &Case) -> Judged {
    let ending = ending(case)?;
    match &ending.status {
        Some(_) if ending.is_success => Ok(()),
        Some(status) => upstream("process", "exit status: 0", status),
        None => upstream("process", "an end within the profile's patience", "it had to be killed"),
    }
}

fn no_keys_in_log(case: &Case) -> Judged {
    let ending = ending(case)?;
    let secrets = case.sent.secrets.upstream.iter().chain([&case.sent.secrets.client]);
    // A client that brings the provider's own key has none besides.
    let mut known = secrets.filter(|secret| !secret.is_empty());
    match known.find(|secret| ending.log.contains(secret.as_str())) {
        None => Ok(()),
        Some(_) => upstream("log", "no key", "a whole key"),
    }
}

//! The evidence of a play, bounded, with keys masked, for the report.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::case::{Asked, Case};
use crate::redact::Redactor;
use crate::report::model::{Evidence, Exchange, Message, Moment, Upstream};
use crate::scenario::Scenario;
use crate::text::short;

/// How much is kept.
pub(super) struct Keep {
    /// Bytes of a body.
    body: usize,
    /// Moments of a time line, half of them from its end.
    moments: usize,
    /// Calls of one play: of two hundred alike, a few tell enough.
    calls: usize,
}

/// Of a play that needs a look.
pub(super) const MANY: Keep = Keep { body: 8 << 10, moments: 80, calls: 3 };
/// Of a play in which everything holds: enough to see what was looked at.
pub(super) const FEW: Keep = Keep { body: 3 << 10, moments: 24, calls: 1 };
/// Bytes of a script: one with thousands of pieces is told by its scenario; here its beginning is enough.
const SCRIPT: usize = 8 << 10;

/// The evidence of one play; at least one case.
pub(super) fn collect(cases: &[Case], redactor: &Redactor, keep: &Keep) -> Evidence {
    let kept = &cases[..cases.len().min(keep.calls)];
    let (scenario, cell) =
        cases.first().map(|case| (case.scenario.id.clone(), case.cell.to_string())).unwrap_or_default();
    Evidence {
        scenario,
        cell,
        marker: cases.first().map(|case| case.sent.marker.clone()).unwrap_or_default(),
        client: kept.iter().map(|case| exchange(case, redactor, keep)).collect(),
        upstream: kept
            .iter()
            .flat_map(|case| case.asked.iter().map(|asked| upstream(asked, redactor, keep)))
            .collect(),
    }
}

/// What the provider is told to answer in a scenario; null where the mock answers as it sees fit.
pub(super) fn script(scenario: &Scenario) -> Value {
    if scenario.replies.is_empty() {
        return Value::Null;
    }
    let script = json!({"replies": scenario.replies});
    let text = script.to_string();
    if text.len() <= SCRIPT { script } else { Value::from(short(&text, SCRIPT)) }
}

fn exchange(case: &Case, redactor: &Redactor, keep: &Keep) -> Exchange {
    let (sent, transcript) = (&case.sent, &case.transcript);
    let request = Message {
        method: Some(sent.method.clone()),
        path: Some(redactor.address(&sent.path)),
        headers: masked(&sent.headers, redactor),
        ..body(&sent.body, redactor, keep)
    };
    let reply = transcript.status.map(|status| Message {
        status: Some(status),
        headers: masked(&transcript.headers, redactor),
        ..body(&transcript.body(), redactor, keep)
    });
    let moment = |(ms, piece): &(f64, bytes::Bytes)| Moment {
        ms: round(*ms),
        bytes: piece.len(),
        event: String::new(),
    };
    Exchange {
        request,
        reply,
        end: transcript.end,
        timeline: bounded_moments(&transcript.pieces, keep, moment),
    }
}

fn upstream(asked: &Asked, redactor: &Redactor, keep: &Keep) -> Upstream {
    let request = Message {
        method: Some(asked.method.clone()),
        path: Some(redactor.address(&asked.path)),
        headers: masked(&asked.headers, redactor),
        ..body(&asked.body, redactor, keep)
    };
    let reply = Message {
        status: Some(asked.status),
        headers: masked(&asked.reply_headers, redactor),
        ..body(&asked.reply, redactor, keep)
    };
    Upstream {
        provider: asked.provider.clone(),
        ms: round(asked.at_ms),
        request,
        violations: asked
            .violations
            .iter()
            .map(|found| redactor.text(&found.to_string()).into_owned())
            .collect(),
        auth: asked.refused.as_ref().map_or_else(|| "ok".to_owned(), |why| redactor.text(why).into_owned()),
        reply,
        aborted: asked.aborted,
        timeline: bounded_moments(&asked.events, keep, |(name, ms)| Moment {
            ms: round(*ms),
            bytes: 0,
            event: name.clone(),
        }),
    }
}

fn bounded_moments<T>(all: &[T], keep: &Keep, moment: impl Fn(&T) -> Moment) -> Vec<Moment> {
    if all.len() <= keep.moments {
        return all.iter().map(moment).collect();
    }
    let (head, rest) = all.split_at(keep.moments / 2);
    let (middle, tail) = rest.split_at(rest.len() - keep.moments / 2);
    let left_out: Vec<Moment> = middle.iter().map(&moment).collect();
    let gap = Moment {
        ms: left_out.first().map_or(0.0, |first| first.ms),
        bytes: left_out.iter().map(|one| one.bytes).sum(),
        event: format!("… {} more …", middle.len()),
    };
    head.iter().map(&moment).chain([gap]).chain(tail.iter().map(&moment)).collect()
}

/// Keys first, then what is too long: a cut could go through a key.
fn body(bytes: &[u8], redactor: &Redactor, keep: &Keep) -> Message {
    let length = bytes.len();
    match std::str::from_utf8(bytes) {
        Ok(text) => Message { body: short(&redactor.text(text), keep.body), length, ..Message::default() },
        Err(_) => {
            let masked = redactor.bytes(bytes);
            let kept = &masked[..masked.len().min(keep.body * 3 / 4)];
            Message { body: STANDARD.encode(kept), base64: true, length, ..Message::default() }
        }
    }
}

fn masked(headers: &[(String, String)], redactor: &Redactor) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.clone(), redactor.header(name, value))).collect()
}

fn round(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}

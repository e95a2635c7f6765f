//! Errors before the first byte of a reply: the provider's own, and the gateway's refusals.

use serde_json::Value;

use super::support::{Side, client, either, finding, got, played, unless, upstream};
use super::{Check, Judged, Verdict};
use crate::case::{Asked, Case};
use crate::expected::ProviderError;
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.error.status", status),
    ("chat.error.status.exact", exact_status),
    ("chat.error.object", object),
    ("chat.error.content-type", content_type),
    ("chat.error.message", message),
    ("chat.error.retry-after", retry_after),
    ("chat.refusal.status", status_of_refusal),
    ("chat.refusal.object", refusal_object),
    ("chat.refusal.object.elsewhere", object),
    ("chat.refusal.not-called", not_called),
    ("chat.refusal.says-why", says_why),
    ("chat.request.n-refused", refusal_status),
    ("chat.request.image.refused", refusal_status),
    ("chat.request.tools.history.broken-arguments", broken_arguments),
];

/// The error that the scenario has the provider report, and that it did report.
fn provider_error(case: &Case) -> Result<&ProviderError, Verdict> {
    played(case)?;
    case.expected
        .error
        .as_ref()
        .ok_or_else(|| Verdict::Untestable("the scenario has no provider error".to_owned()))
}

/// One by which OpenAI's clients do the same as by the right one: they try again, or they do not, and know whose fault it is.
pub(super) fn status(case: &Case) -> Judged {
    let wanted = wanted_statuses(case)?;
    let same = |status: u16| {
        wanted.iter().any(|wanted| (status / 100, is_retried(status)) == (wanted / 100, is_retried(*wanted)))
            || is_gateways_own(case, wanted, status)
    };
    // By 401 and 429 clients know that it is the key, and how long to wait: nothing else says that.
    let only = [401, 429].into_iter().find(|only| wanted[..] == [*only]);
    let own = case.asked.last().map(|asked| asked.status);
    match case.transcript.status {
        Some(status) if wanted.contains(&status) => Ok(()),
        Some(status) if same(status) && (only.is_none() || own == Some(status)) => Ok(()),
        _ => client("status", either(wanted), got(case)),
    }
}

/// Whether a status of the server's own fault says as much to the client: of a conflict, that it may try again; of a key that the
/// gateway brings and its provider refuses, that it is none of the client's. <https://www.rfc-editor.org/rfc/rfc9110#section-15.6>
fn is_gateways_own(case: &Case, wanted: &[u16], status: u16) -> bool {
    let brings_key = !case.sent.secrets.client.is_empty();
    let is_own = |wanted: &u16| *wanted == 409 || brings_key && matches!(wanted, 401..=403);
    status >= 500 && wanted.iter().any(is_own)
}

/// The very one.
pub(super) fn exact_status(case: &Case) -> Judged {
    let wanted = wanted_statuses(case)?;
    match case.transcript.status {
        Some(status) if wanted.contains(&status) => Ok(()),
        _ => client("status", either(wanted), got(case)),
    }
}

fn wanted_statuses(case: &Case) -> Result<&Vec<u16>, Verdict> {
    let given = &case.scenario.expect.status;
    if given.is_empty() {
        return Ok(&provider_error(case)?.status);
    }
    played(case)?;
    Ok(given)
}

/// <https://github.com/openai/openai-python>: what its client tries again.
fn is_retried(status: u16) -> bool {
    matches!(status, 408 | 409 | 429) || status >= 500
}

/// `{"error": {"message", "type", "param", "code"}}`: all four, the last two possibly null.
pub(super) fn object(case: &Case) -> Judged {
    match case.error() {
        Some(error) => unless(object_findings(error)),
        None => {
            unless_served(case)?;
            client("body", "an error object", got(case))
        }
    }
}

/// A success tells of no error: that is for the status to answer for, and for nothing else.
fn unless_served(case: &Case) -> Judged {
    match case.transcript.status {
        Some(200..=299) => Err(Verdict::Untestable(format!("the client got no error: {}", got(case)))),
        _ => Ok(()),
    }
}

/// The same of a refusal; what answers elsewhere, and to other methods, need not know whose form it is to have.
pub(super) fn refusal_object(case: &Case) -> Judged {
    if is_served(case) {
        return Err(Verdict::NotHere);
    }
    let is_elsewhere =
        case.scenario.raw.as_ref().is_some_and(|raw| raw.path.is_some() || raw.method.is_some());
    if is_elsewhere { Err(Verdict::NotHere) } else { object(case) }
}

pub(super) fn object_findings(body: &Value) -> Vec<super::Finding> {
    let error = &body["error"];
    if !error.is_object() {
        return vec![finding(Side::Client, "/error", "an object", body)];
    }
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let nullable = |value: Option<&Value>| value.is_some_and(|value| value.is_null() || value.is_string());
    let members = [
        ("message", "a sentence", filled(&error["message"])),
        ("type", "a word", filled(&error["type"])),
        ("param", "a string or null", nullable(error.get("param"))),
        ("code", "a string or null", nullable(error.get("code"))),
    ];
    let wrong = members.into_iter().filter(|(_, _, holds)| !holds);
    wrong
        .map(|(name, wanted, _)| {
            let there = error.get(name).map_or_else(|| "nothing, not even null".to_owned(), json);
            finding(Side::Client, &format!("/error/{name}"), wanted, there)
        })
        .collect()
}

/// Also where a stream was asked for: nothing has begun yet.
pub(super) fn content_type(case: &Case) -> Judged {
    // What is missing has no type, and what is no JSON is not to be called so; that it is no error object is judged elsewhere.
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&case.transcript.body()).is_ok();
    if !is_json || unless_served(case).is_err() {
        return Err(Verdict::NotHere);
    }
    let content_type = case.transcript.header("content-type").unwrap_or("nothing");
    if content_type.starts_with("application/json") {
        Ok(())
    } else {
        client("content-type", "application/json", content_type)
    }
}

pub(super) fn message(case: &Case) -> Judged {
    let Some(wanted) = &provider_error(case)?.message else { return Err(Verdict::NotHere) };
    let Some(got) = case.message() else {
        return Err(Verdict::Untestable(format!("the client got no sentence of an error: {}", got(case))));
    };
    if got.contains(wanted.as_str()) {
        Ok(())
    } else {
        client("/error/message", format!("the provider's: {}", json(wanted)), json(got))
    }
}

pub(super) fn retry_after(case: &Case) -> Judged {
    let Some(wanted) = &provider_error(case)?.retry_after else { return Err(Verdict::NotHere) };
    unless_served(case)?;
    // Who is told of a crash instead does not learn when to come back either: that is told where the status is judged.
    if status(case).is_err() {
        return Err(Verdict::Untestable(format!("the client got another error: {}", got(case))));
    }
    match case.transcript.header("retry-after") {
        Some(got) if got == wanted => Ok(()),
        got => client("retry-after", wanted, got.unwrap_or("nothing")),
    }
}

/// What the provider takes and answers need not be refused: not every provider minds what OpenAI minds.
pub(super) fn is_served(case: &Case) -> bool {
    let is_good = |asked: &Asked| asked.status == 200 && asked.violations.is_empty();
    case.asked.last().is_some_and(is_good) && case.transcript.status == Some(200)
}

fn status_of_refusal(case: &Case) -> Judged {
    if is_served(case) { Err(Verdict::NotHere) } else { refusal_status(case) }
}

/// 400, or 422, by which servers that check their input by a schema say the same; unless the scenario knows of another status
/// that fits.
pub(super) fn refusal_status(case: &Case) -> Judged {
    let given = &case.scenario.expect.status;
    let wanted = if given.is_empty() { &[400, 422][..] } else { given };
    match case.transcript.status {
        Some(status) if wanted.contains(&status) => Ok(()),
        _ => client("status", either(wanted), got(case)),
    }
}

/// What is passed on as it came, to a provider that speaks as the client does, is the provider's to refuse.
pub(super) fn not_called(case: &Case) -> Judged {
    let sent = &case.sent;
    let is_passed_on =
        |asked: &Asked| asked.body == sent.body || (asked.json == sent.json && !sent.json.is_null());
    let refuses = |asked: &Asked| (400..500).contains(&asked.status) && is_passed_on(asked);
    match &case.asked[..] {
        [] => Ok(()),
        [asked] if refuses(asked) => Err(Verdict::NotHere),
        asked => upstream("requests", "none", asked.len()),
    }
}

/// The message has a word of what is wrong.
pub(super) fn says_why(case: &Case) -> Judged {
    let words = &case.scenario.expect.mentions;
    if words.is_empty() {
        return Err(Verdict::NotHere);
    }
    let message = case.message().unwrap_or_default().to_lowercase();
    // What is asked has another name on each surface.
    let names =
        |word: &&String| case.surface().names(word).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let same: Vec<String> = words.iter().flat_map(|word| names(&word)).collect();
    if words.iter().chain(&same).any(|word| message.contains(&word.to_lowercase())) {
        Ok(())
    } else {
        client("/error/message", format!("a word of {}", json(words)), message)
    }
}

/// A history that cannot be carried is the client's mistake: 400, not a crash, and not something else sent instead.
fn broken_arguments(case: &Case) -> Judged {
    match case.transcript.status {
        Some(200 | 400) => Ok(()),
        _ => client("status", "400, or an answer", got(case)),
    }
}

//! What must not cross over.

use super::request::model;
use super::support::{client, got, upstream};
use super::{Check, Judged, Verdict};
use crate::case::Case;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.security.upstream-key-hidden", upstream_key_hidden),
    ("chat.security.client-key-kept", client_key_kept),
    ("chat.security.no-cookies", no_cookies),
    ("chat.security.model-locked", model_locked),
];

/// Neither in a header nor in a body does any of the providers' keys reach the client.
pub(super) fn upstream_key_hidden(case: &Case) -> Judged {
    let body = case.transcript.body();
    let body = String::from_utf8_lossy(&body);
    for secret in &case.sent.secrets.upstream {
        let header = case.transcript.headers.iter().find(|(_, value)| value.contains(secret.as_str()));
        if let Some((name, _)) = header {
            return client(name, "no key of the provider", "one");
        }
        if body.contains(secret.as_str()) {
            return client("body", "no key of the provider", "one");
        }
    }
    Ok(())
}

/// The journal shows the last four characters of a key: enough to know the client's. Where the client brings the provider's
/// own key there is none to keep.
pub(super) fn client_key_kept(case: &Case) -> Judged {
    let secret = &case.sent.secrets.client;
    let Some((at, _)) = secret.char_indices().rev().nth(3) else { return Err(Verdict::NotHere) };
    let tail = &secret[at..];
    for asked in &case.asked {
        if let Some((name, _)) = asked.headers.iter().find(|(_, value)| value.ends_with(tail)) {
            return upstream(name, "the gateway's own key", "the client's");
        }
        if String::from_utf8_lossy(&asked.body).contains(secret.as_str()) {
            return upstream("body", "no key of the client", "one");
        }
    }
    Ok(())
}

/// The provider's cookies are the gateway's, and would follow the client to other tenants.
fn no_cookies(case: &Case) -> Judged {
    match case.transcript.header("set-cookie") {
        None => Ok(()),
        Some(cookie) => client("set-cookie", "nothing", cookie),
    }
}

/// Refused as the client's mistake, or the configured model is called.
pub(super) fn model_locked(case: &Case) -> Judged {
    match case.transcript.status {
        Some(400..=499) if case.asked.is_empty() => Ok(()),
        _ if case.asked.is_empty() => client("status", "4xx", got(case)),
        _ => model(case),
    }
}

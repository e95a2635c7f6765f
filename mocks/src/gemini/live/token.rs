//! [Ephemeral tokens](https://ai.google.dev/gemini-api/docs/ephemeral-tokens): for as many sessions as it says, begun before a time of
//! its own, with a setup that the session's client cannot change.
//!
//! A session goes on when the time of its token is over; the service may end it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cloud::Token;
use crate::provider::{Call, Denied};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::{Keys, gemini};

/// The operation that makes one.
pub(in crate::gemini) const CREATE: &str = "createAuthToken";
/// What its name begins with.
const NAME: &str = "auth_tokens/";
/// What it is good for.
const PURPOSE: &str = "gemini live sessions";
/// As what the rest of it is kept.
const KIND: &str = "auth_token";
/// Where it is shown: the end of the path.
const CONSTRAINED: &str = "BidiGenerateContentConstrained";
/// How long new sessions may begin where the request does not say, and how far away a time may be.
const NEW: SignedDuration = SignedDuration::from_secs(60);
const FAR: SignedDuration = SignedDuration::from_hours(20);

/// What a token holds its sessions to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Lock {
    /// Sessions that it may still open; none: any number.
    left: Option<u64>,
    setup: Option<Value>,
    /// Paths of the setup; none: all of it.
    fields: Option<Vec<String>>,
}

/// Makes one.
pub(in crate::gemini) fn create(call: &Call<'_>) -> Result<Value, Failure> {
    let now = call.keys.issued.now();
    let time = |name: &str| -> Result<Option<Timestamp>, Failure> {
        let Some(text) = call.body[name].as_str() else { return Ok(None) };
        let time: Timestamp = text.parse().map_err(|_| invalid(&format!("Invalid value at '{name}'.")))?;
        let is_near = time > now && time.duration_since(now) < FAR;
        let why = || invalid(&format!("{name} must be in the future, and less than 20 hours away."));
        if is_near { Ok(Some(time)) } else { Err(why()) }
    };
    time("expireTime")?;
    let until = time("newSessionExpireTime")?.unwrap_or(now + NEW);
    let name = format!("{NAME}{}", call.draw.hex("auth token", 64));
    call.keys
        .issued
        .keep_token(&name, &Token { purposes: vec![PURPOSE.to_owned()], expires: until.as_second() });
    let fields = call.body["fieldMask"].as_str();
    let lock = Lock {
        left: Some(call.body["uses"].as_u64().unwrap_or(1)).filter(|uses| *uses > 0),
        setup: call.body.get("bidiGenerateContentSetup").cloned(),
        fields: fields.map(|fields| fields.split(',').map(|field| camel(field.trim())).collect()),
    };
    call.shelf.put(KIND, &name, &lock);
    Ok(json!({ "name": name }))
}

/// The token that a request shows, at the path where such are shown.
pub(super) fn shown(request: &Request) -> Option<String> {
    let is_there = request.path.ends_with(CONSTRAINED);
    let of_header = || request.header("authorization")?.strip_prefix("Token ").map(str::to_owned);
    let of_query = || Some(gemini::parameter(request, "access_token")?.replace("%2F", "/"));
    if is_there { of_header().or_else(of_query) } else { None }
}

/// Whether a request shows one that holds; none: it shows none.
pub(in crate::gemini) fn check(request: &Request, keys: &Keys<'_>) -> Option<Result<(), Box<Denied>>> {
    let name = shown(request)?;
    let known =
        keys.issued.token(&name).filter(|token| token.purposes.iter().any(|purpose| purpose == PURPOSE));
    let reason = match known {
        Some(token) if !keys.issued.is_over(token.expires) => return Some(Ok(())),
        Some(_) => "expired token",
        None => "unknown token",
    };
    let message = "Request had invalid authentication credentials. Expected a valid ephemeral token.";
    let failure = Failure::new(Kind::Authentication, message);
    Some(Err(Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })))
}

/// What the token of this request locks; it has opened one session more.
pub(super) fn open(call: &Call<'_>) -> Result<Lock, Failure> {
    let Some(name) = shown(call.request) else { return Ok(Lock::default()) };
    let take = |lock: &mut Lock| {
        let held = lock.clone();
        if let Some(left) = &mut lock.left {
            *left = left.checked_sub(1)?;
        }
        Some(held)
    };
    let held = call.shelf.change(KIND, &name, take).flatten();
    held.ok_or_else(|| {
        Failure::new(Kind::Authentication, "This ephemeral token was used as often as it may be.")
    })
}

impl Lock {
    /// The setup that holds, whatever the client asks for.
    pub(super) fn settle(&self, asked: &Value) -> Value {
        let (Some(own), fields) = (&self.setup, &self.fields) else { return asked.clone() };
        let Some(fields) = fields else { return own.clone() };
        let mut settled = asked.clone();
        for field in fields {
            lay(&mut settled, own, field);
        }
        settled
    }
}

/// Lays what `own` has at a path over what is there; where it has nothing, there is nothing.
fn lay(settled: &mut Value, own: &Value, path: &str) {
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let (mut there, mut own) = (settled, Some(own));
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        own = own.and_then(|own| own.get(parent));
        let Some(members) = there.as_object_mut() else { return };
        if own.is_none() && !members.contains_key(parent) {
            return;
        }
        there = members.entry(parent).or_insert_with(|| json!({}));
    }
    let Some(members) = there.as_object_mut() else { return };
    match own.and_then(|own| own.get(name)) {
        Some(value) => drop(members.insert(name.to_owned(), value.clone())),
        None => drop(members.remove(name)),
    }
}

/// Field masks are in either spelling.
fn camel(field: &str) -> String {
    let mut is_next = false;
    let letter = |letter: char| {
        let upper = std::mem::replace(&mut is_next, letter == '_');
        (letter != '_').then(|| if upper { letter.to_ascii_uppercase() } else { letter })
    };
    field.chars().filter_map(letter).collect()
}

fn invalid(message: &str) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mask of several paths, over what the client asks for.
    fn settled(mask: &str, own: Value, asked: &Value) -> Value {
        let fields = mask.split(',').map(str::to_owned).collect();
        Lock { setup: Some(own), fields: Some(fields), ..Lock::default() }.settle(asked)
    }

    #[test]
    fn what_is_locked_is_laid_over_at_any_depth() {
        let own = json!({ "a": { "b": { "c": 1 } }, "d": 2 });
        let asked = json!({ "a": { "b": { "c": 7, "e": 7 } }, "d": 7, "f": { "g": 7 } });
        assert_eq!(settled("a.b.c", own.clone(), &asked)["a"], json!({ "b": { "c": 1, "e": 7 } }));
        assert_eq!(settled("d,f.g", own.clone(), &asked), json!({ "a": asked["a"], "d": 2, "f": {} }));
        assert_eq!(settled("a.b.c", own.clone(), &json!({})), json!({ "a": { "b": { "c": 1 } } }));
        assert_eq!(settled("x.y.z,.", own, &json!({ "h": 7 })), json!({ "h": 7 }), "what nobody has");
    }

    #[test]
    fn what_is_no_object_stays() {
        for asked in [json!("a"), json!([1]), json!({ "a": "b" })] {
            assert_eq!(settled("a.b", json!({}), &asked), asked);
        }
    }
}

//! [Keys for one session](https://platform.openai.com/docs/api-reference/realtime-sessions/create-realtime-client-secret), to be given to
//! a browser: made with the account's own key, and worthless elsewhere.

use ring::hmac;
use serde_json::{Value, json};

use super::settings::{Settings, TRANSCRIPTION};
use crate::Credentials;
use crate::provider::Call;
use crate::request::Request;

/// What they begin with.
const KEY: &str = "ek_";
/// As what they are kept, with the settings of their session.
const KIND: &str = "client_secret";
/// Seconds that a key can be used, where the request does not say.
const LIFE: u64 = 600;
/// Letters that are drawn, and such that follow from them and the account's key.
const DRAWN: usize = 16;
const SIGNED: usize = 16;
/// The sub-protocol in which a browser shows its key, for it cannot set headers.
const SHOWN: &str = "openai-insecure-api-key.";

/// The key that a browser shows.
pub(in crate::openai) fn key(request: &Request) -> Option<&str> {
    let offered = request.header("sec-websocket-protocol")?.split(',').map(str::trim);
    offered.into_iter().find_map(|protocol| protocol.strip_prefix(SHOWN))
}

/// Whether a session opens to this key, which was made here.
pub(in crate::openai) fn is_open_to(
    request: &Request,
    key: &str,
    credentials: &Credentials,
    provider: &str,
) -> bool {
    let secret = key.strip_prefix(KEY).filter(|secret| secret.len() == DRAWN + SIGNED);
    let parts = secret.and_then(|secret| secret.split_at_checked(DRAWN));
    let is_made = |(drawn, signed): (&str, &str)| {
        credentials.keys(provider).iter().any(|key| signature(key, drawn) == signed)
    };
    request.path.ends_with("/realtime") && parts.is_some_and(is_made)
}

/// A new key, and the session that it opens.
pub(in crate::openai) fn answer(call: &Call<'_>) -> Vec<u8> {
    let drawn = call.draw.hex("client secret", DRAWN);
    let value = format!("{KEY}{drawn}{}", signature(call.request.bearer().unwrap_or_default(), &drawn));
    let asked = &call.body["session"];
    let mut settings = match asked["type"].as_str() {
        Some(TRANSCRIPTION) => Settings::of_transcription(&call.draw),
        _ => Settings::new(&call.draw, asked["model"].as_str().unwrap_or("gpt-realtime")),
    };
    settings.change(asked);
    call.shelf.put(KIND, &value, settings.told());
    let life = call.body["expires_after"]["seconds"].as_u64().unwrap_or(LIFE);
    let expires = call.draw.created() + life;
    json!({ "value": value, "expires_at": expires, "session": settings.told() }).to_string().into_bytes()
}

/// What the session of this request's key was made with.
pub(super) fn settings(call: &Call<'_>) -> Option<Settings> {
    let key = key(call.request).or_else(|| call.request.bearer())?;
    call.shelf.get::<Value>(KIND, key).map(Settings::kept)
}

fn signature(key: &str, drawn: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), drawn.as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    hex[..SIGNED].to_owned()
}

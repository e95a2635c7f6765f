//! Takes out of an exchange what nobody else may have: keys, tokens, cookies, signatures, ids of accounts.
//!
//! Headers and the query are judged by their names; what they held is then looked for everywhere else. Bodies are searched
//! for members with such names, for the known forms of keys, and for the user's own patterns. In bodies each byte that is
//! taken out becomes `*`, so that lengths, pieces and times stay what they were.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use regex::bytes::{Regex, RegexBuilder};

use super::exchange::{Exchange, Piece};
use super::frames;
use crate::Error;

/// What is taken out.
#[derive(Debug)]
pub struct Redactor {
    patterns: Vec<Regex>,
}

/// Forms of keys that are known: of OpenAI and those that took over its form, Anthropic, AWS, Google, Hugging Face, Groq, xAI,
/// GitHub, of JSON web tokens, of organizations and projects, and the account in an ARN.
const FORMS: [&str; 12] = [
    r"\bsk-[A-Za-z0-9_-]{16,}",
    r"\b(?:AKIA|ASIA|ABSK)[A-Za-z0-9+/=]{12,}",
    r"\bbedrock-api-key-[A-Za-z0-9+/=_-]{16,}",
    r"\bAIza[A-Za-z0-9_-]{30,}",
    r"\bya29\.[A-Za-z0-9_-]{16,}",
    r"\b(?:hf|gsk|r8|pplx|fw|nvapi|csk)[_-][A-Za-z0-9]{20,}",
    r"\bxai-[A-Za-z0-9]{20,}",
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"\b(?:org|proj|user)[-_][A-Za-z0-9]{16,}",
    r"(?i)\bbearer [A-Za-z0-9._~+/=-]{16,}",
    r"\barn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:([0-9]{12}):",
];

/// Members of JSON whose texts are secret: the second group.
const MEMBERS: &str = r#"(?i)"((?:x[-_])?(?:api|access|secret|private|auth|client)[-_]?(?:key|token|secret)(?:[-_]?id)?|secret[-_]?access[-_]?key|(?:session|security|refresh|id|bearer)[-_]?token|password|passwd|credentials?|authorization|cookie|org(?:anization)?(?:[-_]?id)?|account[-_]?id|project[-_]?id)"\s*:\s*"((?:[^"\\]|\\.)*)""#;

/// Words in the name of a header or of a member of the query that make its value secret.
const WORDS: [&str; 17] = [
    "authorization",
    "api-key",
    "apikey",
    "api_key",
    "token",
    "secret",
    "cookie",
    "credential",
    "password",
    "signature",
    "session",
    "organization",
    "project",
    "account",
    "subscription-key",
    "access-key",
    "api-user",
];

/// What stands in their place, in headers and the query.
const GONE: &str = "removed";
/// Shorter texts are in every body, and so are plain words.
const SHORTEST: usize = 8;

impl Redactor {
    /// The known forms, and the user's own patterns.
    ///
    /// # Errors
    /// [`Error::Record`], where a pattern is none.
    pub fn new(own: &[String]) -> Result<Self, Error> {
        let regex = |pattern: &str| {
            let built = RegexBuilder::new(pattern).size_limit(4 << 20).build();
            built.map_err(|error| Error::Record(format!("`{pattern}` is no regular expression: {error}")))
        };
        let patterns = FORMS.into_iter().chain([MEMBERS]).chain(own.iter().map(String::as_str));
        Ok(Self { patterns: patterns.map(regex).collect::<Result<_, _>>()? })
    }

    /// Takes everything out, and says where. Gives back the texts that must not be written.
    ///
    /// # Errors
    /// A sentence, where that cannot be done without doubt: then the exchange must not be kept.
    pub(super) fn redact(&self, exchange: &mut Exchange) -> Result<Vec<String>, String> {
        let mut removed = Vec::new();
        let mut secrets = Vec::new();
        headers(&mut exchange.request.headers, "request", &mut secrets, &mut removed);
        if let Some(reply) = &mut exchange.reply {
            headers(&mut reply.headers, "reply", &mut secrets, &mut removed);
        }
        if let Some(query) = &mut exchange.request.query {
            *query = self::query(query, &mut secrets, &mut removed);
        }
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        let find = Finder { patterns: &self.patterns, secrets: &secrets };
        let mut note = |place: &str, count: usize| {
            if count > 0 {
                removed.push(format!("{place}: {count} bytes"));
            }
        };
        note("request body", find.mask(&mut exchange.request.body));
        note("path", find.text(&mut exchange.request.path));
        if let Some(query) = &mut exchange.request.query {
            note("query", find.text(query));
        }
        for (_, value) in &mut exchange.request.headers {
            note("request headers", find.text(value));
        }
        note("upstream", find.text(&mut exchange.upstream));
        note("reason", find.text(&mut exchange.reason));
        if let Some(reply) = &mut exchange.reply {
            for (_, value) in &mut reply.headers {
                note("reply headers", find.text(value));
            }
            let is_binary = reply.kind() == frames::TYPE;
            note("reply body", find.pieces(&mut reply.pieces, is_binary)?);
        }
        exchange.removed = removed;
        Ok(secrets)
    }

    /// Whether a text that was put together from several places has something in it that must not be kept.
    pub(super) fn finds(&self, text: &str, secrets: &[String]) -> bool {
        !Finder { patterns: &self.patterns, secrets }.ranges(text.as_bytes()).is_empty()
    }
}

/// Finds what is secret in bytes.
struct Finder<'a> {
    patterns: &'a [Regex],
    secrets: &'a [String],
}

impl Finder<'_> {
    /// In order, and apart.
    fn ranges(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut ranges = Vec::new();
        for pattern in self.patterns {
            for found in pattern.captures_iter(bytes) {
                // Of a member its text, of an ARN its account; else all of it.
                let last = (1..found.len()).rev().find_map(|group| found.get(group)).or_else(|| found.get(0));
                ranges.extend(last.map(|found| (found.start(), found.end())));
            }
        }
        for secret in self.secrets {
            for form in forms(secret) {
                let found = memchr::memmem::find_iter(bytes, form.as_bytes());
                ranges.extend(found.map(|at| (at, at + form.len())));
            }
        }
        ranges.retain(|(from, to)| from < to && bytes[*from..*to].iter().any(|byte| *byte != b'*'));
        ranges.sort_unstable();
        ranges
    }

    fn mask(&self, bytes: &mut [u8]) -> usize {
        let ranges = self.ranges(bytes);
        for (from, to) in &ranges {
            bytes[*from..*to].fill(b'*');
        }
        ranges.iter().map(|(from, to)| to - from).sum()
    }

    fn text(&self, text: &mut String) -> usize {
        let mut bytes = std::mem::take(text).into_bytes();
        let count = self.mask(&mut bytes);
        *text = String::from_utf8_lossy(&bytes).into_owned();
        count
    }

    /// Over all pieces together: a key may lie in two. Binary frames have checksums, which are made anew.
    fn pieces(&self, pieces: &mut [Piece], is_binary: bool) -> Result<usize, String> {
        let mut all: Vec<u8> = pieces.iter().flat_map(|piece| piece.data.iter().copied()).collect();
        let count = if is_binary {
            frames::rewrite(&mut all, |bytes| self.mask(bytes))?
        } else {
            self.mask(&mut all)
        };
        if count == 0 {
            return Ok(0);
        }
        let mut all = Bytes::from(all);
        for piece in pieces {
            piece.data = all.split_to(piece.data.len());
        }
        Ok(count)
    }
}

/// As it is, as JSON escapes it, and as addresses do.
fn forms(secret: &str) -> Vec<Cow<'_, str>> {
    let quoted = serde_json::Value::from(secret).to_string();
    let escaped = quoted[1..quoted.len() - 1].to_owned();
    let solidus = escaped.replace('/', "\\/");
    let percent = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let percent: String = secret.bytes().map(percent).collect();
    let mut forms = vec![
        Cow::Borrowed(secret),
        escaped.into(),
        solidus.into(),
        percent.to_lowercase().into(),
        percent.into(),
    ];
    forms.sort();
    forms.dedup();
    forms
}

fn headers(
    headers: &mut [(String, String)],
    side: &str,
    secrets: &mut Vec<String>,
    removed: &mut Vec<String>,
) {
    for (name, value) in headers.iter_mut().filter(|(name, value)| is_secret(name, value)) {
        secrets.extend(parts(value));
        removed.push(format!("{side} header {name}"));
        GONE.clone_into(value);
    }
}

/// Counts and times are told in headers whose names have such words, too.
fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_count = value.bytes().all(|byte| byte.is_ascii_digit());
    !is_count && !name.contains("ratelimit") && WORDS.iter().any(|word| name.contains(word))
        || name == "x-goog-api-key"
        || name == "key"
}

/// What is looked for elsewhere: the value, the key behind its scheme, the access key and the signature of AWS's, the values of
/// cookies, user and password.
fn parts(value: &str) -> Vec<String> {
    let mut parts = vec![value.trim()];
    let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
    let fields = rest.split([',', ';']).map(str::trim);
    let plain =
        STANDARD.decode(rest.trim()).ok().and_then(|plain| String::from_utf8(plain).ok()).unwrap_or_default();
    if scheme.starts_with("AWS4") {
        // Day, region and service are in every address.
        parts.extend(fields.filter(|field| !field.starts_with("SignedHeaders")).filter_map(credential));
    } else if scheme.eq_ignore_ascii_case("basic") {
        parts.extend(plain.split(':'));
    } else {
        parts.push(rest.trim());
        parts.extend(value.split([',', ';']).filter_map(credential));
    }
    let distinct = |part: &&str| {
        part.len() >= SHORTEST && !part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'/')
    };
    parts.into_iter().filter(distinct).map(str::to_owned).collect()
}

/// The value of a field, up to where the scope of AWS's begins.
fn credential(field: &str) -> Option<&str> {
    let (_, value) = field.split_once('=')?;
    Some(value.split('/').next().unwrap_or(value))
}

fn query(query: &str, secrets: &mut Vec<String>, removed: &mut Vec<String>) -> String {
    let member = |member: &str| match member.split_once('=') {
        Some((name, value)) if is_secret(name, value) || name == "sig" => {
            secrets.extend(parts(value));
            removed.push(format!("query {name}"));
            format!("{name}={GONE}")
        }
        _ => member.to_owned(),
    };
    query.split('&').map(member).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_signature_the_key_and_the_proof_are_secret_and_the_scope_is_not() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE1/20261121/eu-west-1/bedrock/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6";
        let parts = parts(signed);
        for secret in ["AKIDEXAMPLE1", "5d672d79c15b13162d9279b0855cfba6"] {
            assert!(parts.iter().any(|part| part == secret), "{parts:?}");
        }
        for known in ["20261121", "eu-west-1", "bedrock", "host", "host;x-amz-date"] {
            assert!(!parts.iter().any(|part| part == known), "{known}: {parts:?}");
        }
    }

    #[test]
    fn names_tell_what_is_secret_and_counts_are_not() {
        for name in [
            "authorization",
            "x-api-key",
            "X-Amz-Security-Token",
            "set-cookie",
            "x-goog-api-key",
            "openai-project",
        ] {
            assert!(is_secret(name, "value"), "{name}");
        }
        for (name, value) in [
            ("x-ratelimit-remaining-tokens", "12"),
            ("anthropic-ratelimit-tokens-reset", "2026-11-21T00:00:00Z"),
            ("x-amzn-bedrock-input-token-count", "7"),
            ("content-type", "text/plain"),
        ] {
            assert!(!is_secret(name, value), "{name}");
        }
    }
}

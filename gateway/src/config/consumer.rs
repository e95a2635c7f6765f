//! Kong's consumers: who may call, by which keys, in which groups.
//!
//! A key stands in the file as it is, or as its digest, `sha256:` and 64 hexadecimal digits; it is kept as a digest either way. Two
//! tags are ours, on a consumer for all of its keys, on a key for that one: `touchstone-models:gpt-4o*` names models that it may use,
//! and then no others.
//!
//! <https://developer.konghq.com/gateway/entities/consumer/>, <https://developer.konghq.com/gateway/entities/consumer-group/>

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::digest::{SHA256, digest};

use super::pattern::Pattern;

/// Everybody who is known.
#[derive(Clone, Debug, Default)]
pub struct Consumers {
    pub(super) all: Vec<Arc<Consumer>>,
    credentials: Vec<Arc<Credential>>,
    /// By the first bytes of their digests, of which there are hardly ever two alike.
    by_start: HashMap<u64, Vec<usize>>,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Consumer {
    /// `id`.
    pub id: Option<String>,
    /// `username`; this or the next one is there.
    pub username: Option<String>,
    /// `custom_id`.
    pub custom_id: Option<String>,
    /// The groups of `acls`.
    pub acls: Vec<String>,
    /// The consumer groups that it is in, by name.
    pub groups: Vec<Arc<Group>>,
    /// The models that it may use.
    pub models: Models,
    pub(super) number: usize,
}

/// A consumer group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// `id`.
    pub id: Option<String>,
    /// `name`.
    pub name: String,
    pub(super) number: usize,
}

/// A key, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// `id`.
    pub id: Option<String>,
    /// Whose it is.
    pub consumer: Arc<Consumer>,
    /// The models that may be used with it.
    pub models: Models,
    pub(super) digest: Digest,
    /// Since 1970.
    pub(super) expires: Option<Duration>,
}

/// Models that may be used: all, where none is named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Models(pub(super) Vec<Pattern>);

/// SHA-256 of a key. `Debug` does not show it: it is as good as the key to who can try all of them.
#[derive(Clone, Copy)]
pub(super) struct Digest([u8; 32]);

impl Consumers {
    pub(super) fn new(all: Vec<Arc<Consumer>>, credentials: Vec<Arc<Credential>>) -> Self {
        let mut by_start: HashMap<u64, Vec<usize>> = HashMap::new();
        for (number, credential) in credentials.iter().enumerate() {
            by_start.entry(credential.digest.start()).or_default().push(number);
        }
        Self { all, credentials, by_start }
    }

    /// Whose key this is, at a time since 1970. How long it takes says nothing of any key.
    #[must_use]
    pub fn find(&self, key: &[u8], now: Duration) -> Option<&Arc<Credential>> {
        let digest = Digest::of(key);
        let numbers = self.by_start.get(&digest.start())?;
        let found =
            numbers.iter().map(|number| &self.credentials[*number]).find(|known| known.digest == digest)?;
        (found.expires.is_none_or(|expires| now < expires)).then_some(found)
    }

    /// The consumer of this name or id.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Consumer>> {
        self.all.iter().find(|consumer| consumer.is(name))
    }
}

impl Consumer {
    /// What logs and counters call it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.username.as_deref().or(self.custom_id.as_deref()).unwrap_or_default()
    }

    /// Whether a reference means it.
    pub(super) fn is(&self, name: &str) -> bool {
        self.id.as_deref() == Some(name) || self.username.as_deref() == Some(name)
    }
}

impl Credential {
    /// What counters call it: its id, else the start of its digest.
    #[must_use]
    pub fn name(&self) -> String {
        self.id.clone().unwrap_or_else(|| format!("{:016x}", self.digest.start()))
    }
}

impl Models {
    /// Whether a model is one of them, by one of its names.
    #[must_use]
    pub fn allow(&self, names: [Option<&str>; 2]) -> bool {
        self.are_all()
            || names.into_iter().flatten().any(|name| self.0.iter().any(|pattern| pattern.takes(name)))
    }

    /// Whether any model may be used.
    #[must_use]
    pub fn are_all(&self) -> bool {
        self.0.is_empty()
    }
}

impl Digest {
    pub(super) fn of(key: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, key).as_ref());
        Self(bytes)
    }

    /// Of a key as it stands in a file; `None`: it says that it is a digest, and is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let Some(digits) = text.strip_prefix(PREFIX) else { return Some(Self::of(text.as_bytes())) };
        let mut bytes = [0; 32];
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, digit) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digit).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn bytes(self) -> [u8; 32] {
        self.0
    }

    fn start(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// What stands before a digest.
const PREFIX: &str = "sha256:";

/// A key as a file may hold it without giving it away: `sha256:…`.
#[must_use]
pub fn hash_key(key: &str) -> String {
    let digest = Digest::of(key.as_bytes());
    let digits = digest.0.iter().map(|byte| format!("{byte:02x}"));
    digits.fold(PREFIX.to_owned(), |text, digits| text + &digits)
}

impl PartialEq for Digest {
    /// Looks at all bytes, whatever the first ones are.
    fn eq(&self, other: &Self) -> bool {
        let differ = self.0.iter().zip(&other.0).fold(0, |differ, (one, other)| differ | (one ^ other));
        std::hint::black_box(differ) == 0
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The time since 1970.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_digest_until_it_expires() {
        // FIPS 180-2, B.1.
        let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_key("abc"), abc);
        assert!(
            Digest::read(abc) == Some(Digest::of(b"abc")) && Digest::read("abc") == Some(Digest::of(b"abc"))
        );
        for wrong in ["sha256:", "sha256:xy", &abc[..70], &format!("{abc}0"), &abc.replace('b', "g")] {
            assert!(Digest::read(wrong).is_none(), "{wrong}");
        }
        let ann = Arc::new(Consumer { username: Some("ann".to_owned()), ..Consumer::default() });
        let credential = |key: &str, expires: Option<u64>| {
            let digest = Digest::read(key).unwrap();
            let expires = expires.map(Duration::from_secs);
            Arc::new(Credential {
                id: None,
                consumer: Arc::clone(&ann),
                models: Models::default(),
                digest,
                expires,
            })
        };
        let consumers =
            Consumers::new(vec![Arc::clone(&ann)], vec![credential(abc, Some(9)), credential("xyz", None)]);
        let found = |key: &str, now| consumers.find(key.as_bytes(), Duration::from_secs(now)).is_some();
        assert!(found("abc", 8) && !found("abc", 9) && found("xyz", 9));
        assert!(!found(abc, 0) && !found("ab", 0) && !found("", 0));
    }
}

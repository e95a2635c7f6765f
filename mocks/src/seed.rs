//! Chance that follows the seed: the same seed and the same request give the same ids, times and counts.
//!
//! What is drawn depends on the request itself and on how often it came before, not on what else is under way, so that
//! requests in parallel do not disturb one another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The source of all draws.
#[derive(Debug)]
pub struct Seed {
    seed: u64,
    seen: Mutex<HashMap<u64, u64>>,
}

/// So many different requests are told apart from repeated ones; then counting starts anew.
const REMEMBERED: usize = 1 << 17;

impl Seed {
    /// A source that nothing was drawn from.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, seen: Mutex::default() }
    }

    /// The source of a later run, which draws otherwise than those before; the first run is number 0.
    #[must_use]
    pub fn of_run(seed: u64, run: u64) -> Self {
        Self::new(if run == 0 { seed } else { mix(seed ^ mix(run)) })
    }

    /// The draw of one request.
    #[must_use]
    pub fn draw(&self, provider: &str, path: &str, body: &[u8]) -> Draw {
        let key = hash(hash(hash(self.seed, provider.as_bytes()), path.as_bytes()), body);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        let count = seen.entry(key).or_default();
        *count += 1;
        Draw { key: mix(key ^ mix(*count)) }
    }

    /// Forgets what came before.
    pub fn reset(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What chance has in store for one request. The same purpose always draws the same.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    key: u64,
}

impl Draw {
    /// Letters and digits.
    #[must_use]
    pub fn text(&self, purpose: &str, length: usize) -> String {
        self.draw(purpose, length, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    }

    /// Hexadecimal digits in lower case.
    #[must_use]
    pub fn hex(&self, purpose: &str, length: usize) -> String {
        self.draw(purpose, length, b"0123456789abcdef")
    }

    /// A UUID of version 4.
    #[must_use]
    pub fn uuid(&self, purpose: &str) -> String {
        let hex = self.hex(purpose, 32);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// A number below `end`; 0 where that is 0.
    #[must_use]
    pub fn number(&self, purpose: &str, end: u64) -> u64 {
        if end == 0 { 0 } else { self.rng(purpose).u64(0..end) }
    }

    /// When the reply was made, in seconds since 1970.
    #[must_use]
    pub fn created(&self) -> u64 {
        EPOCH + self.number("created", SPAN)
    }

    /// The same as HTTP writes a date.
    #[must_use]
    pub fn http_date(&self) -> String {
        self.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// The same, some seconds later, as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) writes it.
    #[must_use]
    pub fn rfc3339(&self, later: i64) -> String {
        (self.timestamp() + jiff::SignedDuration::from_secs(later)).to_string()
    }

    fn timestamp(&self) -> jiff::Timestamp {
        let seconds = i64::try_from(self.created()).expect("a time of this century");
        jiff::Timestamp::from_second(seconds).expect("a time of this century")
    }

    fn draw(&self, purpose: &str, length: usize, alphabet: &[u8]) -> String {
        let mut rng = self.rng(purpose);
        (0..length).map(|_| char::from(alphabet[rng.usize(0..alphabet.len())])).collect()
    }

    fn rng(&self, purpose: &str) -> fastrand::Rng {
        fastrand::Rng::with_seed(hash(self.key, purpose.as_bytes()))
    }
}

/// 2026-01-01T00:00:00Z: drawn times lie within the half year from here.
const EPOCH: u64 = 1_767_225_600;
const SPAN: u64 = 180 * 86_400;

/// Eight bytes a step; it need not resist anyone.
fn hash(start: u64, bytes: &[u8]) -> u64 {
    let mut chunks = bytes.chunks_exact(8);
    let mut state = start ^ (bytes.len() as u64);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
        state = (state ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
    for byte in chunks.remainder() {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3).rotate_left(17);
    }
    mix(state)
}

/// The finisher of `SplitMix64`.
fn mix(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

//! Token counts: `o200k_base` for every provider. Only OpenAI publishes its tokenizer, so for the others counts are close, not equal.

use std::sync::LazyLock;

use tiktoken::CoreBpe;

/// Loading takes a tenth of a second, so it happens beside the start; whoever counts first waits.
static O200K: LazyLock<&CoreBpe> =
    LazyLock::new(|| tiktoken::get_encoding("o200k_base").expect("the crate carries this encoding"));

/// Loads the tokenizer.
pub fn load() {
    LazyLock::force(&O200K);
}

/// How many tokens a text has.
#[must_use]
pub fn count(text: &str) -> u64 {
    O200K.count(text) as u64
}

/// The tokens of a text, each as its bytes: a character may lie across two of them.
#[must_use]
pub fn split(text: &str) -> Vec<Vec<u8>> {
    O200K.encode(text).into_iter().map(|token| O200K.decode(&[token])).collect()
}

/// The text that tokens stand for. Numbers that are no tokens stand for nothing; half a character becomes U+FFFD.
#[must_use]
pub fn decode(tokens: impl Iterator<Item = u64>) -> String {
    let known = |token: u64| u32::try_from(token).ok().filter(|token| *token < VOCABULARY);
    let bytes: Vec<u8> = tokens.filter_map(known).flat_map(|token| O200K.decode(&[token])).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Ordinary tokens are numbered below this.
const VOCABULARY: u32 = 199_998;

/// A text as a model streams it, a token a piece, but whole characters only; at most so many tokens of it.
#[must_use]
pub fn pieces(text: &str, limit: Option<u64>) -> Pieced {
    let mut tokens = O200K.encode(text);
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let is_cut = tokens.len() > limit;
    tokens.truncate(limit);

    let mut pieces = Vec::with_capacity(tokens.len());
    let mut torn = Vec::new();
    for token in &tokens {
        torn.extend_from_slice(&O200K.decode(&[*token]));
        if let Ok(piece) = std::str::from_utf8(&torn) {
            pieces.push(piece.to_owned());
            torn.clear();
        }
    }
    Pieced { pieces, tokens: tokens.len() as u64, is_cut }
}

/// The same in one piece.
#[must_use]
pub fn whole(text: &str, limit: Option<u64>) -> Pieced {
    let count = count(text);
    if limit.is_some_and(|limit| count > limit) {
        let Pieced { pieces, tokens, is_cut } = pieces(text, limit);
        return Pieced { pieces: one(pieces.concat()), tokens, is_cut };
    }
    Pieced { pieces: one(text.to_owned()), tokens: count, is_cut: false }
}

fn one(text: String) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { vec![text] }
}

/// What [`pieces`] and [`whole`] find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieced {
    /// Joined they are the text, or the beginning of it.
    pub pieces: Vec<String>,
    /// How many tokens they are.
    pub tokens: u64,
    /// The text was longer than the limit.
    pub is_cut: bool,
}

//! Vectors: what is asked, and the mock's own answer. Similar texts lie near each other, and each vector has length 1.
//!
//! A vector is the sum of one direction for each word of the text, in lower case; the directions are drawn from the words
//! alone. So two texts are as near as the words that they share, in every run and with every seed.

use std::borrow::Cow;

use crate::script::{self, Reply};
use crate::tokens;

/// A request for vectors.
#[derive(Debug, Clone)]
pub struct Embed<'a> {
    /// The model asked.
    pub model: &'a str,
    /// In order.
    pub inputs: Vec<Input<'a>>,
    /// How long the vectors shall be; absent: as the model's are.
    pub dimensions: Option<usize>,
}

/// One thing to embed.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A text as the numbers of its tokens.
    Tokens(Vec<u64>),
}

/// One vector for each input, and what they cost.
#[derive(Debug, Clone)]
pub struct Vectors<'a> {
    /// The model's name as the reply tells it.
    pub model: Cow<'a, str>,
    /// The reply's id, where the script sets one.
    pub id: Option<&'a str>,
    /// In the order of the inputs.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all inputs.
    pub tokens: u64,
}

/// Length of the vectors where neither request nor model says one.
const LENGTH: usize = 1536;
/// The longest, whatever is asked: no model's are longer.
const LONGEST: usize = 8192;

impl<'a> Vectors<'a> {
    /// Settles a script's reply for this request. A vector that the script leaves out is the mock's own.
    #[must_use]
    pub fn new(embed: &Embed<'a>, reply: &'a Reply) -> Self {
        let scripted = reply.embeddings.as_deref().unwrap_or_default();
        let length = embed.dimensions.unwrap_or(LENGTH).min(LONGEST);
        let vector = |(at, input): (usize, &Input<'_>)| {
            scripted.get(at).map_or_else(|| own(input, length), |script::Vector(numbers)| numbers.clone())
        };
        Self {
            model: reply.model.as_deref().map_or(Cow::Borrowed(embed.model), Cow::Borrowed),
            id: reply.id.as_deref(),
            vectors: embed.inputs.iter().enumerate().map(vector).collect(),
            tokens: reply.usage.and_then(|usage| usage.prompt).unwrap_or_else(|| counted(&embed.inputs)),
        }
    }
}

fn counted(inputs: &[Input<'_>]) -> u64 {
    let count = |input: &Input<'_>| match input {
        Input::Text(text) => tokens::count(text),
        Input::Tokens(tokens) => tokens.len() as u64,
    };
    inputs.iter().map(count).sum()
}

fn own(input: &Input<'_>, length: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f32; length];
    let mut add = |word: &str| {
        let mut rng = fastrand::Rng::with_seed(seed(word));
        sum.iter_mut().for_each(|number| *number += rng.f32() - 0.5);
    };
    match input {
        Input::Text(text) => {
            let text = text.to_lowercase();
            let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
            let count = words.map(&mut add).count();
            if count == 0 {
                add(&text);
            }
        }
        Input::Tokens(tokens) => tokens.iter().for_each(|token| add(&token.to_string())),
    }
    let norm = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
    if norm > 0.0 {
        sum.iter_mut().for_each(|number| *number /= norm);
    }
    sum
}

/// [FNV-1a](http://www.isthe.com/chongo/tech/comp/fnv/): the same on every machine.
fn seed(word: &str) -> u64 {
    let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    word.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(text: &str) -> Vec<f32> {
        own(&Input::Text(text.into()), 256)
    }

    fn nearness(one: &[f32], other: &[f32]) -> f32 {
        one.iter().zip(other).map(|(one, other)| one * other).sum()
    }

    #[test]
    fn similar_texts_lie_near_each_other() {
        let cat = vector("The cat sat on the mat");
        let same = vector("the CAT sat on the mat!");
        let near = vector("A cat sat on a mat");
        let far = vector("Quarterly earnings rose sharply");
        assert!((nearness(&cat, &same) - 1.0).abs() < 1e-3);
        assert!(nearness(&cat, &near) > nearness(&cat, &far) + 0.3);
    }

    #[test]
    fn each_has_length_one() {
        for text in ["one", "", "  ", "日本", "a b c d e f g"] {
            let vector = vector(text);
            assert!((nearness(&vector, &vector) - 1.0).abs() < 1e-3, "{text}");
        }
    }
}

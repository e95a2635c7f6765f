//! Documents in the order of how much they have to do with a question.
//!
//! A score is the share of the question's words that a document has, and a little for how few others it has besides: between 0 and
//! 1, and the same in every run.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::script::Reply;
use crate::tokens;

/// A request to put documents in order.
#[derive(Debug, Clone)]
pub struct Rank<'a> {
    /// What the documents shall have to do with.
    pub query: Cow<'a, str>,
    /// In any order.
    pub documents: Vec<Cow<'a, str>>,
    /// So many of them at most.
    pub most: Option<usize>,
}

/// The documents in order, the best first.
#[derive(Debug, Clone)]
pub struct Ranking<'a> {
    /// The reply's id, where the script sets one.
    pub id: Option<&'a str>,
    /// As many as were asked for.
    pub ranked: Vec<Ranked>,
    /// What it costs: [a question with up to 100 documents](https://docs.cohere.com/docs/rate-limits), long ones counted in parts.
    pub search_units: u64,
}

/// A document's place among those that were sent, and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// From 0.
    pub index: usize,
    /// Between 0 and 1.
    pub score: f64,
}

/// Documents in a search unit.
const UNIT: u64 = 100;
/// Tokens of a document, the question included, that count as one.
const PART: u64 = 500;

impl<'a> Ranking<'a> {
    /// Settles a script's reply for this request. A score that the script leaves out is the mock's own.
    #[must_use]
    pub fn new(rank: &Rank<'_>, reply: &'a Reply) -> Self {
        let scripted = reply.scores.as_ref().map_or(&[][..], |scores| scores.0.as_slice());
        let question = words(&rank.query);
        let score = |(index, document): (usize, &Cow<'_, str>)| {
            let score = scripted.get(index).map(|score| written(*score));
            let score = score.unwrap_or_else(|| own(&question, &words(document)));
            Ranked { index, score }
        };
        let mut ranked: Vec<Ranked> = rank.documents.iter().enumerate().map(score).collect();
        ranked.sort_by(|one, other| other.score.total_cmp(&one.score));
        ranked.truncate(rank.most.unwrap_or(usize::MAX));
        Self { id: reply.id.as_deref(), ranked, search_units: search_units(rank) }
    }
}

/// The double that is written as the number is.
fn written(score: f32) -> f64 {
    score.to_string().parse().unwrap_or_default()
}

fn search_units(rank: &Rank<'_>) -> u64 {
    let question = tokens::count(&rank.query);
    let parts = |document: &Cow<'_, str>| (question + tokens::count(document)).div_ceil(PART).max(1);
    rank.documents.iter().map(parts).sum::<u64>().div_ceil(UNIT)
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a text has fewer words than a double has whole numbers")]
fn own(question: &BTreeSet<String>, document: &BTreeSet<String>) -> f64 {
    let shared = question.intersection(document).count() as f64;
    let all = question.union(document).count().max(1) as f64;
    let score = 0.9 * shared / question.len().max(1) as f64 + 0.1 * shared / all;
    // As many digits as services show.
    (score * 1e8).round() / 1e8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank<'a>(query: &'a str, documents: &[&'a str]) -> Rank<'a> {
        let documents = documents.iter().map(|document| Cow::Borrowed(*document)).collect();
        Rank { query: query.into(), documents, most: None }
    }

    fn order(rank: &Rank<'_>, reply: &Reply) -> Vec<usize> {
        Ranking::new(rank, reply).ranked.iter().map(|ranked| ranked.index).collect()
    }

    #[test]
    fn who_shares_more_words_stands_before_others_and_the_shorter_before_the_longer() {
        let asked = rank(
            "When does the ridge glow?",
            &[
                "Earnings rose.",
                "The ridge is far, says the guide.",
                "The RIDGE glows; when does it glow?",
                "the ridge",
            ],
        );
        assert_eq!(order(&asked, &Reply::default()), [2, 3, 1, 0]);
        assert_eq!(order(&Rank { most: Some(1), ..asked }, &Reply::default()), [2]);
    }

    #[test]
    fn a_script_may_say_the_scores() {
        let scores = Some(crate::script::Vector(vec![0.1, 0.9]));
        let reply = Reply { scores, ..Reply::default() };
        let asked = rank("c", &["a", "b", "c"]);
        assert_eq!(order(&asked, &reply), [2, 1, 0]);
        assert_eq!(Ranking::new(&asked, &reply).ranked[1].score.to_string(), "0.9");
    }

    #[test]
    fn a_search_unit_is_a_hundred_documents_and_long_ones_count_in_parts() {
        let many = vec!["a"; 101];
        let long = "word ".repeat(1_200);
        let units = |documents: &[&str]| Ranking::new(&rank("q", documents), &Reply::default()).search_units;
        assert_eq!((units(&many[..100]), units(&many), units(&[long.as_str(); 34])), (1, 2, 2));
    }
}

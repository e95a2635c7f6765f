//! What lies near a question: pieces of files, compared by the mock's own vectors.

use serde_json::{Value, json};

use super::{Hit, STORE, file};
use crate::answer::{Embed, Input, Vectors};
use crate::openai::files;
use crate::openai::resource::{id, items};
use crate::provider::Call;
use crate::script::{Failure, Reply};
use crate::tokens;

/// So many numbers tell texts apart well enough.
const LENGTH: usize = 256;

pub(super) fn asked(call: &Call<'_>) -> Result<Value, Failure> {
    let store = STORE.asked(call)?;
    let body = call.body;
    let queries: Vec<&str> = match &body["query"] {
        Value::String(query) => vec![query],
        queries => items(queries).iter().filter_map(Value::as_str).collect(),
    };
    let most = body["max_num_results"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(10);
    let least = body["ranking_options"]["score_threshold"].as_f64().unwrap_or_default();
    let mut found: Vec<Hit> = queries
        .iter()
        .flat_map(|query| ranked(call, &[id(&store).to_owned()], query, &body["filters"]))
        .collect();
    sort(&mut found);
    found.retain(|hit| hit.score >= least);
    let has_more = found.len() > most;
    found.truncate(most);
    let told = |hit: Hit| {
        json!({
            "file_id": hit.file_id,
            "filename": hit.name,
            "score": hit.score,
            "attributes": hit.attributes,
            "content": [{ "type": "text", "text": hit.text }],
        })
    };
    let data: Vec<_> = found.into_iter().map(told).collect();
    Ok(json!({
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": data,
        "has_more": has_more,
        "next_page": null,
    }))
}

/// The nearest pieces of all files in these stores.
pub(super) fn nearest(call: &Call<'_>, stores: &[String], question: &str, most: usize) -> Vec<Hit> {
    let mut found = ranked(call, stores, question, &Value::Null);
    sort(&mut found);
    found.truncate(most);
    found
}

fn sort(hits: &mut [Hit]) {
    hits.sort_by(|one, other| {
        other.score.total_cmp(&one.score).then_with(|| one.file_id.cmp(&other.file_id))
    });
}

fn ranked(call: &Call<'_>, stores: &[String], question: &str, filters: &Value) -> Vec<Hit> {
    let in_stores = |file: &Value| stores.iter().any(|store| file["vector_store_id"] == store.as_str());
    // A search waits for what is being read.
    file::look(call, in_stores);
    let read = file::of(call, |file| in_stores(file) && file["status"] == "completed");
    let asked = vector(question);
    let mut hits = Vec::new();
    for file in read.iter().filter(|file| fits(filters, &file["attributes"])) {
        let content = String::from_utf8_lossy(&files::bytes(call, id(file)).unwrap_or_default()).into_owned();
        let known = files::described(call, id(file)).unwrap_or_default();
        for text in chunks(&content, &file["chunking_strategy"]["static"]) {
            hits.push(Hit {
                file_id: id(file).to_owned(),
                name: known["filename"].as_str().unwrap_or_default().to_owned(),
                score: likeness(&asked, &vector(&text)),
                attributes: file["attributes"].clone(),
                text,
            });
        }
    }
    hits
}

fn vector(text: &str) -> Vec<f32> {
    let embed = Embed { model: "", inputs: vec![Input::Text(text.into())], dimensions: Some(LENGTH) };
    Vectors::new(&embed, &Reply::default()).vectors.pop().unwrap_or_default()
}

/// From 0, for what has nothing in common, to 1.
fn likeness(one: &[f32], other: &[f32]) -> f64 {
    let product: f64 = one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum();
    (product.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0
}

/// A text in pieces of so many tokens, which overlap by so many.
fn chunks(text: &str, strategy: &Value) -> Vec<String> {
    let number = |name: &str| strategy[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let size = number("max_chunk_size_tokens").unwrap_or(800).max(1);
    let step = size.saturating_sub(number("chunk_overlap_tokens").unwrap_or(400)).max(1);
    let tokens = tokens::split(text);
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < tokens.len() {
        let end = (start + size).min(tokens.len());
        chunks.push(String::from_utf8_lossy(&tokens[start..end].concat()).into_owned());
        if end == tokens.len() {
            break;
        }
        start += step;
    }
    chunks
}

/// Whether attributes are as a [filter](https://platform.openai.com/docs/guides/retrieval#attribute-filtering) wants them.
fn fits(filter: &Value, attributes: &Value) -> bool {
    let all = || items(&filter["filters"]).iter();
    let (own, wanted) = (&attributes[filter["key"].as_str().unwrap_or_default()], &filter["value"]);
    let compared = || own.as_f64().zip(wanted.as_f64()).and_then(|(own, wanted)| own.partial_cmp(&wanted));
    match filter["type"].as_str() {
        Some("and") => all().all(|filter| fits(filter, attributes)),
        Some("or") => all().any(|filter| fits(filter, attributes)),
        Some("eq") => own == wanted || compared().is_some_and(std::cmp::Ordering::is_eq),
        Some("ne") => own != wanted,
        Some("gt") => compared().is_some_and(std::cmp::Ordering::is_gt),
        Some("gte") => compared().is_some_and(std::cmp::Ordering::is_ge),
        Some("lt") => compared().is_some_and(std::cmp::Ordering::is_lt),
        Some("lte") => compared().is_some_and(std::cmp::Ordering::is_le),
        Some("in") => items(wanted).contains(own),
        Some("nin") => !items(wanted).contains(own),
        _ => true,
    }
}

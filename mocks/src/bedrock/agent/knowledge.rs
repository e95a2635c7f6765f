//! [Bases of knowledge](https://docs.aws.amazon.com/bedrock/latest/userguide/knowledge-base.html): texts in a bucket, found by the words that they share with a
//! question, and answers that cite them.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::answer::{Answer, Ask, Last, Rank, Ranking};
use crate::bedrock::frame;
use crate::cloud::aws::s3::{self, Objects};
use crate::provider::{Call, Event};
use crate::script::{Block, Failure, Kind, Reply};

/// The folder of a base in the bucket that is always there: `knowledge/<id>/`.
const BUCKET: &str = "touchstone";
/// What a base has that nobody has given anything.
const OWN: [&str; 3] = [
    "Bedrock is the firm rock that lies below loose soil and sediment.",
    "A touchstone is a dark stone on which metals leave a streak that tells how pure they are.",
    "An assay finds out how much of a metal is in an ore.",
];
/// So many are found, where the request does not say.
const MOST: usize = 5;
const SESSION: &str = "knowledge-session";

/// One text, and where it lies.
struct Passage {
    uri: String,
    text: String,
}

/// All that a base has, in the order of their names.
fn passages(call: &Call<'_>, base: &str) -> Vec<Passage> {
    let objects = Objects::new(call.inner.beside(s3::NAME));
    let found = objects.list(BUCKET, &format!("knowledge/{base}/")).into_iter();
    let mut found: Vec<Passage> = found
        .map(|(key, object)| Passage {
            uri: format!("s3://{BUCKET}/{key}"),
            text: String::from_utf8_lossy(&object.bytes()).into_owned(),
        })
        .collect();
    if found.is_empty() {
        found.extend(OWN.iter().enumerate().map(|(number, text)| Passage {
            uri: format!("s3://{BUCKET}/knowledge/{base}/{}.txt", number + 1),
            text: (*text).to_owned(),
        }));
    }
    found
}

/// What is asked of which base, and how much of it is wanted.
struct Search<'a> {
    base: String,
    query: &'a str,
    most: usize,
}

impl<'a> Search<'a> {
    fn of(call: &Call<'a>) -> Self {
        let body = call.body;
        let knowledge = &body["retrieveAndGenerateConfiguration"]["knowledgeBaseConfiguration"];
        let own = call.found.and_then(|found| found.parameter("knowledgeBaseId"));
        let base =
            own.unwrap_or_else(|| knowledge["knowledgeBaseId"].as_str().unwrap_or_default().to_owned());
        let query =
            body["retrievalQuery"]["text"].as_str().or(body["input"]["text"].as_str()).unwrap_or_default();
        let most = [body, knowledge].iter().find_map(|place| {
            place["retrievalConfiguration"]["vectorSearchConfiguration"]["numberOfResults"].as_u64()
        });
        let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(MOST);
        Self { base, query, most }
    }

    fn rank(&self, passages: &[Passage]) -> Rank<'a> {
        let documents = passages.iter().map(|passage| Cow::Owned(passage.text.clone())).collect();
        Rank { query: Cow::Borrowed(self.query), documents, most: Some(self.most) }
    }
}

pub(super) fn rank<'a>(call: &Call<'a>) -> Rank<'a> {
    let search = Search::of(call);
    search.rank(&passages(call, &search.base))
}

/// The body of what was found.
pub(super) fn ranked(call: &Call<'_>, ranking: &Ranking<'_>) -> Value {
    let search = Search::of(call);
    let passages = passages(call, &search.base);
    let found = ranking.ranked.iter().map(|ranked| {
        let mut result = reference(&search.base, &passages[ranked.index], ranked.index);
        result["score"] = ranked.score.into();
        result
    });
    json!({ "retrievalResults": found.collect::<Vec<_>>() })
}

fn reference(base: &str, passage: &Passage, number: usize) -> Value {
    json!({
        "content": { "text": passage.text, "type": "TEXT" },
        "location": { "s3Location": { "uri": passage.uri }, "type": "S3" },
        "metadata": {
            "x-amz-bedrock-kb-chunk-id": format!("1%3A0%3A{base}{number:02}"),
            "x-amz-bedrock-kb-data-source-id": "TOUCHSTONE",
            "x-amz-bedrock-kb-source-uri": passage.uri,
        },
    })
}

/// A session that goes on must have begun; only bases are asked here.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let invalid = |message: String| Err(Failure::new(Kind::InvalidRequest, message));
    if let Some(session) = call.body["sessionId"].as_str()
        && !call.shelf.has(SESSION, session)
    {
        return invalid(format!("Session with Id {session} is not valid. Please check and try again."));
    }
    let configuration = &call.body["retrieveAndGenerateConfiguration"];
    if call.body.get("input").is_some() && configuration["knowledgeBaseConfiguration"].is_null() {
        let member = "retrieveAndGenerateConfiguration.knowledgeBaseConfiguration";
        return invalid(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ));
    }
    Ok(())
}

/// What the model is asked together with what was found.
pub(super) fn ask<'a>(call: &Call<'a>, stream: bool) -> Ask<'a> {
    let search = Search::of(call);
    let knowledge = &call.body["retrieveAndGenerateConfiguration"]["knowledgeBaseConfiguration"];
    let settings = &knowledge["generationConfiguration"]["inferenceConfig"]["textInferenceConfig"];
    let stop = settings["stopSequences"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut texts = vec![Cow::Borrowed(search.query)];
    texts.extend(passages(call, &search.base).into_iter().map(|passage| Cow::Owned(passage.text)));
    Ask {
        model: knowledge["modelArn"].as_str().unwrap_or_default(),
        texts,
        last: Last::Said(Cow::Borrowed(search.query)),
        limit: settings["maxTokens"].as_u64(),
        stop: stop.collect(),
        choices: 1,
        stream,
        ..Ask::default()
    }
}

/// The session, which begins with its first question.
pub(super) fn session(call: &Call<'_>) -> String {
    let session = call.body["sessionId"].as_str().map_or_else(|| call.draw.uuid("session"), str::to_owned);
    call.shelf.put(SESSION, &session, &true);
    session
}

pub(super) fn whole(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let text = super::said(answer).concat();
    json!({ "citations": [citation(call, &text)], "output": { "text": text }, "sessionId": session(call) })
}

/// Pieces of text, and in the end from what they were made.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let said = super::said(answer);
    let citation = citation(call, &said.concat());
    let mut events: Vec<Event> =
        said.iter().map(|text| frame::event("output", json!({ "text": text }).to_string())).collect();
    let mut payload = citation.clone();
    payload["citation"] = citation;
    events.push(frame::event("citation", payload.to_string()));
    events
}

/// The whole text, with what shares words with the question.
fn citation(call: &Call<'_>, text: &str) -> Value {
    let search = Search::of(call);
    let passages = passages(call, &search.base);
    let own = Reply::default();
    let rank = search.rank(&passages);
    let found = Ranking::new(&rank, &own).ranked.into_iter().filter(|ranked| ranked.score > 0.0);
    let references: Vec<Value> =
        found.map(|ranked| reference(&search.base, &passages[ranked.index], ranked.index)).collect();
    let span = json!({ "start": 0, "end": text.chars().count().saturating_sub(1) });
    json!({
        "generatedResponsePart": { "textResponsePart": { "span": span, "text": text } },
        "retrievedReferences": references,
    })
}

/// The pieces of what is said, without thoughts and calls.
pub(super) fn pieces(block: &Block) -> Vec<String> {
    match block {
        Block::Text(text) | Block::Refusal(text) => text.0.clone(),
        Block::Reasoning(_) | Block::ToolCall(_) => Vec::new(),
    }
}

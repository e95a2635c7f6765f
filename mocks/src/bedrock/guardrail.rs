//! [ApplyGuardrail](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html): a guardrail by itself.
//!
//! Every id and version is one guardrail, which finds the same things each time:
//!
//! | policy | what trips it | what it does |
//! |---|---|---|
//! | topic `mocked` | a script that finishes with `guardrail` | blocks |
//! | content, `PROMPT_ATTACK` | `ignore all previous instructions`, in what goes in | blocks |
//! | words | the word `forbiddenword` | blocks |
//! | sensitive information | a social security number of the USA, as `123-45-6789` | blocks |
//! | the same | an address of electronic mail | writes `{EMAIL}` in its place |
//! | contextual grounding, with a source and a query, in what comes out | half of the words are not the source's, or half of the query's not in it | blocks |

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::media::look::Kind as Media;
use crate::provider::Call;
use crate::script::{Failure, Finish, Kind, Reply};

pub(super) const APPLY: &str = "ApplyGuardrail";

const ATTACK: &str = "ignore all previous instructions";
const WORD: &str = "forbiddenword";
/// What is said in the place of what is blocked: the words of AWS's console where nobody chose others.
const BLOCKED: &str = "Sorry, the model cannot answer this question.";
/// Scores below it are blocked.
const THRESHOLD: f64 = 0.5;
/// Characters of a unit that is paid for. <https://aws.amazon.com/bedrock/pricing/>
const UNIT: usize = 1_000;

/// Pictures must be such.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    for picture in contents(call).filter_map(|content| content["image"]["source"]["bytes"].as_str()) {
        let bytes = BASE64_STANDARD.decode(picture).unwrap_or_default();
        if !matches!(Media::of(&bytes), Some(Media::Png | Media::Jpeg)) {
            let message = "The provided image is not a valid image. Please provide a PNG or JPEG.";
            return Err(Failure::new(Kind::InvalidRequest, message));
        }
    }
    Ok(())
}

/// The body of an answer.
pub(super) fn body(call: &Call<'_>, reply: &Reply) -> Value {
    let texts = Texts::of(call);
    let found = Found::new(call, &texts, reply.finish == Some(Finish::Guardrail));
    let pictures = contents(call).filter(|content| content.get("image").is_some()).count();
    let total = texts.characters(|_| true);
    let guarded = texts.characters(|text| text.is_guarded);
    let mut coverage = json!({ "textCharacters": { "guarded": guarded, "total": total } });
    if pictures > 0 {
        coverage["images"] = json!({ "guarded": pictures, "total": pictures });
    }
    let units = guarded.div_ceil(UNIT);
    let grounding = if found.grounding.is_some() { total.div_ceil(UNIT) } else { 0 };
    let mut usage = usage(&[
        ("topicPolicyUnits", units),
        ("contentPolicyUnits", units),
        ("wordPolicyUnits", units),
        ("sensitiveInformationPolicyUnits", units),
        ("contextualGroundingPolicyUnits", grounding),
    ]);
    if pictures > 0 {
        usage["contentPolicyImageUnits"] = pictures.into();
    }
    let mut assessment = Value::Object(found.policies(call.body["outputScope"] == "FULL"));
    assessment["invocationMetrics"] = json!({
        "guardrailProcessingLatency": 100 + call.draw.number("guardrail latency", 200),
        "usage": usage,
        "guardrailCoverage": coverage,
    });
    let (action, reason, outputs) = found.outcome(&texts);
    let outputs: Vec<_> = outputs.into_iter().map(|text| json!({ "text": text })).collect();
    json!({
        "usage": usage,
        "action": action,
        "actionReason": reason,
        "outputs": outputs,
        "assessments": [assessment],
        "guardrailCoverage": coverage,
    })
}

/// What is paid for, by name; the rest is nothing.
pub(super) fn usage(units: &[(&str, usize)]) -> Value {
    let names = [
        "topicPolicyUnits",
        "contentPolicyUnits",
        "wordPolicyUnits",
        "sensitiveInformationPolicyUnits",
        "sensitiveInformationPolicyFreeUnits",
        "contextualGroundingPolicyUnits",
    ];
    let count = |name: &str| units.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count);
    names.into_iter().map(|name| (name.to_owned(), Value::from(count(name)))).collect()
}

fn contents<'a>(call: &Call<'a>) -> impl Iterator<Item = &'a Value> + use<'a> {
    call.body["content"].as_array().into_iter().flatten()
}

/// One text, and what it is for.
struct Text<'a> {
    text: &'a str,
    is_guarded: bool,
    is_source: bool,
    is_query: bool,
}

struct Texts<'a>(Vec<Text<'a>>);

impl<'a> Texts<'a> {
    fn of(call: &Call<'a>) -> Self {
        let read = |block: &'a Value| {
            let qualifiers = block["qualifiers"].as_array().map_or(&[][..], Vec::as_slice);
            let is = |name: &str| qualifiers.iter().any(|qualifier| qualifier == name);
            Some(Text {
                text: block["text"].as_str()?,
                is_guarded: qualifiers.is_empty() || is("guard_content"),
                is_source: is("grounding_source"),
                is_query: is("query"),
            })
        };
        Self(contents(call).filter_map(|content| read(&content["text"])).collect())
    }

    fn characters(&self, which: impl Fn(&Text<'a>) -> bool) -> usize {
        self.0.iter().filter(|text| which(text)).map(|text| text.text.chars().count()).sum()
    }

    fn guarded(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|text| text.is_guarded).map(|text| text.text)
    }

    /// The words of some of them, in lower case.
    fn words(&self, which: impl Fn(&Text<'a>) -> bool) -> HashSet<String> {
        let words = self.0.iter().filter(|text| which(text)).flat_map(|text| words(text.text));
        words.map(str::to_lowercase).collect()
    }
}

/// What the guardrail found.
struct Found {
    topic: bool,
    attack: bool,
    word: bool,
    numbers: Vec<String>,
    addresses: Vec<String>,
    /// How much of the answer is the source's, and how much of the query is in the answer.
    grounding: Option<[(&'static str, f64); 2]>,
}

impl Found {
    fn new(call: &Call<'_>, texts: &Texts<'_>, topic: bool) -> Self {
        let is_input = call.body["source"] == "INPUT";
        let all = || texts.guarded().flat_map(words);
        let some = |is: fn(&str) -> bool| all().filter(|word| is(word)).map(str::to_owned).collect();
        Self {
            topic,
            attack: is_input && texts.guarded().any(|text| text.to_lowercase().contains(ATTACK)),
            word: all().any(|word| word.eq_ignore_ascii_case(WORD)),
            numbers: some(is_number),
            addresses: some(is_address),
            grounding: if is_input { None } else { grounding(texts) },
        }
    }

    fn blocks(&self) -> bool {
        let is_ungrounded =
            self.grounding.is_some_and(|scores| scores.iter().any(|(_, score)| *score < THRESHOLD));
        self.topic || self.attack || self.word || !self.numbers.is_empty() || is_ungrounded
    }

    /// What it did, why, and what is to be said.
    fn outcome(&self, texts: &Texts<'_>) -> (&'static str, &'static str, Vec<String>) {
        if self.blocks() {
            return ("GUARDRAIL_INTERVENED", "Guardrail blocked.", vec![BLOCKED.to_owned()]);
        }
        if self.addresses.is_empty() {
            return ("NONE", "No action.", Vec::new());
        }
        ("GUARDRAIL_INTERVENED", "Guardrail masked.", texts.guarded().map(masked).collect())
    }

    /// By policy; `all`: also what it looked for in vain.
    fn policies(&self, all: bool) -> Map<String, Value> {
        let action = |detected: bool| if detected { "BLOCKED" } else { "NONE" };
        let mut policies = Map::new();
        let mut put = |name: &str, is_there: bool, policy: Value| {
            if is_there || all {
                policies.insert(name.to_owned(), policy);
            }
        };
        let topic =
            json!({ "name": "mocked", "type": "DENY", "action": action(self.topic), "detected": self.topic });
        put("topicPolicy", self.topic, json!({ "topics": [topic] }));
        let confidence = if self.attack { "HIGH" } else { "NONE" };
        let filter = json!({ "type": "PROMPT_ATTACK", "confidence": confidence, "filterStrength": "HIGH", "action": action(self.attack), "detected": self.attack });
        put("contentPolicy", self.attack, json!({ "filters": [filter] }));
        let word = json!({ "match": WORD, "action": action(self.word), "detected": self.word });
        put("wordPolicy", self.word, json!({ "customWords": [word], "managedWordLists": [] }));
        let entity = |found: &String, kind: &str, action: &str| json!({ "match": found, "type": kind, "action": action, "detected": true });
        let numbers = self.numbers.iter().map(|found| entity(found, "US_SOCIAL_SECURITY_NUMBER", "BLOCKED"));
        let addresses = self.addresses.iter().map(|found| entity(found, "EMAIL", "ANONYMIZED"));
        let entities: Vec<_> = numbers.chain(addresses).collect();
        put(
            "sensitiveInformationPolicy",
            !entities.is_empty(),
            json!({ "piiEntities": entities, "regexes": [] }),
        );
        if let Some(scores) = self.grounding {
            let filters = scores.map(|(kind, score)| {
                let detected = score < THRESHOLD;
                json!({ "type": kind, "threshold": THRESHOLD, "score": score, "action": action(detected), "detected": detected })
            });
            put("contextualGroundingPolicy", true, json!({ "filters": filters }));
        }
        policies
    }
}

/// Where there is a source, a query and something that was answered to it.
fn grounding(texts: &Texts<'_>) -> Option<[(&'static str, f64); 2]> {
    let source = texts.words(|text| text.is_source);
    let query = texts.words(|text| text.is_query);
    let answer = texts.words(|text| text.is_guarded);
    let share = |part: &HashSet<String>, of: &HashSet<String>| {
        let common = u32::try_from(part.intersection(of).count()).unwrap_or(u32::MAX);
        let all = u32::try_from(part.len()).unwrap_or(u32::MAX);
        f64::from(common) / f64::from(all.max(1))
    };
    let is_whole = ![&source, &query, &answer].iter().any(|words| words.is_empty());
    is_whole.then(|| [("GROUNDING", share(&answer, &source)), ("RELEVANCE", share(&query, &answer))])
}

/// A text with a name in the place of each address.
fn masked(text: &str) -> String {
    let mask = |piece: &str| match words(piece).next() {
        Some(word) if is_address(word) => piece.replacen(word, "{EMAIL}", 1),
        _ => piece.to_owned(),
    };
    text.split_inclusive(char::is_whitespace).map(mask).collect()
}

/// Between spaces, without the marks at their ends.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words =
        text.split_whitespace().map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    words.filter(|word| !word.is_empty())
}

fn is_number(word: &str) -> bool {
    let parts: Vec<_> =
        word.split('-').map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_digit()))).collect();
    parts == [(3, true), (2, true), (4, true)]
}

fn is_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_within_another_is_left_alone() {
        assert_eq!(masked("To a@b.co, xa@b.com\n (a@b.co)!"), "To {EMAIL}, {EMAIL}\n ({EMAIL})!");
        assert_eq!(masked("  a@b  nobody "), "  a@b  nobody ");
    }
}

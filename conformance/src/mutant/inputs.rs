//! What is to be embedded, on its way to the provider, with one thing wrong.

use serde_json::json;

use super::alike::{NO_USER, OTHER_MODEL, STRANGER, TEXT_UPSTREAM, TWICE, WOLF, WRONG_KEY};
use super::message::text;
use super::prompts::digits;
use super::{Change, Mutant};

const PLAIN: &[&str] = &["embeddings.vectors.one@*/openai/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "input-with-a-stranger",
        requirement: "embeddings.request.valid",
        breaks: "A member of the gateway's own stands in the request upstream.",
        plays: PLAIN,
        changes: STRANGER,
    },
    Mutant {
        id: "embeds-twice",
        requirement: "embeddings.request.once",
        breaks: "Every request is sent twice.",
        plays: PLAIN,
        changes: TWICE,
    },
    Mutant {
        id: "embeds-elsewhere",
        requirement: "embeddings.request.endpoint",
        breaks: "The request goes to a path of the provider that is no operation.",
        plays: PLAIN,
        changes: &[Change::Upstream(|request| request.path = request.path.replace("/embeddings", "/embed"))],
    },
    Mutant {
        id: "embeds-with-the-wrong-key",
        requirement: "embeddings.request.auth",
        breaks: "The request upstream carries a key that opens nothing.",
        plays: PLAIN,
        changes: WRONG_KEY,
    },
    Mutant {
        id: "calls-input-text",
        requirement: "embeddings.request.content-type",
        breaks: "The request upstream says that it is text.",
        plays: PLAIN,
        changes: TEXT_UPSTREAM,
    },
    Mutant {
        id: "embeds-by-another-model",
        requirement: "embeddings.request.model",
        breaks: "Another model than the configured one is asked.",
        plays: PLAIN,
        changes: OTHER_MODEL,
    },
    Mutant {
        id: "asks-for-floats-itself",
        requirement: "embeddings.request.same-dialect",
        breaks: "Between equal dialects base64 is asked for as numbers.",
        plays: &["embeddings.vectors.base64@*/openai/whole"],
        changes: &[Change::Upstream(|request| request.json(|body| body["encoding_format"] = json!("float")))],
    },
    Mutant {
        id: "adds-an-input",
        requirement: "embeddings.request.input",
        breaks: "A text of the gateway's own is embedded beside the client's.",
        plays: &["embeddings.vectors.one@*/ollama/whole"],
        changes: &[Change::Upstream(|request| {
            request.json(|body| body["input"] = json!([body["input"].clone(), "warm-up"]));
        })],
    },
    Mutant {
        id: "lowers-case",
        requirement: "embeddings.request.text.unchanged",
        breaks: "Texts are put in lower case before they are embedded.",
        plays: &["embeddings.vectors.one@*/gemini/whole"],
        changes: &[Change::Request(|request| {
            request.json(|body| text(&mut body["input"], str::to_lowercase));
        })],
    },
    Mutant {
        id: "embeds-no-text-twice",
        requirement: "embeddings.request.inputs",
        breaks: "A text that was there before is left out.",
        plays: &["embeddings.inputs.same-twice@*/ollama/whole"],
        changes: &[Change::Request(|request| {
            request.json(|body| drop(body["input"].as_array_mut().map(Vec::pop)));
        })],
    },
    Mutant {
        id: "embeds-digits",
        requirement: "embeddings.request.tokens",
        breaks: "Tokens are sent as a text of digits.",
        plays: &["embeddings.inputs.tokens@*/ollama/whole"],
        changes: &[Change::Request(|request| request.json(digits))],
    },
    Mutant {
        id: "forgets-dimensions",
        requirement: "embeddings.request.dimensions",
        breaks: "dimensions are left out without a word.",
        plays: &["embeddings.vectors.dimensions@*/gemini/whole"],
        changes: &[Change::Request(|request| request.forget("dimensions"))],
    },
    Mutant {
        id: "embeds-all-as-documents",
        requirement: "embeddings.request.input-type",
        breaks: "What vectors are for is overlooked.",
        plays: &["embeddings.inputs.type@*/bedrock-cohere/whole"],
        changes: &[Change::Request(|request| request.forget("input_type"))],
    },
    Mutant {
        id: "gives-up-the-user-of-vectors",
        requirement: "embeddings.request.user",
        breaks: "user is left out without a word.",
        plays: &["embeddings.inputs.user@*/openai/whole"],
        changes: NO_USER,
    },
    Mutant {
        id: "loses-dimensions",
        requirement: "embeddings.request.nothing-lost",
        breaks: "A member that has a place vanishes without a word.",
        plays: &["embeddings.vectors.dimensions@*/gemini/whole"],
        changes: &[Change::Request(|request| request.forget("dimensions"))],
    },
    Mutant {
        id: "loses-the-user-of-vectors",
        requirement: "embeddings.request.nothing-silent",
        breaks: "A member that has no place vanishes without a word.",
        plays: &["embeddings.inputs.user@*/gemini/whole"],
        changes: NO_USER,
    },
    Mutant {
        id: "cries-wolf-over-vectors",
        requirement: "embeddings.request.dropped.true",
        breaks: "A member that nobody sent is named as dropped.",
        plays: PLAIN,
        changes: WOLF,
    },
];

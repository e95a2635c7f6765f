//! Prompts on their way to the provider, with one thing wrong.

use serde_json::{Value, json};

use super::alike::{NO_USER, OTHER_MODEL, STRANGER, TEXT_UPSTREAM, TWICE, WOLF, WRONG_KEY};
use super::message::text;
use super::{Change, Mutant};

const PLAIN: &[&str] = &["completions.text.plain@*/openai/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "prompt-with-a-stranger",
        requirement: "completions.request.valid",
        breaks: "A member of the gateway's own stands in the request upstream.",
        plays: PLAIN,
        changes: STRANGER,
    },
    Mutant {
        id: "prompts-twice",
        requirement: "completions.request.once",
        breaks: "Every request is sent twice.",
        plays: PLAIN,
        changes: TWICE,
    },
    Mutant {
        id: "completes-whole-only",
        requirement: "completions.request.endpoint",
        breaks: "The provider is asked for a whole reply where the client streams.",
        plays: &["completions.text.plain@*/openai/stream"],
        changes: &[Change::Upstream(|request| {
            request.json(|body| body["stream"] = json!(false));
            request.forget("stream_options");
        })],
    },
    Mutant {
        id: "prompts-with-the-wrong-key",
        requirement: "completions.request.auth",
        breaks: "The request upstream carries a key that opens nothing.",
        plays: PLAIN,
        changes: WRONG_KEY,
    },
    Mutant {
        id: "calls-prompts-text",
        requirement: "completions.request.content-type",
        breaks: "The request upstream says that it is text.",
        plays: PLAIN,
        changes: TEXT_UPSTREAM,
    },
    Mutant {
        id: "prompts-another-model",
        requirement: "completions.request.model",
        breaks: "Another model than the configured one is asked.",
        plays: PLAIN,
        changes: OTHER_MODEL,
    },
    Mutant {
        id: "rounds-the-penalty",
        requirement: "completions.request.same-dialect",
        breaks: "A penalty reaches a provider of the same dialect as another number.",
        plays: &["completions.parameters.many@*/openai/whole"],
        changes: &[Change::Upstream(|request| request.json(|body| body["presence_penalty"] = json!(1)))],
    },
    Mutant {
        id: "adds-an-instruction",
        requirement: "completions.request.prompt",
        breaks: "The provider's chat gets a system text of the gateway's own with the prompt.",
        plays: &["completions.text.plain@*/gemini/whole"],
        changes: &[Change::Upstream(|request| {
            request.json(|body| body["systemInstruction"] = json!({"parts": [{"text": "Complete this."}]}));
        })],
    },
    Mutant {
        id: "trims-prompts",
        requirement: "completions.request.text.unchanged",
        breaks: "White space within a prompt is made one space.",
        plays: &["completions.text.lines@*/ollama/whole"],
        changes: &[Change::Request(|request| {
            request.json(|body| {
                text(&mut body["prompt"], |text| text.split_whitespace().collect::<Vec<_>>().join(" "));
            });
        })],
    },
    Mutant {
        id: "joins-prompts",
        requirement: "completions.request.prompts",
        breaks: "Several prompts are joined to one.",
        plays: &["completions.prompts.several@*/openai/whole"],
        changes: &[Change::Request(|request| {
            request.json(|body| {
                let texts = body["prompt"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let joined = texts.collect::<Vec<_>>().join("\n");
                body["prompt"] = json!(joined);
            });
        })],
    },
    Mutant {
        id: "sends-tokens-as-digits",
        requirement: "completions.request.tokens",
        breaks: "Tokens are sent as a text of digits.",
        plays: &["completions.prompts.tokens@*/ollama/whole"],
        changes: &[Change::Request(|request| request.json(digits))],
    },
    Mutant {
        id: "forgets-max-tokens-of-completions",
        requirement: "completions.request.max-tokens",
        breaks: "max_tokens is left out.",
        plays: &["completions.parameters.max-tokens@*/bedrock/whole"],
        changes: &[Change::Request(|request| request.forget("max_tokens"))],
    },
    Mutant {
        id: "takes-zero-for-nothing-in-completions",
        requirement: "completions.request.temperature",
        breaks: "A temperature of 0 is left out.",
        plays: &["completions.parameters.temperature-zero@*/gemini/whole"],
        changes: &[Change::Request(|request| request.forget("temperature"))],
    },
    Mutant {
        id: "forgets-top-p-of-completions",
        requirement: "completions.request.top-p",
        breaks: "top_p is left out.",
        plays: &["completions.parameters.top-p@*/gemini/whole"],
        changes: &[Change::Request(|request| request.forget("top_p"))],
    },
    Mutant {
        id: "knows-stop-lists-only-in-completions",
        requirement: "completions.request.stop",
        breaks: "stop is left out where it is one string.",
        plays: &["completions.parameters.stop-string@*/bedrock/whole"],
        changes: &[Change::Request(|request| request.forget("stop"))],
    },
    Mutant {
        id: "gives-up-the-user-of-completions",
        requirement: "completions.request.user",
        breaks: "user is left out without a word.",
        plays: &["completions.parameters.user@*/openai/whole"],
        changes: NO_USER,
    },
    Mutant {
        id: "completes-at-the-end-only",
        requirement: "completions.request.suffix",
        breaks: "suffix is left out.",
        plays: &["completions.parameters.suffix@*/openai/whole"],
        changes: &[Change::Request(|request| request.forget("suffix"))],
    },
    Mutant {
        id: "forgets-the-seed-of-completions",
        requirement: "completions.request.nothing-lost",
        breaks: "seed is left out without a word.",
        plays: &["completions.parameters.many@*/ollama/whole"],
        changes: &[Change::Request(|request| request.forget("seed"))],
    },
    Mutant {
        id: "forgets-who-completes",
        requirement: "completions.request.nothing-silent",
        breaks: "user, for which the provider has no place, is left out without a word.",
        plays: &["completions.parameters.user@*/ollama/whole"],
        changes: NO_USER,
    },
    Mutant {
        id: "cries-wolf-over-completions",
        requirement: "completions.request.dropped.true",
        breaks: "A member that reached the provider is named as dropped.",
        plays: &["completions.parameters.temperature@*/openai/whole"],
        changes: WOLF,
    },
];

/// Tokens as the digits that they are written with.
pub(super) fn digits(body: &mut Value) {
    for name in ["prompt", "input"] {
        if let Some(tokens) = body[name].as_array() {
            let digits = tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            // The provider's request is found by the marker, which stands beside tokens.
            body[name] = json!(format!("{digits} {}", body["user"].as_str().unwrap_or_default()));
        }
    }
}

//! The reply as the client has it in the end, with one thing wrong.

use serde_json::json;

use super::message::{remove, text};
use super::{Change, Mutant, Wire};

const WHOLE: &[&str] = &["chat.text.plain@openai.chat/openai/whole"];
const THOUGHT: &[&str] = &["chat.reasoning.text@openai.chat/anthropic/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "never-ends-in-order",
        requirement: "chat.reply.ok",
        breaks: "The connection breaks after the last byte, before the body is complete.",
        plays: &["chat.text.plain@openai.chat/openai/stream"],
        changes: &[Change::Wire(Wire::Unended)],
    },
    Mutant {
        id: "calls-the-reply-text",
        requirement: "chat.reply.content-type",
        breaks: "A whole reply is text/plain.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.set("content-type", "text/plain"))],
    },
    Mutant {
        id: "is-another-object",
        requirement: "chat.reply.schema",
        breaks: "The reply says that it is a text_completion.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.json(|body| body["object"] = json!("text_completion")))],
    },
    Mutant {
        id: "leaves-out-what-is-null",
        requirement: "chat.reply.nullables",
        breaks: "A refusal that is null is left out.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.said(|said| remove(said, "refusal")))],
    },
    Mutant {
        id: "adds-a-word",
        requirement: "chat.reply.text",
        breaks: "The gateway adds a word of its own.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| {
            reply.said(|said| text(&mut said["content"], |text| format!("{text} Bye.")));
        })],
    },
    Mutant {
        id: "parts-blocks",
        requirement: "chat.reply.text.blocks",
        breaks: "A line feed stands between text blocks.",
        plays: &["chat.text.blocks@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| {
            reply.said(|said| text(&mut said["content"], |text| text.replace(" and", "\n and")));
        })],
    },
    Mutant {
        id: "cuts-characters",
        requirement: "chat.reply.text.unicode",
        breaks: "Characters of several bytes become replacement characters.",
        plays: &["chat.text.unicode@openai.chat/openai/stream"],
        changes: &[Change::Reply(|reply| {
            let ascii = |c: char| if c.is_ascii() { c } else { '\u{fffd}' };
            reply.said(|said| text(&mut said["content"], |text| text.chars().map(ascii).collect()));
        })],
    },
    Mutant {
        id: "fills-the-void",
        requirement: "chat.reply.text.empty",
        breaks: "An answer of nothing becomes a sentence.",
        plays: &["chat.text.no-content@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| reply.said(|said| said["content"] = json!("(no content)")))],
    },
    Mutant {
        id: "has-no-id",
        requirement: "chat.reply.id",
        breaks: "The id is empty.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.json(|body| body["id"] = json!("")))],
    },
    Mutant {
        id: "has-no-time",
        requirement: "chat.reply.created",
        breaks: "created is 0.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.json(|body| body["created"] = json!(0)))],
    },
    Mutant {
        id: "has-no-model",
        requirement: "chat.reply.model",
        breaks: "The name of the model is empty.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.json(|body| body["model"] = json!("")))],
    },
    Mutant {
        id: "always-stops",
        requirement: "chat.reply.finish",
        breaks: "The finish reason is always stop.",
        plays: &["chat.finish.length@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["choices"][0]["finish_reason"] = json!("stop"));
        })],
    },
    Mutant {
        id: "passes-native-finish",
        requirement: "chat.reply.finish.known",
        breaks: "The finish reason is the provider's own word.",
        plays: &["chat.text.plain@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["choices"][0]["finish_reason"] = json!("end_turn"));
        })],
    },
    Mutant {
        id: "says-200-to-a-blocked-prompt",
        requirement: "chat.reply.blocked",
        breaks: "A prompt that the provider blocked is an error object with status 200.",
        plays: &["chat.finish.prompt-blocked@openai.chat/gemini/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| *body = json!({"error": {"message": "blocked", "type": null, "code": null}}));
        })],
    },
    Mutant {
        id: "takes-refusals-for-text",
        requirement: "chat.reply.refusal",
        breaks: "A refusal reaches the client as content.",
        plays: &["chat.finish.refusal@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| {
            reply.said(|said| {
                said["content"] = said["refusal"].take();
            });
        })],
    },
    Mutant {
        id: "hides-its-thoughts",
        requirement: "chat.reply.reasoning.text",
        breaks: "Reasoning text does not reach the client.",
        plays: THOUGHT,
        changes: &[Change::Reply(|reply| reply.said(|said| remove(said, "reasoning_content")))],
    },
    Mutant {
        id: "thinks-aloud",
        requirement: "chat.reply.reasoning.apart",
        breaks: "Reasoning stands in the content.",
        plays: THOUGHT,
        changes: &[Change::Reply(|reply| {
            reply.said(|said| {
                let thought = said["reasoning_content"].as_str().unwrap_or_default().to_owned();
                text(&mut said["content"], |text| format!("{thought}{text}"));
            });
        })],
    },
    Mutant {
        id: "loses-signature",
        requirement: "chat.reply.reasoning.signature",
        breaks: "The signature over reasoning does not reach the client.",
        plays: THOUGHT,
        changes: &[Change::Reply(|reply| reply.said(|said| remove(said, "thinking_blocks")))],
    },
];

//! Who said what, told to the provider otherwise.

use serde_json::{Value, json};

use super::message::{Message, remove, text};
use super::{Change, Mutant};

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "forgets-system",
        requirement: "chat.request.system.kept",
        breaks: "The system message is left out.",
        plays: &["chat.messages.system@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            request.messages(|messages| messages.retain(|message| message["role"] != "system"));
        })],
    },
    Mutant {
        id: "keeps-first-system",
        requirement: "chat.request.system.several",
        breaks: "Of several system messages the first is kept.",
        plays: &["chat.messages.systems@openai.chat/bedrock/whole"],
        changes: &[Change::Request(keep_first_system)],
    },
    Mutant {
        id: "takes-developers-for-users",
        requirement: "chat.request.system.developer",
        breaks: "A developer message is sent as a user's.",
        plays: &["chat.messages.developer@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            request.messages(|messages| {
                let developers = messages.iter_mut().filter(|message| message["role"] == "developer");
                developers.for_each(|message| message["role"] = json!("user"));
            });
        })],
    },
    Mutant {
        id: "forgets-later-system",
        requirement: "chat.request.system.mid-conversation",
        breaks: "A system message in the middle of the conversation is left out.",
        plays: &["chat.messages.system-later@openai.chat/anthropic/whole"],
        changes: &[Change::Request(keep_first_system)],
    },
    Mutant {
        id: "begins-by-itself",
        requirement: "chat.request.turns.kept",
        breaks: "A user turn and an answer that nobody said stand before the conversation.",
        plays: &["chat.text.conversation@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            request.messages(|messages| {
                let made_up = [
                    json!({"role": "user", "content": "Hello."}),
                    json!({"role": "assistant", "content": "Hello!"}),
                ];
                messages.splice(0..0, made_up);
            });
        })],
    },
    Mutant {
        id: "sends-neighbours-apart",
        requirement: "chat.request.turns.alternate",
        breaks: "Messages of one role in a row reach Converse as they are.",
        plays: &["chat.text.neighbours@openai.chat/bedrock/whole"],
        changes: &[Change::Upstream(|request| {
            request.with_api_key();
            request.messages(|messages| *messages = messages.iter().flat_map(apart).collect());
        })],
    },
    Mutant {
        id: "strips-characters",
        requirement: "chat.request.text.unchanged",
        breaks: "Characters beyond ASCII are replaced by question marks.",
        plays: &["chat.text.unicode@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            request.messages(|messages| {
                let last = &mut messages[0]["content"];
                text(last, |text| text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect());
            });
        })],
    },
    Mutant {
        id: "sends-empty-text",
        requirement: "chat.request.empty-text",
        breaks: "An empty text block stands behind the client's text.",
        plays: &["chat.text.plain@openai.chat/anthropic/whole"],
        changes: &[Change::Upstream(|request| {
            request.messages(|messages| {
                let mut blocks = blocks(&messages[0]["content"]);
                blocks.push(json!({"type": "text", "text": ""}));
                messages[0]["content"] = Value::from(blocks);
            });
        })],
    },
    Mutant {
        id: "calls-every-picture-jpeg",
        requirement: "chat.request.image.data-url",
        breaks: "Every picture is sent as image/jpeg.",
        plays: &["chat.content.image-data@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            parts(request, |parts| {
                for part in parts {
                    text(&mut part["image_url"]["url"], |url| url.replace("image/png", "image/jpeg"));
                    if part["type"] != "image_url" {
                        remove(part, "image_url");
                    }
                }
            });
        })],
    },
    Mutant {
        id: "forgets-picture-by-address",
        requirement: "chat.request.image.https",
        breaks: "A picture by its address is left out.",
        plays: &["chat.content.image-address@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| without_parts(request, "image_url"))],
    },
    Mutant {
        id: "puts-pictures-first",
        requirement: "chat.request.image.order",
        breaks: "Pictures stand before all texts.",
        plays: &["chat.content.images-between@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            parts(request, |parts| parts.sort_by_key(|part| part["type"] == "text"));
        })],
    },
    Mutant {
        id: "does-not-hear",
        requirement: "chat.request.audio.never-silent",
        breaks: "A sound is left out without a word.",
        plays: &["chat.content.audio@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| without_parts(request, "input_audio"))],
    },
    Mutant {
        id: "does-not-read-files",
        requirement: "chat.request.file.never-silent",
        breaks: "A file is left out without a word.",
        plays: &["chat.content.file@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| without_parts(request, "file"))],
    },
    Mutant {
        id: "forgets-its-thoughts",
        requirement: "chat.request.reasoning.returned",
        breaks: "Reasoning that the client sends back is left out.",
        plays: &["chat.reasoning.returned@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            request.messages(|messages| {
                for message in messages {
                    remove(message, "thinking_blocks");
                    remove(message, "reasoning_content");
                }
            });
        })],
    },
];

fn keep_first_system(request: &mut Message) {
    request.messages(|messages| {
        let mut seen = false;
        messages.retain(|message| {
            let instructs = message["role"] == "system" || message["role"] == "developer";
            !instructs || !std::mem::replace(&mut seen, true)
        });
    });
}

/// One message for each block.
fn apart(message: &Value) -> Vec<Value> {
    let one = |block| json!({"role": message["role"], "content": [block]});
    blocks(&message["content"]).into_iter().map(one).collect()
}

/// Content as a list of blocks; a text is one.
fn blocks(content: &Value) -> Vec<Value> {
    match content {
        Value::Array(blocks) => blocks.clone(),
        text => vec![json!({"type": "text", "text": text})],
    }
}

/// Rewrites the parts of every message that has parts.
fn parts(request: &mut Message, edit: impl Fn(&mut Vec<Value>)) {
    request.messages(|messages| {
        messages.iter_mut().filter_map(|message| message["content"].as_array_mut()).for_each(edit);
    });
}

/// Leaves out every part of this type.
pub(super) fn without_parts(request: &mut Message, kind: &str) {
    parts(request, |parts| parts.retain(|part| part["type"] != kind));
}

//! A conversation as one text, between the marks that Llama 2's chat models were trained with.
//!
//! <https://github.com/meta-llama/llama/blob/main/llama/generation.py>
//!
//! ```text
//! <s>[INST] <<SYS>>
//! {system}
//! <</SYS>>
//!
//! {user} [/INST] {assistant} </s><s>[INST] {user} [/INST]
//! ```

use crate::call::Losses;
use crate::openai::{Chat, Content, Message, Role};
use crate::{Error, Text};

/// What no message may hold: whoever writes them writes for the other side.
const MARKS: [&str; 4] = ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"];

/// The prompt. As in Meta's own, the user speaks first and last, and both take turns.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses) -> Result<String, Error> {
    let Dialog { system, turns } = Dialog::read(chat, losses)?;
    let last =
        turns.last().ok_or_else(|| Error::request("messages", "no message of a user says anything"))?;
    if turns[0].by_assistant || last.by_assistant {
        let why = "a prompt of Llama 2 begins and ends with what the user says";
        return Err(Error::request("messages", why));
    }
    let mut prompt = String::new();
    for (number, turn) in turns.iter().enumerate() {
        let with_system = number == 0 && !system.is_empty();
        let said = match with_system {
            true => &format!("<<SYS>>\n{system}\n<</SYS>>\n\n{}", turn.text),
            false => &turn.text,
        };
        let (before, behind) = if turn.by_assistant { (" ", " </s>") } else { ("<s>[INST] ", " [/INST]") };
        prompt.extend([before, said.trim(), behind]);
    }
    Ok(prompt)
}

/// Who said what, neighbours of one side as one.
#[derive(Default)]
struct Dialog {
    system: String,
    turns: Vec<Turn>,
}

struct Turn {
    by_assistant: bool,
    text: String,
}

impl Dialog {
    fn read(chat: &Chat<'_>, losses: &mut Losses) -> Result<Self, Error> {
        let mut dialog = Self::default();
        for (at, message) in chat.messages.iter().enumerate() {
            name_losses(message, losses);
            let text = text(at, message, losses)?;
            if text.trim().is_empty() {
                continue;
            }
            match message.role {
                Role::System | Role::Developer => {
                    if !dialog.turns.is_empty() {
                        losses.drop(format!("messages[{at}].role"));
                    }
                    join(&mut dialog.system, &text);
                }
                Role::User => dialog.say(false, text),
                Role::Assistant => dialog.say(true, text),
                Role::Tool | Role::Function => (),
            }
        }
        Ok(dialog)
    }

    fn say(&mut self, by_assistant: bool, text: String) {
        match self.turns.last_mut() {
            Some(last) if last.by_assistant == by_assistant => join(&mut last.text, &text),
            _ => self.turns.push(Turn { by_assistant, text }),
        }
    }
}

fn join(before: &mut String, text: &str) {
    if !before.is_empty() {
        before.push_str("\n\n");
    }
    before.push_str(text);
}

/// All texts of a message, in lines.
fn text(at: usize, message: &Message<'_>, losses: &mut Losses) -> Result<String, Error> {
    let path = |member: &str| format!("messages[{at}].{member}");
    if matches!(message.role, Role::Tool | Role::Function) {
        return Err(Error::request(path("role"), "llama2 in the format raw knows no tools"));
    }
    if message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty()) {
        return Err(Error::request(path("tool_calls"), "llama2 in the format raw knows no tools"));
    }
    let mut texts = Vec::new();
    match &message.content {
        Content::None => (),
        Content::Text(text) => texts.push(text.plain()),
        Content::Parts(parts) => {
            for (number, part) in parts.iter().enumerate() {
                if part.cache_control.is_some() || part.prompt_cache_breakpoint.is_some() {
                    losses.drop("messages[].content[].cache_control");
                }
                match &*part.r#type.plain() {
                    "text" => texts.extend(part.text.map(Text::plain)),
                    "refusal" => texts.extend(part.refusal.map(Text::plain)),
                    kind => {
                        let why = format!("this provider takes no part of type {kind}");
                        return Err(Error::request(path(&format!("content[{number}]")), why));
                    }
                }
            }
        }
    }
    texts.extend(message.refusal.map(Text::plain));
    let text = texts.join("\n");
    match MARKS.iter().find(|mark| text.contains(**mark)) {
        Some(mark) => {
            let why = format!("a message must not hold {mark}, which is a mark of Llama 2's prompt");
            Err(Error::request(path("content"), why))
        }
        None => Ok(text),
    }
}

fn name_losses(message: &Message<'_>, losses: &mut Losses) {
    message.name_losses(false, losses);
    if message.thinking_blocks.as_ref().is_some_and(|blocks| !blocks.is_empty()) {
        losses.drop("messages[].thinking_blocks");
    }
}

//! Turns as messages of a chat.
//!
//! A turn of the user may answer calls and speak as well: each answer becomes a `tool` message, and they stand in front of what
//! is said, as Anthropic itself wants it. A turn of the model becomes one message: its reasoning, what it says, its calls.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SEALED;
use super::content::{self, Part, What};
use super::fields::{Fields, Wrong, list};
use super::teller::Teller;
use crate::Text;
use crate::json::{self, Array, Object};

/// The messages that are being written.
pub(super) struct Turns<'w, 't, 'l> {
    pub(super) messages: Array<'w>,
    pub(super) teller: Teller<'t, 'l>,
    /// Where each comes from.
    pub(super) places: Vec<String>,
}

const PREFIX: &str = "messages[].content[].";

impl Turns<'_, '_, '_> {
    /// Writes what stands before the conversation: a text, or a list of texts.
    pub(super) fn system(&mut self, json: &str) -> Result<(), Wrong> {
        self.instruct(json, "system").map_err(|wrong| wrong.at("system"))
    }

    /// Writes turn `at`.
    pub(super) fn turn(&mut self, at: usize, json: &str) -> Result<(), Wrong> {
        let place = format!("messages.{at}");
        self.write(json, &place).map_err(|wrong| wrong.at(place))
    }

    fn write(&mut self, json: &str, place: &str) -> Result<(), Wrong> {
        let turn = Fields::read(json)?;
        self.teller.name_others(&turn, &["role", "content"], "messages[].");
        let Some(content) = turn.get("content") else {
            return Err(Wrong::new("content", "this is required"));
        };
        let role = turn.needed("role")?.plain();
        let of_content = |wrong: Wrong| wrong.at("content");
        match (&*role, Text::token(content)) {
            ("system", _) => self.instruct(content, place).map_err(of_content),
            ("user", Some(text)) => {
                self.say("user", place, |message, _| message.text("content", text));
                Ok(())
            }
            ("assistant", Some(text)) => {
                self.say("assistant", place, |message, _| message.text("content", text));
                Ok(())
            }
            ("user", None) => self.user(content, place).map_err(of_content),
            ("assistant", None) => self.assistant(content, place).map_err(of_content),
            _ => Err(Wrong::new("role", "this must be user, assistant or system")),
        }
    }

    fn say(
        &mut self,
        role: &'static str,
        place: &str,
        write: impl FnOnce(&mut Object<'_>, &mut Teller<'_, '_>),
    ) {
        self.places.push(place.to_owned());
        let mut message = self.messages.object();
        message.word("role", role);
        write(&mut message, &mut self.teller);
    }

    fn speak(&mut self, role: &'static str, place: &str, parts: &[Part<'_>]) {
        if !parts.is_empty() {
            self.say(role, place, |message, teller| content::write(parts, teller, message.member("content")));
        }
    }

    fn instruct(&mut self, json: &str, place: &str) -> Result<(), Wrong> {
        let mut parts = Vec::new();
        if let Some(text) = Text::token(json) {
            parts.push(Part::of(What::Text(text)));
        } else {
            each(json, |kind, block| match kind {
                "text" => content::read(kind, block, &mut self.teller, &mut parts).map(|_| ()),
                _ => Err(Wrong::new("type", "instructions are blocks of type text")),
            })?;
        }
        self.speak("system", place, &parts);
        Ok(())
    }

    fn user(&mut self, json: &str, place: &str) -> Result<(), Wrong> {
        let mut parts = Vec::new();
        // What the result of a call cannot show is shown behind the last of them.
        let mut shown = Vec::new();
        each(json, |kind, block| match kind {
            "tool_result" => self.result(block, place, &mut shown),
            _ if content::read(kind, block, &mut self.teller, &mut parts)? => Ok(()),
            _ => Err(unknown(kind)),
        })?;
        shown.append(&mut parts);
        self.speak("user", place, &shown);
        Ok(())
    }

    /// Writes the answer to a call.
    fn result<'a>(
        &mut self,
        block: &Fields<'a>,
        place: &str,
        shown: &mut Vec<Part<'a>>,
    ) -> Result<(), Wrong> {
        let known = ["type", "tool_use_id", "content", "is_error", "cache_control"];
        self.teller.name_others(block, &known, PREFIX);
        let id = block.needed("tool_use_id")?;
        let mut parts = Vec::new();
        match block.get("content") {
            None => (),
            Some(json) => match Text::token(json) {
                Some(text) => parts.push(Part::of(What::Text(text))),
                None => self.answer(json, &mut parts).map_err(|wrong| wrong.at("content"))?,
            },
        }
        if !self.teller.shows_results() {
            let (texts, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(Part::is_text);
            parts = texts;
            if !others.is_empty() {
                shown.push(Part::of(What::Made(format!("Shown by the result of the call {}:", id.plain()))));
                shown.extend(others);
            }
        }
        let is_error = block.boolean("is_error")?.filter(|is_error| *is_error).map(|_| "true");
        let cache = block.get("cache_control");
        self.say("tool", place, |message, teller| {
            message.text("tool_call_id", id);
            match &parts[..] {
                [] => message.word("content", ""),
                parts => content::write(parts, teller, message.member("content")),
            }
            teller.extend("messages[].content[].is_error", message, "is_error", is_error);
            teller.extend("messages[].content[].cache_control", message, "cache_control", cache);
        });
        Ok(())
    }

    fn answer<'a>(&mut self, json: &'a str, parts: &mut Vec<Part<'a>>) -> Result<(), Wrong> {
        each(json, |kind, block| {
            if content::read(kind, block, &mut self.teller, parts)? {
                return Ok(());
            }
            Err(Wrong::new(
                "type",
                format!("the result of a call cannot hold a block of type {kind} for this provider"),
            ))
        })
    }

    fn assistant(&mut self, json: &str, place: &str) -> Result<(), Wrong> {
        let mut turn = Turn::default();
        each(json, |kind, block| turn.block(kind, block, &mut self.teller))?;
        if turn.is_silent() {
            return Ok(());
        }
        self.say("assistant", place, |message, teller| turn.write(message, teller));
        Ok(())
    }
}

/// A turn of the model.
#[derive(Default)]
struct Turn<'a> {
    thoughts: Vec<Thought<'a>>,
    parts: Vec<Part<'a>>,
    calls: Vec<Called<'a>>,
    /// What providers want to be shown again with a call: its id, and JSON.
    sealed: Vec<(String, String)>,
}

enum Thought<'a> {
    Open { text: Text<'a>, signature: Text<'a> },
    Redacted(Text<'a>),
}

struct Called<'a> {
    id: Text<'a>,
    name: Text<'a>,
    input: &'a str,
}

impl<'a> Turn<'a> {
    fn block(&mut self, kind: &str, block: &Fields<'a>, teller: &mut Teller<'_, '_>) -> Result<(), Wrong> {
        match kind {
            "text" => content::read(kind, block, teller, &mut self.parts).map(|_| ())?,
            "thinking" => {
                teller.name_others(block, &["type", "thinking", "signature"], PREFIX);
                let signature = block.text("signature")?.unwrap_or_default();
                self.thoughts.push(Thought::Open { text: block.needed("thinking")?, signature });
            }
            "redacted_thinking" => {
                let data = block.needed("data")?;
                match unsealed(&data.plain()) {
                    Some(sealed) => self.sealed.push(sealed),
                    None => self.thoughts.push(Thought::Redacted(data)),
                }
            }
            "tool_use" => {
                // That the model itself called the tool is what a chat means by every call.
                let known = ["type", "id", "name", "input", "caller"];
                teller.name_others(block, &known, PREFIX);
                let input = block.get("input").ok_or_else(|| Wrong::new("input", "this is required"))?;
                if !input.starts_with('{') {
                    return Err(Wrong::new("input", "this must be an object"));
                }
                self.calls.push(Called { id: block.needed("id")?, name: block.needed("name")?, input });
            }
            _ => return Err(unknown(kind)),
        }
        Ok(())
    }

    fn is_silent(&self) -> bool {
        self.thoughts.is_empty() && self.parts.is_empty() && self.calls.is_empty()
    }

    fn write(&self, message: &mut Object<'_>, teller: &mut Teller<'_, '_>) {
        self.write_thoughts(message, teller);
        if !self.parts.is_empty() {
            content::write(&self.parts, teller, message.member("content"));
        }
        if !self.sealed.is_empty() && !teller.is_extended() {
            teller.lose("messages[].content[].redacted_thinking");
        }
        if !self.calls.is_empty() {
            let mut calls = message.array("tool_calls");
            self.calls.iter().for_each(|call| self.write_call(call, teller, calls.object()));
        }
    }

    fn write_thoughts(&self, message: &mut Object<'_>, teller: &mut Teller<'_, '_>) {
        if self.thoughts.is_empty() {
            return;
        }
        let mut text = Vec::new();
        for thought in &self.thoughts {
            match thought {
                Thought::Open { text: piece, .. } => piece.write_inner(&mut text),
                Thought::Redacted(_) if teller.is_extended() => (),
                Thought::Redacted(_) => teller.lose("messages[].content[].redacted_thinking"),
            }
        }
        if !text.is_empty() && teller.takes_reasoning() {
            let out = message.member("reasoning_content");
            out.push(b'"');
            out.append(&mut text);
            out.push(b'"');
        } else if !text.is_empty() {
            teller.lose("messages[].content[].thinking");
        }
        if teller.is_extended() {
            let mut blocks = message.array("thinking_blocks");
            self.thoughts.iter().for_each(|thought| thought.write(blocks.object()));
        }
    }

    fn write_call(&self, called: &Called<'_>, teller: &Teller<'_, '_>, mut call: Object<'_>) {
        call.text("id", called.id);
        call.word("type", "function");
        let id = called.id.plain();
        if let Some((_, json)) = self.sealed.iter().find(|(of, _)| *of == id).filter(|_| teller.is_extended())
        {
            call.raw("extra_content", json);
        }
        let mut function = call.object("function");
        function.text("name", called.name);
        json::string(function.member("arguments"), called.input);
    }
}

impl Thought<'_> {
    fn write(&self, mut block: Object<'_>) {
        match self {
            Self::Open { text, signature } => {
                block.word("type", "thinking");
                block.text("thinking", *text);
                if !signature.is_empty() {
                    block.text("signature", *signature);
                }
            }
            Self::Redacted(data) => {
                block.word("type", "redacted_thinking");
                block.text("data", *data);
            }
        }
    }
}

/// Reads each block of a list.
fn each<'a>(
    json: &'a str,
    mut read: impl FnMut(&str, &Fields<'a>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    for (at, block) in list(json)?.into_iter().enumerate() {
        let block = Fields::read(block.get()).map_err(|wrong| wrong.at(at))?;
        let kind = block.needed("type").map_err(|wrong| wrong.at(at))?.plain();
        read(&kind, &block).map_err(|wrong| wrong.at(at))?;
    }
    Ok(())
}

fn unknown(kind: &str) -> Wrong {
    let ours = kind.chars().filter(char::is_ascii_graphic).take(60).collect::<String>();
    Wrong::new(
        "type",
        format!("a block of type {ours} means something to Anthropic alone: this provider cannot be told"),
    )
}

/// See [`SEALED`].
fn unsealed(data: &str) -> Option<(String, String)> {
    let (id, sealed) = data.strip_prefix(SEALED)?.rsplit_once(':')?;
    let json = String::from_utf8(STANDARD.decode(sealed).ok()?).ok()?;
    serde_json::from_str::<serde::de::IgnoredAny>(&json).ok()?;
    Some((id.to_owned(), json))
}

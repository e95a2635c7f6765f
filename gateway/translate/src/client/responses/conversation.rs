//! Items as the messages of a chat: what the model did in one go is one message.
//!
//! ```text
//! message user │ reasoning, message assistant, function_call, function_call │ function_call_output │ function_call_output
//!     user     │                       assistant                            │        tool          │        tool
//! ```

use std::borrow::Cow;
use std::collections::HashMap;

use super::content::Content;
use super::item::{Item, Kind, Place, Proof, Thought, Words};
use crate::call::Losses;
use crate::json::{Array, Object, text_of};
use crate::{Error, Text, json};

/// The messages of a chat, as they are written.
pub(super) struct Conversation<'o> {
    messages: Array<'o>,
    /// Where each message comes from, in the client's words.
    places: Vec<String>,
    /// Whether the chat may have members that are not OpenAI's own.
    is_extended: bool,
}

/// What the model did in one go.
#[derive(Default)]
struct Answer<'i, 'a> {
    place: Option<Place>,
    thoughts: Vec<&'i Thought<'a>>,
    texts: Vec<Text<'a>>,
    refusals: Vec<Text<'a>>,
    calls: Vec<(Text<'a>, Text<'a>, &'i Words<'a>)>,
}

impl<'o> Conversation<'o> {
    pub(super) fn new(messages: Array<'o>, is_extended: bool) -> Self {
        Self { messages, places: Vec::new(), is_extended }
    }

    /// What stands before all items.
    pub(super) fn instructions(&mut self, text: Text<'_>) {
        let mut message = self.messages.object();
        message.word("role", "system");
        message.text("content", text);
        drop(message);
        self.places.push("instructions".to_owned());
    }

    /// Writes the items, and what the user says after them, where the input is no list.
    pub(super) fn items_and(
        mut self,
        items: &[Item<'_>],
        said: Text<'_>,
        losses: &mut Losses,
    ) -> Result<Vec<String>, Error> {
        self.write(items, losses)?;
        let mut message = self.messages.object();
        message.word("role", "user");
        message.text("content", said);
        drop(message);
        self.places.push("input".to_owned());
        Ok(self.places)
    }

    /// Writes the items, and gives the place of each message.
    pub(super) fn items(mut self, items: &[Item<'_>], losses: &mut Losses) -> Result<Vec<String>, Error> {
        self.write(items, losses)?;
        if items.is_empty() {
            let why = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.";
            return Err(Error::request("input", why));
        }
        Ok(self.places)
    }

    fn write(&mut self, items: &[Item<'_>], losses: &mut Losses) -> Result<(), Error> {
        calls_are_answered(items)?;
        let mut answer = Answer::default();
        for item in items {
            if answer.takes(item)? {
                continue;
            }
            self.answer(&std::mem::take(&mut answer), losses);
            match &item.kind {
                Kind::Message { role, content } => self.message(item.place, role, content, losses)?,
                Kind::Output { id, output } => self.output(item.place, *id, output, losses)?,
                Kind::Thought(_) | Kind::Call { .. } => (),
            }
        }
        self.answer(&answer, losses);
        Ok(())
    }

    fn message(&mut self, place: Place, role: &str, content: &str, losses: &mut Losses) -> Result<(), Error> {
        let path = format!("{}.content", place.path());
        let content = Content::read(content, &path)?;
        let mut message = self.messages.object();
        // To all who come here the two are one, and many know only the older word.
        message.string("role", if role == "developer" { "system" } else { role });
        content.write(&path, losses, message.member("content"))?;
        drop(message);
        self.places.push(place.path());
        Ok(())
    }

    fn output(&mut self, place: Place, id: Text<'_>, output: &str, losses: &mut Losses) -> Result<(), Error> {
        let path = format!("{}.output", place.path());
        let content = Content::read(output, &path)?;
        if !self.is_extended && !content.is_text() {
            let why = "this provider takes nothing but text as the output of a tool";
            return Err(Error::request(path, why));
        }
        let mut message = self.messages.object();
        message.word("role", "tool");
        message.text("tool_call_id", id);
        content.write(&path, losses, message.member("content"))?;
        drop(message);
        self.places.push(place.path());
        Ok(())
    }

    fn answer(&mut self, answer: &Answer<'_, '_>, losses: &mut Losses) {
        let Some(place) = answer.place else { return };
        if !self.is_extended {
            for thought in &answer.thoughts {
                losses.drop(if thought.proof.is_some() {
                    "input[].encrypted_content"
                } else {
                    "input[].summary"
                });
            }
            if answer.texts.is_empty() && answer.refusals.is_empty() && answer.calls.is_empty() {
                return;
            }
        }
        let mut message = self.messages.object();
        message.word("role", "assistant");
        if answer.texts.is_empty() {
            message.raw("content", "null");
        } else {
            joined(&answer.texts, message.member("content"));
        }
        if !answer.refusals.is_empty() {
            joined(&answer.refusals, message.member("refusal"));
        }
        if self.is_extended {
            thoughts(&answer.thoughts, &mut message);
        }
        if !answer.calls.is_empty() {
            let extras = extras(&answer.thoughts);
            let mut calls = message.array("tool_calls");
            for (id, name, arguments) in &answer.calls {
                let extra = extras.get(&*id.plain()).filter(|_| self.is_extended);
                call(*id, *name, arguments, extra.copied(), calls.object());
            }
        }
        drop(message);
        self.places.push(place.path());
    }
}

impl<'i, 'a> Answer<'i, 'a> {
    /// Takes an item that is the model's.
    fn takes(&mut self, item: &'i Item<'a>) -> Result<bool, Error> {
        match &item.kind {
            Kind::Thought(thought) => self.thoughts.push(thought),
            Kind::Call { id, name, arguments } => self.calls.push((*id, *name, arguments)),
            Kind::Message { role: "assistant", content } => {
                let path = format!("{}.content", item.place.path());
                let (texts, refusals) = Content::read(content, &path)?.answer(&path)?;
                self.texts.extend(texts);
                self.refusals.extend(refusals);
            }
            Kind::Message { .. } | Kind::Output { .. } => return Ok(false),
        }
        self.place = self.place.or(Some(item.place));
        Ok(true)
    }
}

/// Texts as one JSON string.
fn joined(texts: &[Text<'_>], out: &mut Vec<u8>) {
    out.push(b'"');
    texts.iter().for_each(|text| text.write_inner(out));
    out.push(b'"');
}

/// What was thought, as replies of a chat give it: as text, and by block with what proves it.
fn thoughts(thoughts: &[&Thought<'_>], message: &mut Object<'_>) {
    let shown = thoughts.iter().filter(|thought| !matches!(thought.proof, Some(Proof::Call(_))));
    let shown: Vec<_> = shown.collect();
    if shown.is_empty() {
        return;
    }
    let texts: Vec<Text<'_>> = shown.iter().map(|thought| thought.text.text()).collect();
    if texts.iter().any(|text| !text.is_empty()) {
        joined(&texts, message.member("reasoning_content"));
    }
    let mut blocks = message.array("thinking_blocks");
    for thought in shown {
        let mut block = blocks.object();
        if let Some(Proof::Redacted(data)) = &thought.proof {
            block.word("type", "redacted_thinking");
            block.text("data", data.text());
            continue;
        }
        block.word("type", "thinking");
        block.text("thinking", thought.text.text());
        if let Some(Proof::Signature(signature)) = &thought.proof {
            block.text("signature", signature.text());
        }
    }
}

/// By the id of a call, what its provider wants to be shown again with it.
fn extras<'i>(thoughts: &[&'i Thought<'_>]) -> HashMap<String, &'i str> {
    #[derive(serde::Deserialize)]
    struct Extra<'a> {
        call_id: String,
        #[serde(borrow)]
        extra_content: &'a serde_json::value::RawValue,
    }
    let sealed = thoughts.iter().filter_map(|thought| match &thought.proof {
        Some(Proof::Call(Words::Made(sealed))) => Some(&**sealed),
        Some(Proof::Call(Words::Said(Text::Plain(sealed)))) => Some(*sealed),
        _ => None,
    });
    sealed
        .filter_map(|sealed| text_of::<Extra<'i>>(sealed).ok())
        .map(|extra| (extra.call_id, extra.extra_content.get()))
        .collect()
}

fn call(id: Text<'_>, name: Text<'_>, arguments: &Words<'_>, extra: Option<&str>, mut call: Object<'_>) {
    call.text("id", id);
    call.word("type", "function");
    if let Some(extra) = extra {
        call.raw("extra_content", extra);
    }
    let mut function = call.object("function");
    function.text("name", name);
    match arguments.text() {
        empty if empty.is_empty() => json::string(function.member("arguments"), "{}"),
        text => function.text("arguments", text),
    }
}

/// Every call is answered, and no answer is without its call: as OpenAI says it.
fn calls_are_answered(items: &[Item<'_>]) -> Result<(), Error> {
    let refused = |message: String| Err(Error::request("input", message));
    let mut open: Vec<Cow<'_, str>> = Vec::new();
    let mut known: HashMap<Cow<'_, str>, bool> = HashMap::new();
    for item in items {
        match &item.kind {
            Kind::Call { id, .. } => {
                known.insert(id.plain(), false);
                open.push(id.plain());
            }
            Kind::Output { id, .. } => match known.get_mut(&id.plain()) {
                Some(answered) => *answered = true,
                None => {
                    return refused(format!(
                        "No tool call found for function call output with call_id {}.",
                        id.plain()
                    ));
                }
            },
            Kind::Message { .. } | Kind::Thought(_) => (),
        }
    }
    match open.iter().find(|id| known.get(*id) == Some(&false)) {
        Some(id) => refused(format!("No tool output found for function call {id}.")),
        None => Ok(()),
    }
}

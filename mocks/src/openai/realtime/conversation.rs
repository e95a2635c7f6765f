//! [The conversation](https://platform.openai.com/docs/api-reference/realtime-client-events/conversation/item/create): items in order.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Realtime, error, list};
use crate::limits::LIVE_ITEMS;
use crate::script::Failure;

/// Before the first item.
const ROOT: &str = "root";

/// Items, and how long the sounds in them are.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    items: Vec<Value>,
    /// Milliseconds, by the id of the item.
    sounds: HashMap<String, u64>,
    has_spoken: bool,
}

impl Conversation {
    pub(super) fn items(&self) -> &[Value] {
        &self.items
    }

    /// Whether the model has made itself heard.
    pub(super) fn has_spoken(&self) -> bool {
        self.has_spoken
    }

    pub(super) fn last(&self) -> Value {
        self.items.last().map_or(Value::Null, |item| item["id"].clone())
    }

    /// Milliseconds of sound that were heard from the client.
    pub(super) fn heard(&self) -> u64 {
        let is_users = |item: &&Value| item["role"] == "user";
        let sound = |item: &Value| self.sounds.get(item["id"].as_str()?).copied();
        self.items.iter().filter(is_users).filter_map(sound).sum()
    }

    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.items.iter().position(|item| item["id"] == id)
    }

    pub(super) fn get(&mut self, id: &str) -> Option<&mut Value> {
        self.items.iter_mut().find(|item| item["id"] == id)
    }

    /// Adds an item at its end, or where it was said. The oldest goes where there are too many.
    pub(super) fn insert(&mut self, at: Option<usize>, item: Value, sound: Option<u64>) {
        if let (Some(sound), Some(id)) = (sound, item["id"].as_str()) {
            self.has_spoken |= item["role"] == "assistant";
            self.sounds.insert(id.to_owned(), sound);
        }
        self.items.insert(at.unwrap_or(self.items.len()), item);
        if self.items.len() > LIVE_ITEMS {
            self.remove(0);
        }
    }

    /// Shortens the sound of an item.
    pub(super) fn cut(&mut self, id: &str, sound: u64) {
        self.sounds.insert(id.to_owned(), sound);
    }

    pub(super) fn remove(&mut self, at: usize) {
        let item = self.items.remove(at);
        self.sounds.remove(item["id"].as_str().unwrap_or_default());
    }
}

impl Realtime {
    pub(super) fn add(&mut self, message: &Value) -> Result<(), Failure> {
        let mut item = message["item"].clone();
        let id = item["id"].as_str().map_or_else(|| self.id("item"), str::to_owned);
        if self.conversation.place(&id).is_some() {
            let message = format!("Error adding item: an item with id '{id}' already exists.");
            return Err(error::invalid("item_create_duplicate_item_id", message, Some("item.id")));
        }
        let (at, before) = match message["previous_item_id"].as_str() {
            None => (None, self.conversation.last()),
            Some(ROOT) => (Some(0), Value::Null),
            Some(before) => match self.conversation.place(before) {
                Some(place) => (Some(place + 1), before.into()),
                None => {
                    let message =
                        format!("Error adding item: the previous item with id '{before}' does not exist.");
                    let code = "item_create_invalid_previous_item_id";
                    return Err(error::invalid(code, message, Some("previous_item_id")));
                }
            },
        };
        if item["type"] == "function_call" && item.get("call_id").is_none() {
            item["call_id"] = self.id("call").into();
        }
        for (name, value) in [("id", id.as_str()), ("object", "realtime.item"), ("status", "completed")] {
            item[name] = value.into();
        }
        // Sound is kept, and not told again but to who asks for it.
        let format = self.settings.input();
        let parts = list(&item["content"]).iter().filter_map(|part| part["audio"].as_str());
        let sound: u64 = parts.filter_map(|audio| format.milliseconds_of(audio)).sum();
        self.tell(&before, &item);
        self.conversation.insert(at, item, (sound > 0).then_some(sound));
        Ok(())
    }

    /// Tells that an item is there, and whole.
    pub(super) fn tell(&mut self, before: &Value, item: &Value) {
        let item = quiet(item);
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.say(kind, json!({ "previous_item_id": before, "item": item }));
        }
    }

    pub(super) fn retrieve(&mut self, message: &Value) -> Result<(), Failure> {
        let item = self.find(message, "retrieve")?.clone();
        self.say("conversation.item.retrieved", json!({ "item": item }));
        Ok(())
    }

    pub(super) fn delete(&mut self, message: &Value) -> Result<(), Failure> {
        let id = self.find(message, "delete")?["id"].clone();
        if let Some(at) = self.conversation.place(id.as_str().unwrap_or_default()) {
            self.conversation.remove(at);
        }
        self.say("conversation.item.deleted", json!({ "item_id": id }));
        Ok(())
    }

    /// What the client did not play, the model shall not believe to have said.
    pub(super) fn truncate(&mut self, message: &Value) -> Result<(), Failure> {
        let item = self.find(message, "truncate")?;
        let (id, is_spoken) =
            (item["id"].as_str().unwrap_or_default().to_owned(), item["role"] == "assistant");
        if !is_spoken {
            let text = "Only messages of the model can be truncated.".to_owned();
            return Err(error::invalid("invalid_value", text, Some("item_id")));
        }
        let end = message["audio_end_ms"].as_u64().unwrap_or(0);
        let length = self.conversation.sounds.get(&id).copied().unwrap_or(0);
        if end > length {
            let text = format!("Audio content of {length}ms is already shorter than {end}ms");
            return Err(error::invalid("invalid_value", text, None));
        }
        self.conversation.cut(&id, end);
        if let Some(part) = self.conversation.get(&id).and_then(|item| item["content"].get_mut(0)) {
            // How much of the words was heard nobody can tell.
            part["transcript"] = "".into();
        }
        let index = message["content_index"].clone();
        let told = json!({ "item_id": id, "content_index": index, "audio_end_ms": end });
        self.say("conversation.item.truncated", told);
        Ok(())
    }

    fn find(&mut self, message: &Value, doing: &str) -> Result<&Value, Failure> {
        let id = message["item_id"].as_str().unwrap_or_default();
        let found = self.conversation.items.iter().find(|item| item["id"] == id);
        found.ok_or_else(|| {
            let message = format!("Error: item with id '{id}' not found.");
            error::invalid(&format!("item_{doing}_invalid_item_id"), message, Some("item_id"))
        })
    }
}

/// An item as events tell it: without its sound.
pub(super) fn quiet(item: &Value) -> Value {
    let mut item = item.clone();
    for part in item["content"].as_array_mut().into_iter().flatten() {
        if let Some(part) = part.as_object_mut() {
            part.remove("audio");
        }
    }
    item
}

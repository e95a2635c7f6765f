//! Objects of a kind: found by their ids, made, changed, listed, deleted, in the words of the service.

use serde_json::{Map, Value, json};

use super::{Paging, asked, page};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// A kind of objects.
#[derive(Debug, Clone, Copy)]
pub(in crate::openai) struct Noun {
    /// Its kind on the shelf, and what errors call it.
    pub(in crate::openai) name: &'static str,
    /// What its ids begin with.
    pub(in crate::openai) prefix: &'static str,
    /// The parameter of paths that has its id.
    pub(in crate::openai) parameter: &'static str,
    /// What `object` says of one that is gone.
    pub(in crate::openai) deleted: &'static str,
}

impl Noun {
    /// A new id; `tag` tells it from others that the same request makes.
    pub(in crate::openai) fn id(&self, call: &Call<'_>, tag: &str) -> String {
        format!("{}{}", self.prefix, call.draw.text(&format!("{} {tag}", self.name), 24))
    }

    pub(in crate::openai) fn absent(&self, id: &str) -> Failure {
        Failure::new(Kind::NotFound, format!("No {} found with id '{id}'.", self.name.replace('_', " ")))
    }

    pub(in crate::openai) fn find(&self, call: &Call<'_>, id: &str) -> Result<Value, Failure> {
        call.shelf.get(self.name, id).ok_or_else(|| self.absent(id))
    }

    /// The one that the path names.
    pub(in crate::openai) fn asked(&self, call: &Call<'_>) -> Result<Value, Failure> {
        self.find(call, &asked(call, self.parameter))
    }

    /// The one that the path names, within what another parameter names.
    pub(in crate::openai) fn within(&self, call: &Call<'_>, whole: &str) -> Result<Value, Failure> {
        let object = self.asked(call)?;
        match object[whole] == asked(call, whole).as_str() {
            true => Ok(object),
            false => Err(self.absent(&asked(call, self.parameter))),
        }
    }

    pub(in crate::openai) fn keep(&self, call: &Call<'_>, object: &Value) {
        call.shelf.put(self.name, id(object), object);
    }

    /// All of them that are so.
    pub(in crate::openai) fn all(&self, call: &Call<'_>, is_meant: impl Fn(&Value) -> bool) -> Vec<Value> {
        let objects = call.shelf.all::<Value>(self.name).into_iter().map(|(_, object)| object);
        let mut objects: Vec<_> = objects.filter(|object| is_meant(object)).collect();
        objects.sort_by_key(|object| object["created_at"].as_u64());
        objects
    }

    /// A page of those that are so.
    pub(in crate::openai) fn page(
        &self,
        call: &Call<'_>,
        is_meant: impl Fn(&Value) -> bool,
    ) -> Result<Value, Failure> {
        let absent = |id: &str| self.absent(id);
        page(call, self.all(call, is_meant), &Paging { absent: &absent, usual: 20, most: 100 })
    }

    /// Takes over the members of the body that are named, and keeps the object.
    pub(in crate::openai) fn change(
        &self,
        call: &Call<'_>,
        mut object: Value,
        members: &[&str],
    ) -> Result<Value, Failure> {
        for member in members {
            if let Some(value) = call.body.get(*member) {
                object[*member] = value.clone();
            }
        }
        self.keep(call, &object);
        Ok(object)
    }

    /// Forgets an object, and says so.
    pub(in crate::openai) fn delete(&self, call: &Call<'_>, object: &Value) -> Value {
        // It was found a moment ago; another request may have been faster.
        let _ = call.shelf.remove(self.name, id(object));
        json!({ "id": object["id"], "object": self.deleted, "deleted": true })
    }
}

/// The id of an object.
pub(in crate::openai) fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_default()
}

/// A list's elements.
pub(in crate::openai) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A member of the body, or what stands for it where it is absent or null.
pub(in crate::openai) fn or(value: &Value, other: Value) -> Value {
    if value.is_null() { other } else { value.clone() }
}

/// An object without members.
pub(in crate::openai) fn empty() -> Value {
    Value::Object(Map::new())
}

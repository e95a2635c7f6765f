//! What is kept of a response, and what a later request stands on: the gateway's store has the bytes, their meaning is here.
//!
//! The id of an item names its response, so that an item is found by it alone: `msg_<name>_0` is the first that came out of
//! `resp_<name>`, and `msg_<name>_i0` the first that went in.
//!
//! <https://platform.openai.com/docs/guides/conversation-state>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Array, Object, text_of};
use crate::openai::Members;
use crate::{Error, Text, json};

/// What earlier responses left, as far as a request stands on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory<'a> {
    /// The items before the request's own, the oldest first: JSON objects.
    pub earlier: &'a [&'a str],
    /// Items that the request refers to: the id of each, and the item; in the order of their ids.
    pub items: &'a [(&'a str, &'a str)],
    /// Whether nothing is kept of the response, whatever the request says.
    pub is_off: bool,
}

/// What a request says of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The response that it follows.
    pub previous: Option<String>,
    /// The ids of items that it refers to, or of which it holds a part only.
    pub items: Vec<String>,
    /// Whether its response is to be kept.
    pub is_stored: bool,
    /// Whether nobody waits for its response.
    pub in_background: bool,
    /// Whether that comes in events.
    pub is_streamed: bool,
}

/// Which page of the items that went into a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Items on it, 1 to 100.
    pub limit: usize,
    /// Whether the oldest comes first.
    pub is_ascending: bool,
    /// The id of the last item on the page before.
    pub after: Option<String>,
}

/// As much of an item as tells whether it refers to another one.
#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    role: Option<&'a RawValue>,
    encrypted_content: Option<&'a RawValue>,
}

impl<'a> Memory<'a> {
    /// The item, or the one that it refers to.
    pub(super) fn item<'i>(&self, json: &'i str) -> &'i str
    where
        'a: 'i,
    {
        if self.items.is_empty() {
            return json;
        }
        let found = |id: String| self.items.binary_search_by(|(known, _)| (*known).cmp(&id)).ok();
        reference(json).and_then(found).map_or(json, |at| self.items[at].1)
    }
}

/// The id of the item that this one refers to. A thought without what proves it is a part of one that was kept.
fn reference(json: &str) -> Option<String> {
    let item: Reference<'_> = text_of(json).ok()?;
    let refers = match item.r#type.map(Text::plain).as_deref() {
        Some("item_reference") => true,
        Some("reasoning") => item.encrypted_content.is_none(),
        None => item.role.is_none(),
        Some(_) => false,
    };
    item.id.filter(|_| refers).map(|id| id.plain().into_owned())
}

impl Needs {
    /// Reads a client's request as far as it concerns the store.
    pub fn of(body: &[u8]) -> Result<Self, Error> {
        let members = Members::of(body)?;
        let own: Vec<&RawValue> =
            members.find("input").and_then(|input| text_of(input).ok()).unwrap_or_default();
        let previous = members.read::<Text<'_>>("previous_response_id")?;
        let is_stored = members.read::<bool>("store")? != Some(false);
        let in_background = members.read::<bool>("background")? == Some(true);
        if in_background && !is_stored {
            let why = "what is made in the background is stored: 'store' must not be false";
            return Err(Error::request("store", why));
        }
        Ok(Self {
            previous: previous.map(|id| id.plain().into_owned()),
            items: own.iter().filter_map(|item| reference(item.get())).collect(),
            is_stored,
            in_background,
            is_streamed: members.read::<bool>("stream")? == Some(true),
        })
    }
}

/// The response that an item belongs to, by their ids.
pub fn response_of(item: &str) -> Option<String> {
    let (_, rest) = item.split_once('_')?;
    let (name, _) = rest.rsplit_once('_')?;
    Some(format!("resp_{name}"))
}

/// The id of the response of this name.
pub fn id(name: &str) -> String {
    format!("resp_{name}")
}

/// The items that a response brought, as JSON objects.
pub fn output(response: &str) -> Vec<&str> {
    #[derive(Deserialize)]
    struct Response<'a> {
        #[serde(borrow)]
        output: Vec<&'a RawValue>,
    }
    let response = text_of::<Response<'_>>(response);
    response.map_or_else(|_| Vec::new(), |response| response.output.into_iter().map(RawValue::get).collect())
}

/// The id of an item.
pub fn item_id(item: &str) -> Option<String> {
    let item: Reference<'_> = text_of(item).ok()?;
    item.id.map(|id| id.plain().into_owned())
}

/// A response as it is shown later: what only the provider can read is left out, unless it is asked for.
pub fn shown(response: &str, is_sealed: bool) -> Vec<u8> {
    let members = match text_of::<Members<'_>>(response) {
        Ok(members) if !is_sealed => members,
        _ => return response.as_bytes().to_vec(),
    };
    let mut out = Vec::with_capacity(response.len());
    let mut object = Object::new(&mut out);
    for (name, value) in &members.0 {
        let place = object.foreign(name);
        if name != "output" {
            place.extend_from_slice(value.get().as_bytes());
            continue;
        }
        let mut list = Array::new(place);
        let items: Vec<&RawValue> = text_of(value.get()).unwrap_or_default();
        items.iter().for_each(|item| unsealed(item.get(), list.item()));
    }
    drop(object);
    out
}

/// An item without what only the provider can read.
fn unsealed(item: &str, out: &mut Vec<u8>) {
    let Ok(members) = text_of::<Members<'_>>(item) else { return out.extend_from_slice(item.as_bytes()) };
    let mut object = Object::new(out);
    for (name, value) in members.0.iter().filter(|(name, _)| name != "encrypted_content") {
        object.foreign(name).extend_from_slice(value.get().as_bytes());
    }
}

/// Kinds of items, what their ids begin with, and whether they have a status.
const KINDS: &[(&str, &str, bool)] = &[
    ("message", "msg", true),
    ("function_call", "fc", true),
    ("function_call_output", "fco", true),
    ("custom_tool_call", "ctc", false),
    ("custom_tool_call_output", "ctco", false),
    ("reasoning", "rs", false),
];

/// The items that went into a request's response, as the service lists them: each whole, and named after the response.
pub fn settle(body: &[u8], kept: Memory<'_>, name: &str) -> Result<Vec<String>, Error> {
    let members = Members::of(body)?;
    let Some(input) = members.find("input") else { return Ok(Vec::new()) };
    if Text::token(input).is_some() {
        let item = format!(r#"{{"type":"message","role":"user","content":{input}}}"#);
        return Ok(vec![settled(&item, 0, name)]);
    }
    let own: Vec<&RawValue> = text_of(input).map_err(|_| Error::request("input", "input must be a list"))?;
    let own = own.iter().enumerate();
    Ok(own.map(|(at, item)| settled(kept.item(item.get()), at, name)).collect())
}

fn settled(json: &str, at: usize, name: &str) -> String {
    let Ok(members) = text_of::<Members<'_>>(json) else { return json.to_owned() };
    let kind = members.find("type").unwrap_or("\"message\"");
    let known = KINDS.iter().find(|(known, ..)| kind.trim_matches('"') == *known);
    let (_, prefix, has_status) = known.copied().unwrap_or(("", "item", false));
    let mut out = Vec::with_capacity(json.len() + 96);
    let mut item = Object::new(&mut out);
    match members.find("id") {
        Some(id) => item.raw("id", id),
        None => item.string("id", &format!("{prefix}_{name}_i{at}")),
    }
    item.raw("type", kind);
    if has_status {
        item.raw("status", members.find("status").unwrap_or("\"completed\""));
    }
    for (name, value) in &members.0 {
        match &**name {
            "id" | "type" | "status" => (),
            _ if value.get() == "null" => (),
            "content" if prefix == "msg" => content(&members, value.get(), item.member("content")),
            name => item.foreign(name).extend_from_slice(value.get().as_bytes()),
        }
    }
    drop(item);
    String::from_utf8(out).unwrap_or_default()
}

/// A message's parts; text by itself is one. What an earlier answer may leave out of its text is empty.
fn content(message: &Members<'_>, json: &str, out: &mut Vec<u8>) {
    let is_answer = message.find("role") == Some("\"assistant\"");
    let mut list = Array::new(out);
    if Text::token(json).is_some() {
        let kind = if is_answer { "output_text" } else { "input_text" };
        let part = format!(r#"{{"type":"{kind}","text":{json}}}"#);
        return part_of(&part, list.item());
    }
    let parts: Vec<&RawValue> = text_of(json).unwrap_or_default();
    parts.iter().for_each(|part| part_of(part.get(), list.item()));
}

fn part_of(json: &str, out: &mut Vec<u8>) {
    let Ok(members) = text_of::<Members<'_>>(json) else { return out.extend_from_slice(json.as_bytes()) };
    let is_answer = members.find("type") == Some("\"output_text\"");
    let mut part = Object::new(out);
    for (name, value) in members.0.iter().filter(|(_, value)| value.get() != "null") {
        part.foreign(name).extend_from_slice(value.get().as_bytes());
    }
    for name in ["annotations", "logprobs"] {
        if is_answer && members.find(name).is_none() {
            part.raw(name, "[]");
        }
    }
}

impl Page {
    /// Reads what a client asks for by its query.
    pub fn read<'q>(parameter: impl Fn(&str) -> Option<std::borrow::Cow<'q, str>>) -> Result<Self, Error> {
        let limit = match parameter("limit").map(|limit| limit.parse::<usize>()) {
            None => 20,
            Some(Ok(limit @ 1..=100)) => limit,
            Some(_) => {
                return Err(Error::request("limit", "Invalid 'limit': expected an integer from 1 to 100."));
            }
        };
        let is_ascending = match parameter("order").as_deref() {
            Some("asc") => true,
            None | Some("desc") => false,
            Some(_) => {
                let why = "Invalid value of 'order'. Supported values are: 'asc' and 'desc'.";
                return Err(Error::request("order", why));
            }
        };
        Ok(Self { limit, is_ascending, after: parameter("after").map(std::borrow::Cow::into_owned) })
    }

    /// The page of these items, of which the oldest comes first. `None`: there is no item to go on after.
    pub fn write(&self, items: &[String]) -> Option<Vec<u8>> {
        let mut items: Vec<&str> = items.iter().map(String::as_str).collect();
        if !self.is_ascending {
            items.reverse();
        }
        if let Some(after) = &self.after {
            let at = items.iter().position(|item| item_id(item).as_deref() == Some(after))?;
            items.drain(..=at);
        }
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        let end = |item: Option<&&str>| {
            let mut out = Vec::new();
            match item.and_then(|item| item_id(item)) {
                Some(id) => json::string(&mut out, &id),
                None => out.extend_from_slice(b"null"),
            }
            String::from_utf8(out).unwrap_or_default()
        };
        let mut out = Vec::new();
        let mut page = Object::new(&mut out);
        page.word("object", "list");
        {
            let mut list = page.array("data");
            items.iter().for_each(|item| unsealed(item, list.item()));
        }
        page.raw("first_id", &end(items.first()));
        page.raw("last_id", &end(items.last()));
        page.boolean("has_more", has_more);
        drop(page);
        Some(out)
    }
}

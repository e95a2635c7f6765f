//! JSON that comes in pieces, as the deltas of a stream do, and grows together as official clients put it together.
//!
//! | what is known | more of it | becomes |
//! |---|---|---|
//! | a string | a string | both, one after the other |
//! | a string by one of [`NAMES`] | another | the first that says something |
//! | an object | an object | member by member, the same |
//! | a list | a list | entries of one `index` are one; others follow |
//! | nothing, `null` | anything | what came |
//! | anything | `null` | what is known |
//! | anything else | anything else | what came last |

use serde_json::value::RawValue;

use super::{Array, Object, text_of};
use crate::Text;
use crate::openai::Members;

/// Members that say what something is, not more of it: many services repeat them in each piece.
const NAMES: [&str; 5] = ["id", "index", "name", "role", "type"];
/// A list whose entries go on with the last one where they say neither which they are nor whose.
const CALLS: &str = "tool_calls";
/// How deep values grow together; the pieces of a reply have four levels.
const DEPTH: usize = 16;
/// Entries of one list, and members of one object, up to which they are looked for: so joining stays cheap.
const MOST: usize = 1024;

/// A value, as far as it came.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// As it came: JSON out of a document that was read.
    Raw(String),
    /// The inside of a JSON string.
    Text(Vec<u8>),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn null() -> Self {
        Self::new("null")
    }

    pub(crate) fn object() -> Self {
        Self::Object(Vec::new())
    }

    /// JSON out of a document that was read, as it is.
    pub(crate) fn new(json: &str) -> Self {
        Self::Raw(json.to_owned())
    }

    /// Adds more of it, which is JSON out of a document that was read, too.
    pub(crate) fn add(&mut self, piece: &str) {
        self.join("", piece, DEPTH);
    }

    /// Sets a member of an object to the last value that says something.
    pub(crate) fn set(&mut self, name: &str, json: &str) {
        if let Some(member) = self.member(name)
            && (member.is_nothing() || !Self::new(json).is_nothing())
        {
            *member = Self::new(json);
        }
    }

    /// A member of an object, `null` if it was not there; `None`: this is no object.
    pub(crate) fn member(&mut self, name: &str) -> Option<&mut Self> {
        self.open();
        let Self::Object(members) = self else { return None };
        let at = members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            members.push((name.to_owned(), Self::null()));
            members.len() - 1
        });
        Some(&mut members[at].1)
    }

    /// Adds an entry to a list; what is none becomes one.
    pub(crate) fn push(&mut self, json: &str) {
        self.open();
        match self {
            Self::List(entries) => entries.push(Self::new(json)),
            _ => *self = Self::List(vec![Self::new(json)]),
        }
    }

    /// Sets a member of an object that is null or absent.
    pub(crate) fn default(&mut self, name: &str, json: &str) {
        if let Some(member) =
            self.member(name).filter(|member| matches!(member, Self::Raw(json) if json == "null"))
        {
            *member = Self::new(json);
        }
    }

    /// The members of an object; what is none becomes one.
    pub(crate) fn members(&mut self) -> &mut Vec<(String, Self)> {
        self.open();
        if !matches!(self, Self::Object(_)) {
            *self = Self::object();
        }
        let Self::Object(members) = self else { unreachable!("it is made an object above") };
        members
    }

    /// The objects in a list.
    pub(crate) fn objects(&mut self) -> impl Iterator<Item = &mut Self> {
        self.open();
        let entries = if let Self::List(entries) = self { &mut entries[..] } else { &mut [] };
        entries.iter_mut().filter(|entry| matches!(entry, Self::Object(_)))
    }

    /// Whether it says nothing: `null`, `""`, `0`.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::Raw(json) => matches!(&**json, "null" | "\"\"" | "0"),
            Self::Text(text) => text.is_empty(),
            Self::List(_) | Self::Object(_) => false,
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Raw(json) => out.extend_from_slice(json.as_bytes()),
            Self::Text(inside) => {
                out.push(b'"');
                out.extend_from_slice(inside);
                out.push(b'"');
            }
            Self::List(entries) => {
                let mut list = Array::new(out);
                entries.iter().for_each(|entry| entry.write(list.item()));
            }
            Self::Object(members) => {
                let mut object = Object::new(out);
                members.iter().for_each(|(name, value)| value.write(object.foreign(name)));
            }
        }
    }

    /// Looks into what is as it came.
    fn open(&mut self) {
        let Self::Raw(json) = self else { return };
        let opened = match json.as_bytes().first() {
            Some(b'"') => Text::token(json).map(|text| {
                let mut inside = Vec::new();
                text.write_inner(&mut inside);
                Self::Text(inside)
            }),
            Some(b'{') => text_of::<Members<'_>>(json).ok().map(|members| {
                let members = members.0.into_iter();
                Self::Object(
                    members.map(|(name, value)| (name.into_owned(), Self::new(value.get()))).collect(),
                )
            }),
            Some(b'[') => text_of::<Vec<&RawValue>>(json).ok().map(|entries| {
                let mut list = Vec::new();
                join_entries("", &mut list, entries, 0);
                Self::List(list)
            }),
            _ => None,
        };
        if let Some(opened) = opened {
            *self = opened;
        }
    }

    fn join(&mut self, name: &str, piece: &str, depth: usize) {
        if piece == "null" {
            return;
        }
        self.open();
        let joined = match self {
            _ if depth == 0 => None,
            Self::Text(text) => Text::token(piece).map(|more| more.write_inner(text)),
            Self::Object(known) => text_of::<Members<'_>>(piece)
                .ok()
                .filter(|pieces| known.len() + pieces.0.len() <= MOST)
                .map(|pieces| join_members(known, pieces, depth - 1)),
            Self::List(known) => text_of::<Vec<&RawValue>>(piece)
                .ok()
                .map(|entries| join_entries(name, known, entries, depth - 1)),
            Self::Raw(_) => None,
        };
        if joined.is_none() {
            *self = Self::new(piece);
        }
    }

    /// A member of an object, as it came.
    fn raw(&self, name: &str) -> Option<&str> {
        let Self::Object(members) = self else { return None };
        match members.iter().find(|(known, _)| known == name) {
            Some((_, Self::Raw(json))) => Some(json),
            _ => None,
        }
    }
}

fn join_members(known: &mut Vec<(String, Tree)>, pieces: Members<'_>, depth: usize) {
    for (name, value) in pieces.0 {
        let json = value.get();
        match known.iter_mut().find(|(known, _)| *known == name) {
            None => known.push((name.into_owned(), Tree::new(json))),
            Some((_, value)) if !NAMES.contains(&&*name) => value.join(&name, json, depth),
            Some((_, value)) if value.is_nothing() => *value = Tree::new(json),
            Some(_) => (),
        }
    }
}

fn join_entries(name: &str, known: &mut Vec<Tree>, entries: Vec<&RawValue>, depth: usize) {
    for entry in entries {
        let json = entry.get();
        match place(name, known, json).filter(|_| depth > 0) {
            Some(at) => known[at].join(name, json, depth),
            None => {
                let mut entry = Tree::new(json);
                if json.starts_with('{') {
                    entry.open();
                }
                known.push(entry);
            }
        }
    }
}

/// The entry that another one goes on with. One with another id is another, though its index be the same.
fn place(name: &str, known: &[Tree], json: &str) -> Option<usize> {
    if known.len() > MOST || !json.starts_with('{') {
        return None;
    }
    let entry: Members<'_> = text_of(json).ok()?;
    let id = entry.find("id").filter(|id| *id != "\"\"");
    let at = match entry.find("index") {
        Some(index) => known.iter().rposition(|known| known.raw("index") == Some(index))?,
        None if name == CALLS && id.is_none() => known.len().checked_sub(1)?,
        None => return None,
    };
    let same = |known: &str| matches!(known, "null" | "\"\"") || id.is_none_or(|id| id == known);
    known[at].raw("id").is_none_or(same).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[&str]) -> String {
        let mut tree = Tree::null();
        pieces.iter().for_each(|piece| tree.add(piece));
        let mut out = Vec::new();
        tree.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn pieces_are_joined_as_official_clients_join_them() {
        for (pieces, whole) in [
            (&[r#""a\n""#, r#""b""#][..], r#""a\nb""#),
            (&["null", r#""a""#, "null"], r#""a""#),
            (&["1", "2.50"], "2.50"),
            (
                &[r#"{"role":"a","content":""}"#, r#"{"role":"a","content":"b"}"#],
                r#"{"role":"a","content":"b"}"#,
            ),
            (&[r#"{"id":""}"#, r#"{"id":"a"}"#, r#"{"id":"b"}"#], r#"{"id":"a"}"#),
            (&["[1]", "[2,3]"], "[1,2,3]"),
            (&[r#"[{"token":"a"}]"#, r#"[{"token":"b"}]"#], r#"[{"token":"a"},{"token":"b"}]"#),
            (
                &[
                    r#"[{"index":0,"id":"a","f":{"x":"1"}}]"#,
                    r#"[{"index":1}]"#,
                    r#"[{"index":0,"f":{"x":"2"}}]"#,
                ],
                r#"[{"index":0,"id":"a","f":{"x":"12"}},{"index":1}]"#,
            ),
            (
                &[r#"[{"index":0,"id":"a"}]"#, r#"[{"index":0,"id":"b"}]"#],
                r#"[{"index":0,"id":"a"},{"index":0,"id":"b"}]"#,
            ),
            (
                &[r#"{"tool_calls":[{"id":"a","f":{"x":"1"}}]}"#, r#"{"tool_calls":[{"f":{"x":"2"}}]}"#],
                r#"{"tool_calls":[{"id":"a","f":{"x":"12"}}]}"#,
            ),
            (&[r#"{"a":1}"#, "[]"], "[]"),
        ] {
            assert_eq!(joined(pieces), whole, "{pieces:?}");
        }
    }

    #[test]
    fn no_piece_leads_too_deep_or_too_far() {
        let deep = format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
        assert!(joined(&[&deep, &deep]).len() >= deep.len());
        let wide = (0..3000).map(|at| format!("\"{at}\":\"x\"")).collect::<Vec<_>>().join(",");
        let wide = format!("{{{wide}}}");
        assert_eq!(joined(&[&wide, &wide]), wide);
    }
}

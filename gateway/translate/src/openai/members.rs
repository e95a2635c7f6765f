//! The members of a request, for those who read only a few of them.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Member;
use super::request::Name;
use super::unreadable::unreadable;
use crate::{Error, json};

/// The members of the request, in order, none of them read.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads a client's request as far as its members.
    pub(crate) fn of(body: &'a [u8]) -> Result<Self, Error> {
        json::read(body).map_err(|why| unreadable::<Members<'_>>(body, &why))
    }

    /// A member that is there and not null.
    pub(crate) fn find(&self, name: &str) -> Option<&'a str> {
        let member = self.0.iter().find(|(known, _)| known == name);
        member.map(|(_, value)| value.get()).filter(|&value| value != "null")
    }

    /// Every member that is there, not null, and not one of these.
    pub(crate) fn others(&self, read: &[&str]) -> Vec<Member<'a>> {
        let other =
            |(name, value): &&(Cow<'a, str>, &RawValue)| !read.contains(&&**name) && value.get() != "null";
        let member = |(name, value): &(Cow<'a, str>, &'a RawValue)| Member { name: name.clone(), value };
        self.0.iter().filter(other).map(member).collect()
    }

    pub(crate) fn read<T: Deserialize<'a>>(&self, name: &'static str) -> Result<Option<T>, Error> {
        let value = self.find(name).map(serde_json::from_str);
        value.transpose().map_err(|why| Error::request(name, format!("{name} cannot be read: {why}")))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a request")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        let members = deserializer.deserialize_map(Each)?;
        let mut names: Vec<&str> = members.0.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(D::Error::custom(format_args!("{} is named twice", pair[0]))),
            None => Ok(members),
        }
    }
}

//! JSON that stands in a member of an event as base64: its schema is the member's
//! [`contentSchema`](https://json-schema.org/draft/2020-12/json-schema-validation#section-8.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::document::{escape, members};
use crate::schema::Schema;
use crate::violation::{Violation, show};

/// Such a member.
#[derive(Debug)]
pub(crate) struct Encoded {
    member: String,
    schema: Schema,
}

impl Encoded {
    /// Those of the event whose schema stands at this pointer of the document.
    pub(crate) fn all(event: &Value, pointer: &str) -> Vec<Self> {
        let encoded =
            members(&event["properties"]).filter(|(_, schema)| schema.get("contentSchema").is_some());
        encoded
            .map(|(member, _)| {
                let place = format!("{pointer}/properties/{}/contentSchema", escape(member));
                Self { member: member.clone(), schema: Schema::open(place) }
            })
            .collect()
    }

    /// What is wrong with what the member of an event holds. Pointers go on from the member into it.
    pub(crate) fn violations(&self, root: &Value, event: &Value) -> Vec<Violation> {
        let at = format!("/{}", escape(&self.member));
        let Some(text) = event[&self.member].as_str() else { return Vec::new() };
        let bytes = STANDARD.decode(text).ok();
        let Some(held) = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) else {
            return vec![Violation {
                pointer: at,
                keyword: "contentEncoding".to_owned(),
                expected: "JSON in base64".to_owned(),
                got: show(&event[&self.member]),
                document: self.schema.pointer.clone(),
            }];
        };
        let found = self.schema.violations(root, &held).into_iter();
        found
            .map(|violation| Violation { pointer: format!("{at}{}", violation.pointer), ..violation })
            .collect()
    }
}

//! Kong's `key-auth`: who calls is known by a key.
//!
//! Where a name of `key_names` is `authorization`, a key is found behind `Bearer` as well as alone. With
//! `[authorization, x-api-key, api-key, x-goog-api-key, key]` the clients of all providers show theirs where they always do.
//!
//! A key is looked for in headers and in the query; the gateway decides who calls before it reads a body, so `key_in_body` is not
//! served. The key that let a client in is always hidden from upstreams, whatever `hide_credentials` says.
//!
//! <https://developer.konghq.com/plugins/key-auth/reference/>

use crate::config::error::Problem;
use crate::config::record::Record;

use super::header_name;

/// One configured `key-auth`.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyAuth {
    /// Where a key may be, in this order.
    pub names: Vec<http::HeaderName>,
    /// The same names as parameters of the query, which know capitals.
    pub parameters: Vec<String>,
    /// Whether headers are looked at.
    pub in_header: bool,
    /// Whether the query is looked at.
    pub in_query: bool,
    /// The consumer that who shows no key is taken for; without it, nobody gets in without.
    pub anonymous: Option<String>,
    /// Told to who does not get in.
    pub realm: Option<String>,
}

/// Kong's own.
const NAME: &str = "apikey";

impl KeyAuth {
    /// Reads the plugin's `config`.
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[
            ("key_names", "Headers and parameters of the query that show a key, in this order."),
            ("hide_credentials", "Nothing here: a key never goes upstream."),
            ("run_on_preflight", "Nothing here."),
            ("key_in_body", "Not served: who calls is decided before a body is read."),
            ("key_in_header", "Whether a key is looked for in headers."),
            ("key_in_query", "Whether a key is looked for in the query."),
            ("anonymous", "The consumer that a client without a key is taken for."),
            ("realm", "What a client is told that does not get in."),
        ]);
        record.default("key_names", vec![NAME]);
        let fields = record.get("key_names").map(|field| field.list("an array"));
        let named = fields.map(|fields| {
            let name =
                |field: &crate::config::field::Field<'_>| Some((field.parse(header_name)?, field.string()?));
            fields.iter().filter_map(name).unzip()
        });
        let usual = || (vec![http::HeaderName::from_static(NAME)], vec![NAME.to_owned()]);
        let (names, parameters): (Vec<_>, Vec<_>) = named.unwrap_or_else(usual);
        record.boolean("hide_credentials");
        record.boolean("run_on_preflight");
        if let Some(field) = record.get("key_in_body").filter(|field| field.boolean() == Some(true)) {
            field.error(Problem::Unsupported);
        }
        for name in ["identity_realms", "principals"] {
            record.says(&[(name, "Not served: may stand there empty.")]);
            if let Some(field) = record.get(name).filter(|field| !field.is_empty_container()) {
                field.error(Problem::Unsupported);
            }
        }
        Some(Self {
            names,
            parameters,
            in_header: record.boolean_or("key_in_header", true),
            in_query: record.boolean_or("key_in_query", true),
            anonymous: record.filled("anonymous"),
            realm: record.get("realm").and_then(|field| field.parse(realm)),
        })
    }
}

/// It goes between quotes into a header.
fn realm(text: &str) -> Result<String, Problem> {
    if text.chars().all(|char| matches!(char, ' '..='~') && !matches!(char, '"' | '\\')) {
        return Ok(text.to_owned());
    }
    Err(Problem::Rule("expected printable ascii without quotes and backslashes".to_owned()))
}

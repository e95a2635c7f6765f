//! An embedded OpenAPI document, and the plan of each of its operations: which schema judges what.

use serde_json::{Map, Value};

use crate::calls::Calls;
use crate::encoded::Encoded;
use crate::path::Template;
use crate::schema::Schema;
use crate::sequence::Grammar;

/// What `build.rs` embeds for one provider.
#[derive(Debug)]
pub(crate) struct Embedded {
    pub(crate) name: &'static str,
    /// The OpenAPI document as JSON.
    pub(crate) text: &'static str,
    /// `SOURCE.md`.
    pub(crate) source: &'static str,
}

pub(crate) static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/documents.rs"));

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) root: Value,
    pub(crate) plans: Vec<Plan>,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) method: String,
    /// The path as the document writes it.
    pub(crate) path: String,
    pub(crate) template: Template,
    pub(crate) id: String,
    pub(crate) pointer: String,
    pub(crate) requests: Vec<Body>,
    /// The same of requests that are forms.
    pub(crate) forms: Vec<Body>,
    /// Whether a request may be bytes that are neither.
    pub(crate) takes_bytes: bool,
    pub(crate) replies: Vec<Reply>,
    pub(crate) streams: Vec<Stream>,
}

/// A body under one media type.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) variants: Variants,
    pub(crate) schema: Schema,
    pub(crate) calls: Option<Calls>,
}

/// What a status is answered with. `status` is a code, `4XX` or `default`.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: String,
    pub(crate) bodies: Vec<Body>,
}

/// A streamed reply: a schema an event, and their order.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) variants: Variants,
    pub(crate) pointer: String,
    pub(crate) events: Vec<Event>,
    pub(crate) grammar: Option<Grammar>,
}

/// One event of a stream.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) schema: Schema,
    /// What stands in its members as base64.
    pub(crate) encoded: Vec<Encoded>,
}

/// The names of API versions that a media type stands for: none is the plain one.
#[derive(Debug, Default)]
pub(crate) struct Variants {
    /// From a parameter of the media type: `application/json; anthropic-version=2026-10-21`.
    pub(crate) parameter: Option<String>,
    /// From `x-variant`: the name of what the plain media type stands for.
    pub(crate) plain: Option<String>,
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

impl Content {
    /// Parses an embedded document. Members that a document lacks are read as absent: the tests judge the documents.
    pub(crate) fn parse(text: &str) -> Self {
        let root: Value = serde_json::from_str(text).expect("build.rs wrote this as JSON");
        let mut plans = Vec::new();
        for (path, item) in members(&root["paths"]) {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    let pointer = format!("/paths/{}/{method}", escape(path));
                    plans.push(Plan::new(&root, &method.to_uppercase(), path, operation, pointer));
                }
            }
        }
        Self { root, plans }
    }
}

impl Plan {
    fn new(root: &Value, method: &str, path: &str, operation: &Value, pointer: String) -> Self {
        let (mut replies, mut streams) = (Vec::new(), Vec::new());
        for (status, response) in members(&operation["responses"]) {
            let shared = response["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
            let response = shared.and_then(|pointer| root.pointer(pointer)).unwrap_or(response);
            let place = shared.map_or_else(|| format!("{pointer}/responses/{status}"), str::to_owned);
            let content = format!("{place}/content");
            let bodies = bodies(&response["content"], JSON, &content, Schema::open);
            replies.push(Reply { status: status.clone(), bodies });
            streams.extend(self::streams(&response["content"], &content));
        }
        let content = format!("{pointer}/requestBody/content");
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            template: Template::new(path),
            id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
            requests: bodies(&operation["requestBody"]["content"], JSON, &content, Schema::new),
            forms: FORMS
                .iter()
                .flat_map(|form| bodies(&operation["requestBody"]["content"], form, &content, Schema::new))
                .collect(),
            takes_bytes: members(&operation["requestBody"]["content"]).any(|(media, _)| {
                !media.starts_with(JSON) && !FORMS.iter().any(|form| media.starts_with(form))
            }),
            replies,
            streams,
            pointer,
        }
    }
}

impl Variants {
    fn new(media: &str, object: &Value) -> Self {
        let parameter = media.split_once(';').and_then(|(_, parameter)| parameter.split_once('='));
        Self {
            parameter: parameter.map(|(_, value)| value.trim().to_owned()),
            plain: object["x-variant"].as_str().map(str::to_owned),
        }
    }

    /// Whether this is the media type to take for a variant, or for none.
    pub(crate) fn is(&self, variant: Option<&str>) -> bool {
        match variant {
            None => self.parameter.is_none(),
            Some(name) => self.parameter.as_deref() == Some(name) || self.plain.as_deref() == Some(name),
        }
    }
}

const JSON: &str = "application/json";
/// With parts, or as a query is written.
const FORMS: [&str; 2] = ["multipart/form-data", "application/x-www-form-urlencoded"];

fn bodies(content: &Value, kind: &str, pointer: &str, schema: fn(String) -> Schema) -> Vec<Body> {
    let meant = members(content).filter(|(media, _)| media.starts_with(kind));
    meant
        .map(|(media, object)| {
            let pointer = format!("{pointer}/{}", escape(media));
            Body {
                variants: Variants::new(media, object),
                schema: schema(format!("{pointer}/schema")),
                calls: object.get("x-calls").map(|calls| Calls::new(calls, format!("{pointer}/x-calls"))),
            }
        })
        .collect()
}

fn streams(content: &Value, pointer: &str) -> Vec<Stream> {
    let streamed = members(content).filter(|(_, object)| object.get("x-events").is_some());
    streamed
        .map(|(media, object)| {
            let pointer = format!("{pointer}/{}", escape(media));
            let event = |(name, schema): (&String, &Value)| {
                let pointer = format!("{pointer}/x-events/{}", escape(name));
                let encoded = Encoded::all(schema, &pointer);
                Event { name: name.clone(), schema: Schema::open(pointer), encoded }
            };
            Stream {
                variants: Variants::new(media, object),
                events: members(&object["x-events"]).map(event).collect(),
                grammar: object
                    .get("x-sequence")
                    .map(|sequence| Grammar::new(sequence, &format!("{pointer}/x-sequence"))),
                pointer,
            }
        })
        .collect()
}

/// The members of an object; none if it is none.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// A name as a segment of a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

//! One operation of an API: judges its requests, replies and stream events.

use std::borrow::Cow;

use serde_json::Value;

use crate::document::{Body, Content, Plan, Stream};
use crate::sequence::Sequence;
use crate::violation::{Violation, names};
use crate::{form, names};

/// An operation, perhaps with the parameters of the path that it was found by. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Operation {
    content: &'static Content,
    plan: &'static Plan,
    parameters: Vec<(&'static str, String)>,
    variant: Option<String>,
    /// Whether requests are judged as forms.
    is_form: bool,
}

impl Operation {
    pub(crate) fn new(
        content: &'static Content,
        plan: &'static Plan,
        parameters: Vec<(&'static str, String)>,
    ) -> Self {
        Self { content, plan, parameters, variant: None, is_form: false }
    }

    /// The document's `operationId`.
    pub fn id(&self) -> &'static str {
        &self.plan.id
    }

    /// The method, in capitals.
    pub fn method(&self) -> &'static str {
        &self.plan.method
    }

    /// The path as the document writes it, with its parameters in braces.
    pub fn path(&self) -> &'static str {
        &self.plan.path
    }

    /// The same operation under another version of the API, such as `anthropic-version` `2026-10-21`; none if no media
    /// type of this operation has that name.
    pub fn variant(&self, name: &str) -> Option<Self> {
        let plan = self.plan;
        let bodies = plan.requests.iter().chain(plan.replies.iter().flat_map(|reply| &reply.bodies));
        let mut variants =
            bodies.map(|body| &body.variants).chain(plan.streams.iter().map(|stream| &stream.variants));
        variants
            .any(|variants| variants.is(Some(name)))
            .then(|| Self { variant: Some(name.to_owned()), ..self.clone() })
    }

    /// The same operation with a form for a request; none if it takes none.
    pub fn of_form(&self) -> Option<Self> {
        (!self.plan.forms.is_empty()).then(|| Self { is_form: true, ..self.clone() })
    }

    /// Whether its request may be JSON.
    pub fn takes_json(&self) -> bool {
        !self.plan.requests.is_empty()
    }

    /// Whether its request may be bytes that are neither JSON nor a form, such as sound.
    pub fn takes_bytes(&self) -> bool {
        self.plan.takes_bytes
    }

    /// A form's fields as JSON, each of the type that the document gives it: `a[b]` is a member of `a`, `a[]` an item. What is
    /// no number where one is wanted stays a text, and the schema says so.
    pub fn fields<'f>(&self, fields: impl Iterator<Item = (&'f str, String)>) -> Value {
        let schema = self.chosen(self.requests()).map(|chosen| chosen.schema.pointer.as_str());
        form::fields(&self.content.root, schema.unwrap_or_default(), fields)
    }

    /// A parameter of the path that the operation was found by, percent-decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    /// A request's body with its members by the document's own names, where the service reads other spellings as well.
    pub fn settled<'v>(&self, body: &'v Value) -> Cow<'v, Value> {
        match self.chosen(self.requests()) {
            Some(chosen) => names::settled(&self.content.root, &chosen.schema.pointer, body),
            None => Cow::Borrowed(body),
        }
    }

    /// Judges a request's body, as strictly as the service does.
    pub fn request(&self, body: &Value) -> Vec<Violation> {
        match self.chosen(self.requests()) {
            Some(chosen) => {
                let body = &*self.settled(body);
                let mut found = chosen.schema.violations(&self.content.root, body);
                found.extend(chosen.calls.iter().flat_map(|calls| calls.violations(body)));
                found
            }
            None if body.is_null() => Vec::new(),
            None => vec![self.unforeseen("no body", body, "")],
        }
    }

    /// Judges a whole reply's body, as openly as an official client does.
    pub fn reply(&self, status: u16, body: &Value) -> Vec<Violation> {
        let code = status.to_string();
        let class = format!("{}XX", status / 100);
        let replies = &self.plan.replies;
        let reply = [code.as_str(), &class, "default"]
            .into_iter()
            .find_map(|wanted| replies.iter().find(|reply| reply.status == wanted));
        let Some(reply) = reply else {
            let foreseen = names(replies.iter().map(|reply| reply.status.as_str()));
            return vec![Violation {
                pointer: String::new(),
                keyword: "status".to_owned(),
                expected: format!("one of the statuses {foreseen}"),
                got: code,
                document: format!("{}/responses", self.plan.pointer),
            }];
        };
        match self.chosen(&reply.bodies) {
            Some(chosen) => chosen.schema.violations(&self.content.root, body),
            None => vec![self.unforeseen("no JSON body", body, &format!("/responses/{}", reply.status))],
        }
    }

    /// Judges one event of a stream by itself. Unnamed events of OpenAI's have the name `""`, the terminator `[DONE]`
    /// (with the JSON string `"[DONE]"` as its data); Bedrock's have their `:event-type` or `:exception-type`.
    pub fn event(&self, name: &str, data: &Value) -> Vec<Violation> {
        let Some(stream) = self.stream() else {
            return vec![self.unforeseen("no stream", data, "/responses")];
        };
        match stream.events.iter().find(|event| event.name == name) {
            Some(event) => {
                let root = &self.content.root;
                let mut found = event.schema.violations(root, data);
                found.extend(event.encoded.iter().flat_map(|member| member.violations(root, data)));
                found
            }
            None => vec![Violation {
                pointer: String::new(),
                keyword: "x-events".to_owned(),
                expected: format!("one of the events {}", names(self.events())),
                got: format!("`{name}`"),
                document: format!("{}/x-events", stream.pointer),
            }],
        }
    }

    /// The names of all events that a stream of this operation may hold.
    pub fn events(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.stream().into_iter().flat_map(|stream| stream.events.iter().map(|event| event.name.as_str()))
    }

    /// A fresh checker of the order of a stream's events; none if the operation does not stream.
    pub fn sequence(&self) -> Option<Sequence> {
        let grammar = self.stream()?.grammar.as_ref()?;
        Some(Sequence::new(&self.content.root, grammar))
    }

    fn requests(&self) -> &'static [Body] {
        if self.is_form { &self.plan.forms } else { &self.plan.requests }
    }

    fn stream(&self) -> Option<&'static Stream> {
        let streams = &self.plan.streams;
        let of = |variant| streams.iter().find(|stream| stream.variants.is(variant));
        of(self.variant.as_deref()).or_else(|| of(None))
    }

    fn chosen(&self, bodies: &'static [Body]) -> Option<&'static Body> {
        let of = |variant| bodies.iter().find(|body| body.variants.is(variant));
        of(self.variant.as_deref()).or_else(|| of(None))
    }

    fn unforeseen(&self, expected: &str, body: &Value, member: &str) -> Violation {
        Violation {
            pointer: String::new(),
            keyword: "content".to_owned(),
            expected: expected.to_owned(),
            got: crate::violation::show(body),
            document: format!("{}{member}", self.plan.pointer),
        }
    }
}

//! Conditions on a call, as Kong's `acls` and rate limiting policies have them: who calls, from where, for what.
//!
//! ```yaml
//! match:                                   # all of them
//! - {type: consumer, values: [ann, bob]}   # one of these
//! - {type: model, values: ["gpt-4o*"]}     # `*` is anything, which Kong does not know
//! ```

use std::borrow::Cow;
use std::net::IpAddr;

use http::{HeaderMap, HeaderName};

use super::error::Problem;
use super::field::Field;
use super::named::Named;
use super::path::normalize;
use super::pattern::Pattern;
use super::plugins::header_name;
use super::record::Record;
use super::{Consumer, IpRange};

/// What is known of a call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Who calls, if that is known.
    pub consumer: Option<&'a Consumer>,
    /// From where.
    pub ip: Option<IpAddr>,
    /// Its header fields, without a key.
    pub headers: &'a HeaderMap,
    /// Its path.
    pub path: &'a str,
    /// Where it goes; `None`, as long as nobody knows.
    pub aim: Option<Aim<'a>>,
}

/// Where a call goes.
#[derive(Clone, Copy, Debug)]
pub struct Aim<'a> {
    /// The provider, as the file names it.
    pub provider: &'a str,
    /// The model, by all its names; none, where none is asked for.
    pub models: [Option<&'a str>; 2],
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    what: What,
    /// One of these; any, if there are none.
    values: Vec<Value>,
    /// Whether what matched has counters of its own.
    pub partitions: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Consumer(Option<Of>),
    ConsumerGroup(Option<Of>),
    Header(HeaderName),
    Ip,
    Model,
    Path,
    Provider,
}

/// By which of its names an entity is meant; any, if it is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Id,
    Username,
    CustomId,
    Name,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    Pattern(Pattern),
    Range(IpRange),
}

#[derive(Clone, Copy, PartialEq)]
enum Type {
    Consumer,
    ConsumerGroup,
    Header,
    Ip,
    Model,
    Path,
    Provider,
}

impl Named for Type {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("consumer", Self::Consumer),
        ("consumer_group", Self::ConsumerGroup),
        ("header", Self::Header),
        ("ip", Self::Ip),
        ("model", Self::Model),
        ("path", Self::Path),
        ("provider", Self::Provider),
    ];
}

impl Named for Of {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("username", Self::Username),
        ("custom_id", Self::CustomId),
        ("name", Self::Name),
    ];
}

impl Condition {
    /// Reads one; of a rate limiting policy, where it may have no values, and may count each apart.
    pub(super) fn read(record: &mut Record<'_>, of_policy: bool) -> Option<Self> {
        record.says(&[
            ("type", "What is looked at."),
            ("key", "Of a header: its name; of a consumer: by what it is named."),
            ("values", "One of these."),
            ("partition_by", "Whether each value has a counter of its own."),
        ]);
        let kind: Option<Type> = record.required("type").and_then(|field| field.named());
        let key = record.get("key");
        let what = kind.and_then(|kind| What::read(record, kind, key.as_ref()));
        let values = if of_policy { record.get("values") } else { record.required("values") };
        let fields = values.as_ref().map(|field| field.list("an array")).unwrap_or_default();
        if let Some(field) = values.filter(Field::is_empty_container) {
            field.error(Problem::Rule("length must be at least 1".to_owned()));
        }
        let partitions = of_policy && record.boolean_or("partition_by", false);
        let what = what?;
        let values = fields.iter().map(|field| Value::read(field, &what)).collect::<Option<Vec<_>>>()?;
        Some(Self { what, values, partitions })
    }

    /// Reads all of a `match`.
    pub(super) fn read_all(field: &Field<'_>, of_policy: bool) -> Option<Vec<Self>> {
        let fields = field.list("an array");
        if field.is_empty_container() {
            field.error(Problem::Rule("length must be at least 1".to_owned()));
        }
        let all: Vec<_> = fields
            .iter()
            .map(|field| field.record(|record| Self::read(record, of_policy)).flatten())
            .collect();
        all.into_iter().collect()
    }

    /// Whether it holds for a call; `None`, as long as it is not known where that goes.
    pub fn holds(&self, call: &Call<'_>) -> Option<bool> {
        match (&self.what, call.aim) {
            (What::Model | What::Provider, None) => None,
            _ => Some(self.found(call).is_some()),
        }
    }

    /// Whether it is one on the model.
    pub(super) fn is_of_model(&self) -> bool {
        self.what == What::Model
    }

    /// What of the call it is that matches.
    pub fn found<'c>(&self, call: &Call<'c>) -> Option<Cow<'c, str>> {
        let text = |text: &'c str| self.takes(text).then_some(Cow::Borrowed(text));
        match &self.what {
            What::Consumer(of) => call.consumer?.names(*of).find_map(text),
            What::ConsumerGroup(of) => call.consumer?.group_names(*of).find_map(text),
            What::Header(name) => {
                call.headers.get_all(name).iter().find_map(|value| text(value.to_str().ok()?))
            }
            What::Ip => {
                let ip = call.ip?.to_canonical();
                let is_in = |value: &Value| matches!(value, Value::Range(range) if range.contains(ip));
                (self.values.is_empty() || self.values.iter().any(is_in)).then(|| ip.to_string().into())
            }
            What::Model => call.aim?.models.into_iter().flatten().find_map(text),
            What::Path => {
                let path = normalize(call.path);
                self.takes(&path).then_some(path)
            }
            What::Provider => text(call.aim?.provider),
        }
    }

    fn takes(&self, text: &str) -> bool {
        let is = |value: &Value| match value {
            Value::Text(known) => known == text,
            Value::Pattern(pattern) => pattern.takes(text),
            Value::Range(_) => false,
        };
        self.values.is_empty() || self.values.iter().any(is)
    }
}

impl What {
    fn read(record: &Record<'_>, kind: Type, key: Option<&Field<'_>>) -> Option<Self> {
        let of = |legal: &[Of]| {
            let Some(key) = key else { return Some(None) };
            let of: Of = key.named()?;
            if !legal.contains(&of) {
                let names: Vec<_> = legal.iter().map(|of| of.name()).collect();
                key.error(Problem::OneOf { names: names.join(", "), nearest: None });
            }
            Some(Some(of))
        };
        Some(match kind {
            Type::Consumer => Self::Consumer(of(&[Of::Id, Of::Username, Of::CustomId])?),
            Type::ConsumerGroup => Self::ConsumerGroup(of(&[Of::Id, Of::Name])?),
            Type::Header => {
                if key.is_none() {
                    record.error(Problem::Rule(
                        "a match of the type 'header' needs the header's name as 'key'".to_owned(),
                    ));
                }
                Self::Header(key?.parse(header_name)?)
            }
            Type::Ip => Self::Ip,
            Type::Model => Self::Model,
            Type::Path => Self::Path,
            Type::Provider => Self::Provider,
        })
    }
}

impl Value {
    fn read(field: &Field<'_>, what: &What) -> Option<Self> {
        Some(match what {
            What::Ip => Self::Range(field.parse(IpRange::parse)?),
            What::Model => Self::Pattern(Pattern::new(&field.string()?)),
            _ => Self::Text(field.string()?),
        })
    }
}

impl Consumer {
    fn names(&self, of: Option<Of>) -> impl Iterator<Item = &str> {
        let is = move |this| of.is_none_or(|of| of == this);
        let names = [(Of::Id, &self.id), (Of::Username, &self.username), (Of::CustomId, &self.custom_id)];
        names.into_iter().filter(move |(this, _)| is(*this)).filter_map(|(_, name)| name.as_deref())
    }

    fn group_names(&self, of: Option<Of>) -> impl Iterator<Item = &str> {
        let is = move |this| of.is_none_or(|of| of == this);
        self.groups.iter().flat_map(move |group| {
            let names = [(Of::Name, Some(&*group.name)), (Of::Id, group.id.as_deref())];
            names.into_iter().filter(move |(this, _)| is(*this)).filter_map(|(_, name)| name)
        })
    }
}

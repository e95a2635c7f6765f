//! Consumers, their keys and their groups, as they stand in a file: nested, or at the top level with a reference.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::consumer::{Digest, now};
use super::entity::{Identity, dangling, reference, remarks, tags, uuid};
use super::error::Problem;
use super::field::{Field, MOST, nearest};
use super::pattern::Pattern;
use super::record::Record;
use super::scope::Whose as Whom;
use super::{Consumer, Consumers, Credential, Group, Models};

/// What a file says of them.
#[derive(Default)]
pub(super) struct Roster<'c> {
    consumers: Vec<Consumer>,
    groups: Vec<Arc<Group>>,
    keys: Vec<(Whose<'c>, Draft)>,
    acls: Vec<(Whose<'c>, String)>,
    members: Vec<(Whose<'c>, String, Field<'c>)>,
    digests: HashSet<[u8; 32]>,
}

/// A consumer: the one around it, or the one that is named.
enum Whose<'c> {
    Number(usize),
    Named(String, Field<'c>),
}

/// A key without its consumer.
struct Draft {
    id: Option<String>,
    digest: Digest,
    models: Models,
    expires: Option<Duration>,
}

impl<'c> Roster<'c> {
    /// Reads a consumer but for its plugins; its number.
    pub(super) fn consumer(&mut self, record: &mut Record<'c>) -> (usize, Identity) {
        record.says(&[
            ("username", "Its name, as logs and metrics tell it."),
            ("custom_id", "Its id in another system."),
            ("keyauth_credentials", "The keys that it may show."),
            ("acls", "The groups that the plugin `acl` knows it by."),
            ("groups", "The consumer groups that it is in."),
            ("basicauth_credentials", "Not served: who calls is known by a key."),
            ("hmacauth_credentials", "Not served: who calls is known by a key."),
            ("jwt_secrets", "Not served: who calls is known by a key."),
            ("mtls_auth_credentials", "Not served: who calls is known by a key."),
            ("oauth2_credentials", "Not served: who calls is known by a key."),
        ]);
        let number = self.consumers.len();
        let (id, _) = entity(record);
        let (username, custom_id) = (record.filled("username"), record.filled("custom_id"));
        record.rule(
            username.is_none() && custom_id.is_none(),
            "at least one of these fields must be non-empty: 'custom_id', 'username'",
        );
        let models = models(&tags(record));
        for field in record.list("keyauth_credentials") {
            field.record(|record| self.key(record, Some(number)));
        }
        for field in record.list("acls") {
            field.record(|record| self.acl(record, Some(number)));
        }
        for field in record.list("groups") {
            if let Some(group) = name_of(&field) {
                self.members.push((Whose::Number(number), group, field));
            }
        }
        for name in OTHER_CREDENTIALS {
            if let Some(field) = record.get(name).filter(|field| !field.is_empty_container()) {
                field.error(Problem::Unsupported);
            }
        }
        let identity = Identity { id: id.clone(), name: username.clone() };
        self.consumers.push(Consumer { id, username, custom_id, models, number, ..Consumer::default() });
        (number, identity)
    }

    /// Reads a consumer group but for its plugins; its number.
    pub(super) fn group(&mut self, record: &mut Record<'c>) -> (usize, Identity) {
        record.says(&[("name", "Its name."), ("consumers", "Who is in it, by username or id.")]);
        let number = self.groups.len();
        let (id, _) = entity(record);
        let name = record.required("name").and_then(|field| field.string());
        tags(record);
        for field in record.list("consumers") {
            if let (Some(consumer), Some(name)) = (name_of(&field), &name) {
                self.members.push((Whose::Named(consumer, field.clone()), name.clone(), field));
            }
        }
        self.groups.push(Arc::new(Group { id: id.clone(), name: name.clone().unwrap_or_default(), number }));
        (number, Identity { id, name })
    }

    /// Reads what stands at the top level with a reference to its consumer.
    pub(super) fn rest(&mut self, record: &mut Record<'c>) {
        record.says(&[
            ("keyauth_credentials", "Keys, each with its consumer."),
            ("acls", "Groups for the plugin `acl`, each with its consumer."),
            ("consumer_group_consumers", "Who is in which consumer group."),
        ]);
        for field in record.list("keyauth_credentials") {
            field.record(|record| self.key(record, None));
        }
        for field in record.list("acls") {
            field.record(|record| self.acl(record, None));
        }
        for field in record.list("consumer_group_consumers") {
            field.record(|record| {
                record.says(&[("consumer_group", "The group, by name or id.")]);
                entity(record);
                let group =
                    record.required("consumer_group").and_then(|field| Some((name_of(&field)?, field)));
                if let (Some(whose), Some((group, field))) = (whose(record, None), group) {
                    self.members.push((whose, group, field));
                }
            });
        }
    }

    fn key(&mut self, record: &mut Record<'c>, number: Option<usize>) {
        record.says(&[
            ("key", "The key, or `sha256:` and its digest in hexadecimal."),
            ("ttl", "Seconds that it is good for, from `created_at`, else from when the file is read; 0: for ever."),
        ]);
        let (id, created) = entity(record);
        let whose = whose(record, number);
        let models = models(&tags(record));
        let field = record.required("key");
        let parsed = field.as_ref().and_then(|field| field.parse(key));
        let ttl = record.integer("ttl", 0..=100_000_000).and_then(|ttl| u64::try_from(ttl).ok());
        let (Some(whose), Some(digest), Some(field)) = (whose, parsed, field) else { return };
        if !self.digests.insert(digest.bytes()) {
            let text =
                "uniqueness violation: 'keyauth_credentials' entity with key set to '***' already declared";
            field.error(Problem::Rule(text.to_owned()));
        }
        // From when it was made, if the file says so; else from when the file is read.
        let since = created.map_or_else(now, Duration::from_secs);
        let expires = ttl.filter(|ttl| *ttl > 0).map(|ttl| since + Duration::from_secs(ttl));
        self.keys.push((whose, Draft { id, digest, models, expires }));
    }

    fn acl(&mut self, record: &mut Record<'c>, number: Option<usize>) {
        record.says(&[("group", "The group's name.")]);
        entity(record);
        tags(record);
        let whose = whose(record, number);
        let group = record.required("group").and_then(|field| field.string());
        if let (Some(whose), Some(group)) = (whose, group) {
            self.acls.push((whose, group));
        }
    }

    /// The number of the consumer that `name` means; notes that there is none.
    pub(super) fn consumer_named(&self, name: &str, field: &Field<'_>) -> Option<usize> {
        let found = self.consumers.iter().position(|consumer| consumer.is(name));
        if found.is_none() {
            dangling(field, "consumer", name, "consumers");
        }
        found
    }

    /// The number of the group that `name` means; notes that there is none.
    pub(super) fn group_named(&self, name: &str, field: &Field<'_>) -> Option<usize> {
        let found =
            self.groups.iter().position(|group| group.name == name || group.id.as_deref() == Some(name));
        if found.is_none() {
            dangling(field, "consumer_group", name, "consumer_groups");
        }
        found
    }

    /// What counters call them; and a group's name.
    pub(super) fn name_of(&self, whose: Whom) -> (String, Option<Arc<str>>) {
        match whose {
            Whom::Consumer(number) => (format!("consumer {}", self.consumers[number].name()), None),
            Whom::Group(number) => {
                let name = &self.groups[number].name;
                (format!("group {name}"), Some(name.as_str().into()))
            }
        }
    }

    /// All of them, each with what is its own.
    pub(super) fn finish(mut self) -> Consumers {
        for (whose, group) in std::mem::take(&mut self.acls) {
            if let Some(number) = self.number(&whose)
                && !self.consumers[number].acls.contains(&group)
            {
                self.consumers[number].acls.push(group);
            }
        }
        for (whose, group, field) in std::mem::take(&mut self.members) {
            let group = self.group_named(&group, &field).map(|number| Arc::clone(&self.groups[number]));
            if let (Some(number), Some(group)) = (self.number(&whose), group)
                && !self.consumers[number].groups.contains(&group)
            {
                self.consumers[number].groups.push(group);
            }
        }
        // Of several groups the first by name is the one whose plugin holds.
        self.consumers
            .iter_mut()
            .for_each(|consumer| consumer.groups.sort_by(|one, other| one.name.cmp(&other.name)));
        let numbers: Vec<_> = self.keys.iter().map(|(whose, _)| self.number(whose)).collect();
        let all: Vec<Arc<Consumer>> = self.consumers.into_iter().map(Arc::new).collect();
        let keys = self.keys.into_iter().zip(numbers).filter_map(|((_, draft), number)| {
            let Draft { id, digest, models, expires } = draft;
            Some(Arc::new(Credential { id, consumer: Arc::clone(&all[number?]), models, digest, expires }))
        });
        let keys = keys.collect();
        Consumers::new(all, keys)
    }

    fn number(&self, whose: &Whose<'c>) -> Option<usize> {
        match whose {
            Whose::Number(number) => Some(*number),
            Whose::Named(name, field) => self.consumer_named(name, field),
        }
    }
}

/// What all of these entities have: an id, and when it was made, in seconds since 1970.
fn entity(record: &mut Record<'_>) -> (Option<String>, Option<u64>) {
    record.says(&[
        ("id", "A UUID by which other entities may refer to this one."),
        ("created_at", "When it was made, in seconds since 1970."),
        ("updated_at", "When it was changed, in seconds since 1970."),
    ]);
    let created = record.integer("created_at", 1..=MOST).and_then(|created| u64::try_from(created).ok());
    record.integer("updated_at", 1..=MOST);
    remarks(record);
    (record.get("id").and_then(|field| field.parse(uuid)), created)
}

fn whose<'c>(record: &mut Record<'c>, number: Option<usize>) -> Option<Whose<'c>> {
    record.says(&[("consumer", "The consumer that it is of, by username or id.")]);
    if let Some(number) = number {
        return Some(Whose::Number(number));
    }
    let found = reference(record, "consumer").map(|(name, field)| Whose::Named(name, field));
    if found.is_none() {
        record.required("consumer");
    }
    found
}

/// A name by itself, or as `{name: …}`.
fn name_of(field: &Field<'_>) -> Option<String> {
    if !field.is_map() {
        return field.string();
    }
    field.record(|record| {
        record.says(&[("name", "Its name."), ("username", "Its username.")]);
        tags(record);
        let (id, _) = entity(record);
        let (name, username) = (record.filled("name"), record.filled("username"));
        name.or(username).or(id)
    })?
}

/// Ours among the tags.
fn models(tags: &[(String, Field<'_>)]) -> Models {
    let mut patterns = Vec::new();
    for (tag, field) in tags {
        let Some(setting) = tag.strip_prefix("touchstone-") else { continue };
        match setting.split_once(':') {
            Some(("models", names)) if !names.is_empty() => {
                // Tags of Kong's have no `/`, which names of models may have.
                patterns.push(Pattern::new(&crate::percent::decode(&names.replace('+', "%2B"))));
            }
            Some(("models", _)) => field.error(Problem::Rule("length must be at least 1".to_owned())),
            other => {
                let name = other.map_or(setting, |(name, _)| name);
                let nearest = nearest(name, ["models"].into_iter()).map(|name| format!("touchstone-{name}"));
                field.error(Problem::Unknown(nearest));
            }
        }
    }
    Models(patterns)
}

/// A key, of which an error shows nothing.
fn key(text: &str) -> Result<Digest, Problem> {
    if text.is_empty() {
        return Err(Problem::Rule("length must be at least 1".to_owned()));
    }
    let text = Digest::read(text);
    text.ok_or_else(|| Problem::Rule("expected 64 hexadecimal digits behind 'sha256:'".to_owned()))
}

/// Keys of other plugins, which are not run.
const OTHER_CREDENTIALS: [&str; 5] = [
    "basicauth_credentials",
    "hmacauth_credentials",
    "jwt_secrets",
    "mtls_auth_credentials",
    "oauth2_credentials",
];

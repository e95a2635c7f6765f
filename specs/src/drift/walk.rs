//! Two documents side by side, component by component, and down every member.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::ptr;

use serde_json::Value;

use super::Difference;
use super::shape::{Document, Object, Shape};

pub(super) struct Walk<'a> {
    ours: Document<'a>,
    theirs: Document<'a>,
    /// The published file, by which `x-published` may tell names apart.
    file: &'a str,
    /// What every published name begins with, where a document says that.
    prefix: &'a str,
    /// Pairs of schemas that were compared, by address: schemas refer to each other in circles.
    seen: HashSet<(*const Value, *const Value)>,
    pub(super) compared: usize,
    pub(super) found: Vec<Difference>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(ours: Document<'a>, theirs: Document<'a>, file: &'a str, prefix: &'a str) -> Self {
        Self { ours, theirs, file, prefix, seen: HashSet::new(), compared: 0, found: Vec::new() }
    }

    /// Compares every component with each of its pairs; one that should have some and has none is a difference.
    pub(super) fn components(&mut self) {
        for (name, schema) in self.ours.components() {
            let names = self.names(name);
            let pairs: Vec<_> = names.iter().filter_map(|pair| self.theirs.component(pair)).collect();
            if pairs.is_empty() && !names.is_empty() {
                self.differ(name.clone(), "a component", "none");
            }
            for theirs in pairs {
                self.compared += 1;
                self.schemas(name, &[schema], &[theirs]);
            }
        }
    }

    /// The names that a component of ours may have in the published file; none if it is ours alone.
    fn names(&self, name: &'a str) -> Vec<Cow<'a, str>> {
        let listed = |names: &'a Value| -> Vec<Cow<'a, str>> {
            match names {
                Value::Array(names) => names.iter().filter_map(Value::as_str).map(Cow::Borrowed).collect(),
                one => one.as_str().map(Cow::Borrowed).into_iter().collect(),
            }
        };
        let own = if self.prefix.is_empty() {
            Cow::Borrowed(name)
        } else {
            Cow::Owned(format!("{}{name}", self.prefix))
        };
        match self.ours.component(name).and_then(|schema| schema.get("x-published")) {
            None => vec![own],
            Some(Value::String(none)) if none == "none" => Vec::new(),
            Some(Value::Object(files)) => files.get(self.file).map(listed).unwrap_or_default(),
            Some(names) => [vec![own], listed(names)].concat(),
        }
    }

    fn paired(&self, ours: Option<&'a str>, theirs: Option<&'a str>) -> bool {
        let (Some(ours), Some(theirs)) = (ours, theirs) else { return false };
        self.names(ours).iter().any(|name| name == theirs)
    }

    fn schemas(&mut self, path: &str, ours: &[&'a Value], theirs: &[&'a Value]) {
        if let ([our], [their]) = (ours, theirs) {
            let alone = |document: Document<'a>, schema: &'a Value| {
                document
                    .reference(schema)
                    .filter(|_| schema.as_object().is_some_and(|members| members.len() == 1))
            };
            if self.paired(alone(self.ours, our), alone(self.theirs, their))
                || !self.seen.insert((ptr::from_ref(*our), ptr::from_ref(*their)))
            {
                return;
            }
        }
        let (ours, theirs) = (self.ours.shape(ours), self.theirs.shape(theirs));
        self.types(path, &ours, &theirs);
        // Where one side is no array, the types differ already.
        if ours.kinds().contains("array") && theirs.kinds().contains("array") {
            self.nested(&format!("{path}/[]"), &ours.items, &theirs.items);
        }
        let (our_maps, their_maps) = (self.ours.telling(&ours.maps), self.theirs.telling(&theirs.maps));
        self.nested(&format!("{path}/{{}}"), &our_maps, &their_maps);
        self.objects(path, &ours.objects, &theirs.objects);
    }

    fn types(&mut self, path: &str, ours: &Shape<'a>, theirs: &Shape<'a>) {
        if ours.kinds() != theirs.kinds() {
            self.differ(format!("{path}:type"), &ours.words(), &theirs.words());
            return;
        }
        for value in ours.values.difference(&theirs.values) {
            self.differ(format!("{path}={}", value.trim_matches('"')), "has it", "none");
        }
        for value in theirs.values.difference(&ours.values) {
            self.differ(format!("{path}={}", value.trim_matches('"')), "none", "has it");
        }
    }

    /// Items of arrays, or values of maps.
    fn nested(&mut self, path: &str, ours: &[&'a Value], theirs: &[&'a Value]) {
        match (ours.is_empty(), theirs.is_empty()) {
            (true, true) => {}
            (false, false) => self.schemas(path, ours, theirs),
            (false, true) => self.differ(path.to_owned(), &self.ours.shape(ours).words(), "none"),
            (true, false) => self.differ(path.to_owned(), "none", &self.theirs.shape(theirs).words()),
        }
    }

    /// Pairs the branches of two unions, and compares each pair.
    fn objects(&mut self, path: &str, ours: &[Object<'a>], theirs: &[Object<'a>]) {
        if let ([our], [their]) = (ours, theirs) {
            if !self.paired(our.component, their.component) {
                self.members(path, our, their);
            }
            return;
        }
        let mut left: Vec<_> = theirs.iter().collect();
        for our in ours {
            let branch = format!("{path}({})", self.name(self.ours, our));
            match left.iter().position(|their| self.same(our, their)) {
                None => self.differ(branch, "a branch", "none"),
                Some(at) => {
                    let their = left.remove(at);
                    if !self.paired(our.component, their.component) {
                        self.members(&branch, our, their);
                    }
                }
            }
        }
        for their in left {
            self.differ(format!("{path}({})", self.name(self.theirs, their)), "none", "a branch");
        }
    }

    /// Whether two branches are the same one: paired components, or a member in common that has one value only.
    fn same(&self, our: &Object<'a>, their: &Object<'a>) -> bool {
        if self.paired(our.component, their.component) {
            return true;
        }
        let (ours, theirs) = (our.tags(self.ours), their.tags(self.theirs));
        let common: Vec<_> =
            ours.iter().filter_map(|(name, value)| Some((value, theirs.get(name)?))).collect();
        !common.is_empty() && common.iter().all(|(ours, theirs)| ours == theirs)
    }

    /// What a branch is called: by the value of a tag, by its component, or by its members.
    fn name(&self, document: Document<'a>, object: &Object<'a>) -> String {
        let tags = object.tags(document);
        let tag = tags.get("type").or_else(|| tags.values().next());
        match (tag, object.component) {
            (Some(tag), _) => tag.trim_matches('"').to_owned(),
            (None, Some(component)) => component.to_owned(),
            (None, None) => object.members.keys().copied().collect::<Vec<_>>().join("+"),
        }
    }

    fn members(&mut self, path: &str, ours: &Object<'a>, theirs: &Object<'a>) {
        let names: BTreeSet<_> = ours.members.keys().chain(theirs.members.keys()).copied().collect();
        for name in names {
            let path = format!("{path}/{name}");
            match (ours.members.get(name), theirs.members.get(name)) {
                (Some(our), None) => self.differ(path, &self.ours.shape(our).words(), "none"),
                (None, Some(their)) => self.differ(path, "none", &self.theirs.shape(their).words()),
                (Some(our), Some(their)) => {
                    let (our_mark, their_mark) =
                        (ours.required.contains(name), theirs.required.contains(name));
                    if our_mark != their_mark {
                        self.differ(format!("{path}:required"), mark(our_mark), mark(their_mark));
                    }
                    self.schemas(&path, our, their);
                }
                (None, None) => {}
            }
        }
    }

    fn differ(&mut self, path: String, ours: &str, published: &str) {
        self.found.push(Difference { path, ours: ours.to_owned(), published: published.to_owned() });
    }
}

fn mark(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

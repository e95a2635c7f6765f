//! The file as a whole: its entities, how they are nested and refer to each other, and which plugin answers which route.

use std::collections::HashSet;
use std::sync::Arc;

use super::entity::{Identity, dangling, remarks};
use super::error::Problem;
use super::field::{Context, Field};
use super::node::{Node, Value};
use super::plugin::{AI_PROXY, Plugin, Settings};
use super::record::Record;
use super::route::Draft;
use super::service::Service;
use super::{Config, Plugins, Route, Router};

/// Makes a configuration of `root`.
pub(super) fn read(root: &Node, context: &Context<'_>) -> Option<Config> {
    let Value::Map(_) = root.value else {
        context.note("", root.place, Problem::Type("a record"));
        return None;
    };
    let field = Field { context, path: String::new(), node: root };
    let mut document = Document::default();
    field.record(|record| document.read(record));
    let routes = document.join();
    context.errors.borrow().is_empty().then(|| Config { router: Router::new(routes) })
}

#[derive(Default)]
struct Document<'c> {
    services: Vec<Service>,
    routes: Vec<Entry<'c>>,
    plugins: Vec<(Scope, Plugin<'c>, Field<'c>)>,
    names: HashSet<(&'static str, &'static str, String)>,
    /// Whether a plugin could not be read, so that a route may only seem to have none.
    lost: bool,
}

/// A route, with the service that it is nested in or names.
struct Entry<'c> {
    draft: Draft<'c>,
    service: Option<usize>,
    field: Field<'c>,
}

/// Where a plugin holds: the number of a service or a route, or everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scope {
    Everywhere,
    Service(usize),
    Route(usize),
}

impl<'c> Document<'c> {
    fn read(&mut self, record: &mut Record<'c>) {
        record.required("_format_version").map(|field| field.parse(format_version));
        record.boolean("_transform");
        remarks(record);
        for field in record.list("services") {
            field.record(|record| self.service(record, &field));
        }
        for field in record.list("routes") {
            field.record(|record| self.route(record, &field, None));
        }
        self.plugins(record, Scope::Everywhere);
        for name in UNSERVED {
            if let Some(field) = record.get(name).filter(|field| !field.is_empty_container()) {
                field.error(Problem::Unsupported);
            }
        }
    }

    fn service(&mut self, record: &mut Record<'c>, field: &Field<'c>) {
        let service = Service::read(record);
        self.unique(&service.identity, "services", field);
        let index = self.services.len();
        self.services.push(service);
        for field in record.list("routes") {
            field.record(|record| self.route(record, &field, Some(index)));
        }
        self.plugins(record, Scope::Service(index));
    }

    fn route(&mut self, record: &mut Record<'c>, field: &Field<'c>, service: Option<usize>) {
        let draft = Draft::read(record);
        self.unique(&draft.identity, "routes", field);
        let index = self.routes.len();
        self.routes.push(Entry { draft, service, field: field.clone() });
        self.plugins(record, Scope::Route(index));
    }

    fn plugins(&mut self, record: &mut Record<'c>, scope: Scope) {
        for field in record.list("plugins") {
            let before = field.context.errors.borrow().len();
            match field.record(Plugin::read).flatten() {
                Some(plugin) => self.plugins.push((scope, plugin, field)),
                None => self.lost |= field.context.errors.borrow().len() > before,
            }
        }
    }

    /// Notes a name or an id that another entity of the kind has already.
    fn unique(&mut self, identity: &Identity, kind: &'static str, field: &Field<'_>) {
        for (key, value) in [("name", &identity.name), ("primary key", &identity.id)] {
            let Some(value) = value else { continue };
            if !self.names.insert((kind, key, value.clone())) {
                field.error(taken(kind, key, value));
            }
        }
    }

    /// Gives each route its plugins: of each kind its own, else its service's, else the one that holds everywhere.
    fn join(mut self) -> Vec<Arc<Route>> {
        let settings = self.settings();
        let mut routes = Vec::new();
        for (index, Entry { draft, service, field }) in self.routes.into_iter().enumerate() {
            let service = service.or_else(|| find_service(&self.services, draft.service.as_ref()));
            let scopes = [Some(Scope::Route(index)), service.map(Scope::Service), Some(Scope::Everywhere)];
            let held = held(&settings, &scopes);
            let service = service.map(|index| &self.services[index]);
            match held.iter().find(|held| held.group == AI_PROXY).map(|held| &held.settings) {
                _ if service.is_some_and(|service| !service.enabled) => {}
                None if self.lost => {}
                None => {
                    field
                        .error(Problem::Rule(format!("no enabled plugin '{AI_PROXY}' holds for this route")));
                }
                Some(Some(Settings::AiProxy(plugin))) => {
                    let name = service.and_then(|service| service.identity.name.clone());
                    let timeouts = service.map(|service| service.timeouts).unwrap_or_default();
                    let mut plugins = Plugins::default();
                    held.iter()
                        .filter_map(|held| held.settings.as_ref())
                        .for_each(|settings| settings.add_to(&mut plugins));
                    routes.push(Arc::new(draft.finish((**plugin).clone(), plugins, name, timeouts)));
                }
                Some(_) => {}
            }
        }
        routes
    }

    /// Every enabled plugin.
    fn settings(&mut self) -> Vec<Held> {
        let mut settings = Vec::new();
        let mut seen = HashSet::new();
        let mut lost = self.lost;
        for (scope, plugin, field) in &self.plugins {
            let Some(scope) = self.scope(*scope, plugin, field) else {
                lost = true;
                continue;
            };
            let group = plugin.kind.group;
            if !seen.insert((scope, group)) {
                field.error(taken("plugins", "name", plugin.kind.name));
            } else if plugin.enabled {
                settings.push(Held { scope, group, settings: plugin.settings.clone() });
            }
        }
        self.lost = lost;
        settings
    }

    /// Where a plugin holds: where it is nested, or what it names.
    fn scope(&self, nested: Scope, plugin: &Plugin<'c>, field: &Field<'c>) -> Option<Scope> {
        let both = match nested {
            Scope::Everywhere => plugin.service.is_some() && plugin.route.is_some(),
            Scope::Service(_) => plugin.route.is_some(),
            Scope::Route(_) => plugin.service.is_some(),
        };
        match (&plugin.service, &plugin.route) {
            _ if both => {
                field.error(Problem::Rule(
                    "a plugin of both a service and a route is not supported yet".to_owned(),
                ));
                None
            }
            _ if nested != Scope::Everywhere => Some(nested),
            (None, None) => Some(nested),
            (named, None) => find_service(&self.services, named.as_ref()).map(Scope::Service),
            (_, Some((name, field))) => {
                let found = self.routes.iter().position(|entry| entry.draft.identity.is(name));
                if found.is_none() {
                    dangling(field, "route", name, "routes");
                }
                found.map(Scope::Route)
            }
        }
    }
}

/// An enabled plugin.
struct Held {
    scope: Scope,
    group: &'static str,
    /// `None`, if they are wrong.
    settings: Option<Settings>,
}

/// Of each group of plugins the one that holds in the first of `scopes`.
fn held<'s>(settings: &'s [Held], scopes: &[Option<Scope>]) -> Vec<&'s Held> {
    let mut held: Vec<&Held> = Vec::new();
    for scope in scopes.iter().flatten() {
        for found in settings.iter().filter(|found| found.scope == *scope) {
            if held.iter().all(|known| known.group != found.group) {
                held.push(found);
            }
        }
    }
    held
}

/// The number of the service that `reference` means; notes that there is none.
fn find_service(services: &[Service], reference: Option<&(String, Field<'_>)>) -> Option<usize> {
    let (name, field) = reference?;
    let found = services.iter().position(|service| service.identity.is(name));
    if found.is_none() {
        dangling(field, "service", name, "services");
    }
    found
}

fn taken(kind: &str, key: &str, value: &str) -> Problem {
    Problem::Rule(format!(
        "uniqueness violation: '{kind}' entity with {key} set to '{value}' already declared"
    ))
}

fn format_version(text: &str) -> Result<(), Problem> {
    match text {
        "3.0" => Ok(()),
        "1.1" | "2.1" => Err(Problem::UnsupportedName(text.to_owned())),
        _ => Err(Problem::OneOf { names: "1.1, 2.1, 3.0".to_owned(), nearest: None }),
    }
}

/// Kong's other entities.
const UNSERVED: [&str; 13] = [
    "ca_certificates",
    "certificates",
    "consumer_groups",
    "consumers",
    "filter_chains",
    "key_sets",
    "keys",
    "partials",
    "snis",
    "targets",
    "upstreams",
    "vaults",
    "workspaces",
];

//! The file as a whole: its entities, how they are nested and refer to each other, and which plugin answers which route.

use std::collections::HashSet;
use std::sync::Arc;

use super::entity::{Identity, dangling, remarks};
use super::error::Problem;
use super::field::{Context, Field};
use super::node::{ANY, Node, Value};
use super::plugin::{AI_PROXY, Plugin, Settings};
use super::plugins::Plugins;
use super::record::Record;
use super::roster::Roster;
use super::route::Draft;
use super::scope::{Place, Scope, Whose};
use super::service::Service;
use super::{Config, Route, Router};

/// Makes a configuration of `root`.
pub(super) fn read(root: &Node, context: &Context<'_>) -> Option<Config> {
    let Value::Map(_) = root.value else {
        context.note("", root.place, Problem::Type("a record"));
        return None;
    };
    let field = Field { context, path: String::new(), node: root };
    let mut document = Document::default();
    field.record(|record| document.read(record));
    let settings = document.settings();
    let routes = document.join(&settings);
    let everywhere = everywhere(&settings);
    let consumers = Arc::new(document.roster.finish());
    context.errors.borrow().is_empty().then(|| Config { router: Router::new(routes), consumers, everywhere })
}

/// Asks for all that a file may have.
pub(super) fn survey(context: &Context<'_>) {
    let field = Field { context, path: String::new(), node: &ANY };
    let mut document = Document::default();
    field.record(|record| document.read(record));
}

#[derive(Default)]
struct Document<'c> {
    services: Vec<Service>,
    routes: Vec<Entry<'c>>,
    plugins: Vec<(Scope, Plugin<'c>, Field<'c>)>,
    roster: Roster<'c>,
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

impl<'c> Document<'c> {
    fn read(&mut self, record: &mut Record<'c>) {
        record.says(&[
            ("_format_version", "Of the file: 3.0."),
            ("_transform", "Kong's own; nothing here."),
            ("services", "What routes lead to. The plugins of routes know their own providers, so that a service has names and timeouts."),
            ("routes", "Which requests are taken; each needs an `ai-proxy` or `ai-proxy-advanced`, its own or one that holds for it."),
            ("consumers", "Who may call."),
            ("consumer_groups", "Consumers for whom something holds together."),
            ("plugins", "What is done with calls: for all of them here, for some where it names a service, a route or a consumer."),
        ]);
        record.required("_format_version").map(|field| field.parse(format_version));
        record.boolean("_transform");
        remarks(record);
        for field in record.list("services") {
            field.record(|record| self.service(record, &field));
        }
        for field in record.list("routes") {
            field.record(|record| self.route(record, &field, None));
        }
        self.people(record);
        self.plugins(record, Scope::default());
        for name in UNSERVED {
            record.says(&[(name, "Not served: may stand there empty.")]);
            if let Some(field) = record.get(name).filter(|field| !field.is_empty_container()) {
                field.error(Problem::Unsupported);
            }
        }
    }

    fn people(&mut self, record: &mut Record<'c>) {
        for field in record.list("consumer_groups") {
            field.record(|record| {
                record.says(&[("plugins", "What holds for all who are in it.")]);
                let (number, identity) = self.roster.group(record);
                self.unique(&identity, "consumer_groups", &field);
                self.plugins(record, Scope { whose: Some(Whose::Group(number)), ..Scope::default() });
            });
        }
        for field in record.list("consumers") {
            field.record(|record| {
                record.says(&[("plugins", "What holds for its calls.")]);
                let (number, identity) = self.roster.consumer(record);
                self.unique(&identity, "consumers", &field);
                self.plugins(record, Scope { whose: Some(Whose::Consumer(number)), ..Scope::default() });
            });
        }
        self.roster.rest(record);
    }

    fn service(&mut self, record: &mut Record<'c>, field: &Field<'c>) {
        let service = Service::read(record);
        self.unique(&service.identity, "services", field);
        let index = self.services.len();
        self.services.push(service);
        record.says(&[("routes", "Its routes."), ("plugins", "What holds for all of its routes.")]);
        for field in record.list("routes") {
            field.record(|record| self.route(record, &field, Some(index)));
        }
        self.plugins(record, Scope { service: Some(index), ..Scope::default() });
    }

    fn route(&mut self, record: &mut Record<'c>, field: &Field<'c>, service: Option<usize>) {
        record.says(&[("plugins", "What is done with its calls.")]);
        let draft = Draft::read(record);
        self.unique(&draft.identity, "routes", field);
        let index = self.routes.len();
        self.routes.push(Entry { draft, service, field: field.clone() });
        self.plugins(record, Scope { route: Some(index), ..Scope::default() });
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

    /// Gives each route its plugins: of each kind its own, else its service's, else the one that holds everywhere; for some consumers,
    /// perhaps another.
    fn join(&mut self, settings: &[Held]) -> Vec<Arc<Route>> {
        let mut routes = Vec::new();
        for (index, Entry { draft, service, field }) in
            std::mem::take(&mut self.routes).into_iter().enumerate()
        {
            let service = service.or_else(|| find_service(&self.services, draft.service.as_ref()));
            let held = held(settings, index, service);
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
                    for held in &held {
                        held.settings.iter().for_each(|settings| settings.add_to(&mut plugins, &held.place));
                        if held.group != AI_PROXY && !plugins.names.contains(&held.group) {
                            plugins.names.push(held.group);
                        }
                    }
                    plugins.complete(field.context.env);
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
                let found = plugin.settings.as_ref();
                if let Some(name) = found.and_then(Settings::anonymous) {
                    self.roster.consumer_named(name, field);
                }
                if let Some(problem) = found.and_then(|found| found.misplaced(scope.whose)) {
                    field.error(Problem::Rule(problem.to_owned()));
                }
                let place = self.place(scope, group);
                settings.push(Held { scope, place, group, settings: plugin.settings.clone() });
            }
        }
        self.lost = lost;
        settings
    }

    /// Where a plugin holds: where it is nested, and what it names.
    fn scope(&self, nested: Scope, plugin: &Plugin<'c>, field: &Field<'c>) -> Option<Scope> {
        let route = match &plugin.route {
            Some((name, field)) => {
                let found = self.routes.iter().position(|entry| entry.draft.identity.is(name));
                if found.is_none() {
                    dangling(field, "route", name, "routes");
                }
                Some(found?)
            }
            None => None,
        };
        let service = match &plugin.service {
            Some(_) => Some(find_service(&self.services, plugin.service.as_ref())?),
            None => None,
        };
        let consumer = plugin.consumer.as_ref().map(|(name, field)| self.roster.consumer_named(name, field));
        let group = plugin.consumer_group.as_ref().map(|(name, field)| self.roster.group_named(name, field));
        let whose = match (consumer, group) {
            (Some(consumer), None) => Some(Whose::Consumer(consumer?)),
            (None, Some(group)) => Some(Whose::Group(group?)),
            (None, None) => None,
            (Some(_), Some(_)) => {
                field.error(Problem::Rule("a plugin is for a consumer or for a consumer group".to_owned()));
                return None;
            }
        };
        if nested.whose.is_some() && plugin.enabled && !plugin.is_personal() {
            field.error(Problem::Rule(format!(
                "'{}' is not for consumers and their groups",
                plugin.kind.name
            )));
            return None;
        }
        Some(Scope {
            service: nested.service.or(service),
            route: nested.route.or(route),
            whose: nested.whose.or(whose),
        })
    }

    /// Its place among those of its kind, and a name for its counters.
    fn place(&self, scope: Scope, kind: &str) -> Place {
        let named = |identity: &Identity, number: usize| {
            identity.name.clone().or_else(|| identity.id.clone()).unwrap_or_else(|| number.to_string())
        };
        let service = scope.service.map(|number| named(&self.services[number].identity, number));
        let route = scope.route.map(|number| named(&self.routes[number].draft.identity, number));
        let (whose, group) = match scope.whose {
            Some(whose) => self.roster.name_of(whose),
            None => (String::new(), None),
        };
        let parts = [kind, &service.unwrap_or_default(), &route.unwrap_or_default(), &whose];
        Place { rank: scope.rank(), whose: scope.whose, name: parts.join("/").into(), group }
    }
}

/// An enabled plugin.
struct Held {
    scope: Scope,
    place: Place,
    group: &'static str,
    /// `None`, if they are wrong.
    settings: Option<Settings>,
}

/// Of each group of plugins the first that holds for a route; and all that hold for some consumers.
fn held(settings: &[Held], route: usize, service: Option<usize>) -> Vec<&Held> {
    let mut all: Vec<&Held> = settings.iter().filter(|held| held.scope.takes(route, service)).collect();
    all.sort_by_key(|held| held.place.rank);
    let mut seen = HashSet::new();
    all.retain(|held| held.scope.whose.is_some() || seen.insert(held.group));
    all
}

/// The plugins that name nothing.
fn everywhere(settings: &[Held]) -> Plugins {
    let mut plugins = Plugins::default();
    for held in settings.iter().filter(|held| held.scope == Scope::default()) {
        held.settings.iter().for_each(|settings| settings.add_to(&mut plugins, &held.place));
    }
    plugins
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
const UNSERVED: [&str; 11] = [
    "ca_certificates",
    "certificates",
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

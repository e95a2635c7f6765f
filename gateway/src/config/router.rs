//! Which route a request takes, by the rules of Kong's router.
//!
//! Routes that ask for more (of method, host, headers, path) go before those that ask for less; then those with plain
//! hosts only, those with more headers, regex paths by `regex_priority`, and the longest prefix. Routes that are still
//! equal keep the order of the file. <https://developer.konghq.com/gateway/routing/traditional/>

use std::cmp::Reverse;
use std::sync::Arc;

use http::HeaderMap;

use super::Route;
use super::path::normalize;
use super::rule::{PathRule, split_port};

/// All routes of a configuration, ready to be searched.
#[derive(Clone, Debug, Default)]
pub struct Router {
    routes: Vec<Arc<Route>>,
    entries: Vec<Entry>,
}

/// A route with those of its paths that rank equally: one prefix length, or all regexes.
#[derive(Clone, Debug)]
struct Entry {
    rank: Rank,
    route: Arc<Route>,
    paths: Vec<PathRule>,
}

/// In order of weight.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    attributes: u8,
    plain_hosts: bool,
    headers: usize,
    regex: bool,
    regex_priority: i64,
    prefix: usize,
}

/// A route that was found, with what its path captured.
#[derive(Clone, Debug)]
pub struct Match<'r> {
    /// The route.
    pub route: &'r Arc<Route>,
    /// What its path matched.
    pub captures: Captures,
}

/// What a route's path matched of a request's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captures {
    /// The named groups of a regex path.
    groups: Vec<(String, String)>,
    /// How much of the path in its normal form.
    matched: usize,
}

impl Captures {
    /// What the group `name` captured.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.groups.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The path that was matched in its normal form, which has no dot segments; where `strip` says so, without what matched.
    #[must_use]
    pub fn path(&self, path: &str, strip: bool) -> String {
        let path = normalize(path);
        let rest = path.get(if strip { self.matched } else { 0 }..).unwrap_or_default();
        if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
    }
}

impl Router {
    /// Ranks `routes`.
    #[must_use]
    pub fn new(routes: Vec<Arc<Route>>) -> Self {
        let mut entries: Vec<Entry> = routes.iter().flat_map(entries).collect();
        entries.sort_by_key(|entry| Reverse(entry.rank.clone()));
        Self { routes, entries }
    }

    /// The routes, in the order of the file.
    #[must_use]
    pub fn routes(&self) -> &[Arc<Route>] {
        &self.routes
    }

    /// The route for a request. `host` is the authority as the client sent it, `path` is without its query string.
    #[must_use]
    pub fn find(
        &self,
        method: &str,
        host: Option<&str>,
        path: &str,
        headers: &HeaderMap,
    ) -> Option<Match<'_>> {
        let path = normalize(path);
        let (host, port) = split_port(host.unwrap_or_default());
        self.entries.iter().find_map(|entry| {
            let route = &entry.route;
            let taken = (route.methods.is_empty() || route.methods.iter().any(|known| known == method))
                && (route.hosts.is_empty() || route.hosts.iter().any(|rule| rule.matches(host, port)))
                && route.headers.iter().all(|rule| rule.matches(headers));
            let captures = taken.then(|| captures(&entry.paths, &path)).flatten()?;
            Some(Match { route, captures })
        })
    }
}

/// What the first of `paths` that `path` matches captures; nothing to match is a match.
fn captures(paths: &[PathRule], path: &str) -> Option<Captures> {
    if paths.is_empty() {
        return Some(Captures::default());
    }
    paths.iter().find_map(|rule| match rule {
        PathRule::Prefix(prefix) => {
            let matched = Captures { matched: prefix.len(), ..Captures::default() };
            path.starts_with(&**prefix).then_some(matched)
        }
        PathRule::Regex(regex) => {
            let found = regex.captures(path)?;
            let named = regex.capture_names().flatten();
            let named =
                named.filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned())));
            Some(Captures { groups: named.collect(), matched: found.get(0).map_or(0, |whole| whole.end()) })
        }
    })
}

/// Splits a route by the rank of its paths.
fn entries(route: &Arc<Route>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for path in &route.paths {
        let rank = rank(route, Some(path));
        match entries.iter_mut().find(|entry| entry.rank == rank) {
            Some(entry) => entry.paths.push(path.clone()),
            None => entries.push(Entry { rank, route: Arc::clone(route), paths: vec![path.clone()] }),
        }
    }
    if entries.is_empty() {
        entries.push(Entry { rank: rank(route, None), route: Arc::clone(route), paths: Vec::new() });
    }
    entries
}

fn rank(route: &Route, path: Option<&PathRule>) -> Rank {
    let asked =
        [!route.methods.is_empty(), !route.hosts.is_empty(), !route.headers.is_empty(), path.is_some()];
    let rank = Rank {
        attributes: asked.into_iter().map(u8::from).sum(),
        plain_hosts: !route.hosts.is_empty() && route.hosts.iter().all(super::HostRule::plain),
        headers: route.headers.len(),
        ..Rank::default()
    };
    match path {
        None => rank,
        Some(PathRule::Prefix(prefix)) => Rank { prefix: prefix.len(), ..rank },
        Some(PathRule::Regex(_)) => Rank { regex: true, regex_priority: route.regex_priority, ..rank },
    }
}

//! Which route a request takes.

use gateway::config::{Config, Router};
use http::{HeaderMap, HeaderName};

use super::parse;

/// A router over `routes`, each a name and its rules.
fn router(routes: &[(&str, &str)]) -> Router {
    let routes: String =
        routes.iter().map(|(name, rules)| format!("- {{name: {name}, {rules}}}\n")).collect();
    let plugin = "- {name: ai-proxy, config: {route_type: llm/v1/chat, model: {provider: openai}}}";
    let config: Config = parse(&format!("_format_version: '3.0'\nroutes:\n{routes}plugins:\n{plugin}\n"))
        .unwrap_or_else(|errors| panic!("{errors}"));
    config.router
}

fn find<'r>(router: &'r Router, method: &str, host: &str, path: &str, headers: &[(&str, &str)]) -> &'r str {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect();
    let host = (!host.is_empty()).then_some(host);
    router.find(method, host, path, &headers).map_or("none", |found| found.route.name.as_deref().unwrap())
}

#[test]
fn the_longest_prefix_wins() {
    let router = router(&[("short", "paths: [/a]"), ("long", "paths: [/a/b]"), ("root", "paths: [/]")]);
    for (path, expected) in [
        ("/a/b/c", "long"),
        ("/a/b", "long"),
        ("/a/bc", "long"),
        ("/a/c", "short"),
        ("/ab", "short"),
        ("/b", "root"),
        ("/", "root"),
        ("", "none"),
        ("*", "none"),
    ] {
        assert_eq!(find(&router, "POST", "", path, &[]), expected, "{path}");
    }
}

#[test]
fn a_route_has_the_rank_of_the_path_that_matches() {
    let router = router(&[("both", "paths: [/a, /b/c/d]"), ("middle", "paths: [/b/c, /a/b]")]);
    assert_eq!(find(&router, "POST", "", "/b/c/d", &[]), "both");
    assert_eq!(find(&router, "POST", "", "/a/b", &[]), "middle");
    assert_eq!(find(&router, "POST", "", "/a", &[]), "both");
}

#[test]
fn a_regex_goes_before_any_prefix_and_the_highest_priority_first() {
    let router = router(&[
        ("prefix", "paths: [/v1/models/long/prefix]"),
        ("low", "paths: ['~/v1/(?<rest>.*)'], regex_priority: 1"),
        ("high", "paths: ['~/v1/models/(?<model>[^/]+)$'], regex_priority: 2"),
    ]);
    assert_eq!(find(&router, "POST", "", "/v1/models/long/prefix", &[]), "low");
    assert_eq!(find(&router, "POST", "", "/v1/models/gpt-5", &[]), "high");
    assert_eq!(find(&router, "POST", "", "/v1/models/gpt-5/x", &[]), "low");
    assert_eq!(find(&router, "POST", "", "/x/v1/models/gpt-5", &[]), "none");
    let found = router.find("POST", None, "/v1/models/gpt-5", &HeaderMap::new()).unwrap();
    assert_eq!(found.captures.get("model"), Some("gpt-5"));
    assert_eq!(found.captures.get("rest"), None);
}

#[test]
fn a_group_that_took_no_part_captures_nothing() {
    let router = router(&[("r", "paths: ['~/(?<a>x)?(?<b>y)?(z)']")]);
    let found = router.find("POST", None, "/yz", &HeaderMap::new()).unwrap();
    assert_eq!((found.captures.get("a"), found.captures.get("b")), (None, Some("y")));
}

#[test]
fn the_route_that_asks_for_more_goes_first() {
    let router = router(&[
        ("path", "paths: [/a/very/long/path]"),
        ("method", "paths: [/a], methods: [POST]"),
        ("host", "paths: [/a], methods: [POST], hosts: [example.com]"),
        ("headers", "paths: [/a], methods: [POST], hosts: [example.com], headers: {x-a: [one]}"),
        ("more", "paths: [/a], methods: [POST], hosts: [example.com], headers: {x-a: [one], x-b: [two]}"),
    ]);
    let long = "/a/very/long/path";
    let (a, b) = (("x-a", "One"), ("x-b", "TWO"));
    assert_eq!(find(&router, "GET", "", long, &[]), "path");
    assert_eq!(find(&router, "POST", "", long, &[]), "method");
    assert_eq!(find(&router, "POST", "EXAMPLE.com:8000", long, &[]), "host");
    assert_eq!(find(&router, "POST", "example.com", long, &[a]), "headers");
    assert_eq!(find(&router, "POST", "example.com", long, &[a, b]), "more");
    assert_eq!(find(&router, "POST", "example.com", long, &[b]), "host");
    assert_eq!(find(&router, "GET", "example.com", "/a", &[a, b]), "none");
}

#[test]
fn hosts_are_exact_or_wild_at_one_end() {
    let router = router(&[
        ("wild-left", "hosts: ['*.example.com']"),
        ("wild-right", "hosts: ['example.*']"),
        ("exact", "hosts: [api.example.com]"),
        ("port", "hosts: ['*.port.com:8443']"),
    ]);
    for (host, expected) in [
        ("api.example.com", "exact"),
        ("api.example.com:443", "exact"),
        ("x.y.example.com", "wild-left"),
        ("example.com", "wild-right"),
        ("example.co.uk", "wild-right"),
        ("a.port.com:8443", "port"),
        ("a.port.com", "none"),
        ("[::1]:80", "none"),
        ("", "none"),
    ] {
        assert_eq!(find(&router, "POST", host, "/", &[]), expected, "{host}");
    }
}

#[test]
fn a_header_holds_one_of_the_values_or_matches() {
    let router = router(&[("r", "headers: {x-team: [red, '~*^lab-[0-9]+$']}")]);
    for (values, expected) in [
        (&["red"][..], "r"),
        (&["RED"], "r"),
        (&["LAB-12"], "r"),
        (&["blue", "red"], "r"),
        (&["lab-x"], "none"),
        (&["reddish"], "none"),
        (&[], "none"),
    ] {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-team", value.parse().unwrap());
        }
        let found = router.find("POST", None, "/", &headers).map_or("none", |_| "r");
        assert_eq!(found, expected, "{values:?}");
    }
}

#[test]
fn routes_that_are_equal_keep_the_order_of_the_file() {
    let router = router(&[("first", "paths: [/a]"), ("second", "paths: [/a]"), ("other", "paths: [/b]")]);
    assert_eq!(find(&router, "POST", "", "/a", &[]), "first");
}

#[test]
fn paths_are_compared_in_their_normal_form() {
    let router =
        router(&[("ab", "paths: [/a/b]"), ("umlaut", "paths: [/ä]"), ("r", "paths: ['~/m/(?<name>.+)']")]);
    for (path, expected) in [
        ("/a/./b", "ab"),
        ("/x/../a/b", "ab"),
        ("/../a/b", "ab"),
        ("//a///b", "ab"),
        ("/%61/b", "ab"),
        ("/a%2Fb", "none"),
        ("/a%2fb", "none"),
        ("/%C3%A4", "umlaut"),
        ("/%ff/../a/b", "ab"),
        ("/a/%2e%2e/a/b", "ab"),
        ("/a/b%", "ab"),
    ] {
        assert_eq!(find(&router, "POST", "", path, &[]), expected, "{path}");
    }
    let model = |path| {
        router.find("POST", None, path, &HeaderMap::new()).unwrap().captures.get("name").unwrap().to_owned()
    };
    assert_eq!(model("/m/a%2fb%20c"), "a%2Fb c");
    assert_eq!(model("/m/a%0Ab%FF"), "a%0Ab%FF");
    assert_eq!(model("/m/x/../y/"), "y/");
}

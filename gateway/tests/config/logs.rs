//! `file-log` and `http-log`: Kong's fields, defaults, ranges and rules.

use std::path::PathBuf;
use std::time::Duration;

use gateway::config::{Config, FileLog, HttpLog, Method, Plugins, Queue, Rotation};

use super::{env, parse};

/// A file whose second plugin is this one.
fn file(name: &str, config: &str, tags: &str) -> String {
    format!(
        "_format_version: '3.0'\nservices:\n- url: http://localhost\n  routes:\n  - paths: [/]\n    plugins:\n    \
         - name: ai-proxy\n      id: 546c3856-24b3-469a-bd6c-f6083babd2cd\n      config: {{route_type: llm/v1/chat, model: {{provider: openai}}}}\n    \
         - name: {name}\n      tags: [{tags}]\n      config: {config}\n"
    )
}

fn plugins(name: &str, config: &str, tags: &str) -> Plugins {
    let config = parse(&file(name, config, tags)).unwrap_or_else(|errors| panic!("{errors}"));
    config.router.routes()[0].plugins.clone()
}

fn file_log(config: &str, tags: &str) -> FileLog {
    plugins("file-log", config, tags).file_log.unwrap()
}

fn http_log(config: &str) -> HttpLog {
    plugins("http-log", config, "").http_log.unwrap()
}

fn wrong(name: &str, config: &str, tags: &str) -> Vec<String> {
    let errors = parse(&file(name, config, tags)).expect_err("the settings are wrong");
    let path = "services[0].routes[0].plugins[1].";
    let text = |error: &gateway::config::Error| {
        format!("{}: {}", error.path.trim_start_matches(path), error.problem)
    };
    errors.all().iter().map(text).collect()
}

#[test]
fn the_plugin_that_answers_is_known_by_its_id() {
    let config = parse(&file("file-log", "{path: /tmp/a.log}", "")).unwrap();
    assert_eq!(config.router.routes()[0].plugin.id.as_deref(), Some("546c3856-24b3-469a-bd6c-f6083babd2cd"));
}

#[test]
fn a_file_has_a_path() {
    let plain = FileLog { path: PathBuf::from("/tmp/a.log"), reopen: false, rotation: None };
    assert_eq!(file_log("{path: /tmp/a.log}", ""), plain);
    assert_eq!(file_log("{path: /tmp/a.log, reopen: true}", "other"), FileLog { reopen: true, ..plain });
    assert_eq!(wrong("file-log", "{}", ""), ["config.path: required field missing"]);
    for path in ["a", "' a.log'", "'a.log '", "'a*.log'", "'a&b'", "'100%'", "'`ls`'"] {
        assert_eq!(
            wrong("file-log", &format!("{{path: {path}}}"), ""),
            ["config.path: not a valid filename"],
            "{path}"
        );
    }
    let lua = "{path: /tmp/a.log, custom_fields_by_lua: {a: return 1}}";
    assert_eq!(
        wrong("file-log", lua, ""),
        ["config.custom_fields_by_lua: not supported yet by this gateway"]
    );
}

#[test]
fn a_file_that_is_full_is_put_aside_where_tags_say_so() {
    let rotation = |tags: &str| file_log("{path: /tmp/a.log}", tags).rotation;
    assert_eq!(rotation("'touchstone-rotate-size:1000000'"), Some(Rotation { size: 1_000_000, keep: 5 }));
    let both = "'touchstone-rotate-size:4096', 'touchstone-rotate-keep:2'";
    assert_eq!(rotation(both), Some(Rotation { size: 4096, keep: 2 }));
    for (tags, expected) in [
        ("'touchstone-rotate-size:4095'", "tags[0]: expected a number of bytes, 4096 or more"),
        ("'touchstone-rotate-size:1MB'", "tags[0]: expected a number of bytes, 4096 or more"),
        (
            "'touchstone-rotate-size:4096', 'touchstone-rotate-keep:0'",
            "tags[1]: expected a number from 1 to 1000",
        ),
        ("'touchstone-rotate-keep:3'", "config: touchstone-rotate-keep needs touchstone-rotate-size"),
        ("'touchstone-strict:true'", "tags[0]: unknown field"),
        ("'touchstone-rotate-sise:4096'", "tags[0]: unknown field; did you mean 'touchstone-rotate-size'?"),
    ] {
        assert_eq!(wrong("file-log", "{path: /tmp/a.log}", tags), [expected]);
    }
}

#[test]
fn a_server_has_kongs_defaults() {
    let settings = http_log("{http_endpoint: 'https://logs.example/in?a=b'}");
    assert_eq!(settings.endpoint.to_string(), "https://logs.example/in?a=b");
    assert_eq!((settings.method, settings.content_type), (Method::Post, "application/json"));
    assert_eq!((settings.timeout, settings.keepalive), (Duration::from_secs(10), Duration::from_secs(60)));
    assert!(settings.user.is_none() && settings.headers.is_empty());
    let queue = Queue {
        max_batch_size: 1,
        max_coalescing_delay: Duration::from_secs(1),
        max_entries: 10_000,
        max_bytes: None,
        max_retry_time: Some(Duration::from_secs(60)),
        initial_retry_delay: Duration::from_millis(10),
        max_retry_delay: Duration::from_secs(60),
    };
    assert_eq!(settings.queue, queue);
}

#[test]
fn every_field_of_a_server_is_read() {
    let settings = http_log(
        "{http_endpoint: 'http://me:pass@logs.example:81/in', method: PUT, content_type: 'application/json; charset=utf-8', timeout: 500, \
         keepalive: 1500.5, headers: {X-One: a}, ssl_verify: true, retry_count: 10, queue: {max_batch_size: 50, max_coalescing_delay: 0.25, \
         max_entries: 100, max_bytes: 1000000, max_retry_time: 5, initial_retry_delay: 0.5, max_retry_delay: 2, concurrency_limit: 1}}",
    );
    assert_eq!(settings.endpoint.to_string(), "http://logs.example:81/in");
    assert_eq!(settings.user.unwrap().expose(), "me:pass");
    assert_eq!((settings.method, settings.content_type), (Method::Put, "application/json; charset=utf-8"));
    assert_eq!(
        (settings.timeout, settings.keepalive),
        (Duration::from_millis(500), Duration::from_micros(1_500_500))
    );
    let headers: Vec<_> =
        settings.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(headers, [("x-one", "a")]);
    let queue = Queue {
        max_batch_size: 50,
        max_coalescing_delay: Duration::from_millis(250),
        max_entries: 100,
        max_bytes: Some(1_000_000),
        max_retry_time: Some(Duration::from_secs(5)),
        initial_retry_delay: Duration::from_millis(500),
        max_retry_delay: Duration::from_secs(2),
    };
    assert_eq!(settings.queue, queue);
    // Kong's older names for two of them, and no tries at all.
    let older = http_log(
        "{http_endpoint: 'http://a.b', queue_size: 7, flush_timeout: 3, queue: {max_retry_time: -1}}",
    );
    let Queue { max_batch_size, max_coalescing_delay, max_retry_time, .. } = older.queue;
    assert_eq!((max_batch_size, max_coalescing_delay, max_retry_time), (7, Duration::from_secs(3), None));
}

#[test]
fn what_is_wrong_with_a_server_is_told_in_kongs_words() {
    for (config, expected) in [
        ("{}", "config.http_endpoint: required field missing"),
        ("{http_endpoint: logs.example}", "config.http_endpoint: missing host in url"),
        ("{http_endpoint: 'http://a.b', method: GET}", "config.method: expected one of: PATCH, POST, PUT"),
        (
            "{http_endpoint: 'http://a.b', content_type: text/plain}",
            "config.content_type: expected one of: application/json, application/json; charset=utf-8",
        ),
        (
            "{http_endpoint: 'http://a.b', headers: {Host: a}}",
            "config.headers.Host: cannot contain 'Host' header",
        ),
        (
            "{http_endpoint: 'http://a.b', headers: {content-length: '1'}}",
            "config.headers.content-length: cannot contain 'Content-Length' header",
        ),
        (
            "{http_endpoint: 'http://a.b', headers: {Content-Type: a}}",
            "config.headers.Content-Type: cannot contain 'Content-Type' header",
        ),
        (
            "{http_endpoint: 'http://u:p@a.b', headers: {Authorization: a}}",
            "config: specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed",
        ),
        (
            "{http_endpoint: 'http://a.b', ssl_verify: false}",
            "config.ssl_verify: not supported yet by this gateway",
        ),
        (
            "{http_endpoint: 'http://a.b', queue: {max_batch_size: 0}}",
            "config.queue.max_batch_size: value should be between 1 and 1000000",
        ),
        (
            "{http_endpoint: 'http://a.b', queue: {max_coalescing_delay: 3601}}",
            "config.queue.max_coalescing_delay: value should be between 0 and 3600",
        ),
        (
            "{http_endpoint: 'http://a.b', queue: {max_entries: 1000001}}",
            "config.queue.max_entries: value should be between 1 and 1000000",
        ),
        (
            "{http_endpoint: 'http://a.b', queue: {initial_retry_delay: 0}}",
            "config.queue.initial_retry_delay: value should be between 0.001 and 1000000",
        ),
        (
            "{http_endpoint: 'http://a.b', queue: {concurrency_limit: -1}}",
            "config.queue.concurrency_limit: not supported yet by this gateway",
        ),
        ("{http_endpoint: 'http://a.b', queue: {max_size: 1}}", "config.queue.max_size: unknown field"),
    ] {
        assert_eq!(wrong("http-log", config, ""), [expected], "{config}");
    }
}

#[test]
fn no_credential_of_a_server_is_ever_shown() {
    let secret = "hunter2-of-the-logs";
    let text = file("http-log", "{http_endpoint: '${LOGS}', headers: {x-key: '${KEY}'}}", "");
    let url = format!("https://me:{secret}@logs.example/in");
    let config = Config::parse(&text, &env(&[("LOGS", &url), ("KEY", secret)])).unwrap();
    assert!(!format!("{config:?}").contains(secret));
    let url = format!("https://me:{secret}@lo gs/");
    let errors = Config::parse(&text, &env(&[("LOGS", &url), ("KEY", secret)])).unwrap_err().to_string();
    assert!(errors.contains("http_endpoint") && !errors.contains(secret), "{errors}");
}

//! Consumers, their keys and groups, and which plugin holds for whom.

use std::time::Duration;

use gateway::config::{Amount, Config, Consumer, RateLimiting};

use super::{env, here, parse};

fn load(path: &str) -> Config {
    let env =
        env(&[("OPENAI_AUTHORIZATION", "k"), ("ANTHROPIC", r#"{"api_key": "k"}"#), ("KEY_OF_ANN", "sk-ann")]);
    Config::load(&here(path), &env).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Far enough from now that no key of an example has expired, and none that has not begun.
fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

fn limit_of(config: &Config, consumer: Option<&Consumer>) -> (Amount, String) {
    let plugin = config.router.routes()[0].plugins.rate_limiting.of(consumer).unwrap();
    let settings: &RateLimiting = &plugin.settings;
    (settings.limits[0].most, plugin.name.to_string())
}

#[test]
fn the_example_knows_who_calls_and_what_holds_for_them() {
    let config = load("examples/consumers.yaml");
    let ann = config.consumers.find(b"sk-ann", now()).unwrap();
    assert_eq!((ann.consumer.name(), ann.consumer.acls.len()), ("ann", 1));
    let robot = config.consumers.find(b"change me", now()).unwrap();
    assert_eq!(robot.consumer.custom_id.as_deref(), Some("4711"));
    assert!(robot.consumer.models.allow([Some("gpt-4o-2024-08-06"), None]));
    assert!(robot.consumer.models.allow([Some("gpt-5"), Some("fast")]));
    assert!(!robot.consumer.models.allow([Some("claude-opus-4-1"), Some("large")]));
    let later = now() + Duration::from_secs(31_536_001);
    assert!(
        config.consumers.find(b"change me", later).is_none()
            && config.consumers.find(b"sk-ann", later).is_some()
    );
    assert!(config.consumers.find(b"", now()).is_none());

    let plugins = &config.router.routes()[0].plugins;
    assert!(plugins.acl.as_ref().unwrap().permits(&robot.consumer));
    assert!(plugins.key_auth.as_ref().unwrap().names.iter().any(|name| name == "authorization"));
    assert_eq!(limit_of(&config, None).0, Amount::of(60));
    assert_eq!(limit_of(&config, Some(&ann.consumer)).0, Amount::of(600));
    assert_eq!(limit_of(&config, Some(&robot.consumer)).0, Amount::of(60));
    assert_eq!(
        plugins.ai_rate_limiting.of(Some(&robot.consumer)).unwrap().settings.rules[0].name,
        "policy-1"
    );
    assert_eq!(plugins.ai_rate_limiting.of(Some(&ann.consumer)).unwrap().settings.rules[0].name, "openai");
}

#[test]
fn what_says_more_of_where_it_holds_holds_sooner() {
    let config = load("tests/config/good/consumers.yaml");
    let [ann, guest] = ["ann", "guest"].map(|name| config.consumers.named(name).unwrap());
    // A consumer on a service before a group on a route, and that before a route on a service, and that before all.
    let name = |consumer| limit_of(&config, consumer).1;
    assert_eq!(name(Some(&**ann)), "rate-limiting/ai//consumer ann");
    assert_eq!(name(Some(&**guest)), "rate-limiting//chat/group gold");
    assert_eq!(name(None), "rate-limiting/ai/chat/");
    assert_eq!(ann.acls, ["a"]);
    assert!(config.consumers.find(b"sk-ann", now()).unwrap().id.is_some());
}

#[test]
fn no_key_is_shown() {
    let config = load("examples/consumers.yaml");
    let shown = format!("{config:?}");
    assert!(!shown.contains("sk-ann") && !shown.contains("64ba009c"), "{shown}");
    let wrong = "_format_version: '3.0'\nconsumers:\n- username: a\n  keyauth_credentials: [{key: sk-secret}, {key: sk-secret}, {key: 'sha256:sk-secret'}]\n";
    let errors = parse(wrong).unwrap_err().to_string();
    assert!(!errors.contains("sk-secret"), "{errors}");
}

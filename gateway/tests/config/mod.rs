//! Configuration files, good and bad.
#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod bad;
mod consumers;
mod defaults;
mod environment;
mod example;
mod laws;
mod logs;
mod operators;
mod routes;
mod schema;
mod semantic;
mod templates;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gateway::config::{AiProxy, Config, Errors};

/// An environment of a few variables.
fn env(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    let variables: HashMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |name| variables.get(name).cloned()
}

/// Parses without an environment.
fn parse(text: &str) -> Result<Config, Errors> {
    Config::parse(text, &env(&[]))
}

/// A file whose one plugin has the settings `config`, in YAML's flow style.
fn file(config: &str) -> String {
    format!(
        "_format_version: '3.0'\nservices:\n- url: http://localhost\n  routes:\n  - paths: [/]\n    \
         plugins:\n    - name: ai-proxy\n      config: {config}\n"
    )
}

/// The one plugin of [`file`].
fn plugin(config: &str) -> AiProxy {
    plugin_in(config, &[])
}

fn plugin_in(config: &str, variables: &[(&str, &str)]) -> AiProxy {
    let config = Config::parse(&file(config), &env(variables)).unwrap_or_else(|errors| panic!("{errors}"));
    config.router.routes()[0].plugin.clone()
}

/// What is wrong with the settings `config`, without places and the path to them.
fn wrong(config: &str) -> Vec<String> {
    let errors = parse(&file(config)).expect_err("the settings are wrong");
    let text = |error: &gateway::config::Error| {
        let path = error.path.trim_start_matches("services[0].routes[0].plugins[0].");
        format!("{path}: {}", error.problem)
    };
    errors.all().iter().map(text).collect()
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

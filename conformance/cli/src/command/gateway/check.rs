//! What a file says, told before anything is served.

use std::fmt::Write;
use std::path::Path;

use gateway::config::{Config, Errors, Named, Route, Target};
use serde_json::{Value, json};

/// As text: a line for each route, and one for each of its targets.
pub(super) fn text(file: &Path, config: &Config) -> String {
    let routes = config.router.routes();
    let plural = if routes.len() == 1 { "" } else { "s" };
    let mut out = format!("{}: all well, {} route{plural}", file.display(), routes.len());
    for route in routes {
        let name = route.name.as_deref().unwrap_or("(no name)");
        let _ = write!(out, "\n  {name}: {}", places(route).join(" "));
        let _ = write!(out, "\n    plugins: {}", plugins(route).join(", "));
        for target in &route.plugin.targets {
            let model = model(target).unwrap_or_else(|| "the client's model".to_owned());
            let _ =
                write!(out, "\n    {} {model} ({})", target.model.provider.name(), target.route_type.name());
        }
    }
    out
}

/// As JSON, for programs: `{"file", "ok", "routes": […], "errors": […]}`.
pub(super) fn json(file: &Path, checked: &Result<Config, Errors>) -> Value {
    let (routes, errors) = match checked {
        Ok(config) => (config.router.routes().iter().map(|route| told(route)).collect(), Vec::new()),
        Err(errors) => {
            let error = |error: &gateway::config::Error| {
                json!({
                    "line": error.place.map(|place| place.line),
                    "column": error.place.map(|place| place.column),
                    "path": error.path,
                    "problem": error.problem.to_string(),
                })
            };
            (Vec::new(), errors.all().iter().map(error).collect())
        }
    };
    json!({ "file": file.display().to_string(), "ok": checked.is_ok(), "routes": routes, "errors": errors })
}

fn told(route: &Route) -> Value {
    let target = |target: &std::sync::Arc<Target>| {
        json!({
            "provider": target.model.provider.name(),
            "model": model(target),
            "route_type": target.route_type.name(),
        })
    };
    json!({
        "name": route.name,
        "service": route.service,
        "paths": places(route),
        "methods": route.methods,
        "plugins": plugins(route),
        "targets": route.plugin.targets.iter().map(target).collect::<Vec<_>>(),
    })
}

fn places(route: &Route) -> Vec<String> {
    route.paths.iter().map(ToString::to_string).collect()
}

/// The one that answers, and the others.
fn plugins(route: &Route) -> Vec<&'static str> {
    let first = if route.plugin.balancer.is_some() { "ai-proxy-advanced" } else { "ai-proxy" };
    std::iter::once(first).chain(route.plugins.names.iter().copied()).collect()
}

/// The model as the file has it, templates and all.
fn model(target: &Target) -> Option<String> {
    target.model.name.as_ref().map(|name| name.source().to_owned())
}

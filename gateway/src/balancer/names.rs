//! What targets go by: the same in every process, and after a change of the file that leaves them where they were.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::config::{Named, Target, Template};

/// A name for each, no two alike: whose API, which model, where. Weight, description, keys and options may change under it.
pub(super) fn names(targets: &[Arc<Target>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(targets.len());
    for target in targets {
        let name = name(target);
        let same = names.iter().filter(|known| known.split('\n').next() == Some(&name)).count();
        names.push(if same == 0 { name } else { format!("{name}\n{same}") });
    }
    names
}

fn name(target: &Target) -> String {
    let Target { route_type, model, .. } = target;
    let options = &model.options;
    let mut name = format!("{} {}", route_type.name(), model.provider.name());
    let parts = [
        &model.name,
        &options.upstream_path,
        &options.azure.instance,
        &options.azure.deployment_id,
        &options.bedrock.region,
        &options.databricks.workspace_instance_id,
        &options.gemini.api_endpoint,
        &options.gemini.project_id,
        &options.gemini.location_id,
        &options.gemini.endpoint_id,
    ];
    for part in parts {
        let _ = write!(name, " {:?}", part.as_ref().map(Template::source));
    }
    let _ = write!(name, " {:?} {:?}", model.alias, options.upstream_url);
    name
}

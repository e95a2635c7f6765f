//! Values from the environment: `${NAME}`, `${NAME:-default}`, and Kong's `{vault://env/NAME}`.
//!
//! A vault reference is a whole string; its name is put in capitals, with `_` for `-`, and a further `/member` takes one
//! member of a JSON object. `$${` is a plain `${`. <https://developer.konghq.com/how-to/store-secrets-as-env-variables/>

use super::error::Problem;

/// Gives the value of a variable.
pub(super) type Env<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// `text` with its references followed; `None`, if it has none.
pub(super) fn resolve(text: &str, env: &Env<'_>) -> Result<Option<String>, Problem> {
    if let Some(reference) = text.strip_prefix("{vault://").and_then(|rest| rest.strip_suffix('}')) {
        return vault(reference, env).map(Some);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = after;
            continue;
        }
        out.push_str(before);
        let Some((variable, after)) = after.split_once('}') else {
            return Err(Problem::Reference("'${' without '}'; write '$${' for a plain '${'".to_owned()));
        };
        out.push_str(&expand(variable, env)?);
        rest = after;
    }
    if rest.len() == text.len() {
        return Ok(None);
    }
    out.push_str(rest);
    Ok(Some(out))
}

/// `NAME` or `NAME:-default`; the default holds for an empty variable too, as in a shell.
fn expand(variable: &str, env: &Env<'_>) -> Result<String, Problem> {
    let (name, default) = match variable.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (variable, None),
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(legal) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Problem::Reference(format!("'{name}' is not the name of an environment variable")));
    }
    match (env(name), default) {
        (Some(value), Some(default)) if value.is_empty() => Ok(default.to_owned()),
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(Problem::Variable(name.to_owned())),
    }
}

/// `env/NAME`, `env/NAME/member`, either with `?prefix=…` and `#version`.
fn vault(reference: &str, env: &Env<'_>) -> Result<String, Problem> {
    let bad = |what: &str| Problem::Reference(format!("{what} [{{vault://{reference}}}]"));
    let (rest, version) = reference.split_once('#').map_or((reference, None), |(rest, v)| (rest, Some(v)));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (name, path) = rest.split_once('/').ok_or_else(|| bad("reference url is missing path"))?;
    if name != "env" {
        return Err(Problem::UnsupportedName(format!("vault://{name}")));
    }
    let (resource, member) = match path.split_once('/') {
        Some((resource, "")) => (resource, None),
        Some((resource, member)) => (resource, Some(member)),
        None => (path, None),
    };
    if resource.is_empty() {
        return Err(bad("reference url has empty path"));
    }
    let previous = match version.map(str::parse::<u32>) {
        None | Some(Ok(1)) => "",
        Some(Ok(2)) => "_PREVIOUS",
        Some(_) => return Err(bad("reference url has invalid version")),
    };
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default();
    let variable = format!("{}{previous}", format!("{prefix}{resource}").replace('-', "_").to_uppercase());
    let value = env(&variable).ok_or_else(|| Problem::Variable(variable.clone()))?;
    match member {
        None => Ok(value),
        Some(member) => self::member(&value, member, &variable),
    }
}

/// One string of the JSON object in `variable`.
fn member(value: &str, member: &str, variable: &str) -> Result<String, Problem> {
    let object: serde_json::Value = serde_json::from_str(value)
        .map_err(|_| Problem::Reference(format!("environment variable '{variable}' is not JSON")))?;
    match object.get(member) {
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(Problem::Reference(format!("subfield {member} of '{variable}' is not a string"))),
        None => Err(Problem::Reference(format!("subfield {member} not found in JSON secret '{variable}'"))),
    }
}

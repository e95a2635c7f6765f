//! Misspelt keywords are silently ignored by validators; so they are not, here.

use serde_json::Value;

use crate::documents::components;

/// JSON Schema 2020-12, without what none of our documents should need (anchors, dynamic references, `$defs`), and the
/// discriminator of OpenAPI.
const KNOWN: &str = "$ref type enum const title description default deprecated format contentEncoding contentMediaType contentSchema
    properties required additionalProperties unevaluatedProperties patternProperties propertyNames minProperties
    maxProperties dependentRequired dependentSchemas items prefixItems unevaluatedItems contains minContains maxContains
    minItems maxItems uniqueItems minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum
    multipleOf allOf anyOf oneOf not if then else discriminator";

/// Keywords whose value is an object of schemas, an array of schemas, or a schema.
const NAMED: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];
const LISTED: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const INNER: &str = "items additionalProperties unevaluatedProperties propertyNames contains unevaluatedItems not if then else contentSchema";

#[test]
fn schemas_use_known_keywords_only() {
    for api in specs::apis() {
        for (name, schema) in components(api) {
            check(schema, &format!("{} {name}", api.provider()));
        }
    }
}

fn check(schema: &Value, at: &str) {
    let Some(keywords) = schema.as_object() else {
        assert!(schema.is_boolean(), "{at}: a schema is an object or a boolean");
        return;
    };
    for (keyword, value) in keywords {
        let at = format!("{at}/{keyword}");
        let keyword = keyword.as_str();
        assert!(
            KNOWN.split_whitespace().any(|known| known == keyword) || keyword.starts_with("x-"),
            "{at} is no keyword"
        );
        if NAMED.contains(&keyword) {
            let schemas = value.as_object().expect("an object of schemas");
            schemas.iter().for_each(|(name, schema)| check(schema, &format!("{at}/{name}")));
        } else if LISTED.contains(&keyword) {
            let schemas = value.as_array().expect("an array of schemas");
            schemas.iter().for_each(|schema| check(schema, &at));
        } else if INNER.split_whitespace().any(|inner| inner == keyword) {
            check(value, &at);
        }
    }
}

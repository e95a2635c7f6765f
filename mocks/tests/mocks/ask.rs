//! Requests that a client might make: generated, within the providers' rules.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use serde_json::{Value, json};

/// A question in neutral terms.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    text: String,
    system: Option<String>,
    has_image: bool,
    /// The conversation already called a tool, and this is its result.
    result: Option<String>,
    tools: Vec<Value>,
    choice: u8,
    schema: Option<Value>,
    limit: Option<u64>,
    stop: Vec<String>,
    extra: Extra,
}

/// What only one provider knows.
#[derive(Debug, Clone)]
struct Extra {
    choices: u64,
    logprobs: Option<u64>,
    has_usage: bool,
    reasons: bool,
    is_new: bool,
}

pub(crate) fn questions() -> impl Strategy<Value = Question> {
    let extra = (1..4_u64, option::of(0..4_u64), any::<bool>(), any::<bool>(), any::<bool>());
    let extra = extra.prop_map(|(choices, logprobs, has_usage, reasons, is_new)| Extra {
        choices,
        logprobs,
        has_usage,
        reasons,
        is_new,
    });
    let words = "[a-zA-Z0-9äß漢🎉\"\\\\\n ]{0,40}[a-z?]";
    let tools = vec((select(vec!["weather", "lookup_time", "f"]), schemas()), 0..3).prop_map(named);
    let parts = (words, option::of(words), any::<bool>(), option::of(words), tools, 0..5_u8);
    let more =
        (option::of(schemas()), option::of(1..60_u64), vec(select(vec!["said", "a", "🎉"]), 0..3), extra);
    (parts, more).prop_map(
        |((text, system, has_image, result, tools, choice), (schema, limit, stop, extra))| Question {
            text,
            system,
            has_image,
            result,
            tools,
            choice,
            schema,
            limit,
            stop: stop.into_iter().map(str::to_owned).collect(),
            extra,
        },
    )
}

/// Object schemas that are closed and complete, as strict modes want them.
pub(crate) fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({ "type": "string" })),
        Just(json!({ "type": "string", "enum": ["a", "b"] })),
        Just(json!({ "type": "string", "format": "date-time" })),
        Just(json!({ "type": "string", "pattern": "^[A-Z]{3}-[0-9]+$" })),
        (0..20_u64).prop_map(|low| json!({ "type": "string", "minLength": low, "maxLength": low + 3 })),
        (-50..50_i64).prop_map(
            |low| json!({ "type": "integer", "minimum": low, "maximum": low + 7, "multipleOf": 5 })
        ),
        Just(json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 })),
        Just(json!({ "type": ["null", "boolean"] })),
        Just(json!({ "anyOf": [{ "type": "null" }, { "const": "x" }] })),
    ];
    let tree = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            object(inner.clone()),
            (inner, 0..3_u64)
                .prop_map(|(item, low)| json!({ "type": "array", "items": item, "minItems": low })),
        ]
    });
    object(tree)
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    vec((select(vec!["city", "unit", "days", "a b"]), inner), 0..4).prop_map(|members| {
        let properties: serde_json::Map<_, _> = members.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
        let required: Vec<_> = properties.keys().cloned().collect();
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    })
}

/// Tools of different names: name and schema.
fn named(tools: Vec<(&str, Value)>) -> Vec<Value> {
    let numbered = tools.into_iter().enumerate();
    numbered.map(|(index, (name, schema))| json!([format!("{name}_{index}"), schema])).collect()
}

const IMAGE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";

impl Question {
    pub(crate) fn body(&self, provider: &str, stream: bool) -> Value {
        match provider {
            "openai" => self.openai(stream),
            _ => self.anthropic(stream),
        }
    }

    /// The version that Anthropic's request is made for.
    pub(crate) fn version(&self) -> &'static str {
        if self.extra.is_new { "2026-10-21" } else { "2023-06-01" }
    }

    pub(crate) fn tools(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.tools.iter().map(|tool| (tool[0].as_str().unwrap(), &tool[1]))
    }

    pub(crate) fn schema(&self) -> Option<&Value> {
        self.schema.as_ref()
    }

    /// The answer may end before it is whole.
    pub(crate) fn is_bounded(&self) -> bool {
        self.limit.is_some() || !self.stop.is_empty()
    }

    fn openai(&self, stream: bool) -> Value {
        let Extra { choices, logprobs, has_usage, reasons, .. } = self.extra;
        let mut messages: Vec<Value> = Vec::new();
        messages.extend(self.system.as_ref().map(|text| json!({ "role": "system", "content": text })));
        let mut parts = vec![json!({ "type": "text", "text": self.text })];
        if self.has_image {
            parts.push(json!({ "type": "image_url", "image_url": { "url": format!("data:image/png;base64,{IMAGE}") } }));
        }
        messages.push(json!({ "role": "user", "content": parts }));
        if let Some(result) = &self.result {
            let call =
                json!({ "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "{}" } });
            messages.push(json!({ "role": "assistant", "content": null, "tool_calls": [call] }));
            messages.push(json!({ "role": "tool", "tool_call_id": "call_1", "content": result }));
        }
        let mut body = json!({ "model": if reasons { "gpt-5-mini" } else { "gpt-4o" }, "messages": messages, "n": choices });
        let mut set = |name: &str, value: Value| body[name] = value;
        if stream {
            set("stream", json!(true));
            set("stream_options", json!({ "include_usage": has_usage }));
        }
        if let Some(count) = logprobs {
            set("logprobs", json!(true));
            set("top_logprobs", json!(count));
        }
        if let Some(limit) = self.limit {
            set(if reasons { "max_completion_tokens" } else { "max_tokens" }, json!(limit));
        }
        if !self.stop.is_empty() {
            set("stop", json!(self.stop));
        }
        if let Some(schema) = &self.schema {
            let format = json!({ "name": "answer", "strict": true, "schema": schema });
            set("response_format", json!({ "type": "json_schema", "json_schema": format }));
        }
        if let Some(first) = self.tools().next() {
            let tool = |(name, schema): (&str, &Value)| json!({ "type": "function", "function": { "name": name, "parameters": schema, "strict": true } });
            set("tools", self.tools().map(tool).collect());
            match self.choice {
                0 => set("tool_choice", json!("auto")),
                1 => set("tool_choice", json!("none")),
                2 => set("tool_choice", json!("required")),
                3 => set("tool_choice", json!({ "type": "function", "function": { "name": first.0 } })),
                _ => set("parallel_tool_calls", json!(false)),
            }
        }
        body
    }

    fn anthropic(&self, stream: bool) -> Value {
        let mut content = vec![json!({ "type": "text", "text": self.text })];
        if self.has_image {
            let source = json!({ "type": "base64", "media_type": "image/png", "data": IMAGE });
            content.push(json!({ "type": "image", "source": source }));
        }
        let mut messages = vec![json!({ "role": "user", "content": content })];
        if let Some(result) = &self.result {
            let call = json!({ "type": "tool_use", "id": "toolu_1", "name": "f", "input": {} });
            messages.push(json!({ "role": "assistant", "content": [call] }));
            let result = json!({ "type": "tool_result", "tool_use_id": "toolu_1", "content": result });
            messages.push(json!({ "role": "user", "content": [result] }));
        }
        let limit = self.limit.unwrap_or(500);
        let mut body = json!({ "model": "claude-sonnet-5", "max_tokens": limit, "messages": messages, "stream": stream });
        let mut set = |name: &str, value: Value| body[name] = value;
        if let Some(system) = &self.system {
            set("system", json!(system));
        }
        if !self.stop.is_empty() {
            set("stop_sequences", json!(self.stop));
        }
        if let Some(schema) = &self.schema {
            set("output_config", json!({ "format": { "type": "json_schema", "schema": schema } }));
        }
        let forces = !self.tools.is_empty() && matches!(self.choice, 2 | 3);
        if self.extra.reasons && !forces {
            set("thinking", json!({ "type": "adaptive" }));
        }
        if let Some(first) = self.tools().next() {
            let tool = |(name, schema): (&str, &Value)| json!({ "name": name, "input_schema": schema });
            set("tools", self.tools().map(tool).collect());
            match self.choice {
                0 => set("tool_choice", json!({ "type": "auto" })),
                1 => set("tool_choice", json!({ "type": "none" })),
                2 => set("tool_choice", json!({ "type": "any" })),
                3 => set("tool_choice", json!({ "type": "tool", "name": first.0 })),
                _ => set("tool_choice", json!({ "type": "auto", "disable_parallel_tool_use": true })),
            }
        }
        body
    }
}

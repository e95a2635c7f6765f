//! JSON values as YAML that people like to read and edit: <https://yaml.org/spec/1.2.2/>.
//!
//! Members stand on lines of their own; texts are quoted as in JSON, which YAML takes as it is.

use std::fmt::Write as _;

use serde_json::Value;

/// Writes a document.
pub(crate) fn write(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (number, (name, value)) in members.iter().enumerate() {
                if number > 0 {
                    pad(indent, text);
                }
                member(name, value, indent, text);
            }
        }
        Value::Array(elements) if !elements.is_empty() && !elements.iter().all(is_scalar) => {
            for (number, element) in elements.iter().enumerate() {
                if number > 0 {
                    pad(indent, text);
                }
                text.push_str("- ");
                block(element, indent + 2, text);
            }
        }
        short => {
            text.push_str(&flow(short));
            text.push('\n');
        }
    }
}

/// A name and what follows it: on the same line where it is short, else on lines of its own.
pub(crate) fn member(name: &str, value: &Value, indent: usize, text: &mut String) {
    text.push_str(&key(name));
    text.push(':');
    let is_short = match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(elements) => elements.iter().all(is_scalar),
        _ => true,
    };
    if is_short {
        text.push(' ');
    } else {
        text.push('\n');
        pad(indent + 2, text);
    }
    block(value, indent + 2, text);
}

fn key(name: &str) -> String {
    let is_word =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let is_word = is_word && name.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_word { name.to_owned() } else { flow(&Value::from(name)) }
}

/// JSON, with what YAML does not take unescaped, or may take for the end of a line, escaped too: only texts have such characters.
fn flow(value: &Value) -> String {
    let json = value.to_string();
    let is_plain = |c: char| {
        !matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    if json.chars().all(is_plain) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match is_plain(c) {
            true => escaped.push(c),
            false => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            }
        }
    }
    escaped
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let documents = [
            json!({"match": {"contains": "[[ts:1]]"}, "replies": [{"content": [{"text": ["a: b", "- c"]}], "headers": {}},
                {"error": {"status": 429, "message": "slow\n\"down\" \u{1} 👍"}}]}),
            json!([[{"a": 1}], [], {"2": null, "-": true}]),
            json!("text"),
            json!({"\u{7f}": ["\u{7f}\u{80}\u{85}\u{9f}\u{a0}", "\u{2028}\u{2029}\u{feff}x\u{fffe}\u{ffff}"]}),
        ];
        for document in documents {
            let text = write(&document);
            assert_eq!(serde_saphyr::from_str::<Value>(&text).unwrap(), document, "{text}");
        }
    }
}

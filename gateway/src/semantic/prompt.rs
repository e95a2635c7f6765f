//! What of a call is embedded: what the user asks for now.
//!
//! That is the text of the last message of theirs that has any, as in Kong's semantic guard; a completion's whole prompt; an embedding's
//! input. What stands before it, instructions, tools and pictures are left out: descriptions say what a target is good at, and a long
//! history would drown the question.
//! <https://developer.konghq.com/ai-gateway/policies/ai-semantic-prompt-guard/>

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use translate::call::Api;

/// Bytes of a prompt that are embedded. A token is a byte at least, and OpenAI's models take 8,191 of them.
/// <https://platform.openai.com/docs/guides/embeddings>
const MOST: usize = 8_191;

/// The text to embed; `None`: there is none.
pub(crate) fn prompt(api: Api, body: &[u8]) -> Option<String> {
    let call: Call<'_> = serde_json::from_slice(body).ok()?;
    let text = match api {
        Api::Chat | Api::Messages => call.messages.and_then(last),
        Api::Completions => call.prompt.and_then(plain),
        Api::Embeddings => call.input.and_then(plain),
        Api::Responses => call.input.and_then(|input| plain(input).or_else(|| last(input))),
    };
    text.map(bound).filter(|text| !text.trim().is_empty())
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow, default)]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
}

/// The text of the user's last message that has any.
fn last(messages: &RawValue) -> Option<String> {
    let messages: Vec<&RawValue> = serde_json::from_str(messages.get()).ok()?;
    messages.into_iter().rev().find_map(|message| {
        let message: Message<'_> = serde_json::from_str(message.get()).ok()?;
        let content = message.content.filter(|_| message.role.as_deref() == Some("user"))?;
        let text = match serde_json::from_str::<String>(content.get()) {
            Ok(text) => text,
            Err(_) => parts(content)?,
        };
        Some(text).filter(|text| !text.trim().is_empty())
    })
}

/// The texts among a message's parts, a line each.
fn parts(content: &RawValue) -> Option<String> {
    let parts: Vec<&RawValue> = serde_json::from_str(content.get()).ok()?;
    let text =
        |part: &&RawValue| serde_json::from_str::<Part<'_>>(part.get()).ok()?.text.map(Cow::into_owned);
    Some(parts.iter().filter_map(text).collect::<Vec<_>>().join("\n"))
}

/// A text, or several.
fn plain(value: &RawValue) -> Option<String> {
    let text = value.get();
    serde_json::from_str(text)
        .or_else(|_| Ok::<_, serde_json::Error>(serde_json::from_str::<Vec<String>>(text)?.join("\n")))
        .ok()
}

/// The first of it, whole characters.
fn bound(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MOST));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(api: Api, body: &str) -> Option<String> {
        prompt(api, body.as_bytes())
    }

    #[test]
    fn the_users_last_text_is_embedded() {
        for (body, expected) in [
            (
                r#"{"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"One"},{"role":"assistant","content":"Two"},{"role":"user","content":"Three"}]}"#,
                "Three",
            ),
            (
                r#"{"messages":[{"role":"user","content":"Ask"},{"role":"assistant","tool_calls":[]},{"role":"tool","content":"42"}]}"#,
                "Ask",
            ),
            (
                r#"{"messages":[{"role":"user","content":[{"type":"text","text":"What is"},{"type":"image_url","image_url":{"url":"data:"}},{"type":"text","text":"th\u0069s?"}]}]}"#,
                "What is\nthis?",
            ),
            (
                r#"{"messages":[{"role":"user","content":"Ask"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]}"#,
                "Ask",
            ),
        ] {
            assert_eq!(of(Api::Chat, body).as_deref(), Some(expected), "{body}");
        }
        let results = r#"{"messages":[{"role":"user","content":"Ask"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"42"}]}]}"#;
        assert_eq!(of(Api::Messages, results).as_deref(), Some("Ask"));
    }

    #[test]
    fn every_api_has_its_own_place_for_it() {
        for (api, body, expected) in [
            (Api::Completions, r#"{"prompt":"Once upon"}"#, "Once upon"),
            (Api::Completions, r#"{"prompt":["a","b"]}"#, "a\nb"),
            (Api::Embeddings, r#"{"input":"a text"}"#, "a text"),
            (Api::Responses, r#"{"input":"Hi"}"#, "Hi"),
            (
                Api::Responses,
                r#"{"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]},{"type":"function_call_output","call_id":"c","output":"42"}]}"#,
                "Hi",
            ),
        ] {
            assert_eq!(of(api, body).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn where_there_is_no_text_nothing_is_embedded() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"messages":[]}"#,
            r#"{"messages":5}"#,
            r#"{"messages":[{"role":"system","content":"x"}]}"#,
            r#"{"messages":[{"role":"user","content":"  "}]}"#,
            r#"{"messages":[{"role":"user"}]}"#,
            r#"{"messages":[{"role":"user","content":[5,{"text":null}]}]}"#,
        ] {
            assert_eq!(of(Api::Chat, body), None, "{body}");
        }
        assert_eq!(of(Api::Completions, r#"{"prompt":[1,2]}"#), None);
    }

    #[test]
    fn a_long_prompt_is_cut_between_characters() {
        let long = "ä".repeat(MOST);
        let body = serde_json::json!({"prompt": long}).to_string();
        assert_eq!(of(Api::Completions, &body).unwrap(), "ä".repeat(MOST / 2));
    }
}

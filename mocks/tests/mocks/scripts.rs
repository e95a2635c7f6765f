//! Scripts: which request gets which reply, and that nothing of it is lost in rendering.

mod blocks;
mod file;

use mocks::script::{Block, Finish, Match, Reply, Script, Usage, Vector};
use serde_json::{Value, json};

use crate::client::{self, chat};
use crate::fold;
use crate::replies::violations;

/// A question that holds a marker.
pub(crate) fn question(provider: &str, marker: &str, stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": format!("Hello {marker}") }]);
    match provider {
        "openai" => json!({ "model": "gpt-4o", "messages": messages, "stream": stream }),
        _ => json!({ "model": "claude-sonnet-5", "max_tokens": 200, "messages": messages, "stream": stream }),
    }
}

async fn text(mocks: &mocks::Mocks, marker: &str) -> String {
    let reply = chat(mocks, "openai", &question("openai", marker, false)).await;
    fold::whole("openai", &reply).remove(0).text
}

#[tokio::test]
async fn replies_come_in_order_and_the_last_one_stays() {
    let mocks = mocks::start().await.unwrap();
    let replies =
        vec![Reply { times: Some(2), ..Reply::text(["a"]) }, Reply::text(["b"]), Reply::text(["c"])];
    let matching = Match { contains: Some("[[order]]".into()), ..Match::default() };
    mocks.add(Script { matching, replies });
    let mut said = Vec::new();
    for _ in 0..6 {
        said.push(text(&mocks, "[[order]]").await);
    }
    assert_eq!(said, ["a", "a", "b", "c", "c", "c"]);
}

#[tokio::test]
async fn the_newest_script_that_matches_answers() {
    let mocks = mocks::start().await.unwrap();
    let add = |matching, said: &str| mocks.add(Script { matching, replies: vec![Reply::text([said])] });
    add(Match::default(), "any");
    add(Match { contains: Some("one".into()), ..Match::default() }, "one");
    add(Match { contains: Some("one".into()), nth: Some(2), ..Match::default() }, "second one");
    add(Match { provider: Some("anthropic".into()), ..Match::default() }, "other provider");
    add(Match { path: Some("/v1/elsewhere".into()), ..Match::default() }, "other path");
    assert_eq!(text(&mocks, "two").await, "any");
    assert_eq!(text(&mocks, "one").await, "one");
    assert_eq!(text(&mocks, "one").await, "second one");
    assert_eq!(text(&mocks, "one").await, "one");
    add(Match { contains: Some("one".into()), ..Match::default() }, "replaced");
    assert_eq!(text(&mocks, "one").await, "replaced");
    mocks.remove("one");
    assert_eq!(text(&mocks, "one").await, "any");
}

#[tokio::test]
async fn a_marker_is_found_however_the_json_is_escaped() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[a/b \"ü\"]]", Reply::text(["found"])));
    let spellings =
        [r#"[[a/b \"ü\"]]"#, r#"[[a\/b \"ü\"]]"#, r#"[[a/b \"\u00fc\"]]"#, r#"\u005b[a\/b \u0022\u00FC\"]]"#];
    for spelling in spellings {
        let body = format!(r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":"{spelling}"}}]}}"#);
        let bytes =
            client::request("POST", client::path("openai"), &client::headers("openai"), body.as_bytes());
        let reply = client::exchange(&mocks, &bytes).await;
        assert_eq!(fold::whole("openai", &reply)[0].text, "found", "{spelling}");
        assert!(!mocks.journal(Some("[[a/b \"ü\"]]")).is_empty());
    }
    assert_eq!(mocks.journal(Some("[[a/b \"ü\"]]")).len(), spellings.len());
}

/// Vectors and completions are asked for by tokens too, one list or several, and however the list is spaced.
#[tokio::test]
async fn a_marker_is_found_in_tokens() {
    let mocks = mocks::start().await.unwrap();
    let marker = "[[ts:tokens/1]]";
    let found = Reply { embeddings: Some(vec![Vector(vec![0.5, 0.25])]), ..Reply::default() };
    mocks.add(Script::new(marker, found));
    // A token a byte.
    let tokens = json!(marker.bytes().map(|byte| byte - b'!').collect::<Vec<_>>()).to_string();
    let inputs = [tokens.clone(), format!("[[1820, 1176],\n {tokens}]"), tokens.replace(',', ", ")];
    for input in &inputs {
        let body = format!(r#"{{"model":"text-embedding-3-small","input" : {input}}}"#);
        let headers = client::headers("openai");
        let bytes = client::request("POST", "/openai/v1/embeddings", &headers, body.as_bytes());
        let reply = client::exchange(&mocks, &bytes).await;
        assert_eq!(reply.json()["data"][0]["embedding"], json!([0.5, 0.25]), "{input}");
    }
    let entries = mocks.journal(Some(marker));
    assert_eq!(entries.len(), inputs.len());
    assert!(entries.iter().all(|entry| entry.says(marker) && !entry.says("[[ts:tokens/2]]")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_parallel_streams_do_not_mix() {
    let mocks = std::sync::Arc::new(
        mocks::start_with(mocks::Options { threads: 2, ..mocks::Options::default() }).await.unwrap(),
    );
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..200 {
        let marker = format!("[[ts:{number}/cell]]");
        mocks
            .add(Script::new(marker.clone(), Reply::text((0..20).map(|piece| format!("{number}:{piece} ")))));
        let mocks = std::sync::Arc::clone(&mocks);
        asking.spawn(async move {
            let provider = crate::TEXT[number % 2];
            let reply = chat(&mocks, provider, &question(provider, &marker, true)).await;
            (number, fold::stream(provider, &reply).remove(0).text, mocks.journal(Some(&marker)).len())
        });
    }
    while let Some(answer) = asking.join_next().await {
        let (number, text, entries) = answer.unwrap();
        assert_eq!(text, (0..20).map(|piece| format!("{number}:{piece} ")).collect::<String>());
        assert_eq!(entries, 1);
    }
}

#[tokio::test]
async fn every_finish_and_count_is_said_in_the_providers_words() {
    let finishes = [
        (Finish::Stop, "stop", "end_turn"),
        (Finish::Length, "length", "max_tokens"),
        (Finish::ToolCalls, "tool_calls", "tool_use"),
        (Finish::ContentFilter, "content_filter", "refusal"),
        (Finish::StopSequence, "stop", "stop_sequence"),
        (Finish::Context, "length", "model_context_window_exceeded"),
        (Finish::Pause, "stop", "pause_turn"),
        (Finish::Guardrail, "content_filter", "refusal"),
        (Finish::Malformed, "stop", "end_turn"),
    ];
    let usage = Usage {
        prompt: Some(100),
        completion: Some(9),
        cached: Some(30),
        cache_write: Some(20),
        reasoning: Some(4),
    };
    for (finish, openai, anthropic) in finishes {
        let mocks = mocks::start().await.unwrap();
        let reply = Reply {
            finish: Some(finish),
            usage: Some(usage),
            model: Some("m".into()),
            id: Some("x".into()),
            ..Reply::text(["t"])
        };
        mocks.add(Script::new("[[f]]", reply));
        for (provider, wanted) in [("openai", openai), ("anthropic", anthropic)] {
            for stream in [false, true] {
                let mut body = question(provider, "[[f]]", stream);
                if stream && provider == "openai" {
                    body["stream_options"] = json!({ "include_usage": true });
                }
                let seen = chat(&mocks, provider, &body).await;
                assert_eq!(
                    violations(provider, None, &seen, stream),
                    Vec::<String>::new(),
                    "{}",
                    seen.text()
                );
                let said = if stream { fold::stream(provider, &seen) } else { fold::whole(provider, &seen) };
                assert_eq!(said[0].finish, wanted);
                assert!(seen.text().contains("\"id\":\"x\"") && seen.text().contains("\"model\":\"m\""));
                counted(provider, stream, &seen);
            }
        }
    }
}

/// 100 tokens of prompt, of which 30 came from the cache and 20 went to it; 9 of answer, of which 4 are reasoning.
fn counted(provider: &str, stream: bool, seen: &client::Reply) {
    let usages: Vec<Value> = match stream {
        false => vec![seen.json()["usage"].clone()],
        true => {
            seen.events().iter().map(|(_, data)| data["usage"].clone()).filter(Value::is_object).collect()
        }
    };
    assert_eq!(usages.len(), 1, "{provider}");
    let usage = &usages[0];
    let of =
        |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path}: {usage}"));
    if provider == "openai" {
        assert_eq!([of("/prompt_tokens"), of("/completion_tokens"), of("/total_tokens")], [100, 9, 109]);
        assert_eq!(
            [of("/prompt_tokens_details/cached_tokens"), of("/completion_tokens_details/reasoning_tokens")],
            [30, 4]
        );
    } else {
        assert_eq!([of("/input_tokens"), of("/output_tokens")], [50, 9]);
        assert_eq!([of("/cache_read_input_tokens"), of("/cache_creation_input_tokens")], [30, 20]);
    }
}

#[tokio::test]
async fn a_scripts_headers_are_added_or_replace_the_providers_own() {
    let mocks = mocks::start().await.unwrap();
    let headers = [("retry-after", "7"), ("X-Request-Id", "mine")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    mocks.add(Script::new("[[h]]", Reply { headers: headers.into(), ..Reply::text(["t"]) }));
    for stream in [false, true] {
        let seen = chat(&mocks, "openai", &question("openai", "[[h]]", stream)).await;
        assert_eq!((seen.header("retry-after"), seen.header("x-request-id")), (Some("7"), Some("mine")));
        assert_eq!(seen.headers.iter().filter(|(name, _)| name == "x-request-id").count(), 1);
    }
}

#[tokio::test]
async fn openais_usage_is_null_on_every_chunk_but_its_own() {
    let mocks = mocks::start().await.unwrap();
    let mut body = question("openai", "", true);
    let plain = chat(&mocks, "openai", &body).await;
    assert!(plain.events().iter().all(|(_, data)| data.get("usage").is_none()));
    body["stream_options"] = json!({ "include_usage": true });
    let events = chat(&mocks, "openai", &body).await.events();
    let (last, before) = events[..events.len() - 1].split_last().unwrap();
    assert!(before.iter().all(|(_, data)| data.get("usage") == Some(&Value::Null)));
    assert_eq!((&last.1["choices"], last.1["usage"].is_object()), (&json!([]), true));
}

#[tokio::test]
async fn log_probabilities_spell_the_text() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[p]]", Reply::text(["Grüße ", "👩‍🚀 漢"])));
    let mut body = question("openai", "[[p]]", false);
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(2);
    for stream in [false, true] {
        body["stream"] = json!(stream);
        let seen = chat(&mocks, "openai", &body).await;
        assert_eq!(violations("openai", None, &seen, stream), Vec::<String>::new());
        let bodies = if stream {
            seen.events().into_iter().map(|(_, data)| data).collect()
        } else {
            vec![seen.json()]
        };
        let tokens = bodies
            .iter()
            .filter_map(|body| body.pointer("/choices/0/logprobs/content")?.as_array())
            .flatten();
        let mut bytes = Vec::new();
        for token in tokens {
            bytes.extend(
                token["bytes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap()),
            );
            assert_eq!(token["top_logprobs"].as_array().unwrap().len(), 2);
            assert_eq!(
                token["top_logprobs"][0]["logprob"], token["logprob"],
                "the token said is the likeliest"
            );
        }
        assert_eq!(String::from_utf8(bytes).unwrap(), "Grüße 👩‍🚀 漢");
    }
}

#[tokio::test]
async fn parallel_calls_take_turns_where_asked() {
    let mocks = mocks::start().await.unwrap();
    let call = |id: &str| Block::call(id, "f", ["{\"a\":", "1}"]);
    let reply =
        Reply { content: Some(vec![call("call_a"), call("call_b")]), interleave: true, ..Reply::default() };
    mocks.add(Script::new("[[i]]", reply));
    let seen = chat(&mocks, "openai", &question("openai", "[[i]]", true)).await;
    assert_eq!(violations("openai", None, &seen, true), Vec::<String>::new());
    let events = seen.events();
    let indexes: Vec<u64> = events
        .iter()
        .filter_map(|(_, data)| data.pointer("/choices/0/delta/tool_calls/0/index")?.as_u64())
        .collect();
    assert_eq!(indexes, [0, 1, 0, 1, 0, 1]);
    let said = fold::stream("openai", &seen).remove(0);
    assert_eq!(
        said.calls,
        [("call_a".into(), "f".into(), json!({ "a": 1 })), ("call_b".into(), "f".into(), json!({ "a": 1 }))]
    );
}

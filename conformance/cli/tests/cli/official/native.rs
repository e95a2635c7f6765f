//! Providers' own clients on their own APIs, through the bundled gateway: each sees what it sees without.

use mocks::Mocks;
use mocks::script::{Block, Event, Failure, Fault, Kind, Reasoning, Reply, Script};
use serde_json::{Value, json};

use super::{Server, file, played, venv};

/// A client's script: the route that it calls, which is the provider whose format it speaks; the mock behind; what else the script is
/// told; and what differs by right: the gateway shows a key of its own, whatever the client's, and only leads to what is part of the
/// format.
struct Client {
    script: &'static str,
    provider: &'static str,
    mock: &'static str,
    more: &'static [&'static str],
    differs: &'static [&'static str],
}

const CLIENTS: [Client; 10] = [
    Client {
        script: "anthropic_messages.py",
        provider: "anthropic",
        mock: "anthropic",
        more: &[],
        differs: &["/errors/key", "/models"],
    },
    Client {
        script: "anthropic_batches.py",
        provider: "anthropic",
        mock: "anthropic",
        more: &[],
        differs: &["/errors/key"],
    },
    Client {
        script: "boto3_converse.py",
        provider: "bedrock",
        mock: "bedrock",
        more: &[],
        differs: &["/errors/secret", "/errors/region"],
    },
    Client { script: "boto3_invoke.py", provider: "bedrock", mock: "bedrock", more: &[], differs: &[] },
    Client { script: "boto3_agents.py", provider: "bedrock", mock: "bedrock", more: &[], differs: &[] },
    Client { script: "boto3_guardrail.py", provider: "bedrock", mock: "bedrock", more: &[], differs: &[] },
    Client { script: "cohere_rerank.py", provider: "cohere", mock: "cohere", more: &[], differs: &[] },
    Client {
        script: "cohere_chat.py",
        provider: "cohere",
        mock: "cohere",
        more: &[],
        differs: &[
            "/errors/key",
            "/errors/older",
            "/generated",
            "/models",
            "/older_streamed",
            "/older_turn_with_tools",
            "/older_whole",
            "/vectors",
        ],
    },
    Client {
        script: "google_contents.py",
        provider: "gemini",
        mock: "gemini",
        more: &["gemini"],
        differs: &["/errors/key"],
    },
    Client { script: "huggingface_native.py", provider: "huggingface", mock: "tgi", more: &[], differs: &[] },
];

impl Client {
    fn route(&self, mocks: &Mocks) -> Value {
        let key = mocks.credentials().key(self.mock);
        let bearer = json!({ "header_name": "Authorization", "header_value": format!("Bearer {key}") });
        let aws = mocks::AwsKey::default();
        let (auth, more) = match self.provider {
            "anthropic" => (
                json!({ "header_name": "x-api-key", "header_value": key }),
                json!({ "anthropic_version": "2023-06-01" }),
            ),
            "bedrock" => (
                json!({ "aws_access_key_id": aws.access_key_id, "aws_secret_access_key": aws.secret_access_key }),
                json!({ "bedrock": { "aws_region": aws.region } }),
            ),
            "gemini" => (json!({ "header_name": "x-goog-api-key", "header_value": key }), json!({})),
            _ => (bearer, json!({})),
        };
        let mut options = more;
        options["upstream_url"] = mocks.url(self.mock).into();
        let config = json!({
            "route_type": "llm/v1/chat",
            "llm_format": self.provider,
            "auth": auth,
            "model": { "provider": self.provider, "options": options },
            "logging": { "log_statistics": true },
        });
        let plugin = json!({ "name": "ai-proxy", "config": config });
        json!({ "name": self.script, "paths": [format!("/{}", self.script)], "plugins": [plugin] })
    }

    async fn sees(&self, url: &str) -> Option<Value> {
        let arguments: Vec<&str> = std::iter::once(url).chain(self.more.iter().copied()).collect();
        let mut seen = venv::NEWEST.run_with(self.script, &arguments).await?;
        without_headers(&mut seen);
        for place in self.differs {
            if let Some(value) = seen.pointer_mut(place) {
                *value = Value::Null;
            }
        }
        Some(seen)
    }
}

/// Headers are the gateway's own, and some clients tell them with an error.
fn without_headers(seen: &mut Value) {
    match seen {
        Value::String(text) => {
            if let Some((_, body)) =
                text.split_once("status_code: ").filter(|(head, _)| head.starts_with("headers: "))
            {
                *text = body.to_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_headers),
        Value::Object(members) => members.values_mut().for_each(without_headers),
        _ => {}
    }
}

/// Mocks that know the markers of all these scripts.
async fn prepared() -> Mocks {
    let mocks = played().await;
    let reasoning =
        |redacted| Reasoning { text: ["Let ", "me"].into(), signature: Some("c2ln".to_owned()), redacted };
    let thought = |redacted| {
        let content = vec![Block::Reasoning(reasoning(redacted)), Block::Text("So.".into())];
        Reply { content: Some(content), ..Reply::default() }
    };
    let checksum = Fault { bad_checksum: Some(Event { event: 2 }), ..Fault::default() };
    for (marker, reply) in [
        ("think", thought(None)),
        ("hidden", thought(Some("aGlkZGVu".to_owned()))),
        ("overloaded", Reply::error(Failure::new(Kind::Overloaded, "too much"))),
        ("model", Reply::error(Failure::new(Kind::Model, "the model failed"))),
        ("denied", Reply::error(Failure::new(Kind::Permission, "not yours"))),
        ("missing", Reply::error(Failure::new(Kind::NotFound, "no such model"))),
        ("checksum", Reply::text(["a", "b", "c"]).with_fault(checksum)),
    ] {
        mocks.add(Script::new(format!("[[{marker}]]"), reply));
    }
    mocks
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_sees_through_the_gateway_what_it_sees_without() {
    // What is drawn follows what was asked before, so each side has mocks of its own.
    let (mocks, others) = (prepared().await, prepared().await);
    let routes: Vec<Value> = CLIENTS.iter().map(|client| client.route(&mocks)).collect();
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes });
    let kong = json!({ "_format_version": "3.0", "services": [service] }).to_string();
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "kong.yaml", &kong);
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let (mut count, mut differences) = (0, Vec::new());
    for client in &CLIENTS {
        let through = client.sees(&format!("http://{}/{}", gateway.address, client.script)).await;
        let without = client.sees(&others.url(client.mock)).await;
        let (Some(mut through), Some(mut without)) = (through, without) else { return };
        if client.script == "anthropic_messages.py" {
            told_of_the_cut(&mut through, &mut without);
        }
        for (case, without) in without.as_object().unwrap() {
            if through[case] != *without {
                differences.push(format!("{} {case}:\n{}\n{without}", client.script, through[case]));
            }
            count += 1;
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(count > 40, "{count} cases");
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    let leaked = mocks.credentials().secrets().find(|secret| log.contains(secret));
    assert_eq!(leaked, None, "a key is in the log");
    for told in ["\"ai.proxy.usage.search_units\":1", "\"ai.proxy.usage.completion_tokens\":7"] {
        assert!(log.contains(told), "{told}");
    }
}

/// A stream of Anthropic's that breaks off ends for its client with an error, where it would have ended with a broken connection; all
/// else is as it would have been.
fn told_of_the_cut(through: &mut Value, without: &mut Value) {
    let cut =
        |seen: &mut Value| seen.get_mut("errors").and_then(|errors| errors.get_mut("cut").map(Value::take));
    if let (Some(through), Some(without)) = (cut(through), cut(without)) {
        assert_eq!(without["raised"][0], "RemoteProtocolError", "{without}");
        assert_eq!(through["raised"][0], "APIStatusError", "{through}");
        assert!(
            through["text"].as_str().is_some_and(|text| text.contains("ended in the middle")),
            "{through}"
        );
    }
}

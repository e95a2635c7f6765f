//! Targets that are found by what they are described as: an upstream plays the model of embeddings, others the targets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway::config::Config;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::client::{Client, Reply};
use super::upstream::{Call, Upstream};
use super::{ANSWER, Setup, json_reply, plugin};

pub(super) const CODE: &str = "Specialist in programming";
pub(super) const POEMS: &str = "Specialist in poetry";

/// An upstream that answers every call as `answer` says, and remembers what it was asked.
pub(super) struct Server {
    pub(super) url: String,
    pub(super) seen: Arc<Mutex<Vec<(String, Value)>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(answer: impl Fn(&Value) -> Vec<u8> + Send + 'static) -> Self {
        Self::on(Upstream::listen().await, answer)
    }

    fn on(upstream: Upstream, answer: impl Fn(&Value) -> Vec<u8> + Send + 'static) -> Self {
        let url = format!("http://{}", upstream.addr);
        let seen: Arc<Mutex<Vec<_>>> = Arc::default();
        let notes = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let mut call: Call = upstream.call().await;
                let body: Value = serde_json::from_slice(&call.body).unwrap();
                let reply = answer(&body);
                notes.lock().unwrap().push((call.head.clone(), body));
                call.write(&reply).await;
                call.close().await;
            }
        });
        Self { url, seen, task }
    }

    /// A model whose vectors have a number for each topic.
    pub(super) async fn model() -> Self {
        Self::start(embed).await
    }

    /// A target that answers every chat.
    pub(super) async fn target() -> Self {
        Self::start(|_| closing("200 OK", ANSWER)).await
    }

    pub(super) fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) fn closing(status: &str, body: &str) -> Vec<u8> {
    json_reply(&format!("{status}\r\nconnection: close"), body)
}

/// OpenAI's reply with the vector of what was asked.
fn embed(body: &Value) -> Vec<u8> {
    let text = body["input"].as_str().unwrap();
    let about = |words: &[&str]| f32::from(u8::from(words.iter().any(|word| text.contains(word))));
    let vector = [about(&["program", "Rust"]), about(&["poe", "rhyme"]), about(&["weather"])];
    let item = json!({"object": "embedding", "index": 0, "embedding": vector});
    let usage = json!({"prompt_tokens": 1, "total_tokens": 1});
    closing("200 OK", &json!({"object": "list", "data": [item], "model": "e", "usage": usage}).to_string())
}

/// A gateway with targets of these descriptions, and a model behind `model`.
pub(super) fn setup(model: &str, targets: &[(&Server, &str)]) -> Setup {
    let described = |(number, (server, description)): (usize, &(&Server, &str))| {
        let mut target = plugin("openai", &server.url);
        target["description"] = json!(description);
        target["model"]["name"] = json!(format!("m{number}"));
        target
    };
    let targets: Vec<Value> = targets.iter().enumerate().map(described).collect();
    let balancer = json!({"algorithm": "semantic", "retries": 2, "failover_criteria": ["error", "http_503"]});
    let embeddings = json!({
        "auth": {"header_name": "Authorization", "header_value": "Bearer embeddings"},
        "model": {"provider": "openai", "name": "text-embedding-3-small", "options": {"upstream_url": model}},
    });
    let vectordb =
        json!({"strategy": "redis", "dimensions": 3, "distance_metric": "cosine", "threshold": 0.5});
    let setup = Setup::among(&targets, &balancer);
    setup.set("/embeddings", embeddings).set("/vectordb", vectordb)
}

async fn ask(gateway: &gateway::Gateway, prompt: &str) -> Reply {
    let body = json!({"messages": [{"role": "user", "content": prompt}]}).to_string();
    Client::connect(gateway.addr()).await.chat(&body).await
}

/// The target that answered.
pub(super) async fn who(gateway: &gateway::Gateway, prompt: &str) -> String {
    let reply = ask(gateway, prompt).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.field("x-kong-llm-model").unwrap().to_owned()
}

/// Waits until the descriptions are known: from then on prompts are embedded too.
async fn learned(gateway: &gateway::Gateway, model: &Server, descriptions: usize) {
    let knows = async {
        while model.calls() <= descriptions {
            ask(gateway, "weather").await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), knows).await.expect("the descriptions are embedded");
}

#[tokio::test]
async fn a_prompt_goes_to_the_target_whose_description_is_nearest() {
    let (model, code, poems, rest) =
        (Server::model().await, Server::target().await, Server::target().await, Server::target().await);
    let targets = [(&code, CODE), (&poems, POEMS), (&rest, "CATCHALL")];
    let gateway = setup(&model.url, &targets).start();
    learned(&gateway, &model, 2).await;
    for _ in 0..3 {
        assert_eq!(who(&gateway, "Why does my Rust not build?").await, "openai/m0");
        assert_eq!(who(&gateway, "What rhymes with orange?").await, "openai/m1");
        assert_eq!(who(&gateway, "How is the weather?").await, "openai/m2");
    }
    let (head, body) = model.seen.lock().unwrap()[0].clone();
    assert!(head.contains("authorization: Bearer embeddings\r\n"), "{head}");
    assert_eq!(body, json!({"input": CODE, "model": "text-embedding-3-small", "dimensions": 3}));
}

#[tokio::test]
async fn what_fits_no_description_is_refused_where_nobody_takes_the_rest() {
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let gateway = setup(&model.url, &[(&code, CODE), (&poems, POEMS)]).start();
    learned(&gateway, &model, 2).await;
    let reply = ask(&gateway, "How is the weather?").await;
    assert_eq!(reply.status, 400);
    let error: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(error["error"]["message"], "no target can be found under threshold 0.5");
    assert_eq!(error["error"]["code"], "no_target_fits");
}

#[tokio::test]
async fn who_names_a_model_gets_it_whatever_is_asked() {
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let gateway = setup(&model.url, &[(&code, CODE), (&poems, POEMS)]).start();
    learned(&gateway, &model, 2).await;
    let asked = model.calls();
    let body = json!({"model": "m1", "messages": [{"role": "user", "content": "Rust"}]}).to_string();
    let reply = Client::connect(gateway.addr()).await.chat(&body).await;
    assert_eq!(reply.field("x-kong-llm-model"), Some("openai/m1"));
    assert_eq!(model.calls(), asked, "there is nothing to find out");
}

#[tokio::test]
async fn a_model_that_several_go_by_is_more_than_a_description() {
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let targets = [(&code, CODE), (&poems, POEMS), (&poems, POEMS)];
    let setup = setup(&model.url, &targets).set("/targets/1/model/model_alias", "verse");
    let gateway = setup.set("/targets/2/model/model_alias", "verse").start();
    learned(&gateway, &model, 2).await;
    let body = json!({"model": "verse", "messages": [{"role": "user", "content": "Rust"}]}).to_string();
    let mut seen = Vec::new();
    for _ in 0..6 {
        let reply = Client::connect(gateway.addr()).await.chat(&body).await;
        seen.push(reply.field("x-kong-llm-model").unwrap().to_owned());
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, ["openai/m1", "openai/m2"]);
}

#[tokio::test]
async fn targets_of_one_description_take_turns_and_stand_in_for_each_other() {
    let (model, one) = (Server::model().await, Server::target().await);
    let broken = Server::start(|_| closing("503 Service Unavailable", "{}")).await;
    let other = Server::target().await;
    let targets = [(&one, CODE), (&other, CODE), (&broken, POEMS), (&one, POEMS)];
    let gateway = setup(&model.url, &targets).start();
    learned(&gateway, &model, 2).await;
    let mut turns = Vec::new();
    for _ in 0..4 {
        turns.push(who(&gateway, "Rust").await);
    }
    let firsts = turns.iter().filter(|name| *name == "openai/m0").count();
    assert_eq!(firsts, 2, "{turns:?}");
    for _ in 0..4 {
        assert_eq!(who(&gateway, "a poem").await, "openai/m3");
    }
    assert!(broken.calls() > 0);
}

#[tokio::test]
async fn a_model_that_fails_loses_no_call() {
    let (code, poems, rest) = (Server::target().await, Server::target().await, Server::target().await);
    let targets = [(&code, CODE), (&poems, POEMS), (&rest, "CATCHALL")];
    let upstream = Upstream::listen().await;
    let gateway = setup(&format!("http://{}", upstream.addr), &targets).start();
    // Nobody answers the model's calls yet.
    assert_eq!(who(&gateway, "Rust").await, "openai/m2");
    let model = Server::on(upstream, |body| match body["input"].as_str() {
        Some("poem") => closing("500 Internal Server Error", "{}"),
        Some("short") => {
            let item = json!({"object": "embedding", "index": 0, "embedding": [1.0]});
            closing("200 OK", &json!({"object": "list", "data": [item], "model": "e"}).to_string())
        }
        _ => embed(body),
    });
    learned(&gateway, &model, 2).await;
    assert_eq!(who(&gateway, "Rust").await, "openai/m0");
    assert_eq!(who(&gateway, "short").await, "openai/m2");
    assert_eq!(who(&gateway, "Rust").await, "openai/m0");
    // For a second, in which a machine that stands still may ask nothing more: then once again.
    let left_alone = async {
        loop {
            assert_eq!(who(&gateway, "poem").await, "openai/m2");
            let asked = model.calls();
            if who(&gateway, "Rust").await == "openai/m2" {
                return assert_eq!(model.calls(), asked);
            }
        }
    };
    let left_alone = tokio::time::timeout(Duration::from_secs(60), left_alone);
    left_alone.await.expect("a broken model is left alone for a while");
}

#[tokio::test]
async fn where_nobody_takes_the_rest_all_take_turns_until_the_descriptions_are_known() {
    let (code, poems) = (Server::target().await, Server::target().await);
    let model = Upstream::listen().await;
    let gateway = setup(&format!("http://{}", model.addr), &[(&code, CODE), (&poems, POEMS)]).start();
    let mut seen = [who(&gateway, "Rust").await, who(&gateway, "Rust").await];
    seen.sort_unstable();
    assert_eq!(seen, ["openai/m0", "openai/m1"]);
}

#[tokio::test]
async fn a_prompt_that_takes_too_long_is_not_waited_for() {
    let (code, rest) = (Server::target().await, Server::target().await);
    let model = Upstream::listen().await;
    let gateway = setup(&format!("http://{}", model.addr), &[(&code, CODE), (&rest, "CATCHALL")])
        .limits(|limits| limits.embedding = Duration::from_millis(50))
        .start();
    let mut described = model.call().await;
    described.write(embed(&serde_json::from_slice(&described.body).unwrap())).await;
    described.close().await;
    // Held, and never answered.
    let prompt = tokio::spawn(async move { model.call().await });
    while !prompt.is_finished() {
        assert_eq!(who(&gateway, "Rust").await, "openai/m1");
    }
}

#[tokio::test]
async fn a_new_configuration_keeps_the_vectors_that_it_still_needs() {
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let gateway = setup(&model.url, &[(&code, CODE), (&poems, POEMS)]).start();
    learned(&gateway, &model, 2).await;
    let next = setup(&model.url, &[(&poems, POEMS), (&code, CODE)]).file();
    gateway.reload(Config::parse(&next, &|_| None).unwrap()).await;
    assert_eq!(who(&gateway, "Rust").await, "openai/m1");
    assert_eq!(who(&gateway, "poem").await, "openai/m0");
    let seen = model.seen.lock().unwrap();
    let described = seen.iter().filter(|(_, body)| [CODE, POEMS].contains(&body["input"].as_str().unwrap()));
    assert_eq!(described.count(), 2);
}

/// What a provider is asked for the vector of `CODE`, and what it answers, in the words of its own documents.
struct Spoken {
    model: Value,
    auth: Value,
    /// The path below the address.
    path: &'static str,
    /// A part of the request's head.
    head: &'static str,
    asked: Value,
    answer: Value,
}

fn spoken(provider: &str) -> Spoken {
    let auth = json!({"header_name": "Authorization", "header_value": "Bearer k"});
    let of = |options: Value, path, asked, answer| Spoken {
        model: json!({"provider": provider, "name": "m", "options": options}),
        auth: auth.clone(),
        path,
        head: "authorization: Bearer k\r\n",
        asked,
        answer,
    };
    let usual = json!({"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [1, 0, 0]}]});
    let plain = json!({"input": CODE, "model": "m"});
    match provider {
        "azure" => of(
            json!({"azure": {"instance": "i", "deployment_id": "d"}}),
            "/openai/deployments/d/embeddings?api-version=2023-05-15",
            plain,
            usual,
        ),
        "bedrock" => Spoken {
            auth: json!({"aws_access_key_id": "AKIATOUCHSTONE000001", "aws_secret_access_key": "s"}),
            head: "authorization: AWS4-HMAC-SHA256 ",
            model: json!({"provider": provider, "name": "amazon.titan-embed-text-v2:0", "options": {"bedrock": {"aws_region": "us-east-1", "embeddings_normalize": true}}}),
            ..of(
                json!({}),
                "/model/amazon.titan-embed-text-v2%3A0/invoke",
                json!({"inputText": CODE, "normalize": true}),
                json!({"embedding": [1, 0, 0], "inputTextTokenCount": 3}),
            )
        },
        "cohere" => of(
            json!({}),
            "/v2/embed",
            json!({"model": "m", "texts": [CODE], "input_type": "classification", "embedding_types": ["float"]}),
            json!({"id": "1", "embeddings": {"float": [[1, 0, 0]]}, "texts": [CODE], "meta": {}}),
        ),
        "gemini" => of(
            json!({}),
            "/v1beta/models/m:batchEmbedContents",
            json!({"requests": [{"model": "models/m", "content": {"parts": [{"text": CODE}]}}]}),
            json!({"embeddings": [{"values": [1, 0, 0]}]}),
        ),
        "huggingface" => of(
            json!({"huggingface": {"wait_for_model": true}}),
            "/hf-inference/models/m/pipeline/feature-extraction",
            json!({"inputs": [CODE]}),
            json!([[1, 0, 0]]),
        ),
        "mistral" => of(json!({}), "/v1/embeddings", json!({"input": [CODE], "model": "m"}), usual),
        "ollama" => of(
            json!({}),
            "/api/embed",
            json!({"model": "m", "input": [CODE]}),
            json!({"model": "m", "embeddings": [[1, 0, 0]]}),
        ),
        _ => of(json!({}), "/v1/embeddings", plain, usual),
    }
}

#[tokio::test]
async fn every_provider_of_embeddings_is_asked_in_its_own_words() {
    for provider in ["azure", "bedrock", "cohere", "gemini", "huggingface", "mistral", "ollama", "openai"] {
        let Spoken { mut model, auth, path, head, asked, answer } = spoken(provider);
        let answer = answer.to_string();
        let server = Server::start(move |_| closing("200 OK", &answer)).await;
        let (code, rest) = (Server::target().await, Server::target().await);
        model["options"]["upstream_url"] = json!(server.url);
        let setup = setup("http://h", &[(&code, CODE), (&rest, "CATCHALL")]).set("/vectordb", Value::Null);
        let gateway = setup.set("/embeddings", json!({"auth": auth, "model": model})).start();
        learned(&gateway, &server, 1).await;
        let (seen, body) = server.seen.lock().unwrap()[0].clone();
        assert!(seen.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{provider}: {seen}");
        assert!(seen.contains(head), "{provider}: {seen}");
        assert_eq!(body, asked, "{provider}");
        assert_eq!(who(&gateway, "whatever").await, "openai/m0", "{provider}");
    }
}

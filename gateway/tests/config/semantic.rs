//! `embeddings` and `vectordb`: Kong's fields, defaults, ranges and rules.

use std::time::Duration;

use gateway::config::{
    AiProxy, Extensions, Metric, Provider, Secret, Sentinels, Several, Store, Strategy, TlsVersion,
};

use super::{env, parse};
use gateway::config::Config;

/// A file with an `ai-proxy-advanced` that goes by `semantic`, with these members in its `config` and tags.
fn file(members: &str, tags: &str) -> String {
    format!(
        "_format_version: '3.0'\nservices:\n- url: http://localhost\n  routes:\n  - paths: [/]\n    plugins:\n    \
         - name: ai-proxy-advanced\n      tags: [{tags}]\n      config: {{balancer: {{algorithm: semantic}}, targets: [{{\
         route_type: llm/v1/chat, description: a, model: {{provider: openai}}}}], {members}}}\n"
    )
}

fn plugin(members: &str) -> AiProxy {
    let config = Config::parse(&file(members, ""), &env(&[])).unwrap_or_else(|errors| panic!("{errors}"));
    config.router.routes()[0].plugin.clone()
}

fn wrong(members: &str, tags: &str) -> Vec<String> {
    let errors = parse(&file(members, tags)).expect_err("the settings are wrong");
    let path = "services[0].routes[0].plugins[0].";
    let text = |error: &gateway::config::Error| {
        format!("{}: {}", error.path.trim_start_matches(path), error.problem)
    };
    errors.all().iter().map(text).collect()
}

const MODEL: &str = "embeddings: {model: {provider: openai, name: text-embedding-3-small}}";

#[test]
fn a_model_is_all_that_is_needed() {
    let plugin = plugin(MODEL);
    let target = &plugin.embeddings.unwrap().target;
    assert_eq!(target.model.provider, Provider::Openai);
    assert_eq!(target.model.name.as_ref().unwrap().fixed(), Some("text-embedding-3-small"));
    assert_eq!(target.model.options.embeddings_dimensions, None);
    assert_eq!(plugin.vectordb, None);
}

#[test]
fn every_default_of_a_vector_database_is_kongs() {
    let members =
        format!("{MODEL}, vectordb: {{strategy: redis, dimensions: 8, distance_metric: euclidean}}");
    let plugin = plugin(&members);
    assert_eq!(plugin.embeddings.unwrap().target.model.options.embeddings_dimensions, Some(8));
    let vectordb = plugin.vectordb.unwrap();
    assert_eq!((vectordb.dimensions, vectordb.metric), (8, Metric::Euclidean));
    assert_eq!((vectordb.threshold, vectordb.strategy), (None, Strategy::Redis));
    let redis = vectordb.redis;
    assert_eq!((&*redis.host, redis.port, redis.database), ("127.0.0.1", 6379, 0));
    assert_eq!((redis.username, redis.password, redis.ssl, redis.ssl_verify), (None, None, false, true));
    assert_eq!(redis.connect_timeout, Duration::from_secs(2));
    assert_eq!(redis.answer_timeout, Duration::from_secs(4), "2 s to send, 2 s to read");
    let pgvector = vectordb.pgvector;
    assert_eq!((&*pgvector.host, pgvector.port), ("127.0.0.1", 5432));
    assert_eq!((&*pgvector.database, &*pgvector.user), ("kong-pgvector", "postgres"));
    assert_eq!((pgvector.ssl, pgvector.ssl_required, pgvector.ssl_verify), (false, false, true));
    assert_eq!((pgvector.ssl_version, pgvector.timeout), (TlsVersion::Tls12, Duration::from_secs(5)));
}

#[test]
fn every_provider_of_embeddings_is_read() {
    for (provider, options) in [
        ("azure", "azure: {instance: i, deployment_id: d}"),
        ("bedrock", "bedrock: {aws_region: r, embeddings_normalize: true}"),
        ("cohere", ""),
        ("databricks", "databricks: {workspace_instance_id: w}"),
        ("gemini", "gemini: {api_endpoint: e, project_id: p, location_id: l}"),
        ("gemini", ""),
        ("huggingface", "huggingface: {use_cache: true, wait_for_model: false}"),
        ("mistral", ""),
        ("ollama", "upstream_url: 'http://h'"),
        ("openai", "upstream_url: 'http://h'"),
    ] {
        let auth = "auth: {header_name: a, header_value: b}";
        let model = format!("model: {{provider: {provider}, name: m, options: {{{options}}}}}");
        let target = plugin(&format!("embeddings: {{{auth}, {model}}}")).embeddings.unwrap().target;
        assert!(target.model.dialect().is_some(), "{provider}");
    }
}

#[test]
fn who_cannot_be_asked_for_a_length_is_not() {
    for (provider, model, expected) in [
        ("openai", "text-embedding-3-large", Some(8)),
        ("openai", "text-embedding-ada-002", None),
        ("mistral", "mistral-embed", None),
        ("mistral", "codestral-embed", Some(8)),
        ("cohere", "embed-english-v3.0", None),
        ("cohere", "embed-v4.0", Some(8)),
        ("gemini", "gemini-embedding-001", Some(8)),
    ] {
        let members = format!(
            "embeddings: {{model: {{provider: {provider}, name: {model}}}}}, \
             vectordb: {{strategy: redis, dimensions: 8, distance_metric: cosine}}"
        );
        let target = plugin(&members).embeddings.unwrap().target;
        assert_eq!(target.model.options.embeddings_dimensions, expected, "{model}");
    }
}

#[test]
fn what_is_wrong_with_a_model_is_named() {
    said_of(&[
        (String::new(), &["config: must set 'embeddings' for the semantic algorithm"][..]),
        ("embeddings: {}".to_owned(), &["config.embeddings.model: required field missing"]),
        (
            "embeddings: {model: {provider: anthropic, name: m}}".to_owned(),
            &[
                "config.embeddings.model.provider: expected one of: azure, bedrock, cohere, databricks, gemini, \
                 huggingface, mistral, ollama, openai, vercel",
            ],
        ),
        (
            "embeddings: {model: {provider: openai, name: $(headers.x)}}".to_owned(),
            &["config.embeddings.model.name: a model of embeddings cannot be filled in from a request"],
        ),
        (
            "embeddings: {model: {provider: azure, name: m}}".to_owned(),
            &[
                "config.embeddings.model: must set 'model.options.azure.deployment_id' for azure provider",
                "config.embeddings.model: must set 'model.options.azure.instance' for azure provider",
            ],
        ),
        (
            "embeddings: {model: {provider: ollama, name: m}}".to_owned(),
            &[
                "config.embeddings.model: must set 'model.options.upstream_url' for self-hosted providers/models",
            ],
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_vector_database_is_named() {
    let database = |rest: &str| format!("{MODEL}, vectordb: {{{rest}}}");
    let most = "strategy: redis, dimensions: 8, distance_metric: cosine";
    said_of(&[
        (
            database("strategy: memory"),
            &[
                "config.vectordb.dimensions: required field missing",
                "config.vectordb.distance_metric: required field missing",
                "config.vectordb.strategy: expected one of: pgvector, redis",
            ],
        ),
        (
            database("strategy: redis, dimensions: 0, distance_metric: dot"),
            &[
                "config.vectordb.dimensions: value should be between 1 and 16000",
                "config.vectordb.distance_metric: expected one of: cosine, euclidean",
            ],
        ),
        (
            database(&format!(
                "{most}, redis: {{port: 65536, sentinel_nodes: [{{host: h}}], cluster_nodes: [{{ip: h, port: -1}}], cloud_authentication: {{auth_provider: aws}}}}"
            )),
            &[
                "config.vectordb.redis.port: value should be between 0 and 65535",
                "config.vectordb.redis.cluster_nodes[0].port: value should be between 0 and 65535",
                "config.vectordb.redis: 'cluster_nodes' and 'sentinel_nodes' cannot both be set",
                "config.vectordb.redis: all or none of these fields must be set: 'sentinel_master', 'sentinel_role', 'sentinel_nodes'",
                "config.vectordb.redis.cloud_authentication.auth_provider: not supported yet by this gateway",
            ],
        ),
        (
            database(&format!(
                "{most}, redis: {{sentinel_nodes: [{{}}], sentinel_master: own, sentinel_role: slave}}"
            )),
            &["config.vectordb.redis: what is shared is written: 'sentinel_role' must be 'master' or 'any'"],
        ),
        (
            database(&format!("{most}, pgvector: {{ssl_version: sslv3, ssl_cert: c}}")),
            &[
                "config.vectordb.pgvector: all or none of these fields must be set: 'ssl_cert', 'ssl_cert_key'",
                "config.vectordb.pgvector.ssl_version: expected one of: any, tlsv1_2, tlsv1_3",
            ],
        ),
    ]);
}

#[test]
fn several_redis_servers_are_read() {
    let several = |redis: &str| {
        let redis =
            format!("{{strategy: redis, dimensions: 8, distance_metric: cosine, redis: {{{redis}}}}}");
        let config = parse(&file(&format!("{MODEL}, vectordb: {redis}"), ""))
            .unwrap_or_else(|errors| panic!("{errors}"));
        config.router.routes()[0].plugin.vectordb.clone().unwrap().redis.several
    };
    let at = |host: &str, port| (host.to_owned(), port);
    assert_eq!(several(""), None);
    let nodes = vec![at("h", 1), at("127.0.0.1", 6379)];
    let cluster = |redirections| Some(Several::Cluster { nodes: nodes.clone(), redirections });
    assert_eq!(several("cluster_nodes: [{ip: h, port: 1}, {}]"), cluster(5));
    assert_eq!(several("cluster_nodes: [{ip: h, port: 1}, {}], cluster_max_redirections: 1"), cluster(1));
    let sentinels = Sentinels {
        nodes: vec![at("127.0.0.1", 6379), at("h", 2)],
        master: "own".to_owned(),
        username: Some("u".to_owned()),
        password: Some(Secret::new("p")),
    };
    let text = "sentinel_nodes: [{}, {host: h, port: 2}], sentinel_master: own, sentinel_role: any, sentinel_username: u, sentinel_password: p";
    assert_eq!(several(text), Some(Several::Sentinels(sentinels)));
}

/// Sees that of these members these mistakes are told, and no others.
fn said_of(cases: &[(String, &[&str])]) {
    for (members, expected) in cases {
        let mut said = wrong(members, "");
        let mut expected = expected.to_vec();
        said.sort_unstable();
        expected.sort_unstable();
        assert_eq!(said, expected, "{members}");
    }
}

#[test]
fn what_is_shared_or_kept_goes_through_the_plugins_own_redis() {
    let redis = format!("{MODEL}, vectordb: {{strategy: redis, dimensions: 8, distance_metric: cosine}}");
    let read = |tags: &str| {
        let config = parse(&file(&redis, tags)).unwrap_or_else(|errors| panic!("{errors}"));
        let Extensions { share, store, .. } = config.router.routes()[0].plugin.extensions;
        (share, store)
    };
    assert_eq!(read(""), (false, Store::Memory));
    assert_eq!(read("'touchstone-share:redis', 'touchstone-store:redis'"), (true, Store::Redis));
    assert_eq!(read("'touchstone-store:false'"), (false, Store::Nowhere));
    for name in ["share", "store"] {
        let tag = format!("'touchstone-{name}:redis'");
        let needs = format!(
            "config: the tag touchstone-{name}:redis needs 'vectordb' of ai-proxy-advanced, with the strategy redis"
        );
        assert_eq!(wrong(MODEL, &tag), [&*needs]);
        assert_eq!(wrong(&redis.replace("strategy: redis", "strategy: pgvector"), &tag), [&*needs]);
    }
    assert_eq!(wrong(&redis, "'touchstone-share:yes'"), ["tags[0]: expected one of: redis"]);
    assert_eq!(wrong(&redis, "'touchstone-store:yes'"), ["tags[0]: expected one of: false, redis, true"]);
}

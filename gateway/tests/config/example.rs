//! The example that the documentation shows, and the files in `good/`.

use gateway::config::{Config, Errors, GoogleKey, Named, Target, Tuning};
use http::HeaderMap;
use translate::call::Api;

use super::{env, here};

const VARIABLES: &[(&str, &str)] = &[
    ("OPENAI_AUTHORIZATION", "Bearer sk-openai"),
    ("ANTHROPIC", r#"{"api_key": "sk-ant"}"#),
    ("BEDROCK", r#"{"id": "AKIA", "secret": "s"}"#),
    ("AZURE_KEY", "k"),
    ("GEMINI_KEY", "k"),
    ("CEREBRAS_AUTHORIZATION", "Bearer k"),
    ("COHERE_AUTHORIZATION", "Bearer k"),
    ("DASHSCOPE_AUTHORIZATION", "Bearer k"),
    ("DATABRICKS_AUTHORIZATION", "Bearer k"),
    ("DEEPSEEK_AUTHORIZATION", "Bearer k"),
    ("HUGGINGFACE_AUTHORIZATION", "Bearer k"),
    ("KIMI_AUTHORIZATION", "Bearer k"),
    ("MISTRAL_AUTHORIZATION", "Bearer k"),
    ("VERCEL_AUTHORIZATION", "Bearer k"),
    ("VERTEX_AUTHORIZATION", "Bearer k"),
    ("KEY_OF_ANN", "sk-ann"),
    ("XAI_AUTHORIZATION", "Bearer k"),
];

fn example() -> Result<Config, Errors> {
    Config::load(&here("examples/kong.yaml"), &env(VARIABLES))
}

#[test]
fn the_example_of_what_passes_through_serves_what_it_says() {
    let config = Config::load(&here("examples/passthrough.yaml"), &env(VARIABLES));
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    for (method, path, kind) in [
        ("POST", "/openai/files", "llm/v1/files"),
        ("GET", "/openai/files/file-1/content", "llm/v1/files"),
        ("GET", "/openai/vector_stores", "llm/v1/assistants"),
        ("POST", "/openai/responses", "llm/v1/responses"),
        ("DELETE", "/anthropic/responses/resp_1", "llm/v1/responses"),
        ("GET", "/openai/realtime", "realtime/v1/realtime"),
        ("GET", "/anthropic/files/file-1", "llm/v1/files"),
        ("POST", "/anthropic/batches/batch_1/cancel", "llm/v1/batches"),
        ("GET", "/azure/responses/resp_1/input_items", "llm/v1/responses"),
        ("POST", "/azure/audio/transcriptions", "audio/v1/audio/transcriptions"),
    ] {
        let found = config.router.find(method, None, path, &HeaderMap::new()).expect(path);
        assert_eq!(found.route.plugin.target().route_type.name(), kind, "{path}");
    }
}

#[test]
fn the_example_of_videos_serves_what_it_says() {
    let config = Config::load(&here("examples/videos.yaml"), &env(VARIABLES));
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    for name in ["openai", "azure", "gemini", "vertex", "bedrock", "huggingface"] {
        for (method, below) in
            [("POST", ""), ("GET", ""), ("GET", "/video_1/content"), ("DELETE", "/video_1")]
        {
            let path = format!("/{name}/v1/videos{below}");
            let found = config.router.find(method, None, &path, &HeaderMap::new()).expect(&path);
            assert_eq!(
                found.route.plugin.target().route_type.name(),
                "video/v1/videos/generations",
                "{path}"
            );
        }
    }
}

#[test]
fn the_example_of_providers_own_apis_serves_what_it_says() {
    let config = Config::load(&here("examples/native.yaml"), &env(VARIABLES));
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    for path in [
        "/anthropic/v1/messages",
        "/bedrock/model/m/converse",
        "/bedrock/rerank",
        "/gemini/v1beta/models/g:embedContent",
        "/vertex/v1/projects/p/locations/global/rankingConfigs/c:rank",
        "/huggingface/generate_stream",
    ] {
        let plugin = &config.router.find("POST", None, path, &HeaderMap::new()).expect(path).route.plugin;
        assert!(plugin.target().native(plugin.llm_format).is_some(), "{path}");
    }
}

#[test]
fn the_example_of_messages_serves_what_it_says() {
    let config = Config::load(&here("examples/messages.yaml"), &env(VARIABLES));
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    for path in ["/openai/v1/messages", "/gemini/v1/messages", "/bedrock/v1/messages"] {
        let plugin = &config.router.find("POST", None, path, &HeaderMap::new()).expect(path).route.plugin;
        assert_eq!(plugin.target().api(plugin.llm_format), Some(Api::Messages), "{path}");
    }
}

#[test]
fn the_example_of_clouds_says_who_the_gateway_is() {
    let key = serde_json::json!({
        "type": "service_account",
        "client_email": "me@my-project.iam.gserviceaccount.com",
        "private_key": include_str!("../keys/rfc7515-a2.pem"),
    });
    let key = key.to_string();
    let more = [("VERTEX_KEY", &*key), ("AZURE_SECRET", "s"), ("AWS_PROFILE", "mine")];
    let variables = [VARIABLES, &more].concat();
    let config = Config::load(&here("examples/clouds.yaml"), &env(&variables));
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    let target =
        |path| config.router.find("POST", None, path, &HeaderMap::new()).expect(path).route.plugin.target();
    let bedrock = target("/bedrock");
    assert_eq!((&bedrock.auth.aws, bedrock.auth.surroundings.get("AWS_PROFILE")), (&None, Some("mine")));
    let role =
        |path: &'static str| target(path).model.options.bedrock.assume_role_arn.as_ref().unwrap().fixed();
    assert_eq!(role("/bedrock-role"), Some("arn:aws:iam::123456789012:role/llm"));
    assert!(target("/bedrock-role").auth.aws.is_some());
    assert_eq!(role("/bedrock-teams/red"), None);
    let Some(GoogleKey::ServiceAccount { email, .. }) = &target("/vertex").auth.gcp.key else {
        panic!("a key")
    };
    assert_eq!(email, "me@my-project.iam.gserviceaccount.com");
    assert!(target("/vertex-machine").auth.gcp.metadata_url.is_some());
    assert!(target("/azure").auth.azure.client_secret.is_some());
    let managed = &target("/azure-managed").auth;
    assert!(managed.azure.use_managed_identity && managed.allow_override);
}

#[test]
fn the_example_of_meaning_serves_what_it_says() {
    let config = Config::load(&here("examples/semantic.yaml"), &env(VARIABLES));
    let config = config.unwrap_or_else(|errors| panic!("{errors}"));
    let plugin = |path: &str| {
        config.router.find("POST", None, path, &HeaderMap::new()).expect(path).route.plugin.clone()
    };
    let by_meaning = plugin("/by-meaning");
    assert_eq!(by_meaning.targets.len(), 4);
    assert_eq!(by_meaning.targets[3].description.as_deref(), Some(Target::CATCHALL));
    let model = &by_meaning.embeddings.unwrap().target.model;
    assert_eq!(model.options.embeddings_dimensions, Some(1024));
    assert_eq!(by_meaning.vectordb.unwrap().pgvector.password, None);
    assert!(plugin("/shared").extensions.share);
}

#[test]
fn the_example_serves_what_it_says() {
    let config = example().unwrap_or_else(|errors| panic!("{errors}"));
    let mut team = HeaderMap::new();
    team.insert("x-team", "LAB-7".parse().unwrap());
    let provider = |path: &str| {
        let found = config.router.find("POST", None, path, &team)?;
        Some(found.route.plugin.target().model.provider.name())
    };
    assert_eq!(provider("/openai/v1/chat/completions"), Some("openai"));
    assert_eq!(provider("/anthropic/claude-opus-4-1"), Some("anthropic"));
    assert_eq!(provider("/bedrock"), Some("bedrock"));
    assert_eq!(provider("/else"), None);
    for name in
        ["azure", "gemini", "ollama", "llama2", "vllm", "cerebras", "dashscope", "databricks", "kimi", "xai"]
    {
        assert_eq!(provider(&format!("/{name}")), Some(name));
    }
    let routed = |path| {
        let target = &config.router.find("POST", None, path, &team).unwrap().route.plugin.target();
        (target.route_type.name(), target.model.dialect().map(translate::providers::Provider::id))
    };
    assert_eq!(routed("/openai-completions"), ("llm/v1/completions", Some("openai".to_owned())));
    assert_eq!(routed("/titan"), ("llm/v1/embeddings", Some("bedrock".to_owned())));
    assert_eq!(routed("/raw-llama2"), ("llm/v1/chat", Some("llama2-raw".to_owned())));
    assert_eq!(routed("/cohere"), ("llm/v1/chat", Some("cohere".to_owned())));
    assert_eq!(routed("/cohere-embeddings"), ("llm/v1/embeddings", Some("cohere".to_owned())));
    assert_eq!(routed("/mistral"), ("llm/v1/chat", Some("mistral".to_owned())));
    assert_eq!(routed("/mistral-at-home"), ("llm/v1/chat", Some("mistral-ollama".to_owned())));
    assert_eq!(routed("/vertex"), ("llm/v1/chat", Some("gemini-vertex".to_owned())));
    assert_eq!(routed("/vertex-deployed"), ("llm/v1/chat", Some("gemini-endpoint".to_owned())));
    assert_eq!(routed("/huggingface"), ("llm/v1/chat", Some("huggingface".to_owned())));
    assert_eq!(routed("/my-inference-server"), ("llm/v1/chat", Some("huggingface-tgi".to_owned())));
    assert_eq!(routed("/dashscope"), ("llm/v1/chat", Some("dashscope-mainland".to_owned())));
    let pictures = Some("dashscope".to_owned());
    assert_eq!(routed("/dashscope-pictures/v1/images/edits"), ("image/v1/images/edits", pictures));
    assert!(config.router.find("POST", None, "/bedrock", &HeaderMap::new()).is_none());

    let found = config.router.find("POST", None, "/anthropic/claude-opus-4-1/x", &team).unwrap();
    assert_eq!(found.captures.get("model"), Some("claude-opus-4-1"));
    let plugin = &found.route.plugin;
    assert!(plugin.extensions.strict);
    assert_eq!(plugin.extensions.tuning, Tuning::Default);
    assert_eq!(plugin.target().auth.header.as_ref().unwrap().value, "sk-ant");
    assert_eq!(found.route.service.as_deref(), Some("ai"));
    assert_eq!(found.route.timeouts.connect.as_millis(), 5000);
}

#[test]
fn a_file_may_be_json() {
    let text = std::fs::read_to_string(here("examples/kong.yaml")).unwrap();
    let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let json = serde_json::to_string_pretty(&value).unwrap();
    let shown = |config: Config| format!("{:?}", config.router.routes());
    let from_json = Config::parse(&json, &env(VARIABLES)).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(shown(from_json), shown(example().unwrap()));
}

#[test]
fn what_the_example_lacks_is_named_with_file_and_place() {
    let file = here("examples/kong.yaml");
    let others: Vec<_> = VARIABLES.iter().copied().filter(|(name, _)| *name != "AZURE_KEY").collect();
    let errors = Config::load(&file, &env(&others)).unwrap_err().to_string();
    let text = std::fs::read_to_string(&file).unwrap();
    let (line, found) = (1..).zip(text.lines()).find(|(_, line)| line.contains("env/azure-key")).unwrap();
    let column = found.find("\"{vault").unwrap() + 1;
    let expected = "services[0].routes[6].plugins[0].config.auth.header_value: environment variable 'AZURE_KEY' is not set";
    assert_eq!(errors, format!("{}:{line}:{column}: {expected}", file.display()));
}

#[test]
fn a_file_that_is_not_there_is_an_error_of_its_own() {
    let errors = Config::load(&here("examples/none.yaml"), &env(&[])).unwrap_err().to_string();
    assert!(errors.contains("none.yaml: cannot read the file: "), "{errors}");
}

#[test]
fn every_good_file_is_read() {
    insta::glob!("good/*.yaml", |path| {
        let config = Config::load(path, &env(VARIABLES)).unwrap_or_else(|errors| panic!("{errors}"));
        let routes: Vec<String> = config
            .router
            .routes()
            .iter()
            .map(|route| {
                let model = &route.plugin.target().model;
                let model = model.name.as_ref().map_or("", |name| name.source());
                format!(
                    "{} of {}: {model}",
                    route.name.as_deref().unwrap_or("-"),
                    route.service.as_deref().unwrap_or("-")
                )
            })
            .collect();
        insta::assert_snapshot!(routes.join("\n"));
    });
}

/// The file to begin with is right as it is, and so is all that it hints at: lines that begin with # and two spaces.
#[test]
fn all_that_the_first_file_hints_at_is_right() {
    let first = gateway::EXAMPLE;
    assert!(first.starts_with("# yaml-language-server: $schema="), "editors look for this in the first line");
    assert_eq!(Config::parse(first, &|_| None).unwrap().router.routes().len(), 1);
    let (head, body) = first.split_once("_format_version").unwrap();
    let hinted: String = body
        .lines()
        .map(|line| {
            let hint = line.strip_prefix('#').filter(|hint| hint.starts_with("  "));
            format!("{}\n", hint.unwrap_or(line))
        })
        .collect();
    let all = format!("{head}_format_version{hinted}");
    let config = Config::parse(&all, &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
    let targets = config.router.routes().iter().flat_map(|route| &route.plugin.targets);
    let seen: Vec<&str> = targets.map(|target| target.model.provider.name()).collect();
    for (name, provider) in gateway::config::Provider::NAMES {
        let served = gateway::config::Provider::Sagemaker != *provider;
        assert!(seen.contains(name) || !served, "{name} is not hinted at");
    }
}

#[test]
fn the_example_of_several_targets_shows_what_it_says() {
    use gateway::config::{Algorithm, Criterion};
    let config = Config::load(&here("examples/balancing.yaml"), &env(VARIABLES))
        .unwrap_or_else(|errors| panic!("{errors}"));
    let plugin = |path| &config.router.find("POST", None, path, &HeaderMap::new()).unwrap().route.plugin;
    let fallback = plugin("/fallback");
    let providers: Vec<_> = fallback.targets.iter().map(|target| target.model.provider.name()).collect();
    assert_eq!(providers, ["anthropic", "bedrock", "openai"]);
    let balancer = fallback.balancer.as_ref().unwrap();
    assert_eq!((balancer.algorithm, balancer.max_fails), (Algorithm::Priority, 3));
    assert!(balancer.fails_over(Criterion::Status(429)) && balancer.fails_over(Criterion::NonIdempotent));
    for (path, algorithm) in [
        ("/shares", Algorithm::RoundRobin),
        ("/sessions", Algorithm::ConsistentHashing),
        ("/choice", Algorithm::LowestLatency),
    ] {
        assert_eq!(plugin(path).balancer.as_ref().unwrap().algorithm, algorithm, "{path}");
        assert_eq!(plugin(path).targets.len(), 2, "{path}");
    }
}

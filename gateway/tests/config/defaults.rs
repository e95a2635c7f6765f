//! What holds when a file says nothing: Kong's defaults.

use std::time::Duration;

use gateway::config::{
    EmbeddingInputType, Extensions, GenaiCategory, LlmFormat, Logging, Named, Provider, ResponseStreaming,
    RouteType, Store, Tuning,
};

use super::{parse, plugin, plugin_in, wrong};

const LEAST: &str = "{route_type: llm/v1/chat, model: {provider: openai}}";

#[test]
fn every_default_is_kongs() {
    let plugin = plugin(LEAST);
    assert_eq!(plugin.response_streaming, ResponseStreaming::Allow);
    assert_eq!(plugin.max_request_body_size.map(std::num::NonZeroU64::get), Some(1_048_576));
    assert!(plugin.model_name_header);
    assert_eq!(plugin.llm_format, LlmFormat::Openai);
    assert_eq!(plugin.genai_category, GenaiCategory::TextGeneration);
    assert_eq!(
        plugin.extensions,
        Extensions {
            strict: false,
            tuning: Tuning::Force,
            format: None,
            upstream_streaming: None,
            store: Store::Memory,
            share: false,
            rotate_size: None,
            rotate_keep: None
        }
    );
    assert_eq!(plugin.target().route_type, RouteType::Chat);
    assert_eq!(plugin.target().logging, Logging { log_statistics: false, log_payloads: false });
    let auth = &plugin.target().auth;
    assert_eq!((&auth.header, &auth.param, auth.allow_override, &auth.aws), (&None, &None, false, &None));
    assert!(!auth.azure.use_managed_identity);
    assert!(!auth.gcp.use_service_account);
    let model = &plugin.target().model;
    assert_eq!((model.provider, &model.name, &model.alias), (Provider::Openai, &None, &None));
}

#[test]
fn every_default_of_the_options_is_kongs() {
    let options = plugin(LEAST).target().model.options.clone();
    assert_eq!(
        (options.max_tokens, options.temperature, options.top_p, options.top_k),
        (None, None, None, None)
    );
    assert_eq!((options.anthropic_version, options.upstream_url, options.upstream_path), (None, None, None));
    assert_eq!(
        (options.llama2_format, options.mistral_format, options.embeddings_dimensions),
        (None, None, None)
    );
    assert_eq!(options.azure.api_version.unwrap().fixed(), Some("2023-05-15"));
    assert_eq!((options.azure.instance, options.azure.deployment_id), (None, None));
    assert_eq!(options.bedrock.region, None);
    assert!(!options.bedrock.embeddings_normalize);
    assert_eq!(options.cohere.embedding_input_type, EmbeddingInputType::Classification);
    assert!(options.dashscope.international);
    assert_eq!((options.huggingface.use_cache, options.huggingface.wait_for_model), (None, None));
    assert_eq!((options.pricing.input, options.pricing.output), (None, None));
}

#[test]
fn every_default_of_routes_and_services_is_kongs() {
    let text = super::file(LEAST);
    let config = parse(&text).unwrap();
    let route = &config.router.routes()[0];
    assert_eq!(route.timeouts.connect, Duration::from_mins(1));
    assert_eq!(route.timeouts.write, Duration::from_mins(1));
    assert_eq!(route.timeouts.read, Duration::from_mins(1));
    assert_eq!(route.timeouts.retries, 5);
    assert!(route.protocols.http && route.protocols.https);
    assert_eq!(route.regex_priority, 0);
}

#[test]
fn null_is_as_good_as_absent() {
    let nulls = "{route_type: llm/v1/chat, auth: ~, logging: ~, llm_format: ~, max_request_body_size: ~, \
                 model: {provider: openai, name: ~, options: {max_tokens: ~, bedrock: ~}}}";
    assert_eq!(plugin(nulls), plugin(LEAST));
}

#[test]
fn zero_is_no_limit() {
    let config = "{route_type: llm/v1/chat, max_request_body_size: 0, model: {provider: openai}}";
    assert_eq!(plugin(config).max_request_body_size, None);
}

#[test]
fn what_is_cached_may_cost_nothing() {
    let config = "{route_type: llm/v1/chat, model: {provider: openai, options: {cache_read_cost: 0, cache_write_cost: 0}}}";
    let pricing = plugin(config).target().model.options.pricing.clone();
    assert_eq!((pricing.cache_read, pricing.cache_write), (Some(0.0), Some(0.0)));
}

#[test]
fn every_field_is_read() {
    let config = "{route_type: llm/v1/chat, response_streaming: always, max_request_body_size: 5, model_name_header: false,
        genai_category: video/generation, logging: {log_statistics: true, log_payloads: true},
        auth: {header_name: X-Key, header_value: Bearer k, param_name: key, param_value: p, param_location: body,
            allow_override: true, azure_use_managed_identity: true, azure_client_id: a, azure_client_secret: b,
            azure_tenant_id: c, gcp_use_service_account: true, gcp_service_account_json: '{}', gcp_metadata_url: m,
            gcp_oauth_token_url: o, aws_access_key_id: i, aws_secret_access_key: s},
        model: {provider: openai, name: gpt-5, model_alias: alias, options: {max_tokens: 1, temperature: 5, top_p: 1, top_k: 500,
            anthropic_version: v, azure_instance: i, azure_api_version: av, azure_deployment_id: d, llama2_format: raw,
            mistral_format: ollama, upstream_url: 'https://example.com:8443/x?y', upstream_path: /z,
            embeddings_dimensions: 256, input_cost: 1.5, output_cost: 2, cache_read_cost: 0.1, cache_write_cost: 3,
            cache_write_cost_list: [{ttl: 5m, cost: 1}], service_tier_factor: [{tier: flex, factor: 0.5}],
            context_window_factor: [{above: 200k, input_factor: 2, output_factor: 1.5}],
            bedrock: {aws_region: r, aws_assume_role_arn: a, aws_role_session_name: s, aws_sts_endpoint_url: u,
                batch_bucket_prefix: b, batch_role_arn: c, embeddings_normalize: true, performance_config_latency: optimized,
                video_output_s3_uri: s3},
            cohere: {embedding_input_type: search_query, wait_for_model: true}, dashscope: {international: false},
            databricks: {workspace_instance_id: w},
            gemini: {api_endpoint: e, project_id: p, location_id: l, endpoint_id: m},
            huggingface: {use_cache: false, wait_for_model: true}}}}";
    let mut shown = format!("{:#?}", plugin(config));
    shown.retain(|c| c != '\r');
    insta::assert_snapshot!(shown);
}

#[test]
fn every_name_that_kong_knows_is_read_and_says_so_where_it_is_not_supported() {
    for (name, provider) in Provider::NAMES {
        let options = "{anthropic_version: v, azure_instance: i, azure_deployment_id: d, llama2_format: openai, \
                       mistral_format: ollama, upstream_url: 'http://h/', bedrock: {aws_region: r}}";
        let auth = "{header_name: a, header_value: b}";
        let config = format!(
            "{{route_type: llm/v1/chat, auth: {auth}, model: {{provider: {name}, options: {options}}}}}"
        );
        if translate::providers::ALL.iter().any(|known| known.name == *name) {
            assert_eq!(plugin(&config).target().model.provider, *provider);
        } else {
            let error = format!("config.model.provider: '{name}' is not supported yet by this gateway");
            assert_eq!(wrong(&config), [error]);
        }
    }
    let unserved = |(_, kind): &&(&str, RouteType)| kind.api().is_none() && kind.resource().is_none();
    for (name, route_type) in RouteType::NAMES.iter().filter(unserved) {
        let config = format!("{{route_type: {name}, model: {{provider: openai}}}}");
        assert_eq!(
            wrong(&config),
            [format!("config.route_type: '{name}' is not supported yet by this gateway")]
        );
        assert_eq!(RouteType::from_name(name), Some(*route_type));
    }
    let translated = [LlmFormat::Anthropic, LlmFormat::Openai];
    for (name, _) in LlmFormat::NAMES.iter().filter(|(_, format)| !translated.contains(format)) {
        let config = format!("{{route_type: llm/v1/chat, llm_format: {name}, model: {{provider: openai}}}}");
        let error = format!("config.llm_format: '{name}' is not supported yet by this gateway");
        assert!(wrong(&config).contains(&error), "{name}");
    }
}

#[test]
fn anthropics_format_is_for_every_provider_and_for_chats_alone() {
    let config = |provider: &str, route_type: &str| {
        format!("{{route_type: {route_type}, llm_format: anthropic, model: {{provider: {provider}}}}}")
    };
    let api = |provider: &str| plugin(&config(provider, "llm/v1/chat")).target().api(LlmFormat::Anthropic);
    assert_eq!(api("openai"), Some(translate::call::Api::Messages));
    assert_eq!(api("cohere"), Some(translate::call::Api::Messages));
    let refused = wrong(&config("openai", "llm/v1/embeddings"));
    assert_eq!(refused, ["config.llm_format: 'anthropic' is not supported yet by this gateway"]);
}

#[test]
fn a_provider_is_refused_for_an_api_that_it_has_not_got() {
    let config = |provider: &str, route_type: &str, options: &str| {
        format!("{{route_type: {route_type}, model: {{provider: {provider}, options: {{{options}}}}}}}")
    };
    let refused = wrong(&config("anthropic", "llm/v1/embeddings", "anthropic_version: v"));
    assert_eq!(refused, ["config: anthropic has no API for route_type llm/v1/embeddings"]);
    let raw = "llama2_format: raw, upstream_url: 'http://h'";
    let refused = wrong(&config("llama2", "llm/v1/embeddings", raw));
    assert_eq!(refused, ["config: llama2 has no API for route_type llm/v1/embeddings"]);
    let refused = wrong(&config("cohere", "llm/v1/files", ""));
    assert_eq!(refused, ["config: cohere has no API for route_type llm/v1/files"]);
    for (provider, route_type, options) in [
        ("openai", "llm/v1/files", ""),
        ("anthropic", "llm/v1/files", "anthropic_version: v"),
        ("anthropic", "llm/v1/batches", "anthropic_version: v"),
        ("xai", "llm/v1/responses", ""),
        ("deepseek", "llm/v1/responses", ""),
        ("anthropic", "llm/v1/responses", "anthropic_version: v"),
        ("azure", "llm/v1/responses", "azure_instance: i, azure_deployment_id: d"),
        ("xai", "image/v1/images/generations", ""),
        ("openai", "llm/v1/completions", ""),
        ("openai", "llm/v1/embeddings", ""),
        ("ollama", "llm/v1/embeddings", "upstream_url: 'http://h'"),
        ("vllm", "llm/v1/completions", "upstream_url: 'http://h'"),
    ] {
        let target = plugin(&config(provider, route_type, options)).target().clone();
        assert_eq!(target.route_type.name(), route_type);
    }
}

#[test]
fn a_provider_without_a_place_is_refused() {
    for (provider, options, missing, whom) in [
        ("ollama", "", "upstream_url", "self-hosted providers/models"),
        ("vllm", "", "upstream_url", "self-hosted providers/models"),
        ("llama2", "llama2_format: raw", "upstream_url", "self-hosted providers/models"),
        ("llama2", "llama2_format: openai", "upstream_url", "self-hosted providers/models"),
        ("azure", "azure_deployment_id: d", "azure_instance", "azure provider"),
        ("databricks", "", "databricks.workspace_instance_id", "databricks provider"),
    ] {
        let config = |options: &str| {
            format!("{{route_type: llm/v1/chat, model: {{provider: {provider}, options: {{{options}}}}}}}")
        };
        let error = format!("config: must set 'model.options.{missing}' for {whom}");
        assert_eq!(wrong(&config(options)), [error]);
        let comma = if options.is_empty() { "" } else { ", " };
        plugin(&config(&format!("{options}{comma}upstream_url: 'http://h'")));
    }
}

#[test]
fn a_format_chooses_what_a_provider_speaks() {
    for (provider, options, id) in [
        ("llama2", "llama2_format: raw, upstream_url: 'http://h'", "llama2-raw"),
        ("llama2", "llama2_format: ollama, upstream_url: 'http://h'", "llama2-ollama"),
        ("llama2", "llama2_format: openai, upstream_url: 'http://h'", "llama2-openai"),
        ("mistral", "mistral_format: openai", "mistral"),
        ("mistral", "mistral_format: ollama, upstream_url: 'http://h'", "mistral-ollama"),
        ("cohere", "", "cohere"),
        ("cohere", "cohere: {api_version: v2}", "cohere"),
        ("cohere", "cohere: {api_version: v1}", "cohere-v1"),
        ("dashscope", "dashscope: {international: false}", "dashscope-mainland"),
        ("kimi", "kimi: {international: false}", "kimi-mainland"),
        ("kimi", "", "kimi"),
        ("azure", "azure_instance: i, azure_deployment_id: d", "azure"),
        ("azure", "azure_instance: i, azure_deployment_id: d, azure_api_version: preview", "azure-v1"),
    ] {
        let config =
            format!("{{route_type: llm/v1/chat, model: {{provider: {provider}, options: {{{options}}}}}}}");
        assert_eq!(
            plugin(&config).target().model.dialect().map(translate::providers::Provider::id).as_deref(),
            Some(id)
        );
    }
}

/// Kong has no name for the newer models of the family: they go by that of the older one.
#[test]
fn llama3_goes_by_the_name_of_llama2() {
    let config = |provider: &str, format: &str| {
        format!(
            "{{route_type: llm/v1/chat, model: {{provider: {provider}, name: llama3, \
             options: {{llama2_format: {format}, upstream_url: 'http://h'}}}}}}"
        )
    };
    for format in ["ollama", "openai"] {
        let id = plugin(&config("llama2", format))
            .target()
            .model
            .dialect()
            .map(translate::providers::Provider::id);
        assert_eq!(id, Some(format!("llama2-{format}")));
    }
    let refused = wrong(&config("llama3", "ollama"));
    assert!(refused[0].ends_with("did you mean 'llama2'?"), "{refused:?}");
}

#[test]
fn the_providers_of_this_slice_are_supported() {
    let variables =
        [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_DEFAULT_REGION", "eu-west-1")];
    for provider in ["openai", "anthropic", "bedrock"] {
        let config = format!(
            "{{route_type: llm/v1/chat, model: {{provider: {provider}, options: {{anthropic_version: v}}}}}}"
        );
        assert_eq!(plugin_in(&config, &variables).target().model.provider.name(), provider);
    }
}

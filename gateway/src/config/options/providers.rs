//! What is said to one provider alone, as it stands below its name.

use super::{
    AzureOptions, BedrockOptions, CohereOptions, DashscopeOptions, DatabricksOptions, GeminiOptions,
    HuggingfaceOptions, KimiOptions,
};
use crate::config::record::Record;
use crate::config::upstream::{UrlError, url};
use crate::config::{Provider, Template};

/// Of Azure's API, where nothing else is said.
const API_VERSION: &str = "2023-05-15";

impl AzureOptions {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Self {
        Self::named(record, "azure_instance", "azure_api_version", "azure_deployment_id")
    }

    /// The same as `embeddings` has it, in a record of its own.
    pub(in crate::config) fn read_nested(record: &mut Record<'_>) -> Self {
        Self::named(record, "instance", "api_version", "deployment_id")
    }

    fn named(
        record: &mut Record<'_>,
        instance: &'static str,
        version: &'static str,
        deployment: &'static str,
    ) -> Self {
        record.says(&[
            (instance, "Azure: the name of the resource."),
            (version, "Azure: the version of its API."),
            (deployment, "Azure: the name of the deployment."),
        ]);
        record.default(version, API_VERSION);
        Self {
            instance: record.template(instance),
            api_version: match record.get(version) {
                Some(_) => record.template(version),
                None => Template::parse(API_VERSION).ok(),
            },
            deployment_id: record.template(deployment),
        }
    }
}

impl BedrockOptions {
    pub(in crate::config) fn read(record: &mut Record<'_>, provider: Option<Provider>) -> Self {
        record.says(&[
            ("aws_region", "The region; else that of the environment."),
            ("aws_assume_role_arn", "A role that is taken on."),
            ("aws_role_session_name", "What a session in that role is called."),
            ("aws_sts_endpoint_url", "Where the role is asked for."),
            ("batch_bucket_prefix", "Where in a bucket the files of batches stand."),
            ("batch_role_arn", "The role by which batches reach that bucket."),
            ("embeddings_normalize", "Whether vectors have the length 1."),
            ("performance_config_latency", "`standard` or `optimized`."),
            ("video_output_s3_uri", "Where films are put."),
        ]);
        let needed = provider == Some(Provider::Bedrock);
        let env = |name| (record.context.env)(name).filter(|_| needed).filter(|text| !text.is_empty());
        let default = env("AWS_REGION").or_else(|| env("AWS_DEFAULT_REGION"));
        let default = default.and_then(|region| Template::parse(&region).ok());
        let set = record.get("aws_region").is_some();
        let region = record.template("aws_region").or(default);
        record.rule(
            needed && !set && region.is_none(),
            "must set 'model.options.bedrock.aws_region' (or AWS_REGION in the environment) for bedrock provider",
        );
        Self {
            region,
            assume_role_arn: record.template("aws_assume_role_arn"),
            role_session_name: record.template("aws_role_session_name"),
            sts_endpoint_url: sts_endpoint_url(record, needed),
            batch_bucket_prefix: record.template("batch_bucket_prefix"),
            batch_role_arn: record.template("batch_role_arn"),
            embeddings_normalize: record.boolean_or("embeddings_normalize", false),
            performance_config_latency: record.template("performance_config_latency"),
            video_output_s3_uri: record.template("video_output_s3_uri"),
        }
    }
}

/// An address, once it is filled in; judged where it is used.
fn sts_endpoint_url(record: &mut Record<'_>, needed: bool) -> Option<Template> {
    let parse = |text: &str| {
        let template = Template::parse(text).map_err(UrlError::from)?;
        template.fixed().filter(|fixed| needed && !fixed.is_empty()).map(url).transpose()?;
        Ok::<_, UrlError>(template)
    };
    record.get("aws_sts_endpoint_url")?.parse(parse).filter(|template| !template.source().is_empty())
}

impl CohereOptions {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[
            ("api_version", "Version of Cohere's API."),
            ("embedding_input_type", "What vectors are for."),
            ("wait_for_model", "Whether one waits for a model that is not loaded."),
        ]);
        Self {
            api_version: record.choice("api_version"),
            embedding_input_type: record.choice("embedding_input_type"),
            wait_for_model: record.boolean("wait_for_model"),
        }
    }
}

impl KimiOptions {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[("international", "Whether the service outside of China is asked.")]);
        Self { international: record.boolean_or("international", true) }
    }
}

impl DashscopeOptions {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[("international", "Whether the service outside of China is asked.")]);
        Self { international: record.boolean_or("international", true) }
    }
}

impl DatabricksOptions {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[("workspace_instance_id", "The workspace.")]);
        Self { workspace_instance_id: record.template("workspace_instance_id") }
    }
}

impl GeminiOptions {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[
            ("api_endpoint", "Vertex AI: the host."),
            ("project_id", "Vertex AI: the project."),
            ("location_id", "Vertex AI: the region."),
            ("endpoint_id", "Vertex AI: an endpoint of one's own."),
        ]);
        let options = Self {
            api_endpoint: record.template("api_endpoint"),
            project_id: record.template("project_id"),
            location_id: record.template("location_id"),
            endpoint_id: record.template("endpoint_id"),
        };
        let set = [&options.api_endpoint, &options.project_id, &options.location_id];
        let set = set.into_iter().filter(|field| field.is_some()).count();
        let text = "all or none of these fields must be set: 'api_endpoint', 'project_id', 'location_id'";
        record.rule(set == 1 || set == 2, text);
        options
    }
}

impl GeminiOptions {
    /// Which of Google's services is asked, and which of its APIs; `None` for the Gemini API.
    pub(in crate::config) fn format(&self) -> Option<&'static str> {
        self.project_id.as_ref()?;
        Some(match self.endpoint_id.as_ref().map(Template::fixed) {
            None => "vertex",
            Some(Some("openapi")) => "openapi",
            Some(_) => "endpoint",
        })
    }
}

impl HuggingfaceOptions {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[
            ("use_cache", "Whether an answer may come from a cache."),
            ("wait_for_model", "Whether one waits for a model that is not loaded."),
        ]);
        Self { use_cache: record.boolean("use_cache"), wait_for_model: record.boolean("wait_for_model") }
    }
}

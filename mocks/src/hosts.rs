//! The providers' own host names: how a request that was meant for a provider finds its mock.

use std::collections::BTreeSet;

use crate::provider::{self, Provider};

/// The hosts of one provider.
struct Hosts {
    provider: &'static str,
    /// A `*` stands for a part of a label, a leading dot for labels of any number.
    names: &'static [&'static str],
    /// What stands in the place of a `*`, or before a leading dot, where one name is wanted: a region, or a customer's own name.
    example: &'static str,
}

/// Who has hosts of its own; what people serve themselves has none. Each from the provider's own documents.
const ALL: &[Hosts] = &[
    // https://platform.openai.com/docs/guides/your-data: regions are labels before the name.
    Hosts { provider: "openai", names: &["api.openai.com", "*.api.openai.com"], example: "eu" },
    Hosts { provider: "anthropic", names: &["api.anthropic.com"], example: "" },
    // https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference
    Hosts {
        provider: "azure",
        names: &["*.openai.azure.com", "*.cognitiveservices.azure.com", "*.services.ai.azure.com"],
        example: "touchstone",
    },
    // https://docs.aws.amazon.com/general/latest/gr/bedrock.html
    Hosts {
        provider: "bedrock",
        names: &[
            "bedrock-runtime.*.amazonaws.com",
            "bedrock-runtime-fips.*.amazonaws.com",
            "bedrock-runtime.*.api.aws",
            "bedrock.*.amazonaws.com",
            "bedrock-agent-runtime.*.amazonaws.com",
            "bedrock-agent-runtime-fips.*.amazonaws.com",
        ],
        example: "us-east-1",
    },
    Hosts { provider: "cohere", names: &["api.cohere.com", "api.cohere.ai"], example: "" },
    Hosts { provider: "gemini", names: &["generativelanguage.googleapis.com"], example: "" },
    Hosts {
        provider: "huggingface",
        names: &["router.huggingface.co", "api-inference.huggingface.co"],
        example: "",
    },
    Hosts { provider: "mistral", names: &["api.mistral.ai", "codestral.mistral.ai"], example: "" },
    // https://docs.ollama.com/cloud
    Hosts { provider: "ollama", names: &["ollama.com"], example: "" },
    // https://huggingface.co/docs/inference-endpoints
    Hosts { provider: "tgi", names: &[".endpoints.huggingface.cloud"], example: "touchstone.us-east-1.aws" },
    // https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations
    Hosts {
        provider: "vertex",
        names: &[
            "*-aiplatform.googleapis.com",
            "aiplatform.googleapis.com",
            // https://cloud.google.com/generative-ai-app-builder/docs/locations
            "discoveryengine.googleapis.com",
            "*-discoveryengine.googleapis.com",
        ],
        example: "us-central1",
    },
    // https://docs.aws.amazon.com/general/latest/gr/sts.html
    Hosts { provider: "sts", names: &["sts.amazonaws.com", "sts.*.amazonaws.com"], example: "us-east-1" },
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    Hosts {
        provider: "s3",
        names: &[
            "s3.*.amazonaws.com",
            "s3.amazonaws.com",
            ".s3.us-east-1.amazonaws.com",
            ".s3.amazonaws.com",
        ],
        example: "us-east-1",
    },
    Hosts {
        provider: "entra",
        names: &["login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net"],
        example: "",
    },
    Hosts { provider: "google-oauth", names: &["oauth2.googleapis.com"], example: "" },
    Hosts { provider: "google-metadata", names: &["metadata.google.internal"], example: "" },
    Hosts { provider: "cerebras", names: &["api.cerebras.ai"], example: "" },
    Hosts {
        provider: "dashscope",
        names: &["dashscope-intl.aliyuncs.com", "dashscope.aliyuncs.com"],
        example: "",
    },
    Hosts {
        provider: "databricks",
        names: &["*.cloud.databricks.com", ".azuredatabricks.net"],
        example: "touchstone",
    },
    Hosts { provider: "deepseek", names: &["api.deepseek.com"], example: "" },
    Hosts { provider: "kimi", names: &["api.moonshot.ai", "api.moonshot.cn"], example: "" },
    Hosts { provider: "vercel", names: &["ai-gateway.vercel.sh"], example: "" },
    Hosts { provider: "xai", names: &["api.x.ai", "*.api.x.ai"], example: "us-east-1" },
];

/// Names by which this very machine is reached, from containers too.
pub(crate) const OWN: [&str; 3] = ["localhost", "host.docker.internal", "host.containers.internal"];

/// Where machines ask who they are: instances, tasks of ECS, pods of EKS.
const LINKS: [&str; 5] =
    ["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"];

/// Whom a host means.
#[derive(Clone, Copy)]
pub(crate) enum Meant {
    /// The mocks themselves: the path's prefix says which.
    Own,
    /// An address that every machine of a cloud has, of which the path says the cloud.
    Link,
    Provider(&'static dyn Provider),
}

/// Whom a host means, with or without a port; nothing where nobody here is called so.
pub(crate) fn meant(host: &str) -> Option<Meant> {
    let name = without_port(host);
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    if LINKS.contains(&&*name) {
        return Some(Meant::Link);
    }
    if is_own(&name) {
        return Some(Meant::Own);
    }
    let hosts = ALL.iter().find(|hosts| hosts.names.iter().any(|pattern| matches(pattern, &name)))?;
    provider::find(hosts.provider).map(Meant::Provider)
}

/// The provider that has this host, with or without a port.
#[must_use]
pub fn provider(host: &str) -> Option<&'static str> {
    match meant(host)? {
        Meant::Own | Meant::Link => None,
        Meant::Provider(provider) => Some(provider.name()),
    }
}

/// Hosts of a provider, its usual one first, with an example in the place of what the customer or the region decides.
pub fn of(provider: &str) -> impl Iterator<Item = String> {
    let hosts = ALL.iter().find(move |hosts| hosts.provider == provider);
    hosts.into_iter().flat_map(|hosts| hosts.names.iter().map(|pattern| example(pattern, hosts.example)))
}

/// What the hosts of all providers end with.
pub(crate) fn suffixes() -> BTreeSet<&'static str> {
    let own = |pattern: &'static str| match pattern.split_once('*') {
        // The dot behind the star's label is where a subtree begins.
        Some((_, rest)) => rest.split_once('.').map_or(rest, |(_, rest)| rest),
        None => pattern.trim_start_matches('.'),
    };
    ALL.iter().flat_map(|hosts| hosts.names).map(|pattern| own(pattern)).chain(OWN).collect()
}

/// An authority without its port, an IPv6 address without its brackets.
pub(crate) fn without_port(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(address, _)| address);
    }
    match authority.split_once(':') {
        // More than one: an IPv6 address as it is.
        Some((host, port)) if !port.contains(':') => host,
        _ => authority,
    }
}

fn is_own(name: &str) -> bool {
    OWN.contains(&name) || name.parse::<std::net::IpAddr>().is_ok()
}

fn matches(pattern: &str, name: &str) -> bool {
    if pattern.starts_with('.') {
        return name.len() > pattern.len() && name.ends_with(pattern);
    }
    let Some((start, end)) = pattern.split_once('*') else { return name == pattern };
    let middle = name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    middle.is_some_and(|middle| !middle.is_empty() && !middle.contains('.'))
}

fn example(pattern: &str, example: &str) -> String {
    if pattern.starts_with('.') { format!("{example}{pattern}") } else { pattern.replacen('*', example, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(host: &str) -> Option<&'static str> {
        meant(host).map(|meant| match meant {
            Meant::Own => "own",
            Meant::Link => "link",
            Meant::Provider(provider) => provider.name(),
        })
    }

    #[test]
    fn every_example_leads_to_its_provider() {
        for hosts in ALL {
            assert!(provider::find(hosts.provider).is_some(), "{}", hosts.provider);
            for host in of(hosts.provider) {
                assert_eq!(name(&host), Some(hosts.provider), "{host}");
                assert!(suffixes().iter().any(|suffix| host.ends_with(suffix)), "{host}");
            }
        }
    }

    #[test]
    fn case_port_and_a_last_dot_change_nothing() {
        for host in ["API.OpenAI.com", "api.openai.com:443", "api.openai.com.", "api.openai.com.:443"] {
            assert_eq!(name(host), Some("openai"), "{host}");
        }
        assert_eq!(name("bedrock-runtime.eu-central-1.amazonaws.com"), Some("bedrock"));
        assert_eq!(name("europe-west4-aiplatform.googleapis.com:443"), Some("vertex"));
        assert_eq!(name("my-own.openai.azure.com"), Some("azure"));
        for link in ["169.254.169.254", "169.254.170.2:80", "[fd00:ec2::254]"] {
            assert_eq!(name(link), Some("link"), "{link}");
        }
        for own in ["127.0.0.1:9000", "[::1]:443", "::1", "localhost", "10.0.0.1"] {
            assert_eq!(name(own), Some("own"), "{own}");
        }
    }

    #[test]
    fn nobody_else_is_meant() {
        for host in [
            "",
            ":",
            "[",
            "openai.com",
            "api.openai.com.evil.example",
            "evilapi.openai.com.",
            ".openai.azure.com",
            "a.b.openai.azure.com",
            "bedrock-runtime..amazonaws.com",
            "bedrock.amazonaws.com",
            ".endpoints.huggingface.cloud",
            "telemetry.example.com:443",
        ] {
            assert_eq!(name(host), None, "{host}");
        }
    }
}

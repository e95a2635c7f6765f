//! The keys that the mocks accept. They are published and open nothing but a mock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Accepted keys per provider, and AWS key pairs for the providers that sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Provider name to the keys that it accepts. A provider without keys accepts none.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Pairs with which requests may be signed.
    pub aws: Vec<AwsKey>,
}

impl Credentials {
    /// Does this provider accept this key? The comparison takes no care of timing: the keys are public.
    #[must_use]
    pub fn accepts(&self, provider: &str, key: &str) -> bool {
        self.keys.get(provider).is_some_and(|keys| keys.iter().any(|known| known == key))
    }

    /// All that this provider accepts.
    pub(crate) fn keys(&self, provider: &str) -> &[String] {
        self.keys.get(provider).map_or(&[], Vec::as_slice)
    }

    /// The first key that this provider accepts, or nothing.
    #[must_use]
    pub fn key(&self, provider: &str) -> &str {
        self.keys.get(provider).and_then(|keys| keys.first()).map_or("", String::as_str)
    }

    /// The key pair of this access key id.
    #[must_use]
    pub fn aws(&self, access_key_id: &str) -> Option<&AwsKey> {
        self.aws.iter().find(|key| key.access_key_id == access_key_id)
    }

    /// Every secret text, for those who look whether one leaked.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.values().flatten().map(String::as_str);
        keys.chain(self.aws.iter().map(|key| key.secret_access_key.as_str()))
    }
}

impl Default for Credentials {
    fn default() -> Self {
        let key = |provider: &str, key: &str| (provider.to_owned(), vec![key.to_owned()]);
        let twins =
            crate::openai::TWINS.iter().map(|twin| key(twin.name, &format!("{}-touchstone", twin.name)));
        let own = [
            key("openai", "sk-touchstone"),
            key("anthropic", "sk-ant-touchstone"),
            key("azure", "azure-touchstone"),
            key("bedrock", "bedrock-api-key-touchstone"),
            key("azure-imds", "azure-imds-touchstone"),
            key("ecs", "ecs-touchstone"),
            key("entra", "entra-touchstone"),
            key("cohere", "cohere-touchstone"),
            key("dashscope", "dashscope-touchstone"),
            key("gemini", "gemini-touchstone"),
            key("huggingface", "hf_touchstone"),
            key("llama2-raw", "llama2-touchstone"),
            key("mistral", "mistral-touchstone"),
            key("ollama", "ollama-touchstone"),
            key("tgi", "tgi-touchstone"),
            key("vertex", "vertex-touchstone"),
        ];
        Self { keys: own.into_iter().chain(twins).collect(), aws: vec![AwsKey::default()] }
    }
}

/// One AWS key pair and the region for which it may sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsKey {
    /// `AKIA…`
    pub access_key_id: String,
    /// What signs.
    pub secret_access_key: String,
    /// Where present, requests must carry it as `x-amz-security-token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// The only region accepted in the credential scope.
    pub region: String,
}

impl Default for AwsKey {
    fn default() -> Self {
        Self {
            access_key_id: "AKIATOUCHSTONE000001".into(),
            secret_access_key: "touchstone-secret-access-key".into(),
            session_token: None,
            region: "us-east-1".into(),
        }
    }
}

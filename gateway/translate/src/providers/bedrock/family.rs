//! What the makers of Bedrock's models call the settings that Converse has no member for.
//!
//! They go into `additionalModelRequestFields`, which each model reads in its own way:
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>

use crate::chat::Thinking;
use crate::providers::claude::Claude;

/// Models that share their own settings' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) top_k: TopK,
    pub(super) effort: Effort,
}

/// Where `top_k` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TopK {
    /// The model has none, or we do not know how it calls it.
    Nowhere,
    /// A member of that name.
    Member(&'static str),
    /// `{"inferenceConfig": {"topK": …}}`
    InferenceConfig,
}

/// Where `reasoning_effort` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    Nowhere,
    /// `{"thinking": …}`, and Converse's own `outputConfig.effort`.
    Thinking(Claude),
    /// `{"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low" | "medium" | "high"}}`
    ReasoningConfig,
    /// `{"reasoning_effort": "low" | "medium" | "high"}`
    Word,
    /// `{"reasoning": {"effort": "none" | "low" | "medium" | "high" | "xhigh" | "max"}}`
    Object,
}

impl Family {
    /// The family of a model's id, of its inference profile or of an ARN that holds either.
    ///
    /// An application's own inference profile hides its model, so that nothing is known of it.
    pub(super) fn of(model: &str) -> Self {
        // A maker and a model are parted by a dot; what has none names neither.
        if memchr::memchr(b'.', model.as_bytes()).is_none() {
            return UNKNOWN;
        }
        // Faster than `str::contains`, which readies itself for much longer texts.
        let has = |part: &str| memchr::memmem::find(model.as_bytes(), part.as_bytes()).is_some();
        if has("anthropic.claude") {
            return Self { top_k: TopK::Member("top_k"), effort: Effort::Thinking(Claude::of(model)) };
        }
        FAMILIES.iter().find(|(part, _)| has(part)).map_or(UNKNOWN, |&(_, family)| family)
    }
}

impl Family {
    /// Only Claude knows Anthropic's own words.
    pub(super) fn thinking(self) -> Thinking {
        if matches!(self.effort, Effort::Thinking(_)) { Thinking::All } else { Thinking::Nothing }
    }

    /// Whether the model takes a schema for its tools, and none for its answers: older Claudes, and Nova.
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html>
    pub(super) fn answers_by_tool(self) -> bool {
        match self.effort {
            Effort::Thinking(claude) => !claude.takes_schemas_on_bedrock(),
            _ => self.top_k == TopK::InferenceConfig,
        }
    }
}

const UNKNOWN: Family = Family { top_k: TopK::Nowhere, effort: Effort::Nowhere };
const NOVA: Family = Family { top_k: TopK::InferenceConfig, effort: Effort::Nowhere };

/// Parts of model ids; the first that is found decides.
const FAMILIES: &[(&str, Family)] = &[
    // <https://docs.aws.amazon.com/nova/latest/nova2-userguide/using-converse-api.html>
    ("amazon.nova-2", Family { effort: Effort::ReasoningConfig, ..NOVA }),
    ("amazon.nova", NOVA),
    ("openai.gpt-oss", Family { effort: Effort::Word, ..UNKNOWN }),
    ("openai.gpt", Family { effort: Effort::Object, ..UNKNOWN }),
    ("moonshot", Family { effort: Effort::Word, ..UNKNOWN }),
    ("mistral.", Family { top_k: TopK::Member("top_k"), ..UNKNOWN }),
    ("cohere.command-r", Family { top_k: TopK::Member("k"), ..UNKNOWN }),
];

#[cfg(test)]
mod tests {
    use super::{Effort, Family, TopK, UNKNOWN};

    #[test]
    fn a_model_is_known_by_its_id_its_profile_and_its_arn() {
        for model in [
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ] {
            assert!(matches!(Family::of(model).effort, Effort::Thinking(_)), "{model}");
        }
        let hidden = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";
        assert_eq!(Family::of(hidden), UNKNOWN);
    }

    #[test]
    fn nova_keeps_top_k_with_its_inference_config() {
        assert_eq!(Family::of("us.amazon.nova-lite-v1:0").top_k, TopK::InferenceConfig);
        assert_eq!(Family::of("global.amazon.nova-2-lite-v1:0").effort, Effort::ReasoningConfig);
    }
}

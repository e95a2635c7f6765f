//! What the makers of Bedrock's models call the settings that Converse has no member for.
//!
//! They go into `additionalModelRequestFields`, which each model reads in its own way:
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>

/// Models that share their own settings' names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Family {
    pub(super) top_k: TopK,
    pub(super) effort: Effort,
}

/// Where `top_k` goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TopK {
    /// The model has none, or we do not know how it calls it.
    Nowhere,
    /// A member of that name.
    Member(&'static str),
    /// `{"inferenceConfig": {"topK": …}}`
    InferenceConfig,
}

/// Where `reasoning_effort` goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Effort {
    Nowhere,
    /// `{"thinking": {"type": "adaptive"}}`, beside Converse's own `outputConfig.effort`.
    Adaptive,
    /// `{"thinking": {"type": "enabled", "budget_tokens": …}}`
    Budget,
    /// `{"reasoningConfig": {"type": "enabled", "maxReasoningEffort": …}}`
    Nova,
    /// `{"reasoning_effort": …}`
    Word,
    /// `{"reasoning": {"effort": …}}`
    Object,
}

impl Family {
    /// The family of a model's id, of its inference profile or of an ARN that holds either.
    ///
    /// An application's own inference profile hides its model, so that nothing is known of it.
    pub(super) fn of(model: &str) -> Self {
        FAMILIES.iter().find(|(part, _)| model.contains(part)).map_or(UNKNOWN, |&(_, family)| family)
    }
}

const UNKNOWN: Family = Family { top_k: TopK::Nowhere, effort: Effort::Nowhere };
const CLAUDE: Family = Family { top_k: TopK::Member("top_k"), effort: Effort::Nowhere };
const CLAUDE_BUDGET: Family = Family { effort: Effort::Budget, ..CLAUDE };
const NOVA: Family = Family { top_k: TopK::InferenceConfig, effort: Effort::Nowhere };

/// Parts of model ids; the first that is found decides.
///
/// Claude: <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html>: models
/// before Opus 4.6 think by a budget, later ones adapt. Nova: <https://docs.aws.amazon.com/nova/latest/nova2-userguide/>.
const FAMILIES: &[(&str, Family)] = &[
    ("anthropic.claude-v", CLAUDE),
    ("anthropic.claude-instant", CLAUDE),
    ("anthropic.claude-3-7", CLAUDE_BUDGET),
    ("anthropic.claude-3", CLAUDE),
    ("anthropic.claude-opus-4-2025", CLAUDE_BUDGET),
    ("anthropic.claude-opus-4-1", CLAUDE_BUDGET),
    ("anthropic.claude-opus-4-5", CLAUDE_BUDGET),
    ("anthropic.claude-sonnet-4-2025", CLAUDE_BUDGET),
    ("anthropic.claude-sonnet-4-5", CLAUDE_BUDGET),
    ("anthropic.claude-haiku-4-5", CLAUDE_BUDGET),
    ("anthropic.claude", Family { effort: Effort::Adaptive, ..CLAUDE }),
    ("amazon.nova-2", Family { effort: Effort::Nova, ..NOVA }),
    ("amazon.nova", NOVA),
    ("openai.gpt-oss", Family { top_k: TopK::Nowhere, effort: Effort::Word }),
    ("openai.gpt", Family { top_k: TopK::Nowhere, effort: Effort::Object }),
    ("moonshot", Family { top_k: TopK::Nowhere, effort: Effort::Word }),
    ("mistral.", Family { top_k: TopK::Member("top_k"), effort: Effort::Nowhere }),
    ("cohere.command-r", Family { top_k: TopK::Member("k"), effort: Effort::Nowhere }),
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
            assert_eq!(Family::of(model).effort, Effort::Budget, "{model}");
        }
        let hidden = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";
        assert_eq!(Family::of(hidden), UNKNOWN);
    }

    #[test]
    fn claude_adapts_from_4_6_on() {
        for (model, effort) in [
            ("anthropic.claude-3-5-sonnet-20241022-v2:0", Effort::Nowhere),
            ("anthropic.claude-3-7-sonnet-20250219-v1:0", Effort::Budget),
            ("anthropic.claude-opus-4-20250514-v1:0", Effort::Budget),
            ("anthropic.claude-opus-4-1-20250805-v1:0", Effort::Budget),
            ("anthropic.claude-opus-4-6-v1", Effort::Adaptive),
            ("global.anthropic.claude-sonnet-4-6", Effort::Adaptive),
            ("anthropic.claude-opus-5", Effort::Adaptive),
        ] {
            assert_eq!(Family::of(model).effort, effort, "{model}");
        }
    }

    #[test]
    fn nova_keeps_top_k_with_its_inference_config() {
        assert_eq!(Family::of("us.amazon.nova-lite-v1:0").top_k, TopK::InferenceConfig);
        assert_eq!(Family::of("global.amazon.nova-2-lite-v1:0").effort, Effort::Nova);
    }
}

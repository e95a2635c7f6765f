//! The models that make vectors, and which members each of them takes.

/// A generation of a maker's models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    TitanTextV1,
    TitanTextV2,
    TitanMultimodal,
    CohereV3,
    CohereV4,
}

impl Family {
    /// The family of a model's id, of its inference profile, or of an ARN that holds either.
    pub(super) fn of(model: &str) -> Option<Self> {
        let known = [
            ("amazon.titan-embed-text-v2", Self::TitanTextV2),
            ("amazon.titan-embed-text-v1", Self::TitanTextV1),
            ("amazon.titan-embed-g1-text", Self::TitanTextV1),
            ("amazon.titan-embed-image", Self::TitanMultimodal),
            ("cohere.embed-v4", Self::CohereV4),
            ("cohere.embed-", Self::CohereV3),
        ];
        known.into_iter().find(|(part, _)| model.contains(part)).map(|(_, family)| family)
    }

    /// How long its vectors are where nothing else is asked for.
    pub(super) fn length(self) -> usize {
        match self {
            Self::TitanTextV1 | Self::CohereV4 => 1536,
            Self::TitanTextV2 | Self::TitanMultimodal | Self::CohereV3 => 1024,
        }
    }

    /// What must be there.
    pub(super) fn required(self) -> Option<&'static str> {
        match self {
            Self::TitanTextV1 | Self::TitanTextV2 => Some("inputText"),
            Self::TitanMultimodal => None,
            Self::CohereV3 | Self::CohereV4 => Some("input_type"),
        }
    }

    /// All that may be there.
    pub(super) fn members(self) -> &'static [&'static str] {
        match self {
            Self::TitanTextV1 => &["inputText"],
            Self::TitanTextV2 => &["inputText", "dimensions", "normalize", "embeddingTypes"],
            Self::TitanMultimodal => &["inputText", "inputImage", "embeddingConfig"],
            Self::CohereV3 => &["texts", "images", "input_type", "truncate", "embedding_types"],
            Self::CohereV4 => &[
                "texts",
                "images",
                "inputs",
                "input_type",
                "truncate",
                "embedding_types",
                "output_dimension",
                "max_tokens",
            ],
        }
    }

    /// How it calls the ways of cutting what is too long.
    pub(super) fn truncates(self) -> &'static [&'static str] {
        match self {
            Self::CohereV4 => &["NONE", "LEFT", "RIGHT"],
            _ => &["NONE", "START", "END"],
        }
    }
}

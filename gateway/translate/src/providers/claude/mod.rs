//! What differs between generations of Claude, on whichever provider they run.
//!
//! - Thinking: <https://docs.anthropic.com/en/docs/build-with-claude/adaptive-thinking>
//! - Sampling: <https://docs.anthropic.com/en/docs/about-claude/models/migrating-to-claude-4>
//! - System messages: <https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages>

mod reasoning;
mod sampling;

pub(crate) use reasoning::Reasoning;
pub(crate) use sampling::Sampling;

/// One model, as far as requests differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claude {
    /// Major and minor version; `None` where the name tells none, as a deployment's own name does.
    version: Option<(u8, u8)>,
    /// Fable and Mythos always think.
    always_thinks: bool,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thinking {
    /// Not at all: before 3.7.
    Never,
    /// By a number of tokens: 3.7 to 4.5.
    Budget,
    /// By an effort: from 4.6 on, where 4.7 refuses budgets.
    Effort,
}

/// Which of `temperature`, `top_p` and `top_k` a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// All: up to 4.0, and names that tell no version.
    All,
    /// `temperature` or `top_p`, not both: 4.1 to 4.6.
    Either,
    /// None: from 4.7 on.
    None,
}

impl Claude {
    /// Reads a model's name: `claude-opus-4-7`, `claude-3-5-sonnet-20241022`, `us.anthropic.claude-sonnet-4-5-…-v1:0`.
    pub(crate) fn of(name: &str) -> Self {
        const FAMILY: &str = "claude";
        let is = |family: &str, at: usize| {
            let part = name.as_bytes().get(at..at + family.len());
            part.is_some_and(|part| part.eq_ignore_ascii_case(family.as_bytes()))
        };
        let Some(rest) = (0..name.len()).find(|&at| is(FAMILY, at)).map(|at| at + FAMILY.len()) else {
            return Self { version: None, always_thinks: false };
        };
        let always_thinks = is("-fable", rest) || is("-mythos", rest);
        let rest = &name[rest..];
        // A date has eight digits, a version one or two.
        let mut parts = rest.split(['-', '.', '@', ':', '/']).skip_while(|part| number(part).is_none());
        let major = parts.next().and_then(number);
        let minor = parts.next().and_then(number).unwrap_or(0);
        Self { version: major.map(|major| (major, minor)), always_thinks }
    }

    /// Whether it has only text completions: messages came with Claude 3.
    pub(crate) fn is_before_messages(self) -> bool {
        self.version.is_some_and(|version| version < (3, 0))
    }

    fn thinking(self) -> Thinking {
        match self.version {
            Some(version) if version < (3, 7) => Thinking::Never,
            Some(version) if version < (4, 6) => Thinking::Budget,
            _ => Thinking::Effort,
        }
    }

    fn takes(self) -> Takes {
        match self.version {
            Some(version) if version >= (4, 7) => Takes::None,
            Some(version) if version >= (4, 1) => Takes::Either,
            None if self.always_thinks => Takes::None,
            _ => Takes::All,
        }
    }

    /// Whether it knows the effort `xhigh`.
    fn knows_xhigh(self) -> bool {
        self.version.is_none_or(|version| version >= (4, 7))
    }

    /// Whether system messages may stand among the turns: from Opus 4.8 on.
    pub(crate) fn takes_system_turns(self) -> bool {
        self.version.is_some_and(|version| version >= (4, 8))
    }

    /// Whether answers may be given a schema: from 4.1 on.
    /// <https://docs.claude.com/en/docs/build-with-claude/structured-outputs>
    pub(crate) fn takes_schemas(self) -> bool {
        self.version.is_none_or(|version| version >= (4, 1))
    }

    /// The same on Bedrock: from 4.5 on. <https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html>
    pub(crate) fn takes_schemas_on_bedrock(self) -> bool {
        self.version.is_none_or(|version| version >= (4, 5))
    }

    fn always_thinks(self) -> bool {
        self.always_thinks
    }
}

fn number(part: &str) -> Option<u8> {
    if part.len() > 2 { None } else { part.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_versions() {
        let version = |name| Claude::of(name).version;
        assert_eq!(version("claude-opus-4-7"), Some((4, 7)));
        assert_eq!(version("claude-sonnet-4-20250514"), Some((4, 0)));
        assert_eq!(version("claude-3-5-sonnet-20241022"), Some((3, 5)));
        assert_eq!(version("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), Some((4, 5)));
        assert_eq!(version("anthropic/claude-opus-4.6"), Some((4, 6)));
        assert_eq!(version("claude-2.1"), Some((2, 1)));
        assert_eq!(version("claude-mythos-preview"), None);
        assert_eq!(version("our-own-name"), None);
    }
}

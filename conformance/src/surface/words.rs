//! What the same things are called on each surface: members of requests, places in replies.

use super::Surface;

/// A part of a whole reply that findings point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What is said.
    Text,
    /// What is thought.
    Reasoning,
    /// What proves thoughts.
    Signature,
    /// What is declined.
    Refusal,
    /// Why it ended.
    Finish,
    /// Tools that are called.
    Calls,
    /// The arguments of a call.
    Arguments,
    /// When it was made.
    Created,
}

impl Surface {
    /// JSON pointer to a part of a whole reply.
    pub fn place(self, place: Place) -> &'static str {
        match self {
            Self::Messages => in_messages(place),
            Self::Responses => in_responses(place),
            Self::Completions if place == Place::Text => "/choices/0/text",
            _ => in_chats(place),
        }
    }

    /// What a member of a chat's request is called here: by any of these names.
    pub fn names(self, member: &str) -> &'static [&'static str] {
        let table = match self {
            Self::Messages => MESSAGES,
            Self::Responses => RESPONSES,
            _ => &[],
        };
        table.iter().find(|(known, _)| *known == member).map_or(&[], |(_, names)| names)
    }
}

type Names = &'static [(&'static str, &'static [&'static str])];

/// <https://platform.claude.com/docs/en/api/messages>
const MESSAGES: Names = &[
    ("messages", &["messages", "system"]),
    ("stop", &["stop_sequences"]),
    ("max_completion_tokens", &["max_tokens"]),
    ("response_format", &["output_config", "output_format", "format"]),
    ("reasoning_effort", &["thinking", "output_config", "effort", "budget_tokens"]),
    ("parallel_tool_calls", &["tool_choice", "disable_parallel_tool_use"]),
    ("user", &["metadata", "user_id"]),
];

/// <https://platform.openai.com/docs/api-reference/responses/create>
const RESPONSES: Names = &[
    ("messages", &["input", "instructions"]),
    ("input", &["input", "instructions"]),
    ("max_tokens", &["max_output_tokens"]),
    ("max_completion_tokens", &["max_output_tokens"]),
    ("response_format", &["text", "format"]),
    ("reasoning_effort", &["reasoning", "effort"]),
    ("user", &["user", "safety_identifier"]),
    ("verbosity", &["text", "verbosity"]),
];

fn in_chats(place: Place) -> &'static str {
    match place {
        Place::Text => "/choices/0/message/content",
        Place::Reasoning => "/choices/0/message/reasoning_content",
        Place::Signature => "/choices/0/message/thinking_blocks/*/signature",
        Place::Refusal => "/choices/0/message/refusal",
        Place::Finish => "/choices/0/finish_reason",
        Place::Calls => "/choices/0/message/tool_calls",
        Place::Arguments => "/choices/0/message/tool_calls/0/function/arguments",
        Place::Created => "/created",
    }
}

fn in_messages(place: Place) -> &'static str {
    match place {
        Place::Text | Place::Refusal => "/content/*/text",
        Place::Reasoning => "/content/*/thinking",
        Place::Signature => "/content/*/signature",
        Place::Finish => "/stop_reason",
        Place::Calls => "/content/* (tool_use)",
        Place::Arguments => "/content/* (tool_use) /input",
        Place::Created => "/",
    }
}

fn in_responses(place: Place) -> &'static str {
    match place {
        Place::Text => "/output/* (message) /content/*/text",
        Place::Reasoning => "/output/* (reasoning) /summary/*/text",
        Place::Signature => "/output/* (reasoning) /encrypted_content",
        Place::Refusal => "/output/* (message) /content/*/refusal",
        Place::Finish => "/status, /incomplete_details/reason",
        Place::Calls => "/output/* (function_call)",
        Place::Arguments => "/output/* (function_call) /arguments",
        Place::Created => "/created_at",
    }
}

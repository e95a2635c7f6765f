//! The response around its items.
//!
//! <https://platform.openai.com/docs/api-reference/responses/object>

use super::echo::Echo;
use super::output::{self, Item};
use crate::call::Call;
use crate::delta::Usage;
use crate::json::{Object, escaped};
use crate::openai::{Extras, Problem};

/// What is known of it.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) echo: Echo,
    /// Its id is `resp_` and this; those of its items have it in them.
    pub(super) name: String,
    pub(super) created: u64,
    /// The inside of a JSON string.
    pub(super) model: Vec<u8>,
    pub(super) has_begun: bool,
    pub(super) usage: Option<Usage>,
    pub(super) extras: Extras,
    /// Why it ended before its time.
    pub(super) incomplete: Option<&'static str>,
    /// A code of OpenAI's, and what a human reads.
    error: Option<(&'static str, String)>,
}

impl Response {
    pub(super) fn new(call: &Call, echo: Echo) -> Self {
        let mut model = Vec::new();
        escaped(&mut model, &call.model);
        Self {
            echo,
            name: call.id.clone(),
            created: call.created,
            model,
            has_begun: false,
            usage: None,
            extras: Extras::default(),
            incomplete: None,
            error: None,
        }
    }

    /// Ends it by a problem.
    pub(super) fn fail(&mut self, problem: &Problem) {
        let code = match problem.status {
            429 => "rate_limit_exceeded",
            400..500 => "invalid_prompt",
            _ => "server_error",
        };
        self.error = Some((code, problem.safe_message().into_owned()));
    }

    /// Writes it with this status. Until it is over it has no items and no price yet.
    pub(super) fn write(&self, status: &'static str, items: &[Item], out: &mut Vec<u8>) {
        let is_over = !matches!(status, output::IN_PROGRESS | output::QUEUED);
        let mut response = Object::new(out);
        response.string("id", &format!("resp_{}", self.name));
        response.word("object", "response");
        response.number("created_at", self.created);
        response.word("status", status);
        response.boolean("background", self.echo.in_background);
        match &self.error {
            Some((code, message)) => {
                let mut error = response.object("error");
                error.word("code", code);
                error.string("message", message);
            }
            None => response.raw("error", "null"),
        }
        match self.incomplete.filter(|_| is_over) {
            Some(reason) => response.object("incomplete_details").word("reason", reason),
            None => response.raw("incomplete_details", "null"),
        }
        response.rest(&self.echo.head);
        output::quoted(response.member("model"), &self.model);
        output::write(if is_over { items } else { &[] }, self.echo.is_sealed, response.array("output"));
        response.rest(&self.echo.middle);
        match self.usage.filter(|_| is_over && self.error.is_none()) {
            Some(usage) => cost(&usage, response.object("usage")),
            None => response.raw("usage", "null"),
        }
        response.rest(&self.echo.tail);
        if is_over {
            self.extras.members().for_each(|(name, json)| response.raw(name, json));
        }
    }
}

/// Tokens. What the provider did not count, clients want as a number all the same.
fn cost(usage: &Usage, mut object: Object<'_>) {
    object.number("input_tokens", usage.prompt);
    {
        let mut details = object.object("input_tokens_details");
        details.number("cached_tokens", usage.cached.unwrap_or_default());
        if let Some(written) = usage.cache_write {
            details.number("cache_write_tokens", written);
        }
    }
    object.number("output_tokens", usage.completion);
    object.object("output_tokens_details").number("reasoning_tokens", usage.reasoning.unwrap_or_default());
    object.number("total_tokens", usage.total());
}

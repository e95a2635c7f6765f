//! What the client must get, derived from the script that the provider plays and from the published maps.
//!
//! Finish reasons: <https://platform.openai.com/docs/api-reference/chat/object>,
//! <https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>.

use mocks::script::{Block, Failure, Finish, Kind, Reply, Usage};

use crate::dialect::{self, Dialect};
use crate::fold::{Call, Part};
use crate::scenario::Scenario;
use crate::{Mode, Surface};

/// What the client must get in the end.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Whether the script says what the answer is; else the mock answers as it sees fit.
    pub scripted: bool,
    /// All text, in order. A refusal is text where the provider has no refusals.
    pub text: String,
    /// Refusal.
    pub refusal: String,
    /// Reasoning texts, in order.
    pub reasoning: String,
    /// Signatures over them.
    pub signatures: Vec<String>,
    /// Vectors, in the order of the inputs.
    pub vectors: Vec<Vec<f32>>,
    /// Tool calls; an empty id where the provider draws it.
    pub calls: Vec<Call>,
    /// The finish reason.
    pub finish: String,
    /// Why the provider's answer ended, by its script.
    pub ended: Option<Finish>,
    /// What it is made of, in order, neighbours of one kind as one.
    pub parts: Vec<Part>,
    /// Token counts, where the script gives them.
    pub usage: Usage,
    /// The provider's error, instead of an answer.
    pub error: Option<ProviderError>,
    /// What breaks on the wire.
    pub breaks: Breaks,
}

/// An error that the provider reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderError {
    /// The statuses that say the same to a client of `OpenAI`.
    pub status: Vec<u16>,
    /// The sentence, where the script gives one.
    pub message: Option<String>,
    /// The reply's `retry-after`.
    pub retry_after: Option<String>,
}

/// What breaks on the wire, as far as checks care.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaks {
    /// After how many events the provider's stream has an error of its own, with its sentence.
    pub error: Option<Option<String>>,
    /// The provider falls silent.
    pub stall: bool,
}

impl Expected {
    /// What follows from a scenario's last reply at this provider.
    pub fn new(scenario: &Scenario, surface: Surface, replies: &[Reply], provider: &str) -> Self {
        let Some(reply) = replies.last() else { return Self::default() };
        let mut expected = Self {
            scripted: reply.content.is_some() || reply.embeddings.is_some(),
            vectors: reply.embeddings.iter().flatten().map(|vector| vector.0.clone()).collect(),
            usage: reply.usage.unwrap_or_default(),
            error: provider_error(reply),
            breaks: breaks(reply),
            ..Self::default()
        };
        if let Some(dialect) = dialect::of(provider) {
            let blocks = reply.content.iter().flatten();
            if surface.is_conversation() {
                blocks.for_each(|block| expected.block(block, surface, dialect));
            } else {
                // A completion is text and nothing else.
                blocks.for_each(|block| expected.words(block));
            }
            if !dialect.details {
                expected.usage = Usage { cached: None, cache_write: None, reasoning: None, ..expected.usage };
            }
            if dialect.api(surface).is_some_and(|api| !api.counts) {
                expected.usage = Usage::default();
            }
        }
        let natural = if expected.calls.is_empty() { Finish::Stop } else { Finish::ToolCalls };
        expected.ended = Some(reply.finish.unwrap_or(natural));
        expected.parts.dedup();
        let finish = finish(reply.finish.unwrap_or(natural)).to_owned();
        expected.finish = scenario.expect.finish.get(provider).cloned().unwrap_or(finish);
        expected
    }

    /// What of it comes in an answer of this provider of this mode.
    #[must_use]
    pub fn in_mode(mut self, mode: Mode, provider: &str) -> Self {
        let withholds = mode == Mode::Whole && dialect::of(provider).is_some_and(|dialect| dialect.withholds);
        if withholds && self.ended == Some(Finish::ContentFilter) {
            self.text.clear();
            self.parts.clear();
        }
        self
    }

    fn words(&mut self, block: &Block) {
        if let Block::Text(text) | Block::Refusal(text) = block {
            self.text.push_str(&text.join());
        }
    }

    fn block(&mut self, block: &Block, surface: Surface, dialect: &Dialect) {
        let part = match block {
            Block::Text(_) | Block::Refusal(_) => Some(Part::Text),
            Block::Reasoning(_) => dialect.thinks.then_some(Part::Reasoning),
            Block::ToolCall(_) => Some(Part::Call),
        };
        self.parts.extend(part);
        match block {
            Block::Text(text) => self.text.push_str(&text.join()),
            Block::Refusal(text) if dialect.refuses && surface.refuses() => {
                self.refusal.push_str(&text.join());
            }
            Block::Refusal(text) => self.text.push_str(&text.join()),
            Block::Reasoning(_) if !dialect.thinks => {}
            Block::Reasoning(reasoning) => {
                if reasoning.redacted.is_none() {
                    self.reasoning.push_str(&reasoning.text.join());
                }
                if !dialect.signs {
                    return;
                }
                self.signatures.extend(reasoning.redacted.clone().or_else(|| reasoning.signature.clone()));
            }
            Block::ToolCall(call) => self.calls.push(Call {
                index: i64::try_from(self.calls.len()).unwrap_or(i64::MAX),
                id: call.id.clone().unwrap_or_default(),
                kind: "function".to_owned(),
                name: call.name.clone(),
                arguments: call.arguments.join(),
            }),
        }
    }
}

/// `OpenAI`'s word for the end of an answer. A paused turn and a malformed one have none of their own.
fn finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence | Finish::Pause => "stop",
        Finish::Length | Finish::Context => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter | Finish::Guardrail => "content_filter",
        Finish::Malformed => "error",
    }
}

fn provider_error(reply: &Reply) -> Option<ProviderError> {
    if let Some(raw) = reply.raw.as_ref().filter(|_| reply.fails()) {
        let failure = Failure { status: Some(raw.status), ..Failure::default() };
        let retry_after = raw.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
        let retry_after = retry_after.map(|(_, value)| value.clone());
        return Some(ProviderError { status: statuses(&failure), message: None, retry_after });
    }
    let failure = reply.error.as_ref()?;
    Some(ProviderError {
        status: statuses(failure),
        message: failure.message.clone(),
        retry_after: reply.headers.get("retry-after").cloned(),
    })
}

/// Statuses that a client of `OpenAI` understands the same way: its SDKs retry 408, 409, 429 and 5xx, and nothing else.
fn statuses(failure: &Failure) -> Vec<u16> {
    let own = match failure.kind() {
        // Servers that check their input by a schema say 422; neither is tried again.
        Kind::InvalidRequest | Kind::ContextLength => vec![400, 422],
        Kind::ContentFilter => vec![400],
        // Amazon says 403 to an unknown key; neither is tried again.
        Kind::Authentication => vec![401, 403],
        Kind::Billing => vec![402, 429],
        Kind::Permission => vec![403],
        Kind::NotFound => vec![404],
        Kind::Method => vec![405],
        Kind::Conflict => vec![409],
        Kind::TooLarge => vec![413],
        Kind::Unprocessable => vec![422],
        Kind::RateLimit | Kind::Quota => vec![429],
        Kind::Server => vec![500, 502],
        Kind::Model => vec![424, 500, 502, 503],
        Kind::NotReady => vec![429, 503],
        Kind::Overloaded => vec![503, 529],
        Kind::Unavailable => vec![503],
        Kind::Timeout => vec![408, 504],
    };
    match failure.status {
        Some(status) if !own.contains(&status) => own.into_iter().chain([status]).collect(),
        _ => own,
    }
}

fn breaks(reply: &Reply) -> Breaks {
    let Some(fault) = &reply.fault else { return Breaks::default() };
    Breaks { error: fault.error.as_ref().map(|error| error.message.clone()), stall: fault.stall.is_some() }
}

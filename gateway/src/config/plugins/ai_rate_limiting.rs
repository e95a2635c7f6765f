//! Kong's `ai-rate-limiting-advanced`: so many tokens, or so much money, in a window of time.
//!
//! Kong counts a call when it is over. Here a call also holds what it may use while it runs: its prompt, as far as it can be told
//! before, and the `max_tokens` that it asks for, so that many at once do not get past a limit that one after another would not.
//!
//! <https://developer.konghq.com/plugins/ai-rate-limiting-advanced/reference/>

use crate::config::condition::Condition;
use crate::config::error::Problem;
use crate::config::field::Field;
use crate::config::named::Named;
use crate::config::record::Record;
use crate::config::{Amount, Counts, Limit, Provider, Span, Window, WindowType};

use super::rate_limiting::policy;
use super::{By, Refusal};

/// One configured `ai-rate-limiting-advanced`.
#[derive(Clone, Debug, PartialEq)]
pub struct AiRateLimiting {
    /// At least one.
    pub rules: Vec<Rule>,
    /// How a call is refused.
    pub refusal: Refusal,
    /// Whether the refusal does not say whose limit it is.
    pub hides_providers: bool,
    /// Kong's `retry_after_jitter_max`, in seconds.
    pub jitter: f64,
}

/// Limits, and the calls that they are for: one of `llm_providers`, or of `policies`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What headers and refusals call it: a provider's name, or `policy-1`.
    pub name: String,
    /// For which calls.
    pub scope: Scope,
    /// At least one.
    pub limits: Vec<Limit>,
}

/// Which calls a rule is for, and which of them have a counter together.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// Those to this provider.
    Provider(By),
    /// Those for which all of this holds.
    Policy(Vec<Condition>),
    /// Those that no other policy is for.
    Fallback,
}

/// The names of `llm_providers`: of Kong's providers, those that it counts, and two whose cost a Lua function tells.
#[derive(Clone, Copy, PartialEq)]
enum Name {
    Provider(Provider),
    CustomCost,
    RequestPrompt,
}

impl Named for Name {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("anthropic", Self::Provider(Provider::Anthropic)),
        ("azure", Self::Provider(Provider::Azure)),
        ("bedrock", Self::Provider(Provider::Bedrock)),
        ("cohere", Self::Provider(Provider::Cohere)),
        ("customCost", Self::CustomCost),
        ("gemini", Self::Provider(Provider::Gemini)),
        ("huggingface", Self::Provider(Provider::Huggingface)),
        ("llama2", Self::Provider(Provider::Llama2)),
        ("mistral", Self::Provider(Provider::Mistral)),
        ("openai", Self::Provider(Provider::Openai)),
        ("requestPrompt", Self::RequestPrompt),
    ];
}

impl AiRateLimiting {
    /// Reads the plugin's `config`.
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[
            ("tokens_count_strategy", "What is counted."),
            ("llm_providers", "Limits by who is asked."),
            ("policies", "Limits by what holds for a call."),
            (
                "retry_after_jitter_max",
                "Seconds at most, by chance, that are added to what clients are told to wait.",
            ),
            ("error_hide_providers", "Whether a refusal does not say whose limit it is."),
        ]);
        let counts = record.choice("tokens_count_strategy");
        let slides = slides(record);
        let by = By::read(record, "identifier");
        let (providers, policies) = (record.list("llm_providers"), record.list("policies"));
        let fields = "'config.llm_providers', 'config.policies'";
        record.rule(
            providers.is_empty() && policies.is_empty(),
            &format!("at least one of these fields must be non-empty: {fields}"),
        );
        record.rule(
            !providers.is_empty() && !policies.is_empty(),
            &format!("only one or none of these fields must be set: {fields}"),
        );
        let is_by_known = by.is_some();
        let by = by.unwrap_or(By::Consumer);
        let provider =
            |field: &Field<'_>| field.record(|record| Rule::provider(record, &by, counts, slides))?;
        let policy_of =
            |(number, field): (usize, &Field<'_>)| field.record(|record| Rule::policy(record, number))?;
        let rules: Vec<_> =
            providers.iter().map(provider).chain((1..).zip(&policies).map(policy_of)).collect();
        policy(record, "strategy");
        unserved(record);
        let jitter = record.number_or("retry_after_jitter_max", 0.0..=86_400.0, 0.0);
        let refusal = Refusal::read(record, MESSAGE);
        let hides_providers = record.boolean_or("error_hide_providers", false);
        let rules = rules.into_iter().collect::<Option<Vec<_>>>().filter(|_| is_by_known)?;
        Some(Self { rules, refusal, hides_providers, jitter })
    }

    /// Whether a rule counts so.
    pub(in crate::config) fn counts_by(&self, by: &By) -> bool {
        self.rules.iter().any(|rule| matches!(&rule.scope, Scope::Provider(known) if known == by))
    }

    /// What a refusal says, for whose limits are exhausted.
    #[must_use]
    pub fn message(&self, names: &[&str]) -> String {
        let message = &self.refusal.message;
        // Kong puts the names behind its own text; one without room for them stands as it is.
        if self.hides_providers || !message.ends_with(' ') {
            return message.trim_end().to_owned();
        }
        format!("{message}{}", names.join(", "))
    }
}

/// Kong's, behind which names follow.
const MESSAGE: &str = "AI token rate limit exceeded for provider(s): ";

impl Rule {
    fn provider(record: &mut Record<'_>, by: &By, counts: Counts, slides: bool) -> Option<Self> {
        record.says(&[
            ("name", "Who is asked."),
            ("limit", "Limits, one for each window."),
            ("window_size", "Windows, in seconds."),
        ]);
        let name = record.required("name").and_then(|field| {
            let name: Name = field.named()?;
            if !matches!(name, Name::Provider(_)) {
                field.error(Problem::UnsupportedName(name.name().to_owned()));
            }
            Some(name)
        });
        let mut numbers = |name| {
            let fields = record.required(name).map(|field| field.list("an array")).unwrap_or_default();
            fields.iter().map(positive).collect::<Option<Vec<f64>>>()
        };
        let (limits, sizes) = (numbers("limit"), numbers("window_size"));
        let (limits, sizes) = (limits?, sizes?);
        record.rule(limits.len() != sizes.len(), "You must provide the same number of windows and limits");
        record.rule(limits.is_empty() && sizes.is_empty(), "length must be at least 1");
        let limit = |(most, size): (&f64, &f64)| Limit {
            most: Amount::from_number(*most),
            counts,
            window: Window { span: span(*size), slides },
        };
        let limits = limits.iter().zip(&sizes).map(limit).collect();
        Some(Self { name: name?.name().to_owned(), scope: Scope::Provider(by.clone()), limits })
    }

    fn policy(record: &mut Record<'_>, number: usize) -> Option<Self> {
        record.says(&[
            ("id", "Not served."),
            ("match", "What holds together for a call; absent: for all that no other policy is for."),
            ("limits", "Limits, each with its window."),
        ]);
        if let Some(field) = record.get("id") {
            field.error(Problem::Unsupported);
        }
        let scope = match record.get("match") {
            Some(field) => Condition::read_all(&field, true).map(Scope::Policy),
            None => Some(Scope::Fallback),
        };
        let slides = slides(record);
        let fields = record.required("limits").map(|field| field.list("an array")).unwrap_or_default();
        let limit = |record: &mut Record<'_>| {
            record.says(&[
                ("limit", "How much."),
                ("window_size", "Seconds."),
                ("tokens_count_strategy", "What is counted."),
            ]);
            let most = record.required("limit").and_then(|field| positive(&field));
            let size = record.required("window_size").and_then(|field| positive(&field));
            let counts = record.choice("tokens_count_strategy");
            let window = Window { span: span(size?), slides };
            Some(Limit { most: Amount::from_number(most?), counts, window })
        };
        let limits: Vec<_> = fields.iter().map(|field| field.record(limit).flatten()).collect();
        record.rule(limits.is_empty(), "length must be at least 1");
        let limits = limits.into_iter().collect::<Option<_>>()?;
        Some(Self { name: format!("policy-{number}"), scope: scope?, limits })
    }
}

fn positive(field: &Field<'_>) -> Option<f64> {
    let number = field.number()?;
    if number > 0.0 {
        return Some(number);
    }
    field.error(Problem::Greater(0.0));
    None
}

/// So many seconds.
fn span(seconds: f64) -> Span {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and a cast saturates"
    )]
    Span::Millis(((seconds * 1000.0).round() as u64).max(1))
}

fn slides(record: &mut Record<'_>) -> bool {
    record.says(&[("window_type", "Whether a window begins anew at once, or slides.")]);
    record.choice::<WindowType>("window_type") == WindowType::Sliding
}

/// Functions in Lua, which are not run; and members that say where Kong keeps what it counts.
fn unserved(record: &mut Record<'_>) {
    for name in ["custom_cost_count_function", "request_prompt_count_function"] {
        record.says(&[(name, "Not served: no code of the file's is run.")]);
        if let Some(field) = record.get(name) {
            field.error(Problem::Unsupported);
        }
    }
    record.says(&[("sync_rate", "Kong's own; nothing here.")]);
    for name in ["dictionary_name", "llm_format", "namespace"] {
        record.says(&[(name, "Kong's own; nothing here.")]);
        record.string(name);
    }
    for name in ["decrease_by_fractions_in_redis", "disable_penalty"] {
        record.says(&[(name, "Kong's own; nothing here.")]);
        record.boolean(name);
    }
    record.get("sync_rate").map(|field| field.number());
}

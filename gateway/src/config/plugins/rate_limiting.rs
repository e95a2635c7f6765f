//! Kong's `rate-limiting`: so many requests a second, minute, hour, day, month or year.
//!
//! Counters are those of this process, and count before a call is let through, not after.
//!
//! <https://developer.konghq.com/plugins/rate-limiting/reference/>

use crate::config::error::Problem;
use crate::config::field::Field;
use crate::config::named::Named;
use crate::config::record::Record;
use crate::config::{Amount, Counts, Limit, Span, Window};

use super::{By, Refusal};

/// One configured `rate-limiting`.
#[derive(Clone, Debug, PartialEq)]
pub struct RateLimiting {
    /// At least one, from the shortest to the longest.
    pub limits: Vec<Limit>,
    /// Who has a counter of their own.
    pub by: By,
    /// How a call is refused.
    pub refusal: Refusal,
}

/// Kong's words for the windows, as the file and headers have them.
pub const PERIODS: [(&str, &str, Span); 6] = [
    ("second", "Second", Span::Millis(1_000)),
    ("minute", "Minute", Span::Millis(60_000)),
    ("hour", "Hour", Span::Millis(3_600_000)),
    ("day", "Day", Span::Millis(86_400_000)),
    ("month", "Month", Span::Month),
    ("year", "Year", Span::Year),
];

/// Kong's `policy`: where counters are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Policy {
    Cluster,
    Local,
    Redis,
}

impl Named for Policy {
    const NAMES: &'static [(&'static str, Self)] =
        &[("cluster", Self::Cluster), ("local", Self::Local), ("redis", Self::Redis)];
}

impl RateLimiting {
    /// Reads the plugin's `config`.
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Option<Self> {
        let found = PERIODS.map(|(name, _, span)| Some((name, span, record.positive(name)?)));
        let found: Vec<_> = found.into_iter().flatten().collect();
        let names: Vec<_> = PERIODS.iter().map(|(name, ..)| format!("'config.{name}'")).collect();
        for (name, ..) in PERIODS {
            record.says(&[(name, "So many requests within one.")]);
        }
        record.rule(
            found.is_empty(),
            &format!("at least one of these fields must be non-empty: {}", names.join(", ")),
        );
        let pairs = found
            .iter()
            .enumerate()
            .flat_map(|(at, lower)| found[at + 1..].iter().map(move |upper| (lower, upper)));
        for ((lower, _, less), (upper, _, more)) in pairs {
            record.rule(
                more < less,
                &format!(
                    "The limit for {upper}({more:.1}) cannot be lower than the limit for {lower}({less:.1})"
                ),
            );
        }
        let by = By::read(record, "limit_by");
        policy(record, "policy");
        let sync_rate = record.get("sync_rate").and_then(|field| field.number());
        record.rule(
            sync_rate.is_some_and(|rate| (rate + 1.0).abs() > f64::EPSILON),
            "sync_rate can only be used with the redis policy",
        );
        record.says(&[("fault_tolerant", "Kong's own; nothing here."), ("sync_rate", "Kong's own: -1.")]);
        record.boolean("fault_tolerant");
        let limit = |(_, span, most): &(_, Span, f64)| Limit {
            most: Amount::from_number(*most),
            counts: Counts::Requests,
            window: Window { span: *span, slides: false },
        };
        let refusal = Refusal::read(record, "API rate limit exceeded");
        Some(Self { limits: found.iter().map(limit).collect(), by: by?, refusal })
    }
}

/// Where counters are: here.
pub(super) fn policy(record: &mut Record<'_>, name: &'static str) {
    record.says(&[
        (name, "Where counters are: `local`, in this process."),
        ("redis", "Settings of what is not used."),
    ]);
    let field = record.get(name);
    let policy: Option<Policy> = field.as_ref().and_then(Field::named);
    if let (Some(field), Some(policy)) = (field, policy.filter(|policy| *policy != Policy::Local)) {
        field.error(Problem::UnsupportedName(policy.name().to_owned()));
    }
    // Settings of what is not used.
    record.get("redis");
}

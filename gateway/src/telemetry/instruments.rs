//! What calls come to, as OpenTelemetry's metrics: those of the semantic conventions, and Kong's.
//!
//! Kong counts tokens in a sum where the conventions have a histogram, and tells their total as well; so does this.
//!
//! <https://developer.konghq.com/ai-gateway/ai-otel-metrics/>, <https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/>

use std::collections::BTreeMap;

use super::attribute::{Attributes, Value};
use super::protobuf::Message;
use super::provider;
use crate::config::PushedMetrics;
use crate::metrics::histogram::{Bounds, FIRST_TOKEN, Histogram, OPERATION, PER_TOKEN};
use crate::metrics::text::float;
use crate::metrics::{Key, Row};

/// Since the exporter began, always: what is not taken now is taken with the next.
/// <https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/metrics/v1/metrics.proto>
const CUMULATIVE: u64 = 2;

/// From when to when, in nanoseconds since 1970.
pub(super) type Span = (u64, u64);

pub(super) type Rows = BTreeMap<Key<Box<str>>, Row>;

/// What values are told apart by: names and texts.
type Labels<'r> = Vec<(&'static str, &'r str)>;

/// One instrument with what is measured in seconds.
struct Timed {
    name: &'static str,
    help: &'static str,
    bounds: Bounds,
    of: fn(&Row) -> &Histogram,
    /// Whether it says what went wrong.
    errors: bool,
}

/// Writes all that was measured as the metrics of a scope, into this field of it.
pub(super) fn write(scope: &mut Message, field: u32, rows: &Rows, settings: &PushedMetrics, span: Span) {
    if !settings.ai {
        return;
    }
    let told = || rows.iter().filter(|(key, _)| key.views.has(crate::metrics::Views::STATISTICS));
    for timed in TIMED {
        if timed.name == "gen_ai.server.request.duration" && !settings.latency {
            continue;
        }
        let mut sums: BTreeMap<Labels<'_>, Histogram> = BTreeMap::new();
        for (key, row) in told().filter(|(_, row)| (timed.of)(row).count() > 0) {
            let labels = labels(key, timed.errors && settings.request);
            let one = (timed.of)(row);
            sums.entry(labels).and_modify(|sum| sum.add(one)).or_insert_with(|| one.clone());
        }
        histogram(scope, field, timed, &sums, span);
    }
    let mut tokens: BTreeMap<Labels<'_>, u64> = BTreeMap::new();
    let mut costs: BTreeMap<Labels<'_>, f64> = BTreeMap::new();
    for (key, row) in told() {
        let kinds =
            [("input", row.tokens.prompt), ("output", row.tokens.completion), ("total", row.tokens.total)];
        for (kind, count) in kinds.into_iter().filter(|(_, count)| *count > 0) {
            let mut labels = labels(key, false);
            labels.push(("gen_ai.token.type", kind));
            *tokens.entry(labels).or_default() += count;
        }
        if row.cost > 0.0 {
            *costs.entry(labels(key, false)).or_default() += row.cost;
        }
    }
    let name = ("gen_ai.client.token.usage", "Tokens that calls took.", "{token}");
    sum(scope, field, name, tokens.iter().map(|(labels, count)| (labels, Number::Whole(*count))), span);
    let name =
        ("kong.gen_ai.llm.cost", "What calls cost, in the unit of the configuration's prices.", "{cost}");
    sum(scope, field, name, costs.iter().map(|(labels, cost)| (labels, Number::Part(*cost))), span);
}

const TIMED: &[Timed] = &[
    Timed {
        name: "gen_ai.client.operation.duration",
        help: "From the first of a call to its last.",
        bounds: OPERATION,
        of: |row| &row.whole,
        errors: true,
    },
    Timed {
        name: "gen_ai.server.request.duration",
        help: "What the provider takes of it.",
        bounds: OPERATION,
        of: |row| &row.upstream,
        errors: true,
    },
    Timed {
        name: "gen_ai.server.time_to_first_token",
        help: "From a call's going to its provider to the first of a stream.",
        bounds: FIRST_TOKEN,
        of: |row| &row.first_token,
        errors: false,
    },
    Timed {
        name: "gen_ai.server.time_per_output_token",
        help: "The rest of a stream for each token after the first.",
        bounds: PER_TOKEN,
        of: |row| &row.per_token,
        errors: false,
    },
];

fn labels(key: &Key<Box<str>>, errors: bool) -> Labels<'_> {
    let all = [
        ("gen_ai.operation.name", key.operation),
        ("gen_ai.provider.name", provider(key.provider)),
        ("gen_ai.request.model", &*key.model),
        ("gen_ai.response.model", &*key.answered),
        ("kong.workspace.name", "default"),
        ("kong.auth.consumer.name", &*key.consumer),
        ("kong.gen_ai.request.mode", key.mode),
        ("error.type", key.failure().filter(|_| errors).unwrap_or_default()),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

#[derive(Clone, Copy)]
enum Number {
    Whole(u64),
    Part(f64),
}

fn sum<'l>(
    scope: &mut Message,
    field: u32,
    (name, help, unit): (&str, &str, &str),
    points: impl Iterator<Item = (&'l Labels<'l>, Number)>,
    (start, now): Span,
) {
    let mut points = points.peekable();
    if points.peek().is_none() {
        return;
    }
    scope.message(field, |metric| {
        metric.text(1, name).text(2, help).text(3, unit).message(7, |sum| {
            for (labels, number) in points {
                sum.message(1, |point| {
                    point.fixed(2, start).fixed(3, now);
                    match number {
                        Number::Whole(count) => point.fixed(6, count),
                        Number::Part(part) => point.double(4, part),
                    };
                    write_labels(point, 7, labels);
                });
            }
            sum.count(2, CUMULATIVE).count(3, 1);
        });
    });
}

fn histogram(
    scope: &mut Message,
    field: u32,
    timed: &Timed,
    sums: &BTreeMap<Labels<'_>, Histogram>,
    (start, now): Span,
) {
    if sums.is_empty() {
        return;
    }
    let seconds = |nanos: u64| float(nanos) / 1e9;
    scope.message(field, |metric| {
        metric.text(1, timed.name).text(2, timed.help).text(3, "s").message(9, |histogram| {
            for (labels, measured) in sums {
                histogram.message(1, |point| {
                    point.fixed(2, start).fixed(3, now).fixed(4, measured.count());
                    point.double(5, seconds(measured.sum_nanos()));
                    point.packed(6, measured.buckets(timed.bounds).into_iter());
                    point.packed(7, timed.bounds.iter().map(|nanos| seconds(*nanos).to_bits()));
                    write_labels(point, 9, labels);
                });
            }
            histogram.count(2, CUMULATIVE);
        });
    });
}

fn write_labels(point: &mut Message, field: u32, labels: &Labels<'_>) {
    let mut attributes = Attributes::of(point, field);
    for (name, text) in labels {
        attributes.add(name, Value::Text((*text).into()));
    }
}

//! What tokens cost: the pricing members of Kong's `model.options`, in units per million tokens.

use super::error::Problem;
use super::field::Field;
use super::record::Record;

/// What is not set has no price.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pricing {
    /// `input_cost`, above 0.
    pub input: Option<f64>,
    /// `output_cost`, above 0.
    pub output: Option<f64>,
    /// `cache_read_cost`.
    pub cache_read: Option<f64>,
    /// `cache_write_cost`.
    pub cache_write: Option<f64>,
    /// `cache_write_cost_list`: prices by how long an entry is kept.
    pub cache_write_by_ttl: Vec<CacheWriteCost>,
    /// `context_window_factor`: factors above a length of context.
    pub context_window: Vec<ContextWindowFactor>,
    /// `service_tier_factor`: factors by service tier.
    pub service_tier: Vec<ServiceTierFactor>,
}

/// One of `cache_write_cost_list`.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheWriteCost {
    /// The time to live, as the provider spells it.
    pub ttl: String,
    /// The price.
    pub cost: f64,
}

/// One of `context_window_factor`.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextWindowFactor {
    /// The length above which the factors hold, as Kong spells it.
    pub above: String,
    /// For the prompt.
    pub input_factor: f64,
    /// For the reply.
    pub output_factor: f64,
}

/// One of `service_tier_factor`.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceTierFactor {
    /// The tier, as the provider spells it.
    pub tier: String,
    /// For all prices.
    pub factor: f64,
}

impl Pricing {
    /// Reads the pricing members of `options`.
    pub(super) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[
            ("input_cost", "Price of a million tokens of prompts."),
            ("output_cost", "Price of a million tokens of answers."),
            ("cache_read_cost", "Price of a million tokens of prompts that a cache gave."),
            ("cache_write_cost", "Price of a million tokens of prompts that were put into a cache."),
            ("cache_write_cost_list", "The same by how long the cache keeps them."),
            ("context_window_factor", "By what prices are multiplied where prompts are long."),
            ("service_tier_factor", "By what prices are multiplied in a tier of service."),
        ]);
        Self {
            input: record.positive("input_cost"),
            output: record.positive("output_cost"),
            cache_read: number(record.get("cache_read_cost")),
            cache_write: number(record.get("cache_write_cost")),
            cache_write_by_ttl: list(record, "cache_write_cost_list", CacheWriteCost::read),
            context_window: list(record, "context_window_factor", ContextWindowFactor::read),
            service_tier: list(record, "service_tier_factor", ServiceTierFactor::read),
        }
    }
}

impl CacheWriteCost {
    fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[("ttl", "How long: `5m`, `1h`."), ("cost", "Price of a million tokens.")]);
        let (ttl, cost) = (required_string(record, "ttl"), required_number(record, "cost"));
        Some(Self { ttl: ttl?, cost: cost? })
    }
}

impl ContextWindowFactor {
    fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[
            ("above", "Prompts of more tokens than this: `200k`."),
            ("input_factor", "For the price of prompts."),
            ("output_factor", "For the price of answers."),
        ]);
        let above = required_string(record, "above");
        let (input, output) =
            (required_number(record, "input_factor"), required_number(record, "output_factor"));
        Some(Self { above: above?, input_factor: input?, output_factor: output? })
    }
}

impl ServiceTierFactor {
    fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[("tier", "The tier's name, as the provider tells it."), ("factor", "For all prices.")]);
        let tier = record.required("tier").and_then(|field| {
            field.parse(|text| match text {
                "" => Err(Problem::Rule("length must be at least 1".to_owned())),
                text => Ok(text.to_owned()),
            })
        });
        let factor = required_number(record, "factor");
        Some(Self { tier: tier?, factor: factor? })
    }
}

fn list<T>(record: &mut Record<'_>, name: &'static str, read: fn(&mut Record<'_>) -> Option<T>) -> Vec<T> {
    record.list(name).iter().filter_map(|field| field.record(read).flatten()).collect()
}

fn required_string(record: &mut Record<'_>, name: &'static str) -> Option<String> {
    record.required(name)?.string()
}

fn required_number(record: &mut Record<'_>, name: &'static str) -> Option<f64> {
    number(record.required(name))
}

fn number(field: Option<Field<'_>>) -> Option<f64> {
    field?.number()
}

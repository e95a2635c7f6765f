//! What a call cost, by the prices in the file, which are for a million tokens.
//!
//! ```text
//! tier × ( long_in × (fresh × input_cost + read × cache_read_cost + Σ written × its cache_write_cost)
//!        + long_out × completion × output_cost ) / 1,000,000
//! ```
//!
//! | what | where the reply, or the file, does not tell it |
//! |---|---|
//! | `tier`: the factor of the longest name in `service_tier_factor` that is part of the reply's; `priority` means Anthropic's fast mode, too | 1 |
//! | `long`: the factors of the highest `above` in `context_window_factor` that the prompt exceeds, for all of the call | 1 |
//! | price of what was read from a cache | `input_cost` |
//! | price of what was written to one: by how long it is kept, `cache_write_cost_list`, else `cache_write_cost` | `input_cost` |
//! | how long what was written is kept | five minutes, as providers keep it unless they are asked, where `cache_write_cost` is not set |
//! | `output_cost` | no cost, unless nothing was given: vectors, rankings |
//! | `input_cost` | no cost |
//!
//! Reasoning is part of the completion; so is what a client foretold wrongly. Rankings are counted in search units: then `input_cost` is
//! for a million of those.
//!
//! <https://developer.konghq.com/plugins/ai-proxy-advanced/reference/>

use translate::delta::{Tier, Usage};

use crate::config::Pricing;

/// Prices are for so many tokens.
const TOKENS: f64 = 1e6;
/// How long an entry is kept unless a request says otherwise.
/// <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>
const USUAL_TTL: &str = "5m";
/// Another name for a tier: Anthropic's fast mode.
const SAME: (&str, &str) = ("priority", "fast");

/// In the unit of the prices; `None`: the file does not name all that are needed.
pub(crate) fn cost(pricing: &Pricing, usage: &Usage) -> Option<f64> {
    let input = pricing.input?;
    let tier = usage.tier.as_ref().map_or(1.0, |tier| of_tier(pricing, tier));
    if let Some(units) = usage.search_units {
        return Some(tier * count(units) * input / TOKENS);
    }
    let output = if usage.completion == 0 { 0.0 } else { pricing.output? };
    let (of_input, of_output) = of_length(pricing, usage.prompt);
    let cached = usage.cached.unwrap_or_default();
    let written = usage.cache_write.unwrap_or_default();
    let fresh = usage.prompt.saturating_sub(cached).saturating_sub(written);
    let prompt = count(fresh) * input
        + count(cached) * pricing.cache_read.unwrap_or(input)
        + of_writing(pricing, usage, input);
    Some(tier * (of_input * prompt + of_output * count(usage.completion) * output) / TOKENS)
}

/// What the entries cost that were written to a cache.
fn of_writing(pricing: &Pricing, usage: &Usage, input: f64) -> f64 {
    let of = |ttl: &str| {
        let listed = pricing.cache_write_by_ttl.iter().find(|listed| listed.ttl == ttl);
        listed.map(|listed| listed.cost)
    };
    let short = usage.cache_write_5m.unwrap_or_default();
    let long = usage.cache_write_1h.unwrap_or_default();
    let untold = usage.cache_write.unwrap_or_default().saturating_sub(short).saturating_sub(long);
    let any = pricing.cache_write;
    count(short) * of("5m").or(any).unwrap_or(input)
        + count(long) * of("1h").or(any).unwrap_or(input)
        + count(untold) * any.or(of(USUAL_TTL)).unwrap_or(input)
}

/// The factor of the longest name that is part of the tier's, upper or lower case.
fn of_tier(pricing: &Pricing, tier: &Tier) -> f64 {
    let told = tier.name().to_ascii_lowercase();
    let fits = |name: &str| told.contains(name) || name == SAME.0 && told.contains(SAME.1);
    let fitting = pricing.service_tier.iter().filter(|known| fits(&known.tier.to_ascii_lowercase()));
    fitting.max_by_key(|known| known.tier.len()).map_or(1.0, |known| known.factor)
}

/// The factors of the highest threshold that the prompt is above.
fn of_length(pricing: &Pricing, prompt: u64) -> (f64, f64) {
    let crossed = pricing.context_window.iter().filter_map(|factor| Some((tokens(&factor.above)?, factor)));
    let highest = crossed.filter(|(above, _)| prompt > *above).max_by_key(|(above, _)| *above);
    highest.map_or((1.0, 1.0), |(_, factor)| (factor.input_factor, factor.output_factor))
}

/// `200k` or `1m`.
fn tokens(above: &str) -> Option<u64> {
    let unit = match above.as_bytes().last()?.to_ascii_lowercase() {
        b'k' => 1_000,
        b'm' => 1_000_000,
        _ => return above.parse().ok(),
    };
    above[..above.len() - 1].parse::<u64>().ok()?.checked_mul(unit)
}

fn count(tokens: u64) -> f64 {
    f64::from(u32::try_from(tokens).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CacheWriteCost, ContextWindowFactor, ServiceTierFactor};

    fn prices() -> Pricing {
        Pricing { input: Some(3.0), output: Some(15.0), ..Pricing::default() }
    }

    fn with(change: impl FnOnce(&mut Pricing)) -> Pricing {
        let mut prices = prices();
        change(&mut prices);
        prices
    }

    fn listed(prices: &mut Pricing) {
        let price = |ttl: &str, cost| CacheWriteCost { ttl: ttl.to_owned(), cost };
        prices.cache_write_by_ttl = vec![price("1h", 6.0), price("5m", 3.75)];
    }

    fn tiered(prices: &mut Pricing) {
        let tier = |tier: &str, factor| ServiceTierFactor { tier: tier.to_owned(), factor };
        prices.service_tier = vec![
            tier("Flex", 0.5),
            tier("on_demand", 3.0),
            tier("on_demand_flex", 0.25),
            tier("priority", 2.0),
        ];
    }

    fn long(prices: &mut Pricing) {
        let factor = |above: &str, input_factor| ContextWindowFactor {
            above: above.to_owned(),
            input_factor,
            output_factor: 1.5,
        };
        prices.context_window = vec![factor("1M", 4.0), factor("200k", 2.0)];
    }

    /// 1,000 tokens of a prompt, 600 of them from a cache, 100 to it; 200 of an answer, 50 of them thought.
    fn usage() -> Usage {
        Usage {
            prompt: 1000,
            completion: 200,
            cached: Some(600),
            cache_write: Some(100),
            reasoning: Some(50),
            ..Usage::default()
        }
    }

    fn tier(name: &str) -> Usage {
        Usage { tier: Tier::new(name), ..usage() }
    }

    fn written(short: Option<u64>, long: Option<u64>) -> Usage {
        Usage { cache_write_5m: short, cache_write_1h: long, ..usage() }
    }

    fn tokens(prompt: u64, completion: u64) -> Usage {
        Usage { prompt, completion, ..Usage::default() }
    }

    /// A case: what it is about, prices, usage, and what it costs in millionths, each sum done by hand.
    type Case = (&'static str, Pricing, Usage, Option<f64>);

    fn check(table: &[Case]) {
        for (what, pricing, usage, millionths) in table {
            let cost = cost(pricing, usage).map(|cost| cost * 1e6);
            let near = |cost: f64, expected: f64| (cost - expected).abs() < 1e-6;
            let fits =
                cost.zip(*millionths).map_or(cost == *millionths, |(cost, expected)| near(cost, expected));
            assert!(fits, "{what}: {cost:?}, not {millionths:?}");
        }
    }

    fn cached(prices: &mut Pricing) {
        (prices.cache_read, prices.cache_write) = (Some(0.3), Some(4.0));
    }

    #[test]
    fn what_a_cache_gives_and_takes_has_prices_of_its_own() {
        let both = |prices: &mut Pricing| {
            listed(prices);
            prices.cache_write = Some(4.0);
        };
        let none = |_: &mut Pricing| ();
        check(&[
            ("no price of a cache", with(none), usage(), Some(3000.0 + 3000.0)),
            ("prices of a cache", with(cached), usage(), Some(900.0 + 180.0 + 400.0 + 3000.0)),
            ("five minutes", with(listed), written(Some(100), None), Some(900.0 + 1800.0 + 375.0 + 3000.0)),
            ("an hour", with(listed), written(None, Some(100)), Some(900.0 + 1800.0 + 600.0 + 3000.0)),
            (
                "some of each",
                with(listed),
                written(Some(60), Some(40)),
                Some(900.0 + 1800.0 + 225.0 + 240.0 + 3000.0),
            ),
            ("how long is not told", with(listed), usage(), Some(900.0 + 1800.0 + 375.0 + 3000.0)),
            ("and there is a price for that", with(both), usage(), Some(900.0 + 1800.0 + 400.0 + 3000.0)),
            (
                "half of it is told",
                with(both),
                written(None, Some(50)),
                Some(900.0 + 1800.0 + 300.0 + 200.0 + 3000.0),
            ),
        ]);
    }

    #[test]
    fn tiers_and_lengths_have_factors() {
        let all = |prices: &mut Pricing| {
            cached(prices);
            listed(prices);
            tiered(prices);
            long(prices);
        };
        let full = Usage {
            prompt: 300_000,
            cached: Some(100_000),
            cache_write: Some(50_000),
            cache_write_1h: Some(50_000),
            ..tier("priority")
        };
        let sum = 2.0 * (2.0 * (450_000.0 + 30_000.0 + 300_000.0) + 1.5 * 3000.0);
        check(&[
            ("a tier", with(tiered), tier("flex"), Some(3000.0)),
            ("a tier in capitals", with(tiered), tier("FLEX"), Some(3000.0)),
            ("the longest name", with(tiered), tier("on_demand_flex"), Some(1500.0)),
            ("part of a name", with(tiered), tier("on_demand_v2"), Some(18_000.0)),
            ("a fast mode", with(tiered), tier("fast"), Some(12_000.0)),
            ("another tier", with(tiered), tier("standard"), Some(6000.0)),
            ("no tier", with(tiered), usage(), Some(6000.0)),
            ("not above", with(long), tokens(200_000, 1), Some(600_000.0 + 15.0)),
            ("above", with(long), tokens(200_001, 1), Some(1_200_006.0 + 22.5)),
            ("far above", with(long), tokens(1_000_001, 1), Some(12_000_012.0 + 22.5)),
            ("everything", with(all), full, Some(sum)),
        ]);
    }

    #[test]
    fn what_has_no_price_has_no_cost_unless_nothing_is_to_be_paid() {
        let (no_input, no_output) = (with(|prices| prices.input = None), with(|prices| prices.output = None));
        check(&[
            ("vectors", no_output.clone(), tokens(1000, 0), Some(3000.0)),
            ("a ranking", no_output.clone(), Usage { search_units: Some(2), ..tokens(700, 0) }, Some(6.0)),
            ("no price of an answer", no_output, usage(), None),
            ("no price of a prompt", no_input, usage(), None),
        ]);
    }
}

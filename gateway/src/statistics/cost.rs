//! What a call cost, by the prices in the file: <https://developer.konghq.com/plugins/ai-proxy/reference/>.

use translate::delta::Usage;

use crate::config::Pricing;

/// Prices are for so many tokens.
const TOKENS: f64 = 1e6;

/// In the unit of the prices. `None`: the file names no price, or one that depends on what the gateway is not told
/// (a service tier, how long a cache entry is kept): no number is better than a wrong one.
pub(crate) fn cost(pricing: &Pricing, usage: &Usage) -> Option<f64> {
    let (input, output) = (pricing.input?, pricing.output?);
    let told = pricing.service_tier.is_empty() && pricing.cache_write_by_ttl.is_empty();
    let (of_input, of_output) = factors(pricing, usage.prompt);
    let cached = usage.cached.unwrap_or_default();
    let written = usage.cache_write.unwrap_or_default();
    let fresh = usage.prompt.saturating_sub(cached).saturating_sub(written);
    let prompt = count(fresh) * input
        + count(cached) * pricing.cache_read.unwrap_or(input)
        + count(written) * pricing.cache_write.unwrap_or(input);
    told.then(|| (of_input * prompt + of_output * count(usage.completion) * output) / TOKENS)
}

/// The factors of the highest threshold that the prompt is above; they hold for all of the call.
fn factors(pricing: &Pricing, prompt: u64) -> (f64, f64) {
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
    use crate::config::{ContextWindowFactor, ServiceTierFactor};

    fn prices() -> Pricing {
        Pricing { input: Some(3.0), output: Some(15.0), ..Pricing::default() }
    }

    fn usage() -> Usage {
        Usage { prompt: 1000, completion: 200, cached: Some(600), cache_write: Some(100), ..Usage::default() }
    }

    fn near(cost: Option<f64>, expected: f64) -> bool {
        cost.is_some_and(|cost| (cost - expected).abs() < 1e-12)
    }

    #[test]
    fn a_call_costs_its_tokens() {
        assert!(near(cost(&prices(), &usage()), (1000.0 * 3.0 + 200.0 * 15.0) / 1e6));
        let cache = Pricing { cache_read: Some(0.3), cache_write: Some(3.75), ..prices() };
        let expected = (300.0 * 3.0 + 600.0 * 0.3 + 100.0 * 3.75 + 200.0 * 15.0) / 1e6;
        assert!(near(cost(&cache, &usage()), expected));
    }

    #[test]
    fn the_highest_threshold_that_is_crossed_counts() {
        let factor = |above: &str, by: f64| ContextWindowFactor {
            above: above.to_owned(),
            input_factor: by,
            output_factor: 1.5,
        };
        let long = Pricing { context_window: vec![factor("1m", 4.0), factor("200k", 2.0)], ..prices() };
        let tokens = |prompt| Usage { prompt, completion: 1, ..Usage::default() };
        assert!(near(cost(&long, &tokens(200_000)), (200_000.0 * 3.0 + 15.0) / 1e6));
        assert!(near(cost(&long, &tokens(200_001)), (200_001.0 * 6.0 + 22.5) / 1e6));
        assert!(near(cost(&long, &tokens(1_000_001)), (1_000_001.0 * 12.0 + 22.5) / 1e6));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(cost(&Pricing { output: None, ..prices() }, &usage()), None);
        let tier = ServiceTierFactor { tier: "priority".to_owned(), factor: 2.0 };
        assert_eq!(cost(&Pricing { service_tier: vec![tier], ..prices() }, &usage()), None);
    }
}

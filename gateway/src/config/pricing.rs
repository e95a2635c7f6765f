//! What tokens cost: the pricing members of Kong's `model.options`, in units per million tokens.

/// Every price is above 0 where it is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pricing {
    /// `input_cost`.
    pub input: Option<f64>,
    /// `output_cost`.
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

//! In which families of metrics a call counts: what the plugins of its route say.

use crate::config::Prometheus;

/// A set of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Views(u8);

impl Views {
    /// There is a `prometheus` for the route.
    pub(crate) const ANY: u8 = 1;
    /// `ai_metrics`, and the target wants statistics.
    pub(crate) const AI: u8 = 2;
    pub(crate) const LATENCY: u8 = 4;
    pub(crate) const BANDWIDTH: u8 = 8;
    pub(crate) const STATUS: u8 = 16;
    pub(crate) const CONSUMER: u8 = 32;
    /// The target wants statistics.
    pub(crate) const STATISTICS: u8 = 64;

    pub(crate) fn new(plugin: Option<&Prometheus>, statistics: bool) -> Self {
        let of_plugin = plugin.map_or(0, |plugin| {
            Self::ANY
                | if plugin.ai && statistics { Self::AI } else { 0 }
                | if plugin.latency { Self::LATENCY } else { 0 }
                | if plugin.bandwidth { Self::BANDWIDTH } else { 0 }
                | if plugin.status_code { Self::STATUS } else { 0 }
                | if plugin.per_consumer { Self::CONSUMER } else { 0 }
        });
        Self(of_plugin | if statistics { Self::STATISTICS } else { 0 })
    }

    pub(crate) fn has(self, view: u8) -> bool {
        self.0 & view != 0
    }
}

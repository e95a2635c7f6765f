//! OpenTelemetry's own environment variables: they say what the file leaves open, and switch telemetry on where it says nothing.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>,
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};

use super::opentelemetry::{PushedMetrics, SamplingStrategy};
use crate::config::Secret;
use crate::config::env::Env;
use crate::config::upstream::url;
use crate::percent;

/// What the environment says. What cannot be read is as good as not said, as the specification has it.
pub(super) struct Otel<'e>(pub(super) &'e Env<'e>);

impl Otel<'_> {
    /// `OTEL_SDK_DISABLED`.
    pub(super) fn is_disabled(&self) -> bool {
        self.text("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// Where traces go.
    pub(super) fn traces(&self) -> Option<Uri> {
        self.endpoint("TRACES", "/v1/traces")
    }

    /// Where metrics go, and all of them.
    pub(super) fn metrics(&self) -> Option<PushedMetrics> {
        let endpoint = self.endpoint("METRICS", "/v1/metrics")?;
        let interval = self.interval();
        Some(PushedMetrics { endpoint, interval, ai: true, latency: true, request: true, consumer: true })
    }

    /// `OTEL_METRIC_EXPORT_INTERVAL`.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.count("OTEL_METRIC_EXPORT_INTERVAL").filter(|millis| *millis > 0).map(Duration::from_millis)
    }

    /// `OTEL_EXPORTER_OTLP_TIMEOUT`.
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.count("OTEL_EXPORTER_OTLP_TIMEOUT").filter(|millis| *millis > 0).map(Duration::from_millis)
    }

    /// `OTEL_EXPORTER_OTLP_HEADERS`.
    pub(super) fn headers(&self) -> Vec<(HeaderName, Secret)> {
        let pairs = self.pairs("OTEL_EXPORTER_OTLP_HEADERS").into_iter();
        let legal = pairs.filter(|(_, value)| HeaderValue::from_str(value).is_ok());
        legal.filter_map(|(name, value)| Some((name.parse().ok()?, Secret::new(value)))).collect()
    }

    /// `OTEL_RESOURCE_ATTRIBUTES`, and `OTEL_SERVICE_NAME`, which wins.
    pub(super) fn resource(&self) -> Vec<(String, String)> {
        const NAME: &str = "service.name";
        let mut pairs = self.pairs("OTEL_RESOURCE_ATTRIBUTES");
        if let Some(name) = self.text("OTEL_SERVICE_NAME") {
            pairs.retain(|(known, _)| known != NAME);
            pairs.push((NAME.to_owned(), name));
        }
        pairs
    }

    /// `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
    pub(super) fn sampling(&self) -> Option<(f64, SamplingStrategy)> {
        let name = self.text("OTEL_TRACES_SAMPLER")?;
        let (strategy, name) = match name.strip_prefix("parentbased_") {
            Some(rest) => (SamplingStrategy::Parent, rest),
            None => (SamplingStrategy::default(), name.as_str()),
        };
        let rate = match name {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => {
                let rate = self.text("OTEL_TRACES_SAMPLER_ARG").map_or(Some(1.0), |text| text.parse().ok());
                rate.filter(|rate| (0.0..=1.0).contains(rate))?
            }
            _ => return None,
        };
        Some((rate, strategy))
    }

    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BSP_SCHEDULE_DELAY`.
    pub(super) fn queue(&self, queue: &mut super::Queue) {
        let count =
            |name| self.count(name).and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0);
        if let Some(count) = count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") {
            queue.max_batch_size = count;
        }
        if let Some(count) = count("OTEL_BSP_MAX_QUEUE_SIZE") {
            queue.max_entries = count;
        }
        if let Some(millis) = self.count("OTEL_BSP_SCHEDULE_DELAY") {
            queue.max_coalescing_delay = Duration::from_millis(millis);
        }
    }

    /// `OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT` as it stands, else `OTEL_EXPORTER_OTLP_ENDPOINT` and `path`, unless
    /// `OTEL_<SIGNAL>_EXPORTER` names another exporter.
    fn endpoint(&self, signal: &str, path: &str) -> Option<Uri> {
        let exporter = self.text(&format!("OTEL_{signal}_EXPORTER"));
        if exporter.is_some_and(|exporter| !exporter.split(',').any(|name| name.trim() == "otlp")) {
            return None;
        }
        let own = self.text(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"));
        let base =
            || Some(format!("{}{path}", self.text("OTEL_EXPORTER_OTLP_ENDPOINT")?.trim_end_matches('/')));
        url(&own.or_else(base)?).ok()
    }

    /// `a=1,b=2`, values percent-encoded.
    fn pairs(&self, name: &str) -> Vec<(String, String)> {
        let text = self.text(name).unwrap_or_default();
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        // A plus is one here.
        let read = |text: &str| percent::decode(&text.trim().replace('+', "%2B")).into_owned();
        pairs.map(|(name, value)| (read(name), read(value))).filter(|(name, _)| !name.is_empty()).collect()
    }

    fn count(&self, name: &str) -> Option<u64> {
        self.text(name)?.trim().parse().ok()
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|text| !text.trim().is_empty())
    }
}

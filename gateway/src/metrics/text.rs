//! What Prometheus reads, in either of its formats: its own text 0.0.4, and OpenMetrics 1.0.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>

use std::fmt::Write;

/// How metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Prometheus' own.
    Text,
    /// Its standard.
    OpenMetrics,
}

/// What a family of samples is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    /// A gauge that is always 1, for its labels' sake.
    Info,
}

/// The name and value of each label of a sample.
pub(crate) type Labels<'l> = &'l [(&'static str, &'l str)];

/// Metrics as text. All samples of a family come after its [`family`](Self::family).
pub(crate) struct Exposition {
    format: Format,
    out: String,
    name: &'static str,
    kind: Kind,
}

impl Format {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// What a scraper's `accept` asks for: OpenMetrics only if that is named, and not liked less than text.
    /// <https://www.rfc-editor.org/rfc/rfc9110#name-accept>
    pub(crate) fn accepted(accept: &str) -> Self {
        let (mut open, mut text) = (0.0_f64, 0.0_f64);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let (mut quality, mut known) = (1.0_f64, true);
            for (name, value) in parts.filter_map(|part| part.split_once('=')) {
                match name.trim().to_ascii_lowercase().as_str() {
                    "q" => quality = value.trim().parse().unwrap_or(0.0),
                    "version" => known = ["0.0.1", "1.0.0"].contains(&value.trim().trim_matches('"')),
                    _ => (),
                }
            }
            match media.as_str() {
                "application/openmetrics-text" if known => open = quality.max(open),
                "text/plain" => text = text.max(quality),
                _ => (),
            }
        }
        if open > 0.0 && open >= text { Self::OpenMetrics } else { Self::Text }
    }
}

impl Exposition {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, out: String::new(), name: "", kind: Kind::Gauge }
    }

    /// Begins a family. `name` is the one of the text format: that of a counter ends in `_total`, unless Kong has forgotten it, and
    /// that of an info in `_info`.
    pub(crate) fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        (self.name, self.kind) = (name, kind);
        let name = self.family_name();
        let kind = match (kind, self.format) {
            (Kind::Counter, _) => "counter",
            (Kind::Histogram, _) => "histogram",
            (Kind::Info, Format::OpenMetrics) => "info",
            (Kind::Gauge | Kind::Info, _) => "gauge",
        };
        self.put(format_args!("# HELP {name} "));
        escape(&mut self.out, help, self.format == Format::OpenMetrics);
        self.put(format_args!("\n# TYPE {name} {kind}\n"));
        if self.format == Format::OpenMetrics && name.ends_with("_seconds") {
            self.put(format_args!("# UNIT {name} seconds\n"));
        }
    }

    /// A sample of a counter or a gauge.
    pub(crate) fn sample(&mut self, labels: Labels<'_>, value: f64) {
        let total = self.kind == Kind::Counter && self.format == Format::OpenMetrics;
        self.out.push_str(if total { self.family_name() } else { self.name });
        self.out.push_str(if total { "_total" } else { "" });
        self.labels(labels, None);
        self.value(value);
    }

    /// A whole number; those above 2^53 lose their last digits in any reader.
    pub(crate) fn count(&mut self, labels: Labels<'_>, value: u64) {
        self.sample(labels, float(value));
    }

    /// A histogram: how many were in each bucket up to its bound and how many above all of them, and the sum of all.
    pub(crate) fn histogram(&mut self, labels: Labels<'_>, bounds: &[f64], buckets: &[u64], sum: f64) {
        let mut below = 0;
        for (index, count) in buckets.iter().enumerate() {
            below += count;
            let bound = bounds.get(index).map_or_else(|| "+Inf".to_owned(), |bound| self.bound(*bound));
            self.name("_bucket");
            self.labels(labels, Some(&bound));
            self.value(float(below));
        }
        self.name("_sum");
        self.labels(labels, None);
        self.value(sum);
        self.name("_count");
        self.labels(labels, None);
        self.value(float(below));
    }

    pub(crate) fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.out.push_str("# EOF\n");
        }
        self.out
    }

    fn name(&mut self, suffix: &str) {
        self.out.push_str(self.name);
        self.out.push_str(suffix);
    }

    /// The name in comments: OpenMetrics knows what its types add to it.
    fn family_name(&self) -> &'static str {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        match self.format {
            Format::Text => self.name,
            Format::OpenMetrics => self.name.strip_suffix(suffix).unwrap_or(self.name),
        }
    }

    /// A bound as a label: `0.5` and `250` in text, as Kong writes them; OpenMetrics wants `250.0`.
    fn bound(&self, bound: f64) -> String {
        match self.format {
            Format::Text => bound.to_string(),
            Format::OpenMetrics => format!("{bound:?}"),
        }
    }

    fn labels(&mut self, labels: Labels<'_>, bound: Option<&str>) {
        let all = labels.iter().copied().chain(bound.map(|bound| ("le", bound)));
        let mut open = '{';
        for (name, value) in all {
            self.out.push(open);
            self.put(format_args!("{name}=\""));
            escape(&mut self.out, value, true);
            self.out.push('"');
            open = ',';
        }
        if open == ',' {
            self.out.push('}');
        }
    }

    fn value(&mut self, value: f64) {
        match value {
            f64::INFINITY => self.out.push_str(" +Inf"),
            f64::NEG_INFINITY => self.out.push_str(" -Inf"),
            value => self.put(format_args!(" {value}")),
        }
        self.out.push('\n');
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.write_fmt(text).expect("a string takes every write");
    }
}

/// A count as all readers take it.
#[expect(clippy::cast_precision_loss, reason = "readers of these formats have no other numbers")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

fn escape(out: &mut String, text: &str, quotes: bool) {
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
#[path = "text/tests.rs"]
mod tests;

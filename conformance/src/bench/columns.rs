//! Which figures are shown of a trial, on a terminal and on a page.

use super::model::{Compared, DIRECT, Measured, Metric, Outcome};
use super::question::Kind;
use super::statistic::Figure;
use super::trial::Load;

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    title: &'static str,
    metric: Metric,
    view: View,
}

/// Which side of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Value,
    OfDirect,
    OfGateway,
    OverDirect,
}

const fn column(title: &'static str, metric: Metric, view: View) -> Column {
    Column { title, metric, view }
}

const RATE: &[Column] = &[
    column("calls/s", Metric::CallsPerSecond, View::Value),
    column("of direct", Metric::CallsPerSecond, View::OfDirect),
    column("", Metric::CallsPerSecond, View::OfGateway),
    column("p50 ms", Metric::LatencyP50Ms, View::Value),
    column("p99 ms", Metric::LatencyP99Ms, View::Value),
    column("CPU µs a call", Metric::CpuUsPerCall, View::Value),
];
const LATENCY: &[Column] = &[
    column("calls/s", Metric::CallsPerSecond, View::Value),
    column("p50 ms", Metric::LatencyP50Ms, View::Value),
    column("over direct", Metric::LatencyP50Ms, View::OverDirect),
    column("", Metric::LatencyP50Ms, View::OfGateway),
    column("p99 ms", Metric::LatencyP99Ms, View::Value),
    column("over direct", Metric::LatencyP99Ms, View::OverDirect),
    column("CPU µs a call", Metric::CpuUsPerCall, View::Value),
];
const STREAM: &[Column] = &[
    column("pieces/s", Metric::ChunksPerSecond, View::Value),
    column("of direct", Metric::ChunksPerSecond, View::OfDirect),
    column("", Metric::ChunksPerSecond, View::OfGateway),
    column("first p50 ms", Metric::FirstP50Ms, View::Value),
    column("over direct", Metric::FirstP50Ms, View::OverDirect),
    column("CPU µs a stream", Metric::CpuUsPerCall, View::Value),
];
const PACED: &[Column] = &[
    column("piece p50 ms", Metric::ChunkP50Ms, View::Value),
    column("over direct", Metric::ChunkP50Ms, View::OverDirect),
    column("", Metric::ChunkP50Ms, View::OfGateway),
    column("piece p99 ms", Metric::ChunkP99Ms, View::Value),
    column("over direct", Metric::ChunkP99Ms, View::OverDirect),
    column("CPU µs a stream", Metric::CpuUsPerCall, View::Value),
];

/// The columns of a trial; the one that holds all against the first gateway only where there are several.
pub(super) fn of(trial: &Measured, gateways: usize) -> impl Iterator<Item = Column> {
    let all = match (trial.trial.kind, trial.trial.load) {
        (Kind::Whole, Load::Closed { .. }) => RATE,
        (Kind::Whole, Load::Open { .. }) => LATENCY,
        (Kind::Stream, _) => STREAM,
        (Kind::Paced, _) => PACED,
    };
    all.iter().copied().filter(move |column| gateways > 1 || column.view != View::OfGateway)
}

impl Column {
    /// What stands above it.
    pub(super) fn title(self, first: &str) -> String {
        if self.view == View::OfGateway { format!("of {first}") } else { self.title.to_owned() }
    }

    /// What stands there: the median, and, of comparisons, how far repetitions lie apart.
    pub(super) fn cell(self, result: &Outcome) -> String {
        let is_hidden = result.runs.iter().all(|run| run.cpu_seconds.is_none());
        let is_unknown = self.metric == Metric::CpuUsPerCall && is_hidden && result.subject != DIRECT;
        let nothing = if is_unknown { "not available" } else { "–" };
        let Some(compared) = result.figures.get(&self.metric) else { return nothing.to_owned() };
        let Compared { value, of_direct, of_gateway, over_direct } = compared;
        let text = |figure: &Option<Figure>, sign: &str, write: fn(f64) -> String| match figure {
            None => "–".to_owned(),
            Some(Figure { median, min, max, unsteady }) => {
                let mark = if *unsteady { "~" } else { "" };
                let spread =
                    if min < max { format!(" ({}..{})", write(*min), write(*max)) } else { String::new() };
                let sign = if *median < 0.0 { "" } else { sign };
                format!("{mark}{sign}{}{spread}", write(*median))
            }
        };
        match self.view {
            // Nobody is compared with himself.
            View::OfDirect | View::OverDirect if result.subject == DIRECT => String::new(),
            View::Value => format!("{}{}", if value.unsteady { "~" } else { "" }, number(value.median)),
            View::OfDirect => text(of_direct, "", ratio),
            View::OfGateway => text(of_gateway, "", ratio),
            View::OverDirect => text(over_direct, "+", number),
        }
    }
}

/// Three digits that count, and commas between thousands.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    let digits = match size {
        _ if !(0.0005..99.95).contains(&size) => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.9995 => 2,
        _ => 3,
    };
    let text = format!("{size:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::from(if value < 0.0 && text != "0" { "-" } else { "" });
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// Two digits behind the point, where they are enough to tell ratios apart.
fn ratio(value: f64) -> String {
    if (0.0995..9.995).contains(&value) { format!("{value:.2}") } else { number(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        let cases = [
            (0.0, "0"),
            (0.0123, "0.012"),
            (0.99999, "1.00"),
            (1.234, "1.23"),
            (12.34, "12.3"),
            (123.4, "123"),
        ];
        let large = [
            (1_234.5, "1,234"),
            (1_234_567.0, "1,234,567"),
            (-12.34, "-12.3"),
            (99.99, "100"),
            (-0.0001, "0"),
        ];
        for (value, text) in cases.into_iter().chain(large) {
            assert_eq!(number(value), text);
        }
        assert_eq!([0.8123, 12.34, 0.0123].map(ratio), ["0.81", "12.3", "0.012"]);
    }
}

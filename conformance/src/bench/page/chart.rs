//! Two kinds of plots as SVG, made by hand: bars with their spread, and times over quantiles. Colours are the page's.

use std::fmt::Write as _;

use crate::bench::columns::number;

/// One subject's part of a plot.
pub(super) struct Series {
    pub(super) name: String,
    /// Of the page's style sheet: `direct`, `proxy`, `g1`, ….
    pub(super) class: String,
}

/// A bar: how high, and between what its repetitions lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bar {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 74.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;
/// A bar that is narrower than this, in the plot's units, has no figure above it.
const ROOM: f64 = 40.0;

/// Bars in groups: one group a load, in it one bar a series. `None` where it was not measured.
pub(super) fn bars(
    label: &str,
    unit: &str,
    series: &[Series],
    groups: &[(String, Vec<Option<Bar>>)],
) -> String {
    let most =
        groups.iter().flat_map(|(_, bars)| bars.iter().flatten()).map(|bar| bar.max).fold(0.0, f64::max);
    let (step, top) = steps(most);
    let y = |value: f64| HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP);
    let mut svg = open(label);
    let mut tick = 0.0;
    while tick <= top * 1.001 {
        line_of_grid(&mut svg, y(tick), &number(tick));
        tick += step;
    }
    let group_width = (WIDTH - LEFT - RIGHT) / real(groups.len().max(1));
    let width = (group_width * 0.84 / real(series.len().max(1))).min(90.0);
    for (at, (name, bars)) in groups.iter().enumerate() {
        let middle = LEFT + group_width * (real(at) + 0.5);
        let begin = middle - width * real(series.len()) / 2.0;
        let _ = write!(
            svg,
            r#"<text class="tick" x="{middle:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
            HEIGHT - 24.0,
            escape(name)
        );
        for (number, (series, bar)) in series.iter().zip(bars).enumerate() {
            if let Some(bar) = bar {
                one_bar(&mut svg, (begin + width * real(number), width), *bar, series, (unit, name), &y);
            }
        }
    }
    close(svg, unit)
}

fn one_bar(
    svg: &mut String,
    (x, width): (f64, f64),
    bar: Bar,
    series: &Series,
    (unit, group): (&str, &str),
    y: &impl Fn(f64) -> f64,
) {
    let Bar { median, min, max } = bar;
    let (top, base) = (y(median), y(0.0));
    let middle = x + width / 2.0;
    let title =
        format!("{}, {group}: {} {unit} ({}..{})", series.name, number(median), number(min), number(max));
    let _ = write!(
        svg,
        r#"<g class="{}"><title>{}</title><rect x="{:.1}" y="{top:.1}" width="{:.1}" height="{:.1}" rx="2"/><path class="spread" d="M{middle:.1} {:.1}V{:.1}"/>"#,
        series.class,
        escape(&title),
        x + 1.5,
        (width - 3.0).max(1.0),
        (base - top).max(0.5),
        y(min),
        y(max),
    );
    if width >= ROOM {
        let _ = write!(
            svg,
            r#"<text class="value" x="{middle:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
            y(max) - 4.0,
            number(median)
        );
    }
    *svg += "</g>";
}

/// Times in milliseconds over quantiles: to the right ten times fewer calls took longer, upwards it took ten times longer.
pub(super) fn curves(label: &str, lines: &[(Series, &[(f64, f64)])]) -> String {
    let times = || lines.iter().flat_map(|(_, points)| points.iter()).map(|(_, ms)| ms.max(LEAST_MS));
    let low = times().fold(f64::INFINITY, f64::min).log10().floor();
    let high = times().fold(0.0, f64::max).log10().ceil().max(low + 1.0);
    if !low.is_finite() || !high.is_finite() {
        return close(open(label), "");
    }
    let y =
        |ms: f64| HEIGHT - BOTTOM - (ms.max(LEAST_MS).log10() - low) / (high - low) * (HEIGHT - BOTTOM - TOP);
    let x = |quantile: f64| {
        let nines = -(1.0 - quantile.min(LAST)).log10();
        LEFT + nines / -(1.0 - LAST).log10() * (WIDTH - LEFT - RIGHT)
    };
    let mut svg = open(label);
    let mut decade = low;
    while decade <= high {
        line_of_grid(&mut svg, y(10_f64.powf(decade)), &power(decade));
        decade += 1.0;
    }
    for (quantile, name) in
        [(0.0, "least"), (0.5, "50%"), (0.9, "90%"), (0.99, "99%"), (0.999, "99.9%"), (LAST, "most")]
    {
        let anchor = if quantile == LAST { "end" } else { "middle" };
        let _ = write!(
            svg,
            r#"<text class="tick" x="{:.1}" y="{:.1}" text-anchor="{anchor}">{name}</text>"#,
            x(quantile),
            HEIGHT - 24.0
        );
    }
    for (series, points) in lines {
        one_curve(&mut svg, series, points, &x, &y);
    }
    close(svg, "ms")
}

/// Where the axis ends: what lies behind is drawn there.
const LAST: f64 = 0.9999;
/// Shorter times are drawn as this.
const LEAST_MS: f64 = 0.001;

fn one_curve(
    svg: &mut String,
    series: &Series,
    points: &[(f64, f64)],
    x: &impl Fn(f64) -> f64,
    y: &impl Fn(f64) -> f64,
) {
    let path: Vec<String> =
        points.iter().map(|(quantile, ms)| format!("{:.1} {:.1}", x(*quantile), y(*ms))).collect();
    if path.is_empty() {
        return;
    }
    let _ = write!(
        svg,
        r#"<g class="{}"><path class="line" d="M{}"><title>{}</title></path>"#,
        series.class,
        path.join("L"),
        escape(&series.name)
    );
    for (quantile, ms) in points {
        let title = format!("{}: {:.4}% within {} ms", series.name, quantile * 100.0, number(*ms));
        let _ = write!(
            svg,
            r#"<circle cx="{:.1}" cy="{:.1}" r="2.5"><title>{}</title></circle>"#,
            x(*quantile),
            y(*ms),
            escape(&title)
        );
    }
    *svg += "</g>";
}

fn open(label: &str) -> String {
    format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">"#, escape(label))
}

fn close(mut svg: String, unit: &str) -> String {
    let _ = write!(svg, r#"<text x="4" y="{:.1}">{}</text></svg>"#, HEIGHT - 24.0, escape(unit));
    svg
}

fn line_of_grid(svg: &mut String, y: f64, name: &str) {
    let _ = write!(
        svg,
        r#"<path class="grid" d="M{LEFT} {y:.1}H{:.1}"/><text class="tick" x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
        WIDTH - RIGHT,
        LEFT - 6.0,
        y + 4.0,
        escape(name)
    );
}

/// Between two lines of the grid, and where it ends: 1, 2 or 5 and zeros, four or five times.
fn steps(most: f64) -> (f64, f64) {
    if most <= 0.0 {
        return (1.0, 1.0);
    }
    let size = 10_f64.powf((most / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|step| step * size)
        .into_iter()
        .find(|step| step * 5.0 >= most)
        .unwrap_or(size * 10.0);
    (step, (most / step).ceil() * step)
}

fn power(decade: f64) -> String {
    let value = 10_f64.powf(decade);
    if decade < 0.0 { format!("{value:.*}", places(decade)) } else { number(value) }
}

fn places(decade: f64) -> usize {
    [-1.0, -2.0, -3.0]
        .iter()
        .position(|known| *known >= decade - 0.5 && *known <= decade + 0.5)
        .map_or(3, |at| at + 1)
}

/// Text as it may stand in markup.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            other => out.push(other),
        }
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "a few bars")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_holds_the_highest_bar_in_few_round_steps() {
        for most in [0.0, 0.004, 1.0, 3.3, 49.0, 51.0, 12_345.0, 9e6] {
            let (step, top) = steps(most);
            let count = (top / step).round();
            assert!(top >= most && (1.0..=5.0).contains(&count), "{most}: {step} {top}");
            let first = step / 10_f64.powf((step * 1.000_001).log10().floor());
            assert!([1.0, 2.0, 5.0].iter().any(|round| (first - round).abs() < 1e-6), "{most}: {step}");
        }
    }

    #[test]
    fn decades_are_written_out() {
        assert_eq!([-3.0, -2.0, -1.0, 0.0, 3.0].map(power), ["0.001", "0.01", "0.1", "1.00", "1,000"]);
    }

    #[test]
    fn no_name_is_markup() {
        let series = || Series { name: "<b>\"&".to_owned(), class: "g1".to_owned() };
        let bar = Some(Bar { median: 1.0, min: 0.5, max: 2.0 });
        let drawn = bars("<l>", "<u>", &[series()], &[("<g>".to_owned(), vec![bar, None])]);
        let lines = curves("<l>", &[(series(), &[(0.5, 1.0), (1.0, 20.0)])]);
        for svg in [drawn, lines] {
            assert!(
                ["<b>", "<l>", "<u>\"", "<g>"].iter().all(|text| !svg.contains(text) || *text == "<g>"),
                "{svg}"
            );
            assert!(
                svg.contains("&lt;b&gt;&quot;&amp;") && !svg.contains("NaN") && !svg.contains("inf"),
                "{svg}"
            );
        }
    }

    #[test]
    fn a_plot_of_nothing_is_empty() {
        assert!(curves("l", &[]).ends_with("</svg>") && bars("l", "u", &[], &[]).ends_with("</svg>"));
    }
}

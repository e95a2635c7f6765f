//! Families of each kind, summed over the rows that share their labels.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::histogram::{Bounds, Histogram};
use super::text::{Exposition, Kind, float};
use super::{Key, Row};

/// What writes the families, from what was counted.
pub(super) struct Writer<'r> {
    pub(super) text: Exposition,
    pub(super) rows: &'r BTreeMap<Key<Box<str>>, Row>,
}

/// The values of labels, in the order of their names.
pub(super) type Values<'r> = Vec<Cow<'r, str>>;
pub(super) type OwnedKey = Key<Box<str>>;

impl<'r> Writer<'r> {
    /// A family of counters: what `read` makes of each row of the view, summed by labels. What was never above 0 is not told.
    pub(super) fn counters(
        &mut self,
        family: (&'static str, &str),
        names: &[&'static str],
        view: u8,
        read: impl Fn(&'r OwnedKey, &'r Row) -> Vec<(Values<'r>, f64)>,
    ) {
        let rows = self.rows.iter().filter(|(key, _)| key.views.has(view));
        self.counter(family, names, rows.flat_map(|(key, row)| read(key, row)).collect());
    }

    pub(super) fn counter(
        &mut self,
        (name, help): (&'static str, &str),
        names: &[&'static str],
        samples: Vec<(Values<'_>, f64)>,
    ) {
        let mut sums: BTreeMap<Values<'_>, f64> = BTreeMap::new();
        for (labels, value) in samples.into_iter().filter(|(_, value)| *value > 0.0) {
            *sums.entry(labels).or_default() += value;
        }
        self.samples((name, Kind::Counter, help), names, sums);
    }

    pub(super) fn gauge(
        &mut self,
        (name, help): (&'static str, &str),
        names: &[&'static str],
        samples: Vec<(Values<'_>, f64)>,
    ) {
        self.samples((name, Kind::Gauge, help), names, samples.into_iter().collect());
    }

    fn samples(
        &mut self,
        (name, kind, help): (&'static str, Kind, &str),
        names: &[&'static str],
        samples: BTreeMap<Values<'_>, f64>,
    ) {
        if !samples.is_empty() {
            self.text.family(name, kind, help);
        }
        for (values, value) in samples {
            self.text.sample(&named(names, &values), value);
        }
    }

    /// A family of histograms, summed by labels.
    pub(super) fn histograms(
        &mut self,
        (name, help): (&'static str, &str),
        names: &[&'static str],
        view: u8,
        (bounds, unit): (Bounds, f64),
        labels: impl Fn(&'r OwnedKey) -> Values<'r>,
        of: impl Fn(&'r Row) -> &'r Histogram,
    ) {
        let mut sums: BTreeMap<Values<'_>, Histogram> = BTreeMap::new();
        for (key, row) in self.rows.iter().filter(|(key, _)| key.views.has(view)) {
            let histogram = of(row);
            if histogram.count() > 0 {
                sums.entry(labels(key))
                    .and_modify(|sum| sum.add(histogram))
                    .or_insert_with(|| histogram.clone());
            }
        }
        if !sums.is_empty() {
            self.text.family(name, Kind::Histogram, help);
        }
        let at: Vec<f64> = bounds.iter().map(|nanos| float(*nanos) / unit).collect();
        for (values, histogram) in sums {
            let sum = float(histogram.sum_nanos()) / unit;
            self.text.histogram(&named(names, &values), &at, &histogram.buckets(bounds), sum);
        }
    }
}

pub(super) fn values<const N: usize>(texts: [&str; N]) -> Values<'_> {
    texts.map(Cow::Borrowed).into()
}

fn named<'v>(names: &[&'static str], values: &'v Values<'_>) -> Vec<(&'static str, &'v str)> {
    names.iter().copied().zip(values.iter().map(AsRef::as_ref)).collect()
}

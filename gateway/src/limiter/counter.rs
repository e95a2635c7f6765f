//! What was used in one window of time and in the one before it.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::config::{Amount, Limit, Span, Window};

/// See the module. Times are milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counter {
    start: u64,
    current: Amount,
    before: Amount,
}

impl Counter {
    /// Goes on to the window that `now` lies in. A clock that is set back changes nothing until it is where it was.
    pub(super) fn roll(&mut self, window: Window, now: Duration) {
        let (start, _) = window.span.around(millis(now));
        if start <= self.start {
            return;
        }
        let follows = window.span.around(self.start).1 == start;
        self.before = if follows { self.current } else { Amount::NONE };
        self.current = Amount::NONE;
        self.start = start;
    }

    /// The start of the window.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn add(&mut self, amount: Amount) {
        self.current = self.current.plus(amount);
    }

    /// Takes back what was added in the window that began at `start`.
    pub(super) fn give_back(&mut self, window: Window, start: u64, amount: Amount) {
        if start == self.start {
            self.current = self.current.less(amount);
        } else if window.span.around(start).1 == self.start {
            self.before = self.before.less(amount);
        }
    }

    /// What counts as used now.
    pub(super) fn used(&self, window: Window, now: Duration) -> Amount {
        if !window.slides {
            return self.current;
        }
        let (start, end) = window.span.around(self.start);
        let left = end - millis(now).clamp(start, end);
        self.current.plus(share(self.before, left, end - start))
    }

    /// Until the window ends.
    pub(super) fn reset(&self, window: Window, now: Duration) -> Duration {
        let (_, end) = window.span.around(self.start);
        Duration::from_millis(end.saturating_sub(millis(now)))
    }

    /// Until there is room for `wanted`, which is no more than the limit.
    pub(super) fn wait(&self, limit: &Limit, wanted: Amount, now: Duration) -> Duration {
        let window = limit.window;
        if self.used(window, now).plus(wanted) <= limit.most {
            return Duration::ZERO;
        }
        let (start, end) = window.span.around(self.start);
        let until = |time: u64| Duration::from_millis(time.saturating_sub(millis(now)).max(1));
        if !window.slides {
            return until(end);
        }
        // The share of a window gets smaller until nothing of it is left; at which of its milliseconds is it small enough?
        let room = limit.most.less(wanted);
        if self.current <= room {
            return until(end - left_within(self.before, room.less(self.current), end - start));
        }
        let (_, next) = window.span.around(end);
        until(next - left_within(self.current, room, next - end))
    }
}

/// So much of `amount` as `left` is of `whole`, rounded up.
fn share(amount: Amount, left: u64, whole: u64) -> Amount {
    let part = (u128::from(amount.millionths()) * u128::from(left)).div_ceil(u128::from(whole.max(1)));
    Amount::from_millionths(u64::try_from(part).unwrap_or(u64::MAX))
}

/// The most that may be left of a window of `whole` so that the share of `amount` is within `room`.
fn left_within(amount: Amount, room: Amount, whole: u64) -> u64 {
    if amount <= room {
        return whole;
    }
    let left = u128::from(room.millionths()) * u128::from(whole) / u128::from(amount.millionths());
    u64::try_from(left).unwrap_or(whole)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Span {
    /// The window that a time lies in: its start, and the start of the next.
    fn around(self, time: u64) -> (u64, u64) {
        match self {
            Self::Millis(length) => {
                let length = length.max(1);
                let start = time - time % length;
                (start, start.saturating_add(length))
            }
            Self::Month => calendar(time, |date| {
                Some((date.first_of_month(), date.first_of_month().checked_add(1.month()).ok()?))
            }),
            Self::Year => calendar(time, |date| {
                Some((date.first_of_year(), date.first_of_year().checked_add(1.year()).ok()?))
            }),
        }
    }
}

/// A stretch of the calendar, in UTC. What lies beyond the calendar is one stretch.
fn calendar(time: u64, stretch: impl Fn(Date) -> Option<(Date, Date)>) -> (u64, u64) {
    let at = |date: Date| {
        let zoned = date.to_zoned(TimeZone::UTC).ok()?;
        u64::try_from(zoned.timestamp().as_millisecond()).ok()
    };
    let found = || {
        let date =
            Timestamp::from_millisecond(i64::try_from(time).ok()?).ok()?.to_zoned(TimeZone::UTC).date();
        let (start, end) = stretch(date)?;
        Some((at(start)?, at(end)?))
    };
    found().unwrap_or((0, u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_years_are_those_of_the_calendar() {
        let at = |text: &str| u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap();
        let leap = at("2028-02-29T12:00:00Z");
        assert_eq!(Span::Month.around(leap), (at("2028-02-01T00:00:00Z"), at("2028-03-01T00:00:00Z")));
        assert_eq!(Span::Year.around(leap), (at("2028-01-01T00:00:00Z"), at("2029-01-01T00:00:00Z")));
        assert_eq!(Span::Millis(60_000).around(61_234), (60_000, 120_000));
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing_back() {
        let window = Window { span: Span::Millis(1000), slides: false };
        let mut counter = Counter::default();
        counter.roll(window, Duration::from_millis(5500));
        counter.add(Amount::ONE);
        counter.roll(window, Duration::from_millis(1500));
        assert_eq!(counter.used(window, Duration::from_millis(1500)), Amount::ONE);
    }
}

//! A limit: so much of something in each window of time.

use super::named::Named;

/// So much in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The most.
    pub most: Amount,
    /// Of what.
    pub counts: Counts,
    /// For how long.
    pub window: Window,
}

/// Requests, tokens or money, in millionths: so that parts of them add up exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(u64);

/// What a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// Calls, whatever becomes of them.
    Requests,
    /// Tokens in and out.
    #[default]
    Total,
    /// Tokens in.
    Prompt,
    /// Tokens out.
    Completion,
    /// Money, in the unit of the target's prices.
    Cost,
}

impl Named for Counts {
    /// Requests are counted by another plugin, and so have no name here.
    const NAMES: &'static [(&'static str, Self)] = &[
        ("total_tokens", Self::Total),
        ("prompt_tokens", Self::Prompt),
        ("completion_tokens", Self::Completion),
        ("cost", Self::Cost),
    ];
}

/// A window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How long it is.
    pub span: Span,
    /// Whether what was used in the window before counts still, less and less.
    pub slides: bool,
}

/// How long a window is. They follow one another from 1970 on, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// So many milliseconds, at least one.
    Millis(u64),
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
}

/// Whether windows slide, as a file spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowType {
    /// They do.
    #[default]
    Sliding,
    /// Each begins anew.
    Fixed,
}

impl Named for WindowType {
    const NAMES: &'static [(&'static str, Self)] = &[("fixed", Self::Fixed), ("sliding", Self::Sliding)];
}

impl Amount {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// The least there is.
    pub const LEAST: Self = Self(1);
    /// One request, token or unit of money.
    pub const ONE: Self = Self(MILLIONTHS);

    /// So many requests or tokens.
    #[must_use]
    pub const fn of(whole: u64) -> Self {
        Self(whole.saturating_mul(MILLIONTHS))
    }

    /// So much; what is negative or no number is nothing.
    #[must_use]
    pub fn from_number(number: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast saturates, and NaN is 0"
        )]
        #[expect(clippy::cast_precision_loss, reason = "a million")]
        Self((number * MILLIONTHS as f64).round() as u64)
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// So many millionths.
    #[must_use]
    pub const fn from_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// Whole ones, the last of them perhaps begun only.
    #[must_use]
    pub const fn whole(self) -> u64 {
        self.0 / MILLIONTHS
    }

    /// Both; the most there is, if that is more.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left without `other`; nothing, if that is more.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

const MILLIONTHS: u64 = 1_000_000;

/// As headers have it: no more digits than it takes.
impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0 / MILLIONTHS, self.0 % MILLIONTHS);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{rest:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_shown_with_no_more_digits_than_it_takes() {
        for (number, shown) in
            [(0.0, "0"), (9.999, "9.999"), (1e6, "1000000"), (0.000_001, "0.000001"), (2.5, "2.5")]
        {
            assert_eq!(Amount::from_number(number).to_string(), shown);
        }
        assert_eq!(Amount::from_number(-1.0), Amount::NONE);
        assert_eq!(Amount::from_number(f64::NAN), Amount::NONE);
    }
}

//! What clients are told of their limits, in Kong's words and in OpenAI's.
//!
//! | header | of what |
//! |---|---|
//! | `X-RateLimit-Limit-Minute`, `X-RateLimit-Remaining-Minute` | each limit of `rate-limiting` |
//! | `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` | the one of them that is nearest to its end; seconds |
//! | `X-AI-RateLimit-Limit-minute-openai`, `X-AI-RateLimit-Remaining-minute-openai` | each limit of `ai-rate-limiting-advanced` |
//! | `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` | the nearest of each plugin, as OpenAI's clients read it; `1m30s` |
//! | `Retry-After` and more | what is exhausted, of a call that is refused |
//!
//! What a provider says of its own limits under these names is left out: they are those of the gateway's key.
//!
//! <https://developer.konghq.com/plugins/rate-limiting/#headers-sent-to-the-client>,
//! <https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers>

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::Record;
use crate::config::{Counts, PERIODS, Span};
use crate::limiter::Standing;

/// Limits of requests.
pub(super) struct Rated<'t> {
    pub(super) standings: &'t [Standing],
}

/// Limits of tokens, by one rule.
pub(super) struct Counted<'t> {
    pub(super) name: &'t str,
    pub(super) standings: &'t [Standing],
    /// Whether the call is refused, perhaps for these.
    pub(super) is_refused: bool,
    pub(super) jitter: f64,
}

impl Record {
    /// Tells a caller how they stand. `is_whole`: nothing follows that costs them more.
    pub(super) fn tell_limits(&mut self, is_whole: bool, headers: &mut HeaderMap) {
        if is_whole && !self.may_be_counted() {
            self.settle_ticket();
        }
        let Some(ticket) = &self.ticket else { return };
        let (rated, counted) = ticket.told();
        if rated.is_none() && counted.is_empty() {
            return;
        }
        let theirs: Vec<_> =
            headers.keys().filter(|name| name.as_str().starts_with("x-ratelimit-")).cloned().collect();
        for name in theirs {
            headers.remove(name);
        }
        if let Some(rated) = rated {
            rated.tell(headers);
        }
        tell_counted(&counted, headers);
    }
}

impl Rated<'_> {
    fn tell(&self, headers: &mut HeaderMap) {
        for standing in self.standings {
            let known = PERIODS.iter().find(|(_, _, span)| *span == standing.limit.window.span);
            let Some((_, name, _)) = known else { continue };
            set(headers, &format!("x-ratelimit-limit-{name}"), standing.limit.most);
            set(headers, &format!("x-ratelimit-remaining-{name}"), standing.left.whole());
        }
        if let Some(near) = nearest(self.standings.iter()) {
            set(headers, "ratelimit-limit", near.limit.most);
            set(headers, "ratelimit-remaining", near.left.whole());
            set(headers, "ratelimit-reset", seconds(near.reset));
            tell_openai(headers, "requests", near);
        }
        let wait = self.standings.iter().map(|standing| standing.wait).max().unwrap_or_default();
        if !wait.is_zero() {
            set(headers, header::RETRY_AFTER.as_str(), seconds(wait));
        }
    }
}

impl Counted<'_> {
    fn tell(&self, headers: &mut HeaderMap) {
        for standing in self.standings {
            let window = window(standing.limit.window.span);
            let name = self.name;
            set(headers, &format!("x-ai-ratelimit-limit-{window}-{name}"), standing.limit.most);
            set(headers, &format!("x-ai-ratelimit-remaining-{window}-{name}"), standing.left);
            if self.is_refused && !standing.wait.is_zero() {
                let wait = seconds(standing.wait);
                set(headers, &format!("x-ai-ratelimit-retry-after-{window}-{name}"), wait);
                set(headers, &format!("x-ai-ratelimit-reset-{window}-{name}"), wait);
            }
        }
    }
}

/// Tells all limits of tokens.
fn tell_counted(all: &[Counted<'_>], headers: &mut HeaderMap) {
    all.iter().for_each(|counted| counted.tell(headers));
    let standings = || all.iter().flat_map(|counted| counted.standings);
    let tokens = standings().filter(|standing| standing.limit.counts != Counts::Cost);
    if let Some(near) = nearest(tokens) {
        tell_openai(headers, "tokens", near);
    }
    let wait = standings().map(|standing| standing.wait).max().unwrap_or_default();
    if !wait.is_zero() && all.iter().any(|counted| counted.is_refused) {
        let jitter = all.iter().map(|counted| counted.jitter).fold(0.0, f64::max);
        set(headers, "x-ai-ratelimit-reset", seconds(wait));
        let wait = seconds(wait + Duration::from_secs_f64(jitter));
        set(headers, "x-ai-ratelimit-retry-after", wait);
        set(headers, header::RETRY_AFTER.as_str(), wait);
    }
}

/// The one of which least is left; of several, the longest, as in Kong.
fn nearest<'s>(standings: impl Iterator<Item = &'s Standing>) -> Option<&'s Standing> {
    standings.min_by_key(|standing| (standing.left, std::cmp::Reverse(length(standing.limit.window.span))))
}

fn tell_openai(headers: &mut HeaderMap, what: &str, standing: &Standing) {
    set(headers, &format!("x-ratelimit-limit-{what}"), standing.limit.most.whole());
    set(headers, &format!("x-ratelimit-remaining-{what}"), standing.left.whole());
    set(headers, &format!("x-ratelimit-reset-{what}"), duration(standing.wait.max(standing.reset)));
}

fn set(headers: &mut HeaderMap, name: &str, value: impl std::fmt::Display) {
    if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value.to_string())) {
        headers.insert(name, value);
    }
}

/// Kong's name of a window, else its seconds.
fn window(span: Span) -> String {
    let known = PERIODS.iter().find(|(_, _, known)| *known == span).map(|(name, ..)| (*name).to_owned());
    match span {
        // Kong counts thirty days, and three hundred and sixty-five.
        Span::Millis(2_592_000_000) => "month".to_owned(),
        Span::Millis(31_536_000_000) => "year".to_owned(),
        Span::Millis(millis) => known.unwrap_or_else(|| (millis as f64 / 1000.0).to_string()),
        Span::Month | Span::Year => known.unwrap_or_default(),
    }
}

fn length(span: Span) -> u64 {
    match span {
        Span::Millis(millis) => millis,
        Span::Month => 30 * 86_400_000,
        Span::Year => 365 * 86_400_000,
    }
}

/// Whole seconds, the last of them perhaps begun only; at least one.
fn seconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

/// As OpenAI writes it: `120ms`, `1s`, `6m0s`.
fn duration(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{}ms", time.as_millis());
    }
    let seconds = seconds(time);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_as_openai_tells_it() {
        for (millis, text) in [
            (0, "0ms"),
            (120, "120ms"),
            (1_000, "1s"),
            (59_001, "1m0s"),
            (360_000, "6m0s"),
            (86_399_000, "23h59m59s"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_window_has_kongs_name() {
        for (millis, name) in
            [(1_000, "second"), (3_600_000, "hour"), (90_000, "90"), (500, "0.5"), (2_592_000_000, "month")]
        {
            assert_eq!(window(Span::Millis(millis)), name);
        }
    }
}

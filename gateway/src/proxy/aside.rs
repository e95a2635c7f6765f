//! How long a target wants to be left alone: `retry-after` of a 429, as seconds or as a date, or to the millisecond in
//! `retry-after-ms`, as Azure and OpenAI have it.
//!
//! <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use tokio::time::Instant;

use super::answer::Answer;

/// How long it is left alone at most, whatever it asks for.
const LONGEST: Duration = Duration::from_secs(600);

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// When it may be asked again; `None`: it did not ask to be left alone.
pub(super) fn until(answer: &Answer, now: Instant) -> Option<Instant> {
    let wait = answer.refused().filter(|status| *status == 429).and_then(|_| wait(&answer.headers))?;
    Some(now + wait.min(LONGEST))
}

fn wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &HeaderName| Some(headers.get(name)?.to_str().ok()?.trim());
    if let Some(millis) = text(&RETRY_AFTER_MS).and_then(|text| text.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(millis / 1000.0).ok();
    }
    let text = text(&RETRY_AFTER)?;
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(date.duration_since(Timestamp::now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_time_is_read_in_each_of_its_forms() {
        let of = |fields: &[(&'static str, &str)]| {
            let field = |(name, value): &(&'static str, &str)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
            };
            wait(&fields.iter().map(field).collect())
        };
        assert_eq!(of(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(of(&[("retry-after", "0.5")]), Some(Duration::from_millis(500)));
        assert_eq!(of(&[("retry-after", "7"), ("retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        assert_eq!(of(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(Duration::ZERO));
        let far = of(&[("retry-after", "Fri, 31 Dec 2399 23:59:59 GMT")]).unwrap();
        assert!(far > LONGEST);
        for none in ["", "soon", "-1", "NaN", "inf"] {
            assert_eq!(of(&[("retry-after", none)]), None, "{none}");
        }
        assert_eq!(of(&[]), None);
    }
}

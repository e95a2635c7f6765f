//! Replies of token servers: <https://www.rfc-editor.org/rfc/rfc6749#section-5>.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::issued::until;
use super::network::{Network, Request, Said};
use super::{Failure, Issued};

/// A token. Metadata servers write numbers as strings, and some when it ends instead of how long it lasts.
#[derive(Deserialize)]
pub(super) struct Token {
    #[serde(default)]
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<Number>,
    expires_on: Option<Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(u64),
    Broken(f64),
    Text(String),
}

/// Why there is none.
#[derive(Deserialize)]
struct Refusal {
    error: Option<String>,
}

/// Posts a form to a token server.
pub(super) async fn ask(
    whom: &'static str,
    url: &str,
    body: String,
    network: &Network,
) -> Result<Said, Failure> {
    let request =
        Request { whom, method: "POST", url, headers: Vec::new(), body: Some(body), metadata: false };
    network.ask(request).await?.good(code)
}

/// The server's word for what is wrong.
pub(super) fn code(said: &Said) -> Option<String> {
    said.json::<Refusal>().ok()?.error
}

impl Token {
    /// `by`: who gave it out.
    pub(super) fn issued(self, by: &'static str, now: Timestamp) -> Result<Issued, Failure> {
        if self.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(Failure::Garbage { whom: by, what: "a token that is no bearer token" });
        }
        let seconds = |number: Option<Number>| number.and_then(Number::seconds);
        let lasts = match (seconds(self.expires_in), seconds(self.expires_on)) {
            (Some(lasts), _) => Some(Duration::from_secs(lasts)),
            (None, Some(end)) => {
                let end = i64::try_from(end).ok().and_then(|end| Timestamp::from_second(end).ok());
                end.map(|end| until(end, now))
            }
            (None, None) => None,
        };
        Issued::token(by, &self.access_token, lasts)
    }
}

impl Number {
    /// `None`: nothing that is a number of seconds. What is below 0 is over.
    fn seconds(self) -> Option<u64> {
        let number = match self {
            Self::Whole(number) => return Some(number),
            Self::Broken(number) => number,
            Self::Text(text) => match text.trim().parse() {
                Ok(number) => return Some(number),
                Err(_) => text.trim().parse().ok()?,
            },
        };
        Duration::try_from_secs_f64(number.max(0.0)).ok().map(|lasts| lasts.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasts(json: &str) -> Option<Duration> {
        let token: Token = serde_json::from_str(json).unwrap();
        let now = Timestamp::from_second(1_000).unwrap();
        Token { access_token: "t".to_owned(), ..token }.issued("the test", now).unwrap().lasts
    }

    #[test]
    fn how_long_a_token_is_good_is_said_in_many_ways() {
        for (json, seconds) in [
            (r#"{"expires_in":3599}"#, Some(3599)),
            (r#"{"expires_in":"3599"}"#, Some(3599)),
            (r#"{"expires_in":3599.9}"#, Some(3599)),
            (r#"{"expires_in":" 3599.9 "}"#, Some(3599)),
            (r#"{"expires_in":-1}"#, Some(0)),
            (r#"{"expires_in":"-1"}"#, Some(0)),
            (r#"{"expires_in":18446744073709551615}"#, Some(u64::MAX)),
            (r#"{"expires_on":1060}"#, Some(60)),
            (r#"{"expires_on":"1060"}"#, Some(60)),
            (r#"{"expires_on":"940"}"#, Some(0)),
            (r#"{"expires_in":10,"expires_on":"1060"}"#, Some(10)),
            (r#"{"expires_on":18446744073709551615}"#, None),
            (r#"{"expires_on":"06/20/2019 02:57:58 +00:00"}"#, None),
            (r#"{"expires_in":1e300}"#, None),
            ("{}", None),
        ] {
            assert_eq!(lasts(json), seconds.map(Duration::from_secs), "{json}");
        }
    }
}

//! Signature Version 4, with the clock as an argument.

use std::cell::RefCell;
use std::fmt;

use jiff::Timestamp;
use ring::{digest, hmac};

use super::canonical::{Request, canonical};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The service that has rules of its own: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
const S3: &str = "s3";
/// There, the hash of the body is told, too.
const CONTENT: &str = "x-amz-content-sha256";

/// Signs requests for one service in one region.
pub(crate) struct Signer {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    region: String,
    service: &'static str,
    /// The key of the day it was last needed.
    today: RefCell<Option<(String, hmac::Key)>>,
}

impl Signer {
    pub(crate) fn new(
        access_key: String,
        secret_key: String,
        session_token: Option<String>,
        region: String,
        service: &'static str,
    ) -> Self {
        Self { access_key, secret_key, session_token, region, service, today: RefCell::default() }
    }

    /// The same keys, for another service.
    pub(crate) fn of(&self, service: &'static str) -> Self {
        let Self { access_key, secret_key, session_token, region, .. } = self;
        Self::new(access_key.clone(), secret_key.clone(), session_token.clone(), region.clone(), service)
    }

    /// Whose key it is.
    pub(crate) fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The header fields that sign `request` at the time `now`.
    pub(crate) fn sign(&self, request: &Request<'_>, now: Timestamp) -> Vec<(&'static str, String)> {
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = &time[..8];
        let mut headers = request.headers.to_vec();
        headers.push(("x-amz-date", &time));
        if let Some(token) = &self.session_token {
            headers.push(("x-amz-security-token", token));
        }
        let body = hash(request.body);
        let is_s3 = self.service == S3;
        if is_s3 {
            headers.push((CONTENT, &body));
        }
        let (text, names) = canonical(&Request { headers: &headers, ..*request }, &body, is_s3);
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hash(text.as_bytes()));
        let signature = hex(hmac::sign(&self.key(day), text.as_bytes()).as_ref());
        let access_key = &self.access_key;
        let authorization = format!(
            "{ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        );
        let mut fields = vec![("authorization", authorization), ("x-amz-date", time)];
        fields.extend(self.session_token.clone().map(|token| ("x-amz-security-token", token)));
        fields.extend(is_s3.then_some((CONTENT, body)));
        fields
    }

    /// The secret key, bound to a day, a region and a service.
    fn key(&self, day: &str) -> hmac::Key {
        let mut today = self.today.borrow_mut();
        if let Some((_, key)) = today.as_ref().filter(|(of, _)| of == day) {
            return key.clone();
        }
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{}", self.secret_key).as_bytes());
        for part in [day, &self.region, self.service, "aws4_request"] {
            key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
        }
        *today = Some((day.to_owned(), key.clone()));
        key
    }
}

/// Never the secrets.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

fn hash(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

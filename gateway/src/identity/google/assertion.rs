//! What a service account signs for a token: <https://www.rfc-editor.org/rfc/rfc7523#section-2.1>, by
//! [RS256](https://www.rfc-editor.org/rfc/rfc7518#section-3.3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SecureRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::json;

/// The longest that Google takes.
const SECONDS: i64 = 3600;

/// What it says.
pub(super) struct Claims<'a> {
    pub(super) email: &'a str,
    pub(super) key_id: Option<&'a str>,
    pub(super) audience: &'a str,
    pub(super) scope: &'a str,
    /// Seconds since 1970.
    pub(super) now: i64,
}

impl Claims<'_> {
    /// The signed token; `None`: the key cannot sign.
    pub(super) fn sign(&self, pair: &RsaKeyPair, random: &dyn SecureRandom) -> Option<String> {
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        if let Some(id) = self.key_id {
            header["kid"] = id.into();
        }
        let claims = json!({
            "iss": self.email,
            "scope": self.scope,
            "aud": self.audience,
            "iat": self.now,
            "exp": self.now + SECONDS,
        });
        sign(pair, random, &header.to_string(), &claims.to_string())
    }
}

fn sign(pair: &RsaKeyPair, random: &dyn SecureRandom, header: &str, claims: &str) -> Option<String> {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, random, text.as_bytes(), &mut signature).ok()?;
    Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(&signature)))
}

#[cfg(test)]
mod tests;

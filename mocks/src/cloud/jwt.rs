//! [JSON Web Tokens](https://www.rfc-editor.org/rfc/rfc7519), signed by RS256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::key;

/// A token that was read, whoever signed it.
#[derive(Debug, Clone)]
pub(super) struct Jwt<'a> {
    pub(super) header: Value,
    pub(super) claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    /// Reads a token of three parts, whose first two are JSON objects.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| {
            let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
            json.is_object().then_some(json)
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { header: object(header)?, claims: object(claims)?, signed, signature })
    }

    /// Did the mocks' own key sign it?
    pub(super) fn is_ours(&self) -> bool {
        self.header["alg"] == "RS256" && key::signed(self.signed.as_bytes(), &self.signature)
    }

    /// A claim that is a text; empty where it is none.
    pub(super) fn text(&self, claim: &str) -> &str {
        self.claims[claim].as_str().unwrap_or_default()
    }

    /// A claim that is a time, in seconds since 1970.
    pub(super) fn time(&self, claim: &str) -> Option<i64> {
        let claim = &self.claims[claim];
        claim.as_i64().or_else(|| claim.as_f64().map(|seconds| seconds.clamp(-1e15, 1e15).trunc()).map(whole))
    }

    /// Is this one of those for whom it is?
    pub(super) fn is_for(&self, audience: &str) -> bool {
        match &self.claims["aud"] {
            Value::Array(all) => all.iter().any(|one| one == audience),
            one => one == audience,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to what an i64 holds")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

/// A token with these claims, signed by the mocks' own key.
pub(super) fn sign(claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "kid": *key::ID, "typ": "JWT" });
    let [header, claims] = [header.to_string(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(key::sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_here_is_ours_until_a_byte_of_it_changes() {
        let text = sign(&json!({ "iss": "me", "aud": ["a", "b"], "exp": 1_767_225_600.9 }));
        let token = Jwt::read(&text).unwrap();
        assert!(token.is_ours() && token.is_for("b") && !token.is_for("c"));
        assert_eq!(
            (token.text("iss"), token.text("sub"), token.time("exp")),
            ("me", "", Some(1_767_225_600))
        );
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode("{\"iss\":\"you\"}");
        assert!(!Jwt::read(&format!("{header}.{other}.{signature}")).unwrap().is_ours());
        let none = URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}");
        assert!(!Jwt::read(&format!("{none}.{other}.")).unwrap().is_ours());
        for broken in ["", "a.b", "a.b.c", "bnVsbA.bnVsbA.YQ", &text[1..]] {
            assert!(Jwt::read(broken).is_none(), "{broken}");
        }
    }
}

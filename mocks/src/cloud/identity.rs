//! Who a workload is, as the cluster that it runs in says: tokens of [OpenID Connect](https://openid.net/specs/openid-connect-core-1_0.html),
//! which clouds take in exchange for their own. A service account of Kubernetes has such a one in a file.

use serde_json::json;

use super::jwt::{self, Jwt};

/// Who says so: a cluster that is nowhere else.
pub(super) const ISSUER: &str = "https://oidc.touchstone.test/id/C0FFEE";
/// Who a workload is, unless it is said otherwise.
pub(crate) const SUBJECT: &str = "system:serviceaccount:default:touchstone";

/// A token for somebody who asks who this is, from this moment on, for so many seconds.
pub(crate) fn token(audience: &str, subject: &str, now: i64, seconds: i64) -> String {
    jwt::sign(&json!({
        "aud": [audience],
        "exp": now.saturating_add(seconds),
        "iat": now,
        "iss": ISSUER,
        "nbf": now,
        "sub": subject,
    }))
}

/// Is this a token of that cluster's, by its issuer and its signature?
pub(super) fn is_good(token: &Jwt<'_>) -> bool {
    token.text("iss") == ISSUER && token.is_ours()
}

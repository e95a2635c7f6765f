//! Errors of Google Cloud's front door: [`google.rpc.Status`](https://google.aip.dev/193).

use crate::cloud::google::Refusal;
use crate::provider::Denied;
use crate::script::{Failure, Kind};

pub(super) const NO_TOKEN: &str = "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
const BAD_TOKEN: &str = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";

/// What is said of an access token that opens nothing.
pub(crate) fn refused(refusal: Refusal) -> Box<Denied> {
    match refusal {
        Refusal::Unknown => denied("unknown token", BAD_TOKEN, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        Refusal::Expired => denied("expired token", BAD_TOKEN, "ACCESS_TOKEN_EXPIRED"),
        Refusal::Scope => {
            let message = "Request had insufficient authentication scopes.";
            let denied = denied("a token for other scopes", message, "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
            let failure = Failure { kind: Some(Kind::Permission), ..denied.failure };
            Box::new(Denied { failure, ..*denied })
        }
    }
}

pub(super) fn denied(reason: &str, message: &str, code: &str) -> Box<Denied> {
    let failure = Failure { code: Some(code.to_owned()), ..Failure::new(Kind::Authentication, message) };
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

/// What is said of a model that does not exist, by its path.
pub(super) fn absent(path: &str) -> String {
    let resource = path.trim_start_matches('/').split_once('/').map_or("", |(_, resource)| resource);
    let resource = resource.rsplit_once(':').map_or(resource, |(resource, _)| resource);
    format!(
        "Publisher Model `{resource}` was not found or your project does not have access to it. Please ensure you are using a valid model version. For more information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
    )
}

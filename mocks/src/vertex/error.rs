//! Errors of Google Cloud's front door: [`google.rpc.Status`](https://google.aip.dev/193).

use crate::provider::Denied;
use crate::script::{Failure, Kind};

pub(super) const NO_TOKEN: &str = "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
pub(super) const BAD_TOKEN: &str = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";

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

//! [A guardrail beside a call](https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-input-tagging-base-inference.html): headers
//! name it, a member of the body says what it looks at, and one of the answer what it did.

use serde_json::Value;

use crate::answer::Answer;
use crate::provider::Call;
use crate::script::{Failure, Finish, Kind};

const IDENTIFIER: &str = "x-amzn-bedrock-guardrailidentifier";
const VERSION: &str = "x-amzn-bedrock-guardrailversion";

/// A guardrail has a version, and whoever configures one names it.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let (identifier, version) = (call.request.header(IDENTIFIER), call.request.header(VERSION));
    let is_configured = call.body.get("amazon-bedrock-guardrailConfig").is_some();
    let missing = match (identifier, version) {
        (Some(_), None) => "guardrailVersion",
        (None, Some(_)) => "guardrailIdentifier",
        (None, None) if is_configured => "guardrailIdentifier",
        _ => return Ok(()),
    };
    let message = format!(
        "1 validation error detected: Value null at '{missing}' failed to satisfy constraint: Member must not be null"
    );
    Err(Failure::new(Kind::InvalidRequest, message))
}

/// What it did, where there is one.
pub(super) fn action(call: &Call<'_>, answer: &Answer<'_>) -> Option<Value> {
    let intervened = super::finish(answer) == Finish::Guardrail;
    let is_named = call.request.header(IDENTIFIER).is_some();
    (is_named || intervened).then(|| if intervened { "INTERVENED" } else { "NONE" }.into())
}

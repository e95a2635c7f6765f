//! [AssumeRoleWithWebIdentity](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html): a token of a cluster's
//! for keys of a role.

use super::{HOUR, Node, error, granted, policy_is_json, role};
use crate::cloud::identity::{self, ISSUER};
use crate::cloud::jwt::Jwt;
use crate::provider::Call;
use crate::script::Failure;

/// For whom tokens must be.
const AUDIENCE: &str = "sts.amazonaws.com";

pub(super) fn assume(call: &Call<'_>) -> Result<Node, Failure> {
    let role = role(call.body)?;
    policy_is_json(call.body)?;
    let text = call.body["WebIdentityToken"].as_str().unwrap_or_default();
    let token = verified(text, call.keys.issued.now().as_second())?;
    let seconds = call.body["DurationSeconds"].as_u64().unwrap_or(HOUR);
    let arn =
        format!("arn:aws:iam::{}:oidc-provider/{}", role.account, ISSUER.trim_start_matches("https://"));
    let mut result =
        vec![("SubjectFromWebIdentityToken", token.text("sub").into()), ("Audience", AUDIENCE.into())];
    result.extend(granted(call, &role, seconds)?);
    result.push(("Provider", arn.into()));
    Ok(Node::Elements(result))
}

/// A token that is the cluster's, for this service, and not over.
fn verified(text: &str, now: i64) -> Result<Jwt<'_>, Failure> {
    let invalid = |message: &str| Err(error::failure("InvalidIdentityToken", message));
    let Some(token) = Jwt::read(text) else {
        return invalid(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        );
    };
    let issuer = token.text("iss");
    if issuer != ISSUER {
        return invalid(&format!("No OpenIDConnect provider found in your account for {issuer}"));
    }
    if !identity::is_good(&token) {
        return invalid("The web identity token provided could not be validated");
    }
    if !token.is_for(AUDIENCE) {
        return invalid("Incorrect token audience");
    }
    let expires = token.time("exp").unwrap_or_default();
    if expires <= now {
        let message = format!(
            "Token expired: current date/time {now} must be before the expiration date/time {expires}"
        );
        return Err(error::failure("ExpiredTokenException", &message));
    }
    Ok(token)
}

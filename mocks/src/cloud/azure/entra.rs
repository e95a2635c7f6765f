//! [The token endpoint](https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow), and what clients ask before: where
//! it is, and which keys sign.

use serde_json::{Value, json};
use specs::Violation;

use super::error::{self, failure};
use super::{CLIENT, DOMAIN, ENTRA, Shown, TENANT, issue, resource};
use crate::Keys;
use crate::cloud::identity::{self, ISSUER, SUBJECT};
use crate::cloud::jwt::Jwt;
use crate::cloud::key;
use crate::cloud::service::Service;
use crate::provider::{Call, Whole};
use crate::request::Request;
use crate::script::Failure;
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct Entra;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// For whom the token of a workload must be.
const EXCHANGE: &str = "api://AzureADTokenExchange";
/// A second less than the hour: none is younger when it arrives.
const HOUR: u64 = 3_599;

impl Service for Entra {
    fn name(&self) -> &'static str {
        ENTRA
    }

    fn unreadable(&self, _problem: &str) -> Failure {
        missing("grant_type")
    }

    fn refuse(&self, violation: &Violation, _body: &Value) -> Failure {
        missing(violation.expected.trim_start_matches("member `").trim_end_matches('`'))
    }

    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure> {
        let tenant = call.found.and_then(|found| found.parameter("tenant")).unwrap_or_default();
        let base = call.request.base();
        let body = match call.operation {
            "discoverInstance" => instance(&base),
            "getKeys" => json!({ "keys": [key::jwk()] }),
            "getConfiguration" => configuration(&base, known(&tenant)?),
            _ => granted(call, known(&tenant)?)?,
        };
        Ok(error::json(&call.draw, 200, &body))
    }

    fn error(&self, _request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        error::reply(draw, jiff::Timestamp::now(), failure)
    }
}

fn missing(parameter: &str) -> Failure {
    failure(900_144, &format!("The request body must contain the following parameter: '{parameter}'."))
}

/// The tenant's id, if this is its id or its domain.
fn known(tenant: &str) -> Result<&'static str, Failure> {
    if [TENANT, DOMAIN].contains(&tenant.to_ascii_lowercase().as_str()) {
        return Ok(TENANT);
    }
    let sentence = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
    );
    Err(failure(90_002, &sentence))
}

/// A token for an application that has shown who it is.
fn granted(call: &Call<'_>, tenant: &str) -> Result<Value, Failure> {
    let needed = |name: &str| {
        let text = call.body[name].as_str().filter(|text| !text.is_empty());
        text.ok_or_else(|| missing(name))
    };
    let (grant, client, scope) = (needed("grant_type")?, needed("client_id")?, needed("scope")?);
    if grant != "client_credentials" {
        return Err(failure(70_003, &format!("The app requested an unsupported grant type '{grant}'.")));
    }
    if client != CLIENT {
        let sentence = format!(
            "Application with identifier '{client}' was not found in the directory 'Touchstone'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
        );
        return Err(failure(700_016, &sentence));
    }
    let shown = shown(call.body, &call.keys)?;
    let Some(asked) = scope.strip_suffix("/.default").filter(|asked| !asked.contains(' ')) else {
        let sentence = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(failure(1_002_012, &sentence));
    };
    let resource = resource(asked).ok_or_else(|| absent(asked, tenant))?;
    let issued = &call.keys.issued;
    let (access_token, expires) = issue(issued, &call.draw, client, resource, shown, HOUR);
    let seconds = expires - issued.now().as_second();
    Ok(json!({
        "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": access_token,
    }))
}

fn absent(resource: &str, tenant: &str) -> Failure {
    let sentence = format!(
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
    );
    failure(500_011, &sentence)
}

/// A secret, or a token of the cluster that the application trusts.
fn shown(body: &Value, keys: &Keys<'_>) -> Result<Shown, Failure> {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    if text("client_assertion_type") == ASSERTION {
        let now = keys.issued.now().as_second();
        return asserted(text("client_assertion"), now).map(|()| Shown::Assertion);
    }
    match text("client_secret") {
        "" => {
            let sentence = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            Err(failure(7_000_218, sentence))
        }
        secret if keys.published.accepts(ENTRA, secret) => Ok(Shown::Secret),
        _ => {
            let sentence = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{CLIENT}'."
            );
            Err(failure(7_000_215, &sentence))
        }
    }
}

/// <https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation>
fn asserted(text: &str, now: i64) -> Result<(), Failure> {
    let Some(token) = Jwt::read(text) else {
        return Err(failure(50_027, "JWT token is invalid or malformed."));
    };
    let unknown = |number, what: &str, value: &str| {
        failure(
            number,
            &format!(
                "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
            ),
        )
    };
    if token.text("iss") != ISSUER {
        return Err(unknown(700_211, "issuer", token.text("iss")));
    }
    if !identity::is_good(&token) {
        return Err(failure(700_027, "Client assertion failed signature validation."));
    }
    if token.text("sub") != SUBJECT {
        return Err(unknown(700_213, "subject", token.text("sub")));
    }
    if !token.is_for(EXCHANGE) {
        let audience =
            token.claims["aud"].as_array().and_then(|all| all.first()).unwrap_or(&token.claims["aud"]);
        return Err(unknown(700_212, "audience", audience.as_str().unwrap_or_default()));
    }
    let [from, until] = ["nbf", "exp"].map(|claim| token.time(claim).unwrap_or_default());
    if until <= now || from > now {
        let shown = |seconds| jiff::Timestamp::from_second(seconds).unwrap_or_default();
        let sentence = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            shown(now),
            shown(from),
            shown(until)
        );
        return Err(failure(700_024, &sentence));
    }
    Ok(())
}

/// <https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document>
fn configuration(base: &str, tenant: &str) -> Value {
    json!({
        "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/{tenant}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
    })
}

/// Which hosts are one and the same cloud.
fn instance(base: &str) -> Value {
    json!({
        "tenant_discovery_endpoint": format!("{base}/{TENANT}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{
            "preferred_network": "login.microsoftonline.com",
            "preferred_cache": "login.windows.net",
            "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Kind;

    #[test]
    fn a_tenant_is_known_by_its_id_and_by_its_domain() {
        assert_eq!(known(TENANT), Ok(TENANT));
        assert_eq!(known("Touchstone.OnMicrosoft.com"), Ok(TENANT));
        assert_eq!(known("common").unwrap_err().kind(), Kind::InvalidRequest);
    }
}

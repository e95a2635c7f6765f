//! Managed identities: [of machines](https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token), by the
//! address that all of them have, and [of App Service](https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference),
//! by one that the environment names.

use serde_json::{Value, json};

use super::{CLIENT, MACHINE, MANAGED, OBJECT, Shown, issue, resource};
use crate::Keys;
use crate::cloud::service::Service;
use crate::form::pairs;
use crate::provider::{Call, Denied, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct Managed;

const APP_SERVICE: &str = "/msi/token";
/// A day, without a second.
const DAY: u64 = 86_399;
/// The versions of each that live.
const VERSIONS: [&str; 4] = ["2018-02-01", "2019-08-01", "2021-02-01", "2023-07-01"];
/// An identity that a machine has besides, as a resource.
const RESOURCE: &str = "/subscriptions/7e57ab1e-0000-4000-8000-000000000005/resourcegroups/touchstone/providers/microsoft.managedidentity/userassignedidentities/touchstone";

impl Service for Managed {
    fn name(&self) -> &'static str {
        MANAGED
    }

    /// A header that no page in a browser can send; of App Service the secret of its environment.
    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        let (is_good, code, message, kind) = match is_app_service(request) {
            true => {
                let shown = request.header("x-identity-header").unwrap_or_default();
                let message = "Unauthorized";
                (keys.published.accepts(MANAGED, shown), "Unauthorized", message, Kind::Authentication)
            }
            false => {
                let shown =
                    request.header("metadata").is_some_and(|shown| shown.eq_ignore_ascii_case("true"));
                let is_direct = request.header("x-forwarded-for").is_none();
                let message = "Required metadata header not specified";
                (shown && is_direct, "bad_request_102", message, Kind::InvalidRequest)
            }
        };
        if is_good {
            return Ok(());
        }
        let failure = Failure { code: Some(code.to_owned()), ..Failure::new(kind, message) };
        Err(Box::new(Denied { failure, reason: message.to_owned(), canonical_request: None }))
    }

    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure> {
        let query: Vec<(String, String)> =
            pairs(call.request.query.as_deref().unwrap_or_default().as_bytes()).collect();
        let asked = |name: &str| {
            query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
        };
        if !VERSIONS.contains(&asked("api-version")) {
            return Err(failure(
                "invalid_request",
                "Required query variable 'api-version' is missing or not supported",
            ));
        }
        let wanted = asked("resource");
        if wanted.is_empty() {
            return Err(failure("invalid_request", "Required audience parameter not specified"));
        }
        let client = client(&query, is_app_service(call.request))?;
        let Some(resource) = resource(wanted) else {
            let sentence = format!(
                "AADSTS500011: The resource principal named {wanted} was not found in the tenant named {}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
                super::TENANT
            );
            return Err(failure("invalid_resource", &sentence));
        };
        Ok(json(200, &token(call, client, wanted, resource)))
    }

    fn error(&self, request: &Request, _draw: &Draw, failure: &Failure) -> Whole {
        let (own, code, sentence) = match failure.kind() {
            Kind::Authentication => (401, "unknown_source", "Unknown Source"),
            Kind::Permission => {
                (403, "access_denied", "The resource owner or authorization server denied the request.")
            }
            Kind::NotFound => (404, "not_found", "Not found"),
            Kind::Method => (405, "method_not_allowed", "Method not allowed"),
            Kind::RateLimit | Kind::Quota => (429, "too_many_requests", "Too many requests"),
            Kind::Overloaded | Kind::Unavailable | Kind::NotReady => {
                (410, "gone", "The service is being updated")
            }
            Kind::Server | Kind::Model | Kind::Timeout => (
                500,
                "unknown",
                "Failed to retrieve token from the Active directory. For details see logs in <file path>",
            ),
            _ => (400, "invalid_request", "Bad Request"),
        };
        let status = failure.status.unwrap_or(own);
        let message = failure.message.as_deref().unwrap_or(sentence);
        if is_app_service(request) {
            return json(status, &json!({ "statusCode": status, "message": message }));
        }
        let code = failure.code.as_deref().unwrap_or(code);
        json(status, &json!({ "error": code, "error_description": message }))
    }
}

fn is_app_service(request: &Request) -> bool {
    request.path == APP_SERVICE
}

fn failure(code: &str, message: &str) -> Failure {
    Failure { code: Some(code.to_owned()), ..Failure::new(Kind::InvalidRequest, message) }
}

fn json(status: u16, body: &Value) -> Whole {
    let headers = vec![
        ("content-type".into(), "application/json; charset=utf-8".into()),
        ("server".into(), "IMDS/150.870.65.1854".into()),
    ];
    Whole { status, headers, body: body.to_string().into() }
}

/// Whose token: the machine's own, or that of the identity which is named by its client, its object or its resource.
fn client(query: &[(String, String)], is_app_service: bool) -> Result<&'static str, Failure> {
    let mut named = query.iter().filter_map(|(name, value)| match name.as_str() {
        "client_id" => Some([CLIENT, MACHINE].into_iter().find(|known| known == value)),
        "object_id" | "principal_id" => Some((value == OBJECT).then_some(CLIENT)),
        "msi_res_id" | "mi_res_id" => Some(value.eq_ignore_ascii_case(RESOURCE).then_some(CLIENT)),
        _ => None,
    });
    let unknown = || match is_app_service {
        true => {
            "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
        }
        false => "Identity not found",
    };
    match named.next() {
        None => Ok(MACHINE),
        Some(found) => found.ok_or_else(|| failure("invalid_request", unknown())),
    }
}

/// A token, the same to all until its time is nearly over.
fn token(call: &Call<'_>, client: &str, wanted: &str, resource: &str) -> Value {
    const KIND: &str = "azure-machine";
    let issued = &call.keys.issued;
    let now = issued.now().as_second();
    let whose = format!("{client} {resource}");
    let current = issued.shelf().get::<(String, i64)>(KIND, &whose);
    let current = current.and_then(|(text, since)| Some((issued.token(&text)?.expires, text, since)));
    let fresh = current.filter(|(expires, _, since)| expires - ((expires - since) / 4).min(300) > now);
    let (access_token, expires, since) = match fresh {
        Some((expires, text, since)) => (text, expires, since),
        None => {
            let (text, expires) = issue(issued, &call.draw, client, resource, Shown::Assertion, DAY);
            issued.shelf().put(KIND, &whose, &(&text, now));
            (text, expires, now)
        }
    };
    // All numbers are texts.
    let mut body = json!({
        "access_token": access_token,
        "client_id": client,
        "expires_on": expires.to_string(),
        "resource": wanted,
        "token_type": "Bearer",
    });
    if !is_app_service(call.request) {
        body["expires_in"] = (expires - now).to_string().into();
        body["ext_expires_in"] = DAY.to_string().into();
        body["not_before"] = since.to_string().into();
    }
    body
}

//! [AWS Security Token Service](https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html): a query in a form, an answer in XML.

mod error;
mod federated;

use serde_json::Value;
use specs::Violation;

use super::sigv4::{self, Refusal};
use super::xml::{self, Node};
use super::{ACCOUNT, Role, STS, constraint, issue, written};
use crate::Keys;
use crate::cloud::service::{self, Service};
use crate::cloud::{Caller, Session};
use crate::form::pairs;
use crate::provider::{Call, Denied, Route, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct Sts;

const VERSION: &str = "2011-06-15";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

const ASSUME_ROLE: &str = "AssumeRole";
const WEB_IDENTITY: &str = "AssumeRoleWithWebIdentity";
const SESSION_TOKEN: &str = "GetSessionToken";

/// So long a role's keys hold, and those of a user.
const HOUR: u64 = 3_600;
const HOURS_12: u64 = 12 * 3_600;

impl Service for Sts {
    fn name(&self) -> &'static str {
        STS
    }

    /// Its one path has an operation for each action that the form names.
    fn find(&self, request: &Request) -> Route {
        if request.path != "/" {
            return Route::NotFound;
        }
        let [action, version] = ["Action", "Version"].map(|name| parameter(request, name));
        let known = action.filter(|_| version.as_deref() == Some(VERSION));
        let found = known.and_then(|action| service::at(STS, &request.method, &format!("/#Action={action}")));
        found.map_or(Route::NotFound, Route::Make)
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        match parameter(request, "Action").as_deref() {
            // The token in it is all that there is to show.
            Some(WEB_IDENTITY) => Ok(()),
            _ => caller(request, keys).map(|_| ()).map_err(denied),
        }
    }

    fn unreadable(&self, _problem: &str) -> Failure {
        error::failure("MalformedInput", "The request body could not be read as a form.")
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
        // In the model, names of members begin with small letters.
        let sentence = constraint::sentence(violation, value);
        let (before, place) = sentence.split_once(" at '").unwrap_or((&sentence, ""));
        let mut place = place.chars();
        let first = place.next().map(|first| first.to_ascii_lowercase()).into_iter();
        let place: String = first.chain(place).collect();
        error::failure("ValidationError", &format!("{before} at '{place}"))
    }

    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure> {
        let result = match call.operation {
            ASSUME_ROLE => assume(call)?,
            WEB_IDENTITY => federated::assume(call)?,
            SESSION_TOKEN => session(call)?,
            _ => identity(&signer(call)?),
        };
        let id = call.draw.uuid("request");
        let metadata = Node::from([("RequestId", id.clone().into())]);
        let name = format!("{}Response", call.operation);
        let result_name = match call.operation {
            ASSUME_ROLE => "AssumeRoleResult",
            WEB_IDENTITY => "AssumeRoleWithWebIdentityResult",
            SESSION_TOKEN => "GetSessionTokenResult",
            _ => "GetCallerIdentityResult",
        };
        let body =
            xml::document(&name, NAMESPACE, &[(result_name, result), ("ResponseMetadata", metadata)].into());
        Ok(Whole { status: 200, headers: error::headers(id), body: body.into() })
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        error::reply(request, draw, failure)
    }
}

/// A parameter of the form, or of a query.
fn parameter(request: &Request, name: &str) -> Option<String> {
    let query = pairs(request.query.as_deref().unwrap_or_default().as_bytes());
    pairs(&request.body).chain(query).find(|(known, _)| known == name).map(|(_, value)| value)
}

/// Who signed.
fn caller(request: &Request, keys: &Keys<'_>) -> Result<Caller, Refusal> {
    if request.header("authorization").is_none() {
        let message = "Request is missing Authentication Token".to_owned();
        return Err(Refusal { exception: "MissingAuthenticationTokenException", message, expected: None });
    }
    sigv4::verify(request, keys, STS, keys.issued.now())
}

fn signer(call: &Call<'_>) -> Result<Caller, Failure> {
    caller(call.request, &call.keys).map_err(|refusal| denied(refusal).failure)
}

fn denied(refusal: Refusal) -> Box<Denied> {
    let Refusal { exception, message, expected } = refusal;
    let failure =
        Failure { kind: Some(Kind::Authentication), ..error::failure(error::code(exception), &message) };
    let reason = expected.as_ref().map_or(message, |expected| {
        format!("wrong signature; the string to sign should have been\n{}", expected.string_to_sign)
    });
    Box::new(Denied {
        failure,
        reason,
        canonical_request: expected.map(|expected| expected.canonical_request),
    })
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
fn assume(call: &Call<'_>) -> Result<Node, Failure> {
    let caller = signer(call)?;
    let role = role(call.body)?;
    let seconds = call.body["DurationSeconds"].as_u64().unwrap_or(HOUR);
    if is_role(&caller) && seconds > HOUR {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(error::failure("ValidationError", message));
    }
    policy_is_json(call.body)?;
    let mut result = granted(call, &role, seconds)?;
    if let Some(source) = call.body["SourceIdentity"].as_str() {
        result.push(("SourceIdentity", source.into()));
    }
    Ok(Node::Elements(result))
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
fn session(call: &Call<'_>) -> Result<Node, Failure> {
    let caller = signer(call)?;
    if parameter_of_session(call.request) {
        return Err(error::failure("AccessDenied", "Cannot call GetSessionToken with session credentials"));
    }
    let asked = call.body["DurationSeconds"].as_u64().unwrap_or(HOURS_12);
    let seconds = call.keys.issued.lifetime(asked);
    let session = issue(&call.keys.issued, call.keys.published, &call.draw, caller, seconds);
    Ok([("Credentials", credentials(session))].into())
}

fn parameter_of_session(request: &Request) -> bool {
    request.header("x-amz-security-token").is_some()
}

fn is_role(caller: &Caller) -> bool {
    caller.arn.contains(":assumed-role/")
}

fn identity(caller: &Caller) -> Node {
    let Caller { arn, id, account } = caller.clone();
    [("Arn", arn.into()), ("UserId", id.into()), ("Account", account.into())].into()
}

/// The role that the request names.
fn role(body: &Value) -> Result<Role<'_>, Failure> {
    let arn = body["RoleArn"].as_str().unwrap_or_default();
    Role::parse(arn).ok_or_else(|| error::failure("ValidationError", "Request ARN is invalid"))
}

fn policy_is_json(body: &Value) -> Result<(), Failure> {
    let Some(policy) = body["Policy"].as_str() else { return Ok(()) };
    let is_object = serde_json::from_str::<Value>(policy).is_ok_and(|policy| policy.is_object());
    let message = "This policy contains invalid Json";
    if is_object { Ok(()) } else { Err(error::failure("MalformedPolicyDocument", message)) }
}

/// Who somebody is now that has taken on the role, and with which keys.
fn granted(call: &Call<'_>, role: &Role<'_>, asked: u64) -> Result<Vec<(&'static str, Node)>, Failure> {
    let caller = role.taken(call.body["RoleSessionName"].as_str().unwrap_or_default());
    let user = [("AssumedRoleId", caller.id.as_str().into()), ("Arn", caller.arn.as_str().into())].into();
    let seconds = call.keys.issued.lifetime(asked);
    let session = issue(&call.keys.issued, call.keys.published, &call.draw, caller, seconds);
    Ok(vec![("AssumedRoleUser", user), ("Credentials", credentials(session))])
}

fn credentials(session: Session) -> Node {
    let Session { key, expires, .. } = session;
    [
        ("AccessKeyId", key.access_key_id.into()),
        ("SecretAccessKey", key.secret_access_key.into()),
        ("SessionToken", key.session_token.unwrap_or_default().into()),
        ("Expiration", written(expires).into()),
    ]
    .into()
}

/// What a role says that the caller may not take on.
fn forbidden(request: &Request) -> String {
    let role = parameter(request, "RoleArn").unwrap_or_default();
    format!(
        "User: arn:aws:iam::{ACCOUNT}:user/touchstone is not authorized to perform: sts:AssumeRole on resource: {role}"
    )
}

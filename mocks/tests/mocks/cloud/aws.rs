//! AWS: STS, the metadata service of instances, keys for containers. What needs signatures is asked by AWS's own client: `official`.

use mocks::Options;
use mocks::script::{Failure, Kind, Match, Reply, Script};
use serde_json::{Value, json};

use super::ask;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
const ROLE: &str = "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader";

async fn federated(mocks: &mocks::Mocks, token: &str, more: &str) -> (u16, String) {
    let body = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={ROLE}&RoleSessionName=me&WebIdentityToken={token}{more}"
    );
    let reply = ask(mocks, "POST", "/sts/", &[FORM], &body).await;
    assert_eq!(reply.header("content-type"), Some("text/xml"));
    (reply.status, reply.text().to_owned())
}

/// The text of the first element of this name.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let start = xml.find(&format!("<{name}>")).unwrap_or_else(|| panic!("{name}: {xml}")) + name.len() + 2;
    &xml[start..start + xml[start..].find('<').unwrap()]
}

#[tokio::test]
async fn a_token_of_the_cluster_is_exchanged_for_keys_of_a_role() {
    let mocks = mocks::start().await.unwrap();
    let (status, xml) = federated(&mocks, &mocks.identity_token("sts.amazonaws.com"), "").await;
    assert_eq!(status, 200, "{xml}");
    assert!(xml.starts_with("<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <AssumeRoleWithWebIdentityResult>\n    <SubjectFromWebIdentityToken>system:serviceaccount:default:touchstone</SubjectFromWebIdentityToken>\n"), "{xml}");
    assert!(element(&xml, "AccessKeyId").starts_with("ASIA") && element(&xml, "AccessKeyId").len() == 20);
    assert_eq!(element(&xml, "SecretAccessKey").len(), 40);
    assert_eq!(element(&xml, "Arn"), "arn:aws:sts::123456789012:assumed-role/reader/me");
    assert_eq!(element(&xml, "AssumedRoleId").len(), "AROA".len() + 17 + ":me".len());
    assert_eq!(element(&xml, "Audience"), "sts.amazonaws.com");
    let ends: jiff::Timestamp = element(&xml, "Expiration").parse().unwrap();
    let left = ends.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((3_500..=3_600).contains(&left), "{left}");
    let entry = mocks.journal(None).remove(0);
    assert_eq!((entry.provider.as_str(), entry.operation.as_str()), ("sts", "AssumeRoleWithWebIdentity"));
    assert_eq!(entry.violations, []);
}

#[tokio::test]
async fn what_no_cluster_said_is_no_identity() {
    let mocks = mocks::start().await.unwrap();
    let good = mocks.identity_token("sts.amazonaws.com");
    let (signed, _) = good.rsplit_once('.').unwrap();
    let another = mocks.identity_token("api://another");
    let (_, swapped) = another.rsplit_once('.').unwrap();
    let strange =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Rva2VuLmFjdGlvbnMuZ2l0aHVidXNlcmNvbnRlbnQuY29tIn0.YQ";
    let over = ask(&mocks, "GET", "/__mock/identity?audience=sts.amazonaws.com&seconds=0", &[], "").await;
    assert_eq!(over.header("content-type"), Some("text/plain; charset=utf-8"));
    for (token, code, message) in [
        (
            "opaque",
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ),
        (
            strange,
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
        ),
        (
            &format!("{signed}.{swapped}"),
            "InvalidIdentityToken",
            "The web identity token provided could not be validated",
        ),
        (&another, "InvalidIdentityToken", "Incorrect token audience"),
        (over.text(), "ExpiredTokenException", "Token expired: current date/time"),
    ] {
        let (status, xml) = federated(&mocks, token, "").await;
        assert_eq!((status, element(&xml, "Code"), element(&xml, "Type")), (400, code, "Sender"), "{xml}");
        assert!(element(&xml, "Message").starts_with(message), "{xml}");
    }
}

#[tokio::test]
async fn what_breaks_the_model_is_told_by_the_members_own_name() {
    let mocks = mocks::start().await.unwrap();
    let good = mocks.identity_token("sts.amazonaws.com");
    let constraint = "failed to satisfy constraint: Member must";
    for (more, message) in [
        (
            "&DurationSeconds=60",
            format!(
                "1 validation error detected: Value '60' at 'durationSeconds' {constraint} have value greater than or equal to 900"
            ),
        ),
        (
            "&RoleArn=short",
            format!(
                "1 validation error detected: Value 'short' at 'roleArn' {constraint} have length greater than or equal to 20"
            ),
        ),
        (
            "&RoleSessionName=a+b",
            format!(
                "1 validation error detected: Value 'a b' at 'roleSessionName' {constraint} satisfy regular expression pattern: [\\w+=,.@-]*"
            ),
        ),
        ("&RoleArn=arn:aws:iam::123456789012:user/me", "Request ARN is invalid".to_owned()),
    ] {
        let (status, xml) = federated(&mocks, &good, more).await;
        assert_eq!((status, element(&xml, "Code")), (400, "ValidationError"), "{xml}");
        assert_eq!(element(&xml, "Message"), message);
    }
    let (status, xml) = federated(&mocks, &good, "&Policy=%7B").await;
    assert_eq!((status, element(&xml, "Code")), (400, "MalformedPolicyDocument"));
}

#[tokio::test]
async fn what_is_no_action_or_not_signed_is_told_so() {
    let mocks = mocks::start().await.unwrap();
    for (body, status, code, message) in [
        (
            "Action=Dance&Version=2011-06-15",
            400,
            "InvalidAction",
            "Could not find operation Dance for version 2011-06-15",
        ),
        (
            "Action=GetCallerIdentity",
            400,
            "InvalidAction",
            "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED",
        ),
        ("", 400, "MissingAction", "The request is missing an action or a required parameter."),
        (
            "Action=GetCallerIdentity&Version=2011-06-15",
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
    ] {
        let reply = ask(&mocks, "POST", "/sts/", &[FORM], body).await;
        let expected = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n  <RequestId>"
        );
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.text().starts_with(&expected), "{}", reply.text());
        assert_eq!(element(reply.text(), "RequestId"), reply.header("x-amzn-requestid").unwrap());
    }
}

#[tokio::test]
async fn a_script_forbids_a_role_and_lets_the_service_fail() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new(
        "RoleArn",
        Reply::error(Failure { kind: Some(Kind::Permission), ..Failure::default() }),
    ));
    let token = mocks.identity_token("sts.amazonaws.com");
    let (status, xml) = federated(&mocks, &token, "").await;
    assert_eq!((status, element(&xml, "Code")), (403, "AccessDenied"));
    assert_eq!(
        element(&xml, "Message"),
        "User: arn:aws:iam::123456789012:user/touchstone is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/reader"
    );
    let matching = Match { provider: Some("sts".to_owned()), ..Match::default() };
    let broken = Reply::error(Failure { kind: Some(Kind::Unavailable), ..Failure::default() });
    mocks.add(Script { matching, replies: vec![broken] });
    let (status, xml) = federated(&mocks, &token, "").await;
    assert_eq!(
        (status, element(&xml, "Code"), element(&xml, "Type")),
        (503, "ServiceUnavailable", "Receiver")
    );
}

const ROLES: &str = "/imds/latest/meta-data/iam/security-credentials/";

/// A token of the metadata service.
async fn token(mocks: &mocks::Mocks, seconds: &str) -> (u16, String) {
    let headers = [("x-aws-ec2-metadata-token-ttl-seconds", seconds)];
    let reply = ask(mocks, "PUT", "/imds/latest/api/token", &headers, "").await;
    if reply.status == 200 {
        assert_eq!(reply.header("x-aws-ec2-metadata-token-ttl-seconds"), Some(seconds));
    }
    (reply.status, reply.text().to_owned())
}

#[tokio::test]
async fn an_instance_shows_a_token_to_get_its_keys() {
    let mocks = mocks::start().await.unwrap();
    let (_, token) = token(&mocks, "21600").await;
    let shown = [("x-aws-ec2-metadata-token", token.as_str())];
    let role = ask(&mocks, "GET", ROLES, &shown, "").await;
    assert_eq!((role.text(), role.header("content-type")), ("touchstone-role", Some("text/plain")));
    let keys = ask(&mocks, "GET", &format!("{ROLES}touchstone-role"), &shown, "").await;
    assert_eq!(keys.header("content-type"), Some("text/plain"));
    let operation =
        specs::api("imds").unwrap().operation("GET", &format!("{}touchstone-role", &ROLES[5..])).unwrap();
    assert_eq!(operation.reply(200, &keys.json()), []);
    let again = ask(&mocks, "GET", &format!("{ROLES}touchstone-role"), &shown, "").await;
    assert_eq!(again.json(), keys.json(), "the same keys until their time is nearly over");
    assert_eq!(ask(&mocks, "GET", &format!("{ROLES}another"), &shown, "").await.status, 404);
    let document = ask(&mocks, "GET", "/imds/latest/dynamic/instance-identity/document", &shown, "").await;
    let operation =
        specs::api("imds").unwrap().operation("GET", "/latest/dynamic/instance-identity/document").unwrap();
    assert_eq!(operation.reply(200, &document.json()), []);
    let seen = mocks.journal(None).pop().unwrap();
    assert!(seen.headers.iter().all(|(_, value)| *value != token), "the journal keeps no token");
}

#[tokio::test]
async fn who_shows_no_token_or_comes_from_elsewhere_is_refused() {
    let mocks = mocks::start().await.unwrap();
    for (headers, status) in [
        (&[][..], 401),
        (&[("x-aws-ec2-metadata-token", "AQAEAinvented==")], 401),
        (&[("x-forwarded-for", "203.0.113.7")], 403),
    ] {
        let reply = ask(&mocks, "GET", ROLES, headers, "").await;
        assert_eq!((reply.status, reply.header("content-type")), (status, Some("text/html")), "{headers:?}");
        assert!(reply.text().contains(&format!("<title>{status} - ")), "{}", reply.text());
    }
    for wrong in ["0", "21601", "soon", ""] {
        assert_eq!(token(&mocks, wrong).await.0, 400, "{wrong}");
    }
    assert_eq!(ask(&mocks, "PUT", "/imds/latest/api/token", &[], "").await.status, 400);
}

#[tokio::test]
async fn keys_of_a_machine_are_new_once_the_old_ones_are_over() {
    let mocks = mocks::start_with(Options { token_seconds: Some(2), ..Options::default() }).await.unwrap();
    let path = "/ecs/v2/credentials/touchstone-task";
    let first = ask(&mocks, "GET", path, &[], "").await.json();
    let ends: jiff::Timestamp = first["Expiration"].as_str().unwrap().parse().unwrap();
    assert!(ends.duration_since(jiff::Timestamp::now()).as_secs() <= 2);
    mocks.expire_tokens();
    let second = ask(&mocks, "GET", path, &[], "").await.json();
    assert_ne!(first["AccessKeyId"], second["AccessKeyId"]);
    let (_, shown) = token(&mocks, "60").await;
    mocks.expire_tokens();
    let refused = ask(&mocks, "GET", ROLES, &[("x-aws-ec2-metadata-token", &shown)], "").await;
    assert_eq!(refused.status, 401);
    let tokens = ask(&mocks, "GET", "/__mock/tokens", &[], "").await.json();
    assert_eq!(tokens, json!({ "seconds": 2, "live": 0 }));
    let tokens = ask(&mocks, "POST", "/__mock/tokens", &[], "").await.json();
    assert_eq!(tokens["seconds"], Value::Null);
}

#[tokio::test]
async fn a_container_gets_keys_by_its_path_or_by_its_token() {
    let mocks = mocks::start().await.unwrap();
    let fits = |path: &str, reply: &crate::client::Reply| {
        let operation = specs::api("ecs").unwrap().operation("GET", path).unwrap();
        assert_eq!(operation.reply(reply.status, &reply.json()), [], "{}", reply.text());
    };
    let task = ask(&mocks, "GET", "/ecs/v2/credentials/touchstone-task", &[], "").await;
    fits("/v2/credentials/a", &task);
    assert_eq!(task.json()["RoleArn"], "arn:aws:iam::123456789012:role/touchstone-role");
    let unknown = ask(&mocks, "GET", "/ecs/v2/credentials/another", &[], "").await;
    assert_eq!(unknown.status, 400);
    assert_eq!(
        unknown.json(),
        json!({ "code": "InvalidIdInRequest", "message": "CredentialsV2Request: Credentials not found", "HTTPErrorCode": 400 })
    );
    for token in [mocks.identity_token("pods.eks.amazonaws.com"), "ecs-touchstone".to_owned()] {
        let pod = ask(&mocks, "GET", "/ecs/v1/credentials", &[("authorization", &token)], "").await;
        fits("/v1/credentials", &pod);
        assert_eq!((pod.status, &pod.json()["AccountId"]), (200, &json!("123456789012")));
    }
    let over =
        ask(&mocks, "GET", "/__mock/identity?audience=pods.eks.amazonaws.com&seconds=0", &[], "").await;
    let elsewhere = mocks.identity_token("sts.amazonaws.com");
    for (token, status, sentence) in [
        ("", 400, "Service account token cannot be empty\n"),
        ("x", 400, "Service account token cannot be parsed: token is malformed\n"),
        (
            over.text(),
            400,
            "Service account token failed basic claim validations: token has invalid claims: token is expired\n",
        ),
        (&elsewhere, 403, "The service account token is not valid\n"),
    ] {
        let reply = ask(&mocks, "GET", "/ecs/v1/credentials", &[("authorization", token)], "").await;
        assert_eq!((reply.status, reply.text()), (status, sentence), "{token}");
    }
}

#[tokio::test]
async fn addresses_that_every_machine_has_lead_here_without_a_prefix() {
    let mocks = mocks::start_with(Options { proxy: true, ..Options::default() }).await.unwrap();
    let path = "http://169.254.170.2/v2/credentials/touchstone-task";
    assert_eq!(ask(&mocks, "GET", path, &[], "").await.status, 200);
    let headers = [("x-aws-ec2-metadata-token-ttl-seconds", "60")];
    assert_eq!(ask(&mocks, "PUT", "http://169.254.169.254/latest/api/token", &headers, "").await.status, 200);
    assert_eq!(ask(&mocks, "PUT", "/latest/api/token", &headers, "").await.status, 200);
    let journal = mocks.journal(None);
    let whose: Vec<_> = journal.iter().map(|entry| entry.provider.as_str()).collect();
    assert_eq!(whose, ["ecs", "imds", "imds"]);
}

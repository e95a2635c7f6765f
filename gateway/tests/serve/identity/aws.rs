//! AWS: where keys are found, in which order, and what is signed with them.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{self, SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4;

use super::*;

/// Bedrock without keys.
fn bedrock(model: &Server) -> Setup {
    let setup = Setup::new("bedrock", model.addr).set("/auth", json!({}));
    setup.env("HOME", "/nowhere").env("AWS_EC2_METADATA_DISABLED", "true")
}

/// A container's or an instance's keys.
fn keys(id: &str, end: &str) -> String {
    json!({"Code": "Success", "AccessKeyId": id, "SecretAccessKey": KEY, "Token": format!("session-of-{id}"), "Expiration": end})
        .to_string()
}

/// What STS says of a role.
fn assumed(action: &str, id: &str) -> Vec<u8> {
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <{action}Result>\n    <AssumedRoleUser>\
         <AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>\n    \
         <Credentials>\n      <AccessKeyId>{id}</AccessKeyId>\n      <SecretAccessKey>{KEY}</SecretAccessKey>\n      \
         <SessionToken>session-of-{id}</SessionToken>\n      <Expiration>2999-01-01T00:00:00Z</Expiration>\n    \
         </Credentials>\n  </{action}Result>\n  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\n</{action}Response>\n"
    );
    whole("200 OK\r\ncontent-type: text/xml", body)
}

/// An STS that knows every role, and gives keys by the name of the role.
async fn sts() -> Server {
    Server::start(|_, seen| {
        let arn = seen.form("RoleArn").unwrap();
        Some(assumed(&seen.form("Action").unwrap(), &arn.rsplit('/').next().unwrap().to_uppercase()))
    })
    .await
}

/// An instance whose role has keys.
async fn instance() -> Server {
    Server::start(|_, seen| {
        Some(match seen.line() {
            "PUT /latest/api/token" => whole("200 OK", "session=="),
            "GET /latest/meta-data/iam/security-credentials/" => whole("200 OK", "my-role\n"),
            "GET /latest/meta-data/iam/security-credentials/my-role" => {
                whole("200 OK", keys("INSTANCE", "2999-01-01T00:00:00Z"))
            }
            _ => whole("404 Not Found", ""),
        })
    })
    .await
}

async fn container() -> Server {
    Server::start(|_, _| Some(json_reply("200 OK", &keys("CONTAINER", "2999-01-01T00:00:00Z")))).await
}

/// A file of the test's.
fn file(text: &str) -> (tempfile::NamedTempFile, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    (file, path)
}

const PROFILES: &str = "[default]\naws_access_key_id = PROFILE\naws_secret_access_key = secret\n\
    [other]\naws_access_key_id = OTHER\naws_secret_access_key = secret\naws_session_token = of-other\n";

/// The signature that AWS's own crate gives to a request with these keys.
fn signature(seen: &Seen, id: &str, session: Option<&str>, service: &str) -> String {
    let identity = Credentials::new(id, KEY, session.map(str::to_owned), None, "test").into();
    let time: jiff::Timestamp = seen.field("x-amz-date").unwrap().parse().unwrap();
    let seconds = Duration::from_secs(time.as_second().try_into().unwrap());
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name(service)
        .time(UNIX_EPOCH + seconds)
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let (method, path) = seen.line().split_once(' ').unwrap();
    let host = seen.field("host").unwrap();
    let headers = [("host", host), ("content-type", seen.field("content-type").unwrap())];
    let body = SignableBody::Bytes(&seen.body);
    let signable =
        SignableRequest::new(method, format!("http://{host}{path}"), headers.into_iter(), body).unwrap();
    let (instructions, _) = http_request::sign(signable, &params.into()).unwrap().into_parts();
    let found = instructions.headers().find(|(name, _)| *name == "authorization").unwrap();
    found.1.to_owned()
}

#[tokio::test]
async fn a_containers_keys_are_asked_for_with_its_own_token() {
    let (model, container) = (Server::model(CONVERSE).await, container().await);
    let (_file, path) = file("token-of-the-file\n");
    let setup = bedrock(&model)
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url("/v1/credentials?of=me"))
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-of-the-environment");
    let seen = shown(setup, &model).await;
    assert_eq!(seen.signed(), ("CONTAINER".into(), "us-east-1".into(), "bedrock".into()));
    assert_eq!(seen.field("x-amz-security-token"), Some("session-of-CONTAINER"));
    let asked = &container.seen()[0];
    assert_eq!(asked.line(), "GET /v1/credentials?of=me");
    assert_eq!(asked.field("authorization"), Some("token-of-the-environment"));

    let (model, container) = (Server::model(CONVERSE).await, self::container().await);
    let setup = bedrock(&model)
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url("/"))
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-of-the-environment")
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    shown(setup, &model).await;
    assert_eq!(container.seen()[0].field("authorization"), Some("token-of-the-file"));
}

#[tokio::test]
async fn an_instances_keys_are_asked_for_in_a_session() {
    let (model, instance) = (Server::model(CONVERSE).await, instance().await);
    let setup = bedrock(&model).env("AWS_EC2_METADATA_SERVICE_ENDPOINT", instance.url("/"));
    let setup = Setup {
        env: setup.env.into_iter().filter(|(name, _)| *name != "AWS_EC2_METADATA_DISABLED").collect(),
        ..setup
    };
    let seen = shown(setup, &model).await;
    assert_eq!(seen.signed().0, "INSTANCE");
    assert_eq!(
        seen.field("authorization").unwrap(),
        signature(&seen, "INSTANCE", Some("session-of-INSTANCE"), "bedrock")
    );
    let asked = instance.seen();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].field("x-aws-ec2-metadata-token-ttl-seconds"), Some("21600"));
    assert_eq!(asked[0].field("content-length"), Some("0"));
    for asked in &asked[1..] {
        assert_eq!(asked.field("x-aws-ec2-metadata-token"), Some("session=="));
    }
}

#[tokio::test]
async fn a_role_is_assumed_with_the_files_keys() {
    let (model, sts) = (Server::model(CONVERSE).await, sts().await);
    let setup = Setup::new("bedrock", model.addr).set(
        "/model/options/bedrock",
        json!({"aws_region": "us-east-1", "aws_assume_role_arn": "arn:aws:iam::1:role/mine",
               "aws_role_session_name": "my session=", "aws_sts_endpoint_url": sts.url("/")}),
    );
    let seen = shown(setup, &model).await;
    let asked = &sts.seen()[0];
    let fields = ["Action", "Version", "RoleArn", "RoleSessionName"].map(|name| asked.form(name).unwrap());
    assert_eq!(fields, ["AssumeRole", "2011-06-15", "arn:aws:iam::1:role/mine", "my session="]);
    assert_eq!(asked.signed(), ("AKIATOUCHSTONE000001".into(), "us-east-1".into(), "sts".into()));
    assert_eq!(asked.field("authorization").unwrap(), signature(asked, "AKIATOUCHSTONE000001", None, "sts"));
    assert_eq!(seen.signed().0, "MINE");
    assert_eq!(seen.field("x-amz-security-token"), Some("session-of-MINE"));
    assert_eq!(
        seen.field("authorization").unwrap(),
        signature(&seen, "MINE", Some("session-of-MINE"), "bedrock")
    );
}

#[tokio::test]
async fn a_token_in_a_file_is_changed_for_keys() {
    let (model, sts) = (Server::model(CONVERSE).await, sts().await);
    let (_file, path) = file("ey.web.token\n");
    let setup = bedrock(&model)
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", path)
        .env("AWS_ROLE_ARN", "arn:aws:iam::1:role/web")
        .env("AWS_ENDPOINT_URL_STS", sts.url(""));
    let seen = shown(setup, &model).await;
    let asked = &sts.seen()[0];
    let fields =
        ["Action", "RoleArn", "RoleSessionName", "WebIdentityToken"].map(|name| asked.form(name).unwrap());
    assert_eq!(
        fields,
        ["AssumeRoleWithWebIdentity", "arn:aws:iam::1:role/web", "touchstone", "ey.web.token"]
    );
    assert_eq!(asked.field("authorization"), None);
    assert_eq!(seen.signed().0, "WEB");
}

#[tokio::test]
async fn a_profile_leads_through_its_roles() {
    let (model, sts) = (Server::model(CONVERSE).await, sts().await);
    let (_config, config) = file(
        "[profile outer]\nrole_arn = arn:aws:iam::1:role/outer\nsource_profile = inner\nexternal_id = e\n\
         [profile inner]\nrole_arn = arn:aws:iam::1:role/inner\nsource_profile = other\nduration_seconds = 900\n",
    );
    let (_credentials, credentials) = file(PROFILES);
    let setup = bedrock(&model)
        .env("AWS_CONFIG_FILE", config)
        .env("AWS_SHARED_CREDENTIALS_FILE", credentials)
        .env("AWS_PROFILE", "outer")
        .env("AWS_ENDPOINT_URL", sts.url("/"));
    let seen = shown(setup, &model).await;
    let asked = sts.seen();
    assert_eq!(asked[0].signed().0, "OTHER");
    assert_eq!(asked[0].field("x-amz-security-token"), Some("of-other"));
    assert_eq!(asked[0].form("DurationSeconds").as_deref(), Some("900"));
    assert_eq!(asked[1].signed().0, "INNER");
    assert_eq!(asked[1].form("ExternalId").as_deref(), Some("e"));
    assert_eq!(seen.signed().0, "OUTER");
}

#[tokio::test]
async fn profiles_are_looked_for_at_home() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/credentials"), PROFILES).unwrap();
    std::fs::write(home.path().join("elsewhere"), PROFILES.replace("PROFILE", "TILDE")).unwrap();
    let at_home = |model: &Server| {
        let env = vec![
            ("HOME", home.path().to_str().unwrap().to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "TRUE".to_owned()),
        ];
        Setup { env, ..bedrock(model) }
    };
    let model = Server::model(CONVERSE).await;
    assert_eq!(shown(at_home(&model), &model).await.signed().0, "PROFILE");
    let model = Server::model(CONVERSE).await;
    let setup = at_home(&model).env("AWS_SHARED_CREDENTIALS_FILE", "~/elsewhere");
    assert_eq!(shown(setup, &model).await.signed().0, "TILDE");
}

/// Everything is set, and one after the other is taken away: who goes before whom.
#[tokio::test]
async fn keys_are_looked_for_in_the_order_of_awss_clients() {
    let (sts, container, instance) = (sts().await, container().await, instance().await);
    let ((_token, token), (_file, credentials)) = (file("ey"), file(PROFILES));
    let all = [
        ("AWS_ACCESS_KEY_ID", "ENVIRONMENT".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url("/")),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", instance.url("")),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/web".to_owned()),
        ("AWS_ENDPOINT_URL_STS", sts.url("/")),
        ("HOME", "/nowhere".to_owned()),
    ];
    let without = |count: usize| all.iter().skip(count).cloned().collect::<Vec<_>>();
    for (env, expected) in [
        (without(0), "ENVIRONMENT"),
        (without(2), "PROFILE"),
        (without(3), "WEB"),
        (without(4), "CONTAINER"),
        (without(5), "INSTANCE"),
    ] {
        let model = Server::model(CONVERSE).await;
        let setup = Setup { env, ..bedrock(&model) };
        assert_eq!(shown(setup, &model).await.signed().0, expected);
    }
    let model = Server::model(CONVERSE).await;
    let setup = Setup { env: without(0), ..Setup::new("bedrock", model.addr) };
    assert_eq!(shown(setup, &model).await.signed().0, "AKIATOUCHSTONE000001", "the file goes before all");
}

#[tokio::test]
async fn a_call_may_name_the_role_that_it_is_made_in() {
    let (model, sts) = (Server::model(CONVERSE).await, sts().await);
    let setup = Setup::new("bedrock", model.addr).set(
        "/model/options/bedrock",
        json!({"aws_region": "us-east-1", "aws_assume_role_arn": "arn:aws:iam::1:role/$(headers.x-team)",
               "aws_sts_endpoint_url": sts.url("/")}),
    );
    let gateway = setup.start();
    let mut client = Client::connect(gateway.addr()).await;
    for team in ["red", "blue", "red"] {
        client.post("/chat", &format!("content-type: application/json\r\nx-team: {team}\r\n"), ASK).await;
        assert_eq!(client.reply().await.status, 200);
    }
    let signed: Vec<String> = model.seen().iter().map(|seen| seen.signed().0).collect();
    assert_eq!(signed, ["RED", "BLUE", "RED"]);
    assert_eq!(sts.seen().len(), 2, "a role is assumed once");
    let reply = chat(&gateway, ASK).await;
    assert_eq!(reply.error(), (400, "template_unresolved".to_owned()));
}

#[tokio::test]
async fn keys_that_bedrock_takes_for_expired_are_replaced() {
    let model = Server::start(|number, _| {
        let expired =
            "403 Forbidden\r\nx-amzn-errortype: ExpiredTokenException:http://internal.amazon.com/coral/";
        let message = r#"{"message":"The security token included in the request is expired"}"#;
        Some(if number == 0 { json_reply(expired, message) } else { json_reply("200 OK", CONVERSE) })
    })
    .await;
    let container = Server::start(|number, _| {
        Some(json_reply("200 OK", &keys(&format!("KEY{number}"), "2999-01-01T00:00:00Z")))
    })
    .await;
    let gateway = bedrock(&model).env("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url("/")).start();
    assert_eq!(chat(&gateway, ASK).await.status, 200);
    let signed: Vec<String> = model.seen().iter().map(|seen| seen.signed().0).collect();
    assert_eq!(signed, ["KEY0", "KEY1"]);
}

#[tokio::test]
async fn who_is_not_allowed_is_told_so_at_once() {
    let model = Server::start(|_, _| {
        let denied = "403 Forbidden\r\nx-amzn-errortype: AccessDeniedException";
        Some(json_reply(denied, r#"{"Message":"User is not authorized"}"#))
    })
    .await;
    let container = container().await;
    let gateway = bedrock(&model).env("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url("/")).start();
    assert_eq!(chat(&gateway, ASK).await.status, 403);
    assert_eq!((model.seen().len(), container.seen().len()), (1, 1));
}

#[tokio::test]
async fn an_instance_that_cannot_renew_its_keys_is_believed_that_they_work() {
    let instance = Server::start(|_, seen| {
        Some(match seen.line() {
            "PUT /latest/api/token" => whole("200 OK", "s"),
            line if line.ends_with("/my-role") => whole("200 OK", keys("STALE", "2001-01-01T00:00:00Z")),
            _ => whole("200 OK", "my-role"),
        })
    })
    .await;
    let model = Server::model(CONVERSE).await;
    let env = vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", instance.url("")), ("HOME", "/nowhere".to_owned())];
    let setup = Setup { env, ..bedrock(&model) };
    assert_eq!(shown(setup, &model).await.signed().0, "STALE");
}

#[tokio::test]
async fn where_there_are_no_keys_nothing_is_sent() {
    let model = Server::model(CONVERSE).await;
    let gateway = bedrock(&model).start();
    let reply = chat(&gateway, ASK).await;
    assert_eq!(reply.error(), (500, "identity_unavailable".to_owned()));
    assert_eq!(reply.json()["error"]["message"], "LLM request failed before proxying");
    assert!(model.seen().is_empty());
}

#[tokio::test]
async fn a_header_in_the_file_goes_before_all_keys() {
    let (model, container) = (Server::model(CONVERSE).await, container().await);
    let setup = bedrock(&model)
        .set("/auth", json!({"header_name": "Authorization", "header_value": "Bearer mine"}))
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url("/"));
    let seen = shown(setup, &model).await;
    assert_eq!(seen.field("authorization"), Some("Bearer mine"));
    assert!(container.seen().is_empty());
}

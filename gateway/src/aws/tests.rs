//! AWS's own signer says what is right.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    self, PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode,
};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use proptest::prelude::*;

use super::{Request, Signer};

const ACCESS_KEY: &str = "AKIATOUCHSTONE000001";
const SECRET_KEY: &str = "touchstone-secret-access-key";

/// What AWS's crate would add to the request.
fn oracle(request: &Request<'_>, token: Option<&str>, seconds: u64) -> Vec<(String, String)> {
    oracle_of("bedrock", request, token, seconds)
}

fn oracle_of(
    service: &str,
    request: &Request<'_>,
    token: Option<&str>,
    seconds: u64,
) -> Vec<(String, String)> {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = Credentials::new(ACCESS_KEY, SECRET_KEY, token.map(str::to_owned), None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name(service)
        .time(UNIX_EPOCH + Duration::from_secs(seconds))
        .settings(settings)
        .build()
        .unwrap();
    let host = request.headers[0].1;
    let mark = if request.query.is_empty() { "" } else { "?" };
    let url = format!("https://{host}{}{mark}{}", request.path, request.query);
    let body = SignableBody::Bytes(request.body);
    let signable = SignableRequest::new(request.method, url, request.headers.iter().copied(), body).unwrap();
    let (instructions, _) = http_request::sign(signable, &params.into()).unwrap().into_parts();
    let mut fields: Vec<_> =
        instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    fields.sort();
    fields
}

fn ours(request: &Request<'_>, token: Option<&str>, seconds: u64) -> Vec<(String, String)> {
    ours_of("bedrock", request, token, seconds)
}

fn ours_of(
    service: &'static str,
    request: &Request<'_>,
    token: Option<&str>,
    seconds: u64,
) -> Vec<(String, String)> {
    let signer = Signer::new(
        ACCESS_KEY.into(),
        SECRET_KEY.into(),
        token.map(Into::into),
        "eu-west-1".into(),
        "bedrock",
    )
    .of(service);
    let now = Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
    let sign = || {
        let mut fields: Vec<_> =
            signer.sign(request, now).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        fields.sort();
        fields
    };
    let fields = sign();
    assert_eq!(fields, sign(), "the kept key of the day is another one");
    fields
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        3 => "[a-zA-Z0-9._~-]{1,12}",
        2 => "([a-z]|%3A|%2F|%20|%C3%A9|%25){1,8}",
        1 => "[!$&'()*+,;=:@a-z]{1,6}",
        1 => Just(".".to_owned()),
        1 => Just("..".to_owned()),
        1 => Just(String::new()),
    ];
    (proptest::collection::vec(segment, 0..6), any::<bool>())
        .prop_map(|(segments, slash)| format!("/{}{}", segments.join("/"), if slash { "/" } else { "" }))
        // `//` at the start of a path would read as a host.
        .prop_filter("a path, not an authority", |path| !path.starts_with("//"))
}

fn query() -> impl Strategy<Value = String> {
    let part = "([a-zA-Z0-9._~-]|%20|%2F|%3D|%C3%A9|\\+|/){0,6}";
    proptest::collection::vec((part, proptest::option::of(part)), 0..4).prop_map(|pairs| {
        let pairs = pairs
            .into_iter()
            .map(|(name, value)| value.map_or_else(|| name.clone(), |value| format!("{name}={value}")));
        pairs.collect::<Vec<_>>().join("&")
    })
}

proptest! {
    #[test]
    fn we_sign_as_aws_does(
        path in path(),
        query in query(),
        headers in proptest::collection::vec(("[xX]-[a-zA-Z]{1,3}", "[ -~]{0,20}"), 0..5),
        body in proptest::collection::vec(any::<u8>(), 0..100),
        token in proptest::option::of("[a-zA-Z0-9/+=]{1,40}"),
        seconds in 0u64..4_000_000_000,
    ) {
        let mut fields = vec![("host", "bedrock-runtime.eu-west-1.amazonaws.com"), ("content-type", "application/json")];
        fields.extend(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let request = Request { method: "POST", path: &path, query: &query, headers: &fields, body: &body };
        prop_assert_eq!(ours(&request, token.as_deref(), seconds), oracle(&request, token.as_deref(), seconds));
    }
}

proptest! {
    #[test]
    fn we_sign_for_buckets_as_aws_does(
        path in "(/([a-zA-Z0-9._~-]|%20|%C3%A9|%3A){1,12}){1,4}",
        method in prop_oneof![Just("GET"), Just("PUT"), Just("DELETE")],
        body in proptest::collection::vec(any::<u8>(), 0..100),
        token in proptest::option::of("[a-zA-Z0-9/+=]{1,40}"),
        seconds in 0u64..4_000_000_000,
    ) {
        let fields = [("host", "s3.eu-west-1.amazonaws.com"), ("content-type", "application/jsonl")];
        let request = Request { method, path: &path, query: "", headers: &fields, body: &body };
        let token = token.as_deref();
        prop_assert_eq!(ours_of("s3", &request, token, seconds), oracle_of("s3", &request, token, seconds));
    }
}

#[test]
fn model_ids_and_arns_are_encoded_twice() {
    let models = [
        "anthropic.claude-sonnet-4%3A0",
        "arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.nova",
    ];
    for model in models {
        let path = format!("/model/{model}/converse-stream");
        let request =
            Request { method: "POST", path: &path, query: "", headers: &[("host", "h")], body: b"{}" };
        let (text, names) = super::canonical::canonical(&request, "hash", false);
        assert_eq!(text, format!("POST\n{}\n\nhost:h\n\nhost\nhash", path.replace('%', "%25")));
        assert_eq!(names, "host");
        assert_eq!(ours(&request, None, 1_800_000_000), oracle(&request, None, 1_800_000_000));
    }
}

#[test]
fn a_new_day_needs_a_new_key() {
    let signer = Signer::new(ACCESS_KEY.into(), SECRET_KEY.into(), None, "eu-west-1".into(), "bedrock");
    let request = Request { method: "POST", path: "/", query: "", headers: &[("host", "h")], body: b"" };
    for day in [20_000u64, 20_001, 20_000] {
        let now = Timestamp::from_second(i64::try_from(day * 86_400).unwrap()).unwrap();
        let expected = oracle(&request, None, day * 86_400);
        assert_eq!(signer.sign(&request, now)[0].1, expected[0].1);
    }
}

#[test]
fn debug_shows_no_key() {
    let signer = Signer::new(
        ACCESS_KEY.into(),
        SECRET_KEY.into(),
        Some("token".into()),
        "eu-west-1".into(),
        "bedrock",
    );
    let shown = format!("{signer:?}");
    assert!(
        !shown.contains(ACCESS_KEY) && !shown.contains(SECRET_KEY) && !shown.contains("token"),
        "{shown}"
    );
}

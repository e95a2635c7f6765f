//! The verifier against AWS's signer: what the one signs the other accepts, and nothing else.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Pair;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::{SignedDuration, Timestamp};
use mocks::cloud::Issued;
use mocks::cloud::aws::sigv4::{self, Refusal};
use mocks::request::Request;
use mocks::store::Store;
use mocks::{AwsKey, Credentials, Keys, StoreLimits};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

const HOST: &str = "127.0.0.1:4010";

/// A request before it is signed.
#[derive(Debug, Clone)]
struct Plain {
    method: &'static str,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    token: Option<String>,
    hashes: bool,
    seconds: i64,
}

fn plain() -> impl Strategy<Value = Plain> {
    let segment = prop_oneof![
        "[a-z0-9.:~_-]{1,12}",
        "[a-z]{1,4}(%3A|%2F|%20|%25|%C3%A4)[a-z0-9]{1,4}",
        select(vec!["", ".", "..", "converse", "arn:aws:bedrock"]).prop_map(str::to_owned),
        "[a-z]{0,3}[!$&'()*+,;=@][a-z]{0,3}",
    ];
    let path = vec(segment, 1..6).prop_map(|parts| format!("/{}", parts.join("/")));
    let part = "([a-zA-Z0-9._~-]|%20|%2B|%C3%A9|\\+){0,6}";
    let query = vec((part, option::of(part)), 0..4).prop_map(|pairs| {
        let pairs: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| value.map_or(name.clone(), |value| format!("{name}={value}")))
            .collect();
        pairs.join("&")
    });
    let header = ("x-[a-z]{1,6}", "[a-zA-Z0-9=,;]([a-zA-Z0-9 \"=,;]{0,20}[a-zA-Z0-9])?");
    (
        select(vec!["POST", "GET", "PUT"]),
        path,
        option::of(query),
        vec(header, 0..4),
        vec(any::<u8>(), 0..64),
        option::of("[A-Za-z0-9/+=]{20,40}"),
        any::<bool>(),
        1_500_000_000..1_900_000_000_i64,
    )
        .prop_map(|(method, path, query, headers, body, token, hashes, seconds)| Plain {
            method,
            path,
            query,
            headers,
            body,
            token,
            hashes,
            seconds,
        })
}

fn known(token: Option<&String>) -> Credentials {
    Credentials {
        aws: vec![AwsKey { session_token: token.cloned(), ..AwsKey::default() }],
        ..Credentials::default()
    }
}

/// Whether these keys signed it, for Bedrock.
fn verify(request: &Request, published: &Credentials, now: Timestamp) -> Result<(), Refusal> {
    let store = Store::new(StoreLimits::default());
    let keys = Keys { published, issued: Issued::new(&store, now, None) };
    sigv4::verify(request, &keys, "bedrock", now).map(drop)
}

/// What lies on the wire once AWS's signer was there.
fn signed(plain: &Plain, pair: &AwsKey, service: &str) -> Request {
    signed_for(HOST, plain, pair, service)
}

fn signed_for(host: &str, plain: &Plain, pair: &AwsKey, service: &str) -> Request {
    let identity =
        Pair::new(&pair.access_key_id, &pair.secret_access_key, pair.session_token.clone(), None, "test")
            .into();
    let mut settings = SigningSettings::default();
    if plain.hashes {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(plain.seconds.try_into().unwrap());
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&pair.region)
        .name(service)
        .time(time)
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let query = plain.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
    let uri = format!("http://{host}{}{query}", plain.path);
    let headers = plain.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signable =
        SignableRequest::new(plain.method, &uri, headers, SignableBody::Bytes(&plain.body)).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let mut all = vec![("host".to_owned(), HOST.to_owned())];
    all.extend(plain.headers.iter().cloned());
    all.extend(instructions.headers().map(|(name, value)| (name.to_lowercase(), value.to_owned())));
    Request {
        method: plain.method.to_owned(),
        path: plain.path.clone(),
        query: plain.query.clone(),
        headers: all,
        body: plain.body.clone().into(),
        ..Request::default()
    }
}

fn judge(request: &Request, token: Option<&String>, seconds: i64) -> Result<(), Refusal> {
    verify(request, &known(token), Timestamp::from_second(seconds).unwrap())
}

/// Changes one thing that is signed; false where the request has no such thing.
fn tamper(request: &mut Request, what: usize) -> bool {
    let header = |request: &mut Request, name: &str, change: fn(&mut String)| {
        request.headers.iter_mut().find(|(known, _)| known == name).map(|(_, value)| change(value)).is_some()
    };
    match what {
        0 => request.method.push('X'),
        1 => request.path.push_str("/more"),
        2 => request.query = Some(format!("{}&more=1", request.query.clone().unwrap_or_default())),
        3 => return header(request, "host", |value| value.push('0')),
        4 => request.body = [&request.body[..], b" "].concat().into(),
        5 => {
            return header(request, "authorization", |value| {
                let last = if value.ends_with('0') { '1' } else { '0' };
                value.pop();
                value.push(last);
            });
        }
        6 => return header(request, "x-amz-content-sha256", |value| *value = "UNSIGNED-PAYLOAD".to_owned()),
        7 => {
            let names = request.headers.iter().map(|(name, _)| name.clone());
            let Some(name) =
                names.into_iter().find(|name| name.starts_with("x-") && !name.starts_with("x-amz"))
            else {
                return false;
            };
            return header(request, &name, |value| value.push('z'));
        }
        _ if request.path.contains("..") => return false,
        _ => request.prefix = "/prefix".to_owned(),
    }
    true
}

proptest! {
    #[test]
    fn what_awss_signer_signs_is_accepted(plain in plain(), skew in -300..=300_i64) {
        let credentials = known(plain.token.as_ref());
        let request = signed(&plain, &credentials.aws[0], "bedrock");
        prop_assert_eq!(judge(&request, plain.token.as_ref(), plain.seconds + skew), Ok(()));
    }

    #[test]
    fn what_was_changed_after_signing_is_refused(plain in plain(), what in 0..9_usize) {
        let credentials = known(plain.token.as_ref());
        let mut request = signed(&plain, &credentials.aws[0], "bedrock");
        if tamper(&mut request, what) {
            let refusal = judge(&request, plain.token.as_ref(), plain.seconds).unwrap_err();
            prop_assert_eq!(refusal.exception, "InvalidSignatureException");
            let expected = refusal.expected.unwrap();
            prop_assert!(refusal.message.contains(&expected.canonical_request));
            prop_assert!(refusal.message.contains(&expected.string_to_sign));
        }
    }

    #[test]
    fn no_header_makes_the_verifier_panic(
        authorization in "(AWS4-HMAC-SHA256 )?(Credential=|SignedHeaders=|Signature=|[a-z0-9/;=, -]){0,8}",
        date in prop_oneof!["[0-9]{8}T[0-9]{6}Z", ".{0,20}"],
    ) {
        let headers = vec![("authorization".to_owned(), authorization), ("x-amz-date".to_owned(), date)];
        let request = Request { headers, ..Request::default() };
        prop_assert!(judge(&request, None, 1_700_000_000).is_err());
    }
}

fn simple() -> Plain {
    Plain {
        method: "POST",
        path: "/bedrock/model/a%3A0/converse".to_owned(),
        query: None,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: b"{}".to_vec(),
        token: None,
        hashes: false,
        seconds: 1_767_323_045,
    }
}

#[test]
fn the_path_is_encoded_once_more_than_on_the_wire() {
    let key = AwsKey { secret_access_key: "another".to_owned(), ..AwsKey::default() };
    for (path, canonical) in [
        ("/model/a.b-v1%3A0/converse", "/model/a.b-v1%253A0/converse"),
        ("/model/a.b-v1:0/converse", "/model/a.b-v1%3A0/converse"),
        ("/model/arn%3Aaws%3Abedrock%2Fx/converse", "/model/arn%253Aaws%253Abedrock%252Fx/converse"),
        ("//model/./x/../y/converse/", "/model/y/converse/"),
        ("/..", "/"),
    ] {
        let request = signed(&Plain { path: path.to_owned(), ..simple() }, &key, "bedrock");
        let expected = judge(&request, None, simple().seconds).unwrap_err().expected.unwrap();
        assert_eq!(expected.canonical_request.lines().nth(1), Some(canonical), "{path}");
        assert!(
            expected
                .string_to_sign
                .starts_with("AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/us-east-1/bedrock/aws4_request\n")
        );
    }
}

/// AWS's own addresses have no port, and what is signed there is signed here.
#[test]
fn the_hosts_port_need_not_be_signed() {
    let (name, _) = HOST.split_once(':').unwrap();
    let host = |host: &str| signed_for(host, &simple(), &AwsKey::default(), "bedrock");
    for (mut request, is_good) in [(host(name), true), (host(HOST), true), (host("127.0.0.2"), false)] {
        request
            .headers
            .iter_mut()
            .filter(|(name, _)| name == "host")
            .for_each(|(_, value)| *value = HOST.to_owned());
        assert_eq!(judge(&request, None, simple().seconds).is_ok(), is_good);
    }
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let request = signed(&simple(), &AwsKey::default(), "bedrock");
    let at = |skew: i64| judge(&request, None, simple().seconds + skew).map_err(|refusal| refusal.message);
    assert_eq!((at(300), at(-300)), (Ok(()), Ok(())));
    assert_eq!(
        at(301).unwrap_err(),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)"
    );
    assert_eq!(
        at(-301).unwrap_err(),
        "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + 5 min.)"
    );
    let long_ago = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
    assert!(verify(&request, &Credentials::default(), long_ago).is_err());
}

/// Replaces a text in the header `authorization`.
fn reworded(request: &Request, from: &str, to: &str) -> Request {
    let mut request = request.clone();
    for (name, value) in &mut request.headers {
        if name == "authorization" {
            assert!(value.contains(from), "{value}");
            *value = value.replace(from, to);
        }
    }
    request
}

#[test]
fn each_broken_part_has_its_own_sentence() {
    let key = AwsKey::default();
    let good = signed(&simple(), &key, "bedrock");
    let elsewhere = AwsKey { region: "eu-west-1".to_owned(), ..AwsKey::default() };
    let stranger = AwsKey { access_key_id: "AKIASTRANGER".to_owned(), ..AwsKey::default() };
    let tokened = AwsKey { session_token: Some("token".to_owned()), ..AwsKey::default() };
    let mut undated = good.clone();
    undated.headers.retain(|(name, _)| name != "x-amz-date");
    for (request, exception, sentence) in [
        (
            signed(&simple(), &elsewhere, "bedrock"),
            "InvalidSignature",
            "Credential should be scoped to a valid region. ",
        ),
        (
            signed(&simple(), &key, "bedrock-runtime"),
            "InvalidSignature",
            "Credential should be scoped to correct service: 'bedrock'. ",
        ),
        (
            signed(&simple(), &stranger, "bedrock"),
            "UnrecognizedClient",
            "The security token included in the request is invalid.",
        ),
        (
            signed(&simple(), &tokened, "bedrock"),
            "UnrecognizedClient",
            "The security token included in the request is invalid.",
        ),
        (
            reworded(&good, "aws4_request", "aws5_request"),
            "InvalidSignature",
            "'aws4_request', not 'aws5_request'",
        ),
        (
            reworded(&good, "/20260102/", "/20260103/"),
            "InvalidSignature",
            "'20260103' != '20260102', from '20260102T030405Z'.",
        ),
        (
            reworded(&good, ";host;", ";"),
            "InvalidSignature",
            "'Host' or ':authority' must be a 'SignedHeader'",
        ),
        (
            reworded(&good, "/us-east-1", ""),
            "IncompleteSignature",
            "Credential must have exactly 5 slash-delimited elements",
        ),
        (reworded(&good, "Signature=", "Signature"), "IncompleteSignature", "missing equal-sign"),
        (
            reworded(&good, "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            "IncompleteSignature",
            "requires 'Signature' parameter.",
        ),
        (undated, "IncompleteSignature", "existence of either a 'X-Amz-Date' or a 'Date' header"),
    ] {
        let refusal = judge(&request, None, simple().seconds).unwrap_err();
        assert_eq!(refusal.exception, format!("{exception}Exception"), "{}", refusal.message);
        assert!(refusal.message.contains(sentence), "{}", refusal.message);
    }
}

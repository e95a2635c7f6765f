//! Every case of pictures and transcripts comes out as it says; what has no form never panics.

use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use translate::call::Auth;
use translate::passthrough::Resource;
use translate::providers::{self, Provider};
use translate::works::{self, Asked, Given, Sent, Work, Written};
use translate::{Error, call};

use crate::case::CaseOptions;
use crate::folder::Folder;

/// A work, as one folder shows it.
struct Case {
    resource: Resource,
    folder: Folder,
}

impl Deref for Case {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.folder
    }
}

const CREATED: u64 = 1_700_000_000;
const BOUNDARY: &str = "--between";

impl Case {
    fn all() -> Vec<Self> {
        let of = |folder: Folder| {
            let resource = match &*folder.route {
                "transcriptions" => Resource::Transcriptions,
                _ if folder.has("edits.json") => Resource::ImageEdits,
                _ => Resource::ImageGenerations,
            };
            Self { resource, folder }
        };
        ["images", "transcriptions"].into_iter().flat_map(Folder::all).map(of).collect()
    }

    fn work(&self) -> Work {
        self.provider.work(self.resource).unwrap_or_else(|| panic!("{self}: there is no such work"))
    }

    /// The client's body, and what it is.
    fn body(&self) -> (String, Vec<u8>) {
        match (self.read("request.json"), self.json("form.json")) {
            (Some(request), _) => ("application/json".to_owned(), request.into_bytes()),
            (None, Some(parts)) => {
                let mut body = Vec::new();
                for part in parts.as_array().unwrap() {
                    let file = part["file"].as_str().map(|file| {
                        format!("; filename=\"{file}\"\r\nContent-Type: {}", text(&part["media_type"]))
                    });
                    let head = format!(
                        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n\r\n",
                        text(&part["name"]),
                        file.unwrap_or_default()
                    );
                    body.extend_from_slice(head.as_bytes());
                    body.extend(content(part));
                    body.extend_from_slice(b"\r\n");
                }
                body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
                (format!("multipart/form-data; boundary={BOUNDARY}"), body)
            }
            (None, None) => panic!("{self} asks for nothing"),
        }
    }

    fn request(&self) -> Result<(Sent, Vec<u8>), Error> {
        let (content_type, body) = self.body();
        let edits = self.resource == Resource::ImageEdits;
        let asked = Asked { content_type: &content_type, body: &body, edits };
        let options = self.options();
        let mut out = Vec::new();
        works::request(self.work(), asked, &options.options(), &mut out).map(|sent| (sent, out))
    }

    /// The provider's reply, and what it is.
    fn reply(&self) -> Option<(String, Vec<u8>)> {
        let raw = || self.json("raw.json").map(|raw| (text(&raw["media_type"]).to_owned(), content(&raw)));
        let json = self.read("reply.json").map(|reply| ("application/json".to_owned(), reply.into_bytes()));
        json.or_else(raw)
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.folder.fmt(f)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The text of a field, or the bytes of a file.
fn content(part: &Value) -> Vec<u8> {
    match part["base64"].as_str() {
        Some(base64) => STANDARD.decode(base64).unwrap(),
        None => text(&part["text"]).as_bytes().to_vec(),
    }
}

fn told(case: &Case, why: &Error) {
    let expected = case.json("expected_error.json").unwrap_or_else(|| panic!("{case} is refused: {why}"));
    let body: Value = serde_json::from_slice(&why.body()).unwrap();
    assert_eq!(json!({ "status": why.status(), "body": body }), expected, "{case}");
}

#[test]
fn requests_come_out_as_the_case_says() {
    for case in Case::all() {
        let wanted = case.json("upstream.json").map(|json| (json, true));
        let wanted = wanted.or_else(|| case.json("bytes.json").map(|json| (json, false)));
        match (case.request(), wanted) {
            (Ok((sent, out)), Some((expected, is_json))) => {
                if is_json {
                    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected, "{case}");
                    assert_eq!(sent.content_type, "application/json", "{case}");
                } else {
                    assert_eq!(
                        (out, sent.content_type.as_str()),
                        (content(&expected), text(&expected["media_type"])),
                        "{case}"
                    );
                }
                same_target(&case, &sent);
            }
            (Err(why), None) => told(&case, &why),
            (Ok(_), None) => panic!("{case} is not refused"),
            (Err(why), Some(_)) => panic!("{case} is refused: {why}"),
        }
    }
}

fn same_target(case: &Case, sent: &Sent) {
    let target = &sent.target;
    let auth = match target.auth {
        Auth::Bearer => "bearer".to_owned(),
        Auth::Header(name) => name.to_owned(),
        Auth::SigV4 { service } => format!("sigv4:{service}"),
    };
    let mut dropped = target.dropped.clone();
    dropped.sort();
    let headers: serde_json::Map<String, Value> =
        target.headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let mut got = json!({ "path": target.path, "auth": auth, "dropped": dropped });
    if !headers.is_empty() {
        got["headers"] = headers.into();
    }
    assert_eq!(got, case.json("target.json").unwrap(), "{case}");
}

#[test]
fn replies_come_out_as_the_case_says() {
    for case in Case::all() {
        let Some((media_type, body)) = case.reply() else { continue };
        let (sent, _) = case.request().unwrap();
        let given = Given { media_type: &media_type, body: &body, created: CREATED };
        let written = match works::reply(case.work(), &sent, given) {
            Ok(written) => written,
            Err(why) => {
                told(&case, &why);
                continue;
            }
        };
        let Written { body, content_type, usage } = written;
        let got = String::from_utf8(body).unwrap();
        if let Some(expected) = case.json("expected.json") {
            let got: Value = serde_json::from_str(&got).unwrap();
            assert_eq!((&got, content_type), (&expected, "application/json"), "{case}");
            let output = got["usage"]["output_tokens"].as_u64();
            assert_eq!(usage.map(|usage| usage.completion), output, "{case}");
        } else if let Some(expected) = case.read("expected.sse") {
            assert_eq!((got, content_type), (expected, "text/event-stream; charset=utf-8"), "{case}");
        } else {
            assert_eq!(
                (Some(got), content_type),
                (case.read("expected.txt"), "text/plain; charset=utf-8"),
                "{case}"
            );
        }
    }
}

/// What is sent is judged by the provider's document, what the client gets by OpenAI's.
#[test]
fn documents_agree_with_the_cases() {
    for case in Case::all() {
        if let (Some(target), Some(upstream)) = (case.json("target.json"), case.json("upstream.json")) {
            let operation = document(case.provider).operation("POST", text(&target["path"]));
            let operation = operation.unwrap_or_else(|| panic!("{case}: no document has the path"));
            let variant =
                variant(text(&target["path"]), case.resource).and_then(|name| operation.variant(name));
            let operation = variant.unwrap_or(operation);
            assert_eq!(operation.request(&upstream), [], "{case}");
            if let Some(reply) = case.json("reply.json").filter(|_| !case.is_broken()) {
                assert_eq!(operation.reply(200, &reply), [], "{case}");
            }
        }
        let path = match case.resource {
            Resource::Transcriptions => "/v1/audio/transcriptions",
            Resource::ImageEdits => "/v1/images/edits",
            _ => "/v1/images/generations",
        };
        let operation = specs::api("openai").unwrap().operation("POST", path).unwrap();
        if let Some(expected) = case.json("expected.json") {
            assert_eq!(operation.reply(200, &expected), [], "{case}");
        }
        for event in case
            .read("expected.sse")
            .iter()
            .flat_map(|sse| sse.split("\n\n").filter(|event| !event.is_empty()))
        {
            let (name, data) = event.split_once('\n').unwrap();
            let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(operation.event(name.strip_prefix("event: ").unwrap(), &data), [], "{case}");
        }
    }
}

/// Who describes a provider's own works.
fn document(provider: &Provider) -> &'static specs::Api {
    let of_its_own = [("dashscope", "dashscope-aigc")].iter().find(|(name, _)| *name == provider.name);
    specs::api(of_its_own.map_or(&*provider.id(), |(_, document)| *document)).unwrap()
}

/// Which of several bodies an operation takes there.
fn variant(path: &str, resource: Resource) -> Option<&'static str> {
    let is_edit = resource == Resource::ImageEdits;
    match path {
        _ if path.contains("/projects/") && path.contains("imagen") => Some("imagen"),
        _ if path.contains("stability.") => Some("stability-image"),
        _ if path.contains("titan-image") || path.contains("nova-canvas") => Some("amazon-image"),
        _ if path.starts_with("/hf-inference/") && is_edit => Some("image-to-image"),
        _ if path.starts_with("/hf-inference/") => Some("text-to-image"),
        _ => None,
    }
}

#[test]
fn errors_are_in_openais_words() {
    let body = br#"{"error":{"code":400,"message":"no such ratio","status":"INVALID_ARGUMENT"}}"#;
    let failure =
        call::failure(call::Api::Chat, providers::by_id("gemini").unwrap(), 400, &|_| None, body, "id");
    let body: Value = serde_json::from_slice(&failure.body).unwrap();
    assert_eq!((failure.status, &body["error"]["message"]), (400, &json!("no such ratio")));
    // https://www.alibabacloud.com/help/en/model-studio/error-code
    for (status, native, code) in [
        (400, "DataInspectionFailed", json!("content_policy_violation")),
        (400, "InvalidParameter", json!("InvalidParameter")),
        (401, "InvalidApiKey", json!("invalid_api_key")),
        (404, "ModelNotFound", json!("model_not_found")),
        (429, "Throttling.RateQuota", json!("rate_limit_exceeded")),
        (429, "Throttling.AllocationQuota", json!("insufficient_quota")),
    ] {
        let body = json!({ "code": native, "message": "so it is", "request_id": "r" }).to_string();
        let dashscope = providers::by_id("dashscope").unwrap();
        let failure = call::failure(call::Api::Chat, dashscope, status, &|_| None, body.as_bytes(), "id");
        let body: Value = serde_json::from_slice(&failure.body).unwrap();
        assert_eq!((failure.status, &body["error"]["code"]), (status, &code), "{native}");
        assert_eq!(body["error"]["message"], "so it is");
    }
}

/// `DashScope`'s way to pictures, and a client's request for one.
fn task(response_format: &str) -> (Work, Sent) {
    let work = providers::by_id("dashscope").unwrap().work(Resource::ImageGenerations).unwrap();
    let body = json!({ "model": "wan2.2-t2i-flash", "prompt": "a hat", "response_format": response_format })
        .to_string();
    let asked = Asked { content_type: "application/json", body: body.as_bytes(), edits: false };
    let options = CaseOptions::default();
    (work, works::request(work, asked, &options.options(), &mut Vec::new()).unwrap())
}

fn given(body: &[u8]) -> Given<'_> {
    Given { media_type: "application/json", body, created: CREATED }
}

#[test]
fn a_task_is_looked_at_until_it_is_over() {
    let (work, _) = task("url");
    for (status, goes_on) in
        [("PENDING", true), ("RUNNING", true), ("SUCCEEDED", false), ("FAILED", false), ("UNKNOWN", false)]
    {
        let body = json!({ "output": { "task_id": "a/b", "task_status": status }, "request_id": "r" });
        let next = works::task(work, given(body.to_string().as_bytes())).unwrap();
        assert_eq!(
            next.map(|target| target.path),
            goes_on.then(|| "/api/v1/tasks/a%2Fb".to_owned()),
            "{status}"
        );
    }
}

#[test]
fn what_lies_elsewhere_is_put_in_where_the_client_wants_it() {
    let address = "https://dashscope-result-sh.oss-cn-shanghai.aliyuncs.com/a.png";
    let body = json!({ "output": { "task_id": "t", "task_status": "SUCCEEDED", "results": [{ "url": address }] }, "request_id": "r" });
    let (body, openai) = (body.to_string(), specs::api("openai").unwrap());
    let operation = openai.operation("POST", "/v1/images/generations").unwrap();
    for (format, missing) in [("url", vec![]), ("b64_json", vec![address.to_owned()])] {
        let (work, sent) = task(format);
        assert!(sent.target.dropped.is_empty(), "{:?}", sent.target.dropped);
        let mut made = works::made(work, &sent, given(body.as_bytes())).unwrap();
        assert_eq!(made.missing(), missing, "{format}");
        for address in missing {
            made.found(&address, "image/png", b"\x89PNG\r\n\x1a\n");
        }
        let written: Value = serde_json::from_slice(&made.write().unwrap().body).unwrap();
        assert_eq!(operation.reply(200, &written), [], "{written}");
        let expected = if format == "url" { address } else { "iVBORw0KGgo=" };
        assert_eq!(written["data"][0][format], expected);
    }
}

#[test]
fn works_are_looked_up_where_their_makers_keep_them() {
    let (work, _) = task("url");
    for (host, expected) in [
        ("dashscope-result-sh.oss-cn-shanghai.aliyuncs.com", true),
        ("aliyuncs.com", false),
        ("evilaliyuncs.com", false),
        ("169.254.169.254", false),
        ("a.aliyuncs.com.example", false),
    ] {
        assert_eq!(works::lies_at(work, host), expected, "{host}");
    }
    let gemini = providers::by_id("gemini").unwrap().work(Resource::ImageGenerations).unwrap();
    assert!(!works::lies_at(gemini, "a.aliyuncs.com"));
}

proptest! {
    #[test]
    fn no_bytes_panic(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let cases = Case::all();
        let case = which.get(&cases);
        let (content_type, mut body) = case.body();
        let place = at.index(body.len());
        if cut { body.truncate(place) } else { body[place] = byte }
        let asked = Asked { content_type: &content_type, body: &body, edits: case.resource == Resource::ImageEdits };
        let options: CaseOptions = CaseOptions::default();
        let _ = works::request(case.work(), asked, &options.options(), &mut Vec::new());
        if let (Some((media_type, mut body)), Ok((sent, _))) = (case.reply(), case.request()) {
            let place = at.index(body.len());
            if cut { body.truncate(place) } else { body[place] = byte }
            let given = Given { media_type: &media_type, body: &body, created: CREATED };
            let _ = works::reply(case.work(), &sent, given);
        }
    }
}

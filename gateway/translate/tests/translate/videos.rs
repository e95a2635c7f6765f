//! Every case in `specs/cases/videos` comes out as it says: requests, looks, where a video is fetched. What the provider gets and says is
//! judged by its document, and what the client gets by OpenAI's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use translate::Error;
use translate::fuzz;
use translate::providers::Provider;
use translate::videos::{Dialect, Name, Order, Place, Sent, Step, Variant, page};
use translate::works::Asked;

use crate::damage::damage;
use crate::folder;

/// When every video was begun.
const CREATED: u64 = 1_700_000_000;

/// A video, as one folder shows it.
type Case = folder::Case<Dialect>;

impl Case {
    fn all() -> Vec<Self> {
        Self::every("videos", Provider::videos)
    }

    fn begin<'a>(&self, request: &'a str) -> Result<(Sent, Order<'a>), Error> {
        let asked = Asked { content_type: "application/json", body: request.as_bytes(), edits: false };
        self.dialect.begin(asked, &self.options().options())
    }

    /// What a look is about.
    fn name(&self) -> Option<Name> {
        let name = self.json("name.json")?;
        let edge = |at: usize| u32::try_from(name["size"][at].as_u64().unwrap()).unwrap();
        Some(Name {
            native: name["native"].as_str().unwrap().to_owned(),
            model: name["model"].as_str().unwrap().to_owned(),
            size: (edge(0), edge(1)),
            seconds: name["seconds"].as_u64().unwrap(),
            created: CREATED,
        })
    }

    fn step(&self, step: Step<'_>) -> Sent {
        self.dialect.step(step, &self.options().options()).unwrap_or_else(|why| panic!("{self}: {why}"))
    }

    /// Whether what is sent is as a file says.
    fn is_sent(&self, sent: &Sent, expected: &Value) {
        let target = &sent.target;
        let query: Vec<Value> = target.query.iter().map(|(name, value)| json!([name, value])).collect();
        for (member, found) in [
            ("method", json!(sent.method)),
            ("path", json!(target.path)),
            ("query", json!(query)),
            ("base_url", json!(target.base_url)),
            ("dropped", json!(target.dropped)),
        ] {
            if let Some(expected) = expected.get(member) {
                assert_eq!(&found, expected, "{self}: {member}");
            }
        }
        let body = sent.body.as_ref().map(|(_, body)| serde_json::from_slice::<Value>(body).unwrap());
        if let Some(expected) = expected.get("body") {
            assert_eq!(body.as_ref(), Some(expected), "{self}");
        }
        if target.base_url.is_none() {
            let operation = specs::api(self.document()).unwrap().operation(sent.method, &target.path);
            let operation = operation.unwrap_or_else(|| panic!("{self}: there is no {}", target.path));
            assert_eq!(body.map(|body| operation.request(&body)).unwrap_or_default(), [], "{self}");
        }
    }

    fn document(&self) -> &'static str {
        if self.dialect == Dialect::Vertex { "vertex" } else { self.provider.name }
    }

    /// Whether the provider's document knows such an answer.
    fn is_answer(&self, sent: &Sent, answer: &Value) {
        let operation =
            specs::api(self.document()).unwrap().operation(sent.method, &sent.target.path).unwrap();
        let status = if sent.method == "POST" && self.dialect == Dialect::Azure { 201 } else { 200 };
        assert_eq!(operation.reply(status, answer), [], "{self}");
    }
}

/// What a client gets, without the id, which must lead back to the same.
fn shown(body: &[u8], case: &Case) -> Value {
    let mut video: Value = serde_json::from_slice(body).unwrap();
    let operation = specs::api("openai").unwrap().operation("GET", "/v1/videos/video_1").unwrap();
    // OpenAI's document names the sizes of its own models.
    let wrong = operation.reply(200, &video).into_iter().filter(|violation| violation.pointer != "/size");
    assert_eq!(wrong.count(), 0, "{case}: {video}");
    let id = video.as_object_mut().unwrap().remove("id").unwrap();
    let name = Name::read(id.as_str().unwrap()).unwrap();
    assert_eq!(
        (video["model"].as_str(), video["created_at"].as_u64()),
        (Some(&*name.model), Some(name.created))
    );
    video
}

fn is_refused<T>(result: Result<T, Error>, expected: &Value, case: &Case) {
    let Err(error) = result else { panic!("{case}: it is taken") };
    let body: Value = serde_json::from_slice(&error.body()).unwrap();
    assert_eq!(json!({ "status": error.status(), "body": body }), *expected, "{case}");
}

#[test]
fn every_case_shows_something() {
    for case in Case::all() {
        let shows = ["request.json", "looked.json", "list.json"];
        assert!(shows.iter().any(|file| case.has(file)), "{case} shows nothing");
        assert_eq!(case.has("looked.json"), case.has("name.json"), "{case}");
    }
}

#[test]
fn requests_and_their_answers_are_translated() {
    for case in Case::all() {
        let Some(request) = case.json("request.json") else { continue };
        let request = request.to_string();
        let Some(upstream) = case.json("upstream.json") else {
            is_refused(case.begin(&request).map(drop), &case.json("expected_error.json").unwrap(), &case);
            continue;
        };
        let (sent, order) = case.begin(&request).unwrap_or_else(|why| panic!("{case}: {why}"));
        let mut expected = case.json("target.json").unwrap_or(json!({}));
        expected["body"] = upstream;
        if expected.get("dropped").is_none() {
            expected["dropped"] = json!([]);
        }
        case.is_sent(&sent, &expected);
        if let Some(begun) = case.json("begun.json") {
            case.is_answer(&sent, &begun);
            let video = case.dialect.begun(begun.to_string().as_bytes(), &order, CREATED).unwrap();
            assert_eq!(shown(&video.body(), &case), case.json("expected_begun.json").unwrap(), "{case}");
        }
    }
}

#[test]
fn looks_are_translated_and_lead_to_the_video() {
    for case in Case::all() {
        let (Some(name), Some(looked)) = (case.name(), case.json("looked.json")) else { continue };
        let sent = case.step(Step::Look(&name));
        case.is_sent(&sent, &case.json("look.json").unwrap_or(json!({})));
        case.is_answer(&sent, &looked);
        let body = looked.to_string();
        let video = case.dialect.looked(body.as_bytes(), &name).unwrap();
        assert_eq!(shown(&video.body(), &case), case.json("expected.json").unwrap(), "{case}");
        let place = || case.dialect.place(body.as_bytes(), &name, Variant::Video);
        if let Some(expected) = case.json("expected_error.json") {
            is_refused(place(), &expected, &case);
        }
        if let Some(here) = case.json("here.json") {
            assert_eq!(
                place(),
                Ok(Place::Here(STANDARD.decode(here["base64"].as_str().unwrap()).unwrap())),
                "{case}"
            );
        }
        if let Some(fetch) = case.json("fetch.json") {
            let place = place().unwrap();
            case.is_sent(&case.step(Step::Fetch(&place)), &fetch);
            case.is_sent(&case.step(Step::Forget(&name, &place)), &case.json("forget.json").unwrap());
        }
    }
}

#[test]
fn lists_are_translated() {
    for case in Case::all() {
        let Some(list) = case.json("list.json") else { continue };
        let sent = case.step(Step::List { limit: 2, after: Some("task_0") });
        case.is_answer(&sent, &list);
        let listed: Value =
            serde_json::from_slice(&page(&case.dialect.list(list.to_string().as_bytes()).unwrap())).unwrap();
        let data = listed["data"].as_array().unwrap();
        assert_eq!((&listed["first_id"], &listed["has_more"]), (&data[0]["id"], &list["has_more"]), "{case}");
        let data: Vec<Value> = data.iter().map(|video| shown(video.to_string().as_bytes(), &case)).collect();
        assert_eq!(Value::Array(data), case.json("expected_page.json").unwrap(), "{case}");
    }
}

/// A picture goes to Azure in a form, whose parts are as they came.
#[test]
fn a_picture_in_a_form_goes_on_in_one() {
    let picture = b"\x89PNG\r\n\x1a\n--touchstone-0000000000000000\r\n";
    let part = |head: &str| format!("--x-y\r\nContent-Disposition: form-data; {head}\r\n\r\n").into_bytes();
    let body = [
        &part("name=\"prompt\"")[..],
        b"A hat.\r\n",
        &part("name=\"model\""),
        b"sora\r\n",
        &part("name=\"input_reference\"; filename=\"a.png\""),
        picture,
        b"\r\n--x-y--\r\n",
    ]
    .concat();
    let asked = Asked { content_type: "multipart/form-data; boundary=x-y", body: &body, edits: false };
    let (sent, _) = Dialect::Azure.begin(asked, &translate::call::Options::default()).unwrap();
    let (kind, form) = sent.body.unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_ne!(boundary, "touchstone-0000000000000000", "the picture holds it");
    let parts = String::from_utf8_lossy(&form);
    let parts: Vec<&str> = parts.split(&format!("--{boundary}")).collect();
    assert_eq!((parts.len(), parts[0], parts[7]), (8, "", "--\r\n"));
    assert!(
        parts[5]
            .ends_with("\r\n\r\n[{\"type\":\"image\",\"file_name\":\"picture.png\",\"frame_index\":0}]\r\n"),
        "{}",
        parts[5]
    );
    assert!(
        parts[6].contains("name=\"files\"; filename=\"picture.png\"\r\nContent-Type: image/png\r\n\r\n"),
        "{}",
        parts[6]
    );
    assert!(form.windows(picture.len()).any(|bytes| bytes == picture));
}

/// What a client says that its picture is stands in the head of a part, and must not become another part.
#[test]
fn what_a_picture_is_called_makes_no_field() {
    for kind in [
        "image\r\n--touchstone-0000000000000000\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nanother/png",
        "image/p\"ng",
        "text/plain",
        "",
    ] {
        let picture = json!({ "image_url": format!("data:{kind};base64,iVBORw0KGgo=") });
        let body = json!({ "model": "sora", "prompt": "A hat.", "input_reference": picture }).to_string();
        let asked = Asked { content_type: "application/json", body: body.as_bytes(), edits: false };
        let begun = Dialect::Azure.begin(asked, &translate::call::Options::default());
        let message = "this provider begins with a PNG, a JPEG or a WebP".to_owned();
        assert_eq!(
            begun.map(|(sent, _)| sent.body),
            Err(Error::Request { message, param: Some("input_reference".to_owned()) }),
            "{kind}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a provider says, and whatever a client asks.
    #[test]
    fn damage_breaks_no_law(damage in damage()) {
        for case in Case::all() {
            for file in ["request.json", "begun.json", "looked.json", "list.json"] {
                let Some(text) = case.read(file) else { continue };
                let mut bytes = text.into_bytes();
                damage.iter().for_each(|damage| damage.to(&mut bytes));
                fuzz::videos(&bytes);
            }
        }
    }
}

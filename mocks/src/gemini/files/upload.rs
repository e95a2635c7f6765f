//! [Uploads](https://ai.google.dev/gemini-api/docs/files): in one request, or resumable, a piece a request.
//!
//! ```text
//! start ─▶ x-goog-upload-url ─▶ upload … ─▶ upload, finalize ─▶ the file       query: where it stands       cancel
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kept::{self, File};
use crate::gemini::good;
use crate::provider::{Call, Whole};
use crate::script::{Failure, Kind};

/// The kind of objects on the shelf: uploads that go on.
const UPLOAD: &str = "upload";
/// Bytes that all pieces but the last are a multiple of.
const PIECE: u64 = 256 << 10;

#[derive(Debug, Serialize, Deserialize)]
struct Upload {
    asked: Value,
    mime_type: String,
    /// How long the whole is said to be.
    length: Option<u64>,
    /// Base64.
    data: String,
}

impl Upload {
    fn content(&self) -> Vec<u8> {
        STANDARD.decode(&self.data).unwrap_or_default()
    }
}

pub(super) fn answer(call: &Call<'_>) -> Result<Whole, Failure> {
    let header = |name: &str| call.request.header(name).unwrap_or_default();
    if let Some(id) = call.request.parameter("upload_id") {
        return go_on(call, id, header("x-goog-upload-command"));
    }
    let multipart = header("content-type").to_ascii_lowercase().starts_with("multipart/related");
    match header("x-goog-upload-protocol") {
        "resumable" => start(call),
        "raw" => whole(call, &json!({}), header("content-type").to_owned(), &call.request.body),
        _ if multipart => {
            let (asked, kind, content) = related(header("content-type"), &call.request.body)
                .ok_or_else(|| invalid("Malformed multipart body."))?;
            whole(call, &asked["file"], kind, content)
        }
        _ => Err(invalid("Resumable or multipart upload expected: the request has no content.")),
    }
}

fn start(call: &Call<'_>) -> Result<Whole, Failure> {
    let header = |name: &str| call.request.header(name);
    if header("x-goog-upload-command") != Some("start") {
        return Err(invalid("Invalid upload command: a resumable upload begins with start."));
    }
    let asked = call.body["file"].clone();
    check(call, &asked)?;
    let length = header("x-goog-upload-header-content-length").map(str::parse).transpose();
    let upload = Upload {
        mime_type: header("x-goog-upload-header-content-type")
            .unwrap_or("application/octet-stream")
            .to_owned(),
        length: length.map_err(|_| invalid("Invalid X-Goog-Upload-Header-Content-Length."))?,
        asked,
        data: String::new(),
    };
    let id = call.draw.text("upload", 40);
    call.shelf.put(UPLOAD, &id, &upload);
    let url = format!("{}{}?upload_id={id}&upload_protocol=resumable", kept::base(call), call.request.path);
    let mut reply = Whole { body: "".into(), ..good(call, &Value::Null) };
    let mut add = |name: &'static str, value: String| reply.headers.push((name.into(), value.into()));
    add("x-goog-upload-url", url.clone());
    add("x-goog-upload-control-url", url);
    add("x-goog-upload-chunk-granularity", PIECE.to_string());
    Ok(said(reply, "active", None))
}

/// A further request of an upload, which the address itself allows: no key is asked for.
fn go_on(call: &Call<'_>, id: &str, command: &str) -> Result<Whole, Failure> {
    let nothing = || Whole { body: "".into(), ..good(call, &Value::Null) };
    let mut upload: Upload = call
        .shelf
        .get(UPLOAD, id)
        .ok_or_else(|| Failure::new(Kind::NotFound, "Upload not found, or over already."))?;
    let mut content = upload.content();
    let words: Vec<&str> = command.split(',').map(str::trim).collect();
    match words[..] {
        ["query"] => return Ok(said(nothing(), "active", Some(content.len()))),
        ["cancel"] => {
            let _ = call.shelf.remove(UPLOAD, id);
            return Ok(said(nothing(), "cancelled", None));
        }
        ["upload" | "finalize"] | ["upload", "finalize"] => {}
        _ => return Err(invalid(&format!("Invalid upload command: {command}"))),
    }
    if words.contains(&"upload") {
        let offset =
            call.request.header("x-goog-upload-offset").and_then(|offset| offset.parse::<usize>().ok());
        if offset != Some(content.len()) {
            let message = format!("Invalid upload offset: {} bytes are here.", content.len());
            return Err(invalid(&message));
        }
        content.extend_from_slice(&call.request.body);
    }
    let length = content.len() as u64;
    if upload.length.is_some_and(|stated| length > stated) {
        return Err(invalid("More bytes than were announced."));
    }
    if !words.contains(&"finalize") {
        if !(call.request.body.len() as u64).is_multiple_of(PIECE) {
            return Err(invalid("A piece but the last is a multiple of the granularity."));
        }
        upload.data = STANDARD.encode(&content);
        call.shelf.put(UPLOAD, id, &upload);
        return Ok(said(nothing(), "active", Some(content.len())));
    }
    if upload.length.is_some_and(|stated| length != stated) {
        return Err(invalid("Fewer bytes than were announced."));
    }
    let _ = call.shelf.remove(UPLOAD, id);
    let Upload { asked, mime_type, .. } = upload;
    whole(call, &asked, mime_type, &content).map(|reply| said(reply, "final", None))
}

/// A file that is here as a whole.
fn whole(call: &Call<'_>, asked: &Value, mime_type: String, content: &[u8]) -> Result<Whole, Failure> {
    check(call, asked)?;
    let file = File::uploaded(call, asked, mime_type, content);
    kept::keep(call, &file);
    Ok(good(call, &json!({ "file": file.shown() })))
}

fn check(call: &Call<'_>, asked: &Value) -> Result<(), Failure> {
    let Some(name) = asked["name"].as_str().filter(|name| !name.is_empty()) else { return Ok(()) };
    if !kept::is_name(name) {
        return Err(invalid(
            "* CreateFileRequest.file.name: file ID must be 40 lower case letters, digits and dashes at most, and begin and end with none of the last.\n",
        ));
    }
    if kept::exists(call, name) {
        return Err(Failure {
            status: Some(409),
            ..Failure::new(Kind::Conflict, "Requested entity already exists")
        });
    }
    Ok(())
}

fn said(mut reply: Whole, status: &'static str, received: Option<usize>) -> Whole {
    reply.headers.push(("x-goog-upload-status".into(), status.into()));
    if let Some(received) = received {
        reply.headers.push(("x-goog-upload-size-received".into(), received.to_string().into()));
    }
    reply
}

fn invalid(message: &str) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}

/// The two parts of a [`multipart/related`](https://www.rfc-editor.org/rfc/rfc2387) body: what the file is said to be, its media
/// type, and the file.
fn related<'b>(media: &str, body: &'b [u8]) -> Option<(Value, String, &'b [u8])> {
    let boundary = media.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let delimiter = format!("--{}", boundary.trim_matches('"'));
    let mut parts = Vec::new();
    let mut at = memchr::memmem::find(body, delimiter.as_bytes())? + delimiter.len();
    let between = format!("\r\n{delimiter}");
    while !body[at..].starts_with(b"--") {
        let end = at + memchr::memmem::find(&body[at..], between.as_bytes())?;
        parts.push(&body[at..end]);
        at = end + between.len();
    }
    let [first, second] = parts[..] else { return None };
    let (_, asked) = halves(first)?;
    let (head, content) = halves(second)?;
    let kind = head.lines().filter_map(|line| line.split_once(':'));
    let mut kind = kind
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"))
        .map(|(_, kind)| kind.trim());
    let kind = kind.next_back().unwrap_or("application/octet-stream").to_owned();
    Some((serde_json::from_slice(asked).ok()?, kind, content))
}

/// A part's head and its content.
fn halves(part: &[u8]) -> Option<(String, &[u8])> {
    let end = memchr::memmem::find(part, b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&part[..end]).into_owned(), &part[end + 4..]))
}

//! What the service keeps of a file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::FILE;
use crate::batch::{Job, Stage};
use crate::hosts;
use crate::provider::Call;
use crate::script::End;

/// How long the service keeps a file, in seconds.
const KEEPS: i64 = 48 * 3_600;

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::gemini) struct File {
    /// Its place among all, from 1.
    pub(super) number: u64,
    id: String,
    display_name: Option<String>,
    pub(super) mime_type: String,
    created: String,
    expires: String,
    /// Up to the name, where its client finds it.
    base: String,
    generated: bool,
    /// Base64.
    data: String,
    /// Work on it before it can be used.
    job: Option<Job>,
}

impl File {
    /// A file that a client uploaded.
    pub(super) fn uploaded(call: &Call<'_>, asked: &Value, mime_type: String, content: &[u8]) -> Self {
        let given = asked["name"].as_str().and_then(|name| name.strip_prefix("files/"));
        let id = given.map_or_else(|| drawn(call), str::to_owned);
        let is_looked_at = ["video/", "audio/"].iter().any(|kind| mime_type.starts_with(kind));
        let job = is_looked_at.then(|| Job::new(1, call.inner.progress(call.request, call.body)));
        let display_name = asked["displayName"].as_str().map(str::to_owned);
        Self { display_name, job, ..Self::new(call, id, mime_type, content) }
    }

    /// A file that the service made, kept under this id.
    pub(in crate::gemini) fn generated(call: &Call<'_>, id: String, mime_type: &str, content: &[u8]) {
        let file = Self { generated: true, ..Self::new(call, id, mime_type.to_owned(), content) };
        call.shelf.put(FILE, &file.id, &file);
    }

    fn new(call: &Call<'_>, id: String, mime_type: String, content: &[u8]) -> Self {
        let earlier = call.shelf.all::<Self>(FILE);
        Self {
            number: earlier.iter().map(|(_, file)| file.number).max().unwrap_or(0) + 1,
            id,
            display_name: None,
            mime_type,
            created: call.draw.rfc3339(0),
            expires: call.draw.rfc3339(KEEPS),
            base: base(call),
            generated: false,
            data: STANDARD.encode(content),
            job: None,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn content(&self) -> Vec<u8> {
        STANDARD.decode(&self.data).unwrap_or_default()
    }

    pub(super) fn is_generated(&self) -> bool {
        self.generated
    }

    pub(super) fn is_active(&self) -> bool {
        self.state() == "ACTIVE"
    }

    /// Each look finds it further.
    pub(super) fn look(&mut self) -> Value {
        self.job.as_mut().map(Job::look);
        self.shown()
    }

    fn state(&self) -> &'static str {
        match self.job.as_ref().map(Job::stage) {
            None | Some(Stage::Over(End::Done)) => "ACTIVE",
            Some(Stage::Over(_)) => "FAILED",
            Some(_) => "PROCESSING",
        }
    }

    pub(super) fn shown(&self) -> Value {
        let content = self.content();
        let uri = format!("{}/v1beta/files/{}", self.base, self.id);
        // The service gives the digest's hexadecimal digits, in Base64.
        let digits: String =
            digest(&SHA256, &content).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut shown = json!({
            "name": format!("files/{}", self.id),
            "mimeType": self.mime_type,
            "sizeBytes": content.len().to_string(),
            "createTime": self.created,
            "updateTime": self.created,
            "expirationTime": self.expires,
            "sha256Hash": STANDARD.encode(digits),
            "uri": uri,
            "state": self.state(),
            "source": if self.generated { "GENERATED" } else { "UPLOADED" },
        });
        if let Some(name) = &self.display_name {
            shown["displayName"] = name.clone().into();
        }
        if self.generated {
            shown["downloadUri"] = format!("{uri}:download?alt=media").into();
        }
        if self.state() == "FAILED" {
            shown["error"] = json!({ "code": 13, "message": "The file could not be processed." });
        } else if self.mime_type.starts_with("video/") && self.is_active() {
            shown["videoMetadata"] = json!({ "videoDuration": "1s" });
        }
        shown
    }
}

/// The last part of a new name.
pub(super) fn drawn(call: &Call<'_>) -> String {
    call.draw.hex("file", 12)
}

/// Where the client found the mock: by TLS under the service's own name, else plainly.
pub(in crate::gemini) fn base(call: &Call<'_>) -> String {
    let host = call.request.header("host").unwrap_or("generativelanguage.googleapis.com");
    let scheme = if hosts::provider(host).is_some() { "https" } else { "http" };
    format!("{scheme}://{host}{}", call.request.prefix)
}

/// Whether a client may give a file this name: 40 lower case letters, digits and hyphens, the latter within only.
pub(super) fn is_name(name: &str) -> bool {
    let id = name.strip_prefix("files/").unwrap_or_default();
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&id.len()) && id.bytes().all(legal) && !id.starts_with('-') && !id.ends_with('-')
}

/// Whether there is such a file already.
pub(super) fn exists(call: &Call<'_>, name: &str) -> bool {
    call.shelf.has(FILE, name.strip_prefix("files/").unwrap_or(name))
}

pub(super) fn keep(call: &Call<'_>, file: &File) {
    call.shelf.put(FILE, file.id(), file);
}

//! A file in OpenAI's words: [the object](https://platform.openai.com/docs/api-reference/files/object), and pages of them.

use serde::Deserialize;

use super::{Purpose, file_id, name};
use crate::call;
use crate::json::Object;
use crate::{Error, time};

const WHAT: &str = "file";

/// Whether a file can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are OpenAI's words")]
pub enum Status {
    /// The provider still looks at it.
    Uploaded,
    Processed,
    Error,
}

/// A file in neutral terms. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// OpenAI's name of it.
    pub id: String,
    /// What its owner calls it.
    pub filename: String,
    /// Its length.
    pub bytes: u64,
    /// When it was made.
    pub created: u64,
    /// When it is dropped.
    pub expires: Option<u64>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether it can be used.
    pub status: Status,
    /// Why it cannot.
    pub problem: Option<String>,
}

/// A page of a provider's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In the provider's order.
    pub files: Vec<File>,
    /// What leads to the next page.
    pub token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Native {
    name: String,
    display_name: Option<String>,
    /// A number of 64 bits, as a string; left out where it is zero.
    size_bytes: Option<String>,
    create_time: Option<String>,
    expiration_time: Option<String>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    source: String,
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    message: String,
}

impl File {
    /// A provider's file.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        call::read::<Native>(WHAT, body)?.neutral()
    }

    /// The one that an upload ended with.
    pub fn uploaded(body: &[u8]) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Uploaded {
            file: Native,
        }

        call::read::<Uploaded>(WHAT, body)?.file.neutral()
    }

    /// Whether the provider gives what is in it: only where it made it itself.
    pub fn is_generated(&self) -> bool {
        self.purpose == Purpose::BatchOutput
    }

    /// OpenAI's object.
    pub fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.write(Object::new(&mut out));
        out
    }

    fn write(&self, mut object: Object<'_>) {
        object.string("id", &self.id);
        object.word("object", "file");
        object.number("bytes", self.bytes);
        object.number("created_at", self.created);
        if let Some(at) = self.expires {
            object.number("expires_at", at);
        }
        object.string("filename", &self.filename);
        object.word("purpose", self.purpose.word());
        object.word("status", self.status.word());
        match &self.problem {
            Some(problem) => object.string("status_details", problem),
            None => object.raw("status_details", "null"),
        }
    }
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Processed => "processed",
            Self::Error => "error",
        }
    }
}

impl Page {
    /// A page of a provider's files.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            #[serde(default)]
            files: Vec<Native>,
            next_page_token: Option<String>,
        }

        let page: Listed = call::read(WHAT, body)?;
        let files = page.files.into_iter().map(Native::neutral).collect::<Result<_, _>>()?;
        Ok(Self { files, token: page.next_page_token.filter(|token| !token.is_empty()) })
    }
}

impl Native {
    fn neutral(self) -> Result<File, Error> {
        let status = match &*self.state {
            "ACTIVE" => Status::Processed,
            "PROCESSING" | "STATE_UNSPECIFIED" | "" => Status::Uploaded,
            "FAILED" => Status::Error,
            other => {
                let why = format!("`{}` is no state", other.chars().take(40).collect::<String>());
                return Err(Error::Malformed { what: WHAT, why });
            }
        };
        let bytes = self.size_bytes.map_or(Ok(0), |bytes| bytes.parse());
        let bytes = bytes
            .map_err(|_| Error::Malformed { what: WHAT, why: "its sizeBytes are no number".to_owned() })?;
        let own = self.name.strip_prefix("files/").unwrap_or(&self.name);
        let usual = if self.source == "GENERATED" { Purpose::BatchOutput } else { Purpose::UserData };
        let at = |text: &Option<String>| text.as_deref().and_then(time::seconds);
        Ok(File {
            id: file_id(own),
            filename: self.display_name.filter(|name| !name.is_empty()).unwrap_or_else(|| own.to_owned()),
            bytes,
            created: at(&self.create_time).unwrap_or_default(),
            expires: at(&self.expiration_time),
            purpose: name::purpose(own).unwrap_or(usual),
            status,
            problem: self.error.map(|error| error.message).filter(|_| status == Status::Error),
        })
    }
}

/// [A page](https://platform.openai.com/docs/api-reference/files/list) of files.
pub fn page(files: &[File], has_more: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + 512 * files.len());
    let mut page = Object::new(&mut out);
    page.word("object", "list");
    {
        let mut data = page.array("data");
        for file in files {
            file.write(data.object());
        }
    }
    for (name, file) in [("first_id", files.first()), ("last_id", files.last())] {
        match file {
            Some(file) => page.string(name, &file.id),
            None => page.raw(name, "null"),
        }
    }
    page.boolean("has_more", has_more);
    drop(page);
    out
}

/// What is said of a file [that is gone](https://platform.openai.com/docs/api-reference/files/delete).
pub fn deleted(id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let mut object = Object::new(&mut out);
    object.string("id", id);
    object.word("object", "file");
    object.boolean("deleted", true);
    drop(object);
    out
}

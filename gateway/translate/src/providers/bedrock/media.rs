//! Images, documents and sounds: Converse takes their bytes, or an object in S3, and wants to know their format.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_AudioBlock.html>

use crate::json::Object;
use crate::openai::DataUrl;

/// A format's name here, and its media types and file name extensions elsewhere.
type Format = (&'static str, &'static [&'static str]);

const IMAGES: &[Format] = &[
    ("png", &["image/png", "png"]),
    ("jpeg", &["image/jpeg", "image/jpg", "jpeg", "jpg"]),
    ("gif", &["image/gif", "gif"]),
    ("webp", &["image/webp", "webp"]),
];

const DOCUMENTS: &[Format] = &[
    ("pdf", &["application/pdf", "pdf"]),
    ("csv", &["text/csv", "csv"]),
    ("doc", &["application/msword", "doc"]),
    ("docx", &["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"]),
    ("xls", &["application/vnd.ms-excel", "xls"]),
    ("xlsx", &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"]),
    ("html", &["text/html", "html", "htm"]),
    ("md", &["text/markdown", "md", "markdown"]),
    ("txt", &["text/plain", "txt"]),
];

/// The longest name of a document.
const NAME: usize = 200;

/// Writes the members of an image block. An error says what cannot be taken.
pub(super) fn image(block: &mut Object<'_>, url: &str) -> Result<(), String> {
    let mut image = block.object("image");
    if let Some(data) = data(url) {
        let format = find(IMAGES, data.media_type).ok_or_else(|| {
            format!("Bedrock takes images of type png, jpeg, gif and webp, not {}", data.media_type)
        })?;
        image.string("format", format);
        bytes(&mut image, data.data);
    } else if url.starts_with("s3://") {
        let format = find(IMAGES, extension(url))
            .ok_or("the name of an image in S3 must end in its format: png, jpeg, gif or webp")?;
        image.string("format", format);
        image.object("source").object("s3Location").string("uri", url);
    } else {
        return Err(
            "Bedrock takes images as base64 data: URLs or s3:// URLs; it does not fetch from the web"
                .to_owned(),
        );
    }
    Ok(())
}

/// Writes the members of a document block.
pub(super) fn document(block: &mut Object<'_>, filename: &str, url: &str) -> Result<(), String> {
    let data = data(url).ok_or("Bedrock takes files as base64 data: URLs")?;
    let format = find(DOCUMENTS, data.media_type).or_else(|| find(DOCUMENTS, extension(filename)));
    let format = format.ok_or_else(|| format!("Bedrock takes no files of type {}", data.media_type))?;
    let mut document = block.object("document");
    document.string("format", format);
    document.string("name", &name(filename));
    bytes(&mut document, data.data);
    Ok(())
}

/// Writes the members of an audio block. OpenAI's formats, `wav` and `mp3`, are called so here too.
pub(super) fn audio(block: &mut Object<'_>, format: &str, base64: &str) {
    let mut audio = block.object("audio");
    audio.string("format", format);
    bytes(&mut audio, base64);
}

fn bytes(block: &mut Object<'_>, base64: &str) {
    block.object("source").string("bytes", base64);
}

/// A `data:` URL that holds something.
fn data(url: &str) -> Option<DataUrl<'_>> {
    DataUrl::read(url).filter(|data| !data.data.is_empty())
}

fn find(formats: &[Format], name: &str) -> Option<&'static str> {
    let known = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    formats.iter().find(|(_, names)| known(names)).map(|&(format, _)| format)
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Letters, digits, single spaces, hyphens, parentheses and square brackets; all else becomes a space.
fn name(filename: &str) -> String {
    let stem = filename.rsplit_once('.').map_or(filename, |(stem, _)| stem);
    let legal = |character: char| {
        if character.is_ascii_alphanumeric() || "-()[]".contains(character) { character } else { ' ' }
    };
    let spaced: String = stem.chars().map(legal).collect();
    let mut name = spaced.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    name.truncate(NAME);
    if name.is_empty() { "document".to_owned() } else { name.trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{audio, document, image, name};
    use crate::json::Object;

    fn written(write: impl FnOnce(&mut Object<'_>) -> Result<(), String>) -> Result<String, String> {
        let mut out = Vec::new();
        write(&mut Object::new(&mut out))?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn an_image_is_its_format_and_its_bytes() {
        for (url, format) in [
            ("data:image/png;base64,AAAA", "png"),
            ("DATA:image/JPG;charset=x;BASE64,AAAA", "jpeg"),
            ("data:image/webp;base64,AAAA", "webp"),
        ] {
            let block = written(|block| image(block, url)).unwrap();
            assert_eq!(block, format!(r#"{{"image":{{"format":"{format}","source":{{"bytes":"AAAA"}}}}}}"#));
        }
    }

    #[test]
    fn what_is_no_image_here_is_refused() {
        for url in [
            "https://example.com/cat.png",
            "data:image/png,AAAA",
            "data:image/png;base64,",
            "data:image/svg+xml;base64,AAAA",
            "data:",
            "s3://bucket/cat.bmp",
            "",
        ] {
            assert!(written(|block| image(block, url)).is_err(), "{url}");
        }
    }

    #[test]
    fn bytes_cannot_break_out_of_their_string() {
        let block = written(|block| image(block, "data:image/png;base64,\"}}")).unwrap();
        assert_eq!(block, r#"{"image":{"format":"png","source":{"bytes":"\"}}"}}}"#);
        let block = written(|block| {
            audio(block, "wav", "\"");
            Ok(())
        })
        .unwrap();
        assert_eq!(block, r#"{"audio":{"format":"wav","source":{"bytes":"\""}}}"#);
    }

    #[test]
    fn a_file_without_a_telling_type_is_known_by_its_name() {
        let block = written(|block| document(block, "notes.MD", "data:application/octet-stream;base64,AAAA"))
            .unwrap();
        assert_eq!(block, r#"{"document":{"format":"md","name":"notes","source":{"bytes":"AAAA"}}}"#);
        assert!(written(|block| document(block, "a.exe", "data:application/x-exe;base64,AAAA")).is_err());
    }

    #[test]
    fn a_documents_name_keeps_to_the_rules() {
        assert_eq!(name("Q3_report  (final).v2.pdf"), "Q3 report (final) v2");
        assert_eq!(name("…/…"), "document");
        assert_eq!(name(&"a".repeat(300)).len(), 200);
    }
}

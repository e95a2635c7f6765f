//! `data:` URLs, by which clients send images and files.
//!
//! <https://www.rfc-editor.org/rfc/rfc2397>

/// A `data:` URL whose data is base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataUrl<'a> {
    /// The media type without parameters; may be empty.
    pub media_type: &'a str,
    /// Base64, unread.
    pub data: &'a str,
}

impl<'a> DataUrl<'a> {
    /// Reads a URL; `None` where it is another kind of URL, or its data is not base64.
    pub fn read(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_at_checked(5)?;
        if !scheme.eq_ignore_ascii_case("data:") {
            return None;
        }
        let (head, data) = rest.split_once(',')?;
        let (media_type, encoding) = head.rsplit_once(';')?;
        let media_type = media_type.split(';').next().unwrap_or_default();
        encoding.trim().eq_ignore_ascii_case("base64").then_some(Self { media_type, data })
    }
}

//! What a video is called: `video_`, and behind it, in letters that any path takes, what must be known to find it again and to show it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Error;

const PREFIX: &str = "video_";
/// No service's own name has this.
const BETWEEN: char = '\n';
/// Characters of a name, at most.
const LONGEST: usize = 1_024;

/// What is known of a video by its name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The provider's own name of it: letters, digits, and `-_.:/`.
    pub native: String,
    /// The model that makes it.
    pub model: String,
    /// Width and height.
    pub size: (u32, u32),
    /// How long it is.
    pub seconds: u64,
    /// When it was begun: seconds since 1970.
    pub created: u64,
}

impl Name {
    /// As a client gets it.
    pub fn id(&self) -> String {
        let Self { native, model, size: (width, height), seconds, created } = self;
        let text = format!("{native}\n{model}\n{width}x{height}\n{seconds}\n{created}");
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(text))
    }

    /// As a client gives it back. Whatever could mean another path is none.
    pub fn read(id: &str) -> Result<Self, Error> {
        Self::parse(id).ok_or_else(|| Error::request("video_id", "this is no name of a video"))
    }

    fn parse(id: &str) -> Option<Self> {
        let text = id.strip_prefix(PREFIX).filter(|text| text.len() <= LONGEST)?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = text.split(BETWEEN);
        let mut part = || parts.next();
        let (native, model) = (part()?.to_owned(), part()?.to_owned());
        let (width, height) = part()?.split_once('x')?;
        let size = (width.parse().ok()?, height.parse().ok()?);
        let (seconds, created) = (part()?.parse().ok()?, part()?.parse().ok()?);
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
        let is_plain = !native.is_empty() && native.bytes().all(legal) && !crate::path::leads_out(&native);
        let is_whole = part().is_none() && !model.is_empty() && !model.chars().any(char::is_control);
        (is_plain && is_whole).then_some(Self { native, model, size, seconds, created })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(native: &str) -> Name {
        let (native, model) = (native.to_owned(), "veo-3.1-generate-preview".to_owned());
        Name { native, model, size: (1280, 720), seconds: 8, created: 1_700_000_000 }
    }

    #[test]
    fn names_lead_there_and_back() {
        for native in
            ["a1b2", "task_01jw-x", "arn:aws:bedrock:us-east-1:123456789012:async-invoke/0a1b2c3d4e5f"]
        {
            assert_eq!(Name::read(&name(native).id()), Ok(name(native)));
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_name() {
        for native in ["", "..", "a/../b", "a//b", "a?b", "a%2fb", "a b", "a\\b", "a\nb"] {
            assert!(Name::read(&name(native).id()).is_err(), "{native}");
        }
        for id in ["", "video_", "video_123", "batch_a", "video_%%%"] {
            assert!(Name::read(id).is_err(), "{id}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(id in "(video_)?[a-zA-Z0-9_-]{0,80}") {
            let _ = Name::read(&id);
        }
    }
}

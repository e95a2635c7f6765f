//! Notes about a call, for the service's logs: OpenAI's `metadata` and `user`.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#bedrock-runtime_Converse-request-requestMetadata>

use super::native::Native;
use crate::Text;
use crate::call::Losses;
use crate::json::Object;
use crate::openai::Chat;

/// The service's limits: pairs, and characters of a name or of a value.
const PAIRS: usize = 16;
const LONGEST: usize = 256;

/// Writes `requestMetadata`, if there is any. A pair that the service would refuse is named instead.
pub(super) fn write(request: &mut Object<'_>, chat: &Chat<'_>, native: &Native<'_>, losses: &mut Losses) {
    let mut pairs: Vec<(&str, Text<'_>)> = Vec::new();
    for (member, notes) in &native.metadata {
        for (name, value) in &notes.0 {
            let text = serde_json::from_str::<Text<'_>>(value.get()).ok();
            match text
                .filter(|text| !name.is_empty() && fits(name) && fits(&text.plain()) && pairs.len() < PAIRS)
            {
                Some(_) if pairs.iter().any(|(known, _)| known == name) => (),
                Some(text) => pairs.push((name, text)),
                None => losses.drop(format!("{member}.{name}")),
            }
        }
    }
    if let Some(user) = chat.user {
        let known = pairs.iter().any(|&(name, _)| name == "user");
        if !known && fits(&user.plain()) && pairs.len() < PAIRS {
            pairs.push(("user", user));
        } else {
            losses.drop("user");
        }
    }
    if pairs.is_empty() {
        return;
    }
    let mut metadata = request.object("requestMetadata");
    for (name, text) in pairs {
        text.write(metadata.foreign(name));
    }
}

/// The service's pattern is `[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}`, in which `,-.` is a range.
fn fits(text: &str) -> bool {
    text.len() <= LONGEST
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || byte.is_ascii_whitespace()
                || byte == 0x0b
                || b":_@$#=/+,-.".contains(&byte)
        })
}

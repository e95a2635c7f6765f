//! The model that a provider says it answered with.

use serde::Deserialize;

/// The model that a reply, or the first event of a stream, names.
pub(super) fn named(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        model: Option<String>,
        /// Where an event of Anthropic's has it.
        message: Option<Inner>,
    }
    #[derive(Deserialize)]
    struct Inner {
        model: Option<String>,
    }
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let is_stream = bytes.starts_with(b"data: ") || bytes.starts_with(b"event: ");
    let data = if is_stream { lines.find_map(|line| line.strip_prefix(b"data: "))? } else { bytes };
    let named: Named = serde_json::from_slice(data).ok()?;
    named.model.or_else(|| named.message?.model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_a_reply_is_found_in_either_form() {
        assert_eq!(named(br#"{"id":"a","model":"m"}"#).as_deref(), Some("m"));
        assert_eq!(
            named(b"data: {\"model\":\"m\",\"choices\":[]}\n\ndata: {\"model\":\"n\"}\n\n").as_deref(),
            Some("m")
        );
        let start = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\nevent: ping\n";
        assert_eq!(named(start).as_deref(), Some("m"));
        assert_eq!(named(b"data: [DONE]\n\n"), None);
    }
}

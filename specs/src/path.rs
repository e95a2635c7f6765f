//! Path templates of OpenAPI (`/model/{modelId}/converse`, `/models/{model}:generateContent`) against the path of a
//! request line.

/// A template, cut at its slashes.
#[derive(Debug)]
pub(crate) struct Template(Vec<Segment>);

#[derive(Debug)]
enum Segment {
    Literal(String),
    /// The parameter's name, and what follows it within the segment.
    Parameter(String, String),
}

impl Template {
    pub(crate) fn new(template: &str) -> Self {
        let segment = |text: &str| match text.strip_prefix('{').and_then(|text| text.split_once('}')) {
            Some((name, rest)) => Segment::Parameter(name.to_owned(), rest.to_owned()),
            None => Segment::Literal(text.to_owned()),
        };
        Self(template.trim_start_matches('/').split('/').map(segment).collect())
    }

    /// The parameters of a path that fits, percent-decoded. A parameter is one segment that is not empty: a slash
    /// within it comes as `%2F`; a colon comes as it is or as `%3A`. A query is not looked at.
    pub(crate) fn matches(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let path = path.split_once('?').map_or(path, |(path, _)| path).strip_prefix('/')?;
        let mut found = Vec::new();
        let mut given = path.split('/');
        for segment in &self.0 {
            let text = given.next()?;
            match segment {
                Segment::Literal(literal) if literal == text => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(name, rest) => {
                    let value = text.strip_suffix(rest.as_str()).filter(|value| !value.is_empty())?;
                    found.push((name.as_str(), decode(value)?));
                }
            }
        }
        given.next().is_none().then_some(found)
    }
}

/// Percent-decoding; none if an escape is broken or the result is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else { return None };
        bytes.push(digit(*high)? << 4 | digit(*low)?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

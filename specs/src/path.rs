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
    /// `{+name}`, as [RFC 6570](https://www.rfc-editor.org/rfc/rfc6570#section-3.2.3) writes a parameter whose slashes stand
    /// as they are: one segment or more.
    Path(String),
}

impl Template {
    pub(crate) fn new(template: &str) -> Self {
        let segment = |text: &str| match text.strip_prefix('{').and_then(|text| text.split_once('}')) {
            Some((name, "")) if let Some(name) = name.strip_prefix('+') => Segment::Path(name.to_owned()),
            Some((name, rest)) => Segment::Parameter(name.to_owned(), rest.to_owned()),
            None => Segment::Literal(text.to_owned()),
        };
        Self(template.trim_start_matches('/').split('/').map(segment).collect())
    }

    /// How many segments are the same in every path that fits, and how much of the others is: of two templates that fit, the one
    /// with more is meant.
    pub(crate) fn literals(&self) -> (usize, usize) {
        let whole = self.0.iter().filter(|segment| matches!(segment, Segment::Literal(_)));
        let ends = self.0.iter().map(|segment| match segment {
            Segment::Parameter(_, end) => end.len(),
            Segment::Literal(_) | Segment::Path(_) => 0,
        });
        (whole.count(), ends.sum())
    }

    /// The parameters of a path that fits, percent-decoded. A parameter is one segment that is not empty: a slash
    /// within it comes as `%2F`; a colon comes as it is or as `%3A`. A query is not looked at.
    pub(crate) fn matches(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let path = path.split_once('?').map_or(path, |(path, _)| path).strip_prefix('/')?;
        let given: Vec<&str> = path.split('/').collect();
        let mut found = Vec::new();
        fit(&self.0, &given, &mut found).then_some(found)
    }
}

/// Whether segments fit, and the parameters found in them.
fn fit<'t>(template: &'t [Segment], given: &[&str], found: &mut Vec<(&'t str, String)>) -> bool {
    let (Some((segment, rest)), Some((text, after))) = (template.split_first(), given.split_first()) else {
        return template.is_empty() && given.is_empty();
    };
    match segment {
        Segment::Literal(literal) => literal == text && fit(rest, after, found),
        Segment::Parameter(name, end) => {
            let value = text.strip_suffix(end.as_str()).filter(|value| !value.is_empty()).and_then(decode);
            let Some(value) = value else { return false };
            found.push((name, value));
            fit(rest, after, found)
        }
        Segment::Path(name) => {
            // What follows is as long as its template: a path has one such parameter at most.
            let Some(length) = given.len().checked_sub(rest.len()).filter(|&length| length > 0) else {
                return false;
            };
            let (own, after) = given.split_at(length);
            let Some(value) = decode(&own.join("/")).filter(|_| own.iter().all(|part| !part.is_empty()))
            else {
                return false;
            };
            found.push((name, value));
            fit(rest, after, found)
        }
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

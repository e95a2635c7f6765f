//! Keys out of everything that is written: what is known by its text, and what is known by its name. And folders of the machine.
//!
//! A leaked key is evidence; its last four characters are enough of it.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Error;
use crate::places::Places;
use crate::report::model::{Check, Environment};

/// Words, between hyphens or underscores, in the names of headers and variables that carry credentials.
const WORDS: &[&str] =
    &["apikey", "authorization", "cookie", "credential", "key", "password", "secret", "signature", "token"];
/// Parameters of a query that carry them: Google's key, and those of addresses that AWS signed.
const PARAMETERS: &[&str] = &[
    "access_token",
    "api-key",
    "api_key",
    "key",
    "sig",
    "signature",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
];
/// Bytes of a log's line; what is longer is told in pieces.
const LONGEST_LINE: u64 = 1 << 20;
/// What stands before the key in a header.
const SCHEMES: &[&str] = &["Bearer ", "Basic ", "Token "];
/// Shorter ones are no keys, but words.
const SHORTEST: usize = 8;

/// Knows the keys of a run.
#[derive(Debug, Clone)]
pub(crate) struct Redactor {
    /// Each in all of its forms; nothing where there are none.
    forms: Option<AhoCorasick>,
    /// What stands there instead.
    instead: Vec<String>,
    places: Places,
}

impl Redactor {
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut forms: Vec<String> = Vec::new();
        let mut instead = Vec::new();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            for form in spellings(&secret) {
                forms.push(form);
                instead.push(ending(&secret));
            }
        }
        // The longest one, so that none is hidden by its own part.
        let forms = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms);
        Self { forms: forms.ok(), instead, places: Places::default() }
    }

    /// Puts neutral names in the place of folders, too.
    pub(crate) fn with_places(self, places: Places) -> Self {
        Self { places, ..self }
    }

    /// The text without the keys and folders that are known.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let masked = match &self.forms {
            Some(forms) if forms.is_match(text) => Cow::Owned(forms.replace_all(text, &self.instead)),
            _ => Cow::Borrowed(text),
        };
        match self.places.text(&masked) {
            Cow::Owned(told) => Cow::Owned(told),
            Cow::Borrowed(_) => masked,
        }
    }

    /// The same of bytes that are no text.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        match &self.forms {
            Some(forms) => forms.replace_all_bytes(bytes, &self.instead),
            None => bytes.to_vec(),
        }
    }

    /// A header's value: without known keys, and without any where the name says that it is one.
    pub(crate) fn header(&self, name: &str, value: &str) -> String {
        let known = self.text(value);
        if !names_credential(name) || is_count(value) || known != value || known.contains("****") {
            return known.into_owned();
        }
        if let Some((head, signature)) = value.rsplit_once("Signature=") {
            return format!("{head}Signature={}", ending(signature));
        }
        let scheme = SCHEMES.iter().find(|scheme| value.starts_with(**scheme)).copied().unwrap_or_default();
        format!("{scheme}{}", ending(&value[scheme.len()..]))
    }

    /// A path or an address: without known keys, without those of its query, and without a password before its host.
    pub(crate) fn address(&self, address: &str) -> String {
        let known = self.text(address);
        let (path, query) = match known.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (known.as_ref(), None),
        };
        let path = match path.split_once("://").map(|(scheme, rest)| (scheme, rest.split_once('@'))) {
            Some((scheme, Some((user, host)))) if !user.contains('/') => format!("{scheme}://…@{host}"),
            _ => path.to_owned(),
        };
        match query {
            Some(query) => {
                format!("{path}?{}", query.split('&').map(parameter).collect::<Vec<_>>().join("&"))
            }
            None => path,
        }
    }

    /// What was found, and where.
    pub(crate) fn check(&self, check: &mut Check) {
        let texts = [&mut check.pointer, &mut check.expected, &mut check.actual].into_iter().flatten();
        for text in texts.chain(&mut check.notes) {
            self.replace(text);
        }
    }

    /// How it was run.
    pub(crate) fn environment(&self, run: &mut Environment) {
        run.config.values_mut().for_each(|text| self.replace(text));
        let addresses = |text: &mut String| {
            *text = text.split(' ').map(|word| self.address(word)).collect::<Vec<_>>().join(" ");
        };
        addresses(&mut run.url);
        addresses(&mut run.command);
        run.died.iter_mut().for_each(|text| self.replace(text));
    }

    /// Why a gateway did not come up tells the end of its log.
    pub(crate) fn error(&self, error: Error) -> Error {
        match error {
            Error::NotReady { reason, log } => {
                self.log(&log);
                Error::NotReady { reason: self.text(&reason).into_owned(), log }
            }
            other => other,
        }
    }

    /// What a gateway wrote itself, line by line. A log that cannot be written again stays as it is, on the machine that it tells of.
    pub(crate) fn log(&self, log: &Path) {
        let told = log.with_extension("told");
        if self.rewrite(log, &told).and_then(|()| std::fs::rename(&told, log)).is_err() {
            // Where there was no log, there is nothing to remove.
            let _ = std::fs::remove_file(told);
        }
    }

    fn rewrite(&self, log: &Path, told: &Path) -> io::Result<()> {
        let mut lines = BufReader::new(File::open(log)?);
        let mut out = BufWriter::new(File::create(told)?);
        let mut line = Vec::new();
        while lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
            out.write_all(self.text(&String::from_utf8_lossy(&line)).as_bytes())?;
            line.clear();
        }
        out.flush()
    }

    /// The same where it stands.
    pub(crate) fn replace(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.text(text) {
            *text = masked;
        }
    }
}

/// Whether what bears this name opens something.
pub(crate) fn names_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.split(['-', '_']).any(|word| WORDS.contains(&word))
}

/// Counts, costs and times are told in headers whose names have such words, too: `x-ratelimit-limit-tokens`.
fn is_count(value: &str) -> bool {
    value.len() <= LONGEST_COUNT && value.parse::<f64>().is_ok()
}

/// Longer ones are no numbers that somebody counts.
const LONGEST_COUNT: usize = 15;

/// What stands for a key.
fn ending(secret: &str) -> String {
    let kept = secret.chars().count().min(8).saturating_sub(4);
    let tail = secret.char_indices().rev().nth(kept.saturating_sub(1)).map_or("", |(at, _)| &secret[at..]);
    if kept == 0 { "…".to_owned() } else { format!("…{tail}") }
}

fn parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, value))
            if PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) && !value.starts_with('…') =>
        {
            format!("{name}={}", ending(value))
        }
        _ => pair.to_owned(),
    }
}

/// As it is, as it stands in JSON, in an address, and in basic credentials.
fn spellings(secret: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(secret).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    let escaped = |keep: &dyn Fn(u8) -> bool| -> String {
        secret
            .bytes()
            .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut all = vec![
        secret.to_owned(),
        json.replace('/', "\\/"),
        json,
        escaped(&plain),
        STANDARD.encode(secret),
        STANDARD.encode(format!(":{secret}")),
    ];
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        Redactor::new(["sk-one/two+three-ABCD".to_owned(), "sk-one/t".to_owned(), "word".to_owned()])
    }

    #[test]
    fn a_key_is_known_in_every_spelling() {
        let texts = [
            "sk-one/two+three-ABCD",
            "sk-one\\/two+three-ABCD",
            "sk-one%2Ftwo%2Bthree-ABCD",
            "c2stb25lL3R3byt0aHJlZS1BQkNE",
        ];
        for text in texts {
            assert_eq!(redactor().text(&format!("<{text}>")), "<…ABCD>", "{text}");
        }
        assert_eq!(
            redactor().bytes(b"\xff sk-one/two+three-ABCD \xff"),
            [b"\xff ".as_slice(), "…ABCD".as_bytes(), b" \xff"].concat()
        );
        assert_eq!(redactor().text("a word is no key"), "a word is no key");
    }

    #[test]
    fn what_is_not_known_is_known_by_its_name() {
        let header = |name, value| redactor().header(name, value);
        assert_eq!(header("authorization", "Bearer unknown-key-WXYZ"), "Bearer …WXYZ");
        assert_eq!(header("x-portkey-api-key", "unknown-key-WXYZ"), "…WXYZ");
        assert_eq!(header("x-portkey-aws-secret-access-key", "short"), "…t");
        assert_eq!(header("api-key", "abcd"), "…");
        assert_eq!(
            header("authorization", "AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=0123456789abcdef"),
            "AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=…cdef"
        );
        assert_eq!(header("authorization", "Bearer ****tone"), "Bearer ****tone", "masked already");
        assert_eq!(header("x-portkey-provider", "anthropic"), "anthropic");
        assert_eq!(header("x-amzn-bedrock-input-token-count", "12"), "12");
        assert_eq!(header("x-litellm-key-spend", "0.00012"), "0.00012");
        assert_eq!(header("x-secret", "1234567890123456"), "…3456");
        assert_eq!(header("content-type", "text/plain; sk-one/t"), "text/plain; …ne/t");
    }

    #[test]
    fn what_a_gateway_wrote_itself_tells_no_key_and_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("gateway.log");
        let redactor = redactor().with_places(Places::new([(folder.path().to_owned(), "{{ workdir }}")]));
        let mut bytes =
            format!("key sk-one/two+three-ABCD\nFile \"{}\", line 3\n", log.display()).into_bytes();
        bytes.extend(b"\xff and no end");
        std::fs::write(&log, bytes).unwrap();
        redactor.log(&log);
        let told = "key …ABCD\nFile \"{{ workdir }}/gateway.log\", line 3\n\u{fffd} and no end";
        assert_eq!(std::fs::read_to_string(&log).unwrap(), told);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        redactor.log(&folder.path().join("none"));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn an_address_keeps_its_path_and_loses_its_keys() {
        let address = |text| redactor().address(text);
        assert_eq!(
            address("/v1beta/models/m:generateContent?alt=sse&key=AIzaUnknown1234"),
            "/v1beta/models/m:generateContent?alt=sse&key=…1234"
        );
        assert_eq!(address("/x?X-Amz-Signature=0123456789&n=1"), "/x?X-Amz-Signature=…6789&n=1");
        assert_eq!(address("http://user:pass@host:80/a@b"), "http://…@host:80/a@b");
        assert_eq!(address("http://host/a@b"), "http://host/a@b");
    }
}

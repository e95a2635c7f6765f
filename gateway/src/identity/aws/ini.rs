//! AWS's two shared files, `config` and `credentials`:
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>.

use std::collections::BTreeMap;

/// What a section says; names in lower case.
pub(super) type Section = BTreeMap<String, String>;

/// Which of the two files: profiles are named differently in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `[profile name]`, and `[default]`.
    Config,
    /// `[name]`.
    Credentials,
}

/// The profiles of a file, by name. The error: the number of a line, and what is wrong with it.
pub(super) fn profiles(text: &str, kind: Kind) -> Result<BTreeMap<String, Section>, (usize, &'static str)> {
    let mut named: BTreeMap<String, Section> = BTreeMap::new();
    // In `config`, `[profile default]` stands before `[default]` as a whole.
    let mut default = None;
    for (title, section) in sections(text)? {
        let (prefix, name) = match title.split_once([' ', '\t']) {
            Some((prefix, name)) => (prefix, name.trim()),
            None => ("", &*title),
        };
        match (kind, prefix, name) {
            _ if !is_name(name) => (),
            (Kind::Config, "", "default") => default = Some(section),
            (Kind::Config, "profile", _) | (Kind::Credentials, "", _) => {
                named.entry(name.to_owned()).or_default().extend(section);
            }
            // Sessions, services, and what nobody knows.
            _ => (),
        }
    }
    if let Some(default) = default {
        named.entry("default".to_owned()).or_insert(default);
    }
    Ok(named)
}

/// All sections, in order; those of one title are one.
fn sections(text: &str) -> Result<Vec<(String, Section)>, (usize, &'static str)> {
    let mut sections: Vec<(String, Section)> = Vec::new();
    // Where a line goes that is indented.
    let mut open: Option<(usize, Option<String>)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let is_indented = line.starts_with(BLANKS);
        let trimmed = line.trim_matches(BLANKS);
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(title) = trimmed.strip_prefix('[').filter(|_| !is_indented) {
            // A comment behind a title needs no blank before it.
            let title = title.split(['#', ';']).next().unwrap_or_default().trim_matches(BLANKS);
            let title = title
                .strip_suffix(']')
                .ok_or((number, "a title does not end with ']'"))?
                .trim_matches(BLANKS);
            let known = sections.iter().position(|(known, _)| known == title);
            open = Some((known.unwrap_or(sections.len()), None));
            if known.is_none() {
                sections.push((title.to_owned(), Section::new()));
            }
            continue;
        }
        let (at, last) = open.as_mut().ok_or((number, "a line stands before the first title"))?;
        let section = &mut sections[*at].1;
        if is_indented {
            let name = last.as_ref().ok_or((number, "an indented line continues nothing"))?;
            if let Some(value) = section.get_mut(name) {
                *value += "\n";
                *value += trimmed;
            }
            continue;
        }
        let (name, value) = uncommented(trimmed).split_once('=').ok_or((number, "a line has no '='"))?;
        let name = name.trim_matches(BLANKS).to_ascii_lowercase();
        if name.is_empty() {
            return Err((number, "a line has no name before its '='"));
        }
        section.insert(name.clone(), value.trim_matches(BLANKS).to_owned());
        *last = Some(name);
    }
    Ok(sections)
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Without the comment at the end of a line; in a value that begins after a blank only.
fn uncommented(line: &str) -> &str {
    let marks = line.match_indices(['#', ';']).map(|(at, _)| at);
    let end = marks.into_iter().find(|at| line[..*at].ends_with(BLANKS));
    &line[..end.unwrap_or(line.len())]
}

fn is_name(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&byte);
    !name.is_empty() && name.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &str, kind: Kind, profile: &str, name: &str) -> Option<String> {
        let mut profiles = profiles(text, kind).unwrap_or_else(|(line, why)| panic!("{line}: {why}"));
        profiles.remove(profile)?.remove(name)
    }

    #[test]
    fn profiles_are_named_as_each_file_names_them() {
        let text = "[default]\na=1\n[profile x]\na = 2\n[y]\na=3\n[sso-session z]\na=4\n";
        let config = |profile| get(text, Kind::Config, profile, "a");
        assert_eq!(["default", "x", "y", "z"].map(config), [Some("1".into()), Some("2".into()), None, None]);
        let credentials = |profile| get(text, Kind::Credentials, profile, "a");
        assert_eq!(["default", "x", "y"].map(credentials), [Some("1".into()), None, Some("3".into())]);
    }

    #[test]
    fn a_prefixed_default_hides_the_other() {
        for text in ["[default]\na=1\nb=1\n[profile default]\na=2", "[profile default]\na=2\n[default]\nb=1"]
        {
            assert_eq!(get(text, Kind::Config, "default", "a").as_deref(), Some("2"));
            assert_eq!(get(text, Kind::Config, "default", "b"), None);
        }
    }

    #[test]
    fn sections_of_one_name_are_one_and_the_last_value_counts() {
        let text = "[a]\nx=1\ny=1\n[b]\nx=9\n[a]\nx=2\nx=3\n";
        assert_eq!(get(text, Kind::Credentials, "a", "x").as_deref(), Some("3"));
        assert_eq!(get(text, Kind::Credentials, "a", "y").as_deref(), Some("1"));
    }

    #[test]
    fn odd_files_are_read_as_awss_clients_read_them() {
        for (text, expected) in [
            ("[a] \nx=1", Some("1")),
            ("[ a ]\nx=1", Some("1")),
            ("[\ta\t]# comment\nx=1", Some("1")),
            ("[a]; comment\r\nx = 1 \r\n", Some("1")),
            ("; comment\n# another\n\n \t \n[a]\n# x=2\n  # x=3\nx=1", Some("1")),
            ("[a]\nX=1", Some("1")),
            ("[a]\nx=1 # comment", Some("1")),
            ("[a]\nx=1 ; comment", Some("1")),
            ("[a]\nx=1\t;comment", Some("1")),
            ("[a]\nx=1#no comment", Some("1#no comment")),
            ("[a]\nx=", Some("")),
            ("[a]\nx==1=", Some("=1=")),
            ("[a]\nx=abc/+=", Some("abc/+=")),
            ("[a]\nx=1\n  2", Some("1\n2")),
            ("[a]\nx=\n y=1\n z=2", Some("\ny=1\nz=2")),
            ("[a]\nx=é😂", Some("é😂")),
            ("[a b]\nx=1", None),
            ("[é]\nx=1", None),
            ("[]\nx=1", None),
            ("", None),
        ] {
            assert_eq!(get(text, Kind::Credentials, "a", "x").as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_such_file_is_told_by_its_line() {
        for (text, line) in [
            ("x=1", 1),
            ("\n[a", 2),
            ("[a]\nx", 2),
            ("[a]\n=1", 2),
            ("[a]\n x=1", 2),
            (" x=1", 1),
            ("[a ; ]\n", 1),
        ] {
            assert_eq!(profiles(text, Kind::Config).map_err(|(line, _)| line), Err(line), "{text:?}");
        }
    }
}

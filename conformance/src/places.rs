//! Folders of a machine out of everything that is written: whose home it is, and where a run was, is nobody's business, and the same
//! on every machine.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

use crate::text::CUT;

/// Folders, and what stands in their place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// Each in all of its forms, the longest first, so that none is hidden by its own part.
    forms: Vec<(String, &'static str)>,
    /// Tells whether there is anything to do; nothing where there are no folders.
    any: Option<AhoCorasick>,
}

impl Places {
    /// Of whoever runs the suite: as `touchstone` itself is told them, by the environment.
    pub(crate) fn of_user() -> Self {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let caches = named("TOUCHSTONE_CACHE").map(|folder| (folder, "$TOUCHSTONE_CACHE"));
        let home = named("HOME").map(|folder| (folder, "~"));
        Self::new(caches.into_iter().chain(home))
    }

    /// These folders, each with its name. One that is the root, or relative to another, is no place.
    pub(crate) fn new(folders: impl IntoIterator<Item = (PathBuf, &'static str)>) -> Self {
        Self::default().with(folders)
    }

    /// These, too.
    pub(crate) fn with(self, folders: impl IntoIterator<Item = (PathBuf, &'static str)>) -> Self {
        let mut forms = self.forms;
        for (folder, name) in folders {
            // Programs tell where they are by the one or the other.
            let real = folder.canonicalize().ok().filter(|real| *real != folder);
            for folder in [Some(folder), real].into_iter().flatten().filter(|folder| is_place(folder)) {
                let path = folder.to_string_lossy();
                let path = path.trim_end_matches('/');
                forms.push((path.to_owned(), name));
                forms.push((path.replace('/', "\\/"), name));
                forms.push((path.replace('/', "%2F"), name));
                forms.push((path.replace('/', "%2f"), name));
            }
        }
        forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
        let any = AhoCorasick::new(forms.iter().map(|(form, _)| form)).ok().filter(|_| !forms.is_empty());
        Self { forms, any }
    }

    /// The text with a neutral name in place of each of the folders.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(any) = &self.any else { return Cow::Borrowed(text) };
        let mut text = Cow::Borrowed(text);
        if any.is_match(&*text) {
            for (form, name) in &self.forms {
                text = Cow::Owned(replaced(&text, form, name));
            }
        }
        if text.contains(CUT.0) { Cow::Owned(self.cut(&text)) } else { text }
    }

    /// The text with a neutral name in place of what is left of a folder where the text was cut.
    fn cut(&self, text: &str) -> String {
        let mut parts = text.split(CUT.0);
        let mut out = self.without_beginning(parts.next().unwrap_or_default());
        for part in parts {
            out.push_str(CUT.0);
            match part.split_once(CUT.1) {
                None => out.push_str(&self.without_beginning(part)),
                Some((count, behind)) => {
                    out.push_str(count);
                    out.push_str(CUT.1);
                    out.push_str(&self.without_beginning(&self.without_end(behind)));
                }
            }
        }
        out
    }

    /// A text that was cut at its end, which may be the beginning of a folder.
    fn without_beginning(&self, text: &str) -> String {
        // Of what may have been either, the folder around the other.
        let left = self.forms.iter().rev().flat_map(|(form, name)| {
            (LEAST..form.len()).rev().filter_map(move |length| Some((form.get(..length)?, *name)))
        });
        let mut found = left.filter_map(|(left, name)| Some((text.strip_suffix(left)?, name)));
        let found = found.find(|(before, _)| begins_there(before));
        found.map_or_else(|| text.to_owned(), |(before, name)| format!("{before}{name}"))
    }

    /// A text that was cut at its beginning, which may be the end of a folder.
    fn without_end(&self, text: &str) -> String {
        let left = self.forms.iter().flat_map(|(form, name)| {
            (1..=form.len().saturating_sub(LEAST)).filter_map(move |from| Some((form.get(from..)?, *name)))
        });
        let mut found = left.filter_map(|(left, name)| Some((text.strip_prefix(left)?, name)));
        let found = found.find(|(behind, _)| ends_there(behind));
        found.map_or_else(|| text.to_owned(), |(behind, name)| format!("{name}{behind}"))
    }
}

/// Less of a folder than that says nothing, and may be anything.
const LEAST: usize = 4;

/// Everything is below the root, and what is relative is no secret.
fn is_place(folder: &Path) -> bool {
    folder.is_absolute() && folder.parent().is_some()
}

fn replaced(text: &str, form: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in text.match_indices(form) {
        let end = at + found.len();
        if at >= from && begins_there(&text[..at]) && ends_there(&text[end..]) {
            out.push_str(&text[from..at]);
            out.push_str(name);
            from = end;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// Whether a path may begin behind this text: it is not the middle of another one, nor behind a host. Letters that belong to an escape
/// are no part of a path.
fn begins_there(before: &str) -> bool {
    let Some(last) = before.chars().next_back() else { return true };
    if last == '/' {
        return before.ends_with("file://");
    }
    let is_free = |last: char| !(last.is_alphanumeric() || "._-~\\".contains(last));
    is_free(last) || is_escape(before)
}

/// Whether the text ends with `\n`, `\u0001`, `%22` or their like.
fn is_escape(before: &str) -> bool {
    let escaped = |digits: usize, sign: &str| {
        let at = before.len().checked_sub(digits).filter(|at| before.is_char_boundary(*at));
        at.is_some_and(|at| {
            before[..at].ends_with(sign) && before[at..].bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    escaped(2, "%") || escaped(4, "\\u") || ["\\n", "\\r", "\\t"].iter().any(|sign| before.ends_with(sign))
}

/// Whether a path's last part may end before this text: `/root` is not part of `/rootfs` or `/root.old`, but ends before a full stop.
fn ends_there(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some('.') => !next.next().is_some_and(char::is_alphanumeric),
        Some(next) => !(next.is_alphanumeric() || "_-~".contains(next)),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let folders =
            [("/home/someone", "~"), ("/home/someone/.cache/ts/mine", "{{ cache }}"), ("/", "root")];
        Places::new(folders.map(|(folder, name)| (PathBuf::from(folder), name)))
    }

    #[test]
    fn a_folder_is_known_in_every_spelling() {
        for (text, told) in [
            ("/home/someone", "~"),
            ("File \"/home/someone/a.py\", line 1", "File \"~/a.py\", line 1"),
            ("at /home/someone/.cache/ts/mine/venv/x.py", "at {{ cache }}/venv/x.py"),
            (r"\n/home/someone/a\n", r"\n~/a\n"),
            (r"\u0001\/home\/someone\/a", r"\u0001~\/a"),
            ("x=%22%2Fhome%2Fsomeone%2Fa", "x=%22~%2Fa"),
            ("file:///home/someone/a", "file://~/a"),
            (
                "PATH=/home/someone/bin:/home/someone/.cache/ts/mine/bin:/bin",
                "PATH=~/bin:{{ cache }}/bin:/bin",
            ),
            ("It is in /home/someone.", "It is in ~."),
        ] {
            assert_eq!(places().text(text), told);
        }
    }

    #[test]
    fn what_is_left_of_a_folder_where_a_text_was_cut_is_known() {
        let long = format!("at /home/someone{}/home/someone/a", "/x".repeat(500));
        for (limit, told) in [(16, "at ~ …(1015 bytes)… ne/a"), (28, "at ~/x/x/ …(1003 bytes)… ~/a")]
        {
            assert_eq!(places().text(&crate::text::short(&long, limit)), told);
        }
        for text in ["/opt …(9 bytes)… /opt", "no …(9 bytes)… one", "/home/some … one"] {
            assert_eq!(places().text(text), text);
        }
    }

    #[test]
    fn what_only_looks_like_it_stays() {
        for text in [
            "/home/someone-else/a",
            "/home/someone.old",
            "/mnt/home/someone/a",
            "http://host/home/someone",
            "http:///home/someone",
            "/a",
            "~/home/someone",
        ] {
            assert_eq!(places().text(text), text);
        }
    }
}

//! Folders of a machine out of everything that is written: whose home it is, and where a run was, is nobody's business, and the same
//! on every machine.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

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
        if !self.any.as_ref().is_some_and(|any| any.is_match(text)) {
            return Cow::Borrowed(text);
        }
        let mut text = text.to_owned();
        for (form, name) in &self.forms {
            text = replaced(&text, form, name);
        }
        Cow::Owned(text)
    }
}

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

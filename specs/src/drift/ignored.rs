//! The drift blocks of a `SOURCE.md`: what we leave out on purpose, and why.

use super::Error;

/// A line of a drift block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The path of a difference, or with `/**` at its end, of all below.
    pub path: String,
    /// Why it is as it is.
    pub reason: String,
}

impl Ignored {
    /// Whether a difference at this path is meant.
    pub(super) fn covers(&self, path: &str) -> bool {
        match self.path.strip_suffix("/**") {
            None => self.path == path,
            Some(above) => path
                .strip_prefix(above)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[', '{', '(', ':', '='])),
        }
    }
}

/// The files that have a block.
pub(super) fn files(source: &str) -> Vec<String> {
    source.lines().filter_map(|line| line.strip_prefix(FENCE)).map(|file| file.trim().to_owned()).collect()
}

/// The block for a file, else the first: the file that it is for, and its lines.
pub(super) fn block(provider: &str, source: &str, file: &str) -> Result<(String, Vec<Ignored>), Error> {
    let files = files(source);
    let file = files.iter().find(|known| *known == file).or(files.first()).cloned().unwrap_or_default();
    let lines = source
        .lines()
        .skip_while(|line| line.strip_prefix(FENCE).is_none_or(|name| name.trim() != file))
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .filter(|line| !line.trim().is_empty());
    let ignored = lines.map(|line| match line.split_once(" — ") {
        Some((path, reason)) if !reason.trim().is_empty() => {
            Ok(Ignored { path: path.trim().to_owned(), reason: reason.trim().to_owned() })
        }
        _ => Err(Error::Source { provider: provider.to_owned(), line: line.to_owned() }),
    });
    let ignored = ignored.collect::<Result<_, _>>()?;
    Ok((file, ignored))
}

const FENCE: &str = "```drift ";

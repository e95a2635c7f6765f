//! The start of a profile: a folder with everything explained, to be filled in.

use std::path::{Path, PathBuf};

use crate::Error;

/// The files of a new profile, by name.
pub const FILES: [(&str, &str); 2] = [
    ("profile.yaml", include_str!("template/profile.yaml")),
    ("gateway.env.j2", include_str!("template/gateway.env.j2")),
];

/// Writes a new profile into a folder, which is made where there is none. What is there already stays.
///
/// # Errors
/// [`Error::File`], also where one of the files is there.
pub fn write(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path, source| Error::File { path: path.to_owned(), source };
    let paths = FILES.map(|(name, _)| folder.join(name));
    if let Some(taken) = paths.iter().find(|path| path.exists()) {
        return Err(failed(taken, std::io::Error::other("is there already, and stays as it is")));
    }
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    for ((_, text), path) in FILES.iter().zip(&paths) {
        std::fs::write(path, text).map_err(|source| failed(path, source))?;
    }
    Ok(paths.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Profile;
    use crate::{Options, rehearse};

    #[test]
    fn a_new_profile_is_sound_and_plays_something() {
        let folder = tempfile::tempdir().unwrap();
        let mine = folder.path().join("mine");
        write(&mine).unwrap();
        let profile = Profile::load(&mine.display().to_string()).unwrap();
        let rehearsal = rehearse(&Options::new(profile)).unwrap();
        assert!(rehearsal.columns.iter().any(|column| column.cell == "openai.chat/anthropic/stream"));
        assert!(rehearsal.idle.is_empty(), "{:?}", rehearsal.idle);
    }

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("gateway.env.j2"), "mine").unwrap();
        assert!(matches!(write(folder.path()), Err(Error::File { .. })));
        assert!(!folder.path().join("profile.yaml").exists(), "nothing is half written");
    }
}

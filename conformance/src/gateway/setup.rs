//! Brings a gateway onto this machine, once: the steps of its profile, in a folder that later runs find again.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::process::Command;
use tokio::time::timeout;

use super::render::Variables;
use super::{Profile, container};
use crate::{Error, text};

/// How a profile brings its gateway onto this machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Setup {
    /// Files of the profile's folder that the steps need; they are put into the cache folder.
    #[serde(default)]
    pub files: Vec<String>,
    /// Programs and their arguments, one after the other, run in the cache folder. `{{cache}}` is that folder.
    pub run: Vec<Vec<String>>,
    /// How long each may take.
    #[serde(default = "twenty_minutes")]
    pub timeout_ms: u64,
}

/// Written when every step is done.
const DONE: &str = ".touchstone-setup";
/// What the steps say.
const LOG: &str = "setup.log";
/// The end of a failed step's output that is shown.
const SHOWN: u64 = 2000;

/// The folder of a profile's gateway; another one as soon as a step or a file of it is another.
///
/// Below `TOUCHSTONE_CACHE`, or else the user's own folder for caches, or else the system's temporary one.
pub(crate) fn folder(profile: &Profile) -> Option<PathBuf> {
    let setup = profile.setup.as_ref()?;
    let own = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let top = own("TOUCHSTONE_CACHE")
        .or_else(|| own("XDG_CACHE_HOME").map(|cache| cache.join("touchstone")))
        .or_else(|| own("HOME").map(|home| home.join(".cache/touchstone")))
        .unwrap_or_else(|| std::env::temp_dir().join("touchstone-cache"));
    let files = setup.files.iter().filter_map(|name| profile.templates.get(name));
    let words = setup.run.iter().flatten().chain(files);
    let digest = words.fold(FNV_OFFSET, |digest, word| fnv(fnv(digest, word.as_bytes()), &[0]));
    Some(top.join(format!("{}-{digest:016x}", profile.name)))
}

/// Takes the steps, unless they were taken before. Two runs at once do not meet: one waits for the other.
///
/// # Errors
/// [`Error::Setup`], [`Error::Container`], [`Error::Template`], [`Error::File`].
pub async fn prepare(profile: &Profile, say: impl Fn(&str)) -> Result<(), Error> {
    container::prepare(profile, &say).await?;
    let (Some(setup), Some(folder)) = (&profile.setup, folder(profile)) else { return Ok(()) };
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
    let lock = folder.with_extension("lock");
    let held = File::create(&lock).map_err(failed(&lock))?;
    let held = tokio::task::spawn_blocking(move || held.lock().map(|()| held)).await;
    let _held = held.map_err(std::io::Error::other).and_then(|locked| locked).map_err(failed(&lock))?;
    let done = folder.join(DONE);
    if done.is_file() {
        return Ok(());
    }
    // What a run that was ended in the middle left is not to be trusted.
    std::fs::remove_dir_all(&folder)
        .and_then(|()| std::fs::create_dir_all(&folder))
        .map_err(failed(&folder))?;
    for name in &setup.files {
        let missing = || Error::Template { file: name.clone(), reason: "not in the profile's folder".into() };
        let path = folder.join(name);
        std::fs::write(&path, profile.templates.get(name).ok_or_else(missing)?).map_err(failed(&path))?;
    }
    let variables = Variables::of_folder(&folder);
    for (number, words) in setup.run.iter().enumerate() {
        let words: Result<Vec<_>, _> = words.iter().map(|word| variables.render("setup.run", word)).collect();
        let words = words?;
        say(&format!(
            "{}: setting up, step {} of {}: {}",
            profile.name,
            number + 1,
            setup.run.len(),
            words.join(" ")
        ));
        step(&words, &folder, Duration::from_millis(setup.timeout_ms)).await?;
    }
    std::fs::write(&done, "").map_err(failed(&done))
}

async fn step(words: &[String], folder: &Path, patience: Duration) -> Result<(), Error> {
    let log = folder.join(LOG);
    let wrong = |reason: String| Error::Setup { step: words.join(" "), reason, log: log.clone() };
    let (program, arguments) =
        words.split_first().ok_or_else(|| wrong("there is no program in it".into()))?;
    let open = || File::options().create(true).append(true).open(&log);
    let out = open().and_then(|out| Ok((out.try_clone()?, out)));
    let (out, err) = out.map_err(|source| Error::File { path: log.clone(), source })?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .kill_on_drop(true);
    let status = match timeout(patience, command.status()).await {
        Ok(Ok(status)) if status.success() => return Ok(()),
        Ok(Ok(status)) => status.to_string(),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            format!("there is no `{program}` here: install it, or put it on the PATH")
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("not done after {} s", patience.as_secs()),
    };
    Err(wrong(format!("{status}\n{}", text::short(&end_of(&log), 2000))))
}

/// The last of what the steps said.
fn end_of(log: &Path) -> String {
    let read = || {
        let mut file = File::open(log)?;
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(size.saturating_sub(SHOWN)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

// FNV-1a: enough to tell two setups apart.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn fnv(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}

fn twenty_minutes() -> u64 {
    20 * 60 * 1000
}

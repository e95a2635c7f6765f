//! A repro as a folder that can be sent to someone: script, configuration, request, commands.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Repro;
use crate::Error;
use crate::gateway::{self, Profile, Setup, Upstreams};

/// Where the commands of the folder have the mocks and the gateway listen.
const MOCKS: &str = "127.0.0.1:9000";
const GATEWAY: u16 = 8000;
/// Nobody listens on the port for discarded things.
const CLOSED: u16 = 9;

/// Writes everything into a folder, which is made where there is none. Gives back what was written.
///
/// # Errors
/// [`Error::File`], [`Error::Template`].
pub fn save(repro: &Repro, profile: &Profile, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let setup = configured(profile)?;
    let repro = &repro.clone().with_headers(&setup.profile);
    let mut files: BTreeMap<String, String> = setup.files;
    files.insert("request.json".to_owned(), repro.request.body.clone());
    files.extend(repro.script().map(|script| ("script.yaml".to_owned(), script)));
    let address = format!("http://127.0.0.1:{GATEWAY}");
    let curl = repro.curl_with(&address, "@request.json");
    files.insert(
        "curl.sh".to_owned(),
        format!("#!/bin/sh\n# {}\ncd \"$(dirname \"$0\")\" || exit\n{curl}\n", repro.key),
    );
    files.insert("README.md".to_owned(), readme(repro, setup.command.as_deref()));
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(failed(&path))?;
        written.push(path);
    }
    Ok(written)
}

/// The profile for the addresses of the commands.
pub(crate) fn configured(profile: &Profile) -> Result<Setup, Error> {
    let urls = mocks::provider::names().map(|name| (name.to_owned(), format!("http://{MOCKS}/{name}")));
    let upstreams = Upstreams { urls: urls.collect(), credentials: mocks::Credentials::default() };
    gateway::configure(profile, &upstreams, (GATEWAY, CLOSED), Path::new("."))
}

fn readme(repro: &Repro, command: Option<&str>) -> String {
    let mut text = format!("# {}\n\n{} {}\n", repro.key, repro.level.name(), repro.sentence);
    // A string takes everything.
    if let Some(finding) = &repro.finding {
        let _ = write!(text, "\n```\n{finding}\n```\n");
    }
    let script = if repro.script.is_some() { " --script script.yaml" } else { "" };
    let _ = write!(text, "\nIn this folder, each in a terminal of its own:\n\n```sh\n");
    let _ = writeln!(text, "touchstone mock --listen {MOCKS}{script}");
    let _ = writeln!(text, "{}", command.unwrap_or("# the gateway, configured to call the mocks"));
    let _ =
        write!(text, "sh curl.sh\n```\n\nWhat reached the provider: `curl http://{MOCKS}/__mock/journal`\n");
    let _ = write!(text, "\nJudged again:\n\n```sh\n{}\n```\n", repro.command);
    text.push_str(
        "\nThe keys in these files are the mocks' own; they are published and open nothing else.\n",
    );
    text
}

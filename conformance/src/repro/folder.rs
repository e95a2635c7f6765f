//! A repro as a folder that can be sent to someone: script, configuration, request, commands.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::Repro;
use crate::Error;
use crate::gateway::{self, Profile, Setup, Upstreams};

/// Where the commands of the folder have the mocks and the gateway listen.
const MOCKS: ([u8; 4], u16) = ([127, 0, 0, 1], 9000);
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
    files.insert("README.md".to_owned(), readme(repro, profile, setup.command.as_deref()));
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
    let upstreams = Upstreams::by_hand(profile, SocketAddr::from(MOCKS));
    gateway::configure(profile, &upstreams, (GATEWAY, CLOSED), Path::new("."))
}

fn readme(repro: &Repro, profile: &Profile, command: Option<&str>) -> String {
    let mut text = format!("# {}\n\n{} {}\n", repro.key, repro.level.name(), repro.sentence);
    // A string takes everything.
    if let Some(finding) = &repro.finding {
        let _ = write!(text, "\n```\n{finding}\n```\n");
    }
    let script = if repro.script.is_some() { " --script script.yaml" } else { "" };
    let _ = write!(text, "\nIn this folder, each in a terminal of its own:\n\n```sh\n");
    let mocks = SocketAddr::from(MOCKS);
    let _ = writeln!(text, "touchstone mock --listen {mocks}{}{script}", profile.upstream.arguments());
    let _ = writeln!(text, "{}", command.unwrap_or("# the gateway, configured to call the mocks"));
    let _ =
        write!(text, "sh curl.sh\n```\n\nWhat reached the provider: `curl http://{mocks}/__mock/journal`\n");
    let _ = write!(text, "\nJudged again:\n\n```sh\n{}\n```\n", repro.command);
    text.push_str(
        "\nThe keys in these files are the mocks' own, which are published and open nothing else, and what the profile's templates say \
         themselves. Other headers with keys are variables of the shell.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// What its format says, by the end of its name.
    fn parse(name: &str, text: &str) -> Result<(), String> {
        let format = Path::new(name).extension().and_then(|end| end.to_str()).unwrap_or_default();
        match format {
            "json" => serde_json::from_str::<Value>(text).map(drop).map_err(|error| error.to_string()),
            "toml" => toml::from_str::<toml::Table>(text).map(drop).map_err(|error| error.to_string()),
            "yaml" => serde_saphyr::from_multiple::<Value>(text).map(drop).map_err(|error| error.to_string()),
            other => Err(format!("a file that ends in `{other}` is not known here")),
        }
    }

    #[test]
    fn every_bundled_profile_is_filled_in_and_its_files_parse() {
        for name in Profile::bundled() {
            let mut profile = Profile::load(name).expect(name);
            // Every string that the start uses is a template as well.
            let env = profile.start.iter().flat_map(|start| start.env.clone());
            profile.headers.extend(env);
            let setup = configured(&profile).unwrap_or_else(|error| panic!("{name}: {error}"));
            for (file, text) in &setup.files {
                assert_eq!(parse(file, text), Ok(()), "{name}/{file}:\n{text}");
            }
            let named: BTreeSet<_> = profile.render.iter().map(|render| &render.template).collect();
            let templates = profile.templates.keys().filter(|file| file.ends_with(".j2"));
            assert_eq!(templates.collect::<BTreeSet<_>>(), named, "{name}");
        }
    }

    #[test]
    fn a_broken_file_does_not_parse() {
        for (name, text) in [("a.json", "{"), ("a.toml", "a ="), ("a.yaml", "a: [1"), ("a.txt", "")] {
            assert!(parse(name, text).is_err(), "{name}");
        }
    }
}

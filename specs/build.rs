//! Finds every `<provider>/openapi.yaml`, turns it into JSON, and writes the table that `document.rs` includes.
//!
//! YAML is read by the rules of YAML 1.2 (`no` and `off` are strings), once, here: a program that starts only parses JSON.
//! Cargo looks again when a document changes; for a folder that is new, touch this file (a test notices).

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=build.rs");

    let mut table = String::from("&[\n");
    for provider in providers(&root)? {
        let yaml = root.join(&provider).join("openapi.yaml");
        let source = root.join(&provider).join("SOURCE.md");
        if !source.is_file() {
            return Err(format!("{} is missing: say where the facts come from", source.display()).into());
        }
        println!("cargo:rerun-if-changed={}", yaml.display());
        println!("cargo:rerun-if-changed={}", source.display());

        let json = out.join(format!("{provider}.json"));
        fs::write(&json, to_json(&yaml)?)?;
        writeln!(
            table,
            "    Embedded {{ name: {provider:?}, text: include_str!({:?}), source: include_str!({:?}) }},",
            path(&json)?,
            path(&source)?
        )?;
    }
    table.push_str("]\n");
    fs::write(out.join("documents.rs"), table)?;
    Ok(())
}

/// Names of the folders that hold a document, in order.
fn providers(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.path().join("openapi.yaml").is_file() {
            names.push(
                entry.file_name().into_string().map_err(|_| "a provider's folder is not named in UTF-8")?,
            );
        }
    }
    names.sort();
    Ok(names)
}

fn to_json(yaml: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(yaml)?;
    let options = serde_saphyr::options! { strict_booleans: true };
    let document: serde_json::Value = serde_saphyr::from_str_with_options(&text, options)
        .map_err(|error| format!("{}: {error}", yaml.display()))?;
    Ok(serde_json::to_string(&document)?)
}

fn path(path: &Path) -> Result<&str, &'static str> {
    path.to_str().ok_or("the build directory is not named in UTF-8")
}

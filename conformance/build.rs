//! Embeds the requirements, the scenarios and the bundled gateway profiles: adding one adds a file, not code.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut code = String::new();
    let mut digest = FNV_OFFSET;
    for folder in ["requirements", "scenarios", "gateways"] {
        println!("cargo:rerun-if-changed={folder}");
        let top = root.join(folder);
        let mut files = Vec::new();
        collect(&top, &mut files);
        files.sort();
        // A profile may have files of any kind; the rest is YAML, and what explains it.
        files.retain(|file| folder == "gateways" || file.extension().is_some_and(|kind| kind == "yaml"));
        let name = folder.to_uppercase();
        writeln!(code, "pub(crate) static {name}: &[(&str, &str)] = &[").expect("a string takes it");
        for file in files {
            let short = file.strip_prefix(&top).expect("found below it").to_string_lossy().replace('\\', "/");
            writeln!(code, "    ({short:?}, include_str!({:?})),", file.display().to_string())
                .expect("a string takes it");
            if folder != "gateways" {
                digest = fnv(digest, &fs::read(&file).expect("just listed"));
            }
        }
        code.push_str("];\n");
    }
    writeln!(code, "pub(crate) static DIGEST: &str = \"{digest:016x}\";").expect("a string takes it");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("embedded.rs");
    fs::write(out, code).expect("cargo made the folder");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

// FNV-1a: enough to tell two suites apart, and nothing to depend on.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn fnv(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}

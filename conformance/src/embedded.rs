//! The files that are part of the binary: requirements, scenarios, bundled gateway profiles (see `build.rs`).

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

//! A client's path, and the provider's: what the client says behind the name of a collection is the provider's to read.

use super::Resource;
use crate::call::{Options, Target};
use crate::providers::azure;
use crate::{Error, path};

/// What of the client's path belongs to the resource, from the name of the collection on: `files/file-1/content`. A path
/// that names none means the first one.
pub(super) fn below(resource: Resource, path: &str) -> Result<String, Error> {
    let collections = resource.collections();
    let named = collections.iter().filter_map(|name| Some((find(path, name)?, name))).min();
    let Some((at, name)) = named.filter(|_| resource.is_collection()) else {
        return Ok(collections[0].to_owned());
    };
    let rest = &path[at + name.len()..];
    let rest = rest.trim_end_matches('/');
    for segment in rest.split('/').skip(1) {
        check(segment)?;
    }
    Ok(format!("{name}{rest}"))
}

/// Where whole segments of a path are these.
fn find(path: &str, name: &str) -> Option<usize> {
    let is_whole = |at: &usize| {
        let end = path.as_bytes().get(at + name.len());
        path[..*at].ends_with('/') && matches!(end, None | Some(b'/'))
    };
    path.match_indices(name).map(|(at, _)| at).find(is_whole)
}

/// A segment that would mean another directory, in whatever disguise, is refused: whoever may read one file must not
/// come to another collection.
fn check(segment: &str) -> Result<(), Error> {
    let lower = segment.to_ascii_lowercase();
    let plain = lower.replace("%2e", ".");
    let is_step = matches!(plain.as_str(), "" | "." | "..");
    let hides = ["%2f", "%5c", "\\", "%25"].iter().any(|slash| lower.contains(slash));
    if is_step || hides {
        return Err(Error::request("path", "this is no path of this API"));
    }
    Ok(())
}

/// Azure's classic paths.
pub(super) fn azure(resource: Resource, below: &str, options: &Options<'_>) -> Result<Target, Error> {
    let path = if resource.names_model() && resource != Resource::Videos {
        let deployment = options.azure.deployment.or(options.model);
        let deployment = path::segment(deployment.ok_or_else(Error::no_model)?)?;
        format!("/openai/deployments/{deployment}/{below}")
    } else {
        format!("/openai/{below}")
    };
    let version = options.azure.api_version.unwrap_or(azure::VERSION);
    let query = vec![("api-version", version.to_owned())];
    Ok(Target { query, ..Target::new(path, String::new(), false) })
}

/// A collection's name behind a slash.
pub(super) fn anchor(name: &str) -> &'static str {
    match name {
        "assistants" => "/assistants",
        "threads" => "/threads",
        "vector_stores" => "/vector_stores",
        "batches" => "/batches",
        "files" => "/files",
        "uploads" => "/uploads",
        "videos" => "/videos",
        name if name.starts_with("images") => "/images/",
        _ => "/audio/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_stands_behind_the_collection_is_the_providers() {
        for (path, expected) in [
            ("/files", "files"),
            ("/files/", "files"),
            ("/openai/v1/files/file-1/content", "files/file-1/content"),
            ("/uploads/upload_1/parts", "uploads/upload_1/parts"),
            ("/my-files/x/files", "files"),
            ("/anything", "files"),
        ] {
            assert_eq!(below(Resource::Files, path).as_deref(), Ok(expected), "{path}");
        }
        assert_eq!(below(Resource::Assistants, "/v1/threads/t/runs").as_deref(), Ok("threads/t/runs"));
        assert_eq!(below(Resource::Speech, "/v1/audio/speech/../../files").as_deref(), Ok("audio/speech"));
    }

    #[test]
    fn no_path_leads_out_of_the_collection() {
        for path in [
            "/files/..",
            "/files/../batches",
            "/files/%2e%2E/batches",
            "/files/a%2fb",
            "/files/a%5Cb",
            "/files/a\\b",
            "/files//x",
            "/files/%252e%252e/batches",
        ] {
            assert!(below(Resource::Files, path).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_stays_below_a_collection(path in "(/[a-z.%25eE2fF_-]{0,8}){0,6}") {
            if let Ok(below) = below(Resource::Files, &path) {
                prop_assert!(below.starts_with("files") || below.starts_with("uploads"), "{}", below);
                prop_assert!(!below.split('/').any(|part| part == ".." || part == "."), "{}", below);
            }
        }
    }
}

//! A client's path, and the provider's: what the client says behind the name of a collection is the provider's to read.

use super::{Native, Resource};
use crate::call::{Options, Target};
use crate::providers::azure;
use crate::{Error, path};

/// What of the client's path belongs to the resource, from the name of the collection on: `/files/file-1/content`. A path
/// that names none means the first one of OpenAI's, and nothing in a provider's own API.
pub(super) fn below(resource: Resource, path: &str) -> Result<String, Error> {
    let collections = resource.collections();
    let named = collections.iter().filter_map(|name| Some((find(path, name)?, name))).min();
    let Some((at, name)) = named.filter(|_| resource.is_collection()) else {
        let first = collections[0].to_owned();
        return if resource.native().is_none() { Ok(first) } else { Err(no_path()) };
    };
    let rest = path[at + name.len()..].trim_end_matches('/');
    // A model of Bedrock may be an ARN, which has slashes; they are encoded.
    let bears_slashes = resource == Resource::Native(Native::Bedrock);
    for segment in rest.split('/').skip(1) {
        check(segment, bears_slashes)?;
    }
    Ok(format!("{name}{rest}"))
}

/// Whether a path names the resource.
pub(super) fn names(resource: Resource, path: &str) -> bool {
    resource.collections().iter().any(|name| find(path, name).is_some())
}

/// Where whole segments of a path are these.
fn find(path: &str, name: &str) -> Option<usize> {
    let is_whole = |at: &usize| matches!(path.as_bytes().get(at + name.len()), None | Some(b'/'));
    path.match_indices(name).map(|(at, _)| at).find(is_whole)
}

/// A segment that would mean another directory, in whatever disguise, is refused: whoever may read one file must not
/// come to another collection.
fn check(segment: &str, bears_slashes: bool) -> Result<(), Error> {
    let plain = path::decoded(segment);
    let hides = |char| matches!(char, '%' | '?' | '#') || char == '/' && !bears_slashes;
    if path::leads_out(segment) || plain.contains(hides) { Err(no_path()) } else { Ok(()) }
}

/// The same of all segments of a path that is kept as it is, but for an end that is open.
pub(super) fn check_all(path: &str) -> Result<(), Error> {
    let mut segments = path.trim_end_matches('/').split('/').skip(1);
    segments.try_for_each(|segment| check(segment, true))
}

fn no_path() -> Error {
    Error::request("path", "this is no path of this API")
}

/// Azure's classic paths.
pub(super) fn azure(resource: Resource, below: &str, options: &Options<'_>) -> Result<Target, Error> {
    let path = if resource.names_model(below) && resource != Resource::Videos {
        let deployment = options.azure.deployment.or(options.model);
        let deployment = path::segment(deployment.ok_or_else(Error::no_model)?)?;
        format!("/openai/deployments/{deployment}{below}")
    } else {
        format!("/openai{below}")
    };
    let version = options.azure.api_version.unwrap_or(azure::VERSION);
    let query = vec![("api-version", version.to_owned())];
    Ok(Target { query, ..Target::new(path, String::new(), false) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_stands_behind_the_collection_is_the_providers() {
        for (path, expected) in [
            ("/files", "/files"),
            ("/files/", "/files"),
            ("/openai/v1/files/file-1/content", "/files/file-1/content"),
            ("/uploads/upload_1/parts", "/uploads/upload_1/parts"),
            ("/my-files/x/files", "/files"),
            ("/anything", "/files"),
        ] {
            assert_eq!(below(Resource::Files, path).as_deref(), Ok(expected), "{path}");
        }
        assert_eq!(below(Resource::Assistants, "/v1/threads/t/runs").as_deref(), Ok("/threads/t/runs"));
        assert_eq!(below(Resource::Speech, "/v1/audio/speech/../../files").as_deref(), Ok("/audio/speech"));
    }

    #[test]
    fn a_providers_own_api_begins_where_its_paths_do() {
        let anthropic = Resource::Native(Native::Anthropic);
        assert_eq!(below(anthropic, "/claude/v1/messages").as_deref(), Ok("/v1/messages"));
        assert_eq!(below(anthropic, "/v1/messages/batches/b").as_deref(), Ok("/v1/messages/batches/b"));
        assert!(below(anthropic, "/v1/models").is_err());
        let bedrock = Resource::Native(Native::Bedrock);
        let arn = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fclaude/converse";
        assert_eq!(below(bedrock, arn).as_deref(), Ok(arn));
        assert!(below(bedrock, "/model/a%2F..%2Fb/converse").is_err());
        let gemini = Resource::Native(Native::Gemini);
        let path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
        assert_eq!(below(gemini, &format!("/g{path}")).as_deref(), Ok(path));
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
            "/files/..;/batches",
            "/files/%2e%2e;x/batches",
            "/files/a%00",
            "/files/a%3Fb",
            "/files/a%23b",
            "/files/%c0%ae%c0%ae/batches",
            "/files/%EF%BC%8E%EF%BC%8E/batches",
        ] {
            assert!(below(Resource::Files, path).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_stays_below_a_collection(path in "(/[a-z.%25eE2fF_-]{0,8}){0,6}") {
            if let Ok(below) = below(Resource::Files, &path) {
                prop_assert!(below.starts_with("/files") || below.starts_with("/uploads"), "{}", below);
                prop_assert!(!below.split('/').any(|part| part == ".." || part == "."), "{}", below);
            }
        }
    }
}

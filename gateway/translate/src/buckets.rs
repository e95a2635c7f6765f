//! Objects of [S3](https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html), where Bedrock finds the lines of batches, and leaves what
//! came of them, and videos.

use crate::call::{Auth, Target};
use crate::openai::Problem;
use crate::{Error, path};

/// Where the buckets are: <https://docs.aws.amazon.com/general/latest/gr/s3.html>
pub const OBJECTS: &str = "https://s3.{region}.amazonaws.com";

/// Where an [object](https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html#path-style-access) is, by bucket and key:
/// `bucket/folder/name`.
///
/// # Errors
/// A part of it leads elsewhere.
pub fn object(place: &str) -> Result<Target, Error> {
    let segments: Result<Vec<String>, Error> = place.split('/').map(path::segment).collect();
    Ok(Target {
        base_url: Some(OBJECTS),
        auth: Auth::SigV4 { service: "s3" },
        // No path has it: so that of an endpoint always goes before this one.
        anchor: Some("//"),
        ..Target::new(format!("/{}", segments?.join("/")), String::new(), false)
    })
}

/// What [S3 says](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) to what it does not do.
pub fn objection(status: u16, body: &[u8]) -> Problem {
    let text = String::from_utf8_lossy(body);
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    let said = [element("Code"), element("Message")];
    let said: Vec<String> = said.into_iter().flatten().collect();
    let said = if said.is_empty() { format!("status {status}") } else { said.join(": ") };
    let said: String = said.chars().filter(|char| !char.is_control()).take(400).collect();
    Problem::of(status).saying(format!("this provider's bucket answers {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_lies_at_its_path_and_no_name_leads_out() {
        let target = object("a-bucket/in/a b.out").unwrap();
        assert_eq!((&*target.path, target.base_url), ("/a-bucket/in/a%20b.out", Some(OBJECTS)));
        assert_eq!(target.auth, Auth::SigV4 { service: "s3" });
        for place in ["", "/", "a-bucket/", "a-bucket/../b", "a-bucket//b", "../a"] {
            assert!(object(place).is_err(), "{place}");
        }
    }

    #[test]
    fn what_a_bucket_answers_is_told_in_openais_words() {
        let denied =
            b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        let problem = objection(403, denied);
        assert_eq!((problem.status, &*problem.kind), (403, "invalid_request_error"));
        assert_eq!(problem.message, "this provider's bucket answers AccessDenied: Access Denied");
        for said in ["<html>", "<Code>", "</Code><Code>"] {
            assert!(objection(500, said.as_bytes()).message.ends_with("answers status 500"), "{said}");
        }
    }
}

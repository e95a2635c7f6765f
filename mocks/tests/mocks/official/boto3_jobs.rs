//! AWS's Python clients of S3, and of Bedrock's jobs.

use mocks::Options;
use mocks::script::{End, Match, Progress, Reply, Script};
use serde_json::{Value, json};

use super::venv::NEWEST;

/// What the client tells of a refusal: the code, and in the end the sentence.
fn refused(error: &Value, code: &str, sentence: &str) {
    let text = error["text"].as_str().or(error.as_str()).unwrap_or_default();
    assert!(text.contains(&format!("({code}) when calling")) && text.ends_with(sentence), "{error}");
}

#[tokio::test]
async fn awss_python_client_runs_jobs_from_bucket_to_bucket() {
    let mocks = mocks::start_with(Options { proxy: true, ..Options::default() }).await.unwrap();
    mocks.add(Script::new("[[text]]", Reply::text(["Hel", "lo"])));
    let late = Progress { looks: 1, end: End::Expired, lines: Some(40) };
    let matching = Match { contains: Some("late-job".to_owned()), ..Match::default() };
    mocks.add(Script { matching, replies: vec![Reply { progress: Some(late), ..Reply::default() }] });
    let folder = tempfile::tempdir().unwrap();
    let ca = mocks.authority().unwrap().trust(folder.path()).unwrap().ca.display().to_string();
    let base = format!("http://{}", mocks.addr());
    let Some(seen) = NEWEST.run_with("boto3_jobs.py", &[&base, &ca]).await else { return };
    println!("{seen:#}");
    objects(&seen);

    let job = &seen["job"];
    assert_eq!(job["again"], true);
    let counts = json!([102, 102, 100, 2]);
    assert_eq!(job["looks"][0], json!(["InProgress", [102, 51, 51, 0], null]));
    assert_eq!((&job["looks"][1], &job["looks"][2]), (&json!(["Completed", counts, null]), &job["looks"][1]));
    let answers = &job["answers"];
    assert_eq!(
        (&answers[0], &answers[1], &answers[2]),
        (&json!(102), &json!("REC00000000"), &json!("Hello"))
    );
    assert_eq!((&answers[3]["errorCode"], &answers[4]["errorCode"]), (&json!(400), &json!(400)));
    let manifest = &job["manifest"];
    assert_eq!((&manifest["totalRecordCount"], &manifest["errorRecordCount"]), (&json!(102), &json!(2)));
    assert!(manifest["outputTokenCount"].as_u64().unwrap() >= 100, "{manifest}");

    assert_eq!(
        (&seen["conversation"][0], &seen["conversation"][1]),
        (&json!(["InProgress", "Completed"]), &json!("end_turn"))
    );
    assert_eq!(seen["stopped"][0], json!(["Stopped", "Stopped"]));
    refused(&seen["stopped"][1], "ConflictException", "it is in a terminal state.");
    let otherwise = &seen["otherwise"];
    assert_eq!(otherwise["late"], json!(["InProgress", "PartiallyCompleted"]));
    assert_eq!(
        otherwise["few"],
        json!(["Failed", "Batch job ARN contains less records (3) than the required minimum of: 100"])
    );
    refused(&otherwise["absent"], "ResourceNotFoundException", "model-invocation-job/nothing00000.");
    refused(
        &otherwise["name"],
        "ValidationException",
        r"regular expression pattern: [a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}",
    );
    assert_eq!(seen["listed"][0], json!([["few", "late"], ["stopped", "conversation"], ["mixed"]]));
    assert_eq!(seen["listed"][1], json!(["mixed", "conversation"]));
    for entry in mocks.journal(None).iter().filter(|entry| entry.path.contains("/model-invocation-job")) {
        let path = entry.path.strip_prefix("/bedrock").unwrap();
        let operation = specs::api("bedrock-control").unwrap().operation(&entry.method, path).unwrap();
        let body = serde_json::from_slice(&entry.reply.body.bytes()).unwrap();
        assert_eq!(operation.reply(entry.reply.status, &body), [], "{path}: {body:#}");
    }
}

fn objects(seen: &Value) {
    let objects = &seen["objects"];
    // `printf hello | md5sum`
    assert_eq!(objects["etag"], json!(["\"5d41402abc4b2a76b9719d911017c592\"", true]));
    assert_eq!(objects["got"], json!(["hello", "text/plain", { "who": "me" }, "ell"]));
    assert_eq!(objects["head"], json!([5, "text/plain"]));
    assert_eq!(objects["pages"], json!([["a/1", "a/2"], ["a/b c+ü.txt", "b/1"], ["c"]]));
    assert_eq!(objects["folders"], json!([["a/", "b/"], ["c"]]));
    assert_eq!(objects["below"], json!(["a/2", "a/b c+ü.txt"]));
    assert_eq!(objects["buckets"], json!(["my-bucket", "touchstone"]));
    refused(&objects["gone"], "NoSuchKey", "The specified key does not exist.");
    assert_eq!(seen["parts"], json!([true, "-2\""]));
    assert_eq!(seen["by_host"], json!(["hello", "hello"]));
    let told = &seen["refused"];
    refused(&told["bucket"], "NoSuchBucket", "The specified bucket does not exist");
    refused(&told["key"], "NoSuchKey", "The specified key does not exist.");
    refused(&told["head"], "404", "Not Found");
    refused(&told["secret"], "SignatureDoesNotMatch", "Check your key and signing method.");
    refused(&told["sum"], "BadDigest", "did not match the calculated checksum.");
    refused(&told["name"], "InvalidBucketName", "The specified bucket is not valid.");
}

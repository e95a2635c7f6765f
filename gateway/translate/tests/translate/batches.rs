//! Every case in `specs/cases/batches` comes out as it says: input files, batches, results. What the provider gets and says is
//! judged by its document, and what the client gets by OpenAI's.

use proptest::prelude::*;
use serde_json::{Value, json};
use specs::Operation;
use translate::Error;
use translate::batches::{
    Asked, Batch, Dialect, Input, Of, Part, Results, Status, Step, Storage, lines, page,
};
use translate::buckets::OBJECTS;
use translate::call::Options;
use translate::providers::{self, Provider};

use crate::folder;

/// What a batch was asked for by, in every case.
const ASKED: &str = r#"{"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h","metadata":{"of":"a case"}}"#;
/// When the files of results were made.
const CREATED: u64 = 1_700_000_000;

/// A job, as one folder shows it.
type Case = folder::Case<Dialect>;

impl Case {
    fn all() -> Vec<Self> {
        Self::every("batches", Provider::batches)
    }

    /// The operation of the provider's document that a step means.
    fn operation(&self, step: Step<'_>) -> Operation {
        let options = Options { model: Some("m"), ..Options::default() };
        let (method, target) = self.dialect.target(step, &options).unwrap();
        let api = if self.dialect == Dialect::Bedrock { "bedrock-control" } else { self.provider.name };
        operation(api, method, &target.path)
    }
}

fn operation(provider: &str, method: &str, path: &str) -> Operation {
    specs::api(provider)
        .unwrap()
        .operation(method, path)
        .unwrap_or_else(|| panic!("{provider} has no {path}"))
}

fn asked() -> Asked {
    Asked::read(ASKED.as_bytes()).unwrap()
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|row| serde_json::from_str(row).unwrap_or_else(|why| panic!("{why}: {row}"))).collect()
}

fn made(case: &Case, file: &str) -> Result<(Vec<u8>, Vec<String>), Error> {
    let options = case.options();
    let mut input = Input::new(case.dialect, case.provider, options.options());
    for line in lines(file.as_bytes(), asked().endpoint())? {
        input.push(&line)?;
    }
    let (body, mut dropped) = input.finish();
    dropped.sort();
    Ok((body, dropped))
}

#[test]
fn every_case_shows_something() {
    for case in Case::all() {
        let shows = ["input.jsonl", "batch.json", "list.json", "results.jsonl", "results.json"];
        assert!(shows.iter().any(|file| case.has(file)), "{case} shows nothing");
    }
}

#[test]
fn input_files_come_out_as_the_case_says() {
    for case in Case::all() {
        let Some(file) = case.read("input.jsonl") else { continue };
        match made(&case, &file) {
            Err(why) => {
                let body: Value = serde_json::from_slice(&why.body()).unwrap();
                let expected = case.json("expected_error.json").unwrap_or_else(|| panic!("{case}: {why}"));
                assert_eq!(json!({ "status": why.status(), "body": body }), expected, "{case}");
            }
            Ok((body, dropped)) => {
                let expected = case.json("dropped.json").unwrap_or_else(|| json!([]));
                assert_eq!(json!(dropped), expected, "{case}");
                if let Some(records) = case.read("upstream.jsonl") {
                    let got = rows(std::str::from_utf8(&body).unwrap());
                    assert_eq!(got, rows(&records), "{case}");
                    let converse = operation("bedrock", "POST", "/model/m/converse");
                    for record in got {
                        assert_eq!(converse.request(&record["modelInput"]), [], "{case}: {record}");
                    }
                    continue;
                }
                let body: Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(body, case.json("upstream.json").unwrap(), "{case}");
                assert_eq!(case.operation(Step::Create).request(&body), [], "{case}");
            }
        }
    }
}

#[test]
fn batches_come_out_as_the_case_says() {
    let retrieved = operation("openai", "GET", "/v1/batches/batch_1");
    for case in Case::all() {
        let Some(native) = case.read("batch.json") else { continue };
        let value: Value = serde_json::from_str(&native).unwrap();
        assert_eq!(case.operation(Step::Retrieve("b")).reply(200, &value), [], "{case}");
        let batch = case.dialect.batch(native.as_bytes()).unwrap_or_else(|why| panic!("{case}: {why}"));
        let body: Value = serde_json::from_slice(&batch.body(&asked())).unwrap();
        assert_eq!(body, case.json("expected.json").unwrap(), "{case}");
        assert_eq!(retrieved.reply(200, &body), [], "{case}");
    }
}

#[test]
fn pages_come_out_as_the_case_says() {
    let listed = operation("openai", "GET", "/v1/batches");
    for case in Case::all() {
        let Some(native) = case.read("list.json") else { continue };
        let value: Value = serde_json::from_str(&native).unwrap();
        assert_eq!(
            case.operation(Step::List { limit: 1, after: None, token: None }).reply(200, &value),
            [],
            "{case}"
        );
        let listed_there = case.dialect.list(native.as_bytes()).unwrap();
        let (batches, has_more) = (listed_there.batches, listed_there.has_more);
        let known: Vec<(Batch, Asked)> = batches.into_iter().map(|batch| (batch, asked())).collect();
        let body: Value = serde_json::from_slice(&page(&known, has_more)).unwrap();
        assert_eq!(body, case.json("expected_page.json").unwrap(), "{case}");
        assert_eq!(listed.reply(200, &body), [], "{case}");
    }
}

#[test]
fn results_come_out_as_the_case_says() {
    let chat = operation("openai", "POST", "/v1/chat/completions");
    for case in Case::all() {
        let Some(native) = case.read("results.jsonl").or_else(|| case.read("results.json")) else { continue };
        let of = Of { batch: "b_1", model: "the-batchs-model", created: CREATED };
        for (part, file) in [(Part::Output, "output.jsonl"), (Part::Errors, "errors.jsonl")] {
            let mut results = Results::new(case.provider, part, of);
            results.push(case.dialect, native.as_bytes()).unwrap_or_else(|why| panic!("{case}: {why}"));
            let got = rows(std::str::from_utf8(&results.finish()).unwrap());
            assert_eq!(got, rows(&case.read(file).unwrap()), "{case} {file}");
            for row in got.iter().filter(|row| !row["response"].is_null()) {
                let status = u16::try_from(row["response"]["status_code"].as_u64().unwrap()).unwrap();
                assert_eq!(chat.reply(status, &row["response"]["body"]), [], "{case}: {row}");
            }
        }
    }
}

#[test]
fn a_job_finds_its_lines_where_the_file_says() {
    let role = "arn:aws:iam::123456789012:role/batches";
    for prefix in ["s3://a-bucket/in/here/", "s3://a-bucket/in/here", "a-bucket/in/here"] {
        let storage = Storage::read(prefix, role).unwrap();
        assert_eq!(storage.input("job-1"), "a-bucket/in/here/job-1/input.jsonl");
        let body: Value = serde_json::from_slice(&storage.job("job-1", "amazon.nova-lite-v1:0")).unwrap();
        let expected = json!({
            "jobName": "job-1",
            "roleArn": role,
            "modelId": "amazon.nova-lite-v1:0",
            "modelInvocationType": "Converse",
            "inputDataConfig": {
                "s3InputDataConfig": { "s3InputFormat": "JSONL", "s3Uri": "s3://a-bucket/in/here/job-1/input.jsonl" }
            },
            "outputDataConfig": { "s3OutputDataConfig": { "s3Uri": "s3://a-bucket/in/here/job-1/" } },
            "timeoutDurationInHours": 24,
        });
        assert_eq!(body, expected);
        assert_eq!(operation("bedrock-control", "POST", "/model-invocation-job").request(&body), []);
    }
    for (prefix, role) in [("", role), ("s3://", role), ("s3://a/../b", role), ("s3://a", "")] {
        assert!(Storage::read(prefix, role).is_err(), "{prefix} {role}");
    }
}

#[test]
fn jobs_and_buckets_are_asked_at_their_own_addresses() {
    let options = Options::default();
    for (step, method, path) in [
        (Step::Create, "POST", "/model-invocation-job"),
        (Step::Retrieve("abc"), "GET", "/model-invocation-job/abc"),
        (Step::Cancel("abc"), "POST", "/model-invocation-job/abc/stop"),
        (Step::List { limit: 7, after: None, token: Some("t") }, "GET", "/model-invocation-jobs"),
    ] {
        let (got, target) = Dialect::Bedrock.target(step, &options).unwrap();
        assert_eq!((got, &*target.path), (method, path));
        assert_eq!(target.base_url, Some("https://bedrock.{region}.amazonaws.com"));
        let listed = [("maxResults", "7".to_owned()), ("nextToken", "t".to_owned())];
        assert_eq!(target.query, if path.ends_with('s') { &listed[..] } else { &[] });
    }
    let (method, target) = Dialect::Bedrock.target(Step::File("a-bucket/in/a b.out"), &options).unwrap();
    assert_eq!((method, &*target.path, target.base_url), ("GET", "/a-bucket/in/a%20b.out", Some(OBJECTS)));
}

#[test]
fn the_answers_of_a_job_lie_below_its_id() {
    let job = |input: &str| {
        json!({
            "jobArn": "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdef012345",
            "modelId": "m",
            "submitTime": "2023-11-14T22:13:20Z",
            "inputDataConfig": { "s3InputDataConfig": { "s3Uri": input } },
            "outputDataConfig": { "s3OutputDataConfig": { "s3Uri": "s3://b/out/" } },
        })
    };
    for (input, name) in [("s3://b/in/x.jsonl", "x.jsonl"), ("s3://b/in/", "input.jsonl")] {
        let found = Dialect::Bedrock.file(job(input).to_string().as_bytes()).unwrap();
        assert_eq!(found, Some(format!("b/out/abcdef012345/{name}.out")));
    }
    let made = br#"{"jobArn":"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdef012345"}"#;
    assert_eq!(Dialect::Bedrock.made(made), Ok(Some("abcdef012345".to_owned())));
    let batch = Batch::new("abcdef012345".to_owned(), 7, "m".to_owned());
    assert_eq!((batch.status, batch.has(Part::Output)), (Status::Validating, false));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "(\\{\"custom_id\":\"[a-z]{1,3}\",\"(result|body|method)\":(\\{\\}|1|\"POST\")\\}\n){0,3}".prop_map(String::into_bytes),
    ]) {
        let _ = lines(&bytes, "/v1/chat/completions");
        let _ = Asked::read(&bytes);
        for provider in providers::ALL {
            let Some(dialect) = provider.batches() else { continue };
            let _ = dialect.batch(&bytes);
            let _ = dialect.list(&bytes);
            let _ = (dialect.made(&bytes), dialect.file(&bytes));
            let _ = Results::new(provider, Part::Output, Of::default()).push(dialect, &bytes);
        }
    }
}

//! No key is in anything that is written, nor a folder of the machine: a real run with keys that can be told apart, at somebody's home,
//! and every byte searched.

use std::io::Read;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;

use super::binary::command;

/// What the profile of the test sends and sets.
const OWN: [&str; 5] = [
    "client-key-of-this-test-A1",
    "portkey-key-of-this-test-B2",
    "gateway/secret+of-this-test-C3",
    "environment-token-of-this-test-D4",
    "route-key-of-this-test-E5",
];

#[test]
fn no_key_is_in_anything_that_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let profile = profile(root);
    let out = root.join("out");
    std::fs::create_dir(&out).expect("a folder");
    let runs = root.join("runs");
    std::fs::create_dir(&runs).expect("a folder");
    let home = root.display().to_string();
    let run = |name: &str, arguments: &[&str]| {
        let output = command(arguments)
            .current_dir(&out)
            .env("GITHUB_ACTIONS", "true")
            .env("HOME", root)
            .env("TMPDIR", &runs)
            .env("GITHUB_STEP_SUMMARY", out.join("step-summary.md"))
            .output()
            .expect("it starts");
        std::fs::write(out.join(format!("{name}.stdout")), &output.stdout).expect("written");
        std::fs::write(out.join(format!("{name}.stderr")), &output.stderr).expect("written");
        output.status.code()
    };
    let select = "*@chat.{text.plain,faults.error-in-stream,errors.rate-limit,clients.other-model}@openai.chat/{openai,anthropic,bedrock,gemini}/*";
    let common = ["test", "--gateway", &profile, "--select", select, "--evidence", "all"];
    assert_eq!(
        run("test", &[common.as_slice(), &["--report", "report"]].concat()),
        Some(1),
        "some of it fails"
    );
    run("json", &[common.as_slice(), &["--report", "again", "--json"]].concat());
    run("diff", &["diff", "report/report.json", "again/report.json"]);
    assert_eq!(run("matrix", &["matrix", "report", "-o", "site"]), Some(0));
    let mut published: Vec<String> = mocks::Credentials::default().secrets().map(str::to_owned).collect();
    published.push("sk-of-the-judge-7Q4Z".to_owned());
    let all: Vec<&str> = OWN.into_iter().chain(published.iter().map(String::as_str)).collect();
    assert!(search(&out, &all) > 15, "there is something to search");
    search(&out, &[&home]);
    let kept = std::fs::read_dir(&runs).expect("a folder").flatten();
    let logs: Vec<_> = kept.map(|run| run.path().join("gateway.log")).filter(|log| log.is_file()).collect();
    assert_eq!(logs.len(), 2, "each run failed, and keeps its log");
    for log in &logs {
        let text = std::fs::read_to_string(log).expect("a text");
        let told = all.iter().copied().chain([home.as_str()]).find(|told| text.contains(told));
        assert_eq!(told, None, "in {}", log.display());
        assert!(text.contains("{{ workdir }}: …t-D4"), "it says where it is: {text}");
    }

    // To play it again takes the mocks' own keys, which are published; nobody else's.
    assert_eq!(
        run(
            "repro",
            &["repro", "report/report.json", "chat.text.plain", "--gateway", &profile, "--save", "kept"]
        ),
        Some(0)
    );
    run("shown", &["repro", "report/report.json", "chat.text.plain", "--gateway", &profile]);
    search(&out, &OWN);
    search(&out, &[&home]);
}

/// The bundled gateway, with headers and an environment that hold keys, and a route whose failure keeps its evidence.
fn profile(root: &Path) -> String {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateways/touchstone");
    let folder = root.join("keyed");
    std::fs::create_dir(&folder).expect("a folder");
    for entry in std::fs::read_dir(bundled).expect("the bundled profile").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a text");
        let text = if entry.file_name() == "profile.yaml" { keyed(&text) } else { text };
        std::fs::write(folder.join(entry.file_name()), text).expect("written");
    }
    folder.display().to_string()
}

fn keyed(text: &str) -> String {
    let [client, portkey, secret, environment, route] = OWN;
    // Gateways say where they are, and some of them more.
    let says = r#"[sh, -c, 'echo "{{ workdir }}: $UPSTREAM_API_TOKEN"; exec "$@"', sh, "{{ self }}""#;
    let text = text.replacen("[\"{{ self }}\"", says, 1);
    let text = text.replacen("env: {", &format!("env: {{ UPSTREAM_API_TOKEN: {environment}, "), 1);
    let text = text.replacen(
        "    provider: openai\n",
        &format!("    provider: openai\n    headers: {{ x-route-api-key: {route} }}\n"),
        1,
    );
    // Another model must arrive than the one that does: so something fails, and is told.
    let text = text.replacen("upstreamModel: gpt-4o-mini", "upstreamModel: another-model", 1);
    format!(
        "{text}\nheaders: {{ authorization: \"Bearer {client}\", x-portkey-api-key: {portkey}, x-aws-secret-access-key: \"{secret}\" }}\n"
    )
}

/// Looks for each of these into every file; gives back how many files there are.
fn search(folder: &Path, secrets: &[&str]) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files += search(&path, secrets);
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).expect("a file");
        for text in [String::from_utf8_lossy(&bytes).into_owned(), packed(&bytes)] {
            for secret in secrets {
                assert!(!text.contains(secret), "{secret} is in {}", path.display());
            }
            let signature = text.split("Signature=").skip(1).find(|rest| is_signature(rest));
            assert!(signature.is_none(), "a signature is in {}", path.display());
        }
    }
    files
}

fn is_signature(text: &str) -> bool {
    text.chars().take(64).filter(char::is_ascii_hexdigit).count() == 64
}

/// What a page has inside, unpacked.
fn packed(page: &[u8]) -> String {
    let page = String::from_utf8_lossy(page);
    let data = page.split_once("type=\"application/gzip\"").and_then(|(_, rest)| rest.split_once('>'));
    let Some((data, _)) = data.and_then(|(_, rest)| rest.split_once("</script>")) else {
        return String::new();
    };
    let packed = STANDARD.decode(data).expect("base64");
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text).expect("gzip");
    assert!(text.len() > 1_000, "the page holds something");
    text
}

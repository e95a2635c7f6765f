//! Gateways that are started as containers, and gateways that call their providers' own hosts: the bundled one in their place, all
//! on this machine. The engine is [a script](upstream/engine.sh) with the command line of docker.
#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::binary::{Server, command, file};
use super::port::Port;

/// Something of everything: whole and streamed, tools, errors, a cut.
const SELECT: &str = "chat.{text.plain,tools.one-call,errors.rate-limit,faults.cut-in-text}";

/// The bundled profile with other words in its places.
fn bundled(folder: &Path, changes: &[(&str, &str)]) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateways/touchstone");
    let to = folder.join("profile");
    fs::create_dir_all(&to).unwrap();
    fs::copy(from.join("kong.yaml.j2"), to.join("kong.yaml.j2")).unwrap();
    let mut profile = fs::read_to_string(from.join("profile.yaml")).unwrap();
    for (old, new) in changes {
        assert!(profile.contains(old), "the bundled profile has no `{old}`");
        profile = profile.replacen(old, new, 1);
    }
    file(&to, "profile.yaml", &profile);
    to
}

const START: &str = "start:\n";
const COMMAND: &str = r#"  command: ["{{ self }}", gateway, --config, "{{ workdir }}/kong.yaml", --listen, "127.0.0.1:{{ port }}", --status-listen, "off", --threads, "2"]"#;
const ENV: &str = "env: { TOUCHSTONE_LOG: info }";
const RENDER: &str = "render:\n";

fn judged(profile: &Path, select: &str, engine: Option<&Engine>) -> (Option<i32>, Value, String) {
    let report = profile.with_file_name("report");
    let words = ["test", "--select", select, "--json", "--gateway"];
    let mut command = command(&words);
    command.arg(profile).arg("--report").arg(&report);
    if let Some(engine) = engine {
        engine.lend(&mut command);
    }
    // What is said here of the way out is not for the gateway.
    command.env("NO_PROXY", "*").env("HTTPS_PROXY", "http://127.0.0.1:9");
    let output = command.output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), report, String::from_utf8(output.stderr).unwrap())
}

/// Everything passes, and it is not little.
fn passes(profile: &Path, engine: Option<&Engine>) {
    let (code, report, said) = judged(profile, SELECT, engine);
    assert_eq!(code, Some(0), "{said}\n{:#}", report["summary"]);
    assert!(report["summary"]["pass"].as_u64().unwrap() > 400, "{}", report["summary"]);
}

#[test]
fn every_provider_is_judged_through_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let env = r#"env: { HTTPS_PROXY: "{{ proxy }}", SSL_CERT_FILE: "{{ ca }}" }"#;
    passes(&bundled(folder.path(), &[(START, "upstream: http-proxy\nstart:\n"), (ENV, env)]), None);
}

#[test]
fn every_provider_is_judged_under_its_own_host() {
    let folder = tempfile::tempdir().unwrap();
    let env = r#"env: { KONG_DNS_HOSTSFILE: "{{ workdir }}/hosts", SSL_CERT_FILE: "{{ ca_bundle }}" }"#;
    let profile = bundled(
        folder.path(),
        &[
            (START, "upstream: hosts\ntls: { port: 0, resolver: gateway }\nstart:\n"),
            (ENV, env),
            (RENDER, "render:\n  - { template: hosts.j2, to: hosts }\n"),
        ],
    );
    let hosts = "{% for host in hosts %}{{ host.address }} {{ host.name }}\n{% endfor %}";
    file(&profile, "hosts.j2", hosts);
    passes(&profile, None);
}

/// Nothing in its configuration names a host.
const FIXED: &str = r#"_format_version: "3.0"
services:
  - name: llm
    url: http://127.0.0.1:9
    routes:
      - name: openai
        paths: [/openai]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              auth: { header_name: Authorization, header_value: "Bearer {{ mocks.openai.key }}" }
              model: { provider: openai, name: gpt-4o-mini }
      - name: bedrock
        paths: [/bedrock]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              auth: { aws_access_key_id: "{{ aws.access_key_id }}", aws_secret_access_key: "{{ aws.secret_access_key }}" }
              model:
                provider: bedrock
                name: us.anthropic.claude-sonnet-4-5-20250929-v1:0
                options: { bedrock: { aws_region: us-east-1 } }
      - name: azure
        paths: [/azure]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              auth: { header_name: api-key, header_value: "{{ mocks.azure.key }}" }
              model:
                provider: azure
                name: gpt-4o
                options: { azure_instance: mine, azure_deployment_id: gpt-4o }
"#;
const FIXED_PROFILE: &str = r#"apiVersion: touchstone/v1
kind: GatewayProfile
implementation: { organization: Test, project: fixed hosts, url: "", version: "1", contact: [] }
upstream: http-proxy
tls: { hosts: [mine.openai.azure.com] }
render: [{ template: kong.yaml.j2, to: kong.yaml }]
start:
  command: ["{{ self }}", gateway, --config, "{{ workdir }}/kong.yaml", --listen, "127.0.0.1:{{ port }}", --threads, "1"]
  env: { HTTPS_PROXY: "{{ proxy }}", SSL_CERT_FILE: "{{ ca }}" }
  ready: /status/ready
  readyMs: 60000
routes:
  - { name: openai, provider: openai, path: /openai, upstreamModel: gpt-4o-mini }
  - { name: bedrock, provider: bedrock, path: /bedrock, upstreamModel: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" }
  - { name: azure, provider: azure, path: /azure, upstreamModel: gpt-4o }
features: [tools]
"#;

#[test]
fn a_gateway_with_fixed_hosts_is_judged_through_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("profile");
    fs::create_dir(&profile).unwrap();
    file(&profile, "profile.yaml", FIXED_PROFILE);
    file(&profile, "kong.yaml.j2", FIXED);
    let (code, report, said) = judged(&profile, "chat.text.plain", None);
    assert_eq!(code, Some(0), "{said}\n{:#}", report["summary"]);
    assert_eq!(report["cells"].as_array().unwrap().len(), 6);
    // And without the certificate, it is told why nothing comes.
    let distrustful = FIXED_PROFILE.replace(r#", SSL_CERT_FILE: "{{ ca }}""#, "");
    file(&profile, "profile.yaml", &distrustful);
    let (code, _, said) = judged(&profile, "chat.text.plain", None);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("api.openai.com") && said.contains("does not trust"), "{said}");
}

#[test]
fn names_that_lead_elsewhere_are_told_before_the_gateway_starts() {
    let folder = tempfile::tempdir().unwrap();
    let fixed = FIXED_PROFILE.replace("upstream: http-proxy", "upstream: hosts").replace(
        "tls: { hosts: [mine.openai.azure.com] }",
        "tls: { port: 0, hosts: [nobody.invalid.openai.azure.com, api.openai.com] }",
    );
    file(folder.path(), "profile.yaml", &fixed);
    let (code, _, said) = judged(folder.path(), "chat.text.plain", None);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no provider has the host `nobody.invalid.openai.azure.com`"), "{said}");

    file(folder.path(), "profile.yaml", &fixed.replace("nobody.invalid.openai.azure.com, ", ""));
    file(folder.path(), "kong.yaml.j2", FIXED);
    let (code, _, said) = judged(folder.path(), "chat.text.plain", None);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("/etc/hosts:\n127.0.0.1 touchstone.openai.azure.com\n127.0.0.1 bedrock-runtime."),
        "{said}"
    );
}

#[test]
fn a_gateway_that_runs_already_knows_authority_and_proxy_beforehand() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    drop(mocks::Authority::kept(&folder.path().join("ca")).unwrap());
    let port = Port::new();
    let address = port.addr().to_string();
    let kong = FIXED.replace("{{ mocks.openai.key }}", "sk-touchstone");
    let kong = kong.replace("{{ mocks.azure.key }}", "azure-touchstone");
    let kong = kong.replace("{{ aws.access_key_id }}", "AKIATOUCHSTONE000001");
    let kong = kong.replace("{{ aws.secret_access_key }}", "touchstone-secret-access-key");
    let config = file(folder.path(), "kong.yaml", &kong);
    let gateway = Server::start(
        &["gateway", "--config", &config, "--listen", "127.0.0.1:0", "--threads", "1"],
        &[("HTTPS_PROXY", &format!("http://{address}")), ("SSL_CERT_FILE", &path("ca/ca.pem"))],
    );
    file(folder.path(), "profile.yaml", &FIXED_PROFILE.replace("render: [", "render: []\n#"));
    let url = format!("http://{}", gateway.address);
    let words = ["test", "--select", "chat.text.plain", "--mocks", &address, "--url", &url];
    let mut command = command(&words);
    command.args(["--gateway", &path(""), "--ca", &path("ca"), "--report", &path("report")]);
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(err.contains("must trust") && err.contains(&format!("the proxy http://{address}")), "{err}");
}

/// An engine of the test's own.
struct Engine(tempfile::TempDir);

impl Engine {
    fn new() -> Self {
        let engine = Self(tempfile::tempdir().unwrap());
        for part in ["containers", "images"] {
            fs::create_dir(engine.0.path().join(part)).unwrap();
        }
        let script = engine.path("docker");
        fs::write(&script, include_str!("upstream/engine.sh")).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        engine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The first that is found by the name of docker.
    fn lend(&self, command: &mut Command) {
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.0.path().display()));
        command.env("ENGINE", self.0.path()).env("TOUCHSTONE", env!("CARGO_BIN_EXE_touchstone"));
        command.env_remove("TOUCHSTONE_CONTAINER");
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap_or_default()
    }

    /// The processes of its containers.
    fn running(&self) -> Vec<String> {
        let files = fs::read_dir(self.path("containers")).unwrap();
        let texts = files.filter_map(|file| fs::read_to_string(file.unwrap().path()).ok());
        texts.filter_map(|text| Some(text.split_once(' ')?.0.to_owned())).collect()
    }

    /// Looks until it is as wanted, for at most so long.
    #[expect(clippy::disallowed_methods, reason = "there is no runtime here, and nothing that could wake us")]
    fn until(&self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !wanted(self) {
            assert!(since.elapsed() < Duration::from_secs(120), "{what}; its calls:\n{}", self.calls());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn lives(process: &str) -> bool {
    let asked = Command::new("kill").args(["-0", process]).stderr(Stdio::null()).status();
    asked.unwrap().success()
}

const HOSTED: &str = r#"  image: example/gateway:1
  args: [--config, /etc/kong/kong.yaml, --listen, "127.0.0.1:{{ port }}", --threads, "2"]
  volumes: ["kong.yaml:/etc/kong/kong.yaml"]"#;
const BRIDGED: &str = r#"  image: example/gateway:1
  args: [--config, "{{ workdir }}/kong.yaml", --listen, "0.0.0.0:8787"]
  ports: ["{{ port }}:8787"]"#;

#[test]
fn a_container_is_pulled_run_judged_and_removed() {
    let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::new());
    passes(&bundled(folder.path(), &[(COMMAND, HOSTED)]), Some(&engine));
    let calls = engine.calls();
    assert_eq!(calls.matches("\npull example/gateway:1").count(), 1, "{calls}");
    assert!(
        calls.contains("--network host ") && calls.contains("/kong.yaml:/etc/kong/kong.yaml:ro"),
        "{calls}"
    );
    assert!(calls.contains("--env TOUCHSTONE_LOG=info") && calls.contains("kill --signal TERM"), "{calls}");
    assert!(!calls.contains("rm --force") && engine.running().is_empty(), "{calls}");
    // The image is here now.
    passes(&bundled(folder.path(), &[(COMMAND, HOSTED)]), Some(&engine));
    assert_eq!(engine.calls().matches("\npull").count(), 1);
}

#[test]
fn a_container_on_a_bridge_reaches_the_mocks_and_their_hosts() {
    let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::new());
    passes(&bundled(folder.path(), &[(COMMAND, BRIDGED)]), Some(&engine));
    let env = r#"env: { SSL_CERT_FILE: "{{ ca }}" }"#;
    let hosts = "upstream: hosts\ntls: { port: 0 }\nstart:\n";
    passes(&bundled(folder.path(), &[(START, hosts), (COMMAND, BRIDGED), (ENV, env)]), Some(&engine));
    let calls = engine.calls();
    for part in [
        "--network bridge ",
        "--add-host host.docker.internal:host-gateway",
        "--add-host api.openai.com:host-gateway",
        "--publish 127.0.0.1:",
    ] {
        assert!(calls.contains(part), "{part}: {calls}");
    }
    let env = r#"env: { HTTPS_PROXY: "{{ proxy }}", SSL_CERT_FILE: "{{ ca }}" }"#;
    let proxy = "upstream: http-proxy\nstart:\n";
    passes(&bundled(folder.path(), &[(START, proxy), (COMMAND, BRIDGED), (ENV, env)]), Some(&engine));
    assert!(engine.calls().contains("HTTPS_PROXY=http://host.docker.internal:"));
}

#[test]
fn a_container_that_does_not_end_is_killed() {
    let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::new());
    let stubborn = HOSTED.replace("example/gateway:1", "example/stubborn:1");
    let profile = bundled(folder.path(), &[(COMMAND, &stubborn), ("stopMs: 20000", "stopMs: 300")]);
    let (code, ..) = judged(&profile, "chat.text.plain", Some(&engine));
    assert_eq!(code, Some(0));
    let calls = engine.calls();
    let (term, kill) = (calls.find("--signal TERM").unwrap(), calls.find("--signal KILL").unwrap());
    assert!(term < kill && engine.running().is_empty(), "{calls}");
}

#[test]
fn what_keeps_a_container_from_running_is_told() {
    let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::new());
    for (image, told) in [
        ("example/missing:1", "manifest for example/missing:1 not found"),
        ("example/taken:1", "port is already allocated"),
    ] {
        let start = HOSTED.replace("example/gateway:1", image);
        let profile = bundled(folder.path(), &[(COMMAND, &start)]);
        let (code, _, said) = judged(&profile, "chat.text.plain", Some(&engine));
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(told), "{said}");
    }
    fs::write(engine.path("down"), "").unwrap();
    // A second engine is nowhere, or does not run either; that of this machine is not asked.
    fs::copy(engine.path("docker"), engine.path("podman")).unwrap();
    let profile = bundled(folder.path(), &[(COMMAND, HOSTED)]);
    let (code, _, said) = judged(&profile, "chat.text.plain", Some(&engine));
    assert_eq!(code, Some(3), "{said}");
    for part in
        ["`docker version`", "`podman version`", "Cannot connect to the engine", "TOUCHSTONE_CONTAINER"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn no_container_stays_when_we_are_interrupted_or_killed() {
    for (signal, code) in [("INT", Some(130)), ("TERM", Some(130)), ("KILL", None)] {
        let (folder, engine) = (tempfile::tempdir().unwrap(), Engine::new());
        let never = ("ready: /status/ready", "ready: /never");
        let profile = bundled(folder.path(), &[(COMMAND, HOSTED), never]);
        let mut command = command(&["test", "--gateway"]);
        command.arg(&profile).stdout(Stdio::null()).stderr(Stdio::null());
        engine.lend(&mut command);
        let mut child: Child = command.spawn().unwrap();
        engine.until("no container", |engine| !engine.running().is_empty());
        let process = engine.running().remove(0);
        let told = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(told.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), code, "{signal}");
        engine.until("it stays", |engine| engine.running().is_empty() && !lives(&process));
    }
}

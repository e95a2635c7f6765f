//! Python environments with the official clients, made once from the pinned files and kept under `target`.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// Where the pinned files and the scripts are, from the root of the repository: more than one crate's tests use them.
const CLIENTS: &str = "mocks/tests/clients";
/// So long may an environment take, and so long a script.
const INSTALL: Duration = Duration::from_secs(1_800);
const RUN: Duration = Duration::from_secs(300);

/// An environment, made at its first use.
pub(crate) struct Venv {
    requirements: &'static str,
    python: OnceCell<Result<PathBuf, String>>,
}

pub(crate) static NEWEST: Venv = Venv { requirements: "requirements.txt", python: OnceCell::const_new() };
pub(crate) static CLASSIC: Venv =
    Venv { requirements: "requirements-classic.txt", python: OnceCell::const_new() };

impl Venv {
    /// Runs a script against a base URL and reads what it prints. Without Python, or without the clients, says so and
    /// returns nothing; where `CI` is `true` that is a failure.
    pub(crate) async fn run(&self, script: &str, url: &str) -> Option<Value> {
        self.run_with(script, &[url]).await
    }

    /// The same with other arguments.
    pub(crate) async fn run_with(&self, script: &str, arguments: &[&str]) -> Option<Value> {
        let python = match self.python.get_or_init(|| make(self.requirements)).await {
            Ok(python) => python,
            Err(problem) => {
                assert_ne!(env::var("CI").as_deref(), Ok("true"), "{script}: {problem}");
                println!("{script} was skipped: {problem}");
                return None;
            }
        };
        let mut command = Command::new(python);
        let clients = clients();
        command.arg(clients.join(script)).args(arguments).current_dir(clients);
        let output = finish(&mut command, RUN).await.unwrap();
        Some(serde_json::from_slice(&output).unwrap())
    }
}

/// [`CLIENTS`], seen from the crate whose tests these are.
fn clients() -> PathBuf {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above
        .map(|folder| folder.join(CLIENTS))
        .find(|folder| folder.is_dir())
        .expect("the scripts are in the repository")
}

/// Makes the environment, unless the one of this file's content is there already.
async fn make(requirements: &str) -> Result<PathBuf, String> {
    let requirements = clients().join(requirements);
    let pinned = fs::read(&requirements).map_err(|problem| problem.to_string())?;
    let version = finish(Command::new("python3").arg("-VV"), RUN).await?;
    let mut hasher = DefaultHasher::new();
    (pinned, version).hash(&mut hasher);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clients-{:016x}", hasher.finish()));
    let (python, made) = (folder.join("bin/python"), folder.join("made"));

    let lock = File::create(folder.with_extension("lock")).map_err(|problem| problem.to_string())?;
    lock.lock().map_err(|problem| problem.to_string())?;
    if made.exists() {
        return Ok(python);
    }
    finish(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder), INSTALL).await?;
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--no-deps",
        "--disable-pip-version-check",
    ]);
    install.args(["--only-binary", ":all:", "--retries", "2", "--requirement"]).arg(requirements);
    finish(&mut install, INSTALL).await?;
    File::create(made).map_err(|problem| problem.to_string())?;
    Ok(python)
}

/// What a process prints, if it ends well and in time; else what it complains of. No settings of clients leak in.
async fn finish(command: &mut Command, limit: Duration) -> Result<Vec<u8>, String> {
    let shown = format!("{:?}", command.as_std());
    for (name, _) in env::vars() {
        if ["OPENAI_", "ANTHROPIC_", "AWS_", "GEMINI_", "GOOGLE_", "HF_", "OLLAMA_", "DASHSCOPE_", "PYTHON"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
    command.envs([("NO_PROXY", "127.0.0.1"), ("no_proxy", "127.0.0.1"), ("PYTHONDONTWRITEBYTECODE", "1")]);
    command.envs([("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", "/dev/null")]);
    command.env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command.stdin(Stdio::null()).kill_on_drop(true);
    let Output { status, stdout, stderr } = match tokio::time::timeout(limit, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(problem)) => return Err(format!("{shown}: {problem}")),
        Err(_) => return Err(format!("{shown} took more than {limit:?}")),
    };
    if status.success() { Ok(stdout) } else { Err(format!("{shown}: {}", String::from_utf8_lossy(&stderr))) }
}

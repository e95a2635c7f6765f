//! `touchstone specs`: the providers' documents, asked from the command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

/// Ask the providers' API documents
#[derive(Debug, Args)]
pub(crate) struct Specs {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    Drift(Drift),
    Check(Check),
}

/// Compare our document with one that the provider published; exits 1 on a difference without a reason
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  touchstone specs drift --provider openai --published openai.schema.json")]
struct Drift {
    /// The provider whose document to compare: openai, anthropic, bedrock
    #[arg(long)]
    provider: String,
    /// A bundle of JSON Schemas: one file with `$defs`
    #[arg(long, value_name = "FILE")]
    published: PathBuf,
}

/// Judge a body by a provider's document; exits 1 on a violation
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone specs check --provider anthropic POST /v1/messages body.json
  touchstone specs check --provider anthropic --variant 2026-10-21 POST /v1/messages body.json
  touchstone specs check --provider bedrock --status 200 POST /model/m/converse reply.json")]
struct Check {
    /// The provider whose document judges
    #[arg(long)]
    provider: String,
    /// A version of the operation, where the provider has several
    #[arg(long)]
    variant: Option<String>,
    /// The body is the reply with this status, not the request
    #[arg(long)]
    status: Option<u16>,
    /// Method of the operation
    method: String,
    /// Path of the operation, without the host
    path: String,
    /// A file of JSON
    body: PathBuf,
}

impl Specs {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let clean = match self.question {
            Question::Drift(drift) => drift.run()?,
            Question::Check(check) => check.run()?,
        };
        Ok(ExitCode::from(u8::from(!clean)))
    }
}

impl Drift {
    fn run(self) -> anyhow::Result<bool> {
        let drift = ::specs::drift::of(&self.provider, &json(&self.published)?)?;
        super::say(&drift)?;
        Ok(drift.is_clean())
    }
}

impl Check {
    fn run(self) -> anyhow::Result<bool> {
        let Some(api) = ::specs::api(&self.provider) else {
            let known: Vec<_> = ::specs::apis().map(::specs::Api::provider).collect();
            bail!("no document for provider {:?}; there are {}", self.provider, known.join(", "));
        };
        let mut operation = api
            .operation(&self.method.to_uppercase(), &self.path)
            .with_context(|| format!("{} has no operation {} {}", self.provider, self.method, self.path))?;
        if let Some(name) = &self.variant {
            operation = operation
                .variant(name)
                .with_context(|| format!("{} has no variant {name:?}", operation.id()))?;
        }
        let body = json(&self.body)?;
        let violations =
            self.status.map_or_else(|| operation.request(&body), |status| operation.reply(status, &body));
        for violation in &violations {
            super::say(&violation)?;
        }
        Ok(violations.is_empty())
    }
}

fn json(path: &Path) -> anyhow::Result<serde_json::Value> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", path.display()))
}

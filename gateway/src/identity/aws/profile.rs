//! A profile of AWS's shared files: its keys, or the roles that it leads through.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>

use std::collections::BTreeMap;

use super::ini::{self, Kind, Section};
use super::{Failure, Keys, Network, Role};
use crate::config::{Secret, Surroundings};

/// All profiles, of both files.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    named: BTreeMap<String, Section>,
    /// Which files there were; for the log.
    files: Vec<String>,
}

/// What is to be done for the keys of a profile.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) base: Base,
    /// Assumed one after the other.
    pub(super) roles: Vec<Role>,
}

/// Where its first keys are.
#[derive(PartialEq)]
pub(super) enum Base {
    Keys(Keys),
    /// For the token in a file.
    Token {
        role: Role,
        file: String,
    },
    Environment,
    Container,
    Instance,
}

/// Reads the files that there are.
pub(super) async fn read(set: &Surroundings, network: &Network) -> Result<Profiles, Failure> {
    let mut profiles = Profiles::default();
    for (kind, variable, name) in [
        (Kind::Config, "AWS_CONFIG_FILE", "config"),
        (Kind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ] {
        let path = set.get(variable).map_or_else(|| format!("~/.aws/{name}"), str::to_owned);
        let path = match (path.strip_prefix("~/"), set.get("HOME")) {
            (Some(rest), Some(home)) => format!("{}/{rest}", home.trim_end_matches('/')),
            (Some(_), None) => continue,
            (None, _) => path,
        };
        // A file that cannot be read is as good as none to AWS's clients as well.
        match network.file(&path).await {
            Ok(text) => profiles.add(&text, kind, &path)?,
            Err(failure) if set.get(variable).is_some() => tracing::warn!(%failure, "{variable}"),
            Err(_) => (),
        }
    }
    Ok(profiles)
}

impl Profiles {
    /// Adds those of a file; what `credentials` says stands before what `config` says.
    pub(super) fn add(&mut self, text: &str, kind: Kind, path: &str) -> Result<(), Failure> {
        let wrong =
            |(line, what)| Failure::File { path: path.to_owned(), why: format!("line {line}: {what}") };
        for (name, section) in ini::profiles(text, kind).map_err(wrong)? {
            self.named.entry(name).or_default().extend(section);
        }
        self.files.push(path.to_owned());
        Ok(())
    }

    /// What was looked at.
    pub(super) fn told(&self) -> String {
        if self.files.is_empty() {
            "no profiles".to_owned()
        } else {
            format!("profiles of {}", self.files.join(" and "))
        }
    }

    /// What is to be done for the keys of `selected`; `None`: it says nothing of keys.
    pub(super) fn plan(&self, selected: &str) -> Result<Option<Plan>, Failure> {
        if self.named.is_empty() || selected == "default" && !self.named.contains_key(selected) {
            return Ok(None);
        }
        let mut roles = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut name = selected;
        let base = loop {
            let profile = Profile { name, section: self.named.get(name).ok_or_else(|| missing(name))? };
            if seen.contains(&name) {
                return Err(profile.wrong("it leads back to itself"));
            }
            seen.push(name);
            // Keys of a profile that another one leads to stand before a role of its own.
            let keys = if seen.len() > 1 { profile.keys().unwrap_or_default() } else { None };
            if let Some(keys) = keys {
                break Some(Base::Keys(keys));
            }
            let Some(role) = profile.role()? else { break profile.base()? };
            let next = profile.next()?;
            roles.push(role);
            match next {
                Some(next) if next != name => name = next,
                _ => break profile.base()?,
            }
        };
        roles.reverse();
        match base {
            Some(base) => Ok(Some(Plan { base, roles })),
            None if seen.len() == 1 && roles.is_empty() => Ok(None),
            None => Err(Profile { name, section: &Section::new() }.wrong("it has no keys")),
        }
    }
}

fn missing(name: &str) -> Failure {
    Failure::Settings(format!("there is no AWS profile '{name}'"))
}

/// A profile by its name.
struct Profile<'p> {
    name: &'p str,
    section: &'p Section,
}

impl<'p> Profile<'p> {
    fn get(&self, name: &str) -> Option<&'p str> {
        self.section.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn wrong(&self, why: &str) -> Failure {
        Failure::Settings(format!("AWS profile '{}': {why}", self.name))
    }

    /// The role that is assumed with the keys of another.
    fn role(&self) -> Result<Option<Role>, Failure> {
        if self.get("web_identity_token_file").is_some() {
            return Ok(None);
        }
        self.get("role_arn").map(|arn| self.role_of(arn)).transpose()
    }

    fn role_of(&self, arn: &str) -> Result<Role, Failure> {
        let own = |name| self.get(name).map(str::to_owned);
        let seconds = self.get("duration_seconds").map(str::parse).transpose();
        Ok(Role {
            arn: arn.to_owned(),
            session: own("role_session_name"),
            external_id: own("external_id"),
            seconds: seconds.map_err(|_| self.wrong("duration_seconds is not a number"))?,
        })
    }

    /// The profile whose keys assume the role; `None`: it has some itself.
    fn next(&self) -> Result<Option<&'p str>, Failure> {
        match (self.get("source_profile"), self.get("credential_source")) {
            (Some(_), Some(_)) => Err(self.wrong("it has both source_profile and credential_source")),
            (None, None) => Err(self.wrong("its role_arn needs source_profile or credential_source")),
            (source, _) => Ok(source),
        }
    }

    /// Where its own keys are.
    fn base(&self) -> Result<Option<Base>, Failure> {
        match self.get("credential_source") {
            Some("Environment") => return Ok(Some(Base::Environment)),
            Some("EcsContainer") => return Ok(Some(Base::Container)),
            Some("Ec2InstanceMetadata") => return Ok(Some(Base::Instance)),
            Some(_) => return Err(self.wrong("its credential_source is none that AWS knows")),
            None => (),
        }
        if let Some(file) = self.get("web_identity_token_file") {
            let arn = self.get("role_arn").ok_or_else(|| self.wrong("it has no role_arn for its token"))?;
            return Ok(Some(Base::Token { role: self.role_of(arn)?, file: file.to_owned() }));
        }
        for (name, what) in UNSUPPORTED {
            if self.get(name).is_some() {
                return Err(self.wrong(&format!("{what} are not supported by this gateway")));
            }
        }
        Ok(self.keys()?.map(Base::Keys))
    }

    fn keys(&self) -> Result<Option<Keys>, Failure> {
        match (self.get("aws_access_key_id"), self.get("aws_secret_access_key")) {
            (Some(id), Some(secret)) => Ok(Some(Keys {
                access_key: id.to_owned(),
                secret_key: Secret::new(secret),
                session_token: self.get("aws_session_token").map(Secret::new),
            })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.wrong("it has no aws_secret_access_key")),
            (None, Some(_)) => Err(self.wrong("it has no aws_access_key_id")),
        }
    }
}

/// What AWS's own clients find keys by as well.
const UNSUPPORTED: [(&str, &str); 4] = [
    ("sso_session", "SSO sessions"),
    ("sso_start_url", "SSO sessions"),
    ("login_session", "console sessions"),
    ("credential_process", "credential processes"),
];

/// Never the secrets.
impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keys(_) => "Keys(***)",
            Self::Token { .. } => "Token",
            Self::Environment => "Environment",
            Self::Container => "Container",
            Self::Instance => "Instance",
        })
    }
}

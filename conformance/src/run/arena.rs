//! Everything that must be up before the first play: the mocks and the gateway between them and the client.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use super::{Options, secrets};
use crate::client::{Client, Target};
use crate::dialect::{self, Dialect};
use crate::gateway::{self, Gateway, Profile, Source, Upstreams, upstream};
use crate::places::Places;
use crate::redact::Redactor;
use crate::{Error, Surface};

/// A gateway that is ready, with the mocks behind it.
pub struct Arena {
    stage: Arc<Stage>,
    url: String,
    config: BTreeMap<String, String>,
    /// Configuration and log, where nobody asked for a place of their own.
    temporary: Option<PathBuf>,
}

/// What a play needs.
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) mocks: Arc<mocks::Mocks>,
    pub(crate) profile: Arc<Profile>,
    /// Keeps keys out of what is written.
    pub(crate) redactor: Redactor,
    /// Absent where it is not ours to end.
    pub(crate) gateway: Mutex<Option<Gateway>>,
    pub(crate) patience: Duration,
    /// What the markers of its plays begin with, where several play the same scenarios to the same mocks.
    pub(crate) name: String,
}

/// Bytes of one reply that the journal keeps: more than any check looks at, which is a vector of 3,072 numbers.
const REPLY_BYTES: usize = 128 << 10;
/// Longer than any play takes that ends by itself; a profile may ask for more.
const PATIENCE: Duration = Duration::from_secs(15);

impl Arena {
    /// Starts mocks and gateway, and waits until both are ready.
    ///
    /// # Errors
    /// [`Error::Setup`], [`Error::Mocks`], [`Error::NotReady`], [`Error::Template`], [`Error::File`].
    pub async fn start(options: &Options) -> Result<Self, Error> {
        Self::start_through(options, |url| url).await
    }

    /// The same, where the gateway is told another address than that of each mock: something that stands before them.
    pub(crate) async fn start_through(
        options: &Options,
        before: impl Fn(String) -> String,
    ) -> Result<Self, Error> {
        if options.source == Source::Profile {
            let places = Places::of_user();
            let say =
                |sentence: &str| options.notice.iter().for_each(|notice| notice(&places.text(sentence)));
            gateway::setup::prepare(&options.profile, say).await?;
        }
        let mocks = match &options.running {
            Some(running) => Arc::clone(running),
            None => Arc::new(start_mocks_for(options).await?),
        };
        let folder = working_folder(options)?;
        let upstreams = Upstreams::new(&mocks, &options.profile, &folder, before)?;
        if let (Source::Url(_), Some(hint)) = (&options.source, upstreams.reach.hint()) {
            options.notice.iter().for_each(|notice| notice(&hint));
        }
        let redactor = secrets::redactor(&options.profile, mocks.credentials(), &folder);
        let started = Gateway::start(&options.profile, &options.source, &upstreams, &folder).await;
        let gateway = started.map_err(|error| redactor.error(error))?;
        let (url, config) = (gateway.url.clone(), gateway.config.clone());
        let stage = Stage {
            client: client(&url, &gateway)?,
            redactor: secrets::redactor(&gateway.profile, mocks.credentials(), &folder),
            mocks,
            profile: Arc::new(gateway.profile.clone()),
            gateway: Mutex::new(Some(gateway)),
            patience: options.profile.patience_ms.map_or(PATIENCE, Duration::from_millis),
            name: String::new(),
        };
        Ok(Self {
            stage: Arc::new(stage),
            url,
            config,
            temporary: options.folder.is_none().then_some(folder),
        })
    }

    /// The same mocks and gateway, driven through another address: something that stands in front of the gateway. The
    /// markers of its plays begin with the name, so that several may be played at once.
    ///
    /// # Errors
    /// [`Error::NotReady`], where the address is not plain HTTP.
    pub fn behind(&self, url: &str, name: &str) -> Result<Self, Error> {
        let client = Client::new(url)
            .map_err(|reason| Error::NotReady { reason, log: PathBuf::from("(another process)") })?;
        let stage = Stage {
            client,
            mocks: Arc::clone(&self.stage.mocks),
            profile: Arc::clone(&self.stage.profile),
            redactor: self.stage.redactor.clone(),
            gateway: Mutex::new(None),
            patience: self.stage.patience,
            name: name.to_owned(),
        };
        let config = self.config.clone();
        Ok(Self { stage: Arc::new(stage), url: url.to_owned(), config, temporary: None })
    }

    /// The address that is driven.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the gateway is a process that this arena started, and may end.
    pub(crate) async fn owns_gateway(&self) -> bool {
        self.stage.gateway.lock().await.as_ref().is_some_and(Gateway::is_ours)
    }

    /// The mocks behind the gateway.
    pub fn mocks(&self) -> &Arc<mocks::Mocks> {
        &self.stage.mocks
    }

    /// The gateway's profile.
    pub fn profile(&self) -> &Profile {
        &self.stage.profile
    }

    /// The gateway's configuration as it was rendered, by file name.
    pub fn config(&self) -> &BTreeMap<String, String> {
        &self.config
    }

    /// Where configuration and log are, unless they were asked for at a place of their own.
    pub(super) fn temporary(&self) -> Option<PathBuf> {
        self.temporary.clone()
    }

    pub(crate) fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    /// Ends everything and removes the gateway's files, unless they were asked for at a place of their own.
    ///
    /// # Errors
    /// [`Error::Died`], where the gateway had ended by itself: then its log stays.
    pub async fn dismiss(self) -> Result<(), Error> {
        let folder = self.temporary();
        self.shutdown().await?;
        if let Some(folder) = folder {
            // What is left behind does no harm.
            let _ = std::fs::remove_dir_all(folder);
        }
        Ok(())
    }

    /// Ends the gateway, then the mocks.
    ///
    /// # Errors
    /// [`Error::Died`], where the gateway had ended by itself.
    pub async fn shutdown(self) -> Result<(), Error> {
        let ended = match self.stage.gateway.lock().await.take() {
            Some(gateway) => {
                let log = gateway.log.clone();
                let ended = gateway.shutdown().await;
                self.stage.redactor.log(&log);
                ended
            }
            None => Ok(()),
        };
        if let Some(stage) = Arc::into_inner(self.stage)
            && let Some(mocks) = Arc::into_inner(stage.mocks)
        {
            mocks.shutdown().await;
        }
        ended
    }
}

/// The providers' mocks at a free port of 127.0.0.1, for a gateway that must know their addresses before a run begins: one in the
/// same process, mostly. Whoever holds them keeps them running.
///
/// # Errors
/// [`Error::Mocks`], where no port could be opened.
pub async fn start_mocks() -> Result<Arc<mocks::Mocks>, Error> {
    warm(mocks_options(mocks::Options::default())).await.map(Arc::new)
}

/// What the judge wants of the mocks.
fn mocks_options(wanted: mocks::Options) -> mocks::Options {
    let journal = mocks::JournalLimits { reply_bytes: REPLY_BYTES, ..wanted.journal };
    mocks::Options { journal, ..wanted }
}

async fn start_mocks_for(options: &Options) -> Result<mocks::Mocks, Error> {
    let defaults = mocks::Options::default();
    let listen = options.mocks.unwrap_or_else(|| upstream::listen(&options.profile));
    let wanted = mocks_options(mocks::Options { listen, seed: options.seed, ..defaults });
    let wanted = upstream::mocks_options(&options.profile, options.ca.as_deref(), wanted)?;
    warm(wanted).await
}

async fn warm(options: mocks::Options) -> Result<mocks::Mocks, Error> {
    let mocks = mocks::start_with(options).await.map_err(|error| Error::Mocks(error.to_string()))?;
    warm_up(&mocks).await;
    Ok(mocks)
}

/// What the first request would wait for is waited for here: tokenizers and documents are loaded when they are needed,
/// which on a busy machine takes longer than the gateway's patience.
async fn warm_up(mocks: &mocks::Mocks) {
    let apis = |dialect: &'static Dialect| {
        let apis = Surface::ALL.into_iter().filter_map(|surface| dialect.api(surface));
        apis.map(|api| (dialect.provider, api.warm))
    };
    for (provider, (path, body)) in dialect::ALL.iter().flat_map(apis) {
        let Ok(client) = Client::new(&mocks.url(provider)) else { continue };
        let key = mocks.credentials().key(provider);
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("authorization".to_owned(), format!("Bearer {key}")),
            ("anthropic-version".to_owned(), "2026-10-21".to_owned()),
        ];
        let (method, path) = ("POST".to_owned(), path.to_owned());
        let target = Target { method, path, headers, body: body.into(), ..Target::default() };
        client.call(&target, PATIENCE).await;
    }
}

fn working_folder(options: &Options) -> Result<PathBuf, Error> {
    let folder = options.folder.clone().unwrap_or_else(temporary_folder);
    std::fs::create_dir_all(&folder).map_err(|source| Error::File { path: folder.clone(), source })?;
    Ok(folder)
}

fn client(url: &str, gateway: &Gateway) -> Result<Client, Error> {
    Client::new(url).map_err(|reason| Error::NotReady { reason, log: gateway.log.clone() })
}

/// One of this run.
fn temporary_folder() -> PathBuf {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("touchstone-{}-{run}", std::process::id()))
}

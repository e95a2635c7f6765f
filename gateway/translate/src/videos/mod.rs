//! OpenAI's [videos](https://platform.openai.com/docs/api-reference/videos) in front of providers whose videos are others.
//!
//! ```text
//! client's JSON or form ─▶ Order ─▶ the provider's request          the provider's job ─▶ Video ─▶ OpenAI's object
//! GET …/content ─▶ the provider's job ─▶ Place ─▶ Step::Fetch | the bytes themselves
//! ```
//!
//! A video's name holds all that must be known to find it again ([`Name`]): nothing is kept. What no provider repeats, and no name
//! holds, is the prompt: it is shown when a video begins, and where the provider tells it.

mod azure;
mod bedrock;
mod gemini;
mod name;
mod order;
mod vertex;
mod video;

pub use name::Name;
pub use order::Order;
pub use video::{Page, Place, Status, Video, gone, page};

use crate::Error;
use crate::call::{Losses, Options, Target};
use crate::providers::Provider;
use crate::works;

/// Whose videos they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the providers' names")]
pub enum Dialect {
    Azure,
    Bedrock,
    Gemini,
    Vertex,
}

/// What is asked of a provider about a video that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// How far it is.
    Look(&'a Name),
    /// Its bytes, once it is known where they are.
    Fetch(&'a Place),
    /// That it is forgotten.
    Forget(&'a Name, &'a Place),
    /// A page of them, from behind the one of the provider's own name.
    List {
        /// How many.
        limit: u64,
        /// The last one of the page before.
        after: Option<&'a str>,
    },
}

/// A request that goes out: its method, where it goes, and its body with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// Where it goes.
    pub target: Target,
    /// Absent where there is none.
    pub body: Option<(String, Vec<u8>)>,
}

/// A file of a video's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The video itself.
    Video,
    /// A picture of it.
    Thumbnail,
}

impl Provider {
    /// What its videos speak, where they are not OpenAI's own.
    pub fn videos(&self) -> Option<Dialect> {
        match (self.name, self.format) {
            ("azure", None) => Some(Dialect::Azure),
            ("bedrock", None) => Some(Dialect::Bedrock),
            ("gemini", None) => Some(Dialect::Gemini),
            ("gemini", Some("vertex")) => Some(Dialect::Vertex),
            _ => None,
        }
    }
}

impl Dialect {
    /// Translates a client's request. What comes of it is as the video will be: length and size are those that the provider is asked for.
    pub fn begin<'a>(
        self,
        asked: works::Asked<'a>,
        options: &Options<'_>,
    ) -> Result<(Sent, Order<'a>), Error> {
        let mut losses = Losses::default();
        let mut order = Order::read(asked)?;
        order.model = Some(options.model(order.model.as_deref().map(crate::Text::Plain))?);
        let mut sent = match self {
            Self::Azure => azure::begin(&mut order, options, &mut losses)?,
            Self::Bedrock => bedrock::begin(&mut order, options, &mut losses)?,
            Self::Gemini => gemini::begin(&mut order, &mut losses)?,
            Self::Vertex => vertex::begin(&mut order, options, &mut losses)?,
        };
        let dropped = losses.into_names();
        if options.strict && !dropped.is_empty() {
            return Err(Error::Dropped(dropped));
        }
        sent.target.dropped = dropped;
        sent.target.client_model = order.client_model.take();
        Ok((sent, order))
    }

    /// What a video that was just begun is, by the provider's answer to that.
    pub fn begun(self, body: &[u8], order: &Order<'_>, now: u64) -> Result<Video, Error> {
        let mut video = match self {
            Self::Azure => azure::begun(body, order)?,
            Self::Bedrock => bedrock::begun(body, order, now)?,
            Self::Gemini | Self::Vertex => gemini::begun(body, order, now)?,
        };
        video.prompt = Some(order.prompt.clone());
        Ok(video)
    }

    /// Where a step leads.
    ///
    /// # Errors
    /// The provider has no such step, or the video is of another model than the one that is configured.
    pub fn step(self, step: Step<'_>, options: &Options<'_>) -> Result<Sent, Error> {
        if let Step::Look(name) = step {
            let deployment = options.azure.deployment.filter(|_| self == Self::Azure);
            if deployment.or(options.model).is_some_and(|model| model != name.model) {
                return Err(Error::request("video_id", "this is a video of another model"));
            }
        }
        match self {
            Self::Azure => azure::step(step),
            Self::Bedrock => bedrock::step(step),
            Self::Gemini => gemini::step(step),
            Self::Vertex => vertex::step(step, options),
        }
    }

    /// What a look at a video found. Its name stays what it was.
    pub fn looked(self, body: &[u8], name: &Name) -> Result<Video, Error> {
        let video = match self {
            Self::Azure => azure::video(body)?,
            Self::Bedrock => bedrock::looked(body, name)?,
            Self::Gemini => gemini::looked(body, name)?,
            Self::Vertex => vertex::looked(body, name)?,
        };
        Ok(Video { name: name.clone(), ..video })
    }

    /// Where a file of a video is that is over.
    ///
    /// # Errors
    /// There is no such file, or it lies where the gateway does not go.
    pub fn place(self, body: &[u8], name: &Name, variant: Variant) -> Result<Place, Error> {
        match (self, variant) {
            (Self::Azure, _) => azure::place(body, variant),
            (_, Variant::Thumbnail) => {
                Err(Error::request("variant", "this provider makes no thumbnails of videos"))
            }
            (Self::Bedrock, _) => bedrock::place(body, name),
            (Self::Gemini, _) => gemini::place(body),
            (Self::Vertex, _) => vertex::place(body),
        }
    }

    /// Whether it is told to forget a video that failed; else there is nothing left of it.
    pub fn forgets_jobs(self) -> bool {
        self == Self::Azure
    }

    /// A page of videos.
    pub fn list(self, body: &[u8]) -> Result<Page, Error> {
        match self {
            Self::Azure => azure::list(body),
            _ => Err(unlisted()),
        }
    }
}

fn unlisted() -> Error {
    Error::request("path", "this provider does not list the videos that were begun")
}

impl Variant {
    /// The one of OpenAI's name.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "video" => Ok(Self::Video),
            "thumbnail" => Ok(Self::Thumbnail),
            "spritesheet" => Err(Error::request("variant", "this provider makes no spritesheets of videos")),
            _ => Err(Error::request("variant", "variant must be video, thumbnail or spritesheet")),
        }
    }
}

//! OpenAI's videos in front of a provider whose videos are others: begun, looked at, fetched, forgotten.
//!
//! ```text
//! POST /videos ─▶ the provider's job ─▶ OpenAI's object, whose id says all that is needed to find it again
//! GET /videos/… ─▶ the provider's job ─▶ OpenAI's object
//! GET /videos/…/content ─▶ the provider's job ─▶ where its file is ─▶ the file, as it comes
//! ```

use http::{HeaderValue, Method, header};
use translate::passthrough::Resource;
use translate::videos::{self, Dialect, Name, Place, Status, Step, Variant, Video};
use translate::works;

use super::answer::Answer;
use super::batches::{Said, Talk, limit, own, shown};
use super::passing::Passing;
use super::receive::now;
use super::send::{Asked, Once};
use super::source::Source;
use super::{Proxy, headers, intake};
use crate::fault::Fault;
use crate::percent;
use crate::upstream::Reply;

/// Videos of a page: what is usual, and the most.
const USUAL: u64 = 20;
const MOST: u64 = 100;
const MP4: HeaderValue = HeaderValue::from_static("video/mp4");

/// A video that was looked at, and what the provider said of it.
struct Seen {
    name: Name,
    video: Video,
    said: Vec<u8>,
}

impl Proxy {
    /// Answers a call for videos.
    pub(super) async fn videos(
        &self,
        talk: &mut Talk<'_, Dialect>,
        source: &mut Source<'_>,
    ) -> Result<Answer, Fault> {
        let head = talk.values.head;
        let below = Resource::Videos.below(head.uri.path())?;
        let parts: Vec<&str> = below.split('/').skip(1).collect();
        match (&head.method, &parts[..]) {
            (&Method::POST, ["videos"]) => self.begin_video(talk, source).await,
            (&Method::GET, ["videos"]) => self.list_videos(talk).await,
            (&Method::GET, ["videos", id]) => Ok(match self.look_at(talk, id).await? {
                Err(answer) => answer,
                Ok(seen) => own(talk).whole(seen.video.body()),
            }),
            (&Method::GET, ["videos", id, "content"]) => self.fetch_video(talk, id).await,
            (&Method::DELETE, ["videos", id]) => self.forget_video(talk, id).await,
            _ => Err(Fault::Absent("path", shown(&below))),
        }
    }

    async fn begin_video(
        &self,
        talk: &mut Talk<'_, Dialect>,
        source: &mut Source<'_>,
    ) -> Result<Answer, Fault> {
        let head = talk.values.head;
        intake::check_coding(&head.headers)?;
        let limit = talk.backend.limit(self.limits.body_bytes);
        let body = source.whole(limit, self.limits.body).await?;
        talk.record.take(Some(body.len()));
        let filled = talk.backend.fill(talk.values)?;
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let asked = works::Asked { content_type: kind.unwrap_or_default(), body: &body, edits: false };
        let (mut sent, order) = talk.dialect.begin(asked, &talk.backend.options(&filled))?;
        let target = &sent.target;
        talk.backend.check(target, &filled)?;
        talk.record.go(talk.backend, target, head, &body)?;
        talk.record.request_model = Some(target.model.clone());
        talk.record.dropped = (!target.dropped.is_empty()).then(|| target.dropped.join(", "));
        let reply = self.go_to(talk, &mut sent).await?;
        Ok(match self.said(talk, &sent.target, reply).await? {
            Said::Ill(answer) => answer,
            Said::Well(reply) => {
                let video = talk.dialect.begun(&reply, &order, now())?;
                Answer::new(&sent.target, talk.backend.prefix.as_deref()).whole(video.body())
            }
        })
    }

    /// Takes a step about a video at the provider.
    async fn video_step(&self, talk: &mut Talk<'_, Dialect>, step: Step<'_>) -> Result<Said, Fault> {
        let filled = talk.backend.fill(talk.values)?;
        let mut sent = talk.dialect.step(step, &talk.backend.options(&filled))?;
        let reply = self.go_to(talk, &mut sent).await?;
        self.said(talk, &sent.target, reply).await
    }

    /// Asks the provider, and waits for the head of what it says.
    async fn go_to(&self, talk: &mut Talk<'_, Dialect>, sent: &mut videos::Sent) -> Result<Reply, Fault> {
        let videos::Sent { method, target, body } = sent;
        // What begins something is not begun twice.
        let once = (*method == "POST").then_some(Once { upload: None });
        let (content_type, body) = body.as_mut().map(|(kind, body)| (kind.as_str(), body)).unzip();
        let asked = Asked { method, content_type, accept: "*/*", query: None };
        self.reach(talk, (asked, target), body, once).await
    }

    /// A look at a video; the provider's own error, where it has none such.
    async fn look_at(&self, talk: &mut Talk<'_, Dialect>, id: &str) -> Result<Result<Seen, Answer>, Fault> {
        let name = Name::read(id)?;
        let target = translate::call::Target::new("", name.model.clone(), false);
        talk.record.go(talk.backend, &target, talk.values.head, &[])?;
        talk.record.request_model = Some(name.model.clone());
        Ok(match self.video_step(talk, Step::Look(&name)).await? {
            Said::Ill(answer) => Err(answer),
            Said::Well(said) => {
                let video = talk.dialect.looked(&said, &name)?;
                Ok(Seen { name, video, said })
            }
        })
    }

    async fn fetch_video(&self, talk: &mut Talk<'_, Dialect>, id: &str) -> Result<Answer, Fault> {
        let query = talk.values.head.uri.query().unwrap_or_default();
        let variant = percent::parameter(query, "variant");
        let variant = Variant::named(variant.as_deref().unwrap_or("video"))?;
        let seen = match self.look_at(talk, id).await? {
            Err(answer) => return Ok(answer),
            Ok(seen) => seen,
        };
        if seen.video.status != Status::Completed {
            return Err(Fault::VideoNotReady);
        }
        let place = talk.dialect.place(&seen.said, &seen.name, variant)?;
        if let Place::Here(bytes) = place {
            return Ok(own(talk).made(bytes, MP4));
        }
        let filled = talk.backend.fill(talk.values)?;
        let mut sent = talk.dialect.step(Step::Fetch(&place), &talk.backend.options(&filled))?;
        let reply = self.go_to(talk, &mut sent).await?;
        if !(200..300).contains(&reply.head.status) {
            return match self.said(talk, &sent.target, reply).await? {
                Said::Ill(answer) => Ok(answer),
                Said::Well(_) => Err(Fault::Empty),
            };
        }
        let mut answer = own(talk);
        headers::of_body(&reply.head, &mut answer.headers);
        Ok(answer.passing(Passing::new(reply, None)))
    }

    async fn forget_video(&self, talk: &mut Talk<'_, Dialect>, id: &str) -> Result<Answer, Fault> {
        let seen = match self.look_at(talk, id).await? {
            Err(answer) => return Ok(answer),
            Ok(seen) => seen,
        };
        if !seen.video.is_over() {
            let message = "a video cannot be deleted before it is over".to_owned();
            let param = Some("video_id".to_owned());
            return Err(translate::Error::Request { message, param }.into());
        }
        let place = match seen.video.status {
            Status::Completed => Some(talk.dialect.place(&seen.said, &seen.name, Variant::Video)?),
            _ => None,
        };
        if place.is_none() && !talk.dialect.forgets_jobs() {
            // Of one that failed there is nothing.
            return Ok(own(talk).whole(videos::gone(id)));
        }
        let place = place.unwrap_or(Place::Here(Vec::new()));
        Ok(match self.video_step(talk, Step::Forget(&seen.name, &place)).await? {
            Said::Ill(answer) => answer,
            Said::Well(_) => own(talk).whole(videos::gone(id)),
        })
    }

    async fn list_videos(&self, talk: &mut Talk<'_, Dialect>) -> Result<Answer, Fault> {
        let query = talk.values.head.uri.query().unwrap_or_default();
        let limit = limit(percent::parameter(query, "limit").as_deref(), USUAL, MOST)?;
        if percent::parameter(query, "order").as_deref() == Some("asc") {
            let message = "this provider has an order of its own, which is not asked for".to_owned();
            return Err(translate::Error::Request { message, param: Some("order".to_owned()) }.into());
        }
        let after = percent::parameter(query, "after").filter(|after| !after.is_empty());
        let after = after.map(|after| Name::read(&after)).transpose()?.map(|name| name.native);
        Ok(match self.video_step(talk, Step::List { limit, after: after.as_deref() }).await? {
            Said::Ill(answer) => answer,
            Said::Well(reply) => own(talk).whole(videos::page(&talk.dialect.list(&reply)?)),
        })
    }
}

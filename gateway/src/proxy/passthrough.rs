//! A call that is not translated: its path is found, its key shown, and its bytes pass, both ways as they come.

use std::borrow::Cow;

use http::request::Parts;
use http::{Method, header};
use tokio::time::Instant;
use translate::call::{Api, Failure, Options, Tap, Target};
use translate::passthrough::{self, Counts, Guard, Guarded, Native, Passage, Resource};
use translate::wire::Framing;

use super::answer::Answer;
use super::backend::{Backend, Values};
use super::outgoing::Payload;
use super::passing::Passing;
use super::receive::{ERROR_BYTES, JSON, expect, fail, failed};
use super::send::{Asked, Draft, Once};
use super::source::Source;
use super::{Proxy, Record, headers, intake};
use crate::fault::Fault;
use crate::percent;
use crate::upstream::{Reply, Upload};

/// A request's body.
enum Taken<'b> {
    /// All of it, where something in it must be read; else nothing.
    Whole(Vec<u8>),
    /// Still with the client.
    Pieces(Upload<'b>),
}

impl Proxy {
    /// Sends a request on, and gives the provider's reply back.
    pub(super) async fn pass(
        &self,
        backend: &Backend,
        passage: &Passage,
        values: &Values<'_>,
        source: &mut Source<'_>,
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let head = values.head;
        intake::check_coding(&head.headers)?;
        let filled = backend.fill(values)?;
        let options = backend.options(&filled);
        let path = match passage.resource {
            Resource::Preserve => Cow::Owned(values.captures.path(head.uri.path(), backend.route.strip_path)),
            _ => Cow::Borrowed(head.uri.path()),
        };
        let mut target = passage.target(&path, &options)?;
        let minds = record.minds_models();
        if let Some(model) = target.client_model.clone().filter(|_| minds) {
            // The body may name another one; both must be allowed.
            record.permit(backend, &Target { model, ..target.clone() }, head)?;
        }
        let mut taken = self.take(backend, passage, (head, source), &options, (minds, &mut target)).await?;
        record.take(if let Taken::Whole(whole) = &taken { Some(whole.len()) } else { None });
        backend.check(&target, &filled)?;
        let seen = if let Taken::Whole(body) = &taken { &body[..] } else { &[] };
        record.go(backend, &target, head, seen)?;
        record.request_model = Some(target.model.clone()).filter(|model| !model.is_empty());
        own_headers(head, dialect(backend, passage), &mut target);
        let place = backend.place(&self.peers, values, target.base_url)?;
        // What changes something is not sent twice.
        let writes = matches!(head.method, Method::POST | Method::PUT | Method::PATCH);
        let asked = Asked {
            method: head.method.as_str(),
            content_type: text(head, &header::CONTENT_TYPE),
            accept: text(head, &header::ACCEPT).unwrap_or("*/*"),
            query: Some(query(head, backend, &target)),
        };
        let (body, upload) = match &mut taken {
            Taken::Pieces(upload) => (Payload::Pieces(upload.length()), Some(upload)),
            Taken::Whole(body) if body.is_empty() && !writes => (Payload::None, None),
            Taken::Whole(body) => (Payload::Whole(body), None),
        };
        let draft = Draft { backend, place: &place, target: &target, values, asked, body };
        let once = writes.then_some(Once { upload });
        let reply = self.exchange(draft, once, Some(record), deadline).await?;
        self.give_back(backend, passage, &target, (reply, writes), record).await
    }

    /// Reads what of the body must be read: the model, or all of it where it is signed.
    async fn take<'s>(
        &self,
        backend: &Backend,
        passage: &Passage,
        (head, source): (&Parts, &'s mut Source<'_>),
        options: &Options<'_>,
        (minds, target): (bool, &mut Target),
    ) -> Result<Taken<'s>, Fault> {
        // Kong's rule holds for a provider's own API too: the file's model and no other. But there no body is changed.
        let held: &[&[&str]] = match passage.resource {
            Resource::Native(native) if minds || options.model.is_some() => native.names_model(&target.path),
            Resource::Preserve if minds => &[&["model"]],
            _ => &[],
        };
        let names_model = passage.resource.names_model(&target.path);
        let taken = if names_model || !held.is_empty() || backend.credentials.reads_body() {
            let limit = backend.limit(self.limits.body_bytes);
            let mut whole: Vec<u8> = source.whole(limit, self.limits.body).await?.into();
            if names_model && !whole.is_empty() {
                let kind = text(head, &header::CONTENT_TYPE).unwrap_or_default();
                target.client_model = passthrough::model(kind, &mut whole, options.model)?;
            } else if !held.is_empty() && !whole.is_empty() {
                // A model that the path names too must be allowed as well.
                backend.check_model(target.client_model.as_deref(), options.model)?;
                target.client_model = passthrough::named(&whole, held)?;
                // An alias is the file's own word, which the provider does not know.
                let alias = backend.target.model.alias.as_deref();
                let is_alias = alias.is_some() && target.client_model.as_deref() == alias;
                if is_alias && held.contains(&&["model"][..]) {
                    passthrough::model("application/json", &mut whole, options.model)?;
                }
            }
            Taken::Whole(whole)
        } else if let Some(whole) = source.here() {
            Taken::Whole(whole.into())
        } else if source.is_empty() {
            Taken::Whole(Vec::new())
        } else {
            Taken::Pieces(source.pieces(backend.limit(self.limits.upload_bytes))?)
        };
        if target.model.is_empty() {
            target.model = target.client_model.clone().unwrap_or_default();
        }
        Ok(taken)
    }

    /// The provider's reply as it is, if it is one; of OpenAI's APIs, errors in OpenAI's words.
    async fn give_back(
        &self,
        backend: &Backend,
        passage: &Passage,
        target: &Target,
        (mut reply, writes): (Reply, bool),
        record: &mut Record,
    ) -> Result<Answer, Fault> {
        record.hear(&reply.head, reply.ip);
        let mut answer = Answer::new(target, backend.prefix.as_deref());
        headers::downstream(&reply.head, &mut answer.headers);
        headers::of_body(&reply.head, &mut answer.headers);
        let is_good = (200..300).contains(&reply.head.status);
        match dialect(backend, passage) {
            None if !is_good && passage.resource != Resource::Preserve => {
                return Ok(fail(backend, Api::Chat, reply, answer, &record.id).await);
            }
            None => (),
            Some(_) => headers::of_native(&reply.head, &mut answer.headers),
        }
        let counts = passage.resource.counts(&target.path).filter(|_| is_good && writes);
        let tap = counts.and_then(|counts| tap(backend, counts, target, &reply, record));
        let guarded = passage.resource.guarded(&target.path).filter(|_| writes);
        let dialect = match guarded {
            None => return Ok(answer.passing(Passing::new(reply, tap))),
            Some(dialect) if !is_good => return Ok(refuse(backend, dialect, reply, answer, &record.id).await),
            Some(dialect) => dialect,
        };
        if Framing::Sse.fits(&reply.head.media_type()) {
            return Ok(answer.passing(Passing::new(reply, tap).guarded(Guard::new(dialect))));
        }
        let body = whole(&mut reply, dialect, self.limits.reply_bytes).await?;
        if let Some(mut tap) = tap {
            tap.push(&body);
            tap.finish();
            record.usage = tap.usage();
        }
        Ok(answer.whole(body))
    }
}

/// The provider's error: as it is, if it is one, and else in the same words.
async fn refuse(backend: &Backend, dialect: Guarded, mut reply: Reply, answer: Answer, id: &str) -> Answer {
    let body = reply.whole(ERROR_BYTES).await.unwrap_or_default();
    let status = reply.head.status;
    if dialect.is_error(&body) {
        return answer.failure(Failure { status, body });
    }
    answer.failure(failed(backend, Api::Messages, &reply, &body, id))
}

/// A whole reply that is one.
async fn whole(reply: &mut Reply, dialect: Guarded, limit: usize) -> Result<Vec<u8>, Fault> {
    expect(reply, JSON, |kind| kind == JSON || kind.ends_with("+json"))?;
    let body = reply.whole(limit).await?;
    if body.trim_ascii().is_empty() {
        return Err(Fault::Empty);
    }
    dialect.check(&body)?;
    Ok(body)
}

/// Whose own API is spoken, if it may be.
fn dialect(backend: &Backend, passage: &Passage) -> Option<Native> {
    match passage.resource {
        Resource::Preserve => backend.provider.native().and_then(|passage| passage.resource.native()),
        resource => resource.native(),
    }
}

/// Headers of the API itself: where the client says one, that is what goes.
pub(super) fn own_headers(head: &Parts, native: Option<Native>, target: &mut Target) {
    target.headers.retain(|(name, _)| !head.headers.contains_key(*name));
    let own = native.map_or(&[][..], Native::headers).iter();
    target.headers.extend(own.filter_map(|name| {
        let value = head.headers.get(*name)?.to_str().ok()?;
        Some((*name, value.to_owned()))
    }));
}

/// What counts along, where the file wants statistics.
fn tap(
    backend: &Backend,
    counts: Counts,
    target: &Target,
    reply: &Reply,
    record: &mut Record,
) -> Option<Tap> {
    if !backend.route.counts(&backend.target) {
        return None;
    }
    let kind = reply.head.media_type();
    let is = |framing: Framing| Some(framing).filter(|framing| framing.fits(&kind));
    let api = match counts {
        Counts::Response => {
            let framing = is(Framing::Sse);
            record.stream = framing.is_some();
            return Some(Tap::responses(framing));
        }
        Counts::Ranking => return Some(Tap::ranking()),
        Counts::Made => {
            let framing = is(Framing::Sse);
            record.stream = framing.is_some();
            return Some(Tap::made(framing));
        }
        Counts::Invocation => {
            record.stream = is(Framing::EventStream).is_some();
            record.usage = passthrough::of_headers(&|name| reply.head.value(name)?.trim().parse().ok());
            return record.stream.then(Tap::invocation);
        }
        Counts::Chat => Api::Chat,
        Counts::Completion => Api::Completions,
    };
    let framing = backend.framings(api).iter().copied().find(|framing| framing.fits(&kind));
    // One array and one object have the same media type.
    let is_array = target.path.ends_with(":streamGenerateContent");
    let framing = framing.filter(|framing| *framing != Framing::JsonArray || is_array);
    record.stream = framing.is_some();
    let mut tap = Tap::new(api, backend.provider, framing)?;
    if record.stream {
        // A client that leaves is told with what it got.
        tap.listen(record.hears());
    }
    Some(tap)
}

fn text<'h>(head: &'h Parts, name: &header::HeaderName) -> Option<&'h str> {
    head.headers.get(name)?.to_str().ok()
}

/// The client's query, but for what the gateway says itself, the version, the model, the key, and for keys of the client's own.
pub(super) fn query(head: &Parts, backend: &Backend, target: &Target) -> String {
    let ours = |name: &str| {
        target.query.iter().any(|(known, _)| *known == name)
            || backend.credentials.query_parameter() == Some(name)
            || headers::is_key(name)
    };
    let pairs = head.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let theirs = pairs.filter(|pair| !ours(&percent::decode(pair.split('=').next().unwrap_or_default())));
    theirs.collect::<Vec<_>>().join("&")
}

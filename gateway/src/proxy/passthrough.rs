//! A call that is not translated: its path is found, its key shown, and its bytes pass, both ways as they come.

use http::request::Parts;
use http::{Method, header};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Instant;
use translate::call::Target;
use translate::passthrough::{self, Passage};

use super::answer::Answer;
use super::backend::{Backend, Values};
use super::credentials::Payload;
use super::passing::Passing;
use super::receive::fail;
use super::send::{Asked, Once, compose};
use super::{Proxy, Record, headers, intake};
use crate::fault::Fault;
use crate::percent;
use crate::upstream::Upload;

impl Proxy {
    /// Sends a request on, and gives the provider's reply back.
    pub(super) async fn pass(
        &self,
        backend: &Backend,
        passage: &Passage,
        values: &Values<'_>,
        body: &mut Incoming,
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let head = values.head;
        intake::check_coding(&head.headers)?;
        let filled = backend.fill(values)?;
        let options = backend.options(&filled);
        let mut target = passage.target(head.uri.path(), &options)?;
        // Where the client says it itself, that is what goes.
        target.headers.retain(|(name, _)| !head.headers.contains_key(*name));
        let kind = text(head, &header::CONTENT_TYPE);
        let (mut whole, mut upload) = (Vec::new(), None);
        if passage.resource.names_model() || backend.credentials.reads_body() {
            let limit = backend.limit(self.limits.body_bytes);
            whole = intake::read(body, limit, self.limits.body).await?.into();
            if passage.resource.names_model() && !whole.is_empty() {
                let model = passthrough::model(kind.unwrap_or_default(), &mut whole, options.model)?;
                target.client_model = model;
                backend.check(&target, &filled)?;
            }
        } else if !body.is_end_stream() {
            upload = Some(Upload::new(body, backend.limit(self.limits.upload_bytes))?);
        }
        record.request_model = Some(target.model.clone()).filter(|model| !model.is_empty());
        let is_post = head.method == Method::POST;
        let payload = match &upload {
            Some(upload) => Payload::Pieces(upload.length()),
            None if whole.is_empty() && !is_post => Payload::None,
            None => Payload::Whole(&mut whole),
        };
        let asked = Asked {
            method: head.method.as_str(),
            content_type: kind,
            accept: text(head, &header::ACCEPT).unwrap_or("*/*"),
            query: Some(query(head, backend, &target)),
        };
        let place = backend.place(&self.peers, values)?;
        let request = compose(backend, &place, &target, values, asked, payload)?;
        record.send();
        let once = is_post.then_some(Once { upload: upload.as_mut() });
        let reply = self.exchange(backend, &place, &request, once, deadline).await?;
        record.upstream_status = Some(reply.head.status);
        record.upstream_id = headers::call_id(&reply.head);
        let mut answer = Answer::new(&target, backend.prefix.as_deref());
        headers::downstream(&reply.head, &mut answer.headers);
        if !(200..300).contains(&reply.head.status) {
            return Ok(fail(backend, reply, answer).await);
        }
        headers::of_body(&reply.head, &mut answer.headers);
        Ok(answer.passing(Passing::new(reply)))
    }
}

fn text<'h>(head: &'h Parts, name: &header::HeaderName) -> Option<&'h str> {
    head.headers.get(name)?.to_str().ok()
}

/// The client's query, but for what the gateway says itself: the version and the key.
fn query(head: &Parts, backend: &Backend, target: &Target) -> String {
    let ours = |name: &str| {
        target.query.iter().any(|(known, _)| *known == name)
            || backend.credentials.query_parameter() == Some(name)
    };
    let pairs = head.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let theirs = pairs.filter(|pair| !ours(&percent::decode(pair.split('=').next().unwrap_or_default())));
    theirs.collect::<Vec<_>>().join("&")
}

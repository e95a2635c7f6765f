//! The way out: a request is translated, gets its key, and goes to its upstream.

use std::borrow::Cow;

use tokio::time::Instant;
use translate::call::{self, Target};

use super::backend::{Backend, Place, Values};
use super::credentials::Outgoing;
use super::{Proxy, Record, headers};
use crate::fault::Fault;
use crate::percent;
use crate::upstream::{Reply, exchange};

/// How the gateway names itself to upstreams.
const USER_AGENT: &str = concat!("touchstone/", env!("CARGO_PKG_VERSION"));

/// What is known once a request was sent.
pub(super) struct Sent {
    pub(super) reply: Reply,
    pub(super) target: Target,
}

impl Proxy {
    /// Translates a request, sends it, and waits for the head of the reply.
    pub(super) async fn send(
        &self,
        backend: &Backend,
        values: &Values<'_>,
        body: &[u8],
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Sent, Fault> {
        let filled = backend.fill(values)?;
        let mut payload = Vec::with_capacity(body.len() + 512);
        let target =
            call::request(backend.api(), backend.provider, body, &backend.options(&filled), &mut payload)?;
        backend.check(&target, &filled)?;
        record.request_model = Some(target.model.clone());
        record.stream = target.stream;
        record.dropped = (!target.dropped.is_empty()).then(|| target.dropped.join(", "));
        let place = backend.place(&self.peers, values)?;
        let request = compose(backend, &place, &target, values, &mut payload)?;
        record.send();
        let reply = self.exchange(backend, &place, &request, deadline).await?;
        Ok(Sent { reply, target })
    }

    /// Gets a reply on an idle connection or a fresh one.
    async fn exchange(
        &self,
        backend: &Backend,
        place: &Place,
        request: &[u8],
        deadline: Instant,
    ) -> Result<Reply, Fault> {
        let (peer, timeouts) = (&place.peer, backend.timeouts);
        let mut idle = peer.take();
        let mut retries = backend.route.timeouts.retries;
        loop {
            let connection = match idle.take() {
                Some(connection) => connection,
                None => match peer.connect(timeouts.connect).await {
                    Ok(connection) => connection,
                    Err(_) if retries > 0 => {
                        retries -= 1;
                        continue;
                    }
                    Err(fault) => return Err(fault),
                },
            };
            match exchange(connection, request, timeouts, self.limits.reply_head_bytes).await {
                Ok(opened) => return Reply::new(opened, peer, timeouts, deadline),
                // The next connection is a fresh one, so this happens once.
                Err(broken) if broken.stale => (),
                Err(broken) => return Err(broken.fault),
            }
        }
    }
}

/// The media type of the streams that are asked for.
fn accept(backend: &Backend) -> &'static str {
    backend.framings().iter().flat_map(|framing| framing.content_types()).next().unwrap_or(&"*/*")
}

/// The request as bytes, with its key.
fn compose(
    backend: &Backend,
    place: &Place,
    target: &Target,
    values: &Values<'_>,
    payload: &mut Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    let path = place.path(target);
    let accept = if target.stream { accept(backend) } else { "application/json" };
    let fixed = [
        ("host", Cow::Owned(place.peer.origin.authority())),
        ("content-type", "application/json".into()),
        ("accept", accept.into()),
        // Undone all the same if a server insists; asked for, it would only hold back events.
        ("accept-encoding", "identity".into()),
        ("user-agent", USER_AGENT.into()),
    ];
    let own = target.headers.iter().map(|(name, value)| (*name, Cow::Borrowed(value.as_str())));
    let passed = headers::upstream(&values.head.headers, backend.provider.name)
        .map(|(name, value)| (name, value.into()));
    let headers =
        fixed.into_iter().chain(own).chain(passed).map(|(name, value)| (name.into(), value)).collect();
    let mut request =
        Outgoing { prefix: &place.peer.prefix, path: &path, query: query(target), headers, body: payload };
    backend.credentials.add(&mut request, values.head, &|source, name| values.get(source, name))?;
    request.into_bytes()
}

fn query(target: &Target) -> String {
    let pair =
        |(name, value): &(&str, String)| format!("{}={}", percent::encode(name), percent::encode(value));
    target.query.iter().map(pair).collect::<Vec<_>>().join("&")
}

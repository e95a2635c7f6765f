//! A reply that passes through: status, type and bytes as they come.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderValue;
use http_body::SizeHint;

use translate::call::Tap;
use translate::passthrough::Guard;

use super::body::AT_ONCE;
use super::record::Record;
use crate::fault::Fault;
use crate::upstream::Reply;

/// A provider's reply on its way.
pub(super) struct Passing {
    reply: Reply,
    /// Bytes that are still to come, where the provider said how many there are.
    left: Option<u64>,
    /// What broke behind the bytes that were given last, and whether those had the time to go out.
    broken: Option<(Broken, bool)>,
    begun: bool,
    tap: Option<Tap>,
    /// What lets only whole events through, and tells of a break.
    guard: Option<Guard>,
    /// What came before anybody read.
    ahead: Vec<u8>,
    /// That was the end of the reply.
    ended: bool,
    /// Nothing more is to come.
    over: bool,
}

/// The provider's reply broke off, and so must the client's: what it has is not all.
#[derive(Debug, thiserror::Error)]
#[error("the upstream's reply broke off: {0}")]
pub(crate) struct Broken(Fault);

impl Passing {
    /// `tap`: what counts along.
    pub(super) fn new(reply: Reply, tap: Option<Tap>) -> Self {
        let plain = reply.head.value("content-encoding").is_none_or(|coding| coding == "identity");
        let left = reply.head.value("content-length").filter(|_| plain);
        let left = left.and_then(|length| length.trim().parse().ok());
        let (ahead, ended, over) = (Vec::new(), false, false);
        Self { reply, left, broken: None, begun: false, tap, guard: None, ahead, ended, over }
    }

    /// A stream of events that ends well, or with an error event.
    pub(super) fn guarded(self, guard: Guard) -> Self {
        Self { left: None, guard: Some(guard), ..self }
    }

    /// Waits until there is something for the client; the fault, if nothing comes.
    pub(super) async fn begin(&mut self) -> Result<(), Fault> {
        let held = self.guard.is_some();
        let is_enough =
            |ahead: &[u8]| if held { has_event(ahead) || ahead.len() >= AT_ONCE } else { !ahead.is_empty() };
        while !self.ended && !is_enough(&self.ahead) {
            let Self { reply, ahead, .. } = self;
            let mut take = |bytes: &[u8]| {
                ahead.extend_from_slice(bytes);
                Ok::<(), Fault>(())
            };
            self.ended = !poll_fn(|cx| reply.poll_data(cx, &mut take)).await?;
        }
        if held && !is_enough(&self.ahead) { Err(translate::Error::Truncated.into()) } else { Ok(()) }
    }

    pub(super) fn status(&self) -> u16 {
        self.reply.head.status
    }

    pub(super) fn media_type(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(self.reply.head.value("content-type")?).ok()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    /// What was said so far, of a reply that was not all.
    pub(super) fn tell(&mut self, record: &mut Record) {
        if !self.over {
            record.spoken = self.tap.as_mut().and_then(Tap::spoken);
            record.is_cut = true;
        }
    }

    /// All that lies ready, up to a bound; `None` at the end.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        record: &mut Record,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        match self.broken.take() {
            Some((broken, true)) => return Poll::Ready(Some(Err(broken))),
            // Who is told of an error drops what was not written yet; with a wait in between, it is.
            Some((broken, false)) => {
                self.broken = Some((broken, true));
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            None => (),
        }
        if self.over {
            return Poll::Ready(None);
        }
        let mut out = Vec::new();
        let over = ready!(self.gather(cx, &mut out, record));
        if let Some(tap) = &mut self.tap {
            tap.push(&out);
            if over {
                tap.finish();
            }
            // Now and not at the end: a client that leaves is logged with what it cost so far.
            record.usage = tap.usage();
        }
        if over {
            record.end(self.status(), "done");
        }
        if self.guard.is_some() {
            return self.held(cx, &out, over, record);
        }
        self.over = over;
        if out.is_empty() {
            return Poll::Ready(self.broken.take().map(|(broken, _)| Err(broken)));
        }
        if !self.begun {
            self.begun = true;
            record.begin(self.status(), &out);
        }
        record.give(&out);
        self.left = self.left.map(|left| left.saturating_sub(out.len() as u64));
        Poll::Ready(Some(Ok(out.into())))
    }

    /// What of the bytes the guard lets through. A break is told in the stream, which then ends well for HTTP.
    fn held(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        over: bool,
        record: &mut Record,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        let status = self.status();
        let Some(guard) = &mut self.guard else { return Poll::Ready(None) };
        let read = guard.push(bytes).and_then(|()| if over { guard.finish() } else { Ok(()) });
        let fault = read.err().map(Fault::from).or(self.broken.take().map(|(Broken(fault), _)| fault));
        if let Some(fault) = fault.filter(|_| !guard.done()) {
            guard.tell(&fault.problem());
            record.end(status, fault.code());
            self.over = true;
        }
        let out = std::mem::take(guard.out());
        self.over |= over;
        if out.is_empty() {
            if self.over {
                return Poll::Ready(None);
            }
            // An event is on its way: its first part is not shown.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !self.begun {
            self.begun = true;
            record.begin(status, &out);
        }
        record.give(&out);
        Poll::Ready(Some(Ok(out.into())))
    }

    /// Reads all that lies ready, up to a bound; says whether that was the end.
    fn gather(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>, record: &mut Record) -> Poll<bool> {
        out.append(&mut self.ahead);
        if self.ended {
            return Poll::Ready(true);
        }
        loop {
            let mut take = |bytes: &[u8]| {
                out.extend_from_slice(bytes);
                Ok::<(), Fault>(())
            };
            match self.reply.poll_data(cx, &mut take) {
                Poll::Ready(Ok(true)) if out.len() < AT_ONCE => (),
                Poll::Ready(Ok(more)) => return Poll::Ready(!more),
                Poll::Ready(Err(fault)) => {
                    record.end(self.status(), fault.code());
                    record.breaks(&fault);
                    self.tell(record);
                    self.broken = Some((Broken(fault), false));
                    return Poll::Ready(false);
                }
                Poll::Pending if out.is_empty() => return Poll::Pending,
                Poll::Pending => return Poll::Ready(false),
            }
        }
    }
}

/// Whether an event is whole, as far as its end can be told without reading it: a line that is empty.
fn has_event(bytes: &[u8]) -> bool {
    let has = |end: &[u8]| bytes.windows(end.len()).any(|window| window == end);
    has(b"\n\n") || has(b"\r\n\r\n") || has(b"\r\r")
}

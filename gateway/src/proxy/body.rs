//! What the client reads: a whole reply, or a provider's stream while it is translated.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, LocalBoxStream};
use http_body::{Frame, SizeHint};
use tokio::time::timeout;
use translate::call::Stream as Translation;

use super::passing::{Broken, Passing};
use super::record::Record;
use super::turns::Keep;
use crate::fault::Fault;
use crate::server::Busy;
use crate::store::Run;
use crate::upstream::Reply;

/// Bytes that are gathered before they are written, as long as more lie ready.
pub(super) const AT_ONCE: usize = 64 << 10;
/// The status of every stream, by which its record tells it.
const OK: u16 = 200;
/// How long the end of a reply is awaited whose content is complete, to use its connection again.
const SETTLE: Duration = Duration::from_secs(1);

/// The body of an answer. By now the client has its status, so the failures of a translated stream are told in the stream; a
/// body that passes through breaks where its provider's did.
pub(crate) struct Body {
    kind: Kind,
    /// The call that it answers; nothing where that goes on as a session.
    call: Option<(Record, Busy)>,
}

enum Kind {
    Whole(Bytes),
    Stream(Box<Stream>),
    Passing(Box<Passing>),
    Followed(LocalBoxStream<'static, Bytes>),
    End,
}

/// A provider's stream on its way.
pub(super) struct Stream {
    translation: Translation,
    reply: Reply,
    begun: bool,
    /// What went wrong behind the bytes that are there already.
    broken: Option<Fault>,
    /// The provider's own end has come, and was translated.
    finished: bool,
    keep: Option<Keep>,
    /// It is being kept. Whoever reads its end may come back to it at once.
    keeping: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

/// How far a stream has come.
enum Progress {
    /// Enough is there, or nothing more is.
    Open,
    /// All of it is there, but not to be told yet.
    Held,
    Over,
}

impl Body {
    /// `outcome`: as [`Record::end`] has it.
    pub(super) fn whole(
        bytes: Bytes,
        status: u16,
        outcome: &'static str,
        mut record: Record,
        busy: Busy,
    ) -> Self {
        record.begin(status, &bytes);
        record.give(&bytes);
        record.end(status, outcome);
        Self {
            kind: if bytes.is_empty() { Kind::End } else { Kind::Whole(bytes) },
            call: Some((record, busy)),
        }
    }

    pub(super) fn passing(passing: Box<Passing>, record: Record, busy: Busy) -> Self {
        Self { kind: Kind::Passing(passing), call: Some((record, busy)) }
    }

    pub(super) fn stream(stream: Box<Stream>, record: Record, busy: Busy) -> Self {
        Self { kind: Kind::Stream(stream), call: Some((record, busy)) }
    }

    /// Events of a run, from this one on.
    pub(super) fn followed(run: Arc<Run>, next: usize, record: Record, busy: Busy) -> Self {
        let events = stream::unfold((run, next), async |(run, next)| {
            let (bytes, next) = run.follow(next).await?;
            Some((bytes, (run, next)))
        });
        Self { kind: Kind::Followed(Box::pin(events)), call: Some((record, busy)) }
    }

    /// What stands behind a handshake.
    pub(super) fn none() -> Self {
        Self { kind: Kind::End, call: None }
    }
}

/// A client that leaves is logged with the tokens that were counted until then.
impl Drop for Body {
    fn drop(&mut self) {
        let Some((record, _)) = &mut self.call else { return };
        match &mut self.kind {
            Kind::Stream(stream) => stream.tell(record),
            Kind::Passing(passing) => passing.tell(record),
            Kind::Whole(_) | Kind::Followed(_) | Kind::End => (),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let me = &mut *self;
        let Some((record, _)) = &mut me.call else { return Poll::Ready(None) };
        let bytes = match &mut me.kind {
            Kind::End => return Poll::Ready(None),
            Kind::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                me.kind = Kind::End;
                bytes
            }
            Kind::Stream(stream) => {
                let over = match stream.gather(cx, record) {
                    Progress::Held => return Poll::Pending,
                    progress => matches!(progress, Progress::Over),
                };
                let bytes = stream.take(record);
                if over && let Kind::Stream(stream) = std::mem::replace(&mut me.kind, Kind::End) {
                    stream.settle();
                }
                if bytes.is_empty() {
                    return if over { Poll::Ready(None) } else { Poll::Pending };
                }
                bytes
            }
            Kind::Followed(events) => {
                let Some(bytes) = std::task::ready!(events.as_mut().poll_next(cx)) else {
                    me.kind = Kind::End;
                    record.end(OK, "done");
                    return Poll::Ready(None);
                };
                record.speak(OK);
                record.give(&bytes);
                bytes
            }
            Kind::Passing(passing) => {
                let piece = std::task::ready!(passing.poll(cx, record));
                if !matches!(piece, Some(Ok(_))) {
                    me.kind = Kind::End;
                }
                return Poll::Ready(piece.map(|piece| piece.map(Frame::data)));
            }
        };
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.kind, Kind::End)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::End => SizeHint::with_exact(0),
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(_) | Kind::Followed(_) => SizeHint::default(),
            Kind::Passing(passing) => passing.size_hint(),
        }
    }
}

impl Stream {
    /// `keep`: what is to be kept of it.
    pub(super) fn new(translation: Translation, reply: Reply, keep: Option<Keep>) -> Self {
        Self { translation, reply, begun: false, broken: None, finished: false, keep, keeping: None }
    }

    /// Waits until there is something for the client; the fault, if nothing comes.
    pub(super) async fn begin(&mut self) -> Result<(), Fault> {
        while self.translation.out().is_empty() && !self.translation.done() {
            let Self { translation, reply, .. } = self;
            let next =
                poll_fn(|cx| reply.poll_data(cx, |bytes| translation.push(bytes).map_err(Fault::from)));
            match next.await {
                Ok(true) => (),
                Ok(false) => {
                    self.finished = true;
                    return self.translation.finish().map_err(Fault::from);
                }
                Err(fault) if self.translation.out().is_empty() => return Err(fault),
                Err(fault) => self.broken = Some(fault),
            }
        }
        Ok(())
    }

    /// Reads and translates all that lies ready.
    fn gather(&mut self, cx: &mut Context<'_>, record: &mut Record) -> Progress {
        if self.keeping.is_some() {
            return self.settled(cx);
        }
        if let Some(fault) = self.broken.take() {
            return self.end(Some(fault), cx, record);
        }
        while self.translation.out().len() < AT_ONCE {
            let translation = &mut self.translation;
            let progress = self.reply.poll_data(cx, |bytes| translation.push(bytes).map_err(Fault::from));
            match progress {
                Poll::Ready(Ok(true)) => (),
                Poll::Ready(Ok(false)) => return self.end(None, cx, record),
                Poll::Ready(Err(fault)) => return self.end(Some(fault), cx, record),
                Poll::Pending if self.translation.done() => return self.end(None, cx, record),
                Poll::Pending => return Progress::Open,
            }
        }
        Progress::Open
    }

    /// Ends the client's stream: well, if the provider's came to its own end, and else with an error event.
    fn end(&mut self, fault: Option<Fault>, cx: &mut Context<'_>, record: &mut Record) -> Progress {
        let finished = if self.finished { Ok(()) } else { self.translation.finish().map_err(Fault::from) };
        let fault = if self.translation.done() { None } else { fault.or(finished.err()) };
        if let Some(fault) = &fault {
            self.translation.tell(&fault.problem());
            record.breaks(fault);
        }
        if let Some(keep) = self.keep.take() {
            self.keeping = Some(Box::pin(keep.done(self.translation.kept())));
        }
        self.tell(record);
        record.end(OK, fault.as_ref().map_or("done", Fault::code));
        self.settled(cx)
    }

    /// Whether what is kept of it is.
    fn settled(&mut self, cx: &mut Context<'_>) -> Progress {
        let is_held = self.keeping.as_mut().is_some_and(|keeping| keeping.as_mut().poll(cx).is_pending());
        if is_held { Progress::Held } else { Progress::Over }
    }

    /// What it cost, and what was said, so far.
    fn tell(&mut self, record: &mut Record) {
        record.usage = self.translation.usage();
        record.spoken = self.translation.spoken();
        record.is_cut = !self.translation.done();
    }

    fn take(&mut self, record: &mut Record) -> Bytes {
        let bytes = std::mem::take(self.translation.out());
        if !self.begun && !bytes.is_empty() {
            self.begun = true;
            record.begin(OK, &bytes);
        }
        record.give(&bytes);
        bytes.into()
    }

    /// See [`settle`].
    fn settle(self) {
        if self.translation.done() {
            settle(self.reply);
        }
    }
}

/// Reads on to the end of a body whose content is complete, though nobody waits for it any more.
pub(super) fn settle(mut reply: Reply) {
    if !reply.is_over() {
        tokio::task::spawn_local(async move { timeout(SETTLE, reply.whole(AT_ONCE)).await });
    }
}

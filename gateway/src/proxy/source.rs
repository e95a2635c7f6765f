//! The body of a client's request, of which several targets may be told one after the other.

use std::time::Duration;

use bytes::Bytes;
use http_body::Body as _;
use hyper::body::Incoming;

use super::intake;
use crate::fault::Fault;
use crate::upstream::Upload;

/// A body: still with the client, or here.
pub(super) struct Source<'b> {
    body: Option<&'b mut Incoming>,
    /// Whether it may be wanted again.
    again: bool,
    whole: Option<Bytes>,
    /// It went on as it came, and is not here.
    flowed: bool,
}

impl<'b> Source<'b> {
    pub(super) fn new(body: &'b mut Incoming, again: bool) -> Self {
        Self { body: Some(body), again, whole: None, flowed: false }
    }

    /// One that was taken in before.
    pub(super) fn taken() -> Self {
        Self { body: None, again: false, whole: None, flowed: false }
    }

    /// All of it; see [`intake::read`].
    pub(super) async fn whole(&mut self, limit: u64, within: Duration) -> Result<Bytes, Fault> {
        if let Some(whole) = &self.whole {
            return Ok(whole.clone());
        }
        let body = self.body.as_deref_mut().ok_or(Fault::CutBody)?;
        let whole = intake::read(body, limit, within).await?;
        self.whole = self.again.then(|| whole.clone());
        Ok(whole)
    }

    /// All of it, if it is here already.
    pub(super) fn here(&self) -> Option<Bytes> {
        self.whole.clone()
    }

    /// It as it comes.
    pub(super) fn pieces(&mut self, limit: u64) -> Result<Upload<'_>, Fault> {
        self.flowed = true;
        Upload::new(self.body.as_deref_mut().ok_or(Fault::CutBody)?, limit)
    }

    /// It as it comes, for who reads it along the way.
    pub(super) fn flow(&mut self) -> Result<&mut Incoming, Fault> {
        self.flowed = true;
        self.body.as_deref_mut().ok_or(Fault::CutBody)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.body.as_ref().is_none_or(|body| Incoming::is_end_stream(body))
    }

    /// Whether nothing is left of it for another target, once one has begun to take it.
    pub(super) fn has_flowed(&self) -> bool {
        self.flowed
    }
}

//! A client's form, read as far as is needed: what of the file went no further yet is all that is held of it.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;
use translate::files::Form;

use crate::fault::Fault;

/// A form on its way from a client.
pub(super) struct Reading<'b> {
    body: &'b mut Incoming,
    pub(super) form: Form,
    /// What came of the file, and went no further.
    pub(super) content: Vec<u8>,
    /// Bytes that the form may have, and those that it has had.
    limit: u64,
    taken: u64,
    /// How long the client may say nothing.
    patience: Duration,
}

impl<'b> Reading<'b> {
    pub(super) fn new(
        body: &'b mut Incoming,
        content_type: &str,
        limit: u64,
        patience: Duration,
    ) -> Result<Self, Fault> {
        let form = Form::new(content_type)?;
        let mut reading = Self { body, form, content: Vec::new(), limit, taken: 0, patience };
        reading.narrow(limit)?;
        Ok(reading)
    }

    /// From now on no more than this.
    pub(super) fn narrow(&mut self, limit: u64) -> Result<(), Fault> {
        self.limit = self.limit.min(limit);
        let stated = self.taken.saturating_add(self.body.size_hint().lower());
        if stated > self.limit { Err(Fault::TooLarge(self.limit)) } else { Ok(()) }
    }

    /// Reads until there is more of the file than `most` bytes, or all of the form has come.
    pub(super) async fn read(&mut self, most: usize) -> Result<(), Fault> {
        while self.content.len() <= most && !self.form.is_over() {
            let frame = timeout(self.patience, self.body.frame());
            let frame = frame.await.map_err(|_| Fault::SlowBody(self.patience))?;
            let Some(frame) = frame else { return Ok(self.form.finish()?) };
            let Ok(data) = frame.map_err(|_| Fault::CutBody)?.into_data() else { continue };
            self.taken += data.len() as u64;
            if self.taken > self.limit {
                return Err(Fault::TooLarge(self.limit));
            }
            self.form.push(&data, &mut self.content)?;
        }
        Ok(())
    }

    /// The first bytes of the file that went no further yet; the rest stays.
    pub(super) fn cut(&mut self, most: usize) -> Vec<u8> {
        if self.content.len() <= most {
            return std::mem::take(&mut self.content);
        }
        let rest = self.content.split_off(most);
        std::mem::replace(&mut self.content, rest)
    }
}

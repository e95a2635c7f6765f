//! A call that goes on without its client.

use std::sync::Arc;

use http::request::Parts;
use tokio::sync::oneshot;
use translate::call::Target as Asked;

use super::Record;
use crate::proxy::admit::Caller;

impl Record {
    /// The record of the call itself; what is left is of an answer that is not told. `accepted`: who is told that it goes upstream.
    pub(in crate::proxy) fn leave(
        &mut self,
        head: &Parts,
        accepted: oneshot::Sender<(String, Vec<u8>)>,
    ) -> Self {
        let mut own = self.take_out();
        (self.id, self.route) = (own.id.clone(), own.route.clone());
        own.accepted = Some(accepted);
        own.keep(head.clone(), head.extensions.get::<Caller>().map(|caller| caller.0));
        own
    }

    /// The call goes upstream: nothing that is its client's fault can happen to it any more.
    pub(in crate::proxy) fn accept(&mut self, target: &Asked) {
        if let Some(accepted) = self.accepted.take() {
            // Its client may have left by now.
            let _ = accepted.send((target.model.clone(), target.echo.clone()));
        }
    }

    /// All that was noted, in the place of which a silent record is left.
    pub(super) fn take_out(&mut self) -> Self {
        let mut hollow = Self::begun(String::new(), Arc::clone(&self.observers), None);
        hollow.silent = true;
        std::mem::replace(self, hollow)
    }
}

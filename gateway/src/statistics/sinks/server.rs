//! A server that records are sent to, one by one or in batches.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rustls::ClientConfig;

use super::endpoint::Endpoint;
use super::queue::Deliver;
use crate::config::{HttpLog, Named};
use crate::egress::Ways;
use crate::fault::Fault;
use crate::upstream::Timeouts;

/// A server, and how it is spoken to.
pub(super) struct Server {
    endpoint: Endpoint,
    /// Whether a batch is an array: one record alone is none.
    is_batch: bool,
}

impl Server {
    pub(super) fn new(settings: &HttpLog, tls: &Arc<ClientConfig>, ways: &Ways) -> Self {
        let user = settings.user.as_ref().map(|user| format!("Basic {}", STANDARD.encode(user.expose())));
        let mut fields = vec![("content-type", settings.content_type)];
        fields.extend(user.as_ref().map(|user| ("authorization", user.as_str())));
        fields.extend(settings.headers.iter().map(|(name, value)| (name.as_str(), value.expose())));
        let within = settings.timeout;
        let timeouts = Timeouts { connect: within, write: within, read: within, call: within };
        let place = (settings.method.name(), &settings.endpoint);
        Self {
            endpoint: Endpoint::new(place, &fields, timeouts, settings.keepalive, (tls, ways)),
            is_batch: settings.queue.max_batch_size > 1,
        }
    }

    /// Sends records; `Ok`: the status that the server gave.
    async fn send(&self, records: &[Bytes]) -> Result<u16, Fault> {
        let around = if self.is_batch { records.len() + 1 } else { 0 };
        let length = records.iter().map(Bytes::len).sum::<usize>() + around;
        let write = |request: &mut Vec<u8>| {
            let mut mark = b'[';
            for record in records {
                if self.is_batch {
                    request.push(std::mem::replace(&mut mark, b','));
                }
                request.extend_from_slice(record);
            }
            if self.is_batch {
                request.push(b']');
            }
        };
        self.endpoint.send(length, write).await
    }
}

impl Deliver for Server {
    fn name(&self) -> &str {
        &self.endpoint.name
    }

    /// All of them, or none.
    async fn deliver(&mut self, records: &[Bytes]) -> (usize, Result<(), String>) {
        match self.send(records).await {
            Ok(status) if status < 300 => (records.len(), Ok(())),
            Ok(status) => (0, Err(format!("it answered with {status}"))),
            Err(fault) => (0, Err(fault.to_string())),
        }
    }
}

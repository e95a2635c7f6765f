//! A stream made of a whole reply: for a client that does not wait, where the provider has no streams or is not asked for one.

use super::{Api, Call, Reply, stream_writer};
use crate::Error;
use crate::client::{Kept, messages};
use crate::delta::Order;
use crate::openai;
use crate::providers::Provider;

/// Translates a reply that came whole for a client that is to get a stream: its events, all at once.
pub fn spread(api: Api, provider: &Provider, body: &[u8], call: &Call) -> Result<Reply, Error> {
    let mut events = Vec::new();
    if provider.quirks(api).is_some() {
        let usage = openai::check_reply(api, body)?;
        openai::spread(api, body, call.include_usage, &mut events)?;
        return Ok(Reply { body: events, usage, kept: Vec::new() });
    }
    let mut reader = provider.reader(api, call).ok_or_else(|| provider.without(api))?;
    if provider.splice(api).is_some() {
        let usage = Kept::check(reader, body)?;
        messages::spread(body, &mut events)?;
        return Ok(Reply { body: events, usage, kept: Vec::new() });
    }
    let mut writer = stream_writer(api, call);
    let mut order = Order::default();
    let mut gate = order.gate(writer.sink());
    reader.reply(body, &mut gate)?;
    gate.close()?;
    writer.check()?;
    if !writer.done() {
        return Err(Error::Truncated);
    }
    Ok(Reply { body: std::mem::take(writer.out()), usage: writer.usage(), kept: writer.kept() })
}

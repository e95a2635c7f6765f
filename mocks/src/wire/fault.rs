//! What faults make of a rendered reply. In this order: other content, other form, compression, an early end, the size of writes.

use std::borrow::Cow;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::{End, Framing, Plan, Write, gzip};
use crate::provider::{Event, Headers, Provider, Stream, Whole};
use crate::script::Fault;

/// A reply in one piece.
pub(crate) fn whole(reply: Whole, fault: Option<&Fault>) -> Plan {
    let plan = Plan { status: reply.status, headers: reply.headers, ..Plan::default() };
    let Some(fault) = fault else {
        return Plan { length: Some(reply.body.len()), writes: vec![write(reply.body, 0)], ..plan };
    };
    let broken = fault.malformed.is_some();
    let body = if broken { reply.body.slice(..reply.body.len() / 2) } else { reply.body };
    pieced(plan, body, fault)
}

/// A reply as a stream.
pub(crate) fn streamed(
    provider: &dyn Provider,
    framing: Framing,
    reply: Stream,
    error: Vec<Event>,
    fault: Option<&Fault>,
) -> Plan {
    let plan = Plan { status: 200, headers: reply.headers, ..Plan::default() };
    let mut events = reply.events;
    let Some(fault) = fault else { return Plan { ..eventful(plan, events, 1) } };
    if fault.html || fault.empty || fault.body.is_some() {
        return pieced(plan, Bytes::new(), fault);
    }
    if let Some(place) = &fault.error {
        events.truncate(place.after_event);
        events.extend(error);
    }
    deform(provider, framing, &mut events, fault);
    let count = last_event(fault);
    events.truncate(count.unwrap_or(usize::MAX));
    let mut plan = eventful(plan, events, fault.events_per_write.unwrap_or(1).max(1));
    timed(&mut plan, fault);
    headed(&mut plan, fault);
    if fault.gzip {
        gzip::compress(&mut plan.writes, count.is_none());
    }
    ended(&mut plan, fault);
    plan
}

/// After how many events a cut or a stall comes.
fn last_event(fault: &Fault) -> Option<usize> {
    let places = [fault.cut.and_then(|cut| cut.after_event), fault.stall.and_then(|stall| stall.after_event)];
    places.into_iter().flatten().min()
}

fn write(bytes: Bytes, events: usize) -> Write {
    Write { bytes, events }
}

/// A body with a length, under the faults that whole replies know.
fn pieced(mut plan: Plan, body: Bytes, fault: &Fault) -> Plan {
    let body = match (&fault.body, fault.html, fault.empty) {
        (Some(raw), ..) => Bytes::copy_from_slice(raw.as_bytes()),
        (None, true, _) => Bytes::from_static(PAGE.as_bytes()),
        (None, false, true) => Bytes::new(),
        (None, false, false) => body,
    };
    plan.writes = if body.is_empty() { Vec::new() } else { vec![write(body, 0)] };
    timed(&mut plan, fault);
    headed(&mut plan, fault);
    if fault.gzip {
        gzip::compress(&mut plan.writes, true);
    }
    let length = plan.writes.iter().map(|write| write.bytes.len()).sum();
    plan.length = Some(length);
    if let Some(events) = last_event(fault) {
        keep_bytes(&mut plan, if events == 0 { 0 } else { length / 2 });
    }
    ended(&mut plan, fault);
    plan
}

const PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// One write for every so many events. All of them lie in one piece of memory, which is made and dropped at once.
fn eventful(mut plan: Plan, events: Vec<Event>, per_write: usize) -> Plan {
    let mut body = BytesMut::with_capacity(events.iter().map(|event| event.bytes.len()).sum());
    let groups: Vec<(usize, usize)> = events
        .chunks(per_write)
        .map(|group| {
            group.iter().for_each(|event| body.extend_from_slice(&event.bytes));
            (body.len(), group.len())
        })
        .collect();
    let mut body = body.freeze();
    let mut sent = 0;
    let next = |(end, events): (usize, usize)| {
        let bytes = body.split_to(end - sent);
        sent = end;
        write(bytes, events)
    };
    plan.writes = groups.into_iter().map(next).collect();
    plan.events = events.into_iter().map(|event| event.name).collect();
    plan
}

/// Broken events, odd forms, and what comes in between, whose lines end as those of the events do.
fn deform(provider: &dyn Provider, framing: Framing, events: &mut [Event], fault: &Fault) {
    let at = |place: Option<crate::script::Event>| place.and_then(|place| place.event.checked_sub(1));
    if let Some(event) = at(fault.malformed).and_then(|at| events.get_mut(at)) {
        *event = provider.malformed(framing, event);
    }
    if let Some(event) = at(fault.bad_checksum).and_then(|at| events.get_mut(at)) {
        *event = provider.bad_checksum(event);
    }
    let own = |event: Event| event.bytes;
    let ping = fault.pings.then(|| provider.ping().map(own).or_else(|| framing.ping())).flatten();
    for (index, event) in events.iter_mut().enumerate() {
        let mut bytes = event.bytes.clone();
        if fault.multiline {
            bytes = framing.multiline(bytes);
        }
        let comment = fault.comments.then(|| framing.comment()).flatten();
        let ping = ping.as_ref().filter(|_| index > 0).map(|ping| &ping[..]);
        if ping.is_some() || comment.is_some() {
            let parts = [ping.unwrap_or_default(), comment.unwrap_or_default(), &bytes];
            bytes = parts.concat().into();
        }
        let ended_by_two = framing == Framing::Sse && event.bytes.ends_with(b"\r\n");
        event.bytes = if fault.crlf || ended_by_two { framing.crlf(bytes) } else { bytes };
    }
}

fn timed(plan: &mut Plan, fault: &Fault) {
    let wait = |ms: Option<u64>| Duration::from_millis(ms.unwrap_or(0));
    plan.latency = wait(fault.latency_ms);
    plan.first = wait(fault.first_token_ms);
    plan.between = wait(fault.between_ms);
}

fn headed(plan: &mut Plan, fault: &Fault) {
    plan.status = fault.status.unwrap_or(plan.status);
    let page = (fault.html && fault.body.is_none()).then_some("text/html");
    if let Some(kind) = fault.content_type.as_deref().or(page) {
        set(&mut plan.headers, "content-type", kind.to_owned());
    }
    if fault.gzip {
        set(&mut plan.headers, "content-encoding", "gzip".to_owned());
    }
}

/// Replaces a header, or adds it.
pub(crate) fn set(headers: &mut Headers, name: &str, value: String) {
    match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, old)) => *old = Cow::Owned(value),
        None => headers.push((Cow::Owned(name.to_ascii_lowercase()), Cow::Owned(value))),
    }
}

/// The early end, and the size of writes.
fn ended(plan: &mut Plan, fault: &Fault) {
    if let Some(stall) = fault.stall {
        plan.end = End::Stall;
        plan.is_mute = stall.after_event.is_none();
    }
    if let Some(cut) = fault.cut {
        plan.end = End::Cut(cut.how);
        plan.is_mute = cut.after_event.is_none() && cut.after_byte.is_none();
        if let Some(count) = cut.after_byte {
            keep_bytes(plan, count);
        }
    }
    if let Some(size) = fault.write_bytes {
        plan.writes = std::mem::take(&mut plan.writes)
            .into_iter()
            .flat_map(|write| small(write, size.max(1)))
            .collect();
    }
}

/// A write in pieces; the last one completes its events.
fn small(whole: Write, size: usize) -> impl Iterator<Item = Write> {
    let Write { bytes, events } = whole;
    (0..bytes.len()).step_by(size).map(move |start| {
        let end = bytes.len().min(start + size);
        write(bytes.slice(start..end), if end == bytes.len() { events } else { 0 })
    })
}

/// So many bytes of the body, and nothing behind them. An event that is torn does not count.
fn keep_bytes(plan: &mut Plan, count: usize) {
    let mut left = count;
    for write in &mut plan.writes {
        if write.bytes.len() > left {
            write.bytes.truncate(left);
            write.events = 0;
        }
        left -= write.bytes.len();
    }
    plan.writes.retain(|write| !write.bytes.is_empty());
}

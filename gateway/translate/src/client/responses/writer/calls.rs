//! Calls of tools: of functions, and of those that take text.

use super::super::item::Seal;
use super::super::output::{self, COMPLETED, Call, Kind, Reasoning};
use super::{ROOM, ResponseWriter};
use crate::Text;
use crate::json::Object;

impl ResponseWriter {
    pub(super) fn called(&mut self, id: Text<'_>, name: Text<'_>) {
        self.end_open(COMPLETED);
        let is_custom = self.response.echo.custom.iter().any(|custom| name.is(custom));
        let (mut call, prefix) = (
            Call { id: Vec::new(), name: Vec::new(), arguments: Vec::with_capacity(ROOM), is_custom },
            if is_custom { "ctc" } else { "fc" },
        );
        id.write_inner(&mut call.id);
        name.write_inner(&mut call.name);
        self.held += call.id.len() + call.name.len();
        let at = self.add(prefix, Kind::Call(call));
        self.calls.push(at);
    }

    pub(super) fn arguments(&mut self, call: u32, json: Text<'_>) {
        let Some(&at) = self.calls.get(call as usize) else { return };
        // What follows a whole object is none of its arguments.
        if json.is_empty() || !self.items[at].is_open() {
            return;
        }
        let Self { events, items, call_pieces: (current, pieces), held, .. } = self;
        if *current != Some(at) {
            *current = Some(at);
            pieces.begin("response.function_call_arguments.delta", &items[at].place(), None);
        }
        let Kind::Call(call) = &mut items[at].kind else { return };
        let before = call.arguments.len();
        json.write_inner(&mut call.arguments);
        *held += call.arguments.len() - before;
        // A text comes out of its object when that is whole.
        if !call.is_custom {
            events.piece(pieces, json, None);
        }
    }

    /// What belongs to a call goes along as a proof: an item by itself.
    pub(super) fn extra(&mut self, call: u32, json: &str) {
        let Some(&at) = self.calls.get(call as usize) else { return };
        let Kind::Call(Call { id, .. }) = &self.items[at].kind else { return };
        let mut sealed = Vec::new();
        let mut object = Object::new(&mut sealed);
        output::quoted(object.member("call_id"), id);
        object.raw("extra_content", json);
        drop(object);
        self.held += sealed.len();
        let mut reasoning = Reasoning::default();
        reasoning.seal(Seal::Call, Text::Plain(&String::from_utf8_lossy(&sealed)));
        let at = self.add("rs", Kind::Reasoning(reasoning));
        self.end_item(at, COMPLETED);
    }

    pub(super) fn end_whole_calls(&mut self) {
        for call in 0..self.calls.len() {
            let at = self.calls[call];
            let is_whole = matches!(&self.items[at].kind, Kind::Call(call) if call.is_whole());
            if self.items[at].is_open() && is_whole {
                self.end_call(at, COMPLETED);
            }
        }
    }

    pub(super) fn end_call(&mut self, at: usize, status: &'static str) {
        let item = &mut self.items[at];
        let Kind::Call(call) = &mut item.kind else { return };
        let is_bare = call.arguments.is_empty() && status == COMPLETED;
        if is_bare {
            call.arguments.extend_from_slice(b"{}");
        }
        let item = &*item;
        let Kind::Call(call) = &item.kind else { return };
        if call.is_custom {
            let input = call.input();
            if !input.is_empty() {
                self.events.add("response.custom_tool_call_input.delta", |data| {
                    item.place().write(data);
                    data.string("delta", &input);
                });
            }
            self.events.add("response.custom_tool_call_input.done", |data| {
                item.place().write(data);
                data.string("input", &input);
            });
        } else {
            if is_bare {
                self.events.add("response.function_call_arguments.delta", |data| {
                    item.place().write(data);
                    data.string("delta", "{}");
                });
            }
            self.events.add("response.function_call_arguments.done", |data| {
                item.place().write(data);
                output::quoted(data.member("arguments"), &call.arguments);
                output::quoted(data.member("name"), &call.name);
            });
        }
        self.end_item(at, status);
    }
}

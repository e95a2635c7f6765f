//! Server-sent events, read strictly: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
//!
//! What a browser forgives is noted as a problem: the judge is not tolerant.

/// One event of a client's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When its last byte came, in milliseconds since the request was sent.
    pub at_ms: f64,
    /// The `event:` field, empty where there is none.
    pub name: String,
    /// The `data:` lines, joined by line feeds.
    pub data: String,
}

/// A stream of events and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    /// In order.
    pub list: Vec<Event>,
    /// Sentences, each with the number of the event (from 0) that it was found in or before.
    pub problems: Vec<(usize, String)>,
    /// Whether the bytes end inside an event.
    pub unfinished: bool,
}

/// Reads pieces as they came, each with its time.
pub fn read<'a>(pieces: impl IntoIterator<Item = (f64, &'a [u8])>) -> Events {
    let mut reader = Reader::default();
    for (at_ms, bytes) in pieces {
        reader.push(at_ms, bytes);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    events: Events,
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
}

impl Reader {
    fn push(&mut self, at_ms: f64, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    self.end_line(at_ms);
                }
                _ => {
                    self.after_cr = false;
                    self.line.push(byte);
                }
            }
        }
    }

    fn end_line(&mut self, at_ms: f64) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            self.dispatch(at_ms);
            return;
        }
        let Ok(line) = std::str::from_utf8(&line) else {
            self.problem(format!("a line is not UTF-8: {:?}", String::from_utf8_lossy(&line)));
            return;
        };
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "event" => value.clone_into(&mut self.name),
            "" | "id" | "retry" => {}
            _ => self.problem(format!("a line is no field of an event: {line:?}")),
        }
    }

    fn dispatch(&mut self, at_ms: f64) {
        let name = std::mem::take(&mut self.name);
        if let Some(data) = self.data.take() {
            self.events.list.push(Event { at_ms, name, data });
        } else if !name.is_empty() {
            self.problem(format!("event {name:?} has no data"));
        }
    }

    fn finish(mut self) -> Events {
        self.events.unfinished = !self.line.is_empty() || self.data.is_some() || !self.name.is_empty();
        self.events
    }

    fn problem(&mut self, sentence: String) {
        self.events.problems.push((self.events.list.len(), sentence));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Vec<String> {
        read([(0.0, text.as_bytes())]).list.into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn every_kind_of_line_end_ends_a_line() {
        assert_eq!(data("data: a\n\ndata: b\r\n\r\ndata: c\r\r"), ["a", "b", "c"]);
    }

    #[test]
    fn several_data_lines_are_one_event() {
        assert_eq!(data("data: a\ndata:b\n: comment\n\n"), ["a\nb"]);
    }

    #[test]
    fn an_event_without_its_blank_line_is_unfinished() {
        let events = read([(0.0, b"data: a\n".as_slice())]);
        assert!(events.list.is_empty() && events.unfinished);
    }

    #[test]
    fn where_the_bytes_are_cut_changes_nothing_but_times() {
        let text = "data: é👍\r\n\r\nevent: x\ndata: 2\n\n".as_bytes();
        let whole = read([(1.0, text)]);
        let cut = read(text.chunks(1).map(|piece| (1.0, piece)));
        assert_eq!(whole, cut);
        assert!(whole.problems.is_empty());
    }

    #[test]
    fn an_event_has_the_time_of_its_last_byte() {
        let events = read([(1.0, b"data: a".as_slice()), (5.0, b"\n\n".as_slice())]);
        assert!((events.list[0].at_ms - 5.0).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_no_field_is_a_problem() {
        assert_eq!(read([(0.0, b"{\"a\":1}\n\n".as_slice())]).problems.len(), 1);
        assert_eq!(read([(0.0, b"data: \xff\n\n".as_slice())]).problems.len(), 1);
    }
}

//! What the queue promises, with a writer that takes only what it is let.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::*;

/// Takes one piece for each token, shows it, and fails once there are no more tokens to come.
struct Gate {
    open: Receiver<()>,
    seen: SyncSender<Vec<u8>>,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open.recv().map_err(|_| ErrorKind::BrokenPipe)?;
        self.seen.send(bytes.to_vec()).map_err(|_| ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn gated() -> (Queue, SyncSender<()>, Receiver<Vec<u8>>) {
    let ((token, open), (seen, pieces)) = (sync_channel(1), sync_channel(1));
    (Queue::start(Gate { open, seen }), token, pieces)
}

/// Lets a gate write until it has written all.
fn all(queue: Queue, token: &SyncSender<()>, pieces: &Receiver<Vec<u8>>) -> String {
    thread::scope(|scope| {
        scope.spawn(|| drop(queue));
        let mut all = Vec::new();
        loop {
            let _ = token.send(());
            let Ok(piece) = pieces.recv() else { return String::from_utf8(all).unwrap() };
            all.extend(piece);
        }
    })
}

#[test]
fn records_are_written_in_their_order_and_to_the_last() {
    let (queue, token, pieces) = gated();
    let mut records = queue.records();
    let lines: Vec<String> = (0..10_000).map(|n| format!("record {n}\n")).collect();
    for line in &lines {
        assert_eq!(records.write(line.as_bytes()).unwrap(), line.len());
    }
    assert_eq!(all(queue, &token, &pieces), lines.concat());
}

#[test]
fn a_writer_that_takes_nothing_holds_up_nobody_and_what_is_lost_is_told() {
    let (queue, token, pieces) = gated();
    let mut records = queue.records();
    let record = [b"x".repeat((1 << 20) - 1), b"\n".to_vec()].concat();
    for _ in 0..100 {
        records.write_all(&record).unwrap();
    }
    let text = all(queue, &token, &pieces);
    let (kept, told): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('x'));
    // The thread may begin in the midst of them: then some are lost before, and some after.
    assert!((1..=2).contains(&told.len()), "{} lines about lost ones", told.len());
    let lost = told.iter().map(|line| {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&told["level"], &told["message"]), (&"WARN".into(), &"log records dropped".into()));
        told["dropped"].as_u64().unwrap()
    });
    assert_eq!(kept.len() as u64 + lost.sum::<u64>(), 100);
    // What waits, and what the thread had taken by then.
    assert!((8..=16).contains(&kept.len()), "{} records of 1 MiB were kept", kept.len());
}

#[test]
fn a_writer_that_fails_is_not_the_end() {
    struct Once(Option<ErrorKind>, SyncSender<Vec<u8>>);
    impl Write for Once {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(kind) = self.0.take() {
                return Err(kind.into());
            }
            self.1.send(bytes.to_vec()).unwrap();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for (kind, lost) in
        [(ErrorKind::Interrupted, false), (ErrorKind::WouldBlock, false), (ErrorKind::BrokenPipe, true)]
    {
        let (seen, pieces) = sync_channel(1);
        let queue = Queue::start(Once(Some(kind), seen));
        queue.records().write_all(b"one\n").unwrap();
        if lost {
            drop(
                queue
                    .shared
                    .more
                    .wait_timeout_while(queue.shared.state(), PATIENCE, |state| state.dropped == 0),
            );
        } else {
            assert_eq!(pieces.recv().unwrap(), b"one\n", "{kind}");
        }
        queue.records().write_all(b"two\n").unwrap();
        let text = String::from_utf8(pieces.recv().unwrap()).unwrap();
        assert!(text.starts_with("two\n"), "{kind}: {text}");
        assert_eq!(text.contains(r#""dropped":1"#), lost, "{kind}: {text}");
    }
}

#[test]
fn the_end_does_not_wait_for_a_writer_that_takes_nothing() {
    let (queue, token, pieces) = gated();
    queue.records().write_all(b"one\n").unwrap();
    let records = queue.records();
    drop(queue);
    assert!(pieces.try_recv().is_err(), "written without leave");
    assert!(!records.shared.state().ended);
    drop(token);
}

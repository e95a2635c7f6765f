//! A file of records, a line each.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use super::queue::Deliver;
use crate::config::{FileLog, Queue};

/// Who may do what with a new file: its owner writes, all read, as in Kong.
const MODE: u32 = 0o644;
/// Bytes that are written at once, or one line.
const PIECE: usize = 64 << 10;
/// Records of a batch.
const BATCH: u32 = 1000;
/// Bytes of records that wait.
const ROOM: u64 = 8 << 20;

/// What waits before a file: nothing is waited for, and what a full disk does not take is not tried again.
pub(super) fn bounds() -> Queue {
    Queue {
        max_batch_size: BATCH,
        max_coalescing_delay: Duration::ZERO,
        max_entries: u32::MAX,
        max_bytes: Some(ROOM),
        max_retry_time: None,
        ..Queue::default()
    }
}

/// A file, open or not. It is opened for a batch that finds it closed, or gone from its place.
pub(super) struct File {
    settings: FileLog,
    name: String,
    open: Option<fs::File>,
    /// Whether its last line is not whole.
    is_torn: bool,
    lines: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl File {
    pub(super) fn new(settings: FileLog) -> Self {
        let name = settings.path.display().to_string();
        Self { settings, name, open: None, is_torn: false, lines: Vec::new(), ends: Vec::new() }
    }

    /// Writes lines until one cannot be; says how many were.
    fn write(&mut self, records: &[Bytes]) -> (usize, io::Result<()>) {
        if self.settings.reopen || !self.is_in_place() {
            self.open = None;
        }
        let mut written = 0;
        while written < records.len() {
            let (count, result) = match self.room(records[written].len() + 1) {
                Ok(room) => {
                    self.gather(&records[written..], room);
                    self.put()
                }
                Err(error) => (0, Err(error)),
            };
            written += count;
            if result.is_err() {
                // The next batch may find a place again.
                self.open = None;
                return (written, result);
            }
        }
        (written, Ok(()))
    }

    /// Whether what is open is still what stands at the path: somebody may have taken it away.
    fn is_in_place(&self) -> bool {
        let own = self.open.as_ref().and_then(|file| file.metadata().ok());
        let there = fs::metadata(&self.settings.path).ok();
        own.zip(there).is_some_and(|(own, there)| (own.dev(), own.ino()) == (there.dev(), there.ino()))
    }

    /// Sees that a file is open that takes a line of this size, and says how many bytes it takes.
    fn room(&mut self, line: usize) -> io::Result<u64> {
        loop {
            let length = self.length()?;
            let Some(rotation) = self.settings.rotation else { return Ok(u64::MAX) };
            if length == 0 || length + line as u64 <= rotation.size {
                return Ok(rotation.size.saturating_sub(length));
            }
            self.rotate(rotation.keep)?;
        }
    }

    /// Of the file, which is opened if need be; 0 of what has none.
    fn length(&mut self) -> io::Result<u64> {
        if let Some(file) = &self.open {
            return Ok(file.metadata()?.len());
        }
        let file = OpenOptions::new().create(true).append(true).mode(MODE).open(&self.settings.path)?;
        let length = file.metadata()?.len();
        self.is_torn &= length > 0;
        self.open = Some(file);
        Ok(length)
    }

    /// Puts the full file aside.
    fn rotate(&mut self, keep: u32) -> io::Result<()> {
        self.open = None;
        let aside = |number: u32| {
            let mut path = self.settings.path.clone().into_os_string();
            path.push(format!(".{number}"));
            PathBuf::from(path)
        };
        for number in (1..keep).rev() {
            match fs::rename(aside(number), aside(number + 1)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => (),
            }
        }
        fs::rename(&self.settings.path, aside(1))
    }

    /// Takes the lines that are written next: as many as there is room for, one at least.
    fn gather(&mut self, records: &[Bytes], room: u64) {
        let most = usize::try_from(room).unwrap_or(usize::MAX).min(PIECE);
        self.lines.clear();
        self.ends.clear();
        if std::mem::take(&mut self.is_torn) {
            self.lines.push(b'\n');
        }
        for record in records {
            if !self.ends.is_empty() && self.lines.len() + record.len() >= most {
                break;
            }
            self.lines.extend_from_slice(record);
            self.lines.push(b'\n');
            self.ends.push(self.lines.len());
        }
    }

    /// Writes them; says how many were written whole.
    fn put(&mut self) -> (usize, io::Result<()>) {
        let Some(file) = &mut self.open else { return (0, Err(ErrorKind::NotFound.into())) };
        let mut done = 0;
        let result = loop {
            match file.write(&self.lines[done..]) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(length) => done += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => break Err(error),
            }
            if done == self.lines.len() {
                break Ok(());
            }
        };
        let whole = self.ends.iter().take_while(|end| **end <= done).count();
        self.is_torn = done > 0 && self.lines[done - 1] != b'\n';
        (whole, result)
    }
}

impl Deliver for File {
    fn name(&self) -> &str {
        &self.name
    }

    /// Blocks the thread, which is for nothing else.
    async fn deliver(&mut self, records: &[Bytes]) -> (usize, Result<(), String>) {
        let (written, result) = self.write(records);
        (written, result.map_err(|error| error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rotation;

    fn file(path: PathBuf, reopen: bool, rotation: Option<Rotation>) -> File {
        File::new(FileLog { path, reopen, rotation })
    }

    fn records(texts: &[&str]) -> Vec<Bytes> {
        texts.iter().map(|text| Bytes::copy_from_slice(text.as_bytes())).collect()
    }

    /// How many of these it took.
    fn took(log: &mut File, texts: &[&str]) -> usize {
        log.write(&records(texts)).0
    }

    fn text(path: &std::path::Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn lines_are_added_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, "old\n").unwrap();
        let mut log = file(path.clone(), false, None);
        assert_eq!(took(&mut log, &["one", "two"]), 2);
        assert_eq!(took(&mut log, &["three"]), 1);
        assert_eq!(text(&path), "old\none\ntwo\nthree\n");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o133, 0, "nobody else writes, nobody runs it");
    }

    #[test]
    fn a_full_disk_takes_nothing_and_is_tried_again_with_the_next_batch() {
        let mut log = file("/dev/full".into(), false, None);
        for _ in 0..2 {
            let (written, result) = log.write(&records(&["one", "two"]));
            assert_eq!((written, result.unwrap_err().kind()), (0, ErrorKind::StorageFull));
        }
        let folder = tempfile::tempdir().unwrap();
        log.settings.path = folder.path().join("a.log");
        assert_eq!(took(&mut log, &["three"]), 1);
        assert_eq!(text(&log.settings.path), "three\n");
    }

    #[test]
    fn a_line_that_was_torn_is_ended_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut log = file(path.clone(), false, None);
        assert_eq!(took(&mut log, &["one"]), 1);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"tw").unwrap();
        log.is_torn = true;
        assert_eq!(took(&mut log, &["three"]), 1);
        assert_eq!(text(&path), "one\ntw\nthree\n");
    }

    #[test]
    fn a_file_or_directory_that_is_taken_away_is_made_again_once_that_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        let path = below.join("a.log");
        let mut log = file(path.clone(), false, None);
        assert_eq!(took(&mut log, &["one"]), 1);
        fs::rename(&path, below.join("taken")).unwrap();
        assert_eq!(took(&mut log, &["two"]), 1);
        assert_eq!((text(&path).as_str(), text(&below.join("taken")).as_str()), ("two\n", "one\n"));
        fs::remove_dir_all(&below).unwrap();
        assert_eq!(took(&mut log, &["lost"]), 0);
        fs::create_dir(&below).unwrap();
        assert_eq!(took(&mut log, &["three"]), 1);
        assert_eq!(text(&path), "three\n");
    }

    #[test]
    fn a_file_that_is_full_is_put_aside_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let mut log = file(path.clone(), false, Some(Rotation { size: 10, keep: 2 }));
        let long = "a line that is longer than a file may be";
        let all = ["1234", "1234", "5678", "9", long, "x"];
        assert_eq!(took(&mut log, &all), all.len());
        let aside = |number: u32| text(&folder.path().join(format!("a.log.{number}")));
        assert_eq!(
            (text(&path), aside(1), aside(2)),
            ("x\n".to_owned(), format!("{long}\n"), "5678\n9\n".to_owned())
        );
        assert!(!folder.path().join("a.log.3").exists());
    }

    #[test]
    fn what_is_to_be_opened_anew_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        for (reopen, expected) in [(true, 1), (false, 0)] {
            let mut log = file(path.clone(), reopen, None);
            assert_eq!(took(&mut log, &["one"]), 1);
            // Nothing can be written to this one, though it is the same file.
            log.open = Some(fs::File::open(&path).unwrap());
            assert_eq!(took(&mut log, &["two"]), expected);
        }
    }
}

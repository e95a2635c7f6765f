//! The file of a store: a snapshot in JSON, written beside and then renamed, so that it is whole at any time.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::objects::{Key, Objects};

/// The first line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    run: u64,
}

/// Each other one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    provider: String,
    kind: String,
    id: String,
    since: u64,
    object: Box<RawValue>,
}

/// What the file holds; nothing where there is none.
pub(super) fn read(file: &Path) -> io::Result<Objects> {
    let text = match fs::read_to_string(file) {
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(Objects::default()),
        read => read?,
    };
    let mut lines = text.lines();
    let Head { run } = serde_json::from_str(lines.next().unwrap_or_default())?;
    let mut objects = Objects::default();
    objects.run = run + 1;
    for line in lines {
        let Line { provider, kind, id, since, object } = serde_json::from_str(line)?;
        objects.put(Key { provider, kind, id }, object.get().into(), since);
    }
    Ok(objects)
}

fn write(file: &Path, objects: &Mutex<Objects>) -> io::Result<()> {
    // Texts are shared, so that the store is held for a moment only.
    let (run, all): (u64, Vec<_>) = {
        let objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
        (objects.run, objects.all().map(|(key, kept)| (key.clone(), kept.clone())).collect())
    };
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let mut out = BufWriter::new(File::create(&beside)?);
    serde_json::to_writer(&mut out, &Head { run })?;
    out.write_all(b"\n")?;
    for (Key { provider, kind, id }, kept) in all {
        let object = RawValue::from_string(kept.json.to_string())?;
        serde_json::to_writer(&mut out, &Line { provider, kind, id, since: kept.since, object })?;
        out.write_all(b"\n")?;
    }
    out.into_inner()?.sync_all()?;
    fs::rename(beside, file)
}

/// Writes the file after changes: many that come at once are one snapshot.
#[derive(Debug)]
pub(super) struct Saver {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    objects: Arc<Mutex<Objects>>,
    due: Mutex<Due>,
    woken: Condvar,
    /// Held by whoever writes.
    writing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Due {
    changed: bool,
    over: bool,
}

impl Saver {
    /// Writes the file once, to see that it can, and then whenever it is woken.
    pub(super) fn new(file: PathBuf, objects: Arc<Mutex<Objects>>) -> io::Result<Self> {
        write(&file, &objects)?;
        let (due, woken, writing) = (Mutex::default(), Condvar::new(), Mutex::default());
        let shared = Arc::new(Shared { file, objects, due, woken, writing });
        let writer = Arc::clone(&shared);
        let thread = thread::Builder::new().name("mocks-state".into()).spawn(move || writer.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn wake(&self) {
        self.shared.due.lock().unwrap_or_else(PoisonError::into_inner).changed = true;
        self.shared.woken.notify_one();
    }

    pub(super) fn save(&self) {
        self.shared.save();
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.shared.due.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.shared.woken.notify_one();
        if let Some(thread) = self.thread.take() {
            // What it had to say, it has logged.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self) {
        loop {
            let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            let idle = |due: &mut Due| !due.changed && !due.over;
            let due = self.woken.wait_while(due, idle).unwrap_or_else(PoisonError::into_inner);
            let over = due.over;
            drop(due);
            self.save();
            if over {
                return;
            }
        }
    }

    fn save(&self) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = std::mem::take(&mut self.due.lock().unwrap_or_else(PoisonError::into_inner).changed);
        if changed && let Err(problem) = write(&self.file, &self.objects) {
            tracing::error!(%problem, file = %self.file.display(), "the state was not written");
        }
    }
}

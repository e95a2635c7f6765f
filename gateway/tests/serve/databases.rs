//! Databases that the tests start themselves, where the machine has them: on ports of their own, in folders of their own.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Who runs what root must not run: `nobody`, on Debian.
const NOBODY: u32 = 65_534;

/// A port that was free a moment ago.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that has said that it takes connections.
struct Process(Child);

impl Process {
    /// `ready`: what is in the line that says so, on standard output or error.
    fn start(command: &mut Command, ready: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (told, is_ready) = std::sync::mpsc::sync_channel(2);
        for stream in [Box::new(out) as Box<dyn Read + Send>, Box::new(err)] {
            let (told, ready) = (told.clone(), ready.to_owned());
            // Read to its end, so that the server never waits for us.
            std::thread::spawn(move || {
                let mut seen = String::new();
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if line.contains(&ready) {
                        let _ = told.try_send(Ok(()));
                    }
                    seen.push_str(&line);
                }
                let _ = told.try_send(Err(seen));
            });
        }
        let first = is_ready.recv().unwrap();
        if let Err(first) = first {
            let second = is_ready.recv().unwrap().err().unwrap_or_default();
            panic!("{command:?}: {first}{second}");
        }
        Self(child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Redis server without anything in it.
pub(super) struct Redis {
    program: PathBuf,
    folder: TempDir,
    pub(super) port: u16,
    /// What it is told besides.
    settings: Vec<String>,
    process: Option<Process>,
}

impl Redis {
    /// `None`, and said so: there is none. `TOUCHSTONE_REDIS` names another than the system's.
    pub(super) fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// `settings`: what it is told besides, where `PORT` stands for its port.
    pub(super) fn with(settings: &[&str]) -> Option<Self> {
        let program =
            std::env::var_os("TOUCHSTONE_REDIS").map_or_else(|| "redis-server".into(), PathBuf::from);
        if Command::new(&program).arg("--version").output().is_err() {
            eprintln!("skipped: there is no {} here (Debian: redis-server)", program.display());
            return None;
        }
        let (folder, port) = (tempfile::tempdir().unwrap(), port());
        let settings = settings.iter().map(|word| word.replace("PORT", &port.to_string())).collect();
        let mut redis = Self { program, folder, port, settings, process: None };
        redis.restart();
        Some(redis)
    }

    /// Starts it again where it was, with nothing in it.
    pub(super) fn restart(&mut self) {
        let port = self.port.to_string();
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder.path());
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(&self.settings);
        self.process = Some(Process::start(&mut command, "Ready to accept connections"));
    }

    /// Ends it at once.
    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    /// What `redis-cli` says.
    pub(super) fn ask(&self, arguments: &[&str]) -> String {
        let cli = self.program.with_file_name("redis-cli");
        let port = self.port.to_string();
        let output = Command::new(cli).args(["-p", &port]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// A PostgreSQL server with an empty database `postgres`.
pub(super) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    pub(super) port: u16,
    /// What it is told besides.
    settings: Vec<String>,
    process: Option<Process>,
}

impl Postgres {
    /// `None`, and said so: there is none with pgvector. `TOUCHSTONE_POSTGRES` names the folder of another one's programs.
    pub(super) fn start() -> Option<Self> {
        let programs = std::env::var_os("TOUCHSTONE_POSTGRES").map(PathBuf::from).or_else(programs)?;
        let output = Command::new(programs.join("pg_config")).arg("--sharedir").output().unwrap();
        let share = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
        if !share.join("extension/vector.control").exists() {
            let place = programs.display();
            eprintln!("skipped: the PostgreSQL in {place} has no pgvector (Debian: postgresql-…-pgvector)");
            return None;
        }
        Some(Self::of(programs, &[], &[]))
    }

    /// The system's own, with or without pgvector, with these settings, and files of its own beside its data.
    pub(super) fn with(settings: &[&str], files: &[(&str, &str)]) -> Option<Self> {
        Some(Self::of(programs()?, settings, files))
    }

    fn of(programs: PathBuf, settings: &[&str], files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            chown(&path, Some(NOBODY), Some(NOBODY)).ok();
        }
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).ok();
        let settings = settings.iter().map(|word| (*word).to_owned()).collect();
        let mut postgres = Self { programs, folder, port: port(), settings, process: None };
        let mut command = postgres.command("initdb");
        command.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        postgres.restart();
        postgres
    }

    pub(super) fn restart(&mut self) {
        let port = self.port.to_string();
        let mut command = self.command("postgres");
        command.args(["-p", &port, "-h", "127.0.0.1", "-k", "", "-F"]).args(&self.settings);
        self.process = Some(Process::start(&mut command, "ready to accept connections"));
    }

    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    /// What `psql` says, without anything around it.
    pub(super) fn ask(&self, question: &str) -> String {
        let port = self.port.to_string();
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-Atc", question]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A program that works in the server's folder; as somebody else where we are root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.folder.path().join("data")).current_dir(self.folder.path());
        let owner = std::fs::metadata(self.folder.path()).unwrap();
        if std::os::unix::fs::MetadataExt::uid(&owner) == NOBODY {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

/// Where the newest server's programs are; `None`, and said so: there are none.
fn programs() -> Option<PathBuf> {
    let found = find();
    if found.is_none() {
        eprintln!("skipped: there is no PostgreSQL here (Debian: postgresql)");
    }
    found
}

fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    let version = |bin: &PathBuf| bin.parent().and_then(Path::file_name)?.to_str()?.parse::<u32>().ok();
    bins.filter(|bin| bin.join("postgres").exists()).max_by_key(version)
}

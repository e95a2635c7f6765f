//! Databases that the tests start themselves, where the machine has them: on ports of their own, in folders of their own.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::port::Port;

/// Who runs what root must not run: `nobody`, on Debian.
const NOBODY: u32 = 65_534;

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
    /// Its own, and another one that its settings may name.
    _ports: [Port; 2],
    /// What it is told besides.
    settings: Vec<String>,
    process: Option<Process>,
}

impl Redis {
    /// `None`, and said so: there is none. `TOUCHSTONE_REDIS` names another than the system's.
    pub(super) fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// One with the query engine, which compares vectors. `None`, and said so: there is none; `TOUCHSTONE_REDIS_SEARCH` names one.
    pub(super) fn searching() -> Option<Self> {
        let Some(program) = std::env::var_os("TOUCHSTONE_REDIS_SEARCH") else {
            eprintln!("skipped: TOUCHSTONE_REDIS_SEARCH names no Redis that has FT.SEARCH");
            return None;
        };
        Self::of(program.into(), &[])
    }

    /// `settings`: what it is told besides, where `PORT` stands for its port, and `BUS` for another one.
    pub(super) fn with(settings: &[&str]) -> Option<Self> {
        let program =
            std::env::var_os("TOUCHSTONE_REDIS").map_or_else(|| "redis-server".into(), PathBuf::from);
        Self::of(program, settings)
    }

    fn of(program: PathBuf, settings: &[&str]) -> Option<Self> {
        if Command::new(&program).arg("--version").output().is_err() {
            eprintln!("skipped: there is no {} here (Debian: redis-server)", program.display());
            return None;
        }
        let (folder, ports) = (tempfile::tempdir().unwrap(), [Port::new(), Port::new()]);
        let [port, bus] = ports.each_ref().map(|port| port.addr().port());
        let named = |word: &&str| word.replace("PORT", &port.to_string()).replace("BUS", &bus.to_string());
        let settings = settings.iter().map(named).collect();
        let mut redis = Self { program, folder, port, _ports: ports, settings, process: None };
        redis.restart();
        Some(redis)
    }

    /// Three that are one cluster.
    pub(super) async fn cluster() -> Option<Vec<Self>> {
        let words = ["--cluster-enabled", "yes", "--cluster-port", "BUS", "--cluster-node-timeout", "15000"];
        let nodes: Vec<Self> = (0..3).map_while(|_| Self::with(&words)).collect();
        let addresses: Vec<String> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        let mut create = vec!["--cluster", "create"];
        create.extend(addresses.iter().map(String::as_str));
        create.push("--cluster-yes");
        let told = nodes.first()?.ask(&create);
        assert!(told.contains("All 16384 slots covered"), "{told}");
        let is_ready = |node: &Self| node.ask(&["CLUSTER", "INFO"]).contains("cluster_state:ok");
        while !nodes.iter().all(is_ready) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Some(nodes)
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
        ask(self.port, arguments)
    }
}

/// What `redis-cli` says of a server.
pub(super) fn ask(port: u16, arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &port.to_string()]).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A sentinel that watches a server, and calls it `own`.
pub(super) struct Sentinel {
    pub(super) port: u16,
    _port: Port,
    _process: Process,
    _folder: TempDir,
}

impl Sentinel {
    /// Of a server that is gone for two seconds, it makes a replica the master: one that is only slow stays it.
    pub(super) fn of(redis: &Redis) -> Self {
        let (folder, own) = (tempfile::tempdir().unwrap(), Port::new());
        let (port, watched) = (own.addr().port(), redis.port);
        let settings = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor own 127.0.0.1 {watched} 1\n\
             sentinel down-after-milliseconds own 2000\nsentinel failover-timeout own 2000\n"
        );
        std::fs::write(folder.path().join("sentinel.conf"), settings).unwrap();
        let mut command = Command::new(&redis.program);
        command.current_dir(folder.path()).args(["sentinel.conf", "--sentinel"]);
        let process = Process::start(&mut command, "monitor master own");
        Self { port, _port: own, _process: process, _folder: folder }
    }
}

/// A PostgreSQL server with an empty database `postgres`.
pub(super) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    pub(super) port: u16,
    _port: Port,
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
        let port = Port::new();
        let mut postgres =
            Self { programs, folder, port: port.addr().port(), _port: port, settings, process: None };
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

    /// Ends it and all processes of its own at once: as long as one of them is left, it does not start again.
    pub(super) fn kill(&mut self) {
        let Some(Process(ref mut server)) = self.process.take() else { return };
        let told = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status().unwrap();
        assert!(told.success());
        server.wait().unwrap();
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

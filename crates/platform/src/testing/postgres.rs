//! PostgreSQL for tests: databases on a server that is there, or a server of one's own.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use postgres::{Client, NoTls};
use tempfile::TempDir;

/// The server for tests, if there is one.
pub(super) fn server() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one setting of tests, which have no configuration file"
    )]
    let read = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    let server = read("FRONTDESK_TEST_POSTGRES");
    assert!(
        server.is_some() || read("FRONTDESK_REQUIRE_POSTGRES").is_none_or(|v| v != "1"),
        "FRONTDESK_REQUIRE_POSTGRES=1, but FRONTDESK_TEST_POSTGRES names no server"
    );
    server
}

/// The driver must not block a thread of an asynchronous runtime, and a test may stand on one.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|s| s.spawn(work).join()).unwrap_or_else(|p| std::panic::resume_unwind(p))
}

fn command(url: &str, sql: &str) -> Result<(), postgres::Error> {
    apart(|| Client::connect(url, NoTls)?.batch_execute(sql))
}

/// A database of one test, dropped with this value.
pub(super) struct Database {
    pub url: String,
    server: String,
    name: String,
}

impl Database {
    pub fn create(server: &str) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("frontdesk_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        command(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .expect("the test server answers");
        command(server, &format!("CREATE DATABASE {name}"))
            .expect("the test server lets us create a database");
        Database { url: with_database(server, &name), server: server.to_owned(), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = command(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        if let Err(e) = dropped
            && !std::thread::panicking()
        {
            eprintln!("{} could not be dropped: {e}", self.name);
        }
    }
}

/// The same server, another database.
fn with_database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("FRONTDESK_TEST_POSTGRES is a postgres:// address");
    url.set_path(name);
    url.into()
}

/// A PostgreSQL server of one's own, in a temporary directory, gone with this value. It trusts everyone on the loopback
/// and does not wait for the disk.
pub struct EphemeralPostgres {
    bin: PathBuf,
    dir: TempDir,
    port: u16,
    url: String,
    /// The user that the server runs as, when we are root: it refuses to be root itself.
    user: Option<(u32, u32)>,
    process: Option<Child>,
}

impl EphemeralPostgres {
    /// `None`, and a line that says so, when no `initdb` is installed (a failure under `FRONTDESK_REQUIRE_POSTGRES=1`).
    pub fn start() -> Option<EphemeralPostgres> {
        let Some(bin) = binaries() else {
            #[expect(clippy::disallowed_methods, reason = "as above")]
            let required = std::env::var("FRONTDESK_REQUIRE_POSTGRES").is_ok_and(|v| v == "1");
            assert!(!required, "FRONTDESK_REQUIRE_POSTGRES=1, but no initdb was found");
            eprintln!("skipped: no initdb in PATH or /usr/lib/postgresql");
            return None;
        };
        let dir = tempfile::tempdir().expect("a temporary directory");
        let is_root = fs::metadata(dir.path()).expect("its metadata").uid() == 0;
        let user = is_root
            .then(|| system_user("postgres").expect("root needs a system user `postgres` to run it as"));
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid)).expect("chown");
        }
        let port = free_port();
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let mut server = EphemeralPostgres { bin, dir, port, url, user, process: None };
        let made = server
            .program("initdb")
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(server.data())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        server.begin();
        Some(server)
    }

    /// The address of its database `postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }
    /// Its directory, for `psql -h`.
    pub fn socket_dir(&self) -> &Path {
        self.dir.path()
    }

    /// Starts it again, on the same port, and waits until it answers.
    pub fn begin(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let log =
            fs::File::options().create(true).append(true).open(self.dir.path().join("log")).expect("a log");
        let mut start = self.program("postgres");
        start.arg("-D").arg(self.data()).arg("-k").arg(self.dir.path());
        start.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        for setting in ["fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=32MB"] {
            start.args(["-c", setting]);
        }
        let child = start.stdout(Stdio::null()).stderr(log).spawn().expect("postgres runs");
        self.process = Some(child);
        let begun = Instant::now();
        while command(&self.url, "SELECT 1").is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "PostgreSQL does not start: {}", self.log());
            if let Some(p) = &mut self.process
                && p.try_wait().expect("its state").is_some()
            {
                // After a kill the old processes may still hold the memory for a moment.
                self.process = None;
                std::thread::sleep(Duration::from_millis(100));
                return self.begin();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it at once, ending every connection, and waits until it has gone.
    pub fn stop(&mut self) {
        self.end("fast");
    }
    /// Kills it, as a machine that fails would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("kill");
            process.wait().expect("wait");
        }
    }
    pub fn restart(&mut self) {
        self.stop();
        self.begin();
    }

    fn end(&mut self, mode: &str) {
        let Some(mut process) = self.process.take() else { return };
        let stopped = self.program("pg_ctl").args(["stop", "-w", "-m", mode, "-D"]).arg(self.data()).output();
        if !stopped.is_ok_and(|o| o.status.success()) {
            let _ = process.kill();
        }
        let _ = process.wait();
    }
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(self.dir.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }
    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for EphemeralPostgres {
    fn drop(&mut self) {
        self.end("immediate");
    }
}

/// The directory of `initdb`: one in PATH, or the newest that Debian installed beside it.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).find(|d| d.join("initdb").is_file());
    in_path.and_then(|d| d.join("initdb").canonicalize().ok()?.parent().map(Path::to_owned)).or_else(|| {
        let mut versions: Vec<PathBuf> =
            fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|e| e.path().join("bin")).collect();
        versions.retain(|d| d.join("initdb").is_file());
        versions.sort_by_key(|d| version(d));
        versions.pop()
    })
}

fn version(bin: &Path) -> u32 {
    bin.parent().and_then(|p| p.file_name()?.to_str()?.parse().ok()).unwrap_or(0)
}

fn system_user(name: &str) -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|l| l.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}

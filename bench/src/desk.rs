//! The product under test: the real binary, as a child process.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A running desk; killed when dropped.
pub struct Desk {
    child: Child,
    pub address: String,
    /// From start to the line that says it listens.
    pub ready_after: Duration,
}

/// The release binary beside this one.
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    here.with_file_name("frontdesk")
}

/// Runs a command of the binary to its end; its standard output.
pub fn command(data: &str, database: Option<&str>, arguments: &[&str]) -> std::io::Result<String> {
    let mut command = Command::new(binary());
    command.args(["--data", data]).args(arguments);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    let out = command.stderr(Stdio::inherit()).output()?;
    if !out.status.success() {
        return Err(std::io::Error::other(format!("frontdesk {arguments:?} failed")));
    }
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// The password of [`user`]s.
pub const PASSWORD: &str = "bench-bench-bench";

/// Makes an administrator.
pub fn user(data: &str, database: Option<&str>, name: &str) -> std::io::Result<()> {
    let mail = format!("{name}@example.test");
    let arguments = [
        "user",
        "create",
        "--email",
        &mail,
        "--username",
        name,
        "--name",
        name,
        "--role",
        "admin",
        "--password-stdin",
    ];
    feed(data, database, &arguments, PASSWORD)
}

/// Runs a command of the binary that reads `input`.
pub fn feed(data: &str, database: Option<&str>, arguments: &[&str], input: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut command = Command::new(binary());
    command.args(["--data", data]).args(arguments);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input.as_bytes())?;
    }
    match child.wait()?.success() {
        true => Ok(()),
        false => Err(std::io::Error::other(format!("frontdesk {arguments:?} failed"))),
    }
}

impl Desk {
    pub fn start(data: &str, database: Option<&str>) -> std::io::Result<Desk> {
        let began = Instant::now();
        let mut command = Command::new(binary());
        command.args(["--data", data, "serve", "--listen", "127.0.0.1:0"]);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        command.env("FRONTDESK_LIMITS__RATE", "off").env("FRONTDESK_LOG__LEVEL", "warn");
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or(std::io::ErrorKind::BrokenPipe)?).lines();
        let address = loop {
            let line =
                lines.next().ok_or_else(|| std::io::Error::other("the desk ended before it listened"))??;
            if let Some(at) = line.find("listening on http://") {
                break line[at + "listening on http://".len()..].trim().to_owned();
            }
        };
        let ready_after = began.elapsed();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("desk: {line}")
            }
        });
        Ok(Desk { child, address, ready_after })
    }

    pub fn resident(&self) -> f64 {
        crate::machine::resident(self.child.id())
    }

    /// Processor time used so far, in seconds.
    pub fn cpu(&self) -> f64 {
        crate::machine::cpu(self.child.id())
    }

    /// Processor time that it uses while so much passes, in seconds.
    pub async fn cpu_within(&self, time: std::time::Duration) -> f64 {
        let before = self.cpu();
        tokio::time::sleep(time).await;
        self.cpu() - before
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

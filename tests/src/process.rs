//! The program itself, as a process that can be killed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use crate::{Client, Place};

/// A running `frontdesk serve`; killed when dropped.
pub struct Process {
    child: Child,
    pub client: Client,
    log: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts `program` on `place` and waits for the line that says where it listens.
    pub fn start(program: &Path, place: &Place) -> Process {
        let mut command = Command::new(program);
        command.current_dir(place.folder.path());
        command.arg("--data").arg(place.folder.path()).args(["serve", "--listen", "127.0.0.1:0"]);
        command
            .env("FRONTDESK_DATABASE__URL", place.url())
            .env("FRONTDESK_LIMITS__RATE", "off")
            .env("FRONTDESK_LOG__LEVEL", "warn")
            .env("FRONTDESK_DB__PG_CONNECTIONS", "8")
            .env("FRONTDESK_SECRETS__KEY", "07".repeat(32))
            .env("FRONTDESK_HTTP__ALLOW_PRIVATE_ADDRESSES", "true");
        let mut child =
            command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its standard error")).lines();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let root = loop {
            let Some(line) = lines.next() else {
                panic!("the desk ended before it listened: {:#?}", log.lock().unwrap());
            };
            let line = line.expect("text");
            if let Some(at) = line.find("listening on http://") {
                break line[at + "listening on ".len()..].trim().to_owned();
            }
            log.lock().unwrap().push(line);
        };
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        Process { child, client: Client::new(root), log }
    }

    /// As a power failure would: no handler runs.
    pub fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has gone");
    }

    /// Asks it to stop; whether it ended well.
    pub fn terminate(&mut self) -> bool {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.is_ok_and(|s| s.success()), "the signal was not sent");
        self.child.wait().expect("it ends").success()
    }

    /// What it has written to standard error.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

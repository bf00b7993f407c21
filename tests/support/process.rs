//! Child processes of tests: what they write is gathered as it comes, and they
//! are killed in any case.
//!
//! Heat: cold.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::scratch::Scratch;

/// How long anything may take before a test gives up. Nothing waits for it
/// that goes well.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until there is an answer; `None` when `limit` is over.
pub fn until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; nothing if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Finished {
    /// The lines of standard error that are no news: neither `debug`, `info`
    /// nor `warn`.
    pub fn complaints(&self) -> Vec<&str> {
        let news = |line: &&str| {
            ["debug", "info", "warn"].iter().any(|level| line.contains(&format!("level={level}")))
        };
        self.stderr.lines().filter(|line| !line.trim().is_empty() && !news(line)).collect()
    }
}

/// A child process, its output gathered as it comes, killed when dropped.
pub struct Process {
    /// The process.
    pub child: Child,
    stdout: Gathered,
    /// What it says.
    pub stderr: Gathered,
    /// Its folder.
    pub scratch: Scratch,
}

/// The lines of a pipe so far.
pub struct Gathered {
    lines: Arc<Mutex<Vec<String>>>,
    /// Whoever holds it keeps the pipe from being read.
    gate: Arc<Mutex<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Gathered {
    fn new(pipe: impl Read + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let gate = Arc::new(Mutex::new(()));
        let (sink, entry) = (Arc::clone(&lines), Arc::clone(&gate));
        let thread = std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
                sink.lock().unwrap().push(text);
                line.clear();
                drop(entry.lock().unwrap());
            }
        });
        Self { lines, gate, thread: Some(thread) }
    }

    /// While it is locked, no more than one further line is read from the pipe.
    pub fn gate(&self) -> Arc<Mutex<()>> {
        Arc::clone(&self.gate)
    }

    /// So far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Everything, once the pipe has ended.
    fn all(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        let mut lines = self.lines();
        lines.push(String::new());
        lines.join("\n")
    }
}

impl Process {
    /// Takes a child whose standard output and error are pipes.
    pub fn new(mut child: Child, scratch: Scratch) -> Self {
        let stdout = Gathered::new(child.stdout.take().unwrap());
        let stderr = Gathered::new(child.stderr.take().unwrap());
        Self { child, stdout, stderr, scratch }
    }

    /// Waits for it to end.
    pub fn finish(&mut self) -> Finished {
        let ended = until(PATIENCE, || self.child.try_wait().unwrap());
        let code = ended.expect("the process ends by itself").code();
        Finished { code, stdout: self.stdout.all(), stderr: self.stderr.all() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the bridge's standard error:\n{}", self.stderr.lines().join("\n"));
        }
    }
}

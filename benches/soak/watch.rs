//! What the process holds, looked up twice a second: memory, open files,
//! threads.
//!
//! Heat: cold.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use serde::Serialize;

const EVERY: Duration = Duration::from_millis(500);

/// At one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Held {
    /// Seconds since the beginning.
    pub at: f64,
    /// Resident bytes.
    pub memory: f64,
    pub files: f64,
    pub threads: f64,
}

impl Held {
    /// `None` if the process is gone.
    pub fn by(process: Pid, begin: Instant) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let field = |name: &str| {
            let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
            rest.split_whitespace().next()?.parse::<f64>().ok()
        };
        Some(Self {
            at: begin.elapsed().as_secs_f64(),
            memory: field("VmRSS:")? * 1024.0,
            files: fs::read_dir(format!("/proc/{process}/fd")).ok()?.count() as f64,
            threads: field("Threads:")?,
        })
    }
}

pub struct Watch {
    held: Arc<Mutex<Vec<Held>>>,
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watch {
    pub fn start(process: Pid, begin: Instant) -> Self {
        let (held, over) = (Arc::new(Mutex::default()), Arc::new(AtomicBool::new(false)));
        let (seen, stop) = (Arc::clone(&held), Arc::clone(&over));
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let Some(now) = Held::by(process, begin) else { return };
                let mut seen: std::sync::MutexGuard<'_, Vec<Held>> =
                    seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push(now);
                drop(seen);
                thread::sleep(EVERY);
            }
        });
        Self { held, over, thread }
    }

    /// All that was seen.
    pub fn finish(self) -> Vec<Held> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the watch does not panic");
        std::mem::take(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! What threads of a running bridge ask of the kernel, by `strace`.
//!
//! Heat: cold.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::bridge::Bridge;
use super::peer::{peer, skip};
use super::process::{PATIENCE, until};

/// The threads of the process, by number.
pub fn threads(process: u32) -> BTreeMap<u32, String> {
    let entries = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let numbers = entries.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|thread| {
            let comm = format!("/proc/{process}/task/{thread}/comm");
            // A thread may end while it is asked for.
            Some((thread, std::fs::read_to_string(comm).ok()?.trim().to_owned()))
        })
        .collect()
}

/// The numbers of those whose name begins so.
pub fn threads_named(process: u32, name: &str) -> Vec<u32> {
    let all = threads(process).into_iter();
    all.filter(|(_, given)| given.starts_with(name)).map(|(thread, _)| thread).collect()
}

/// `strace` on some threads of a bridge.
pub struct Trace {
    strace: Child,
    log: PathBuf,
}

impl Trace {
    /// Follows the threads whose name begins so. `None`, said loudly, where
    /// there is no strace or the system forbids it.
    pub fn attach(bridge: &Bridge, name: &str) -> Option<Self> {
        let strace = peer("strace")?;
        // A thread takes its name when it first runs.
        let followed = until(PATIENCE, || {
            Some(threads_named(bridge.id(), name)).filter(|all| !all.is_empty())
        });
        let followed = followed.unwrap_or_else(|| panic!("no thread is named {name}…"));
        let (log, said) = (bridge.folder().join("strace.log"), bridge.folder().join("strace.said"));
        let mut command = Command::new(strace);
        // Numbers instead of texts: a batch would fill a page of the log.
        command.arg("-e").arg("raw=!nanosleep,clock_nanosleep").arg("-o").arg(&log);
        for thread in &followed {
            command.arg("-p").arg(thread.to_string());
        }
        let file = std::fs::File::create(&said).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn();
        let mut strace = child.unwrap();
        let attached = until(PATIENCE, || {
            let text = std::fs::read_to_string(&said).unwrap();
            let all = text.matches(" attached").count() == followed.len();
            (all || strace.try_wait().unwrap().is_some()).then_some((all, text))
        });
        let (attached, text) = attached.expect("strace attaches or ends");
        if !attached {
            skip(&format!("strace may not attach (as root it may): {}", text.trim()));
            return None;
        }
        Some(Self { strace, log })
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        calls(&self.log())
    }

    /// How long each sleep so far was to be.
    pub fn sleeps(&self) -> Vec<Duration> {
        sleeps(&self.log())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until so many datagrams were received; then lets go of the threads.
    pub fn until_received(mut self, datagrams: u64) -> Vec<Call> {
        let received = |calls: &[Call]| -> u64 {
            let batches = calls.iter().filter(|call| call.name == "recvmmsg");
            batches.filter_map(|call| u64::try_from(call.result).ok()).sum()
        };
        let all = until(PATIENCE, || (received(&self.calls()) >= datagrams).then_some(()));
        let interrupt = format!("kill -INT {}", self.strace.id());
        assert!(Command::new("sh").arg("-c").arg(interrupt).status().unwrap().success());
        self.strace.wait().unwrap();
        let calls = self.calls();
        assert!(all.is_some(), "{} of {datagrams} datagrams received", received(&calls));
        assert_eq!(received(&calls), datagrams);
        calls
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

/// A call and what it returned; a call that did not return has -1.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub name: String,
    pub result: i64,
}

/// The calls of a log of `strace -e raw=…`. One that was interrupted by the
/// call of another thread stands there twice; its end counts.
pub fn calls(log: &str) -> Vec<Call> {
    log.lines().filter_map(call).collect()
}

fn call(line: &str) -> Option<Call> {
    // With several threads each line begins with the thread's number.
    let line = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    if line.starts_with(['-', '+']) || line.is_empty() || line.ends_with("<unfinished ...>") {
        return None;
    }
    let name = match line.strip_prefix("<... ") {
        Some(resumed) => resumed.split(' ').next()?,
        None => line.split('(').next()?,
    };
    let result = line.rsplit(" = ").next()?.split(' ').next()?;
    let result = match result.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => result.parse().ok(),
    };
    Some(Call { name: name.to_owned(), result: result.unwrap_or(-1) })
}

/// What the sleeps of a log ask for: `{tv_sec=0, tv_nsec=500000}`.
pub fn sleeps(log: &str) -> Vec<Duration> {
    let field = |line: &str, name: &str| -> Option<u64> {
        let (_, rest) = line.split_once(name)?;
        rest.split([',', '}']).next()?.parse().ok()
    };
    // The last line may not be written to its end.
    let asked = log.lines().filter(|line| line.contains("nanosleep(") && line.contains('}'));
    asked
        .map(|line| {
            let time = (field(line, "{tv_sec="), field(line, "tv_nsec="));
            let (Some(seconds), Some(nanos)) = time else { panic!("not a sleep: {line}") };
            Duration::from_secs(seconds) + Duration::from_nanos(nanos)
        })
        .collect()
}

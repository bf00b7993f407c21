//! A child process: its CPU time, its threads, its memory. What it does is not
//! known here.
//!
//! Heat: cold.

use std::fs;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus};
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::time::ClockId;
use nix::unistd::Pid;

use super::interrupt;

/// Killed when dropped.
pub struct Process {
    child: Child,
    pid: Pid,
    cpu: ClockId,
}

/// One thread as it was at a moment.
#[derive(Clone, Debug)]
pub struct Thread {
    pub id: i32,
    pub name: String,
    pub cpu: Duration,
    /// How often it went to sleep of its own accord, and so was woken.
    pub slept: u64,
}

impl Process {
    pub fn spawn(command: &mut Command) -> Self {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = unblocked(|| command.spawn());
        let child = child.unwrap_or_else(|error| panic!("{program}: {error}"));
        let pid = Pid::from_raw(child.id().cast_signed());
        interrupt::adopt(pid);
        let cpu = ClockId::pid_cpu_clock_id(pid).expect("the process has a clock");
        Self { child, pid, cpu }
    }

    pub fn pipes(&mut self) -> (ChildStdin, ChildStdout) {
        let pipes = (self.child.stdin.take(), self.child.stdout.take());
        (pipes.0.expect("stdin is piped"), pipes.1.expect("stdout is piped"))
    }

    pub const fn id(&self) -> Pid {
        self.pid
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is a child of ours")
    }

    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// CPU time so far, user and system, by the kernel's clock of the process:
    /// to the nanosecond, and with the threads that have ended.
    pub fn cpu(&self) -> Duration {
        self.cpu.now().expect("the process is alive").into()
    }

    pub fn threads(&self) -> Vec<Thread> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten();
        tasks.flatten().filter_map(|task| Thread::read(&task.path())).collect()
    }

    /// A line of `/proc/PID/status` in kB, in bytes: `VmRSS`, `VmHWM`.
    pub fn memory(&self, line: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("it is alive");
        field(&status, line).expect("the kernel tells memory") * 1024
    }

    /// Makes `VmHWM`, the most memory so far, the memory now.
    pub fn forget_peak(&self) {
        let reset = fs::write(format!("/proc/{}/clear_refs", self.pid), "5");
        reset.expect("the peak of one's own child can be reset");
    }

    /// Lets all threads that there are, and so those that they start, run on
    /// these cores only. The program has counted its cores by now.
    pub fn keep_to(&self, cores: &CpuSet) {
        for thread in self.threads() {
            // It may have ended meanwhile.
            let _ = sched_setaffinity(Pid::from_raw(thread.id), cores);
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid, signal).expect("the process is alive");
    }
}

/// A child begins with the signal mask of the thread that starts it, and
/// [`interrupt::watch`] blocks what this child may have to hear.
fn unblocked<R>(start: impl FnOnce() -> R) -> R {
    let blocked = SigSet::thread_get_mask().expect("there is a mask");
    SigSet::empty().thread_set_mask().expect("it can be set");
    let started = start();
    blocked.thread_set_mask().expect("it can be set");
    started
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        interrupt::release(self.pid);
        let _ = self.child.wait();
    }
}

impl Thread {
    fn read(task: &std::path::Path) -> Option<Self> {
        let read = |file: &str| fs::read_to_string(task.join(file)).ok();
        let nanoseconds = read("schedstat")?.split(' ').next()?.parse().ok()?;
        Some(Self {
            id: task.file_name()?.to_str()?.parse().ok()?,
            name: read("comm")?.trim().to_owned(),
            cpu: Duration::from_nanos(nanoseconds),
            slept: field(&read("status")?, "voluntary_ctxt_switches")?,
        })
    }
}

/// The number behind `name:` at a line's beginning.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Which thread worked the most between two readings, and for how long.
pub fn busiest(before: &[Thread], after: &[Thread]) -> Option<(String, Duration)> {
    let worked = after.iter().map(|thread| {
        let then = before.iter().find(|then| then.id == thread.id);
        let then = then.map_or(Duration::ZERO, |then| then.cpu);
        (thread.name.clone(), thread.cpu.saturating_sub(then))
    });
    worked.max_by_key(|(_, cpu)| *cpu)
}

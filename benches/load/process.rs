//! A bridge as a child process: its ports, its counters, its CPU time and memory.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running statsd_exporter-compatible binary. Killed when dropped.
pub struct Target {
    child: Child,
    web: SocketAddr,
    udp: SocketAddr,
}

impl Target {
    /// Starts `binary` on free loopback ports and waits until it is ready.
    pub fn start(binary: &Path, mapping: Option<&str>) -> Self {
        let (web, udp) = (free_port(), free_port());
        let mut command = Command::new(binary);
        command
            .arg(format!("--web.listen-address={web}"))
            .arg(format!("--statsd.listen-udp={udp}"))
            .arg("--statsd.listen-tcp=")
            .arg("--statsd.read-buffer=4194304")
            .arg("--log.level=error")
            .stderr(Stdio::inherit());
        if let Some(mapping) = mapping {
            command.arg(format!("--statsd.mapping-config={mapping}"));
        }
        let child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", binary.display()));
        let target = Self { child, web, udp };
        let deadline = Instant::now() + Duration::from_secs(10);
        while target.get("/-/ready").is_none_or(|answer| !answer.contains(" 200 ")) {
            assert!(Instant::now() < deadline, "{} does not get ready", binary.display());
            std::thread::sleep(Duration::from_millis(5));
        }
        target
    }

    pub fn udp(&self) -> SocketAddr {
        self.udp
    }

    /// CPU time of all threads so far, user and system.
    pub fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let nanoseconds = tasks.into_iter().flatten().flatten().filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// Memory that the process holds.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }

    /// Scrapes, discards the answer, and tells how long it took.
    pub fn scrape(&self) -> Duration {
        let start = Instant::now();
        let answer = self.get("/metrics").unwrap_or_default();
        let took = start.elapsed();
        assert!(
            answer.contains(" 200 "),
            "the scrape failed: {}",
            answer.lines().next().unwrap_or("")
        );
        took
    }

    /// One of the bridge's own counters without labels.
    pub fn own(&self, name: &str) -> f64 {
        let answer = self.get("/metrics").unwrap_or_default();
        let name = format!("statsd_exporter_{name} ");
        let line = answer.lines().find_map(|line| line.strip_prefix(&name));
        line.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
    }

    /// Waits until no line arrives any more.
    pub fn settle(&self) {
        let mut before = -1.0;
        loop {
            // Longer than any flush interval of the binaries under test.
            std::thread::sleep(Duration::from_millis(500));
            let now = self.own("lines_total");
            if now == before {
                return;
            }
            before = now;
        }
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.web).ok()?;
        // HTTP/1.0, so that the answer ends with the connection.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
    listener.local_addr().expect("a bound socket has an address")
}

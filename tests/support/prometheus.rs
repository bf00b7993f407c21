//! Debian's `prometheus` as a child process that scrapes one target every
//! second, and its query API.
//!
//! Heat: cold.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::http;
use super::process::{PATIENCE, Process, until};
use super::scratch::Scratch;

/// A running Prometheus.
pub struct Prometheus {
    process: Process,
    address: SocketAddr,
}

impl Prometheus {
    /// Starts it and waits until it is ready.
    pub fn start(program: &Path, target: SocketAddr) -> Self {
        Self::start_with(program, target, &[])
    }

    /// Starts it with further flags.
    pub fn start_with(program: &Path, target: SocketAddr, flags: &[&str]) -> Self {
        // Between finding a free port and taking it, somebody else may take it.
        for _ in 0..5 {
            if let Some(running) = Self::try_start(program, target, flags) {
                return running;
            }
        }
        panic!("prometheus does not start");
    }

    fn try_start(program: &Path, target: SocketAddr, flags: &[&str]) -> Option<Self> {
        let scratch = Scratch::new();
        let config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n\
             - {{job_name: bridge, static_configs: [{{targets: ['{target}']}}]}}\n"
        );
        let config = scratch.file("prometheus.yml", config);
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", scratch.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(flags)
            .current_dir(scratch.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut running = Self { process: Process::new(child, scratch), address };
        let ready = until(PATIENCE, || {
            let ended = running.process.child.try_wait().unwrap().is_some();
            let answer = http::get(address, "/-/ready");
            (ended || answer.is_ok_and(|answer| answer.status == 200)).then_some(!ended)
        });
        ready.unwrap_or(false).then_some(running)
    }

    /// Evaluates an instant query: labels and value of each result.
    pub fn query(&self, query: &str) -> Result<Vec<(Value, f64)>, String> {
        let path = format!("/api/v1/query?query={}", escaped(query));
        let answer = http::get(self.address, &path).map_err(|error| error.to_string())?;
        let json: Value = serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?;
        if json["status"] != "success" {
            return Err(json.to_string());
        }
        let results = json["data"]["result"].as_array().ok_or("no vector")?;
        let read = |result: &Value| {
            let value = result["value"][1].as_str().ok_or("no value")?;
            Ok((result["metric"].clone(), value.parse().map_err(|_| "no number")?))
        };
        results.iter().map(|result| read(result).map_err(str::to_owned)).collect()
    }

    /// Evaluates a query until its results are as wanted.
    pub fn query_until(&self, query: &str, wanted: impl Fn(&[(Value, f64)]) -> bool) {
        let mut last = Vec::new();
        let found = until(PATIENCE, || {
            last = self.query(query).unwrap_or_else(|error| panic!("{query}: {error}"));
            wanted(&last).then_some(())
        });
        assert!(found.is_some(), "{query}: never as wanted: {last:?}");
    }

    /// Waits until this many scrapes from now on are in its storage.
    pub fn wait_for_scrapes(&self, more: f64) {
        let query = "count_over_time(up{job=\"bridge\"}[1h])";
        let count = || self.query(query).unwrap().first().map_or(0.0, |(_, count)| *count);
        let before = count();
        self.query_until(query, |found| found.first().is_some_and(|(_, n)| *n >= before + more));
    }
}

fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

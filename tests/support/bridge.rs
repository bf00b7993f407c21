//! The built binary as a child process: started on free ports, asked, sent to,
//! stopped; killed in any case. Which ports it got is read from its log, one
//! line per socket: `msg=listening what=udp address=127.0.0.1:34567`, with
//! `what` one of `udp`, `tcp`, `unixgram`, `unix` and `web`.
//!
//! Heat: cold.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::exposition::{self, Exposition};
use super::http::{self, Response};
use super::log::listening;
use super::process::{Finished, PATIENCE, Process, until};
use super::scratch::Scratch;
use super::traffic::{self, UdpClient};

/// The built binary.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_statsd-bridge"))
}

/// Runs the binary to its end. It is an error if it does not end by itself.
pub fn run<S: AsRef<str>>(args: &[S]) -> Finished {
    Launch::bare().flags(args).finish()
}

/// How to start the bridge.
pub struct Launch {
    scratch: Scratch,
    mapping: Option<PathBuf>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    listen: bool,
    limits: Vec<String>,
    under: String,
}

impl Launch {
    /// With no flag at all.
    pub fn bare() -> Self {
        Self {
            scratch: Scratch::new(),
            mapping: None,
            args: Vec::new(),
            env: Vec::new(),
            listen: false,
            limits: Vec::new(),
            under: String::new(),
        }
    }

    /// On free ports, with the built-in mapping.
    pub fn built_in() -> Self {
        Self { listen: true, ..Self::bare() }
    }

    /// On free ports, without any mapping.
    pub fn unmapped() -> Self {
        Self::built_in().flag("--statsd.mapping-preset=none")
    }

    /// On free ports, with this mapping file.
    pub fn mapped(yaml: impl AsRef<[u8]>) -> Self {
        let mut launch = Self::built_in();
        let path = launch.scratch.file("mapping.yml", yaml);
        launch.mapping = Some(path);
        launch
    }

    /// One more flag.
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.args.push(flag.into());
        self
    }

    /// More flags.
    pub fn flags<S: AsRef<str>>(mut self, flags: &[S]) -> Self {
        self.args.extend(flags.iter().map(|flag| flag.as_ref().to_owned()));
        self
    }

    /// An environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Also listens on a unix datagram socket in the test's folder.
    pub fn unixgram(self) -> Self {
        let path = self.scratch.path().join("statsd.sock");
        self.flag(format!("--statsd.listen-unixgram={}", path.display()))
    }

    /// Also listens on a unix stream socket in the test's folder.
    pub fn unix(self) -> Self {
        let path = self.scratch.path().join("stream.sock");
        self.flag(format!("--statsd.listen-unix={}", path.display()))
    }

    /// With room for no more than this many open files.
    pub fn open_files(self, limit: u32) -> Self {
        self.limit(&format!("-n {limit}"))
    }

    /// With no more than so many KiB of address space.
    pub fn address_space(self, kib: u32) -> Self {
        self.limit(&format!("-v {kib}"))
    }

    fn limit(mut self, limit: &str) -> Self {
        self.limits.push(format!("ulimit {limit} && "));
        self
    }

    /// As an argument of another program, which leaves it the process's number.
    pub fn under(mut self, program: &str) -> Self {
        self.under = format!("{program} ");
        self
    }

    /// The test's folder.
    pub fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// All arguments as they will be given.
    fn arguments(&self) -> Vec<String> {
        let mut args = Vec::new();
        if self.listen {
            for flag in ["--web.listen-address", "--statsd.listen-udp", "--statsd.listen-tcp"] {
                let variable = format!("STATSD_EXPORTER_{}", flag[2..].to_uppercase());
                let variable = variable.replace(['.', '-'], "_");
                let given = self.args.iter().any(|arg| arg.starts_with(flag))
                    || self.env.iter().any(|(name, _)| *name == variable);
                if !given {
                    args.push(format!("{flag}=127.0.0.1:0"));
                }
            }
        }
        if let Some(mapping) = &self.mapping {
            args.push(format!("--statsd.mapping-config={}", mapping.display()));
        }
        args.extend(self.args.iter().cloned());
        args
    }

    fn spawn(&self) -> Child {
        let mut command = if self.limits.is_empty() && self.under.is_empty() {
            Command::new(binary())
        } else {
            let mut shell = Command::new("sh");
            let limits = self.limits.concat();
            shell.arg("-c").arg(format!("{limits}exec {}\"$0\" \"$@\"", self.under));
            shell.arg(binary());
            shell
        };
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("STATSD_EXPORTER_") {
                command.env_remove(name);
            }
        }
        command
            .args(self.arguments())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts")
    }

    /// Runs it to its end.
    pub fn finish(self) -> Finished {
        Process::new(self.spawn(), self.scratch).finish()
    }

    /// Starts it and waits until it is ready.
    pub fn start(self) -> Bridge {
        let wanted = self.wanted_sockets();
        let process = Process::new(self.spawn(), self.scratch);
        let mut bridge = Bridge {
            process,
            mapping: self.mapping,
            sockets: BTreeMap::new(),
            client: UdpClient::new(),
            lines: Cell::new(0),
        };
        bridge.learn_sockets(&wanted);
        bridge.wait_until_ready();
        bridge
    }

    /// The sockets that the log will name.
    fn wanted_sockets(&self) -> Vec<&'static str> {
        let set = |flag: &str| {
            self.args.iter().rev().find_map(|arg| arg.strip_prefix(flag)?.strip_prefix('='))
        };
        let mut wanted = vec!["web"];
        for (what, flag, default) in [
            ("udp", "--statsd.listen-udp", true),
            ("tcp", "--statsd.listen-tcp", true),
            ("unixgram", "--statsd.listen-unixgram", false),
            ("unix", "--statsd.listen-unix", false),
        ] {
            if set(flag).map_or(default, |value| !value.is_empty()) {
                wanted.push(what);
            }
        }
        wanted
    }
}

/// A running bridge.
pub struct Bridge {
    process: Process,
    mapping: Option<PathBuf>,
    sockets: BTreeMap<String, String>,
    client: UdpClient,
    /// How many lines have been sent by the methods below.
    lines: Cell<u64>,
}

impl Bridge {
    fn learn_sockets(&mut self, wanted: &[&'static str]) {
        let found = until(PATIENCE, || {
            let sockets: BTreeMap<_, _> =
                self.log().iter().filter_map(|line| listening(line)).collect();
            let all = wanted.iter().all(|what| sockets.contains_key(*what));
            let ended = self.process.child.try_wait().unwrap().is_some();
            (all || ended).then_some(sockets)
        });
        self.sockets = found.expect("the log names the sockets");
        for what in wanted {
            assert!(self.sockets.contains_key(*what), "the bridge does not listen on {what}");
        }
    }

    fn wait_until_ready(&self) {
        let ready = || self.get("/-/ready").is_ok_and(|answer| answer.status == 200);
        assert!(until(PATIENCE, || ready().then_some(())).is_some(), "never ready");
    }

    fn address(&self, what: &str) -> SocketAddr {
        let text = self.sockets.get(what).expect("such a socket was asked for");
        text.parse().expect("an address and a port")
    }

    /// Where it takes UDP.
    pub fn udp(&self) -> SocketAddr {
        self.address("udp")
    }

    /// Where it takes TCP.
    pub fn tcp(&self) -> SocketAddr {
        self.address("tcp")
    }

    /// Where it serves HTTP.
    pub fn web(&self) -> SocketAddr {
        self.address("web")
    }

    /// Its unix datagram socket.
    pub fn unixgram(&self) -> PathBuf {
        PathBuf::from(&self.sockets["unixgram"])
    }

    /// Its unix stream socket.
    pub fn unix(&self) -> PathBuf {
        PathBuf::from(&self.sockets["unix"])
    }

    /// The sockets that its log names, by what they are for.
    pub fn sockets(&self) -> &BTreeMap<String, String> {
        &self.sockets
    }

    /// The folder of this test.
    pub fn folder(&self) -> &Path {
        self.process.scratch.path()
    }

    /// The process' number.
    pub fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// The log so far.
    pub fn log(&self) -> Vec<String> {
        self.process.stderr.lines()
    }

    /// While it is locked, nobody reads the bridge's standard error.
    pub fn log_gate(&self) -> Arc<Mutex<()>> {
        self.process.stderr.gate()
    }

    /// Whether the process is there.
    pub fn lives(&mut self) -> bool {
        self.process.child.try_wait().unwrap().is_none()
    }

    /// Sends datagrams over UDP from one client.
    pub fn send_udp<D: AsRef<[u8]>>(&self, datagrams: &[D]) {
        self.client.send(self.udp(), datagrams);
        self.count(datagrams.iter().map(|d| traffic::lines_in_datagram(d.as_ref())).sum());
    }

    /// Sends datagrams to the unix socket.
    pub fn send_unixgram<D: AsRef<[u8]>>(&self, datagrams: &[D]) {
        traffic::send_unixgram(&self.unixgram(), datagrams);
        self.count(datagrams.iter().map(|d| traffic::lines_in_datagram(d.as_ref())).sum());
    }

    /// Sends bytes over one TCP connection.
    pub fn send_tcp(&self, bytes: &[u8]) {
        traffic::send_tcp(self.tcp(), bytes);
        self.count(traffic::lines_in_stream(bytes));
    }

    /// Sends bytes over one connection to the unix stream socket.
    pub fn send_unix(&self, bytes: &[u8]) {
        traffic::send_unix(UnixStream::connect(self.unix()).unwrap(), bytes);
        self.count(traffic::lines_in_stream(bytes));
    }

    /// Says that somebody else has sent this many lines.
    pub fn count(&self, lines: u64) {
        self.lines.set(self.lines.get() + lines);
    }

    /// How many lines have been sent so far.
    #[expect(clippy::cast_precision_loss, reason = "tests send far less than 2^53 lines")]
    pub fn sent(&self) -> f64 {
        self.lines.get() as f64
    }

    /// Asks the web port.
    pub fn get(&self, path: &str) -> std::io::Result<Response> {
        http::get(self.web(), path)
    }

    /// A scrape as it comes.
    pub fn scrape_text(&self) -> String {
        let answer = self.get("/metrics").expect("the scrape is answered");
        assert_eq!(answer.status, 200);
        answer.text()
    }

    /// A scrape, strictly read.
    pub fn scrape(&self) -> Exposition {
        let text = self.scrape_text();
        exposition::parse(text.as_bytes()).unwrap_or_else(|errors| {
            let first = &errors[..errors.len().min(20)];
            panic!("not an exposition, {} faults:\n{}", errors.len(), first.join("\n"))
        })
    }

    /// A scrape once every line that was sent has been counted and the own
    /// counters have come to rest. After a while it is the last scrape, for
    /// the test to see what is missing.
    pub fn settled(&self) -> Exposition {
        let mut last = self.scrape();
        until(PATIENCE, || {
            let scrape = self.scrape();
            let whole = scrape.own("lines_total{}") == self.sent();
            let still = counters(&scrape) == counters(&last);
            last = scrape;
            (whole && still).then_some(())
        });
        last
    }

    /// Scrapes until the scrape is as wanted, and panics if it never is.
    pub fn scrape_until(&self, what: &str, wanted: impl Fn(&Exposition) -> bool) -> Exposition {
        let found = until(PATIENCE, || Some(self.scrape()).filter(&wanted));
        found.unwrap_or_else(|| panic!("never: {what}\n{}", self.scrape_text()))
    }

    /// Waits for a line of the log.
    pub fn wait_for_log(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let found = until(PATIENCE, || self.log().into_iter().find(|line| wanted(line)));
        found.unwrap_or_else(|| panic!("the log never says: {what}"))
    }

    /// Writes the mapping file over.
    pub fn write_mapping(&self, yaml: &str) {
        std::fs::write(self.mapping.as_ref().expect("a mapping file"), yaml).unwrap();
    }

    /// Writes the mapping file over, asks for a reload by SIGHUP, and waits
    /// until it is counted.
    pub fn reload(&self, yaml: &str) {
        let reloads = |scrape: &Exposition| {
            scrape.own("config_reloads_total{outcome=\"success\"}")
                + scrape.own("config_reloads_total{outcome=\"failure\"}")
        };
        let before = reloads(&self.scrape());
        self.write_mapping(yaml);
        self.signal("HUP");
        self.scrape_until("the reload is counted", |scrape| reloads(scrape) > before);
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.id());
        assert!(Command::new("sh").arg("-c").arg(kill).status().unwrap().success());
    }

    /// Waits for the process to end.
    pub fn finish(mut self) -> Finished {
        self.process.finish()
    }

    /// Asks it to stop; it must, with exit code 0.
    pub fn stop(self) -> Finished {
        self.signal("TERM");
        let finished = self.finish();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        finished
    }
}

/// The bridge's own counters of lines, samples and events.
fn counters(scrape: &Exposition) -> BTreeMap<&str, f64> {
    let counted = |series: &&String| {
        ["lines", "sample", "tag", "event", "tcp", "udp_packets", "unix"]
            .iter()
            .any(|word| series.starts_with(&format!("statsd_exporter_{word}")))
    };
    let keys = scrape.samples.keys().filter(counted);
    keys.map(|series| (series.as_str(), scrape.samples[series])).collect()
}

//! Two bridges side by side: the built binary, and any other that is compatible
//! with `statsd_exporter`. Both get the same flags, files, lines and requests.
//!
//! Heat: cold.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::compare::{self, View};
use crate::support::bridge::binary;
use crate::support::exposition;
use crate::support::go_number::go_number;
use crate::support::http::{self, Response};
use crate::support::process::{Finished, PATIENCE, Process, until};
use crate::support::scratch::Scratch;
use crate::support::traffic::{self, UdpClient};

/// Names the other binary.
const VARIABLE: &str = "STATSD_BRIDGE_COMPARE_WITH";

/// How long two scrapes may differ before they count as different: the other
/// bridge hands its samples on through queues.
const QUEUES: Duration = Duration::from_millis(1200);

/// The other binary; without it a loud line, in CI too: it is not this
/// project's, so nobody has to have it.
pub fn rival() -> Option<PathBuf> {
    let Some(path) = std::env::var_os(VARIABLE) else {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let line = format!(
            "SKIPPED: {test}: set {VARIABLE}=/path/to/statsd_exporter (or any binary compatible \
             with it) to run it beside this bridge and compare what both expose\n"
        );
        // Straight to the file: the harness holds back what a passing test says.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        return None;
    };
    let path = PathBuf::from(path);
    assert!(path.is_file(), "{VARIABLE}: there is no {}", path.display());
    Some(path)
}

/// What is given to one of the two when it starts.
#[derive(Clone, Default)]
pub struct Setup {
    /// The mapping file, if there is to be one.
    pub mapping: Option<Vec<u8>>,
    /// Flags that both know.
    pub flags: Vec<String>,
}

/// How lines are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transport {
    /// A datagram for each piece.
    Udp,
    /// One connection, an end of line behind each piece.
    Tcp,
}

/// Both bridges, running.
pub struct Pair {
    ours: Side,
    theirs: Side,
}

impl Pair {
    /// Starts both.
    pub fn start(rival: &Path, setup: &Setup) -> Self {
        let preset = vec!["--statsd.mapping-preset=none".to_owned()];
        Self { ours: Side::start(binary(), setup, &preset), theirs: Side::start(rival, setup, &[]) }
    }

    /// Does something with ours, then with theirs.
    pub fn both<T>(&self, job: impl Fn(&Side) -> T) -> (T, T) {
        (job(&self.ours), job(&self.theirs))
    }

    /// Sends pieces to both.
    pub fn send(&self, transport: Transport, pieces: &[Vec<u8>]) {
        self.both(|side| side.send(transport, pieces));
    }

    /// Every difference between what the two expose, once all that was sent has
    /// been counted.
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        until(QUEUES, || {
            found = self.compare();
            found.is_empty().then_some(())
        });
        found
    }

    fn compare(&self) -> Vec<String> {
        match self.both(Side::settled) {
            (Ok(ours), Ok(theirs)) => compare::differences(&ours, &theirs),
            (ours, theirs) => [("here", ours.err()), ("there", theirs.err())]
                .into_iter()
                .filter_map(|(who, fault)| Some(format!("{who}: {}", fault?)))
                .collect(),
        }
    }

    /// Waits until the lines are read and the other bridge's queues most likely
    /// empty; what it does not wait for long enough shows as a difference.
    pub fn rest(&self) {
        self.both(Side::wait_for_lines);
        std::thread::sleep(Duration::from_millis(25));
    }

    /// Gives both this mapping file and has them reload; whether each takes it.
    pub fn reload(&self, yaml: &[u8]) -> (bool, bool) {
        self.both(|side| side.reload(yaml))
    }
}

/// One of the two.
pub struct Side {
    process: Process,
    web: SocketAddr,
    udp: SocketAddr,
    tcp: SocketAddr,
    client: UdpClient,
    lines: Cell<u64>,
}

impl Side {
    fn start(program: &Path, setup: &Setup, own_flags: &[String]) -> Self {
        // A free port may be taken by somebody else before it is used.
        let started = (0..5).find_map(|_| Self::try_start(program, setup, own_flags));
        started.unwrap_or_else(|| panic!("{} does not start: {:?}", program.display(), setup.flags))
    }

    fn try_start(program: &Path, setup: &Setup, own_flags: &[String]) -> Option<Self> {
        let scratch = Scratch::new();
        let tcp_port = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr();
        let (web, tcp) = (tcp_port().unwrap(), tcp_port().unwrap());
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let mut command = command(program);
        command
            .arg(format!("--web.listen-address={web}"))
            .arg(format!("--statsd.listen-udp={udp}"))
            .arg(format!("--statsd.listen-tcp={tcp}"))
            .arg(format!("--statsd.listen-unixgram={}", scratch.path().join("sock").display()))
            .arg("--statsd.event-flush-interval=10ms")
            .args(own_flags)
            .args(&setup.flags);
        if let Some(mapping) = &setup.mapping {
            let file = scratch.file("mapping.yml", mapping);
            command.arg(format!("--statsd.mapping-config={}", file.display()));
        }
        let process = Process::new(command.spawn().expect("the binary starts"), scratch);
        let client = UdpClient::new();
        let mut side = Self { process, web, udp, tcp, client, lines: Cell::new(0) };
        let ready = until(PATIENCE, || {
            let ended = side.process.child.try_wait().unwrap().is_some();
            let ready = || http::get(side.web, "/-/ready").is_ok_and(|answer| answer.status == 200);
            (ended || ready()).then_some(!ended)
        });
        (ready == Some(true)).then_some(side)
    }

    /// Sends pieces.
    pub fn send(&self, transport: Transport, pieces: &[Vec<u8>]) {
        match transport {
            Transport::Udp => {
                self.client.send(self.udp, pieces);
                self.count(pieces.iter().map(|piece| traffic::lines_in_datagram(piece)).sum());
            }
            Transport::Tcp => {
                let mut bytes = pieces.join(&b'\n');
                bytes.push(b'\n');
                self.stream(&bytes);
            }
        }
    }

    /// Sends the bytes of one connection.
    pub fn stream(&self, bytes: &[u8]) {
        traffic::send_tcp(self.tcp, bytes);
        self.count(traffic::lines_in_stream(bytes));
    }

    /// Sends unix datagrams.
    pub fn unixgram(&self, datagrams: &[Vec<u8>]) {
        traffic::send_unixgram(&self.process.scratch.path().join("sock"), datagrams);
        self.count(datagrams.iter().map(|datagram| traffic::lines_in_datagram(datagram)).sum());
    }

    fn count(&self, lines: u64) {
        self.lines.set(self.lines.get() + lines);
    }

    /// Asks the web port.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        http::request(self.web, method, path, headers).expect("the web port answers")
    }

    fn scrape(&self) -> Result<View, String> {
        let answer = http::get(self.web, "/metrics").map_err(|error| error.to_string())?;
        if answer.status != 200 {
            return Err(format!("/metrics answers {}: {}", answer.status, answer.text()));
        }
        exposition::parse(&answer.body).map(View::of).map_err(|errors| errors.join("\n"))
    }

    fn wait_for_lines(&self) {
        #[expect(clippy::cast_precision_loss, reason = "far less than 2^53 lines")]
        let lines = go_number(self.lines.get() as f64);
        let all = format!("\nstatsd_exporter_lines_total {lines}\n");
        until(PATIENCE, || {
            let answer = http::get(self.web, "/metrics").ok()?;
            (answer.status != 200 || answer.text().contains(&all)).then_some(())
        });
    }

    /// A scrape once all lines have been counted.
    pub fn settled(&self) -> Result<View, String> {
        self.wait_for_lines();
        self.scrape()
    }

    /// Writes the mapping file over.
    pub fn write_mapping(&self, yaml: &[u8]) {
        self.process.scratch.file("mapping.yml", yaml);
    }

    fn reload(&self, yaml: &[u8]) -> bool {
        let counted = |outcome: &str| {
            let view = self.scrape().expect("a scrape");
            view.own(&format!("config_reloads_total{{outcome=\"{outcome}\"}}"))
        };
        let before = (counted("success"), counted("failure"));
        self.write_mapping(yaml);
        let pid = self.process.child.id();
        let sent = Command::new("kill").arg("-HUP").arg(pid.to_string()).status().unwrap();
        assert!(sent.success(), "the process is there");
        let taken = until(PATIENCE, || {
            let after = (counted("success"), counted("failure"));
            (after != before).then_some(after.0 > before.0)
        });
        taken.expect("the reload is counted")
    }
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("STATSD_EXPORTER_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a program to its end, or for as long as a wrong program would run.
pub fn run(program: &Path, args: &[String], file: Option<(&str, &[u8])>) -> Finished {
    let scratch = Scratch::new();
    if let Some((name, text)) = file {
        scratch.file(name, text);
    }
    let mut command = command(program);
    command.args(args).current_dir(scratch.path());
    Process::new(command.spawn().expect("the binary starts"), scratch).finish()
}

/// Whether each of the two passes `--check-config` with this file.
pub fn check_config(rival: &Path, yaml: &[u8]) -> (bool, bool) {
    let args = ["--check-config", "--statsd.mapping-config=m.yml"].map(str::to_owned);
    let verdict = |program: &Path| run(program, &args, Some(("m.yml", yaml))).code == Some(0);
    (verdict(binary()), verdict(rival))
}

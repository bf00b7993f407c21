//! The real binary with everything switched on: all four listeners, relay,
//! mapping file, budgets, lifecycle.
//!
//! Heat: cold.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{self as unix, UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::harness::ports::{free_tcp, free_udp};
use crate::harness::process::Process;
use crate::harness::scrape::Client;
use crate::rules;

pub const BINARY: &str = env!("CARGO_BIN_EXE_statsd-bridge");
/// Room for what a pause of the machine leaves waiting.
const READ_BUFFER: usize = 4 << 20;
/// Of all families together; what is sent stays below.
const SERIES: usize = 100_000;
/// Nothing takes longer to start.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Bridge {
    process: Process,
    folder: PathBuf,
    places: Places,
}

/// Where it listens.
#[derive(Clone)]
pub struct Places {
    pub web: SocketAddr,
    pub udp: SocketAddr,
    pub tcp: SocketAddr,
    /// Names of abstract unix sockets.
    gram: String,
    stream: String,
}

impl Places {
    fn free() -> Self {
        let name = |what| format!("statsd-bridge-soak-{}-{what}", std::process::id());
        let (gram, stream) = (name("gram"), name("stream"));
        Self { web: free_tcp(), udp: free_udp(), tcp: free_tcp(), gram, stream }
    }

    /// Sends to the unix datagram socket.
    pub fn gram(&self) -> UnixDatagram {
        let socket = UnixDatagram::unbound().expect("there are descriptors left");
        socket.connect_addr(&address(&self.gram)).expect("the bridge listens");
        socket
    }

    /// A connection to the unix stream socket.
    pub fn stream(&self) -> UnixStream {
        UnixStream::connect_addr(&address(&self.stream)).expect("the bridge listens")
    }
}

fn address(name: &str) -> unix::SocketAddr {
    unix::SocketAddr::from_abstract_name(name).expect("the name is short")
}

impl Bridge {
    /// Starts it and waits until it is ready.
    pub fn start(relay: SocketAddr) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.join(format!("soak-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        let places = Places::free();
        let mapping = folder.join("mapping.yml");
        fs::write(&mapping, rules::file(0)).expect("the target folder can be written to");
        let log = File::create(folder.join("log")).expect("the target folder can be written to");
        let mut command = Command::new(BINARY);
        command
            .arg(format!("--web.listen-address={}", places.web))
            .arg("--web.enable-lifecycle")
            .arg(format!("--statsd.listen-udp={}", places.udp))
            .arg(format!("--statsd.listen-tcp={}", places.tcp))
            .arg(format!("--statsd.listen-unixgram=@{}", places.gram))
            .arg(format!("--statsd.listen-unix=@{}", places.stream))
            .arg(format!("--statsd.read-buffer={READ_BUFFER}"))
            .arg(format!("--statsd.relay.address={relay}"))
            .arg(format!("--statsd.max-series={SERIES}"))
            .arg(format!("--statsd.max-series-per-family={}", rules::PER_FAMILY))
            .arg(format!("--statsd.mapping-config={}", mapping.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let mut bridge = Self { process: Process::spawn(&mut command), folder, places };
        bridge.wait_until_ready();
        bridge
    }

    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let mut client = self.client();
        while client.get("/-/ready", None, &mut |_| ()).is_err() {
            let late = self.process.has_ended() || Instant::now() > deadline;
            let log = || fs::read_to_string(self.log()).unwrap_or_default();
            assert!(!late, "the bridge does not get ready:\n{}", log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn places(&self) -> &Places {
        &self.places
    }

    pub fn client(&self) -> Client {
        Client::patient(self.places.web, PATIENCE)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub fn id(&self) -> Pid {
        self.process.id()
    }

    pub fn lives(&mut self) -> bool {
        !self.process.has_ended()
    }

    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// CPU time so far.
    pub fn cpu(&self) -> Duration {
        self.process.cpu()
    }

    /// Tells it to stop; how it ended, and after how long.
    pub fn stop(&mut self) -> (Option<ExitStatus>, Duration) {
        let begin = Instant::now();
        self.signal(Signal::SIGTERM);
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.process.ended() {
                return (Some(status), begin.elapsed());
            }
            thread::sleep(Duration::from_millis(1));
        }
        (None, begin.elapsed())
    }
}

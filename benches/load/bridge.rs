//! A statsd_exporter-compatible binary as a child, this project's or another.
//!
//! Heat: cold.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::ports::{free_tcp, free_udp};
use crate::harness::process::Process;
use crate::harness::scrape::Client;
use crate::harness::socket_table;
use crate::phases::Binary;
use crate::sink::READ_BUFFER;
use crate::subject::{Counts, Subject};

/// No binary takes longer to start.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Bridge {
    binary: Binary,
    process: Process,
    web: SocketAddr,
    udp: SocketAddr,
    client: RefCell<Client>,
}

impl Bridge {
    /// Starts it on free loopback ports and waits until it is ready.
    pub fn start(binary: &Binary, mapping: Option<&str>) -> Self {
        let mut bridge = Self::spawn(binary, mapping);
        let deadline = Instant::now() + PATIENCE;
        while !bridge.is_ready() {
            assert!(!bridge.process.has_ended(), "{} ended at once", binary.path.display());
            assert!(Instant::now() < deadline, "{} does not get ready", binary.path.display());
            thread::sleep(Duration::from_millis(2));
        }
        bridge
    }

    /// Starts it only.
    pub fn spawn(binary: &Binary, mapping: Option<&str>) -> Self {
        let (web, udp) = (free_tcp(), free_udp());
        let mut command = Command::new(&binary.path);
        command
            .arg(format!("--web.listen-address={web}"))
            .arg(format!("--statsd.listen-udp={udp}"))
            .arg("--statsd.listen-tcp=")
            .arg(format!("--statsd.read-buffer={READ_BUFFER}"))
            .arg("--log.level=error")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.args(mapping.map(|mapping| format!("--statsd.mapping-config={mapping}")));
        if binary.ours {
            // Some phases fill it with more series than it takes by itself.
            command.args(["--statsd.max-series=0", "--statsd.max-series-per-family=0"]);
        }
        let process = Process::spawn(&mut command);
        let client = RefCell::new(Client::new(web));
        Self { binary: binary.clone(), process, web, udp, client }
    }

    pub fn is_ready(&self) -> bool {
        self.client.borrow_mut().get("/-/ready", None, &mut |_| ()).is_ok()
    }

    /// A client of its own.
    pub fn client(&self) -> Client {
        Client::new(self.web)
    }

    /// Its own counters without labels, by their names after the prefix.
    fn own<const N: usize>(&self, names: [&str; N]) -> [Option<u64>; N] {
        let mut found = [None; N];
        let scraped = self.client.borrow_mut().lines(&mut |line| {
            let Some(line) = line.strip_prefix(b"statsd_exporter_") else { return };
            for (name, found) in names.iter().zip(&mut found) {
                if let Some([b' ', value @ ..]) = line.strip_prefix(name.as_bytes()) {
                    let value = str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                    *found = value.map(|value: f64| value as u64);
                }
            }
        });
        scraped.expect("it answers scrapes");
        found
    }
}

impl Subject for Bridge {
    fn name(&self) -> &str {
        self.binary.name
    }
    fn process(&self) -> &Process {
        &self.process
    }
    fn udp(&self) -> SocketAddr {
        self.udp
    }
    fn balances(&self) -> bool {
        self.binary.ours
    }
    fn counts(&self) -> Counts {
        let names = ["udp_packets_total", "lines_total", "udp_kernel_drops_total"];
        let [datagrams, lines, dropped] = self.own(names);
        // Others do not know what the kernel dropped; the kernel tells of all.
        let table = || socket_table::row(self.udp.port()).expect("it is bound").drops;
        let dropped = if self.binary.ours {
            dropped.expect("the bridge tells kernel drops")
        } else {
            table()
        };
        Counts { datagrams: datagrams.unwrap_or(0), lines, dropped }
    }
}

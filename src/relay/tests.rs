//! The relay over real sockets: a target that is there, that refuses, that comes
//! back; and one that takes its time.
//!
//! Heat: cold (tests).

use std::net::UdpSocket;
use std::sync::mpsc;

use super::*;
use crate::ingest::{Engine, Worker};
use crate::mapping::RuleSet;
use crate::model::{TagStyles, Tick};
use crate::registry::{Limits, Registry};
use crate::telemetry::{Live, Telemetry};

const DEADLINE: Duration = Duration::from_secs(20);

struct Bench {
    engine: Arc<Engine>,
}

impl Bench {
    fn new() -> Self {
        let telemetry = Arc::new(Telemetry::new());
        let registry = Registry::new(Limits::default(), Telemetry::reserved_names());
        let rules = RuleSet::empty(TagStyles::ALL);
        Self { engine: Arc::new(Engine::new(registry, rules, telemetry)) }
    }

    fn relay(&self, target: &str, longest: usize) -> Running {
        let target = Target::parse(target).unwrap();
        let cold = self.engine.telemetry().cold();
        Relay::open(target, longest, cold).unwrap().start().unwrap()
    }

    fn worker(&self, relay: RelayHandle) -> Worker {
        Worker::new(Arc::clone(&self.engine)).relaying(Some(relay))
    }

    /// A relay counter now.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts")]
    fn counter(&self, name: &str) -> u64 {
        let name = format!("statsd_exporter_relay_{name}_total");
        let families = self.engine.telemetry().own_families(&Live::default());
        families.iter().find(|family| family.name == name).unwrap().series[0].value as u64
    }
}

fn sink() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

fn packet(socket: &UdpSocket) -> String {
    let mut buffer = vec![0; 65_536];
    let length = socket.recv(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

fn send(worker: &mut Worker, datagram: &str) {
    worker.ingest_datagram(datagram.as_bytes(), Tick(0));
    worker.flush();
}

#[test]
fn lines_of_several_batches_and_workers_share_packets_and_a_stop_sends_the_rest() {
    let (bench, (socket, address)) = (Bench::new(), sink());
    let relay = bench.relay(&address, 12);
    let mut workers = [bench.worker(relay.handle()), bench.worker(relay.handle())];
    send(&mut workers[0], "a:1|c\r\n");
    workers[1].ingest_line(b"", Tick(0));
    workers[1].ingest_line(b"b:1|c", Tick(0));
    workers[1].flush();
    let both = packet(&socket);
    assert!(["a:1|c\nb:1|c\n", "b:1|c\na:1|c\n"].contains(&both.as_str()), "{both}");
    send(&mut workers[0], "long.name:1|c\nno line\ny");
    drop(workers);
    relay.stop();
    assert_eq!(packet(&socket), "no line\ny\n");
    let counts = ["packets", "lines_relayed", "long_lines", "dropped_lines"];
    assert_eq!(counts.map(|name| bench.counter(name)), [2, 4, 1, 0]);
}

#[test]
fn a_target_that_refuses_costs_its_lines_and_is_served_again_when_it_is_back() {
    let (bench, (socket, address)) = (Bench::new(), sink());
    let port = socket.local_addr().unwrap();
    drop(socket);
    let relay = bench.relay(&address, 6);
    let mut worker = bench.worker(relay.handle());
    // Each line fills a packet, so it leaves when the next one comes.
    let start = Instant::now();
    while bench.counter("dropped_lines") < 2 {
        assert!(start.elapsed() < DEADLINE, "a refusal is never heard of");
        send(&mut worker, "a:1|c");
        thread::sleep(Duration::from_millis(1));
    }
    let socket = UdpSocket::bind(port).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    send(&mut worker, "b:1|c");
    send(&mut worker, "c:1|c");
    while packet(&socket) != "b:1|c\n" {}
    drop(worker);
    relay.stop();
    assert_eq!(packet(&socket), "c:1|c\n");
}

#[test]
fn a_sender_that_hangs_holds_up_no_worker() {
    let bench = Bench::new();
    let (handle, lines) = RelayHandle::new(6);
    let (go, gate) = mpsc::channel::<()>();
    let sent = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = Arc::clone(&sent);
    let thread = thread::spawn(move || {
        forward(&lines, Packer::new(6), |_| {
            // Hangs until the test lets go of the other end.
            let _ = gate.recv();
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
    });
    let mut worker = bench.worker(handle);
    for _ in 0..5000 {
        send(&mut worker, "a:1|c\nb:1|c");
    }
    let totals = bench.engine.telemetry().totals();
    assert_eq!((totals.lines(), totals.relayed()), (10_000, 10_000), "all were taken");
    assert!(totals.relay_lost() >= 7000, "{}", totals.relay_lost());
    drop((go, worker));
    thread.join().unwrap();
    let sent = sent.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(sent + totals.relay_lost(), 10_000, "sent or counted as lost");
}

#[test]
fn a_name_that_cannot_be_resolved_is_told_in_one_sentence() {
    let cold = Arc::new(Cold::default());
    let target = Target::parse("no-such-host.invalid:1").unwrap();
    let error = Relay::open(target, 1400, &cold).unwrap_err().to_string();
    let start = "cannot relay to --statsd.relay.address=no-such-host.invalid:1: ";
    assert!(error.starts_with(start), "{error}");
}

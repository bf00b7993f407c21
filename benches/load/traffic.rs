//! What is sent: the captured Mastodon traffic, or many series of one kind.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::Kind;
use crate::process::Target;

/// Datagrams to be sent in a circle.
pub struct Traffic {
    datagrams: Vec<Vec<u8>>,
    lines_each: usize,
}

impl Traffic {
    /// The capture of real Mastodon traffic, `lines_each` lines a datagram.
    pub fn capture(lines_each: usize) -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mastodon/mastodon.jsonl");
        let text = std::fs::read_to_string(path).expect("the capture lies in tests/data");
        let lines: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
            .map(|record| record["data"].as_str().expect("a string").to_owned())
            .filter(|data| !data.contains('\n'))
            .collect();
        let packed = lines.chunks_exact(lines_each).map(|lines| lines.join("\n").into_bytes());
        Self { datagrams: packed.collect(), lines_each }
    }

    pub fn lines_each(&self) -> usize {
        self.lines_each
    }

    /// Sends for `time` at a steady rate, a burst each millisecond; returns how
    /// many lines were sent.
    pub fn send(&self, to: SocketAddr, datagrams_per_second: u64, time: Duration) -> u64 {
        let socket = connected(to);
        let start = Instant::now();
        let mut sent = 0_u64;
        let mut source = self.datagrams.iter().cycle();
        loop {
            let elapsed = start.elapsed();
            if elapsed >= time {
                return sent * self.lines_each as u64;
            }
            let due = (elapsed.as_secs_f64() * datagrams_per_second as f64) as u64;
            for datagram in source.by_ref().take(due.saturating_sub(sent) as usize) {
                socket.send(datagram).expect("loopback takes datagrams");
            }
            sent = due.max(sent);
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Makes `count` series of one kind with three labels each, three values for
/// those that observe, gently enough that nothing is lost.
pub fn send_series(target: &Target, kind: Kind, count: usize) {
    let socket = connected(target.udp());
    let values = if matches!(kind, Kind::Counter) { 1 } else { 3 };
    for value in 0..values {
        for (number, chunk) in (0..count).collect::<Vec<_>>().chunks(16).enumerate() {
            let lines: Vec<String> = chunk.iter().map(|i| line(kind, *i, value)).collect();
            socket.send(lines.join("\n").as_bytes()).expect("loopback takes datagrams");
            if number % 64 == 63 {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

fn line(kind: Kind, series: usize, value: usize) -> String {
    let (prefix, kind) = match kind {
        Kind::Counter => ("hits", "c"),
        Kind::Summary => ("took", "ms"),
        Kind::Histogram => ("spread", "ms"),
    };
    let (host, path, code) = (series / 1000, series % 1000, 200 + series % 5);
    format!("{prefix}.host-{host}.path-{path}.{code}:{}|{kind}", 12 + value * 7)
}

fn connected(to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
    socket.connect(to).expect("a loopback address");
    socket
}

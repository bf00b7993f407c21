//! A web port with a fake app behind it, and a client that sees every byte, for
//! the tests of this room.
//!
//! Heat: cold (tests).

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{App, Format, Options, Phase, serve};

pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// An app whose exposition is `pieces` pieces of 64 KiB.
#[derive(Debug)]
pub(super) struct Fake {
    pub(super) pieces: AtomicUsize,
    pub(super) panics: AtomicBool,
    pub(super) made: AtomicUsize,
    pub(super) phase: Mutex<Phase>,
    pub(super) log: Mutex<Vec<String>>,
}

impl Fake {
    pub(super) fn new(pieces: usize) -> Self {
        Self {
            pieces: AtomicUsize::new(pieces),
            panics: AtomicBool::new(false),
            made: AtomicUsize::new(0),
            phase: Mutex::new(Phase::Ready),
            log: Mutex::default(),
        }
    }

    fn note(&self, event: impl Into<String>) {
        self.log.lock().unwrap().push(event.into());
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(super) async fn until_logged(&self, event: &str) {
        let start = Instant::now();
        while !self.log().iter().any(|logged| logged == event) {
            assert!(start.elapsed() < DEADLINE, "{event} is not in {:?}", self.log());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn piece(number: usize) -> Bytes {
    let line = format!("line_{{number=\"{number}\"}} 1\n");
    let mut text = line.repeat(64 * 1024 / line.len() + 1).into_bytes();
    text.truncate(64 * 1024);
    text.into()
}

impl App for Fake {
    fn scrape(&self, format: Format) -> impl Iterator<Item = Bytes> {
        self.note(format!("scrape {:?}", format.kind));
        (0..self.pieces.load(Ordering::Relaxed)).map(|number| {
            assert!(!(number == 1 && self.panics.load(Ordering::Relaxed)), "a bug");
            self.made.fetch_add(1, Ordering::Relaxed);
            piece(number)
        })
    }
    fn phase(&self) -> Phase {
        *self.phase.lock().unwrap()
    }
    fn reload(&self) {
        self.note("reload");
    }
    fn ledger(&self) -> Bytes {
        Bytes::from_static(b"{}\n")
    }
    fn quit(&self) {
        self.note("quit");
    }
    fn scrape_began(&self) {
        self.note("began");
    }
    fn scrape_ended(&self, code: u16) {
        self.note(format!("ended {code}"));
    }
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) app: Arc<Fake>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    pub(super) fn start(pieces: usize, metrics_path: &str, lifecycle: bool) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let app = Arc::new(Fake::new(pieces));
        let options =
            Options { metrics_path: metrics_path.to_owned(), lifecycle, openmetrics: false };
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move { drop(stopped.await) };
        let task = tokio::spawn(serve(vec![listener], Arc::clone(&app), options, shutdown));
        Self { address, app, stop, task }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends a request on a connection of its own and reads all of the answer.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &str) -> Reply {
        let mut stream = self.connect().await;
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Reply::read(&mut stream).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "").await
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(DEADLINE, self.task).await.unwrap().unwrap().unwrap();
    }
}

pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Whether a chunked body had its end.
    pub(super) whole: bool,
}

impl Reply {
    pub(super) async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.unwrap();
        // A reset ends it as well; what came before is still there.
        drop(read);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = bytes[end..].to_vec();
        if head.contains("transfer-encoding: chunked") {
            let (body, whole) = unchunked(&body);
            return Self { code, head, body, whole };
        }
        Self { code, head, body, whole: true }
    }

    pub(super) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

fn unchunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let chunk = &rest[end + 2..];
        body.extend_from_slice(&chunk[..size.min(chunk.len())]);
        rest = chunk.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}

pub(super) fn exposition(pieces: usize) -> Vec<u8> {
    (0..pieces).flat_map(piece).collect()
}

//! Connections over real sockets: what is taken of them, counted, and kept at
//! a stop.
//!
//! Heat: cold (tests).

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::clock::Clock;
use crate::listener::Received;
use crate::listener::limits::Limits;
use crate::listener::lines::LONGEST_LINE;
use crate::listener::pool::Pool;

const DEADLINE: Duration = Duration::from_secs(20);
const LIMITS: Limits = Limits { connections: 100, idle: None, line: LONGEST_LINE };

#[derive(Clone, Debug, Default)]
struct Book(Arc<Mutex<Seen>>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    lines: Vec<String>,
    opened: usize,
    failed: usize,
    too_long: usize,
    refused: usize,
    timed_out: usize,
}

/// Writes down lines when flushed, as a worker publishes.
struct Writer(Book, Vec<String>);

impl Ingest for Writer {
    fn datagram(&mut self, _: &[u8], _: Tick) {
        panic!("a stream has no datagrams");
    }
    fn line(&mut self, bytes: &[u8], _: Tick) {
        self.1.push(String::from_utf8_lossy(bytes).into_owned());
    }
    fn received(&mut self, _: Received) {}
    fn flush(&mut self) {
        self.0.0.lock().unwrap().lines.append(&mut self.1);
    }
}

impl Book {
    fn streams(&self, limits: Limits) -> Arc<Streams<Writer, Self>> {
        let pool = Pool::new(NonZeroUsize::new(2).unwrap(), |_| Writer(self.clone(), Vec::new()));
        Arc::new(Streams::new(Arc::new(pool), self.clone(), Clock::start(), limits))
    }
}

impl Connections for Book {
    fn opened(&self) {
        self.0.lock().unwrap().opened += 1;
    }
    fn failed(&self) {
        self.0.lock().unwrap().failed += 1;
    }
    fn line_too_long(&self) {
        self.0.lock().unwrap().too_long += 1;
    }
    fn refused(&self) {
        self.0.lock().unwrap().refused += 1;
    }
    fn timed_out(&self) {
        self.0.lock().unwrap().timed_out += 1;
    }
}

struct Server {
    address: SocketAddr,
    book: Book,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    fn start() -> Self {
        Self::limited(LIMITS)
    }

    fn limited(limits: Limits) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let book = Book::default();
        let streams = book.streams(limits);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move { drop(stopped.await) };
        let task = tokio::spawn(serve::<TcpListener, _, _>(listener, streams, shutdown));
        Self { address, book, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    fn seen(&self) -> Seen {
        self.book.0.lock().unwrap().clone()
    }

    async fn until(&self, fits: impl Fn(&Seen) -> bool) {
        let start = Instant::now();
        while !fits(&self.seen()) {
            assert!(start.elapsed() < DEADLINE, "{:?}", self.seen());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn stop(self) -> Seen {
        self.stop.send(()).unwrap();
        tokio::time::timeout(DEADLINE, self.task).await.unwrap().unwrap().unwrap();
        let seen = self.book.0.lock().unwrap();
        seen.clone()
    }
}

#[tokio::test]
async fn lines_of_a_connection_arrive_in_order_and_the_last_needs_no_end() {
    let server = Server::start();
    let mut client = server.connect().await;
    for piece in ["a:1|c\nb:", "2|g\r\n", "\nlast:1|c"] {
        client.write_all(piece.as_bytes()).await.unwrap();
        client.flush().await.unwrap();
    }
    server.until(|seen| seen.lines.len() == 3).await;
    drop(client);
    server.until(|seen| seen.lines.len() == 4).await;
    let seen = server.stop().await;
    assert_eq!(seen.lines, ["a:1|c", "b:2|g", "", "last:1|c"]);
    assert_eq!((seen.opened, seen.failed, seen.too_long), (1, 0, 0));
}

#[tokio::test]
async fn a_line_too_long_closes_its_connection_and_no_other() {
    let server = Server::start();
    let (mut good, mut bad) = (server.connect().await, server.connect().await);
    let text = format!("before:1|c\n{}\nafter:1|c\n", "x".repeat(4096));
    bad.write_all(text.as_bytes()).await.unwrap();
    // Closed with unread data means a reset, without it an end.
    assert!(matches!(bad.read(&mut [0; 1]).await, Ok(0) | Err(_)));
    good.write_all(b"good:1|c\n").await.unwrap();
    server.until(|seen| seen.lines.len() == 2).await;
    let seen = server.stop().await;
    assert_eq!(seen.lines, ["before:1|c", "good:1|c"]);
    assert_eq!((seen.opened, seen.failed, seen.too_long), (2, 0, 1));
}

#[tokio::test]
async fn a_broken_connection_is_counted_and_its_last_line_taken() {
    let server = Server::start();
    let mut client = server.connect().await;
    client.write_all(b"a:1|c\nb:1|c").await.unwrap();
    server.until(|seen| seen.lines.len() == 1).await;
    socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    server.until(|seen| seen.failed == 1).await;
    assert_eq!(server.stop().await.lines, ["a:1|c", "b:1|c"]);
}

#[tokio::test]
async fn a_stop_takes_what_the_kernel_holds_and_leaves_the_unfinished_line() {
    let server = Server::start();
    let mut known = server.connect().await;
    known.write_all(b"first:1|c\n").await.unwrap();
    server.until(|seen| seen.opened == 1 && seen.lines.len() == 1).await;
    // The runtime of this test has one thread: without an await nothing
    // that follows is noticed before the stop is.
    known.try_write(b"held:1|c\nhalf:1").unwrap();
    let unaccepted = std::net::TcpStream::connect(server.address).unwrap();
    io::Write::write_all(&mut &unaccepted, b"queued:1|c\n").unwrap();
    let mut seen = server.stop().await;
    seen.lines.sort();
    assert_eq!(seen.lines, ["first:1|c", "held:1|c", "queued:1|c"]);
    assert_eq!((seen.opened, seen.failed), (2, 0));
    assert!(matches!(known.read(&mut [0; 1]).await, Ok(0) | Err(_)), "it is closed");
}

#[tokio::test]
async fn a_connection_that_never_pauses_does_not_hold_up_the_stop() {
    let server = Server::start();
    let mut client = server.connect().await;
    let flood = tokio::spawn(async move {
        while client.write_all(&b"a:1|c\n".repeat(1000)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    server.until(|seen| seen.lines.len() > 10_000).await;
    server.stop().await;
    tokio::time::timeout(DEADLINE, flood).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_newcomer_beyond_the_limit_is_closed_at_once_and_a_place_comes_free() {
    let server = Server::limited(Limits { connections: 2, ..LIMITS });
    let mut open = [server.connect().await, server.connect().await];
    server.until(|seen| seen.opened == 2).await;
    for number in 1..=3 {
        let mut further = server.connect().await;
        // The client may have no time to write before it is told.
        let _ = further.write_all(b"lost:1|c\n").await;
        let end = tokio::time::timeout(DEADLINE, further.read(&mut [0; 1])).await.unwrap();
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        server.until(|seen| seen.refused == number).await;
    }
    for client in &mut open {
        client.write_all(b"there:1|c\n").await.unwrap();
    }
    server.until(|seen| seen.lines.len() == 2).await;
    drop(open);
    // Until both are gone a newcomer may still be refused.
    let start = Instant::now();
    while server.seen().lines.len() < 3 {
        let mut client = server.connect().await;
        let _ = client.write_all(b"again:1|c\n").await;
        let _ = client.shutdown().await;
        let _ = client.read(&mut [0; 1]).await;
        assert!(start.elapsed() < DEADLINE, "the place never comes free");
    }
    let seen = server.stop().await;
    assert_eq!(seen.lines, ["there:1|c", "there:1|c", "again:1|c"]);
    assert_eq!(seen.timed_out, 0);
}

#[tokio::test]
async fn without_a_limit_there_is_room_for_all() {
    let server = Server::limited(Limits { connections: 0, ..LIMITS });
    let mut open = Vec::new();
    for _ in 0..200 {
        open.push(server.connect().await);
    }
    server.until(|seen| seen.opened == 200).await;
    assert_eq!(server.stop().await.refused, 0);
}

#[tokio::test]
async fn the_length_of_a_line_is_as_asked_for() {
    let server = Server::limited(Limits { line: 8000, ..LIMITS });
    let mut client = server.connect().await;
    for length in [8000, 8001] {
        let line = format!("{}\n", "x".repeat(length));
        client.write_all(line.as_bytes()).await.unwrap();
    }
    server.until(|seen| seen.too_long == 1).await;
    assert_eq!(server.stop().await.lines, ["x".repeat(8000)]);
}

/// A connection of this test's own: nothing about it takes any time.
#[derive(Clone, Default)]
struct Script(Arc<(Mutex<Vec<u8>>, tokio::sync::Notify)>);

impl Script {
    fn send(&self, bytes: &[u8]) {
        self.0.0.lock().unwrap().extend_from_slice(bytes);
        self.0.1.notify_one();
    }
}

impl Stream for Script {
    type Std = io::Empty;

    async fn readable(&self) -> io::Result<()> {
        while self.0.0.lock().unwrap().is_empty() {
            self.0.1.notified().await;
        }
        Ok(())
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut sent = self.0.0.lock().unwrap();
        if sent.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = sent.len();
        buffer[..length].copy_from_slice(&sent);
        sent.clear();
        Ok(length)
    }

    fn watch_client(&self) -> io::Result<()> {
        Ok(())
    }

    fn refuse(self) {}

    fn into_std(self) -> io::Result<io::Empty> {
        Ok(io::empty())
    }
}

/// Opens a connection whose client is silent for at most `idle`.
fn opened(book: &Book, idle: Option<Duration>) -> (Script, JoinHandle<()>) {
    let streams = book.streams(Limits { idle, ..LIMITS });
    let (client, (stop, stopped)) = (Script::default(), watch::channel(None));
    let connection = Connection::open(&streams, "a test").unwrap();
    let running = connection.run(client.clone(), stopped);
    let task = tokio::spawn(async move {
        running.await;
        drop(stop);
    });
    (client, task)
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_for_too_long_is_closed_without_its_unfinished_line() {
    let book = Book::default();
    let (client, task) = opened(&book, Some(Duration::from_mins(10)));
    for _ in 0..5 {
        client.send(b"a:1|c\nb:1");
        tokio::time::sleep(Duration::from_mins(9)).await;
        assert!(!task.is_finished(), "each word is a new beginning");
        client.send(b"|c\n");
        tokio::time::sleep(Duration::from_mins(9)).await;
    }
    client.send(b"cut:1|c|@0");
    let before = tokio::time::Instant::now();
    task.await.unwrap();
    let waited = before.elapsed();
    assert!(waited >= Duration::from_mins(10) && waited < Duration::from_secs(601), "{waited:?}");
    let seen = book.0.lock().unwrap();
    assert_eq!((seen.lines.len(), seen.timed_out, seen.failed), (10, 1, 0), "{:?}", seen.lines);
}

#[tokio::test(start_paused = true)]
async fn without_a_timeout_a_client_may_be_silent_for_ever() {
    let book = Book::default();
    let (client, task) = opened(&book, None);
    tokio::time::sleep(Duration::from_hours(1000)).await;
    client.send(b"a:1|c\n");
    tokio::time::sleep(Duration::from_hours(1000)).await;
    assert!(!task.is_finished());
    let seen = book.0.lock().unwrap();
    assert_eq!((seen.lines.len(), seen.timed_out), (1, 0));
}

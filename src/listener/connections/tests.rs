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
use crate::listener::Received;

const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Default)]
struct Book(Arc<Mutex<Seen>>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    lines: Vec<String>,
    opened: usize,
    failed: usize,
    too_long: usize,
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
}

struct Server {
    address: SocketAddr,
    book: Book,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let book = Book::default();
        let pool = Pool::new(NonZeroUsize::new(2).unwrap(), |_| Writer(book.clone(), Vec::new()));
        let pool = Arc::new(pool);
        let streams = Arc::new(Streams { pool, connections: book.clone(), clock: Clock::start() });
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

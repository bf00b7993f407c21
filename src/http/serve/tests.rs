//! Streaming, clients that misbehave, and the stop, over real sockets.
//!
//! Heat: cold (tests).

use std::io::Read;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::http::scrape::MOST_SCRAPES;
use crate::http::testing::{DEADLINE, Fake, Reply, Server, exposition};

#[tokio::test]
async fn an_exposition_is_streamed_whole_and_counted() {
    let server = Server::start(40, "/metrics", false);
    let reply = server.get("/metrics").await;
    let kind = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
    assert_eq!(reply.header("content-type"), Some(kind));
    assert_eq!(reply.header("content-encoding"), None);
    assert!(reply.whole && reply.body == exposition(40));
    assert_eq!(server.app.log(), ["began", "scrape Text", "ended 200"]);
    let reply = server.ask("GET", "/metrics", "Accept: text/plain;escaping=values\r\n").await;
    assert!(reply.header("content-type").unwrap().ends_with("escaping=values"));
    server.stop().await;
}

#[tokio::test]
async fn gzip_holds_the_same_bytes() {
    for pieces in [0, 1, 60] {
        let server = Server::start(pieces, "/metrics", false);
        let reply = server.ask("GET", "/metrics", "Accept-Encoding: gzip\r\n").await;
        assert_eq!(reply.header("content-encoding"), Some("gzip"));
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(&*reply.body).read_to_end(&mut body).unwrap();
        assert!(reply.whole && body == exposition(pieces), "{pieces}");
        server.stop().await;
    }
}

#[tokio::test]
async fn zstd_holds_the_same_bytes() {
    for pieces in [0, 1, 60] {
        let server = Server::start(pieces, "/metrics", false);
        let reply = server.ask("GET", "/metrics", "Accept-Encoding: gzip, zstd\r\n").await;
        assert_eq!(reply.header("content-encoding"), Some("zstd"));
        let body = zstd::decode_all(&*reply.body).unwrap();
        assert!(reply.whole && body == exposition(pieces), "{pieces}");
        assert!(pieces == 0 || reply.body.len() < body.len() / 5);
        server.stop().await;
    }
}

#[tokio::test]
async fn scrapes_beyond_the_limit_are_refused_and_a_place_comes_free() {
    let server = Server::start(100_000, "/metrics", false);
    let mut slow = Vec::new();
    for _ in 0..MOST_SCRAPES {
        let mut client = server.connect().await;
        client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        client.read_exact(&mut [0; 1000]).await.unwrap();
        slow.push(client);
    }
    let refused = server.get("/metrics").await;
    assert_eq!((refused.code, refused.header("retry-after")), (503, Some("1")));
    assert!(server.app.log().contains(&"ended 503".to_owned()));
    // The head alone costs nothing, and everything else is answered as ever.
    assert_eq!(server.ask("HEAD", "/metrics", "").await.code, 200);
    assert_eq!(server.get("/-/healthy").await.code, 200);
    drop(slow.pop());
    let start = Instant::now();
    loop {
        let mut client = server.connect().await;
        client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut status = [0; 12];
        client.read_exact(&mut status).await.unwrap();
        if &status == b"HTTP/1.1 200" {
            break;
        }
        assert!(start.elapsed() < DEADLINE, "the place never comes free");
    }
    drop(slow);
    server.stop().await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_one_to_close() {
    let server = Server::start(1, "/metrics", false);
    let mut open = Vec::new();
    for _ in 0..MOST_CONNECTIONS {
        let mut client = server.connect().await;
        client.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        client.read_exact(&mut [0; 12]).await.unwrap();
        open.push(client);
    }
    let mut further = server.connect().await;
    further.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut status = [0; 12];
    let early = tokio::time::timeout(Duration::from_millis(200), further.read(&mut status)).await;
    assert!(early.is_err(), "it is answered beyond the limit");
    drop(open.pop());
    let read = further.read_exact(&mut status);
    tokio::time::timeout(DEADLINE, read).await.unwrap().unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    drop(open);
    server.stop().await;
}

#[tokio::test]
async fn an_exposition_that_breaks_off_does_not_look_whole() {
    let server = Server::start(3, "/metrics", false);
    server.app.panics.store(true, Ordering::Relaxed);
    let reply = server.get("/metrics").await;
    assert!(!reply.whole);
    server.app.until_logged("ended 200").await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_encoding() {
    let server = Server::start(usize::MAX, "/metrics", false);
    let mut client = server.connect().await;
    client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    client.read_exact(&mut [0; 1000]).await.unwrap();
    drop(client);
    server.app.until_logged("ended 200").await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_up_the_encoding_and_nothing_else() {
    let server = Server::start(100_000, "/metrics", false);
    let mut slow = server.connect().await;
    slow.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    slow.read_exact(&mut [0; 1000]).await.unwrap();
    assert_eq!(server.get("/-/healthy").await.code, 200);
    // Once the socket's buffers are full no more is made: wait for a standstill.
    let start = Instant::now();
    let mut made = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = server.app.made.load(Ordering::Relaxed);
        if now > 0 && now == made {
            break;
        }
        made = now;
        assert!(start.elapsed() < DEADLINE, "{made} pieces and no end");
    }
    assert!(made < 1000, "{made} pieces of 64 KiB are more than buffers hold");
    drop(slow);
    server.app.until_logged("ended 200").await;
    server.stop().await;
}

#[tokio::test]
async fn a_connection_can_be_used_again() {
    let server = Server::start(1, "/metrics", false);
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut got = Vec::new();
        while !got.ends_with(b"Healthy.\n") {
            assert_ne!(client.read_buf(&mut got).await.unwrap(), 0);
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_stop_finishes_the_scrape_in_flight_and_closes_idle_connections() {
    let server = Server::start(200, "/metrics", false);
    let (mut idle, mut fresh) = (server.connect().await, server.connect().await);
    idle.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"Healthy.\n") {
        assert_ne!(idle.read_buf(&mut got).await.unwrap(), 0);
    }
    let mut client = server.connect().await;
    client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    server.app.until_logged("scrape Text").await;
    let (address, app) = (server.address, Arc::clone(&server.app));
    let stopping = tokio::spawn(server.stop());
    for stream in [&mut idle, &mut fresh] {
        let end = tokio::time::timeout(DEADLINE, stream.read(&mut [0; 1])).await.unwrap();
        assert!(matches!(end, Ok(0) | Err(_)), "an idle connection is closed");
    }
    assert!(!stopping.is_finished(), "the scrape is not through: nobody has read it");
    let reply = Reply::read(&mut client).await;
    assert!(reply.whole && reply.body == exposition(200));
    stopping.await.unwrap();
    assert!(app.log().contains(&"ended 200".to_owned()));
    assert!(TcpStream::connect(address).await.is_err(), "no further connection is taken");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = Server::start(1, "/metrics", false);
    for length in [40_000, 1_000_000] {
        let mut client = server.connect().await;
        let head = format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(length));
        // The server may hang up in the middle, and its answer be lost by that.
        let _ = client.write_all(head.as_bytes()).await;
        let mut got = Vec::new();
        let _ = tokio::time::timeout(DEADLINE, client.read_to_end(&mut got)).await.unwrap();
        let refused = got.is_empty() || got.starts_with(b"HTTP/1.1 431 ");
        assert!(refused, "{}", String::from_utf8_lossy(&got));
    }
    assert_eq!(server.app.log(), [""; 0]);
    assert_eq!(server.get("/-/healthy").await.code, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_head_of_too_many_headers_is_refused() {
    let server = Server::start(1, "/metrics", false);
    // Beside the two that every request of this client has.
    for (headers, code) in [(98, 200), (99, 431), (1000, 431)] {
        let reply = server.ask("GET", "/-/healthy", &"X: y\r\n".repeat(headers)).await;
        assert_eq!(reply.code, code, "{headers} headers");
    }
    server.stop().await;
}

/// No request needs a body; one that has none to its end is not waited for.
#[tokio::test]
async fn a_body_is_not_waited_for_and_not_kept() {
    let server = Server::start(1, "/metrics", true);
    for (method, path, code) in
        [("POST", "/-/reload", 200), ("GET", "/metrics", 200), ("POST", "/metrics", 405)]
    {
        for framing in ["Content-Length: 1000000000000", "Transfer-Encoding: chunked"] {
            let mut client = server.connect().await;
            let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            // A part of the body that is promised, in either framing.
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            let sending = async {
                for _ in 0..1000 {
                    if client.write_all(chunk.as_bytes()).await.is_err() {
                        return;
                    }
                }
                panic!("64 MB of a body were taken");
            };
            tokio::time::timeout(DEADLINE, sending).await.unwrap();
        }
        let answered = server.ask(method, path, "Content-Length: 0\r\n").await;
        assert_eq!(answered.code, code);
    }
    server.stop().await;
}

/// A connection without a socket, whose time is set by the test.
fn in_memory() -> (tokio::io::DuplexStream, tokio::task::JoinHandle<()>, watch::Sender<bool>) {
    let (client, stream) = tokio::io::duplex(1024);
    let options =
        Options { metrics_path: "/metrics".to_owned(), lifecycle: false, openmetrics: false };
    let site = Arc::new(Site::new(Arc::new(Fake::new(1)), options));
    let (stop, stopped) = watch::channel(false);
    (client, tokio::spawn(connection(stream, site, stopped)), stop)
}

/// How long it takes until the connection is closed.
async fn closed_after(task: tokio::task::JoinHandle<()>) -> Duration {
    let begin = tokio::time::Instant::now();
    task.await.unwrap();
    begin.elapsed()
}

const REQUEST: &[u8] = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";

async fn answered(client: &mut tokio::io::DuplexStream) {
    let mut got = Vec::new();
    while !got.ends_with(b"Healthy.\n") {
        assert_ne!(client.read_buf(&mut got).await.unwrap(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let (client, task, _stop) = in_memory();
    let time = closed_after(task).await;
    assert!(HEAD_TIMEOUT <= time && time <= HEAD_TIMEOUT + Duration::from_secs(1), "{time:?}");
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_a_byte_at_a_time_has_no_longer() {
    let (mut client, task, _stop) = in_memory();
    let sending = tokio::spawn(async move {
        for byte in REQUEST.iter().chain(&[b'x'; 1000]) {
            if client.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    });
    let time = closed_after(task).await;
    assert!(HEAD_TIMEOUT <= time && time <= HEAD_TIMEOUT + Duration::from_secs(1), "{time:?}");
    sending.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_between_scrapes_and_no_longer() {
    let (mut client, task, _stop) = in_memory();
    for _ in 0..3 {
        client.write_all(REQUEST).await.unwrap();
        answered(&mut client).await;
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(!task.is_finished(), "the usual interval");
    }
    client.write_all(REQUEST).await.unwrap();
    answered(&mut client).await;
    let time = closed_after(task).await;
    assert!(HEAD_TIMEOUT <= time && time <= HEAD_TIMEOUT + Duration::from_secs(1), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn who_asks_and_takes_next_to_nothing_is_given_up() {
    let (mut client, task, _stop) = in_memory();
    client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    // The piece is made on another thread, for which this clock stands still.
    client.read_exact(&mut [0; 12]).await.unwrap();
    let taking = tokio::spawn(async move {
        while client.read_exact(&mut [0; 1]).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(29)).await;
        }
    });
    let time = closed_after(task).await;
    assert!(time >= PACE.patience && time <= PACE.patience * 2, "{time:?}");
    taking.await.unwrap();
}

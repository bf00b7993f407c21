//! Paths and methods, asked over real sockets.
//!
//! Heat: cold (tests).

use crate::http::Phase;
use crate::http::testing::{Server, exposition};

const TEXT: &str = "text/plain; charset=utf-8";

#[tokio::test]
async fn every_path_answers_as_the_incumbent_does() {
    let server = Server::start(1, "/metrics", true);
    for (method, path, code, body) in [
        ("GET", "/-/healthy", 200, "Statsd Exporter is Healthy.\n"),
        ("GET", "/-/ready", 200, "Statsd Exporter is Ready.\n"),
        ("GET", "/-/ready?x=y", 200, "Statsd Exporter is Ready.\n"),
        ("POST", "/-/reload", 200, "Requesting reload"),
        ("PUT", "/-/reload", 200, "Requesting reload"),
        ("POST", "/-/quit", 200, "Requesting termination... Goodbye!"),
        ("GET", "/nowhere", 404, "404 page not found\n"),
        ("GET", "/metrics/", 404, "404 page not found\n"),
        ("POST", "/-/", 404, "404 page not found\n"),
    ] {
        let reply = server.ask(method, path, "").await;
        assert_eq!((reply.code, reply.text()), (code, body), "{method} {path}");
        assert_eq!(reply.header("content-type"), Some(TEXT));
    }
    assert_eq!(server.app.log(), ["reload", "reload", "quit"]);
    let ledger = server.get("/-/ledger").await;
    assert_eq!((ledger.code, ledger.text()), (200, "{}\n"));
    assert_eq!(ledger.header("content-type"), Some("application/json"));
    let front = server.get("/").await;
    assert_eq!(front.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(front.text().contains("href=\"/metrics\""));
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let server = Server::start(1, "/metrics", true);
    for (method, path, allow) in [
        ("POST", "/metrics", "get, head"),
        ("DELETE", "/", "get, head"),
        ("POST", "/-/ledger", "get, head"),
        ("POST", "/-/healthy", "get, head"),
        ("PUT", "/-/ready", "get, head"),
        ("GET", "/-/reload", "post, put"),
        ("HEAD", "/-/quit", "post, put"),
    ] {
        let reply = server.ask(method, path, "").await;
        assert_eq!((reply.code, reply.header("allow")), (405, Some(allow)), "{method} {path}");
    }
    assert_eq!(server.app.log(), ["began", "ended 405"], "only the metrics are counted");
    server.stop().await;
}

#[tokio::test]
async fn the_lifecycle_is_not_there_unless_it_is_enabled() {
    let server = Server::start(1, "/metrics", false);
    for path in ["/-/reload", "/-/quit"] {
        assert_eq!(server.ask("POST", path, "").await.code, 404);
    }
    assert_eq!(server.app.log(), [""; 0]);
    server.stop().await;
}

#[tokio::test]
async fn readiness_follows_the_phase() {
    let server = Server::start(1, "/metrics", false);
    for (phase, code, body) in [
        (Phase::Starting, 503, "Statsd Exporter is Starting.\n"),
        (Phase::Ready, 200, "Statsd Exporter is Ready.\n"),
        (Phase::Stopping, 503, "Statsd Exporter is Stopping.\n"),
    ] {
        *server.app.phase.lock().unwrap() = phase;
        let reply = server.get("/-/ready").await;
        assert_eq!((reply.code, reply.text()), (code, body));
        assert_eq!(server.get("/-/healthy").await.code, 200, "alive all the same");
    }
    server.stop().await;
}

#[tokio::test]
async fn metrics_may_be_at_another_path_and_at_the_root() {
    for path in ["/probe", "/"] {
        let server = Server::start(1, path, false);
        let reply = server.get(path).await;
        assert!(reply.code == 200 && reply.body == exposition(1));
        assert_eq!(server.get("/metrics").await.code, 404);
        server.stop().await;
    }
}

#[tokio::test]
async fn head_has_the_head_only_and_makes_no_exposition() {
    let server = Server::start(3, "/metrics", false);
    let reply = server.ask("HEAD", "/metrics", "Accept-Encoding: gzip\r\n").await;
    assert_eq!((reply.code, reply.header("content-encoding")), (200, Some("gzip")));
    assert!(reply.body.is_empty());
    assert_eq!(reply.header("content-length"), None, "it is not known, so it is not said");
    assert_eq!(server.app.log(), ["began", "ended 200"]);
    let reply = server.ask("HEAD", "/-/ledger", "").await;
    assert_eq!((reply.code, reply.header("content-length")), (200, Some("3")));
    assert!(reply.body.is_empty());
    let reply = server.ask("HEAD", "/-/healthy", "").await;
    assert_eq!((reply.code, reply.header("content-length")), (200, Some("28")));
    assert!(reply.body.is_empty());
    server.stop().await;
}

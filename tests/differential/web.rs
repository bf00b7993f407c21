//! What the two answer over HTTP, and to their command lines.
//!
//! Heat: cold.

use crate::pair::{Pair, Setup, Transport, rival, run};
use crate::support::bridge::binary;
use crate::support::http::Response;

type Request = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const REQUESTS: [Request; 44] = [
    ("GET", "/metrics", &[]),
    ("GET", "/metrics?a=b", &[]),
    ("HEAD", "/metrics", &[]),
    ("POST", "/metrics", &[]),
    ("PUT", "/metrics", &[]),
    ("DELETE", "/metrics", &[]),
    ("OPTIONS", "/metrics", &[]),
    ("GET", "/metrics", &[("Accept-Encoding", "gzip")]),
    ("GET", "/metrics", &[("Accept-Encoding", "gzip;q=0")]),
    ("GET", "/metrics", &[("Accept-Encoding", "deflate, gzip;q=0.5")]),
    ("GET", "/metrics", &[("Accept-Encoding", "*")]),
    ("GET", "/metrics", &[("Accept-Encoding", "identity")]),
    ("GET", "/metrics", &[("Accept-Encoding", "gzip;q=0.1, identity;q=0.5")]),
    ("GET", "/metrics", &[("Accept", "*/*")]),
    ("GET", "/metrics", &[("Accept", "text/plain")]),
    ("GET", "/metrics", &[("Accept", "text/plain;version=0.0.4")]),
    ("GET", "/metrics", &[("Accept", "text/plain;version=1.0.0")]),
    ("GET", "/metrics", &[("Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1")]),
    ("GET", "/metrics", &[("Accept", "application/json")]),
    ("GET", "/metrics", &[("Accept", "text/plain;version=0.0.4;escaping=allow-utf-8")]),
    ("GET", "/metrics", &[("Accept", "text/plain;version=1.0.0;escaping=dots")]),
    ("GET", "/metrics", &[("Accept", "text/plain;escaping=values")]),
    ("GET", "/metrics", &[("Accept", "text/plain;escaping=nonsense")]),
    ("GET", "/metrics", &[("Accept", ";;;===,,,q=q")]),
    ("GET", "/", &[]),
    ("HEAD", "/", &[]),
    ("POST", "/", &[]),
    ("GET", "/nothing", &[]),
    ("GET", "/metrics/", &[]),
    ("GET", "//metrics", &[]),
    ("GET", "/./metrics", &[]),
    ("GET", "/-/ready", &[]),
    ("HEAD", "/-/ready", &[]),
    ("POST", "/-/ready", &[]),
    ("GET", "/-/healthy", &[]),
    ("HEAD", "/-/healthy", &[]),
    ("PUT", "/-/healthy", &[]),
    ("GET", "/-/healthy/", &[]),
    ("GET", "/-/reload", &[]),
    ("HEAD", "/-/reload", &[]),
    ("DELETE", "/-/quit", &[]),
    ("POST", "/-/reload", &[]),
    ("PUT", "/-/reload", &[]),
    ("GET", "/-/", &[]),
];

/// Requests that are answered differently on purpose: how they begin, and their
/// rows in COMPATIBILITY.md.
const ON_PURPOSE: [(&str, &str); 14] = [
    ("POST /metrics", "a method that a path has no use for"),
    ("PUT /metrics", "a method that a path has no use for"),
    ("DELETE /metrics", "a method that a path has no use for"),
    ("OPTIONS /metrics", "a method that a path has no use for"),
    ("POST / ", "a method that a path has no use for"),
    ("POST /-/ready", "a method that a path has no use for"),
    ("PUT /-/healthy", "a method that a path has no use for"),
    ("GET /-/reload [] --web", "a method that a path has no use for"),
    ("HEAD /-/reload [] --web", "a method that a path has no use for"),
    ("DELETE /-/quit [] --web", "a method that a path has no use for"),
    ("HEAD /-/ready", "HEAD has the headers of GET"),
    ("HEAD /-/healthy", "HEAD has the headers of GET"),
    ("GET //metrics", "a path with `//` or `/./`"),
    ("GET /./metrics", "a path with `//` or `/./`"),
];

/// Status, and the headers and the body that are to be the same.
fn shape(path: &str, answer: &Response) -> String {
    let header = |name: &str| answer.header(name).unwrap_or("-").to_lowercase();
    // The landing page is each one's own, and so are the numbers of a scrape.
    let fixed = path.starts_with("/-/");
    let body =
        if fixed { String::from_utf8_lossy(&answer.body).into_owned() } else { String::new() };
    format!(
        "{} type={} coding={} {body:?}",
        answer.status,
        header("content-type"),
        header("content-encoding")
    )
}

#[test]
fn requests_are_answered_alike() {
    let Some(rival) = rival() else { return };
    let mut found = Vec::new();
    for lifecycle in ["--web.enable-lifecycle", "--no-web.enable-lifecycle"] {
        let flags = vec![lifecycle.to_owned()];
        let pair = Pair::start(&rival, &Setup { mapping: Some(Vec::new()), flags });
        pair.send(Transport::Udp, &[b"a:1|c".to_vec()]);
        for (method, path, headers) in REQUESTS {
            let (here, there) = pair.both(|side| shape(path, &side.ask(method, path, headers)));
            let request = format!("{method} {path} {headers:?} {lifecycle}");
            let known = ON_PURPOSE.iter().any(|(begin, _)| request.starts_with(begin));
            if here != there && !known {
                found.push(format!("{request}:\n    here {here}\n    there {there}"));
            }
        }
    }
    assert!(found.is_empty(), "{} answers differ:\n{}", found.len(), found.join("\n"));
}

/// Command lines: `--check-config` ends every one that is right. A file `args`
/// holds more arguments.
const COMMAND_LINES: [&str; 60] = [
    "--check-config",
    "--check-config --no-check-config --check-config",
    "--check-config=true",
    "--check-config true",
    "--check-config extra",
    "--check-conf",
    "-check-config",
    "--version",
    "--version --check-config",
    "--help",
    "-h",
    "--help-long",
    "--help-man",
    "--check-config --nonsense",
    "--check-config -x",
    "--check-config --web.listen-address=:1",
    "--check-config --web.listen-address :1",
    "--check-config --web.listen-address",
    "--check-config --web.listen-address=",
    "--check-config --web.listen-address=nonsense",
    "--check-config --web.listen-address=:1 --web.listen-address=:2",
    "--check-config --web.enable-lifecycle --web.enable-lifecycle",
    "--check-config --no-web.enable-lifecycle",
    "--check-config --web.telemetry-path=",
    "--check-config --web.telemetry-path=metrics",
    "--check-config --statsd.mapping-config=",
    "--check-config --statsd.mapping-config=missing.yml",
    "--check-config --statsd.mapping-config=.",
    "--check-config --statsd.cache-size=0",
    "--check-config --statsd.cache-size=-1",
    "--check-config --statsd.cache-size=x",
    "--check-config --statsd.cache-size=1e3",
    "--check-config --statsd.cache-size=99999999999999999999",
    "--check-config --statsd.cache-type=random",
    "--check-config --statsd.cache-type=LRU",
    "--check-config --statsd.cache-type=",
    "--check-config --statsd.cache-size=0 --statsd.cache-type=nonsense",
    "--check-config --statsd.event-queue-size=10",
    "--check-config --statsd.event-queue-size=x",
    "--check-config --statsd.event-flush-threshold=0",
    "--check-config --statsd.event-flush-interval=1m30s",
    "--check-config --statsd.event-flush-interval=5",
    "--check-config --statsd.event-flush-interval=x",
    "--check-config --statsd.udp-packet-queue-size=1",
    "--check-config --statsd.read-buffer=0",
    "--check-config --statsd.read-buffer=-1",
    "--check-config --statsd.read-buffer=1k",
    "--check-config --statsd.unixsocket-mode=777",
    "--check-config --statsd.unixsocket-mode=nonsense",
    "--check-config --statsd.relay.packet-length=-1",
    "--check-config --statsd.relay.packet-length=1e3",
    "--check-config --log.level=debug",
    "--check-config --log.level=DEBUG",
    "--check-config --log.level=nonsense",
    "--check-config --log.format=json",
    "--check-config --log.format=text",
    "@args",
    "@missing",
    "--log.level=warn @args",
    "-- --check-config",
];

/// Command lines that end differently on purpose, and their rows.
const COMMANDS_ON_PURPOSE: [(&str, &str); 10] = [
    ("--help-long", "`--help-long`, `--help-man`"),
    ("--help-man", "`--help-long`, `--help-man`"),
    ("--check-config --web.listen-address=", "flags are checked at once"),
    ("--check-config --web.listen-address=nonsense", "flags are checked at once"),
    ("--check-config --web.telemetry-path=", "flags are checked at once"),
    ("--check-config --web.telemetry-path=metrics", "flags are checked at once"),
    ("--check-config --statsd.read-buffer=-1", "flags are checked at once"),
    ("--check-config --statsd.unixsocket-mode=nonsense", "flags are checked at once"),
    ("--check-config --statsd.cache-size=1e3", "a flag's number is an integer"),
    ("--check-config --statsd.cache-size=99999999999999999999", "a flag's number is an integer"),
];

#[test]
fn command_lines_end_alike() {
    let Some(rival) = rival() else { return };
    let mut found = Vec::new();
    for line in COMMAND_LINES {
        let args: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let end = |program: &std::path::Path| {
            let finished =
                run(program, &args, Some(("args", b"--check-config\n--log.level=info\n")));
            finished.code
        };
        let (here, there) = (end(binary()), end(&rival));
        let known = COMMANDS_ON_PURPOSE.iter().any(|(on_purpose, _)| *on_purpose == line);
        if here != there && !known {
            found.push(format!("{line}: here {here:?}, there {there:?}"));
        }
    }
    assert!(found.is_empty(), "exit codes differ:\n{}", found.join("\n"));
}

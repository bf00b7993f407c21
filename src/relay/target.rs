//! Where the relay sends, as typed and as addresses.
//!
//! Heat: cold.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// `HOST:PORT`, valid in form. Whether the host exists is found out by
/// `resolve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As typed: the label of the relay's counters.
    text: Box<str>,
    host: Box<str>,
    port: u16,
}

impl Target {
    /// Reads `HOST:PORT`, `:PORT` (this machine) or `[IPV6]:PORT`, with a port
    /// from 1. The error completes "expected …".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        split(text)
            .map(|(host, port)| Self { text: text.into(), host: host.into(), port })
            .ok_or_else(|| "HOST:PORT or [IPV6]:PORT with a port from 1 to 65535".to_owned())
    }

    /// The address to send to; of a name that has addresses of both families it
    /// is an IPv4 one, as in Go. Blocks while the name is looked up.
    ///
    /// # Errors
    /// When the name cannot be resolved.
    pub(super) fn resolve(&self) -> io::Result<SocketAddr> {
        let found: Vec<SocketAddr> = (&*self.host, self.port).to_socket_addrs()?.collect();
        let best = found.iter().find(|address| address.is_ipv4()).or(found.first()).copied();
        best.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
    }
}

/// Host, without brackets, and port.
fn split(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port > 0)?;
    let possible = |c: char| c.is_alphanumeric() || "-._%:".contains(c);
    let host = match host.strip_prefix('[') {
        Some(open) => open.strip_suffix(']').filter(|inside| inside.contains(':'))?,
        None if host.contains(':') => return None,
        None if host.is_empty() => "localhost",
        None => host,
    };
    host.chars().all(possible).then_some((host, port))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_names_and_addresses_with_a_port() {
        for (text, address) in [
            ("127.0.0.1:8125", "127.0.0.1:8125"),
            ("[::1]:9", "[::1]:9"),
            ("localhost:65535", "127.0.0.1:65535"),
            (":9125", "127.0.0.1:9125"),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.to_string(), text);
            assert_eq!(target.resolve().unwrap().to_string(), address, "{text}");
        }
        assert!(Target::parse("no-such-host.invalid:1").unwrap().resolve().is_err());
    }

    #[test]
    fn malformed_targets_are_refused() {
        for text in
            ["", "host", "host:", "host:0", "host:65536", "host:+1", "::1:1", "[h]:1", "a b:1"]
        {
            assert!(Target::parse(text).is_err(), "{text:?}");
        }
    }
}

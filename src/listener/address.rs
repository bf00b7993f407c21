//! Addresses to listen on as a user types them, `HOST:PORT`, and the socket
//! addresses they stand for. Nothing is bound here.
//!
//! Heat: cold.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// A host, or none for all of this machine's addresses, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    /// As it was typed, for messages.
    text: String,
    /// `None` for `:P`, `0.0.0.0:P` and `[::]:P`, which mean the same.
    host: Option<String>,
    port: u16,
}

/// Why a text is no address to listen on: a sentence without the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAddress(&'static str);

impl fmt::Display for BadAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl std::error::Error for BadAddress {}

const NO_PORT: BadAddress = BadAddress("expected HOST:PORT or :PORT, found no port");
const BAD_PORT: BadAddress = BadAddress("the port must be a number from 0 to 65535");
const BRACKETS: BadAddress = BadAddress("an IPv6 address is written in brackets, [::1]:9125");

impl FromStr for ListenAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(NO_PORT)?;
        if host.is_empty() && port.is_empty() {
            return Err(NO_PORT);
        }
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']').ok_or(BRACKETS)?,
            None if host.contains([':', ']']) => return Err(BRACKETS),
            None => host,
        };
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = digits.then(|| port.parse().ok()).flatten().ok_or(BAD_PORT)?;
        let any = ["", "0.0.0.0", "::"].contains(&host);
        Ok(Self { text: text.to_owned(), host: (!any).then(|| host.to_owned()), port })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl ListenAddress {
    /// What to bind, in this order until one can be: for all addresses both
    /// families by one socket, else IPv4 alone; for a name its first IPv4
    /// address if it has one, as the incumbent does, else its first.
    ///
    /// # Errors
    /// If the name cannot be resolved.
    pub fn candidates(&self) -> io::Result<Vec<SocketAddr>> {
        let Some(host) = &self.host else {
            let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, self.port));
            return Ok(vec![both, SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.port))]);
        };
        let found: Vec<_> = (host.as_str(), self.port).to_socket_addrs()?.collect();
        let best = found.iter().find(|address| address.is_ipv4()).or(found.first()).copied();
        best.map(|address| vec![address])
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(text: &str) -> Vec<String> {
        let address: ListenAddress = text.parse().unwrap();
        assert_eq!(address.to_string(), text);
        address.candidates().unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_addresses_have_three_spellings() {
        for text in [":9125", "0.0.0.0:9125", "[::]:9125"] {
            assert_eq!(candidates(text), ["[::]:9125", "0.0.0.0:9125"], "{text}");
        }
    }

    #[test]
    fn one_address_is_itself() {
        assert_eq!(candidates("127.0.0.1:0"), ["127.0.0.1:0"]);
        assert_eq!(candidates("[::1]:65535"), ["[::1]:65535"]);
        assert_eq!(candidates("localhost:9125"), ["127.0.0.1:9125"]);
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", NO_PORT),
            ("9125", NO_PORT),
            (":", NO_PORT),
            ("localhost", NO_PORT),
            ("localhost:", BAD_PORT),
            (":65536", BAD_PORT),
            (":-1", BAD_PORT),
            (":+1", BAD_PORT),
            (":statsd", BAD_PORT),
            ("::1:9125", BRACKETS),
            ("[::1:9125", BRACKETS),
            ("::1]:9125", BRACKETS),
        ] {
            assert_eq!(text.parse::<ListenAddress>(), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_resolved_is_an_error() {
        let address: ListenAddress = "no..host:1".parse().unwrap();
        assert!(address.candidates().is_err());
    }
}

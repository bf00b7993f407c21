//! Where a listener listens, as typed and as an address to bind. Nothing is bound
//! here.
//!
//! Heat: cold.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::{fmt, str};

/// An address of the internet families: what stands in `--web.listen-address`,
/// `--statsd.listen-udp` and `--statsd.listen-tcp`. Valid in form; whether the
/// host exists is found out by [`ListenAddress::resolve`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// `:P`, `0.0.0.0:P`, `[::]:P`: every address of both families.
    Any,
    Ip(IpAddr),
    Name(Box<str>),
}

impl ListenAddress {
    /// Reads `HOST:PORT`, `:PORT` or `[IPV6]:PORT`. The error completes
    /// "expected …".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        split(text)
            .and_then(|(host, port)| Some(Self { host: Host::parse(host)?, port: port_of(port)? }))
            .ok_or_else(|| "HOST:PORT, :PORT or [IPV6]:PORT with a port up to 65535".to_owned())
    }

    /// The same, and the empty text for a listener that is off.
    pub(crate) fn parse_or_off(text: &str) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        Self::parse(text).map(Some).map_err(|expected| format!("{expected}, or nothing for off"))
    }

    /// The addresses to try, the best first; never empty. All interfaces are
    /// `[::]` (to be bound for both families) and, for systems without IPv6,
    /// `0.0.0.0`; the second is only for the case that the first cannot exist,
    /// not for a port in use. Anything else is one address; of a name that has
    /// addresses of both families it is the IPv4 one, as in Go.
    ///
    /// # Errors
    /// When the name cannot be resolved. Blocks while it is looked up.
    pub fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let port = self.port;
        match &self.host {
            Host::Any => Ok(vec![
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
            ]),
            Host::Ip(ip) => Ok(vec![SocketAddr::from((*ip, port))]),
            Host::Name(name) => look_up(name, port).map(|address| vec![address]),
        }
    }
}

/// The address that a listener on `name` binds.
fn look_up(name: &str, port: u16) -> io::Result<SocketAddr> {
    let found: Vec<SocketAddr> = (name, port).to_socket_addrs()?.collect();
    let best = found.iter().find(|address| address.is_ipv4()).or(found.first()).copied();
    best.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "" => return Some(Self::Any),
            // By definition, and without asking a resolver.
            "localhost" => return Some(Self::Ip(Ipv4Addr::LOCALHOST.into())),
            _ => {}
        }
        match text.parse::<IpAddr>() {
            Ok(ip) if ip.is_unspecified() => Some(Self::Any),
            Ok(ip) => Some(Self::Ip(ip)),
            Err(_) => {
                let possible = |c: char| c.is_alphanumeric() || "-._%:".contains(c);
                text.chars().all(possible).then(|| Self::Name(text.into()))
            }
        }
    }
}

/// Host and port: the last colon divides, and a host with colons has brackets.
fn split(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    match host.strip_prefix('[') {
        Some(open) => {
            let inside = open.strip_suffix(']')?;
            // Brackets are for IPv6, with a zone or without.
            inside.contains(':').then_some((inside, port))
        }
        None => (!host.contains([':', ']'])).then_some((host, port)),
    }
}

fn port_of(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Any => write!(f, ":{}", self.port),
            Host::Ip(ip) => SocketAddr::from((*ip, self.port)).fmt(f),
            Host::Name(name) if name.contains(':') => write!(f, "[{name}]:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

/// Where a unix datagram socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnixAddress {
    /// A file.
    Path(PathBuf),
    /// A name in Linux's abstract namespace, without the `@` of its flag.
    Abstract(Box<str>),
}

impl UnixAddress {
    /// Paths and abstract names are at most this long, in bytes: `sun_path` has
    /// 108, one of them for the NUL behind a path or before a name.
    const MAX_LENGTH: usize = 107;

    /// Reads a path, `@NAME`, or nothing for a listener that is off. The error
    /// completes "expected …".
    pub(crate) fn parse_or_off(text: &str) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let name = text.strip_prefix('@');
        let body = name.unwrap_or(text);
        if body.is_empty() || body.len() > Self::MAX_LENGTH || body.contains('\0') {
            return Err(format!("a path or @NAME of 1 to {} bytes", Self::MAX_LENGTH));
        }
        Ok(Some(match name {
            Some(name) => Self::Abstract(name.into()),
            None => Self::Path(text.into()),
        }))
    }
}

impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_resolve_to_what_is_bound() {
        for (text, shown, resolved) in [
            (":9125", ":9125", &["[::]:9125", "0.0.0.0:9125"][..]),
            ("0.0.0.0:1", ":1", &["[::]:1", "0.0.0.0:1"]),
            ("[::]:0", ":0", &["[::]:0", "0.0.0.0:0"]),
            ("localhost:9102", "127.0.0.1:9102", &["127.0.0.1:9102"]),
            ("127.0.0.1:65535", "127.0.0.1:65535", &["127.0.0.1:65535"]),
            ("[::1]:9125", "[::1]:9125", &["[::1]:9125"]),
        ] {
            let address = ListenAddress::parse(text).unwrap();
            assert_eq!(address.to_string(), shown, "{text}");
            let addresses: Vec<_> =
                address.resolve().unwrap().iter().map(ToString::to_string).collect();
            assert_eq!(addresses, resolved, "{text}");
        }
    }

    #[test]
    fn a_name_is_kept_until_it_is_bound() {
        let name = |text: &str| ListenAddress::parse(text).unwrap().host;
        assert_eq!(name("metrics.example:1"), Host::Name("metrics.example".into()));
        assert_eq!(name("[fe80::1%eth0]:1"), Host::Name("fe80::1%eth0".into()));
        let address = ListenAddress::parse("no-such-host.invalid:1").unwrap();
        assert_eq!(address.to_string(), "no-such-host.invalid:1");
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for text in [
            "",
            "9125",
            ":",
            "localhost:",
            ":http",
            ":65536",
            ":-1",
            ":+1",
            ": 1",
            "::1:9125",
            "[::1]",
            "[::1:9125",
            "::1]:9125",
            "[localhost]:1",
            "a b:1",
            "udp://x:1",
            "x/y:1",
        ] {
            assert!(ListenAddress::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(ListenAddress::parse_or_off(""), Ok(None));
    }

    #[test]
    fn unix_addresses() {
        assert_eq!(UnixAddress::parse_or_off(""), Ok(None));
        for (text, address) in [
            ("/run/statsd.sock", UnixAddress::Path("/run/statsd.sock".into())),
            ("@statsd", UnixAddress::Abstract("statsd".into())),
        ] {
            assert_eq!(UnixAddress::parse_or_off(text), Ok(Some(address.clone())));
            assert_eq!(address.to_string(), text);
        }
        let long = "x".repeat(108);
        for text in ["@", "a\0b", &long, &format!("@{long}")] {
            assert!(UnixAddress::parse_or_off(text).is_err(), "{text:?}");
        }
    }
}

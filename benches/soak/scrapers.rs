//! Scrapers of every format, and clients that leave in the middle. Each whole
//! answer is looked through: it has its end, and no counter falls.
//!
//! Heat: warm (once per scrape).

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::books::{Books, LEFT_SCRAPES, SCRAPES};
use crate::gate::Actor;
use crate::harness::scrape::Client;

const PATIENCE: Duration = Duration::from_secs(20);
const PROTOBUF: &str = "Accept: application/vnd.google.protobuf;\
                        proto=io.prometheus.client.MetricFamily;encoding=delimited\r\n";

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    Text,
    /// Text in gzip and zstd by turns.
    Packed,
    Protobuf,
}

pub struct Scraper {
    client: Client,
    wanted: Wanted,
    turn: usize,
    /// Counters by their series, as last seen.
    seen: BTreeMap<Vec<u8>, f64>,
}

impl Scraper {
    pub fn new(web: SocketAddr, wanted: Wanted) -> Self {
        let client = Client::patient(web, PATIENCE);
        Self { client, wanted, turn: 0, seen: BTreeMap::new() }
    }

    fn headers(&self) -> &'static str {
        match (self.wanted, self.turn % 2) {
            (Wanted::Text, _) => "",
            (Wanted::Packed, 0) => "Accept-Encoding: gzip\r\n",
            (Wanted::Packed, _) => "Accept-Encoding: zstd\r\n",
            (Wanted::Protobuf, _) => PROTOBUF,
        }
    }

    fn look(&mut self) -> Result<(), String> {
        let (headers, mut body) = (self.headers(), Vec::new());
        let got = self.client.get_with("/metrics", headers, &mut |piece| body.extend(piece));
        got.map_err(|error| error.to_string())?;
        match (self.wanted, self.turn % 2) {
            (Wanted::Text, _) => self.text(&body),
            (Wanted::Packed, 0) => self.text(&unpacked(flate2::read::GzDecoder::new(&body[..]))?),
            (Wanted::Packed, _) => {
                let reader = zstd::stream::read::Decoder::new(&body[..]);
                self.text(&unpacked(reader.map_err(|error| error.to_string())?)?)
            }
            (Wanted::Protobuf, _) => messages(&body),
        }
    }

    fn text(&mut self, body: &[u8]) -> Result<(), String> {
        if !body.ends_with(b"\n") {
            return Err("the last line has no end".to_owned());
        }
        let mut own = 0;
        for line in body.split(|byte| *byte == b'\n') {
            let is_own = line.starts_with(b"statsd_exporter_") && find(line, b"_total");
            if !(is_own || line.starts_with(b"gold_hits{")) || find(line, b"_metrics_total{") {
                continue;
            }
            own += usize::from(is_own);
            let at = line.iter().rposition(|byte| *byte == b' ').ok_or("no value")?;
            let value = str::from_utf8(&line[at + 1..]).ok().and_then(|text| text.parse().ok());
            let value: f64 = value.ok_or("a value that is no number")?;
            let before = self.seen.insert(line[..at].to_vec(), value);
            if before.is_some_and(|before| value < before) {
                return Err(format!("a counter fell: {}", String::from_utf8_lossy(line)));
            }
        }
        if own > 10 { Ok(()) } else { Err("the bridge's own counters are missing".to_owned()) }
    }
}

impl Actor for Scraper {
    fn step(&mut self, books: &mut Books) {
        self.turn += 1;
        match self.look() {
            Ok(()) => books.add(SCRAPES, 1.0),
            Err(error) => books.breaches.push(format!("a scrape of {:?}: {error}", self.wanted)),
        }
    }

    fn rest(&mut self, _: &mut Books) {
        self.client.hang_up();
    }
}

fn find(line: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(line, part).is_some()
}

fn unpacked(mut reader: impl Read) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    reader.read_to_end(&mut body).map_err(|error| error.to_string())?;
    Ok(body)
}

/// The body is messages, each behind its length, the last one whole; each begins
/// with a name.
fn messages(mut body: &[u8]) -> Result<(), String> {
    let mut families = 0;
    while !body.is_empty() {
        let (length, rest) = varint(body)?;
        let message = rest.get(..length).ok_or("a message that is cut off")?;
        if message.first() != Some(&0x0a) {
            return Err("a message that does not begin with a name".to_owned());
        }
        let (name, text) = varint(&message[1..])?;
        str::from_utf8(text.get(..name).ok_or("a name that is cut off")?)
            .map_err(|_| "a name that is not UTF-8".to_owned())?;
        families += 1;
        body = &rest[length..];
    }
    if families > 20 { Ok(()) } else { Err(format!("{families} families only")) }
}

fn varint(bytes: &[u8]) -> Result<(usize, &[u8]), String> {
    let mut value = 0;
    for (place, byte) in bytes.iter().enumerate().take(9) {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[place + 1..]));
        }
    }
    Err("a length that is cut off".to_owned())
}

/// Those who leave: before their request is whole, before they read, in the
/// middle of the answer; and those who never say anything.
pub struct Leavers {
    web: SocketAddr,
    turn: usize,
    silent: Vec<TcpStream>,
}

impl Leavers {
    pub fn new(web: SocketAddr) -> Self {
        Self { web, turn: 0, silent: Vec::new() }
    }

    fn leave(&mut self, books: &mut Books) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(self.web)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        match self.turn % 4 {
            0 => stream.write_all(&request[..20])?,
            1 => {
                stream.write_all(request)?;
                books.add(LEFT_SCRAPES, 1.0);
            }
            2 => {
                stream.write_all(request)?;
                stream.read_exact(&mut [0; 10_000])?;
                books.add(LEFT_SCRAPES, 1.0);
            }
            _ => self.silent.push(stream),
        }
        if self.silent.len() > 20 {
            self.silent.clear();
        }
        Ok(())
    }
}

impl Actor for Leavers {
    fn step(&mut self, books: &mut Books) {
        self.turn += 1;
        if let Err(error) = self.leave(books) {
            books.breaches.push(format!("a scrape that was to be left: {error}"));
        }
    }

    fn rest(&mut self, _: &mut Books) {
        self.silent.clear();
    }
}

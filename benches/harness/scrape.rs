//! A scraping client that collects nothing: it keeps its connection, reads into
//! a buffer of a fixed size, and hands on or discards.
//!
//! Heat: warm (once per piece read).

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::body::Body;

const BUFFER: usize = 256 * 1024;

pub struct Client {
    address: SocketAddr,
    connection: Option<TcpStream>,
    patience: Option<Duration>,
    buffer: Vec<u8>,
}

/// What a scrape took and brought.
#[derive(Clone, Copy, Debug)]
pub struct Scraped {
    pub took: Duration,
    /// Of the body, as it came (compressed, if it was).
    pub bytes: u64,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, connection: None, patience: None, buffer: vec![0; BUFFER] }
    }

    /// Nobody waits longer for a piece of an answer.
    pub fn patient(address: SocketAddr, patience: Duration) -> Self {
        Self { patience: Some(patience), ..Self::new(address) }
    }

    /// Lets go of its connection.
    pub fn hang_up(&mut self) {
        self.connection = None;
    }

    /// Scrapes and discards.
    pub fn scrape(&mut self, coding: Option<&str>) -> Scraped {
        self.get("/metrics", coding, &mut |_| ()).expect("it answers scrapes")
    }

    /// Scrapes, and hands on line after line.
    pub fn lines(&mut self, each: &mut impl FnMut(&[u8])) -> io::Result<Scraped> {
        let mut begun = Vec::new();
        self.get("/metrics", None, &mut |mut bytes| {
            while let Some(end) = memchr::memchr(b'\n', bytes) {
                if begun.is_empty() {
                    each(&bytes[..end]);
                } else {
                    begun.extend_from_slice(&bytes[..end]);
                    each(&begun);
                    begun.clear();
                }
                bytes = &bytes[end + 1..];
            }
            begun.extend_from_slice(bytes);
        })
    }

    /// An answer of 200, from the request to the last byte.
    pub fn get(
        &mut self,
        path: &str,
        coding: Option<&str>,
        sink: &mut impl FnMut(&[u8]),
    ) -> io::Result<Scraped> {
        let coding = coding.map_or_else(String::new, |c| format!("Accept-Encoding: {c}\r\n"));
        self.get_with(path, &coding, sink)
    }

    /// The same, with these headers, each with its end of line.
    pub fn get_with(
        &mut self,
        path: &str,
        headers: &str,
        sink: &mut impl FnMut(&[u8]),
    ) -> io::Result<Scraped> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => TcpStream::connect(self.address)?,
        };
        connection.set_read_timeout(self.patience)?;
        let begin = Instant::now();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        connection.write_all(request.as_bytes())?;
        let bytes = self.read(&mut connection, sink)?;
        self.connection = Some(connection);
        Ok(Scraped { took: begin.elapsed(), bytes })
    }

    fn read(
        &mut self,
        connection: &mut TcpStream,
        sink: &mut impl FnMut(&[u8]),
    ) -> io::Result<u64> {
        let (mut body, head, mut filled) = self.head(connection)?;
        let mut bytes = 0;
        let mut counted = |some: &[u8]| {
            bytes += some.len() as u64;
            sink(some);
        };
        body.take(&self.buffer[head..filled], &mut counted);
        while !body.is_whole() {
            filled = some(connection.read(&mut self.buffer)?)?;
            body.take(&self.buffer[..filled], &mut counted);
        }
        Ok(bytes)
    }

    /// Reads the head: what body it announces, where it ends, and how much of
    /// the buffer is filled.
    fn head(&mut self, connection: &mut TcpStream) -> io::Result<(Body, usize, usize)> {
        let mut filled = 0;
        let end = loop {
            filled += some(connection.read(&mut self.buffer[filled..])?)?;
            if let Some(end) = memchr::memmem::find(&self.buffer[..filled], b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]);
        if !head.starts_with("HTTP/1.1 200 ") {
            let status = head.lines().next().unwrap_or_default().to_owned();
            return Err(io::Error::other(status));
        }
        let body = Body::announced(&head);
        Ok((body.ok_or(io::ErrorKind::InvalidData)?, end, filled))
    }
}

fn some(count: usize) -> io::Result<usize> {
    if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(count) }
}

//! Clients over TCP and unix streams: they come, send in odd pieces, and go; some
//! leave the last line open, some send a line that is too long, some break the
//! connection at once, some send a byte at a time.
//!
//! Heat: warm.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::books::{
    BROKEN, Books, EMPTY, Key, LINES, TCP, TCP_LONG, UNIX, UNIX_LONG, UNIXGRAM, key,
};
use crate::bridge::Places;
use crate::gate::Actor;
use crate::gold::Gold;

/// Sizes of the pieces that are written, in a circle.
const PIECES: [usize; 6] = [1, 7, 100, 13, 512, 2];
/// Longer than any line that is taken.
const TOO_LONG: usize = 70_000;
/// Connections that dawdle at the same time.
const DAWDLERS: usize = 8;

/// How a client comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Tcp,
    Unix,
}

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
        }
    }

    const fn connections(self) -> Key {
        match self {
            Self::Tcp => TCP,
            Self::Unix => UNIX,
        }
    }

    const fn too_long(self) -> Key {
        match self {
            Self::Tcp => TCP_LONG,
            Self::Unix => UNIX_LONG,
        }
    }

    fn connect(self, places: &Places, books: &mut Books) -> Box<dyn Write + Send> {
        books.add(self.connections(), 1.0);
        match self {
            Self::Tcp => Box::new(tcp(places)),
            Self::Unix => Box::new(places.stream()),
        }
    }
}

fn tcp(places: &Places) -> TcpStream {
    let stream = TcpStream::connect(places.tcp).expect("the bridge listens");
    stream.set_nodelay(true).expect("an option is set");
    stream
}

/// Each step is a connection.
pub struct Visitors {
    places: Places,
    way: Way,
    gold: Gold,
    turn: usize,
}

impl Visitors {
    pub fn new(places: &Places, way: Way) -> Self {
        Self { places: places.clone(), way, gold: Gold::new(way.name()), turn: 0 }
    }

    fn text(&mut self, books: &mut Books) -> Vec<u8> {
        let mut text = Vec::new();
        let lines = 10 + self.turn % 40;
        for line in 1..=lines {
            text.extend_from_slice(self.gold.line(books).as_bytes());
            let end = match (self.turn % 5, line == lines) {
                (0, true) => "",
                (1, _) => "\r\n",
                _ => "\n",
            };
            text.extend_from_slice(end.as_bytes());
        }
        if self.turn % 5 == 2 {
            text.extend_from_slice(b"\n\r\n\n");
            books.post(&[(LINES, 3.0), (EMPTY, 3.0)]);
        }
        text
    }
}

impl Actor for Visitors {
    fn step(&mut self, books: &mut Books) {
        self.turn += 1;
        if self.way == Way::Tcp && self.turn.is_multiple_of(9) {
            let stream = tcp(&self.places);
            // So that the end is a reset.
            let socket = socket2::SockRef::from(&stream);
            socket.set_linger(Some(Duration::ZERO)).expect("an option is set");
            books.add(BROKEN, 1.0);
            return;
        }
        let text = self.text(books);
        let mut stream = self.way.connect(&self.places, books);
        let mut rest = text.as_slice();
        for size in PIECES.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            stream.write_all(piece).expect("the bridge takes lines");
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        if self.turn % 5 == 3 {
            books.add(self.way.too_long(), 1.0);
            // The bridge hangs up somewhere in it.
            let _ = stream.write_all(&vec![b'x'; TOO_LONG]);
        }
    }
}

/// Connections that stay, each a byte further in turns.
pub struct Dawdlers {
    places: Places,
    way: Way,
    gold: Gold,
    open: Vec<(Box<dyn Write + Send>, Vec<u8>)>,
    turn: usize,
}

impl Dawdlers {
    pub fn new(places: &Places, way: Way) -> Self {
        let via = match way {
            Way::Tcp => "slow-tcp",
            Way::Unix => "slow-unix",
        };
        Self { places: places.clone(), way, gold: Gold::new(via), open: Vec::new(), turn: 0 }
    }
}

impl Actor for Dawdlers {
    fn step(&mut self, books: &mut Books) {
        self.turn += 1;
        let place = self.turn % DAWDLERS;
        if place >= self.open.len() {
            let stream = self.way.connect(&self.places, books);
            self.open.push((stream, Vec::new()));
            return;
        }
        let (stream, left) = &mut self.open[place];
        if left.is_empty() {
            *left = self.gold.line(books).into_bytes();
            left.push(b'\n');
            left.reverse();
        }
        let byte = left.pop().expect("there is one left");
        stream.write_all(&[byte]).expect("the bridge takes lines");
    }

    fn rest(&mut self, _: &mut Books) {
        for (mut stream, mut left) in self.open.drain(..) {
            left.reverse();
            stream.write_all(&left).expect("the bridge takes lines");
        }
    }
}

/// A client of the unix datagram socket, who also sets a gauge: its datagrams
/// keep their order.
pub struct Gram {
    places: Places,
    socket: Option<std::os::unix::net::UnixDatagram>,
    gold: Gold,
    level: Key,
    number: u64,
}

impl Gram {
    pub fn new(places: &Places) -> Self {
        let level = key("gold_level{via=\"unixgram\"}".to_owned());
        let (places, gold) = (places.clone(), Gold::new("unixgram"));
        Self { places, socket: None, gold, level, number: 0 }
    }
}

impl Actor for Gram {
    fn step(&mut self, books: &mut Books) {
        self.number += 1;
        let mut lines = vec![format!("gold.level.unixgram:{}|g", self.number)];
        books.post(&crate::books::good(crate::books::GAUGES));
        // Its value is the number of steps.
        books.add(self.level, 1.0);
        lines.extend((0..3).map(|_| self.gold.line(books)));
        books.add(UNIXGRAM, 1.0);
        let socket = self.socket.get_or_insert_with(|| self.places.gram());
        socket.send(lines.join("\n").as_bytes()).expect("the bridge takes datagrams");
    }

    fn rest(&mut self, _: &mut Books) {
        self.socket = None;
    }
}

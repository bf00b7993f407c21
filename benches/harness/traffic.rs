//! The captured Mastodon traffic as datagrams.
//!
//! Heat: cold.

use std::io::IoSlice;

/// The lines of a packed datagram and its bytes, at most: what fits into one
/// Ethernet frame, and what clients of this field keep to.
pub const PACKED_LINES: usize = 16;
pub const PACKED_BYTES: usize = 1432;

/// Datagrams to be sent in a circle.
pub struct Traffic {
    datagrams: Vec<Vec<u8>>,
    /// How many lines the datagrams before the one at this index have.
    lines_before: Vec<u64>,
}

impl Traffic {
    /// The capture, so many lines a datagram at most.
    pub fn capture(lines_each: usize) -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mastodon/mastodon.jsonl");
        let text = std::fs::read_to_string(path).expect("the capture lies in tests/data");
        let record = |line| serde_json::from_str::<serde_json::Value>(line).expect("it is JSON");
        let lines = text.lines().map(record).map(|record| {
            let data = record["data"].as_str().expect("data is a text");
            assert!(!data.contains('\n'), "the capture has one line a datagram");
            data.to_owned()
        });
        Self::new(packed(lines, lines_each))
    }

    /// Of datagrams and how many lines each has.
    pub fn new(packed: impl Iterator<Item = (Vec<u8>, u64)>) -> Self {
        let (datagrams, lines): (Vec<_>, Vec<u64>) = packed.unzip();
        let mut lines_before = vec![0];
        for lines in lines {
            lines_before.push(lines_before.last().expect("it has one") + lines);
        }
        Self { datagrams, lines_before }
    }

    pub fn datagrams(&self) -> &[Vec<u8>] {
        &self.datagrams
    }

    /// The datagrams as the system calls want them.
    pub fn slices(&self) -> Vec<[IoSlice<'_>; 1]> {
        self.datagrams.iter().map(|datagram| [IoSlice::new(datagram)]).collect()
    }

    /// How many lines the first `datagrams` of the circle have.
    pub fn lines_in(&self, datagrams: u64) -> u64 {
        let (all, circle) = (self.datagrams.len() as u64, self.lines_before[self.datagrams.len()]);
        datagrams / all * circle + self.lines_before[(datagrams % all) as usize]
    }

    /// Lines a datagram, on average.
    pub fn lines_each(&self) -> f64 {
        self.lines_before[self.datagrams.len()] as f64 / self.datagrams.len() as f64
    }

    /// The largest burst: an eighth of a buffer of 4 MiB, by what the kernel
    /// charges for a datagram on loopback.
    pub fn largest_burst(&self) -> u64 {
        let longest = self.datagrams.iter().map(Vec::len).max().unwrap_or(0);
        let charge = if longest < 256 { 832 } else { 2304 };
        (4 << 20) / 8 / charge
    }
}

/// Joins lines into datagrams: so many each at most, and not more bytes than fit
/// unless a line alone is longer. Tells the number of lines with each.
pub fn packed(
    lines: impl Iterator<Item = String>,
    most: usize,
) -> impl Iterator<Item = (Vec<u8>, u64)> {
    let mut lines = lines.peekable();
    std::iter::from_fn(move || {
        let (mut datagram, mut count) = (lines.next()?.into_bytes(), 1);
        let room = |line: &String, bytes: usize| bytes + 1 + line.len() <= PACKED_BYTES;
        while count < most
            && let Some(line) = lines.next_if(|line| room(line, datagram.len()))
        {
            datagram.push(b'\n');
            datagram.extend_from_slice(line.as_bytes());
            count += 1;
        }
        Some((datagram, count as u64))
    })
}

//! How a datagram falls into lines.
//!
//! Heat: hot.

use super::marks::{BLOCK, Marks};

/// A line, and where its first `:` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'d> {
    pub(super) bytes: &'d [u8],
    pub(super) colon: Option<usize>,
}

impl<'d> Piece<'d> {
    /// A line that came alone.
    pub(super) fn of_line(bytes: &'d [u8]) -> Self {
        Self { bytes, colon: memchr::memchr(b':', bytes) }
    }
}

/// Every piece between line feeds, empty ones too, each without a carriage
/// return at its end. A datagram has one piece more than it has line feeds,
/// since that is what `lines_total` counts (behaviour.md 1).
pub(super) struct Lines<'d> {
    datagram: &'d [u8],
    /// Where the next line begins; `None` if there is none.
    start: Option<usize>,
    /// Where the block begins whose marks are at hand.
    block: usize,
    /// What of these lies behind `start`.
    marks: Marks,
}

/// The lines of a datagram.
pub(super) fn of_datagram(datagram: &[u8]) -> Lines<'_> {
    Lines { datagram, start: Some(0), block: 0, marks: Marks::of(datagram, 0) }
}

impl<'d> Iterator for Lines<'d> {
    type Item = Piece<'d>;

    #[inline]
    fn next(&mut self) -> Option<Piece<'d>> {
        let start = self.start?;
        let mut colon = None;
        let end = loop {
            let Marks { line_feeds, colons } = self.marks;
            let (line_feed, first) = (line_feeds.trailing_zeros(), colons.trailing_zeros());
            if colon.is_none() && first < line_feed {
                colon = Some(self.block + first as usize - start);
            }
            if line_feeds != 0 {
                let end = self.block + line_feed as usize;
                self.marks = self.marks.after(line_feed);
                self.start = Some(end + 1);
                break end;
            }
            self.block += BLOCK;
            if self.block >= self.datagram.len() {
                self.start = None;
                break self.datagram.len();
            }
            self.marks = Marks::of(self.datagram, self.block);
        };
        let bytes = self.datagram.get(start..end).unwrap_or_default();
        Some(Piece { bytes: without_carriage_return(bytes), colon })
    }
}

/// `line` without the `\r` of a `\r\n`.
fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_piece_is_a_line() {
        let lines = |datagram| of_datagram(datagram).map(|piece| piece.bytes).collect::<Vec<_>>();
        assert_eq!(lines(b""), [b""]);
        assert_eq!(lines(b"\n"), [b"", b""]);
        assert_eq!(lines(b"a\nb"), [b"a", b"b"]);
        assert_eq!(lines(b"a\r\nb\r"), [b"a", b"b"]);
        assert_eq!(lines(b"a\n\nb\n"), [&b"a"[..], b"", b"b", b""]);
        assert_eq!(lines(b"\r\r\n"), [&b"\r"[..], b""], "one carriage return belongs to the end");
    }
    proptest! {
        /// A walk for each line finds the same.
        #[test]
        fn pieces_are_those_of_a_split(
            datagram in prop::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), any::<u8>()], 0..300),
            padding in prop::collection::vec(0_usize..100, 0..20),
        ) {
            // Lines of the usual lengths, too.
            let mut datagram = datagram;
            for (at, length) in padding.into_iter().enumerate() {
                let at = (at * 31).min(datagram.len());
                datagram.splice(at..at, std::iter::repeat_n(b'x', length));
            }
            let split = datagram.split(|byte| *byte == b'\n');
            let split: Vec<_> = split.map(|line| Piece::of_line(without_carriage_return(line))).collect();
            prop_assert_eq!(of_datagram(&datagram).collect::<Vec<_>>(), split);
        }
    }
}

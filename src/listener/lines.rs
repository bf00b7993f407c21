//! Cutting a stream into lines, whatever the pieces it arrives in. A line ends
//! with `\n` or `\r\n`; the last of a stream needs no end, and nothing follows
//! the last end. Lines that lie whole in a piece are handed on where they lie;
//! only the beginning of an unfinished one is kept.
//!
//! Pure: it does not read, and does not know what a line means.
//!
//! Heat: hot (a search for `\n` per line).

/// Bytes of a line before its `\n`, at most, where nobody says another number; a
/// `\r` counts as one of them.
///
/// The incumbent reads through a buffer of 4096 bytes that must hold the `\n`
/// too, so with `\r\n` the text has 4094 at most. At the end of the stream,
/// where no `\n` follows, the bound is the same.
pub const LONGEST_LINE: usize = 4095;

/// A line is longer than it may be. The stream cannot be read on: where its next
/// line begins is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// The state between two pieces of one stream: at most one line.
#[derive(Debug)]
pub struct Lines {
    longest: usize,
    unfinished: Vec<u8>,
}

impl Lines {
    /// The beginning of a stream whose lines have `longest` bytes at most.
    #[must_use]
    pub const fn new(longest: usize) -> Self {
        Self { longest, unfinished: Vec::new() }
    }

    /// Takes the next piece of the stream and gives each line that it ends, in
    /// order and without its end, to `line`.
    ///
    /// # Errors
    /// [`TooLong`], after the lines before that one were given; do not call it
    /// again then.
    pub fn feed(&mut self, piece: &[u8], mut line: impl FnMut(&[u8])) -> Result<(), TooLong> {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (text, after) = rest.split_at(end);
            if self.unfinished.len() + text.len() > self.longest {
                return Err(TooLong);
            }
            if self.unfinished.is_empty() {
                line(without_return(text));
            } else {
                self.unfinished.extend_from_slice(text);
                line(without_return(&self.unfinished));
                self.unfinished.clear();
            }
            rest = after.get(1..).unwrap_or_default();
        }
        if self.unfinished.len() + rest.len() > self.longest {
            return Err(TooLong);
        }
        self.unfinished.extend_from_slice(rest);
        Ok(())
    }

    /// Ends the stream: gives the last line to `line` if it had no end.
    pub fn finish(&mut self, line: impl FnOnce(&[u8])) {
        if !self.unfinished.is_empty() {
            line(without_return(&self.unfinished));
            self.unfinished.clear();
        }
    }
}

/// The line without the `\r` of its end. At the end of a stream a `\r` is taken
/// for half of an end as well, where the incumbent loses the sample.
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Split = (Vec<Vec<u8>>, Result<(), TooLong>);

    fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Split {
        let (mut lines, mut got) = (Lines::new(LONGEST_LINE), Vec::new());
        for piece in pieces {
            if let Err(error) = lines.feed(piece, |line| got.push(line.to_vec())) {
                return (got, Err(error));
            }
        }
        lines.finish(|line| got.push(line.to_vec()));
        (got, Ok(()))
    }

    /// The rule, said slowly.
    fn naive(stream: &[u8]) -> Split {
        let mut pieces: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
        if pieces.last().is_some_and(|last| last.is_empty()) {
            pieces.pop();
        }
        let mut got = Vec::new();
        for piece in pieces {
            if piece.len() > 4095 {
                return (got, Err(TooLong));
            }
            let cut = usize::from(piece.ends_with(b"\r"));
            got.push(piece[..piece.len() - cut].to_vec());
        }
        (got, Ok(()))
    }

    fn texts(stream: &[u8]) -> Vec<String> {
        let (lines, result) = in_pieces([stream]);
        assert_eq!(result, Ok(()));
        lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn lines_end_with_a_newline_and_the_last_needs_none() {
        let cases: [(&str, &[&str]); 10] = [
            ("", &[]),
            ("a\n", &["a"]),
            ("a", &["a"]),
            ("\n", &[""]),
            ("\n\n", &["", ""]),
            ("a\n\nb\n", &["a", "", "b"]),
            ("a\r\nb\r\n", &["a", "b"]),
            ("a\r", &["a"]),
            ("\r\n", &[""]),
            ("a\r\r\nb\rc\n", &["a\r", "b\rc"]),
        ];
        for (stream, lines) in cases {
            assert_eq!(texts(stream.as_bytes()), lines, "{stream:?}");
        }
    }

    #[test]
    fn a_line_holds_4095_bytes_and_no_more() {
        for (length, end, fits) in [
            (4095, "\n", true),
            (4095, "", true),
            (4096, "\n", false),
            (4096, "", false),
            (4094, "\r\n", true),
            (4095, "\r\n", false),
            (4094, "\r", true),
        ] {
            let stream = format!("first\n{}{end}", "x".repeat(length));
            let (lines, result) = in_pieces([stream.as_bytes()]);
            assert_eq!(result.is_ok(), fits, "{length} and {end:?}");
            assert_eq!(lines.len(), if fits { 2 } else { 1 }, "the line before is there");
        }
    }

    #[test]
    fn another_length_may_be_asked_for() {
        for (longest, stream, lines) in [
            (3, "abc\nabc\r\nabc", 1),
            (4, "abc\nabc\r\nabcd", 3),
            (1, "a\n\nb\n", 3),
            (8192, &*format!("{}\n", "x".repeat(8192)), 1),
        ] {
            let (mut splitter, mut got) = (Lines::new(longest), 0);
            if splitter.feed(stream.as_bytes(), |_| got += 1).is_ok() {
                splitter.finish(|_| got += 1);
            }
            assert_eq!(got, lines, "{longest} and {stream:?}");
        }
    }

    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            8 => proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'\r'), Just(b'|')], 0..6),
            6 => Just(b"\n".to_vec()),
            3 => Just(b"\r\n".to_vec()),
            1 => (4090_usize..4100).prop_map(|length| vec![b'x'; length]),
        ];
        proptest::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn any_cutting_of_a_stream_gives_the_same_lines(
            stream in stream(),
            cuts in proptest::collection::vec(1_usize..5000, 1..40),
        ) {
            let (mut pieces, mut rest) = (Vec::new(), stream.as_slice());
            for cut in cuts.into_iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                // Small cuts as often as large ones.
                let cut = if cut % 2 == 0 { cut } else { 1 + cut % 5 };
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            prop_assert!(in_pieces(pieces) == naive(&stream));
        }
    }
}

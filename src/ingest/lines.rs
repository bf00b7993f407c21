//! How a datagram falls into lines.
//!
//! Heat: hot.

/// Every piece between line feeds, empty ones too, each without a carriage
/// return at its end. A datagram has one piece more than it has line feeds,
/// since that is what `lines_total` counts (behaviour.md 1).
pub(super) fn of_datagram(datagram: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(datagram);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let end = memchr::memchr(b'\n', bytes);
        let (line, after) = match end.and_then(|at| bytes.split_at_checked(at)) {
            Some((line, after)) => (line, after.get(1..)),
            None => (bytes, None),
        };
        rest = after;
        Some(without_carriage_return(line))
    })
}

/// `line` without the `\r` of a `\r\n`.
fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_a_line() {
        let lines = |datagram| of_datagram(datagram).collect::<Vec<_>>();
        assert_eq!(lines(b""), [b""]);
        assert_eq!(lines(b"\n"), [b"", b""]);
        assert_eq!(lines(b"a\nb"), [b"a", b"b"]);
        assert_eq!(lines(b"a\r\nb\r"), [b"a", b"b"]);
        assert_eq!(lines(b"a\n\nb\n"), [&b"a"[..], b"", b"b", b""]);
        assert_eq!(lines(b"\r\r\n"), [&b"\r"[..], b""], "one carriage return belongs to the end");
    }
}

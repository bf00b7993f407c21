//! The body of an HTTP/1.1 answer, piece by piece: of a known length or in
//! chunks. It keeps nothing of it.
//!
//! Heat: warm (once per piece read).

pub enum Body {
    /// So many bytes are still to come.
    Length(u64),
    Chunks(Chunks),
}

/// Where a body in chunks has got to.
pub enum Chunks {
    /// In the line that tells a size.
    Size(u64, bool),
    Data(u64),
    /// Behind a chunk, before the line's end.
    After,
    /// Behind the last chunk: lines up to an empty one; whether this is one.
    Trailer(bool),
    End,
}

impl Body {
    /// By the answer's head.
    pub fn announced(head: &str) -> Option<Self> {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        fields.find_map(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "content-length" => value.trim().parse().ok().map(Self::Length),
            "transfer-encoding" => Some(Self::Chunks(Chunks::Size(0, true))),
            _ => None,
        })
    }

    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunks(Chunks::End))
    }

    /// Takes bytes from the wire and hands on those of the body.
    pub fn take(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        while !bytes.is_empty() && !self.is_whole() {
            let (Self::Length(left) | Self::Chunks(Chunks::Data(left))) = self else {
                let Self::Chunks(chunks) = self else { return };
                chunks.step(bytes[0]);
                bytes = &bytes[1..];
                continue;
            };
            let some = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
            sink(&bytes[..some]);
            *left -= some as u64;
            bytes = &bytes[some..];
            if let Self::Chunks(chunks @ Chunks::Data(0)) = self {
                *chunks = Chunks::After;
            }
        }
    }
}

impl Chunks {
    /// One byte of what is between the chunks.
    fn step(&mut self, byte: u8) {
        *self = match (&*self, byte) {
            (Self::Size(0, _) | Self::Trailer(false), b'\n') => Self::Trailer(true),
            (Self::Size(size, _), b'\n') => Self::Data(*size),
            (Self::Size(size, true), byte) => match char::from(byte).to_digit(16) {
                Some(digit) => Self::Size(size * 16 + u64::from(digit), true),
                // What follows the digits is no part of the size.
                None => Self::Size(*size, false),
            },
            (Self::After, b'\n') => Self::Size(0, true),
            (Self::Trailer(true), b'\n') => Self::End,
            (Self::Trailer(empty), byte) => Self::Trailer(*empty && byte == b'\r'),
            _ => return,
        }
    }
}
